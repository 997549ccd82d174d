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

#define BUILDS_MAX 48

/* Regions of the address space; nothing else is in them. */
#define RUNTIME_ADDR	  0x555555800000ULL
#define RUNTIME_BYTES	  0x10000ULL
#define CODE_TYPE_ADDR	  (RUNTIME_ADDR + 0x8000)
#define CODE_COUNTER_ADDR (RUNTIME_ADDR + 0x9000)
#define OTHER_TYPE_ADDR	  (RUNTIME_ADDR + 0xa000)
#define TSTATE_CURRENT	  (RUNTIME_ADDR + 0xb000) /* _PyThreadState_Current up to 3.6 */
#define HEAP_ADDR	  0x7f1000000000ULL
#define STACK_ADDR	  0x7f2000000000ULL
#define C_STACK_ADDR	  0x7ffd00000000ULL /* grows downwards */

#define INTERP_BYTES 0x8000ULL
#define TSTATE_BYTES 1024ULL
#define BASE_FRAME   888ULL /* in a thread state of 3.15 */
#define CFRAME_BYTES 32ULL
/* Of the shim of an evaluation from its _PyCFrame. */
#define SHIM_DISTANCE 112ULL

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
	build->base_frame = row->series == 0x030f;
	build->process_counter = row->code_counter_symbol != NULL;
	return build;
}

/* Is this the later one of two rows of a name, as of 3.7? */
static bool is_second_of_name(const struct layout_row *row)
{
	return row > layout_rows && strcmp(row[-1].name, row->name) == 0;
}

static size_t make_builds(struct fake_build *builds)
{
	size_t count = 0;

	for (const struct layout_row *row = layout_rows; row->name; row++) {
		add_build(builds, &count, row, is_second_of_name(row) ? ", later" : "");
		if (row->layout.interp_code_counter != PBP_ABSENT)
			layout_from_row(row, 0, 0,
					&add_build(builds, &count, row, ", no counter")->layout);
		if (row->code_counter_symbol)
			add_build(builds, &count, row, ", no counter")->process_counter = false;
		/* Two more words in each object's header, and frames are objects. */
		if (row->layout.interp_next_unique_id == PBP_ABSENT)
			layout_shift_objects(&add_build(builds, &count, row, ", debug")->layout,
					     16);
	}
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
	if (build->layout.runtime_tstate_current != PBP_ABSENT)
		python->target.current_tstate_addr =
			RUNTIME_ADDR + build->layout.runtime_tstate_current;
	else if (build->layout.tstate_status == PBP_ABSENT)
		python->target.current_tstate_addr = TSTATE_CURRENT;
	fake_memory_map(memory, RUNTIME_ADDR, RUNTIME_BYTES);
	if (build->process_counter) {
		python->target.code_counter_addr = CODE_COUNTER_ADDR;
		fake_memory_write_u32(memory, CODE_COUNTER_ADDR, 1000);
	}
	fake_rewind(python);
	python->no_code = fake_alloc(python, PBP_CODE_BYTES_MAX);
	put(python, python->no_code + python->layout->object_type, OTHER_TYPE_ADDR);
	python->filename = fake_str(python, "/app/main.py", 0);
	python->shim_code = python->no_code;
	if (fake_has_cframes(python)) {
		python->shim_code = fake_function(python, "<interpreter trampoline>");
		python->ncodes = 0;
	}
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

	if (layout->interp_next_unique_id != PBP_ABSENT)
		put(python, births, load(python, births) + 1);

	put(python, addr + layout->tstate_next, load(python, head));
	put(python, head, addr);
	fake_set_thread_id(python, addr, thread_id);
	fake_stop(python, addr);
	return addr;
}

void fake_set_previous(struct fake_python *python, uint64_t frame_addr, uint64_t previous)
{
	put(python, frame_addr + python->layout->frame_previous, previous);
}

void fake_set_code(struct fake_python *python, uint64_t frame_addr, uint64_t code)
{
	put(python, frame_addr + python->layout->frame_code, code);
}

/* Bytes of a generator object before its frame, and its gi_frame_state while it runs (3.11). */
#define GENERATOR_BYTES	    80
#define GENERATOR_EXECUTING 0

