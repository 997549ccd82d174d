/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages in a hash table, and the counters that let a chosen read fail. Knows nothing of what is kept in it. */
#include "support/fake_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct page {
	uint64_t number;
	bool resident;
	uint8_t bytes[FAKE_PAGE];
	UT_hash_handle hh;
};

struct fake_memory {
	struct page *pages;
	uint64_t reads, failing; /* 0: none */
	uint64_t running; /* the read before which `run` is called, 0: none */
	void (*run)(void *context);
	void *run_context;
};

static _Noreturn void stop(const char *what, uint64_t addr)
{
	fprintf(stderr, "fake_memory: %s at %#llx\n", what, (unsigned long long)addr);
	abort();
}

struct fake_memory *fake_memory_new(void)
{
	struct fake_memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		stop("no memory", 0);
	return memory;
}

static struct page *find_page(const struct fake_memory *memory, uint64_t addr)
{
	uint64_t number = addr / FAKE_PAGE;
	struct page *page;

	HASH_FIND(hh, memory->pages, &number, sizeof(number), page);
	return page;
}

static void drop_page(struct fake_memory *memory, struct page *page)
{
	HASH_DEL(memory->pages, page);
	free(page);
}

void fake_memory_free(struct fake_memory *memory)
{
	struct page *page, *next;

	if (!memory)
		return;
	HASH_ITER (hh, memory->pages, page, next)
		drop_page(memory, page);
	free(memory);
}

/* The first address of the page. */
static uint64_t page_start(uint64_t addr)
{
	return addr / FAKE_PAGE * FAKE_PAGE;
}

void fake_memory_map(struct fake_memory *memory, uint64_t addr, uint64_t size)
{
	if (addr < MEMORY_ADDR_MIN || addr + size > MEMORY_ADDR_END)
		stop("no process can map", addr);
	for (uint64_t at = page_start(addr); at < addr + size; at += FAKE_PAGE) {
		struct page *page = find_page(memory, at);

		if (page)
			continue;
		page = calloc(1, sizeof(*page));
		if (!page)
			stop("no memory", at);
		page->number = at / FAKE_PAGE;
		page->resident = true;
		HASH_ADD(hh, memory->pages, number, sizeof(page->number), page);
	}
}

void fake_memory_unmap(struct fake_memory *memory, uint64_t addr, uint64_t size)
{
	for (uint64_t at = page_start(addr); at < addr + size; at += FAKE_PAGE) {
		struct page *page = find_page(memory, at);

		if (page)
			drop_page(memory, page);
	}
}

static void set_resident(struct fake_memory *memory, uint64_t addr, uint64_t size, bool resident)
{
	for (uint64_t at = page_start(addr); at < addr + size; at += FAKE_PAGE) {
		struct page *page = find_page(memory, at);

		if (!page)
			stop("not mapped", at);
		page->resident = resident;
	}
}

void fake_memory_evict(struct fake_memory *memory, uint64_t addr, uint64_t size)
{
	set_resident(memory, addr, size, false);
}

void fake_memory_bring_in(struct fake_memory *memory, uint64_t addr, uint64_t size)
{
	set_resident(memory, addr, size, true);
}

/* How much of the range lies in the page of its first byte. */
static size_t size_in_page(uint64_t addr, uint64_t size)
{
	uint64_t rest = FAKE_PAGE - addr % FAKE_PAGE;

	return (size_t)(size < rest ? size : rest);
}

void fake_memory_write(struct fake_memory *memory, uint64_t addr, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (size) {
		struct page *page = find_page(memory, addr);
		size_t part = size_in_page(addr, size);

		if (!page)
			stop("write to what is not mapped", addr);
		memcpy(page->bytes + addr % FAKE_PAGE, from, part);
		addr += part;
		from += part;
		size -= part;
	}
}

void fake_memory_write_u8(struct fake_memory *memory, uint64_t addr, uint8_t value)
{
	fake_memory_write(memory, addr, &value, sizeof(value));
}

void fake_memory_write_u32(struct fake_memory *memory, uint64_t addr, uint32_t value)
{
	fake_memory_write(memory, addr, &value, sizeof(value));
}

void fake_memory_write_u64(struct fake_memory *memory, uint64_t addr, uint64_t value)
{
	fake_memory_write(memory, addr, &value, sizeof(value));
}

static int copy(const struct fake_memory *memory, uint8_t *to, uint64_t size, uint64_t from,
		bool only_resident)
{
	while (size) {
		const struct page *page = from < MEMORY_ADDR_END ? find_page(memory, from) : NULL;
		size_t part = size_in_page(from, size);

		if (!page || (only_resident && !page->resident))
			return -EFAULT;
		memcpy(to, page->bytes + from % FAKE_PAGE, part);
		from += part;
		to += part;
		size -= part;
	}
	return 0;
}

uint64_t fake_memory_load_u64(const struct fake_memory *memory, uint64_t addr)
{
	uint64_t value;

	if (copy(memory, (uint8_t *)&value, sizeof(value), addr, false))
		stop("load of what is not mapped", addr);
	return value;
}

uint32_t fake_memory_load_u32(const struct fake_memory *memory, uint64_t addr)
{
	uint32_t value;

	if (copy(memory, (uint8_t *)&value, sizeof(value), addr, false))
		stop("load of what is not mapped", addr);
	return value;
}

/* Count a read. True: it is to fail. */
static bool count_read(struct fake_memory *memory)
{
	memory->reads++;
	if (memory->reads == memory->running)
		memory->run(memory->run_context);
	return memory->reads == memory->failing;
}

int fake_memory_read(struct fake_memory *memory, void *to, uint64_t size, uint64_t from)
{
	if (!count_read(memory) && !copy(memory, to, size, from, true))
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}

void fake_memory_fail_read(struct fake_memory *memory, uint64_t n)
{
	memory->failing = n ? memory->reads + n : 0;
}

void fake_memory_before_read(struct fake_memory *memory, uint64_t n, void (*run)(void *context),
			     void *context)
{
	memory->running = n ? memory->reads + n : 0;
	memory->run = run;
	memory->run_context = context;
}

uint64_t fake_memory_reads(const struct fake_memory *memory)
{
	return memory->reads;
}

/* Garbage, not zeros, is what user space finds in its buffer after a failure. */
static int read_as_user(void *context, uint64_t addr, void *buffer, size_t size)
{
	struct fake_memory *memory = context;

	if (!count_read(memory) && !copy(memory, buffer, size, addr, false))
		return 0;
	memset(buffer, 0xa5, size);
	return -EFAULT;
}

struct memory fake_memory_of_process(struct fake_memory *memory)
{
	return (struct memory){ .read = read_as_user, .context = memory };
}
