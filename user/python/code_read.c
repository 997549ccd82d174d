/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies a code object out of a process's memory and proves that it is the one that was sampled. Decoding what
 * was copied is in code.c; which offsets hold is the layout's to say.
 */
#include "python/code_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "identity.h"
#include <layout.h>

/* A str object's header, as bpf/pycode.h reads it. */
struct string_header {
	uint64_t length, hash, data_addr;
	uint16_t kind; /* bytes a character, 0: raw bytes */
};

/* The layout's code_ fields of one object. */
struct code_fields {
	uint64_t name, qualname, filename, linetable; /* addresses, 0: no such field */
	uint32_t version;
	int32_t firstlineno;
};

static int read_header(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
		       struct string_header *header)
{
	uint32_t state;
	int code;

	if (layout->string_kind == PBP_STRING_BYTES) {
		header->kind = 0;
		header->hash = UINT64_MAX;
		header->data_addr = addr + layout->bytes_data;
		return memory_read_u64(memory, addr + layout->bytes_size, &header->length);
	}
	code = memory_read_u64(memory, addr + layout->unicode_length, &header->length);
	if (!code)
		code = memory_read_u64(memory, addr + layout->unicode_hash, &header->hash);
	if (!code)
		code = memory_read_u32(memory, addr + layout->unicode_state, &state);
	if (code)
		return code;
	header->kind = state >> layout->unicode_kind_shift & 7;
	if (header->kind != 1 && header->kind != 2 && header->kind != 4)
		return -EBADMSG;
	if (!(state >> layout->unicode_compact_bit & 1))
		return memory_read_u64(memory, addr + layout->unicode_data, &header->data_addr);
	header->data_addr =
		addr + (state >> layout->unicode_ascii_bit & 1 ? layout->unicode_ascii_size
							       : layout->unicode_compact_size);
	return 0;
}

/* As bytes_identity() of bpf/pycode.h. */
static uint64_t bytes_identity(const struct memory *memory, uint64_t addr, uint64_t size)
{
	uint64_t words[PBP_IDENTITY_BYTES_MAX / 8] = { 0 }, state = pbp_identity_mix(5, size);

	if (size > PBP_IDENTITY_BYTES_MAX)
		size = PBP_IDENTITY_BYTES_MAX;
	if (memory_read(memory, addr, words, size))
		return 0;
	for (uint64_t i = 0; i < (size + 7) / 8; i++)
		state = pbp_identity_mix(state, words[i]);
	return state;
}

static uint64_t string_identity(const struct memory *memory, const struct pbp_layout *layout,
				uint64_t addr)
{
	struct string_header header;

	if (read_header(memory, layout, addr, &header))
		return 0;
	if (header.hash == UINT64_MAX)
		header.hash = bytes_identity(memory, header.data_addr,
					     header.length * (header.kind ? header.kind : 1));
	return pbp_identity_string(header.length, header.hash);
}

static uint64_t linetable_identity(const struct memory *memory, const struct pbp_layout *layout,
				   uint64_t addr)
{
	uint64_t size;

	if (memory_read_u64(memory, addr + layout->bytes_size, &size))
		return 0;
	return bytes_identity(memory, addr + layout->bytes_data, size);
}

/* Is the object that these fields were read from the one of this identity? See include/identity.h. */
static bool same_identity(const struct memory *memory, const struct pbp_layout *layout,
			  const struct code_fields *fields, uint64_t identity)
{
	struct pbp_identity_parts parts = {
		.name_addr = fields->name,
		.qualname_addr = fields->qualname,
		.filename_addr = fields->filename,
		.linetable_addr = fields->linetable,
		.firstlineno = fields->firstlineno,
	};

	if (fields->version)
		return !(identity >> 63) && (uint32_t)identity == fields->version;
	parts.name = string_identity(memory, layout, fields->name);
	if (fields->qualname && fields->qualname != fields->name)
		parts.qualname = string_identity(memory, layout, fields->qualname);
	parts.filename = string_identity(memory, layout, fields->filename);
	parts.linetable = linetable_identity(memory, layout, fields->linetable);
	/* What was not in memory at the tick counts as 0 in the identity: any of the four may be. */
	for (unsigned unread = 0; unread < 16; unread++) {
		struct pbp_identity_parts then = parts;

		then.name = unread & 1 ? 0 : parts.name;
		then.qualname = unread & 2 ? 0 : parts.qualname;
		then.filename = unread & 4 ? 0 : parts.filename;
		then.linetable = unread & 8 ? 0 : parts.linetable;
		if (pbp_identity_join(&then) == identity)
			return true;
	}
	return false;
}