static void write_instr(struct fake_python *python, uint64_t addr, const struct fake_frame *frame)
{
	const struct pbp_layout *layout = python->layout;
	uint32_t lasti = UINT32_MAX;

	if (layout->frame_instr_kind == PBP_INSTR_POINTER) {
		uint64_t bytecode = frame->code + layout->code_adaptive;

		if (frame->tlbc_index && fake_has_tlbc(python))
			bytecode =
				load(python, fake_tlbc(python, frame->code) + layout->tlbc_entries +
						     8ULL * frame->tlbc_index);
		/* Before its start it points to the code unit in front of the bytecode. */
		put(python, addr, bytecode + 2 * (uint64_t)(int64_t)frame->instr);
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
	if (fake_has_tlbc(python))
		fake_memory_write_u32(python->memory, addr + layout->frame_tlbc_index,
				      frame->tlbc_index);
	if (layout->frame_owner != PBP_ABSENT)
		fake_memory_write_u8(python->memory, addr + layout->frame_owner,
				     frame->generator ? OWNER_GENERATOR : OWNER_THREAD);
	if (layout->frame_is_entry != PBP_ABSENT)
		fake_memory_write_u8(python->memory, addr + layout->frame_is_entry, frame->from_c);
	if (layout->frame_state_before && frame->generator)
		fake_memory_write_u8(python->memory, addr - layout->frame_state_before,
				     GENERATOR_EXECUTING);
}

static void write_shim(struct fake_python *python, uint64_t addr, uint64_t previous)
{
	const struct pbp_layout *layout = python->layout;

	write_garbage(python, addr);
	fake_set_previous(python, addr, previous);
	fake_set_code(python, addr, python->shim_code | (layout->frame_code_tag ? 1 : 0));
	fake_memory_write_u8(python->memory, addr + layout->frame_owner,
			     (uint8_t)layout->frame_shim_owner);
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

bool fake_has_cframes(const struct fake_python *python)
{
	return python->layout->cframe_current_frame != PBP_ABSENT;
}

uint64_t fake_cframe(const struct fake_python *python, uint64_t tstate)
{
	return load(python, tstate + python->layout->tstate_frame);
}

uint64_t fake_root_cframe(const struct fake_python *python, uint64_t tstate)
{
	return tstate + python->layout->tstate_root_cframe;
}

void fake_set_cframe(struct fake_python *python, uint64_t tstate, uint64_t cframe)
{
	put(python, tstate + python->layout->tstate_frame, cframe);
}

uint64_t fake_switch(struct fake_python *python, uint64_t tstate, uint64_t current,
		     uint64_t previous)
{
	uint64_t cframe = push_cframe(python, current, previous);

	fake_set_cframe(python, tstate, cframe);
	return cframe;
}

/* The thread state's own _PyCFrame, without a frame. */
static uint64_t clear_root_cframe(struct fake_python *python, uint64_t tstate)
{
	uint64_t addr = fake_root_cframe(python, tstate);

	put(python, addr + python->layout->cframe_current_frame, 0);
	put(python, addr + python->layout->cframe_previous, 0);
	return addr;
}

/* What the outermost frame of a thread state leads to, and the thread state itself while it runs no Python code. */
static uint64_t make_base(struct fake_python *python, uint64_t tstate)
{
	if (!python->build->base_frame)
		return 0;
	write_shim(python, tstate + BASE_FRAME, 0);
	return tstate + BASE_FRAME;
}

/* All bits but the one that counts are the opposite of it. */
static void set_status(struct fake_python *python, uint64_t tstate, bool active)
{
	uint32_t bit = 1U << python->layout->tstate_active_bit;

	fake_memory_write_u32(python->memory, tstate + python->layout->tstate_status,
			      active ? bit : ~bit);
}

void fake_use(struct fake_python *python, uint64_t tstate)
{
	if (python->layout->tstate_status != PBP_ABSENT)
		set_status(python, tstate, true);
	else
		put(python, python->target.current_tstate_addr, tstate);
}

void fake_release(struct fake_python *python, uint64_t tstate)
{
	if (python->layout->tstate_status != PBP_ABSENT)
		set_status(python, tstate, false);
	else if (load(python, python->target.current_tstate_addr) == tstate)
		put(python, python->target.current_tstate_addr, 0);
}

bool fake_set_executor(struct fake_python *python, uint64_t tstate, uint64_t executor)
{
	if (python->layout->tstate_executor == PBP_ABSENT)
		return false;
	put(python, tstate + python->layout->tstate_executor, executor);
	return true;
}

void fake_stop(struct fake_python *python, uint64_t tstate)
{
	uint64_t at = make_base(python, tstate);

	if (fake_has_cframes(python))
		at = clear_root_cframe(python, tstate);
	put(python, tstate + python->layout->tstate_frame, at);
	fake_release(python, tstate);
}

void fake_set_leaf(struct fake_python *python, uint64_t tstate, uint64_t frame_addr)
{
	uint64_t at = tstate + python->layout->tstate_frame;

	if (fake_has_cframes(python))
		at = load(python, at) + python->layout->cframe_current_frame;
	put(python, at, frame_addr);
}

static uint64_t push_shim(struct fake_python *python, uint64_t previous)
{
	uint64_t addr = push_c(python, python->layout->frame_size);

	write_shim(python, addr, previous);
	return addr;
}

static uint64_t push_frame(struct fake_python *python, const struct fake_frame *frame)
{
	uint64_t size = python->layout->frame_size, addr = python->stack;

	if (frame->generator)
		/* In its generator object, behind what that says of it. */
		return fake_alloc(python, size + GENERATOR_BYTES) + GENERATOR_BYTES;
	python->stack += ((size + 7) & ~7ULL) + 8ULL * fake_random(python, 24); /* its locals */
	fake_memory_map(python->memory, addr, size);
	return addr;
}

/* Give the frame a place, and a shim if C enters it. Its `previous`. */
static uint64_t place_frame(struct fake_python *python, struct fake_frame *frame, uint64_t caller)
{
	frame->shim_addr = 0;
	if (frame->from_c && python->layout->frame_entry_kind == PBP_ENTRY_SHIM)
		caller = frame->shim_addr = push_shim(python, caller);
	frame->addr = push_frame(python, frame);
	fake_write_frame(python, frame->addr, frame, caller);
	return frame->addr;
}

void fake_enter(struct fake_python *python, struct fake_frame *frame, uint64_t caller)
{
	frame->from_c = true;
	frame->cframe_addr = frame->shim_addr = 0;
	if (python->layout->frame_entry_kind == PBP_ENTRY_SHIM) {
		python->c_stack -= SHIM_DISTANCE;
		fake_memory_map(python->memory, python->c_stack, SHIM_DISTANCE);
		write_shim(python, python->c_stack, caller);
		caller = frame->shim_addr = python->c_stack;
	}
	frame->addr = push_frame(python, frame);
	fake_write_frame(python, frame->addr, frame, caller);
}

void fake_run(struct fake_python *python, uint64_t tstate, struct fake_frame *frames, size_t count)
{
	const struct pbp_layout *layout = python->layout;
	bool cframes = fake_has_cframes(python);
	uint64_t previous = make_base(python, tstate), cframe = 0;

	if (cframes)
		cframe = clear_root_cframe(python, tstate);
	for (size_t i = count; i-- > 0;) {
		struct fake_frame *frame = &frames[i];

		if (i == count - 1 || layout->frame_entry_kind == PBP_ENTRY_ALWAYS)
			frame->from_c = true;
		frame->cframe_addr = 0;
		if (frame->from_c && cframes)
			cframe = frame->cframe_addr = push_cframe(python, 0, cframe);
		previous = place_frame(python, frame, previous);
		if (cframes)
			put(python, cframe + layout->cframe_current_frame, previous);
	}
	put(python, tstate + layout->tstate_frame, cframes ? cframe : previous);
	fake_use(python, tstate);
}

uint64_t fake_word(const struct fake_frame *frame)
{
	uint64_t word = frame->code / 8 << PBP_FRAME_CODE_SHIFT;

	if (frame->from_c)
		word |= PBP_FRAME_FROM_C;
	return word |
	       (frame->instr == FAKE_NOT_STARTED ? PBP_FRAME_NO_INSTR : (uint32_t)frame->instr);
}
