/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a process that does not exist: a sparse address space of 47 bits to build in and to fail on
 * purpose. BPF sees it through fake_memory_read, user space as a struct memory. Mistakes of the test itself
 * (a write to a page that is not mapped) end the program.
 */
#ifndef PBP_SUPPORT_FAKE_MEMORY_H
#define PBP_SUPPORT_FAKE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/memory.h"

#define FAKE_PAGE 4096ULL

struct fake_memory;

struct fake_memory *fake_memory_new(void);
void fake_memory_free(struct fake_memory *memory);

/* Map the pages of the range; new ones are zero. Unmap those that lie in it. */
void fake_memory_map(struct fake_memory *memory, uint64_t addr, uint64_t size);
void fake_memory_unmap(struct fake_memory *memory, uint64_t addr, uint64_t size);

/* Pages that are not resident fail for BPF only: a reader in user space waits until they are there. */
void fake_memory_evict(struct fake_memory *memory, uint64_t addr, uint64_t size);
void fake_memory_bring_in(struct fake_memory *memory, uint64_t addr, uint64_t size);

void fake_memory_write(struct fake_memory *memory, uint64_t addr, const void *data, size_t size);
void fake_memory_write_u8(struct fake_memory *memory, uint64_t addr, uint8_t value);
void fake_memory_write_u32(struct fake_memory *memory, uint64_t addr, uint32_t value);
void fake_memory_write_u64(struct fake_memory *memory, uint64_t addr, uint64_t value);
uint64_t fake_memory_load_u64(const struct fake_memory *memory, uint64_t addr);
uint32_t fake_memory_load_u32(const struct fake_memory *memory, uint64_t addr);

/*
 * As bpf_probe_read_user: 0, or -EFAULT, and then nothing but zeros in `to`. Pages that are not mapped or not
 * resident fail.
 */
int fake_memory_read(struct fake_memory *memory, void *to, uint64_t size, uint64_t from);

/* The n-th read from now on fails, by BPF or user space; 0: none does. */
void fake_memory_fail_read(struct fake_memory *memory, uint64_t n);

/* Before the n-th read from now on, the process goes on: call `run`. */
void fake_memory_before_read(struct fake_memory *memory, uint64_t n, void (*run)(void *context),
			     void *context);

/* Reads so far, failed ones included. */
uint64_t fake_memory_reads(const struct fake_memory *memory);

/* The same memory as user space reads it. Valid as long as the fake. */
struct memory fake_memory_of_process(struct fake_memory *memory);

#endif