static int read_fields(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
		       struct code_fields *fields)
{
	uint8_t bytes[PBP_CODE_BYTES_MAX];
	int code = memory_read(memory, addr, bytes, layout->code_size);

	if (code)
		return code;
	memset(fields, 0, sizeof(*fields));
	memcpy(&fields->name, bytes + layout->code_name, 8);
	if (layout->code_qualname != PBP_ABSENT)
		memcpy(&fields->qualname, bytes + layout->code_qualname, 8);
	memcpy(&fields->filename, bytes + layout->code_filename, 8);
	memcpy(&fields->linetable, bytes + layout->code_linetable, 8);
	memcpy(&fields->firstlineno, bytes + layout->code_firstlineno, 4);
	if (layout->code_version != PBP_ABSENT)
		memcpy(&fields->version, bytes + layout->code_version, 4);
	return 0;
}

/* Append size bytes to the copy's data. */
static int append(const struct memory *memory, uint64_t addr, size_t size, struct code_copy *copy,
		  size_t *used)
{
	uint8_t *data = realloc(copy->data, *used + size + 1);
	int code;

	if (!data)
		return -ENOMEM;
	copy->data = data;
	code = memory_read(memory, addr, data + *used, size);
	if (!code)
		*used += size;
	return code;
}

static int append_string(const struct memory *memory, const struct pbp_layout *layout,
			 uint64_t addr, struct pbp_string *string, struct code_copy *copy,
			 size_t *used)
{
	struct string_header header;
	uint64_t size;
	int code = read_header(memory, layout, addr, &header);

	if (code)
		return code;
	size = header.length;
	if (size > CODE_READ_STRING_MAX / 4) {
		size = CODE_READ_STRING_MAX / 4;
		string->cut = 1;
	}
	size *= header.kind ? header.kind : 1;
	string->kind = header.kind;
	string->size = (uint32_t)size;
	return append(memory, header.data_addr, size, copy, used);
}

static int append_linetable(const struct memory *memory, const struct pbp_layout *layout,
			    uint64_t addr, struct code_copy *copy, size_t *used)
{
	uint64_t size;
	int code = memory_read_u64(memory, addr + layout->bytes_size, &size);

	if (code)
		return code;
	if (size >> 31)
		return -EBADMSG;
	copy->record.linetable_full_size = (uint32_t)size;
	if (size > CODE_READ_LINETABLE_MAX)
		size = CODE_READ_LINETABLE_MAX;
	copy->record.linetable_size = (uint32_t)size;
	return append(memory, addr + layout->bytes_data, size, copy, used);
}

int code_read(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
	      uint64_t identity, struct code_copy *ret_copy)
{
	struct code_copy copy = { 0 };
	struct code_fields fields, after;
	size_t used = 0;
	int code = read_fields(memory, layout, addr, &fields);

	if (code)
		return code;
	copy.record.code_addr = addr;
	copy.record.identity = identity;
	copy.record.firstlineno = fields.firstlineno;
	copy.record.qualname.kind = PBP_STRING_UNREAD;
	code = append_string(memory, layout, fields.name, &copy.record.name, &copy, &used);
	if (!code && fields.qualname)
		code = append_string(memory, layout, fields.qualname, &copy.record.qualname, &copy,
				     &used);
	if (!code)
		code = append_string(memory, layout, fields.filename, &copy.record.filename, &copy,
				     &used);
	if (!code)
		code = append_linetable(memory, layout, fields.linetable, &copy, &used);
	/*
	 * The process runs on while it is copied. Its object had this identity when it was sampled; identities do
	 * not come back, so if it has it now, it had it all the time.
	 */
	if (!code)
		code = read_fields(memory, layout, addr, &after);
	if (!code && (memcmp(&fields, &after, sizeof(fields)) ||
		      !same_identity(memory, layout, &after, identity)))
		code = -ESTALE;
	if (code) {
		free(copy.data);
		return code;
	}
	*ret_copy = copy;
	return 0;
}
