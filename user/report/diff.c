/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of the formats that have a diff, and what they have in common: matching, measuring, the first lines. */
#include "report/diff.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/diff_formats.h"
#include "report/diff_match.h"
#include "report/diff_sides.h"
#include "report/diff_stacks.h"
#include "report/empty.h"

/* Flat, a blank line, and the tree. */
static int write_text(const struct diff *diff)
{
	int code = diff_flat_write(diff);

	if (code)
		return code;
	fputc('\n', diff->stream);
	return diff_tree_write(diff);
}

static const struct form {
	const char *name; /* of the report format whose diff it is */
	bool for_people; /* begins with what was compared; equal and empty profiles are a sentence */
	int (*write)(const struct diff *diff);
} forms[] = {
	{ "text", true, write_text },
	{ "flat", true, diff_flat_write },
	{ "tree", true, diff_tree_write },
	{ "folded", false, diff_folded_write },
};

#define NFORMS (sizeof(forms) / sizeof(forms[0]))

static const struct form *find_form(const char *name)
{
	size_t i;

	for (i = 0; i < NFORMS; i++) {
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	}
	return NULL;
}

static int refuse(const char *name, struct err *err)
{
	char list[128];
	size_t length = 0, i;

	for (i = 0; i < NFORMS; i++)
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s",
					   i > 0 ? ", " : "", forms[i].name);
	err_set(err, -EINVAL, "the format \"%s\" has no diff", name);
	return err_hint(err, "formats of a diff: %s", list);
}

/* Sides without samples, a line each; false when both have some. */
static bool add_empty(struct strbuf *buf, const struct diff_sides *sides)
{
	bool any = false;
	int side;

	for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
		if (sides->all.samples[side] > 0)
			continue;
		strbuf_add(buf, side == DIFF_BASE ? "base has " : "new has ");
		empty_add_sentence(buf, sides->profiles[side]);
		any = true;
	}
	return any;
}

/* The first lines, and the format where there is something to compare. */
static int write_for_people(const struct diff *diff, const struct form *form)
{
	const bool frames = diff->options->by < REPORT_BY_THREAD;
	bool done;
	struct strbuf head;
	int code;

	strbuf_init(&head);
	diff_sides_add_head(diff->sides, &head);
	done = add_empty(&head, diff->sides);
	if (!done && frames && diff_stacks_are_equal(diff->stacks, diff->sides)) {
		strbuf_add(&head, "no differences\n");
		done = true;
	}
	code = strbuf_error(&head);
	if (!code)
		fwrite(head.text, 1, head.length, diff->stream);
	strbuf_done(&head);
	return code || done ? code : form->write(diff);
}

int diff_write(const struct profile *base, const struct profile *fresh,
	       const struct report_format *format, const struct report_options *options,
	       FILE *stream, struct err *err)
{
	const struct form *form = find_form(format->name);
	struct diff_sides sides;
	struct diff_stacks stacks = { 0 };
	const struct diff diff = {
		.sides = &sides,
		.stacks = &stacks,
		.options = options,
		.stream = stream,
	};
	struct profile *renamed = NULL;
	int code;

	if (!form)
		return refuse(format->name, err);
	code = diff_sides_init(&sides, base, fresh, options, err);
	if (code)
		return code;
	code = diff_match(base, fresh, &renamed, &sides.nmoved);
	sides.matched[DIFF_BASE] = renamed;
	sides.matched[DIFF_FRESH] = fresh;
	if (!code)
		code = diff_stacks_init(&stacks, &sides);
	if (!code)
		code = form->for_people ? write_for_people(&diff, form) : form->write(&diff);
	diff_stacks_done(&stacks);
	profile_free(renamed);
	return code ? err_set(err, code, "cannot write the diff: %s", strerror(-code)) : 0;
}
