/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Meet a code object: prove that it is the one that user space knows by this address, or send its names.
 *
 * The walk calls this for a code object that is not in the table of seen ones, or whose entry is older than
 * the target's present generation (see pystack.h). A code object on a stack is pinned by its frame, so what
 * is proven here holds until the sample is sent, and the record of its names stands before that sample.
 *
 * No pointer enters the table unless its type is PyCode_Type, so garbage frames always come here and end here.
 */
#ifndef PBP_BPF_PYCODE_H
#define PBP_BPF_PYCODE_H

#include "block.h"
#include "identity.h"
#include "read.h"

#define PBP_SEEN_SLOT_BITS 14
PBP_STATIC_ASSERT(1 << PBP_SEEN_SLOT_BITS == PBP_SEEN_SLOTS,
		  "the slot is the top bits of a product");
/* A tag is address >> 3 of 47-bit addresses, and the low bits of the target's id above it; the others stand beside. */
#define PBP_TAG_TARGET_SHIFT 44
PBP_STATIC_ASSERT(PBP_TAG_TARGET_SHIFT + PBP_TARGET_ID_BITS == 64, "a tag is one word");
/* Spreads tags over slots and stamps; odd, so different tags never give the same product. */
#define PBP_TAG_SPREAD 0x9e3779b97f4a7c15ULL

/* Read the code object at addr into s->code. Negative: unreadable. */
static inline __attribute__((always_inline)) long code_read(struct pbp_scratch *s, __u64 addr)
{
	const struct pbp_layout *layout = &s->target.layout;
	struct pbp_code_fields *code = &s->code;
	__s64 at = block_find(s, addr, layout->code_size);

	if (at < 0)
		return -1;
	code->type = block_load64(s, at, layout->object_type);
	code->name = block_load64(s, at, layout->code_name);
	code->filename = block_load64(s, at, layout->code_filename);
	code->linetable = block_load64(s, at, layout->code_linetable);
	code->firstlineno = (__s32)block_load64(s, at, layout->code_firstlineno);
	code->qualname = 0;
	if (layout->code_qualname != PBP_ABSENT)
		code->qualname = block_load64(s, at, layout->code_qualname);
	code->version = 0;
	if (layout->code_version != PBP_ABSENT)
		code->version = (__u32)block_load64(s, at, layout->code_version);
	return 0;
}

/* A str object's header: what lies between its length and its state. */
struct string_header {
	__u64 length, hash, data_addr;
	__u32 kind;
};

/* Read the header of the str (2.7: byte string) at addr. Negative: unreadable or impossible. */
static inline __attribute__((always_inline)) long string_header(struct pbp_scratch *s, __u64 addr,
								struct string_header *header)
{
	const struct pbp_layout *layout = &s->target.layout;
	__u64 first = layout->unicode_length;
	__u32 state;
	__s64 at;

	if (layout->string_kind == PBP_STRING_BYTES) {
		at = block_find(s, addr + layout->bytes_size, 8);
		if (at < 0)
			return -1;
		header->kind = 0;
		header->length = block_load64(s, at, 0);
		header->hash = ~0ULL;
		header->data_addr = addr + layout->bytes_data;
		return 0;
	}
	/* Not a byte more than the header: the object may end at an unmapped page. */
	at = block_find(s, addr + first, layout->unicode_state + 4 - first);
	if (at < 0)
		return -1;
	header->length = block_load64(s, at, 0);
	header->hash = block_load64(s, at, layout->unicode_hash - first);
	state = (__u32)block_load64(s, at, layout->unicode_state - first);
	header->kind = state >> (layout->unicode_kind_shift & 31) & 7;
	if (header->kind != 1 && header->kind != 2 && header->kind != 4)
		return -1;
	if (!(state >> (layout->unicode_compact_bit & 31) & 1))
		return read_target(s, &header->data_addr, 8, addr + layout->unicode_data);
	header->data_addr = addr + (state >> (layout->unicode_ascii_bit & 31) & 1
					    ? layout->unicode_ascii_size
					    : layout->unicode_compact_size);
	return 0;
}

/* A number of the size and first PBP_IDENTITY_BYTES_MAX bytes at addr. 0: unreadable. */
static inline __attribute__((always_inline)) __u64 bytes_identity(struct pbp_scratch *s, __u64 addr,
								  __u64 size)
{
	__u64 state = pbp_identity_mix(5, size), nwords;
	__s64 at;

	if (size > PBP_IDENTITY_BYTES_MAX)
		size = PBP_IDENTITY_BYTES_MAX;
	if (!size)
		return state;
	at = size > PBP_BLOCK_STRIDE - PBP_BLOCK_BYTES ? block_read_alone(s, addr, size)
						       : block_find(s, addr, size);
	if (at < 0)
		return 0;
	nwords = size >> 3;
	for (__u32 i = 0; i < PBP_IDENTITY_BYTES_MAX / 8; i++) {
		if (i >= nwords)
			break;
		state = pbp_identity_mix(state, block_load64(s, at, i * 8));
	}
	if (!(size & 7))
		return state;
	return pbp_identity_mix(state,
				block_load64(s, at, nwords * 8) & ((1ULL << (size & 7) * 8) - 1));
}

