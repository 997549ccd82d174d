/* SPDX-License-Identifier: GPL-2.0-only */
/* Turns locations into symbols and stacks. Knows how our own files write special symbols; anything else is a function. */
#include "store/frames.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "profile/profile.h"
#include "store/escape.h"
#include "store/special.h"
#include "store/store.h"
#include "store/tables.h"
#include "store/unpacked.h"

/* A new stack, a node and its place in Judy's map, as measured; and a list of locations that is remembered. */
#define STACK_COST 44
#define LIST_COST  24

struct frames {
	struct tables *tables;
	struct profile *profile;
	uint32_t *symbols; /* of each line; behind them of each location without lines */
	uint32_t
		*nameless; /* of each location: where in `symbols` its own is, if it has no lines */
	uint32_t unnamed; /* symbol of a sample without any location */
	struct strbuf name, file;
	/* The stack before: its locations from the root on, and the stack up to each. */
	uint64_t *path;
	uint32_t *stacks;
	size_t path_length, path_capacity, stacks_capacity;
	struct word_map lists; /* (length, checksum) of locations -> a stack that has such */
};

/* A text of the file as it was before it was saved. */
static const char *text_of(const struct frames *frames, int64_t number, struct strbuf *buf)
{
	const char *text = tables_text(frames->tables, number);

	if (!frames->tables->is_ours || !strstr(text, "\\x"))
		return text;
	strbuf_clear(buf);
	unescape_text(buf, text);
	return strbuf_text(buf);
}

/* Our special symbols have a system name and no file; our functions have no system name. */
static bool is_special(const struct frames *frames, const struct table_function *function)
{
	return frames->tables->is_ours && function->system_name && !function->file;
}

/* What has no function is named by its address and file. */
static int add_address(struct frames *frames, const struct table_location *location,
		       uint32_t *ret_symbol)
{
	char name[32];
	struct symbol symbol = { .kind = SYMBOL_FUNCTION, .function = name, .file = "" };

	snprintf(name, sizeof(name), "0x%" PRIx64, location->address);
	if (location->mapping)
		symbol.file = text_of(frames, frames->tables->mappings[location->mapping - 1].file,
				      &frames->file);
	return profile_add_symbol(frames->profile, &symbol, ret_symbol);
}

static int add_line(struct frames *frames, const struct table_location *location,
		    const struct table_line *line, uint32_t *ret_symbol)
{
	const struct table_function *function;
	struct symbol symbol = { .kind = SYMBOL_FUNCTION };

	if (!line->function)
		return add_address(frames, location, ret_symbol);
	function = &frames->tables->functions[line->function - 1];
	symbol.function = text_of(frames, function->name, &frames->name);
	if (is_special(frames, function) && special_read(symbol.function, &frames->file, &symbol))
		return profile_add_symbol(frames->profile, &symbol, ret_symbol);
	if (!*symbol.function && !frames->tables->is_ours)
		symbol.function = text_of(frames, function->system_name, &frames->name);
	symbol.file = text_of(frames, function->file, &frames->file);
	symbol.line = line->line;
	symbol.first_line = function->first_line;
	return profile_add_symbol(frames->profile, &symbol, ret_symbol);
}

/* What it takes to hash the texts of a location's line, or of its address, where `line` is NULL or has no function. */
static int take_work(const struct frames *frames, const struct table_location *location,
		     const struct table_line *line, struct err *err)
{
	struct tables *tables = frames->tables;
	int64_t texts[3] = { 0 };
	uint64_t bytes = 0;
	size_t i;

	if (line && line->function) {
		const struct table_function *function = &tables->functions[line->function - 1];

		texts[0] = function->name;
		texts[1] = function->system_name;
		texts[2] = function->file;
	} else if (location->mapping) {
		texts[0] = tables->mappings[location->mapping - 1].file;
	}
	for (i = 0; i < 3; i++)
		bytes += strlen(tables_text(tables, texts[i]));
	return tables_work(tables, 1, bytes, err);
}

