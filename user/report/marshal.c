/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes values in Python's marshal format. Does not know what they mean: that is report_pstats.c. */
#include "report/marshal.h"

#include <errno.h>
#include <string.h>

/*
 * Type characters of CPython's Python/marshal.c. Of texts only this one is a str everywhere: 's' is bytes in 3.x and 'u' is
 * unicode in 2.7. 64-bit numbers ('I') are written as long ones, which later versions of 3.x read alone.
 */
#define TYPE_INT      'i'
#define TYPE_LONG     'l'
#define TYPE_FLOAT    'g'
#define TYPE_INTERNED 't'
#define TYPE_TUPLE    '('
#define TYPE_DICT     '{'
#define TYPE_NULL     '0'

/* A long number's digits have so many bits, each in two bytes. */
#define DIGIT_BITS 15

/* So much of a text the format can say the size of. */
#define TEXT_MAX ((size_t)INT32_MAX)

static void add_bytes(struct marshal *marshal, uint64_t number, unsigned count)
{
	for (; count > 0; count--, number >>= 8)
		putc_unlocked((int)(number & 0xff), marshal->stream);
}

void marshal_add_signed(struct marshal *marshal, int32_t number)
{
	putc_unlocked(TYPE_INT, marshal->stream);
	add_bytes(marshal, (uint32_t)number, 4);
}

void marshal_add_count(struct marshal *marshal, uint64_t count)
{
	uint64_t rest;
	unsigned ndigits = 0;

	if (count <= INT32_MAX) {
		marshal_add_signed(marshal, (int32_t)count);
		return;
	}
	for (rest = count; rest > 0; rest >>= DIGIT_BITS)
		ndigits++;
	putc_unlocked(TYPE_LONG, marshal->stream);
	add_bytes(marshal, ndigits, 4);
	for (; count > 0; count >>= DIGIT_BITS)
		add_bytes(marshal, count & ((1U << DIGIT_BITS) - 1), 2);
}

void marshal_add_float(struct marshal *marshal, double number)
{
	uint64_t bits;

	_Static_assert(sizeof(bits) == sizeof(number), "a double is what IEEE 754 says");
	memcpy(&bits, &number, sizeof(bits));
	putc_unlocked(TYPE_FLOAT, marshal->stream);
	add_bytes(marshal, bits, 8);
}

void marshal_add_text(struct marshal *marshal, const char *text)
{
	size_t length = strlen(text);

	if (length > TEXT_MAX) {
		marshal->code = -EOVERFLOW;
		length = 0;
	}
	putc_unlocked(TYPE_INTERNED, marshal->stream);
	add_bytes(marshal, length, 4);
	fwrite(text, 1, length, marshal->stream);
}

void marshal_begin_tuple(struct marshal *marshal, uint32_t count)
{
	putc_unlocked(TYPE_TUPLE, marshal->stream);
	add_bytes(marshal, count, 4);
}

void marshal_begin_dictionary(struct marshal *marshal)
{
	putc_unlocked(TYPE_DICT, marshal->stream);
}

void marshal_end_dictionary(struct marshal *marshal)
{
	putc_unlocked(TYPE_NULL, marshal->stream);
}