/*
 * These two are global functions for the verifier's sake: it looks at each once instead of once per use.
 * Their results are left in the scratch where they do not fit an int.
 */
PBP_GLOBAL int string_identity(__u32 cpu, __u64 addr)
{
	struct pbp_scratch *s = scratch_of(cpu);
	struct string_header header = {};

	if (!s)
		return -1;
	s->identity = 0;
	if (string_header(s, addr, &header))
		return -1;
	if (header.hash == ~0ULL) /* never asked for: take the characters */
		header.hash =
			bytes_identity(s, header.data_addr, header.length * (header.kind ?: 1));
	s->identity = pbp_identity_string(header.length, header.hash);
	return 0;
}

PBP_GLOBAL int linetable_identity(__u32 cpu, __u64 addr)
{
	struct pbp_scratch *s = scratch_of(cpu);
	__s64 at;

	if (!s)
		return -1;
	s->identity = 0;
	at = block_find(s, addr + s->target.layout.bytes_size, 8);
	if (at < 0)
		return -1;
	s->identity = bytes_identity(s, addr + s->target.layout.bytes_data, block_load64(s, at, 0));
	return 0;
}

/* The identity of a file name, looked at once a tick: the functions of one file share the object. */
static inline __attribute__((always_inline)) __u64 filename_identity(struct pbp_scratch *s,
								     __u32 cpu, __u64 addr)
{
	struct pbp_checked *checked = &s->checked[addr * PBP_TAG_SPREAD >> 60];

	if (checked->addr == addr && checked->tick == s->tick)
		return checked->identity;
	string_identity(cpu, addr);
	checked->addr = addr;
	checked->tick = s->tick;
	checked->identity = s->identity;
	return s->identity;
}

/* The identity of the code object in s->code, see include/identity.h. */
static inline __attribute__((always_inline)) __u64 code_identity(struct pbp_scratch *s, __u32 cpu)
{
	const struct pbp_code_fields *code = &s->code;
	struct pbp_identity_parts parts;

	if (code->version)
		return pbp_identity_version(code->version, s->thread.interp_addr);
	parts.firstlineno = code->firstlineno;
	parts.name_addr = code->name;
	parts.qualname_addr = code->qualname;
	parts.filename_addr = code->filename;
	parts.linetable_addr = code->linetable;
	string_identity(cpu, code->name);
	parts.name = s->identity;
	parts.qualname = 0;
	if (code->qualname && code->qualname != code->name) {
		string_identity(cpu, code->qualname);
		parts.qualname = s->identity;
	}
	parts.filename = filename_identity(s, cpu, code->filename);
	linetable_identity(cpu, code->linetable);
	parts.linetable = s->identity;
	return pbp_identity_join(&parts);
}

/* Append bytes of the target's memory to the code record. How many were appended: size, or 0. */
static inline __attribute__((always_inline)) __u32 record_append(struct pbp_scratch *s, __u64 addr,
								 __u64 size, const __u32 max)
{
	__u64 at = s->record_bytes;

	barrier_var(at);
	if (at > 3 * PBP_STRING_BYTES_MAX)
		return 0;
	barrier_var(size);
	if (size > max || !size)
		return 0;
	if (read_target(s, s->record.data + at, size, addr)) {
		s->record.head.flags |= PBP_CODE_FAULT;
		return 0;
	}
	s->record_bytes = (__u32)(at + size);
	return (__u32)size;
}

/* Append the string at addr and describe it. */
static inline __attribute__((always_inline)) void record_string(struct pbp_scratch *s, __u64 addr,
								struct pbp_string *string)
{
	struct string_header header = {};
	__u64 size;

	string->size = 0;
	string->kind = PBP_STRING_UNREAD;
	string->cut = 0;
	if (string_header(s, addr, &header)) {
		s->record.head.flags |= PBP_CODE_FAULT;
		return;
	}
	size = header.length * (header.kind ?: 1);
	if (header.length > PBP_STRING_BYTES_MAX || size > PBP_STRING_BYTES_MAX) {
		size = PBP_STRING_BYTES_MAX;
		string->cut = 1;
	}
	string->size = record_append(s, header.data_addr, size, PBP_STRING_BYTES_MAX);
	if (string->size == size)
		string->kind = (__u16)header.kind;
}

PBP_GLOBAL int record_strings(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	const struct pbp_string none = { .kind = PBP_STRING_UNREAD };

	if (!s)
		return -1;
	record_string(s, s->code.name, &s->record.head.name);
	s->record.head.qualname = none;
	if (s->code.qualname)
		record_string(s, s->code.qualname, &s->record.head.qualname);
	record_string(s, s->code.filename, &s->record.head.filename);
	return 0;
}

