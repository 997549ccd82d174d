/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF program's walkers as host code: what bpf/read.h wants of its surroundings, one tick as
 * bpf/pybpfprof.bpf.c does it, and a receiver at the other end of the ring buffer.
 */
#ifndef PBP_SUPPORT_HOST_BPF_H
#define PBP_SUPPORT_HOST_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scratch.h"
#include "support/fake_python.h"

struct CMUnitTest;
struct pipeline;

#define HOST_CPUS	 4
#define HOST_PERIOD_NS	 1000000
#define HOST_RING_BYTES	 (8U << 20)
#define HOST_RECORDS_MAX 4096
#define HOST_BLOCKS_MAX	 1024

/* A thread of a fake process. */
struct host_thread {
	const struct fake_python *python;
	uint32_t pid, tid;
	uint64_t thread_id;
	struct pbp_thread kept; /* its slot in BPF's table of threads */
	bool in_kernel; /* the tick interrupts the kernel, whose registers are not the thread's */
	uint32_t nregisters;
	uint64_t registers[PBP_REGISTERS]; /* the thread's, the first `nregisters` of them */
	bool has_found;
	struct pbp_found_thread
		found; /* user space's answer in the map found_threads, if has_found */
};

/* settings of bpf/maps.bpf.h, to be changed by tests after host_reset(). */
extern struct pbp_settings settings;

/* Of bpf/read.h: put a record into the ring. 0, or -1: it is full. Tests fill the ring with it. */
int pbp_host_send(const void *record, __u64 size);

/* Bytes that lie in the ring. */
__u64 pbp_host_ring_used(void);

/* Give back all memory; for fixtures. host_ring_forget() is a part of it. */
void host_forget(void);
void host_ring_forget(void);

/* Forget everything: scratch, seen code objects, ring, receiver. Settings become the defaults. */
void host_reset(void);

/* A thread that has never been sampled. */
void host_thread_init(struct host_thread *thread, const struct fake_python *python, uint32_t tid,
		      uint64_t thread_id);

/* A tick of this CPU interrupts the thread. How much of its stack was had, also where the sample was lost. */
enum pbp_status host_tick(struct host_thread *thread, uint32_t cpu);

/* link_map_bias() of bpf/link_map.h after host_reset(). 0, or 1: the list does not have the library. */
int host_link_map_bias(struct fake_memory *memory, const struct pbp_library *library,
		       uint64_t program_bias, uint64_t *ret_bias);

/* Of all CPUs. */
uint64_t host_counter(enum pbp_counter counter);

/* A sample as it left BPF, with the frames that it did not send. */
struct host_sample {
	struct pbp_sample head;
	uint64_t frames[PBP_DEPTH_MAX]; /* leaf first */
};

/* What came out of the ring buffer in one go. */
struct host_received {
	size_t nsamples, nnamed, ndeferred, nwanted;
	uint64_t name_bytes; /* behind the code records */
	bool announced; /* each frame's code object had a record before the first sample with it */
	bool sound; /* sizes of all records are what their contents say */
	struct host_sample sample; /* the last one */
	struct pbp_thread_wanted wanted; /* the last one */
	/* The code records, good until the next host_receive(). */
	size_t ncodes;
	const struct pbp_code *codes[HOST_RECORDS_MAX];
};

/* Take all records; hand samples and code objects on to the pipeline unless it is NULL. */
const struct host_received *host_receive(struct pipeline *pipeline);

/* The last code record of an address among those just received; NULL: none. */
const struct pbp_code *host_code(const struct host_received *received, uint64_t code_addr);

/* The identity that the last record of this address gave, 0: none came since host_reset(). */
uint64_t host_identity(uint32_t target, uint64_t code_addr);

/*
 * One process with one interpreter and one thread, made after a build: what most tests start from. The fixture of
 * host_tests(): *state is a struct host_stage.
 */
struct host_stage {
	struct fake_memory *memory;
	struct fake_python python;
	uint64_t interp, tstate;
	struct host_thread thread;
	void *blocks[HOST_BLOCKS_MAX]; /* of host_alloc() */
	size_t nblocks;
};

/* Zeroed memory that lives as long as the stage. */
void *host_alloc(struct host_stage *stage, size_t size);

struct host_test {
	const char *name;
	void (*run)(void **state);
};

#define HOST_TEST(function)           \
	{                             \
#function, (function) \
	}

/* How many tests `nbodies` tests are, and make them: each of them with each build, on a stage of its own. */
size_t host_ntests(size_t nbodies);
void host_make_tests(const struct host_test *bodies, size_t nbodies, struct CMUnitTest *tests);

/* Does this build count its code objects? If not, every tick proves each of them anew. */
bool host_has_counter(const struct host_stage *stage);

#endif
