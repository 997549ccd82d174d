/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way to read a process's memory in user space: a function and its context, so that tests can put a
 * buffer where a process would be.
 */
#ifndef PBP_PROC_MEMORY_H
#define PBP_PROC_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Addresses that a user process can have: from the first mappable page to the end of 47 bits. */
#define MEMORY_ADDR_MIN 0x1000ULL
#define MEMORY_ADDR_END (1ULL << 47)
/* Bytes of one read at most. */
#define MEMORY_READ_MAX ((size_t)64 << 20)

struct memory {
	/*
	 * Copy size bytes at addr of the target into buffer. Returns 0, or a negative errno, after which the
	 * buffer's contents are undefined. Only called with arguments that memory_read has checked.
	 */
	int (*read)(void *context, uint64_t addr, void *buffer, size_t size);
	void *context;
};

/*
 * Read the whole range or nothing: 0, or a negative errno. -EFAULT: an address that no process has, or a page
 * that is not mapped; -E2BIG: more than MEMORY_READ_MAX; -ESRCH: the process is gone; -EPERM: not ours to read.
 * A size of 0 reads nothing and succeeds wherever addr points. On failure the buffer's contents are undefined.
 */
int memory_read(const struct memory *memory, uint64_t addr, void *buffer, size_t size);

/* Read one little-endian number; *ret_value is written only on success. Errors as memory_read. */
int memory_read_u64(const struct memory *memory, uint64_t addr, uint64_t *ret_value);
int memory_read_u32(const struct memory *memory, uint64_t addr, uint32_t *ret_value);

/*
 * The memory of process pid (as seen from our PID namespace, > 0). Nothing is read yet: a process that is gone
 * shows at the first read. 0 or a negative errno (-EINVAL); memory_close gives back what it holds. The pid
 * alone does not say which process is read once the pid is used again: the caller watches the start time.
 */
int memory_open_process(pid_t pid, struct memory *memory);

/* Afterwards every read fails with -EBADF. NULL and twice are fine. */
void memory_close(struct memory *memory);

#endif