/* Like all others here it gives a reason only where it is not the system's: -EFBIG. */
static int add_symbols(struct frames *frames, struct err *err)
{
	const struct tables *tables = frames->tables;
	const struct symbol unnamed = { .kind = SYMBOL_UNNAMED, .function = "", .file = "" };
	uint32_t next = (uint32_t)tables->nlines;
	size_t i, line;
	int code = profile_add_symbol(frames->profile, &unnamed, &frames->unnamed);

	for (i = 0; i < tables->nlocations && !code; i++) {
		const struct table_location *location = &tables->locations[i];

		if (location->nlines == 0) {
			frames->nameless[i] = next;
			code = take_work(frames, location, NULL, err);
			if (!code)
				code = add_address(frames, location, &frames->symbols[next++]);
		}
		for (line = 0; line < location->nlines && !code; line++) {
			const uint32_t at = location->first_line + (uint32_t)line;

			code = take_work(frames, location, &tables->lines[at], err);
			if (!code)
				code = add_line(frames, location, &tables->lines[at],
						&frames->symbols[at]);
		}
	}
	if (!code)
		code = strbuf_error(&frames->name);
	return code ? code : strbuf_error(&frames->file);
}

int frames_new(struct tables *tables, struct profile *profile, struct frames **ret_frames,
	       struct err *err)
{
	struct frames *frames = calloc(1, sizeof(*frames));
	int code = -ENOMEM;

	if (!frames)
		goto out;
	frames->tables = tables;
	frames->profile = profile;
	strbuf_init(&frames->name);
	strbuf_init(&frames->file);
	frames->symbols = calloc(tables->nlines + tables->nlocations + 1, sizeof(*frames->symbols));
	frames->nameless = calloc(tables->nlocations + 1, sizeof(*frames->nameless));
	if (frames->symbols && frames->nameless)
		code = add_symbols(frames, err);
out:
	if (code) {
		frames_free(frames);
		return code == -EFBIG ? code
				      : err_set(err, code, "cannot read %s: %s",
						unpacked_name(tables->unpacked), strerror(-code));
	}
	*ret_frames = frames;
	return 0;
}

void frames_free(struct frames *frames)
{
	if (!frames)
		return;
	strbuf_done(&frames->name);
	strbuf_done(&frames->file);
	free(frames->symbols);
	free(frames->nameless);
	word_map_done(&frames->lists);
	free(frames->path);
	free(frames->stacks);
	free(frames);
}

/* The symbols of a location, leaf first; one where it has no lines. */
static const uint32_t *symbols_of(const struct frames *frames,
				  const struct table_location *location)
{
	return frames->symbols + (location->nlines
					  ? location->first_line
					  : frames->nameless[location - frames->tables->locations]);
}

/* Call one symbol from the stack. */
static int push(struct frames *frames, uint32_t symbol, uint32_t *stack, struct err *err)
{
	const size_t before = profile_nstacks(frames->profile);
	int code;

	code = tables_work(frames->tables, 1, 0, err);
	if (code)
		return code;
	code = profile_add_stack(frames->profile, *stack, symbol, stack);
	if (code)
		return err_set(err, code, "cannot read %s: %s",
			       unpacked_name(frames->tables->unpacked), strerror(-code));
	return profile_nstacks(frames->profile) > before
		       ? tables_take(frames->tables, STACK_COST, err)
		       : 0;
}

/* Call all of a location from the stack: what is inlined comes last. */
static int push_location(struct frames *frames, uint64_t id, uint64_t offset, uint32_t *stack,
			 struct err *err)
{
	const struct table_location *location = tables_location(frames->tables, id);
	uint32_t line;
	int code = 0;

	if (!location)
		return tables_error(frames->tables, offset, err,
				    "a sample refers to location %" PRIu64 ", which is not there",
				    id);
	if (location->nlines == 0)
		return push(frames, *symbols_of(frames, location), stack, err);
	for (line = location->nlines; line > 0 && !code; line--)
		code = push(frames, frames->symbols[location->first_line + line - 1], stack, err);
	return code;
}

