/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads command lines, which any process may write as it likes: a wrong guess gives a wrong word in a label and nothing
 * worse. Knows nothing of how labels look.
 */
#include "report/command.h"

#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"

/* Bytes of a command name that the kernel keeps (TASK_COMM_LEN without its zero). */
#define COMM_BYTES 15

struct word {
	const char *text;
	size_t length; /* 0: there are no more */
};

static struct word next_word(const char **rest)
{
	struct word word;

	*rest += strspn(*rest, " ");
	word.text = *rest;
	word.length = strcspn(*rest, " ");
	*rest += word.length;
	return word;
}

/* The last part of a path. */
static struct word last_part(struct word word)
{
	size_t at = word.length;

	while (at > 0 && word.text[at - 1] != '/')
		at--;
	if (at == word.length)
		return word;
	return (struct word){ word.text + at, word.length - at };
}

static bool starts_with(struct word word, const char *start)
{
	return word.length >= strlen(start) && memcmp(word.text, start, strlen(start)) == 0;
}

static void add_word(struct strbuf *buf, struct word word)
{
	if (word.length == 0)
		return;
	strbuf_add_char(buf, ' ');
	strbuf_add_bytes(buf, word.text, word.length);
}

/*
 * Does this word of one-letter options of Python end them, with -m MODULE or -c CODE? That is added. What options
 * with an argument of its own (CPython Python/getopt.c, SHORT_OPTS) take from the next word is skipped.
 */
static bool add_final_option(struct strbuf *buf, struct word options, const char **rest)
{
	size_t i;

	if (starts_with(options, "--check-hash-based-pycs")) {
		next_word(rest);
		return false;
	}
	for (i = 1; i < options.length && !starts_with(options, "--"); i++) {
		const struct word behind = { options.text + i + 1, options.length - i - 1 };

		switch (options.text[i]) {
		case 'c':
			strbuf_add(buf, " -c");
			return true;
		case 'm':
			strbuf_add(buf, " -m");
			add_word(buf, behind.length > 0 ? behind : next_word(rest));
			return true;
		case 'Q':
		case 'W':
		case 'X':
			if (behind.length == 0)
				next_word(rest);
			return false;
		default:
			break;
		}
	}
	return false;
}

void command_add_name(struct strbuf *buf, const struct profile_process *process)
{
	const char *rest = process->command;
	const struct word program = last_part(next_word(&rest));
	const bool is_python = starts_with(program, "python") || starts_with(program, "pypy");
	struct word word;

	if (program.length == 0) {
		strbuf_add(buf, process->comm);
		return;
	}
	strbuf_add_bytes(buf, program.text, program.length);
	while ((word = next_word(&rest)).length > 0) {
		if (word.text[0] != '-' || word.length == 1) {
			add_word(buf, word);
			return;
		}
		if (is_python && add_final_option(buf, word, &rest))
			return;
	}
}

const char *command_arguments(const struct profile_process *process)
{
	const char *rest = process->command;
	struct word program = last_part(next_word(&rest));

	if (program.length > COMM_BYTES)
		program.length = COMM_BYTES;
	if (program.length != strlen(process->comm) || !starts_with(program, process->comm))
		rest = process->command;
	return rest + strspn(rest, " ");
}
