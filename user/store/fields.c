/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cuts protobuf's wire format at the top level, where a saved profile is one message of any size. What is within a field
 * is protobuf-c's business (https://protobuf.dev/programming-guides/encoding/).
 */
#include "store/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "store/store.h"
#include "store/unpacked.h"

/* A tag and a length. */
#define HEAD_MAX 20

/* So much is unpacked at a time, to be still in the processor's cache when it is decoded. */
#define READ_SIZE ((size_t)128 * 1024)

enum wire_type { WIRE_VARINT = 0, WIRE_64_BITS = 1, WIRE_LENGTH = 2, WIRE_32_BITS = 5 };

struct fields {
	struct unpacked *unpacked;
	uint64_t offset; /* of buffer[begin] */
	size_t begin, end;
	bool at_end; /* nothing comes behind buffer[end] */
	uint8_t *buffer; /* room for the largest field so far, and to read on behind it */
	size_t capacity;
};

struct fields *fields_new(struct unpacked *unpacked)
{
	struct fields *fields = calloc(1, sizeof(*fields));

	if (!fields)
		return NULL;
	fields->unpacked = unpacked;
	if (array_reserve(&fields->buffer, &fields->capacity, 2 * READ_SIZE, 1)) {
		free(fields);
		return NULL;
	}
	return fields;
}

void fields_free(struct fields *fields)
{
	if (fields)
		free(fields->buffer);
	free(fields);
}

/* Have `size` bytes in the buffer, or all there are. */
static int have(struct fields *fields, size_t size, struct err *err)
{
	if (fields->end - fields->begin >= size || fields->at_end)
		return 0;
	if (fields->capacity - fields->begin < size || fields->begin >= READ_SIZE) {
		memmove(fields->buffer, fields->buffer + fields->begin,
			fields->end - fields->begin);
		fields->end -= fields->begin;
		fields->begin = 0;
	}
	if (array_reserve(&fields->buffer, &fields->capacity, size, 1))
		return err_set(err, -ENOMEM, "cannot read %s: %s", unpacked_name(fields->unpacked),
			       strerror(ENOMEM));
	while (fields->end - fields->begin < size && !fields->at_end) {
		const size_t room = fields->capacity - fields->end;
		const ssize_t length = unpacked_read(fields->unpacked, fields->buffer + fields->end,
						     room < READ_SIZE ? room : READ_SIZE, err);

		if (length < 0)
			return (int)length;
		fields->at_end = length == 0;
		fields->end += (size_t)length;
	}
	return 0;
}

/* A varint at `at` of what is in the buffer. Its size, 0 when there is none. */
static size_t read_varint(const struct fields *fields, size_t at, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < 10 && fields->begin + at + i < fields->end; i++) {
		const uint8_t byte = fields->buffer[fields->begin + at + i];

		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret_value = value;
			return i + 1;
		}
	}
	return 0;
}

static int no_message(const struct fields *fields, const char *why, struct err *err)
{
	return err_set(err, -EBADMSG,
		       "%s is no saved profile: %s at byte %" PRIu64 " of what it unpacks to",
		       unpacked_name(fields->unpacked), why, fields->offset);
}

/* Go on behind `size` bytes, which need not be in the buffer. */
static int pass(struct fields *fields, uint64_t size, struct err *err)
{
	uint64_t left = size;
	int code;

	while (left > fields->end - fields->begin) {
		left -= fields->end - fields->begin;
		fields->begin = fields->end = 0;
		code = have(fields, 1, err);
		if (code)
			return code;
		if (fields->end == 0)
			return no_message(fields, "a field is not whole", err);
	}
	fields->begin += (size_t)left;
	fields->offset += size;
	return 0;
}

/* The tag and, of a field with a length, the length: how large both are, and what follows them. */
static int read_head(struct fields *fields, struct field *field, size_t *ret_size,
		     uint64_t *ret_body_size, bool *ret_has_length, struct err *err)
{
	uint64_t tag, value = 0;
	size_t size = read_varint(fields, 0, &tag), more = 0;

	if (!size || tag > UINT32_MAX || tag >> 3 == 0)
		return no_message(fields, "there is no field", err);
	field->number = (uint32_t)(tag >> 3);
	*ret_has_length = (tag & 7) == WIRE_LENGTH;
	switch (tag & 7) {
	case WIRE_VARINT:
		more = read_varint(fields, size, &value);
		*ret_body_size = 0;
		if (!more)
			return no_message(fields, "a number does not end", err);
		break;
	case WIRE_LENGTH:
		more = read_varint(fields, size, ret_body_size);
		if (!more || *ret_body_size > INT64_MAX)
			return no_message(fields, "a field has no length", err);
		break;
	case WIRE_64_BITS:
		*ret_body_size = 8;
		break;
	case WIRE_32_BITS:
		*ret_body_size = 4;
		break;
	default:
		return no_message(fields, "there is a field of unknown type", err);
	}
	*ret_size = size + more;
	return 0;
}

int fields_next(struct fields *fields, uint64_t wanted, struct field *ret_field, struct err *err)
{
	struct field field = { .offset = fields->offset };
	uint64_t body_size = 0;
	size_t head_size = 0;
	bool has_length = false;
	int code;

	code = have(fields, HEAD_MAX, err);
	if (code)
		return code;
	if (fields->begin == fields->end)
		return 0;
	code = read_head(fields, &field, &head_size, &body_size, &has_length, err);
	if (code)
		return code;
	if (field.number < 64 && wanted & 1ULL << field.number) {
		if (body_size > STORE_MESSAGE_MAX)
			return err_set(err, -EFBIG,
				       "%s: a part of %" PRIu64 " bytes at byte %" PRIu64
				       " of what it unpacks to is too large",
				       unpacked_name(fields->unpacked), body_size, field.offset);
		code = have(fields, head_size + (size_t)body_size, err);
		if (code)
			return code;
		field.whole = fields->buffer + fields->begin;
		field.whole_size = head_size + (size_t)body_size;
		field.body = has_length ? field.whole + head_size : NULL;
		field.body_size = has_length ? (size_t)body_size : 0;
	}
	code = pass(fields, head_size + body_size, err);
	if (code)
		return code;
	*ret_field = field;
	return 1;
}