/* Is this stack what the locations would make? And how many frames had to be looked at. */
static bool is_stack_of(const struct frames *frames, uint32_t stack, const uint64_t *locations,
			size_t count, uint64_t *ret_work)
{
	size_t i;
	uint32_t line;

	for (i = 0; i < count; i++) {
		const struct table_location *location =
			tables_location(frames->tables, locations[i]);
		const uint32_t *symbols = location ? symbols_of(frames, location) : NULL;

		if (!location)
			return false;
		for (line = 0; line < (location->nlines ? location->nlines : 1); line++) {
			if (profile_stack_symbol(frames->profile, stack) != symbols[line])
				return false;
			stack = profile_stack_caller(frames->profile, stack);
			++*ret_work;
		}
	}
	return stack == PROFILE_STACK_EMPTY;
}

/* Are these the locations of the stack before? */
static bool is_path(const struct frames *frames, const uint64_t *locations, size_t count)
{
	size_t i = 0;

	if (frames->path_length != count)
		return false;
	while (i < count && frames->path[count - 1 - i] == locations[i])
		i++;
	return i == count;
}

/* Reports walk along stacks; what is deeper than any interpreter allows is meant to harm them. */
static int check_depth(struct frames *frames, const uint64_t *locations, size_t count,
		       uint64_t offset, struct err *err)
{
	size_t depth = 0, i;

	for (i = 0; i < count; i++) {
		const struct table_location *location =
			tables_location(frames->tables, locations[i]);

		depth += location && location->nlines ? location->nlines : 1;
	}
	/* Whoever writes the stack writes all of it, while inlined frames take no room in the file. */
	if (depth <= STORE_DEPTH_MAX)
		return tables_work(frames->tables, depth - count, 0, err);
	return tables_error(frames->tables, offset, err, "a stack is %zu deep", depth);
}

/* Call the locations from the root on, as far as the stack before did not. */
static int push_locations(struct frames *frames, const uint64_t *locations, size_t count,
			  uint64_t offset, uint32_t *ret_stack, struct err *err)
{
	uint32_t stack = PROFILE_STACK_EMPTY;
	size_t i = 0;
	int code = 0;

	if (array_reserve(&frames->path, &frames->path_capacity, count, sizeof(*frames->path)) ||
	    array_reserve(&frames->stacks, &frames->stacks_capacity, count,
			  sizeof(*frames->stacks)))
		return err_set(err, -ENOMEM, "cannot read %s: %s",
			       unpacked_name(frames->tables->unpacked), strerror(ENOMEM));
	while (i < count && i < frames->path_length && frames->path[i] == locations[count - 1 - i])
		i++;
	if (i > 0)
		stack = frames->stacks[i - 1];
	for (; i < count && !code; i++) {
		code = push_location(frames, locations[count - 1 - i], offset, &stack, err);
		frames->path[i] = locations[count - 1 - i];
		frames->stacks[i] = stack;
	}
	if (code)
		return code;
	frames->path_length = count;
	*ret_stack = stack;
	return 0;
}

int frames_stack(struct frames *frames, const uint64_t *locations, size_t count, uint64_t offset,
		 uint32_t *ret_stack, struct err *err)
{
	uint32_t stack = PROFILE_STACK_EMPTY;
	uint64_t *known, work = 0;
	int code;

	if (count == 0) {
		code = push(frames, frames->unnamed, &stack, err);
		if (!code)
			*ret_stack = stack;
		return code;
	}
	if (is_path(frames, locations, count)) {
		*ret_stack = frames->stacks[count - 1];
		return 0;
	}
	known = word_map_add(&frames->lists,
			     count << 32 | crc32(0, (const Bytef *)locations,
						 (unsigned)(count * sizeof(*locations))));
	if (!known)
		return err_set(err, -ENOMEM, "cannot read %s: %s",
			       unpacked_name(frames->tables->unpacked), strerror(ENOMEM));
	if (*known && is_stack_of(frames, (uint32_t)*known, locations, count, &work)) {
		*ret_stack = (uint32_t)*known;
		return tables_work(frames->tables, work, 0, err);
	}
	code = tables_work(frames->tables, work, 0, err);
	if (!code)
		code = tables_take(frames->tables, *known ? 0 : LIST_COST, err);
	if (!code)
		code = check_depth(frames, locations, count, offset, err);
	if (!code)
		code = push_locations(frames, locations, count, offset, ret_stack, err);
	if (!code)
		*known = *ret_stack;
	return code;
}
