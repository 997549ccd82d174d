/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads profiles from text. For tests only: any mistake in the text ends the program. */
#include "support/golden.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"

struct parser {
	struct profile *profile;
	const char *name;
	unsigned line;
};

static _Noreturn void stop(const struct parser *parser, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", parser->name, parser->line, what);
	abort();
}

static void check(const struct parser *parser, int code)
{
	if (code)
		stop(parser, strerror(-code));
}

static uint64_t number(const struct parser *parser, const char *text)
{
	char *end;
	const unsigned long long value = text ? strtoull(text, &end, 10) : 0;

	if (!text || end == text || *end)
		stop(parser, "a number is expected");
	return value;
}

/* Undo \xNN and \{N TEXT}. The result is the caller's to free. */
static char *unescape(const struct parser *parser, const char *text)
{
	struct strbuf buf;
	unsigned long count;
	char *end;

	strbuf_init(&buf);
	strbuf_add(&buf, "");
	while (*text) {
		if (text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2])) {
			const char digits[] = { text[2], text[3], '\0' };

			strbuf_add_char(&buf, (char)strtoul(digits, NULL, 16));
			text += 4;
		} else if (text[0] == '\\' && text[1] == '{') {
			count = strtoul(text + 2, &end, 10);
			text = strchr(end, '}');
			if (*end != ' ' || !text)
				stop(parser, "\\{N TEXT} is expected");
			while (count-- > 0)
				strbuf_add_bytes(&buf, end + 1, (size_t)(text - end - 1));
			text++;
		} else {
			strbuf_add_char(&buf, *text++);
		}
	}
	check(parser, strbuf_error(&buf));
	return buf.text;
}

static void parse_process(const struct parser *parser, char *rest)
{
	const char *pid = strsep(&rest, " "), *comm = strsep(&rest, " ");
	struct profile_process process = {
		.start_time = 1,
		.count = 1,
		.command = "",
		.container = "",
		.container_id = "",
		.unit = "",
		.kernel_ns = PROFILE_TIME_UNKNOWN,
	};
	uint32_t index;
	char *name;

	if (!comm)
		stop(parser, "process PID COMM [PYTHON] is expected");
	name = unescape(parser, comm);
	process.pid = (int32_t)number(parser, pid);
	process.comm = name;
	process.python = rest ? rest : "";
	check(parser, profile_add_process(parser->profile, &process, &index));
	free(name);
}

static uint32_t find_process(const struct parser *parser, uint64_t pid)
{
	size_t i;

	for (i = 0; i < profile_nprocesses(parser->profile); i++) {
		if ((uint64_t)profile_process(parser->profile, (uint32_t)i)->pid == pid)
			return (uint32_t)i;
	}
	stop(parser, "no such process");
}

static void parse_of(const struct parser *parser, char *rest)
{
	const uint64_t pid = number(parser, strsep(&rest, " "));
	const char *key = strsep(&rest, " ");
	char *value = rest ? unescape(parser, rest) : NULL;
	uint32_t index = find_process(parser, pid);
	struct profile_process process = *profile_process(parser->profile, index);

	if (!value)
		stop(parser, "of PID KEY VALUE is expected");
	if (strcmp(key, "comm") == 0)
		process.comm = value;
	else if (strcmp(key, "python") == 0)
		process.python = value;
	else if (strcmp(key, "command") == 0)
		process.command = value;
	else if (strcmp(key, "container") == 0)
		process.container = value;
	else if (strcmp(key, "container_id") == 0)
		process.container_id = value;
	else if (strcmp(key, "inside") == 0)
		process.inside_pid = (int32_t)number(parser, value);
	else if (strcmp(key, "count") == 0)
		process.count = (uint32_t)number(parser, value);
	else if (strcmp(key, "kernel") == 0)
		process.kernel_ns = number(parser, value);
	else
		stop(parser, "no such key of a process");
	check(parser, profile_add_process(parser->profile, &process, &index));
	free(value);
}

