/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading another process's memory: checks addresses and sizes once for every kind of memory, and reads live
 * processes through process_vm_readv. Must not know what lies at an address.
 */
#include "proc/memory.h"

#include <errno.h>
#include <sys/uio.h>

int memory_read(const struct memory *memory, uint64_t addr, void *buffer, size_t size)
{
	if (!memory->read)
		return -EBADF;
	if (size == 0)
		return 0;
	if (size > MEMORY_READ_MAX)
		return -E2BIG;
	if (addr < MEMORY_ADDR_MIN || addr >= MEMORY_ADDR_END || size > MEMORY_ADDR_END - addr)
		return -EFAULT;
	return memory->read(memory->context, addr, buffer, size);
}

int memory_read_u64(const struct memory *memory, uint64_t addr, uint64_t *ret_value)
{
	uint64_t value;
	int rc = memory_read(memory, addr, &value, sizeof(value));

	if (rc == 0)
		*ret_value = value;
	return rc;
}

int memory_read_u32(const struct memory *memory, uint64_t addr, uint32_t *ret_value)
{
	uint32_t value;
	int rc = memory_read(memory, addr, &value, sizeof(value));

	if (rc == 0)
		*ret_value = value;
	return rc;
}

/* The context is the pid itself, so that an open memory owns nothing. */
static int read_process(void *context, uint64_t addr, void *buffer, size_t size)
{
	pid_t pid = (pid_t)(intptr_t)context;
	struct iovec local = { .iov_base = buffer, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = size };
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	if (n < 0)
		return -errno;
	/* A range that runs into an unmapped page is copied up to that page. */
	return (size_t)n == size ? 0 : -EFAULT;
}

int memory_open_process(pid_t pid, struct memory *memory)
{
	if (pid <= 0)
		return -EINVAL;
	memory->read = read_process;
	memory->context = (void *)(intptr_t)pid;
	return 0;
}

void memory_close(struct memory *memory)
{
	if (!memory)
		return;
	memory->read = NULL;
	memory->context = NULL;
}
