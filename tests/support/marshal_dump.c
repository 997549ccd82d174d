/* SPDX-License-Identifier: GPL-2.0-only */
/* A reader of marshal that shares nothing with the writer under test. For tests only: any mistake ends the program. */
#include "support/marshal_dump.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dump {
	const char *bytes;
	size_t size, at;
	FILE *out;
	int depth; /* of dictionaries */
};

static _Noreturn void stop(const struct dump *dump, const char *what)
{
	fprintf(stderr, "marshal: byte %zu: %s\n", dump->at, what);
	abort();
}

static const char *take(struct dump *dump, size_t count)
{
	if (count > dump->size - dump->at)
		stop(dump, "ends here");
	dump->at += count;
	return dump->bytes + dump->at - count;
}

static uint64_t take_number(struct dump *dump, size_t count)
{
	const unsigned char *bytes = (const unsigned char *)take(dump, count);
	uint64_t number = 0;

	while (count-- > 0)
		number = number << 8 | bytes[count];
	return number;
}

static void dump_value(struct dump *dump);

static void dump_long(struct dump *dump)
{
	uint32_t ndigits = (uint32_t)take_number(dump, 4), i;
	uint64_t number = 0;

	for (i = 0; i < ndigits; i++)
		number |= take_number(dump, 2) << (15 * i);
	fprintf(dump->out, "%lluL", (unsigned long long)number);
}

static void dump_float(struct dump *dump)
{
	const uint64_t bits = take_number(dump, 8);
	double number;

	memcpy(&number, &bits, sizeof(number));
	fprintf(dump->out, "%.9f", number);
}

static void dump_text(struct dump *dump)
{
	const size_t length = take_number(dump, 4);

	fprintf(dump->out, "\"%.*s\"", (int)length, take(dump, length));
}

static void dump_tuple(struct dump *dump)
{
	uint64_t count = take_number(dump, 4);

	fputc('(', dump->out);
	while (count-- > 0) {
		dump_value(dump);
		if (count > 0)
			fputs(", ", dump->out);
	}
	fputc(')', dump->out);
}

static void dump_dictionary(struct dump *dump)
{
	fputc('{', dump->out);
	dump->depth++;
	while (dump->at < dump->size && dump->bytes[dump->at] != '0') {
		fprintf(dump->out, "\n%*s", 4 * dump->depth, "");
		dump_value(dump);
		fputs(": ", dump->out);
		dump_value(dump);
	}
	dump->depth--;
	take(dump, 1);
	fputc('}', dump->out);
}

static void dump_value(struct dump *dump)
{
	switch (*take(dump, 1)) {
	case 'i':
		fprintf(dump->out, "%d", (int)(int32_t)take_number(dump, 4));
		return;
	case 'l':
		dump_long(dump);
		return;
	case 'g':
		dump_float(dump);
		return;
	case 't':
		dump_text(dump);
		return;
	case '(':
		dump_tuple(dump);
		return;
	case '{':
		dump_dictionary(dump);
		return;
	default:
		stop(dump, "no such type");
	}
}

char *marshal_dump(const char *bytes, size_t size)
{
	struct dump dump = { .bytes = bytes, .size = size };
	char *text = NULL;
	size_t length = 0;

	dump.out = open_memstream(&text, &length);
	if (!dump.out)
		stop(&dump, "no memory");
	dump_value(&dump);
	if (dump.at != size)
		stop(&dump, "something stands behind the value");
	fputc('\n', dump.out);
	fclose(dump.out);
	return text;
}