static void parse_thread(const struct parser *parser, char *rest)
{
	const char *tid = strsep(&rest, " ");
	char *name = unescape(parser, rest ? rest : "");
	const struct profile_thread thread = {
		.tid = (int32_t)number(parser, tid),
		.name = name,
	};
	uint32_t index;

	check(parser, profile_add_thread(parser->profile, &thread, &index));
	free(name);
}

/* NULL: the stack tells no thread. */
static uint32_t find_thread(const struct parser *parser, const char *tid)
{
	size_t i;

	if (!tid)
		return PROFILE_NO_ID;
	for (i = 0; i < profile_nthreads(parser->profile); i++) {
		if ((uint64_t)profile_thread(parser->profile, (uint32_t)i)->tid ==
		    number(parser, tid))
			return (uint32_t)i;
	}
	stop(parser, "no such thread");
}

static struct symbol special_symbol(const struct parser *parser, char *text)
{
	static const char unreadable[] = "[unreadable: ";
	struct symbol symbol = { .function = "", .file = "" };

	if (strcmp(text, "[unnamed]") == 0)
		symbol.kind = SYMBOL_UNNAMED;
	else if (strcmp(text, "[native]") == 0)
		symbol.kind = SYMBOL_NATIVE;
	else if (strcmp(text, "[not yet recognised]") == 0)
		symbol.kind = SYMBOL_NOT_RECOGNISED;
	else if (strcmp(text, "[truncated]") == 0)
		symbol.kind = SYMBOL_TRUNCATED;
	else if (strncmp(text, unreadable, strlen(unreadable)) == 0)
		symbol.kind = SYMBOL_UNREADABLE;
	else
		stop(parser, "no such special symbol");
	if (symbol.kind == SYMBOL_UNREADABLE) {
		text[strlen(text) - 1] = '\0';
		symbol.function = text + strlen(unreadable);
	}
	return symbol;
}

/* Push one FRAME, as often as it says, on the stack. */
static uint32_t parse_frame(const struct parser *parser, char *text, uint32_t stack)
{
	char *function = NULL, *file = NULL, *times = strstr(text, " *");
	uint64_t count = 1;
	struct symbol symbol;
	uint32_t id;

	if (times) {
		*times = '\0';
		count = number(parser, times + strlen(" *"));
	}
	if (text[0] == '[') {
		symbol = special_symbol(parser, text);
	} else {
		function = unescape(parser, strsep(&text, "|"));
		file = unescape(parser, text ? strsep(&text, "|") : "");
		symbol = (struct symbol){ .function = function, .file = file };
		symbol.line = (int32_t)number(parser, strsep(&text, "|"));
		symbol.first_line = (int32_t)number(parser, text);
	}
	check(parser, profile_add_symbol(parser->profile, &symbol, &id));
	while (count-- > 0)
		check(parser, profile_add_stack(parser->profile, stack, id, &stack));
	free(function);
	free(file);
	return stack;
}

static void parse_stack(const struct parser *parser, char *rest)
{
	const struct account *account = profile_account_const(parser->profile);
	const uint64_t rate = account->rate_hz ? account->rate_hz : 1000;
	char *ids = strsep(&rest, " ");
	const uint32_t process = find_process(parser, number(parser, strsep(&ids, "/")));
	const uint32_t thread = find_thread(parser, ids);
	char *weight = strsep(&rest, " ");
	const char *samples = weight ? strsep(&weight, "@") : NULL;
	const uint64_t count = number(parser, samples);
	uint32_t stack = PROFILE_STACK_EMPTY;

	while (rest)
		stack = parse_frame(parser, strsep(&rest, ";"), stack);
	check(parser,
	      profile_add_weight(parser->profile, process, thread, stack, count,
				 weight ? number(parser, weight) : count * (1000000000 / rate)));
}

#define FIELD(name)                                                                        \
	{                                                                                  \
#name, offsetof(struct account, name), sizeof(((struct account *)0)->name) \
	}