PBP_GLOBAL int record_linetable(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	__u64 addr, size;

	if (!s)
		return -1;
	addr = s->code.linetable;
	s->record.head.linetable_size = 0;
	s->record.head.linetable_full_size = PBP_LINETABLE_UNREAD;
	if (read_target(s, &size, 8, addr + s->target.layout.bytes_size) || size >> 31) {
		s->record.head.flags |= PBP_CODE_FAULT;
		return 0;
	}
	s->record.head.linetable_full_size = (__u32)size;
	if (size > PBP_LINETABLE_BYTES_MAX)
		size = PBP_LINETABLE_BYTES_MAX;
	s->record.head.linetable_size =
		record_append(s, addr + s->target.layout.bytes_data, size, PBP_LINETABLE_BYTES_MAX);
	return 0;
}

/* Compose the record of the code object in the scratch, with its names or as an announcement. */
static inline __attribute__((always_inline)) void record_compose(struct pbp_scratch *s, __u32 cpu,
								 int with_names)
{
	struct pbp_code *head = &s->record.head;
	const struct pbp_string none = { .kind = PBP_STRING_UNREAD };

	head->flags = with_names ? 0 : PBP_CODE_DEFERRED;
	s->record_bytes = 0;
	if (with_names) {
		record_strings(cpu);
		record_linetable(cpu);
		return;
	}
	head->name = head->qualname = head->filename = none;
	head->linetable_size = 0;
	head->linetable_full_size = PBP_LINETABLE_UNREAD;
}

/* Send the composed record. Negative: the ring is full. */
static inline __attribute__((always_inline)) long record_send(struct pbp_scratch *s,
							      __u64 code_addr, __u64 identity)
{
	struct pbp_code *head = &s->record.head;
	__u64 size = sizeof(*head) + s->record_bytes;

	head->header.kind = PBP_KIND_CODE;
	head->code_addr = code_addr;
	head->identity = identity;
	head->target = s->target.id;
	head->firstlineno = s->code.firstlineno;
	head->reserved = 0;
	barrier_var(size);
	if (size > sizeof(s->record))
		return -1;
	head->header.size = (__u32)size;
	return ring_send(&s->record, size);
}

/*
 * Names may use the ring only while half of it is free, and PBP_CODES_PER_TICK and PBP_CODE_BYTES_PER_TICK a
 * tick, so that a storm of new code objects displaces no sample. What is over that is announced by its identity
 * alone, because a sample must never be read with what lay at the address before; its names follow at the next
 * tick that meets it.
 *
 * Look at the code object of s->pending. 0: user space knows, or will know, what lies there; 1: it is no code
 * object, or cannot be read (s->reason). A global function: verified once.
 */
PBP_GLOBAL int code_meet(__u32 cpu)
{
	struct pbp_scratch *s = scratch_of(cpu);
	__u64 tag, spread, addr, identity;
	struct pbp_seen *seen;
	__u32 id_high;
	int with_names, same;

	if (!s)
		return 1;
	tag = s->pending;
	spread = tag * PBP_TAG_SPREAD;
	addr = (tag & ((1ULL << PBP_TAG_TARGET_SHIFT) - 1)) << 3;
	if (addr < PBP_PAGE_BYTES) { /* NULL, or an offset from it */
		s->reason = PBP_REASON_NOT_CODE;
		return 1;
	}
	if (code_read(s, addr)) {
		s->reason = PBP_REASON_NOT_RESIDENT;
		return 1;
	}
	if (s->code.type != s->target.code_type_addr) {
		s->reason = PBP_REASON_NOT_CODE;
		return 1;
	}
	count(s, PBP_COUNT_IDENTITY_READS);
	identity = code_identity(s, cpu);
	seen = &seen_codes[spread >> (64 - PBP_SEEN_SLOT_BITS)];
	id_high = s->target.id >> PBP_TARGET_ID_BITS;
	/* Without branches, each of which would double the verifier's ways through the rest. */
	same = !((seen->tag ^ tag) | (seen->identity ^ identity) | (seen->id_high ^ id_high));
	if (same && !seen->deferred) {
		seen->stamp = s->generation ^ spread;
		return 0;
	}
	with_names = s->codes_left && ring_used() <= settings.ring_bytes / 2;
	if (with_names) {
		record_compose(s, cpu, 1);
		with_names = s->record_bytes <= s->code_bytes_left;
	}
	if (!with_names) {
		if (same) /* announced at an earlier tick */
			return 0;
		record_compose(s, cpu, 0);
	}
	if (record_send(s, addr, identity)) {
		s->dropped = 1;
		return 0;
	}
	count(s, with_names ? PBP_COUNT_CODES : PBP_COUNT_CODES_DEFERRED);
	if (with_names) {
		s->codes_left--;
		s->code_bytes_left -= s->record_bytes;
	}
	*(volatile __u64 *)&seen->tag = 0;
	seen->identity = identity;
	seen->id_high = id_high;
	seen->deferred = !with_names;
	/* Without its names it must come here again at the next tick: a stamp that never matches. */
	seen->stamp = with_names ? s->generation ^ spread : ~s->generation ^ spread;
	*(volatile __u64 *)&seen->tag = tag;
	return 0;
}

#endif
