/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libedit behind two functions (its licence, unlike readline's, goes with GPL 2). Knows the lists of words, not what
 * commands do.
 */
#include "browse_lines.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <editline/readline.h>

#include "base/strbuf.h"
#include "browse_commands.h"

/* libedit asks for one word after the other and gives no room to remember which list and where. */
static enum browse_words offered_words;
static size_t offered;

/* The next word that begins so, for libedit to free; state is 0 for the first one. */
static char *next_word(const char *beginning, int state)
{
	const char *word;

	if (state == 0)
		offered = 0;
	while ((word = browse_word(offered_words, offered))) {
		offered++;
		if (strncmp(word, beginning, strlen(beginning)) == 0)
			return strdup(word);
	}
	return NULL;
}

/* The next file whose name begins so. One that would move on the terminal is not offered: libedit prints what it lists. */
static char *next_file(const char *beginning, int state)
{
	char *name;

	/* libedit would find files of a home folder, but "~" is no folder that can be opened. */
	if (beginning[0] == '~')
		return NULL;
	while ((name = rl_filename_completion_function(beginning, state))) {
		struct strbuf harmless;
		bool same;

		strbuf_init(&harmless);
		strbuf_add_sanitized(&harmless, name, strlen(name));
		same = strcmp(strbuf_text(&harmless), name) == 0;
		strbuf_done(&harmless);
		if (same)
			return name;
		free(name);
		state = 1;
	}
	return NULL;
}

static char **complete(const char *word, int start, int end)
{
	(void)end;
	offered_words = browse_words_behind(rl_line_buffer, (size_t)start);
	/* Else it would offer files where nothing begins so. */
	rl_attempted_completion_over = 1;
	return rl_completion_matches(word,
				     offered_words == BROWSE_WORDS_FILES ? next_file : next_word);
}

void browse_lines_init(struct browse_lines *lines)
{
	*lines = (struct browse_lines){
		.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	};
	if (!lines->interactive)
		return;
	/* For characters of several bytes in what is typed. */
	setlocale(LC_CTYPE, "");
	rl_readline_name = "pybpfprof";
	using_history();
	rl_attempted_completion_function = complete;
}

void browse_lines_done(struct browse_lines *lines)
{
	free(lines->line);
	if (lines->interactive)
		clear_history();
}

static const char *edit_line(struct browse_lines *lines, const char *prompt)
{
	struct strbuf shown;

	strbuf_init(&shown);
	strbuf_add_sanitized(&shown, prompt, strlen(prompt));
	strbuf_add(&shown, "% ");
	free(lines->line);
	lines->line = readline(strbuf_text(&shown));
	strbuf_done(&shown);
	if (lines->line && lines->line[0])
		add_history(lines->line);
	return lines->line;
}

const char *browse_lines_next(struct browse_lines *lines, const char *prompt)
{
	if (lines->interactive)
		return edit_line(lines, prompt);
	return getline(&lines->line, &lines->capacity, stdin) < 0 ? NULL : lines->line;
}
