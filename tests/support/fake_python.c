/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes CPython's structs where the layout says. Must not include anything of what it tests: neither bpf/ nor the
 * readers in user/python.
 */
#include "support/fake_python.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wire.h> /* include/wire.h: the frame word and its limits */

#include "python/layout.h"

#define BUILDS_MAX 32

/* Regions of the address space; nothing else is in them. */
#define RUNTIME_ADDR	  0x555555800000ULL
#define RUNTIME_BYTES	  0x10000ULL
#define CODE_TYPE_ADDR	  (RUNTIME_ADDR + 0x8000)
#define CODE_COUNTER_ADDR (RUNTIME_ADDR + 0x9000)
#define OTHER_TYPE_ADDR	  (RUNTIME_ADDR + 0xa000)
#define HEAP_ADDR	  0x7f1000000000ULL
#define STACK_ADDR	  0x7f2000000000ULL
#define C_STACK_ADDR	  0x7ffd00000000ULL /* grows downwards */

#define INTERP_BYTES 0x8000ULL
#define TSTATE_BYTES 512ULL
#define ROOT_CFRAME  304ULL /* in a thread state; 336 in 3.11, 272 in 3.12 */
#define CFRAME_BYTES 32ULL

#define OWNER_THREAD	0
#define OWNER_GENERATOR 1

static struct fake_build *add_build(struct fake_build *builds, size_t *count,
				    const struct layout_row *row, const char *variant)
{
	struct fake_build *build = &builds[(*count)++];

	if (*count > BUILDS_MAX)
		abort();
	snprintf(build->name, sizeof(build->name), "%s%s", row->name, variant);
	build->layout = row->layout;
	build->process_counter = row->code_counter_symbol != NULL;
	return build;
}

static size_t make_builds(struct fake_build *builds)
{
	struct pbp_layout *layout;
	size_t count = 0;

	for (const struct layout_row *row = layout_rows; row->name; row++) {
		add_build(builds, &count, row, "");
		if (row->layout.interp_code_counter != PBP_ABSENT)
			layout_from_row(row, 0, 0,
					&add_build(builds, &count, row, ", no counter")->layout);
		if (row->code_counter_symbol)
			add_build(builds, &count, row, ", no counter")->process_counter = false;
		if (row[1].name)
			continue;
		/* As from 3.14 on. */
		add_build(builds, &count, row, ", tagged")->layout.frame_code_tag = 3;
	}
	/* As in 2.7: byte strings, unsigned line steps, instructions in bytes. */
	layout = &add_build(builds, &count, layout_rows, ", bytes")->layout;
	layout->string_kind = PBP_STRING_BYTES;
	layout->linetable_format = PBP_LINETABLE_LNOTAB_UNSIGNED;
	layout->frame_instr_shift = 0;
	layout->frame_instr_bytes = 1;
	return count;
}

const struct fake_build *fake_builds(size_t *ret_count)
{
	static struct fake_build builds[BUILDS_MAX];
	static size_t count;

	if (!count)
		count = make_builds(builds);
	*ret_count = count;
	return builds;
}

uint32_t fake_random(struct fake_python *python, uint32_t limit)
{
	uint32_t x = python->random;

	x ^= x << 13; /* Marsaglia's xorshift */
	x ^= x >> 17;
	x ^= x << 5;
	python->random = x;
	return x % limit;
}

static void put(struct fake_python *python, uint64_t addr, uint64_t value)
{
	fake_memory_write_u64(python->memory, addr, value);
}

static uint64_t load(const struct fake_python *python, uint64_t addr)
{
	return fake_memory_load_u64(python->memory, addr);
}

