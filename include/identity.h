/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The identity of a code object: what tells it from any other that lay, or will lie, at the same address.
 *
 * Pointers prove nothing: in a loop that compiles, runs and drops functions, the code object and everything
 * it points to come back at the same addresses. From 3.12 on co_version is unique in its interpreter. Where
 * there is none (or it is 0, after 2^32 code objects) the contents count: first line, names and line table.
 *
 * BPF computes it at first sight and whenever the address may have been used again; user space computes it
 * again when it reads a code object from the live process, to be sure that it is still the same one.
 */
#ifndef PBP_INCLUDE_IDENTITY_H
#define PBP_INCLUDE_IDENTITY_H

#include "abi.h"

/* What a content identity is made from. A value of 0 stands for what could not be read. */
struct pbp_identity_parts {
	__u64 name_addr, qualname_addr, filename_addr, linetable_addr;
	__u64 name, qualname,
		filename; /* pbp_identity_string() of each; qualname 0 where it is the name */
	__u64 linetable; /* pbp_identity_bytes() of its size and first PBP_IDENTITY_BYTES_MAX bytes */
	__s64 firstlineno;
};

/* One step: spreads every bit of value over the state (multiplication by an odd constant is a bijection). */
static inline __attribute__((always_inline)) __u64 pbp_identity_mix(__u64 state, __u64 value)
{
	state = (state ^ value) * 0x9e3779b97f4a7c15ULL;
	return state ^ state >> 29;
}

/* A str object's length and its hash over all characters (siphash, so no chance hits). */
static inline __attribute__((always_inline)) __u64 pbp_identity_string(__u64 length, __u64 hash)
{
	return pbp_identity_mix(pbp_identity_mix(1, length), hash);
}

static inline __attribute__((always_inline)) __u64
pbp_identity_join(const struct pbp_identity_parts *parts)
{
	__u64 state = pbp_identity_mix(2, (__u64)parts->firstlineno);

	state = pbp_identity_mix(state, parts->name_addr);
	state = pbp_identity_mix(state, parts->qualname_addr);
	state = pbp_identity_mix(state, parts->filename_addr);
	state = pbp_identity_mix(state, parts->linetable_addr);
	state = pbp_identity_mix(state, parts->name);
	state = pbp_identity_mix(state, parts->qualname);
	state = pbp_identity_mix(state, parts->filename);
	state = pbp_identity_mix(state, parts->linetable);
	/* The top bit tells a content identity from a version number. */
	return state | 1ULL << 63;
}

/* A version is unique in its interpreter only. */
static inline __attribute__((always_inline)) __u64 pbp_identity_version(__u32 version,
									__u64 interp_addr)
{
	return (pbp_identity_mix(3, interp_addr) << 32 | version) & ~(1ULL << 63);
}

#endif