static const struct field {
	const char *name;
	size_t offset, size;
} fields[] = {
	FIELD(rate_hz),
	FIELD(elapsed_ns),
	FIELD(ncpus),
	FIELD(offline_ns),
	FIELD(ticks_missed),
	FIELD(ticks_missed_idle),
	FIELD(ticks_not_ours),
	FIELD(ticks_idle),
	FIELD(samples_lost),
	FIELD(complete),
	FIELD(truncated),
	FIELD(native),
	FIELD(not_recognised),
	FIELD(repaired),
	FIELD(in_jit),
	FIELD(unnamed),
	FIELD(lines_unknown),
	FIELD(malformed),
	FIELD(whole_host),
	FIELD(per_thread),
	FIELD(processes),
	FIELD(processes_refused),
	FIELD(processes_gone),
	FIELD(processes_blocked),
	FIELD(processes_folded),
	FIELD(runs_unfinished),
	FIELD(readers_replaced),
	FIELD(kernel_known),
	FIELD(kernel_ns),
	FIELD(sampled_ns),
	FIELD(bpf_known),
	FIELD(bpf_ns),
	FIELD(own_cpu_ns),
	FIELD(own_memory_bytes),
	FIELD(start_ns),
};

static void parse_account(const struct parser *parser, char *rest)
{
	static const char unreadable[] = "unreadable.";
	struct account *account = profile_account(parser->profile);
	const char *key = strsep(&rest, " ");
	const uint64_t value = number(parser, rest);
	size_t i;

	if (strncmp(key, unreadable, strlen(unreadable)) == 0) {
		i = number(parser, key + strlen(unreadable));
		if (i >= ACCOUNT_REASON_MAX)
			stop(parser, "no such reason");
		account->unreadable[i] = value;
		return;
	}
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, key) == 0) {
			/* Little-endian, as include/abi.h demands. */
			memcpy((char *)account + fields[i].offset, &value, fields[i].size);
			return;
		}
	}
	stop(parser, "no such field of the account");
}

static void parse_line(const struct parser *parser, char *line)
{
	const char *word;

	if (line[0] == '\0' || line[0] == '#')
		return;
	word = strsep(&line, " ");
	if (!line)
		stop(parser, "nothing follows the first word");
	if (strcmp(word, "process") == 0)
		parse_process(parser, line);
	else if (strcmp(word, "of") == 0)
		parse_of(parser, line);
	else if (strcmp(word, "thread") == 0)
		parse_thread(parser, line);
	else if (strcmp(word, "stack") == 0)
		parse_stack(parser, line);
	else if (strcmp(word, "account") == 0)
		parse_account(parser, line);
	else if (strcmp(word, "unit") == 0 && strcmp(line, "count") == 0)
		profile_set_unit(parser->profile, PROFILE_UNIT_COUNT);
	else
		stop(parser, "process, of, thread, stack, unit or account is expected");
}

void golden_add(struct profile *profile, const char *text, const char *name)
{
	struct parser parser = { .profile = profile, .name = name };
	char *copy = strdup(text), *rest = copy;

	if (!parser.profile || !copy)
		stop(&parser, "out of memory");
	while (rest) {
		parser.line++;
		parse_line(&parser, strsep(&rest, "\n"));
	}
	free(copy);
}

struct profile *golden_parse(const char *text, const char *name)
{
	struct profile *profile = profile_new();

	golden_add(profile, text, name);
	return profile;
}

char *golden_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	if (!file)
		return NULL;
	length = getdelim(&text, &size, '\0', file);
	fclose(file);
	if (length < 0) {
		free(text);
		return strdup("");
	}
	return text;
}

struct profile *golden_load(const char *path)
{
	char *text = golden_read(path);
	struct profile *profile;

	if (!text) {
		perror(path);
		abort();
	}
	profile = golden_parse(text, path);
	free(text);
	return profile;
}
