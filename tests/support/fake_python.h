/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPython process made by hand in a fake memory: strings, code objects, frames, thread states and interpreters,
 * laid out as a layout row says, so that every row is exercised by the same tests.
 */
#ifndef PBP_SUPPORT_FAKE_PYTHON_H
#define PBP_SUPPORT_FAKE_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <layout.h> /* include/layout.h */
#include <target.h> /* include/target.h */

#include "support/fake_memory.h"

/* What a fake process is made after: a row of layout_rows, or a row changed in one respect. */
struct fake_build {
	char name[40]; /* "3.12", "3.13, no counter" */
	struct pbp_layout layout;
	bool process_counter; /* the code counter is the process's, not the interpreter's */
	bool base_frame; /* each thread state has a frame of its own, to which every stack leads (3.15) */
};

/* Every row, rows without their code counter, and rows as debug builds of old move them (Py_TRACE_REFS). */
const struct fake_build *fake_builds(size_t *ret_count);

/*
 * The stacks of one process lie in two regions, as a thread's do: frames upwards, C stack downwards. Frames of
 * generators and, up to 3.10, all frames lie on the heap.
 */
struct fake_python {
	struct fake_memory *memory;
	const struct fake_build *build;
	const struct pbp_layout *layout; /* of target */
	struct pbp_target target;
	uint64_t heap, stack, c_stack; /* the next free address of each region */
	uint64_t filename; /* the str that fake_function's code objects share */
	uint64_t no_code; /* an object that is not a code object */
	uint64_t
		shim_code; /* what a shim runs: no code object, but in 3.12 the interpreter's trampoline */
	uint32_t next_version, ncodes;
	uint32_t random;
};

/* `id` is the target's; processes of different ids may share a memory only if they share nothing else. */
void fake_python_init(struct fake_python *python, struct fake_memory *memory,
		      const struct fake_build *build, uint32_t id);

/* Memory of the heap, zeroed, at a multiple of 16. */
uint64_t fake_alloc(struct fake_python *python, uint64_t size);

enum {
	FAKE_NO_HASH = 1, /* nobody has asked for the string's hash yet */
	FAKE_LEGACY = 2, /* characters apart from their object (PyUnicode_READY of old) */
	FAKE_AT_PAGE_END = 4, /* its last byte is the last one of a page before an unmapped one */
};

/* A str (2.7: byte string) of the UTF-8 text, in the narrowest kind. */
uint64_t fake_str(struct fake_python *python, const char *utf8, unsigned how);
uint64_t fake_bytes(struct fake_python *python, const void *data, size_t size, unsigned how);

struct fake_code {
	const char *name, *qualname, *filename; /* qualname NULL: the object's name itself */
	uint64_t filename_addr; /* not 0: this str instead of a new one */
	int32_t firstlineno;
	const void *
		linetable; /* NULL: one in which instruction i has the line firstlineno + i, for 64 of them */
	size_t linetable_size;
	unsigned how; /* of strings and line table */
	bool unversioned; /* co_version is 0 */
};

#define FAKE_INSTRUCTIONS 64

/*
 * Of free-threaded builds from 3.14 on each code object has an array of copies of its bytecode: 0 is the code object's
 * own, the last one has not been made yet.
 */
#define FAKE_TLBC_COPIES 4
#define FAKE_TLBC_UNMADE 3

/* A new code object. Counts as a birth for the code counter. */
uint64_t fake_code(struct fake_python *python, const struct fake_code *code);
/* Another code object where one has been. Counts as a birth. */
void fake_code_again(struct fake_python *python, uint64_t addr, const struct fake_code *code);
/* A code object of that name in /app/main.py; its first line is 10, 20, 30 … */
uint64_t fake_function(struct fake_python *python, const char *name);

/* The table that `linetable` NULL stands for. Returns its size. */
size_t fake_linetable(const struct pbp_layout *layout, uint8_t *table, size_t capacity);

/* Is there such an array in this version, and where is that of a code object? */
bool fake_has_tlbc(const struct fake_python *python);
uint64_t fake_tlbc(const struct fake_python *python, uint64_t code);

/* Code objects have been born or have died. */
void fake_count_code(struct fake_python *python);

/* The newest interpreter; the newest thread state of an interpreter. */
uint64_t fake_interp(struct fake_python *python);
uint64_t fake_tstate(struct fake_python *python, uint64_t interp, uint64_t thread_id);
void fake_set_thread_id(struct fake_python *python, uint64_t tstate, uint64_t thread_id);

/* The state is the one that its thread uses: its active bit is set; up to 3.11 it is the GIL holder's. Or it is not. */
void fake_use(struct fake_python *python, uint64_t tstate);
void fake_release(struct fake_python *python, uint64_t tstate);

/* JIT-compiled code runs, 0: none does. False: this version has no JIT. */
bool fake_set_executor(struct fake_python *python, uint64_t tstate, uint64_t executor);

#define FAKE_NOT_STARTED (-1)

struct fake_frame {
	uint64_t code;
	int32_t instr; /* code units (2.7: bytes), or FAKE_NOT_STARTED */
	bool from_c; /* up to 3.10 every frame is, whatever stands here */
	bool generator; /* lies on the heap */
	uint32_t tlbc_index; /* which copy of the bytecode it runs, where threads have their own */
	/* Set by fake_run; 0: no shim below it, no _PyCFrame that was pushed with it. */
	uint64_t addr, shim_addr, cframe_addr;
};

/* Give the thread state a stack, leaf first, and let it be used. The root is always entered from C. */
void fake_run(struct fake_python *python, uint64_t tstate, struct fake_frame *frames, size_t count);
/* It runs no Python code, and is not used. */
void fake_stop(struct fake_python *python, uint64_t tstate);
/* The memory of all stacks may be used again. */
void fake_rewind(struct fake_python *python);

/* 3.11 and 3.12: the _PyCFrame that the thread state leads to, and its own, the root one. */
bool fake_has_cframes(const struct fake_python *python);
uint64_t fake_cframe(const struct fake_python *python, uint64_t tstate);
uint64_t fake_root_cframe(const struct fake_python *python, uint64_t tstate);

/* The thread has just switched to a new _PyCFrame that holds this much. Its address. */
uint64_t fake_switch(struct fake_python *python, uint64_t tstate, uint64_t current,
		     uint64_t previous);
void fake_set_cframe(struct fake_python *python, uint64_t tstate, uint64_t cframe);

/*
 * A frame that C enters, with its shim, and that no thread state leads to yet. Sets its addresses. After a fake_switch
 * both are of one C function: the shim lies 112 bytes from the _PyCFrame, as in 3.12.1 by gcc 12.
 */
void fake_enter(struct fake_python *python, struct fake_frame *frame, uint64_t caller);

void fake_set_leaf(struct fake_python *python, uint64_t tstate, uint64_t frame_addr);
void fake_set_previous(struct fake_python *python, uint64_t frame_addr, uint64_t previous);
void fake_set_code(struct fake_python *python, uint64_t frame_addr, uint64_t code);
/* Write one frame without a shim at an address of the caller's. */
void fake_write_frame(struct fake_python *python, uint64_t addr, const struct fake_frame *frame,
		      uint64_t previous);

/* The frame as include/wire.h has it. */
uint64_t fake_word(const struct fake_frame *frame);

/* A number below `limit`, always the same ones in the same order. */
uint32_t fake_random(struct fake_python *python, uint32_t limit);

#endif
