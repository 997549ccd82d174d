/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Python's marshal format, so much of it as every CPython from 2.7 on reads the same (version 2, Python/marshal.c): a type
 * character, then the value, little endian. Numbers, texts, tuples and dictionaries.
 */
#ifndef PBP_REPORT_MARSHAL_H
#define PBP_REPORT_MARSHAL_H

#include <stdint.h>
#include <stdio.h>

/* A stream that is written to. Errors of the stream itself are for the caller to check. */
struct marshal {
	FILE *stream;
	int code; /* 0, or -EOVERFLOW: a text was longer than the format allows, and the bytes are of no use */
};

void marshal_add_signed(struct marshal *marshal, int32_t number);
void marshal_add_count(struct marshal *marshal, uint64_t count);
void marshal_add_float(struct marshal *marshal, double number);

/* A str in every version: bytes in 2.7, which are UTF-8, and text in 3.x. The text is valid UTF-8. */
void marshal_add_text(struct marshal *marshal, const char *text);

/* What follows are the tuple's elements. */
void marshal_begin_tuple(struct marshal *marshal, uint32_t count);

/* What follows are the dictionary's keys, each with its value behind it, up to marshal_end_dictionary(). */
void marshal_begin_dictionary(struct marshal *marshal);
void marshal_end_dictionary(struct marshal *marshal);

#endif