void fake_python_init(struct fake_python *python, struct fake_memory *memory,
		      const struct fake_build *build, uint32_t id)
{
	memset(python, 0, sizeof(*python));
	python->memory = memory;
	python->build = build;
	python->layout = &python->target.layout;
	python->random = 2463534242U;
	python->heap = HEAP_ADDR;
	python->next_version = 4711;
	python->target.id = id;
	python->target.layout = build->layout;
	python->target.runtime_addr = RUNTIME_ADDR;
	python->target.code_type_addr = CODE_TYPE_ADDR;
	fake_memory_map(memory, RUNTIME_ADDR, RUNTIME_BYTES);
	if (build->process_counter) {
		python->target.code_counter_addr = CODE_COUNTER_ADDR;
		fake_memory_write_u32(memory, CODE_COUNTER_ADDR, 1000);
	}
	fake_rewind(python);
	python->no_code = fake_alloc(python, PBP_CODE_BYTES_MAX);
	put(python, python->no_code + python->layout->object_type, OTHER_TYPE_ADDR);
	python->filename = fake_str(python, "/app/main.py", 0);
}

void fake_rewind(struct fake_python *python)
{
	python->stack = STACK_ADDR + 0x28; /* behind the header of a data stack's chunk */
	python->c_stack = C_STACK_ADDR;
}

uint64_t fake_interp(struct fake_python *python)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t head = RUNTIME_ADDR + layout->runtime_interpreters_head;
	uint64_t addr = fake_alloc(python, INTERP_BYTES);

	put(python, addr + layout->interp_next, load(python, head));
	put(python, head, addr);
	if (layout->interp_code_counter != PBP_ABSENT)
		put(python, addr + layout->interp_code_counter, 1000);
	return addr;
}

void fake_set_thread_id(struct fake_python *python, uint64_t tstate, uint64_t thread_id)
{
	put(python, tstate + python->layout->tstate_thread_id, thread_id);
}

uint64_t fake_tstate(struct fake_python *python, uint64_t interp, uint64_t thread_id)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t head = interp + layout->interp_threads_head;
	uint64_t births = interp + layout->interp_next_unique_id;
	uint64_t addr = fake_alloc(python, TSTATE_BYTES);

	put(python, addr + layout->tstate_next, load(python, head));
	put(python, head, addr);
	put(python, births, load(python, births) + 1);
	fake_set_thread_id(python, addr, thread_id);
	fake_stop(python, addr);
	return addr;
}

/* On the C stack. */
static uint64_t push_c(struct fake_python *python, uint64_t size)
{
	python->c_stack -= (size + 8ULL * fake_random(python, 64) + 15) & ~15ULL;
	fake_memory_map(python->memory, python->c_stack, size);
	return python->c_stack;
}

static uint64_t push_cframe(struct fake_python *python, uint64_t current, uint64_t previous)
{
	uint64_t addr = push_c(python, CFRAME_BYTES);

	put(python, addr + python->layout->cframe_current_frame, current);
	put(python, addr + python->layout->cframe_previous, previous);
	return addr;
}

/* The thread state's own _PyCFrame, without a frame. */
static uint64_t clear_root_cframe(struct fake_python *python, uint64_t tstate)
{
	uint64_t addr = tstate + ROOT_CFRAME;

	put(python, addr + python->layout->cframe_current_frame, 0);
	put(python, addr + python->layout->cframe_previous, 0);
	return addr;
}

void fake_stop(struct fake_python *python, uint64_t tstate)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t root = 0;

	if (layout->cframe_current_frame != PBP_ABSENT)
		root = clear_root_cframe(python, tstate);
	put(python, tstate + layout->tstate_frame, root);
}

void fake_set_leaf(struct fake_python *python, uint64_t tstate, uint64_t frame_addr)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t at = tstate + layout->tstate_frame;

	if (layout->cframe_current_frame != PBP_ABSENT)
		at = load(python, at) + layout->cframe_current_frame;
	put(python, at, frame_addr);
}

bool fake_half_switch(struct fake_python *python, uint64_t tstate, uint64_t stale)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t at = tstate + layout->tstate_frame;

	if (layout->cframe_current_frame == PBP_ABSENT)
		return false;
	put(python, at, push_cframe(python, stale, load(python, at)));
	return true;
}

void fake_set_previous(struct fake_python *python, uint64_t frame_addr, uint64_t previous)
{
	put(python, frame_addr + python->layout->frame_previous, previous);
}

void fake_set_code(struct fake_python *python, uint64_t frame_addr, uint64_t code)
{
	put(python, frame_addr + python->layout->frame_code, code);
}

