/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of a message that is too large to be decoded as a whole, one by one.
 *
 *   tag  bytes      tag  length  bytes        a tag is a field's number and how its end is found
 */
#ifndef PBP_STORE_FIELDS_H
#define PBP_STORE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct unpacked;
struct fields;

struct field {
	uint32_t number;
	uint64_t offset; /* of its tag in the unpacked bytes */
	const uint8_t *whole; /* tag and all, NULL when it was passed over; until the next field */
	size_t whole_size;
	const uint8_t *body; /* of a field with a length, what stands behind it; NULL of others */
	size_t body_size;
};

/* Begins where the bytes are now. NULL when memory runs out. */
struct fields *fields_new(struct unpacked *unpacked);
void fields_free(struct fields *fields);

/*
 * The next field. Bit N of `wanted` tells that the bytes of field N are of use; all others are passed over. Returns 1, 0
 * at the end, or a negative errno with the reason: -EBADMSG this is no message, or as unpacked_read(); -EFBIG a field of
 * use is larger than STORE_MESSAGE_MAX.
 */
int fields_next(struct fields *fields, uint64_t wanted, struct field *ret_field, struct err *err);

#endif
