/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The dynamic linker's own list of what it has mapped, which it keeps for debuggers (<link.h>: struct r_debug, struct
 * link_map; alike in glibc and musl). It names a library as soon as that is mapped, before anything in it has run. The
 * process can write what it likes into it.
 */
#ifndef PBP_BPF_LINK_MAP_H
#define PBP_BPF_LINK_MAP_H

#include "read.h"

/* Entries that are looked at. What a program is linked with itself comes first, some 10 of a large one. */
#define LINK_MAPS_MAX 32

/* r_debug.r_map */
#define LINK_MAP_HEAD 8

struct pbp_link_map {
	__u64 addr; /* the load bias */
	__u64 name;
	__u64 dynamic; /* where the dynamic section is in the process */
	__u64 next;
};

/*
 * The load bias of the library whose dynamic section is linked where it says, in a process of a program with that load
 * bias. Negative: the list does not have it, or not yet.
 */
static inline __attribute__((always_inline)) long link_map_bias(struct pbp_scratch *s,
								const struct pbp_library *library,
								__u64 program_bias, __u64 *ret_bias)
{
	struct pbp_link_map map = {};
	__u64 debug, next;

	if (read_target(s, &debug, 8, program_bias + library->debug_addr) ||
	    read_target(s, &next, 8, debug + LINK_MAP_HEAD))
		return -1;
	for (int i = 0; i < LINK_MAPS_MAX; i++) {
		if (!next || read_target(s, &map, sizeof(map), next))
			return -1;
		if (map.dynamic - map.addr == library->dynamic) {
			*ret_bias = map.addr;
			return 0;
		}
		next = map.next;
	}
	return -1;
}

#endif