static void write_instr(struct fake_python *python, uint64_t addr, const struct fake_frame *frame)
{
	const struct pbp_layout *layout = python->layout;
	uint32_t lasti = UINT32_MAX;

	if (layout->frame_instr_kind == PBP_INSTR_POINTER) {
		/* Before its start it points to the code unit in front of the bytecode. */
		put(python, addr,
		    frame->code + layout->code_adaptive + 2 * (uint64_t)(int64_t)frame->instr);
		return;
	}
	if (frame->instr != FAKE_NOT_STARTED)
		lasti = (uint32_t)frame->instr << layout->frame_instr_shift;
	fake_memory_write_u32(python->memory, addr, lasti);
}

/* Whatever lay there before: what no field of ours is must not matter. */
static void write_garbage(struct fake_python *python, uint64_t addr)
{
	uint8_t bytes[PBP_FRAME_BYTES_MAX];

	memset(bytes, 0xcc, sizeof(bytes));
	fake_memory_write(python->memory, addr, bytes, python->layout->frame_size);
}

void fake_write_frame(struct fake_python *python, uint64_t addr, const struct fake_frame *frame,
		      uint64_t previous)
{
	const struct pbp_layout *layout = python->layout;

	write_garbage(python, addr);
	fake_set_previous(python, addr, previous);
	fake_set_code(python, addr, frame->code | (layout->frame_code_tag ? 1 : 0));
	write_instr(python, addr + layout->frame_instr, frame);
	if (layout->frame_owner != PBP_ABSENT)
		fake_memory_write_u8(python->memory, addr + layout->frame_owner,
				     frame->generator ? OWNER_GENERATOR : OWNER_THREAD);
	if (layout->frame_is_entry != PBP_ABSENT)
		fake_memory_write_u8(python->memory, addr + layout->frame_is_entry, frame->from_c);
}

static uint64_t push_shim(struct fake_python *python, uint64_t previous)
{
	const struct pbp_layout *layout = python->layout;
	uint64_t addr = push_c(python, layout->frame_size);

	write_garbage(python, addr);
	fake_set_previous(python, addr, previous);
	fake_set_code(python, addr, python->no_code);
	fake_memory_write_u8(python->memory, addr + layout->frame_owner,
			     (uint8_t)layout->frame_shim_owner);
	return addr;
}

static uint64_t push_frame(struct fake_python *python, const struct fake_frame *frame)
{
	uint64_t size = python->layout->frame_size, addr = python->stack;

	if (frame->generator)
		return fake_alloc(python, size);
	python->stack += ((size + 7) & ~7ULL) + 8ULL * fake_random(python, 24); /* its locals */
	fake_memory_map(python->memory, addr, size);
	return addr;
}

void fake_run(struct fake_python *python, uint64_t tstate, struct fake_frame *frames, size_t count)
{
	const struct pbp_layout *layout = python->layout;
	bool cframes = layout->cframe_current_frame != PBP_ABSENT;
	uint64_t previous = 0, cframe = 0;

	if (cframes)
		cframe = clear_root_cframe(python, tstate);
	for (size_t i = count; i-- > 0;) {
		struct fake_frame *frame = &frames[i];

		if (i == count - 1 || layout->frame_entry_kind == PBP_ENTRY_ALWAYS)
			frame->from_c = true;
		frame->shim_addr = 0;
		if (frame->from_c && cframes)
			cframe = push_cframe(python, 0, cframe);
		if (frame->from_c && layout->frame_entry_kind == PBP_ENTRY_SHIM)
			previous = frame->shim_addr = push_shim(python, previous);
		frame->addr = push_frame(python, frame);
		fake_write_frame(python, frame->addr, frame, previous);
		previous = frame->addr;
		if (cframes)
			put(python, cframe + layout->cframe_current_frame, previous);
	}
	put(python, tstate + layout->tstate_frame, cframes ? cframe : previous);
}

uint64_t fake_word(const struct fake_frame *frame)
{
	uint64_t word = frame->code / 8 << PBP_FRAME_CODE_SHIFT;

	if (frame->from_c)
		word |= PBP_FRAME_FROM_C;
	return word |
	       (frame->instr == FAKE_NOT_STARTED ? PBP_FRAME_NO_INSTR : (uint32_t)frame->instr);
}
