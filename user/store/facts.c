/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts of runs and processes as JSON, there and back by the same rows. Zeros and empty texts are not written. What a
 * newer version writes besides is passed over.
 */
#include "store/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "store/escape.h"

#define RUN_HEAD     "pybpfprof run "
#define PROCESS_HEAD "pybpfprof process "

enum value_kind { VALUE_TEXT, VALUE_BOOL, VALUE_NUMBER };

/* A key of JSON, and the field of a struct that has its value. Numbers are unsigned, of `size` bytes. */
struct row {
	const char *key;
	enum value_kind kind;
	size_t offset, size;
};

#define FIELD(type, kind, field)                                    \
	{                                                           \
#field, VALUE_##kind, offsetof(struct type, field), \
			sizeof(((struct type *)0)->field)           \
	}

#define UNREADABLE(reason, key)                                                                   \
	{                                                                                         \
		key, VALUE_NUMBER, offsetof(struct account, unreadable[reason]), sizeof(uint64_t) \
	}

static const struct row run_rows[] = {
	FIELD(profile_run, TEXT, tool),
	FIELD(profile_run, TEXT, machine),
	FIELD(profile_run, TEXT, system),
	FIELD(profile_run, NUMBER, began_unix_ns),
	{ 0 },
};

static const struct row process_rows[] = {
	FIELD(profile_process, TEXT, comm),
	FIELD(profile_process, TEXT, command),
	FIELD(profile_process, TEXT, python),
	FIELD(profile_process, TEXT, container),
	FIELD(profile_process, TEXT, container_id),
	FIELD(profile_process, TEXT, unit),
	FIELD(profile_process, TEXT, executable),
	FIELD(profile_process, TEXT, machine),
	FIELD(profile_process, NUMBER, inside_pid),
	FIELD(profile_process, NUMBER, start_time),
	FIELD(profile_process, NUMBER, program),
	FIELD(profile_process, NUMBER, count),
	{ 0 },
};

static const struct row account_rows[] = {
	FIELD(account, NUMBER, rate_hz),
	FIELD(account, NUMBER, elapsed_ns),
	FIELD(account, NUMBER, ncpus),
	FIELD(account, NUMBER, offline_ns),
	FIELD(account, NUMBER, ticks_missed),
	FIELD(account, NUMBER, ticks_not_ours),
	FIELD(account, NUMBER, ticks_idle),
	FIELD(account, NUMBER, ticks_missed_idle),
	FIELD(account, NUMBER, samples_lost),
	FIELD(account, NUMBER, complete),
	FIELD(account, NUMBER, truncated),
	FIELD(account, NUMBER, native),
	FIELD(account, NUMBER, not_recognised),
	UNREADABLE(ACCOUNT_NOT_RESIDENT, "unreadable_not_resident"),
	UNREADABLE(ACCOUNT_NOT_CODE, "unreadable_not_code"),
	UNREADABLE(ACCOUNT_CYCLE, "unreadable_cycle"),
	UNREADABLE(ACCOUNT_NO_ROOT, "unreadable_no_root"),
	UNREADABLE(ACCOUNT_HALF_SWITCHED, "unreadable_half_switched"),
	UNREADABLE(ACCOUNT_TOO_MANY_THREADS, "unreadable_too_many_threads"),
	FIELD(account, NUMBER, repaired),
	FIELD(account, NUMBER, in_jit),
	FIELD(account, NUMBER, unnamed),
	FIELD(account, NUMBER, lines_unknown),
	FIELD(account, NUMBER, malformed),
	FIELD(account, BOOL, whole_host),
	FIELD(account, BOOL, per_thread),
	FIELD(account, NUMBER, processes),
	FIELD(account, NUMBER, processes_refused),
	FIELD(account, NUMBER, processes_gone),
	FIELD(account, NUMBER, processes_blocked),
	FIELD(account, NUMBER, processes_folded),
	FIELD(account, NUMBER, runs_unfinished),
	FIELD(account, NUMBER, readers_replaced),
	FIELD(account, BOOL, kernel_known),
	FIELD(account, NUMBER, kernel_ns),
	FIELD(account, NUMBER, sampled_ns),
	FIELD(account, BOOL, bpf_known),
	FIELD(account, NUMBER, bpf_ns),
	FIELD(account, NUMBER, own_cpu_ns),
	FIELD(account, NUMBER, own_memory_bytes),
	FIELD(account, NUMBER, start_ns),
	{ 0 },
};

/* A field more of one of these wants a row more above. */
_Static_assert(sizeof(struct account) == 320, "every field of an account has its row");
_Static_assert(ACCOUNT_REASON_MAX == 6, "every reason has its row");
_Static_assert(sizeof(struct profile_run) == 32 + sizeof(struct account),
	       "every field of a run has its row");
_Static_assert(sizeof(struct profile_process) == 96, "every field of a process has its row");

static uint64_t get_number(const void *field, size_t size)
{
	uint32_t half;
	uint64_t whole;

	if (size == sizeof(half)) {
		memcpy(&half, field, sizeof(half));
		return half;
	}
	memcpy(&whole, field, sizeof(whole));
	return whole;
}

/* Numbers of 32 bits are cut to what they can hold. */
static void put_number(void *field, size_t size, uint64_t value)
{
	uint32_t half = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;

	if (size == sizeof(half))
		memcpy(field, &half, sizeof(half));
	else
		memcpy(field, &value, sizeof(value));
}

/* A text as JSON, whose texts are UTF-8. */
static json_t *write_text(const char *text)
{
	struct strbuf buf;
	json_t *value = NULL;

	strbuf_init(&buf);
	escape_text(&buf, text);
	if (!strbuf_error(&buf))
		value = json_string(strbuf_text(&buf));
	strbuf_done(&buf);
	return value;
}

/* NULL: there is nothing to write, or no memory, which *failed tells apart. */
static json_t *write_value(const struct row *row, const void *base, bool *failed)
{
	const char *field = (const char *)base + row->offset;
	const char *text;
	json_t *value = NULL;
	uint64_t number;

	switch (row->kind) {
	case VALUE_TEXT:
		memcpy(&text, field, sizeof(text));
		if (!text || !*text)
			return NULL;
		value = write_text(text);
		break;
	case VALUE_BOOL:
		if (!*(const bool *)field)
			return NULL;
		value = json_true();
		break;
	case VALUE_NUMBER:
		number = get_number(field, row->size);
		if (number == 0)
			return NULL;
		/* What JSON readers take for a number ends here. */
		value = json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
		break;
	}
	*failed |= !value;
	return value;
}

static json_t *write_rows(const struct row *rows, const void *base)
{
	json_t *object = json_object();
	bool failed = !object;

	for (; rows->key && !failed; rows++) {
		json_t *value = write_value(rows, base, &failed);

		if (value && json_object_set_new(object, rows->key, value))
			failed = true;
	}
	if (failed) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Add the object to the line and let it go. */
static int finish(struct strbuf *line, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!text)
		return -ENOMEM;
	strbuf_add(line, text);
	free(text);
	return strbuf_error(line);
}

int facts_write_run(struct strbuf *line, uint32_t number, const struct profile_run *run)
{
	json_t *object = write_rows(run_rows, run);

	if (object &&
	    json_object_set_new(object, "account", write_rows(account_rows, &run->account))) {
		json_decref(object);
		object = NULL;
	}
	strbuf_add_format(line, RUN_HEAD "%" PRIu32 " ", number);
	return finish(line, object);
}

uint32_t facts_run_number(const struct profile_run *run)
{
	uLong sum = crc32(0, (const Bytef *)&run->began_unix_ns, sizeof(run->began_unix_ns));

	sum = crc32(sum, (const Bytef *)run->machine, (unsigned)strlen(run->machine));
	return (uint32_t)crc32(sum, (const Bytef *)run->tool, (unsigned)strlen(run->tool));
}

int facts_write_process(struct strbuf *line, uint32_t program,
			const struct profile_process *process)
{
	json_t *object = write_rows(process_rows, process);

	/* Unlike all the others it may be known to be zero. */
	if (object && process->kernel_ns <= INT64_MAX &&
	    json_object_set_new(object, "kernel_ns",
				json_integer((json_int_t)process->kernel_ns))) {
		json_decref(object);
		object = NULL;
	}
	strbuf_add_format(line, PROCESS_HEAD "%" PRId32 " %" PRIu32 " ", process->pid, program);
	return finish(line, object);
}

struct facts_head facts_head(const char *comment)
{
	struct facts_head head = { .kind = FACTS_NONE };
	char beginning[64]; /* sscanf() looks for the end of a text first, however long it is */
	int end = 0;

	snprintf(beginning, sizeof(beginning), "%.*s", (int)sizeof(beginning) - 1, comment);
	if (sscanf(beginning, RUN_HEAD "%10" SCNu32 " %n{", &head.run, &end) == 1 && end > 0)
		head.kind = FACTS_RUN;
	else if (sscanf(beginning, PROCESS_HEAD "%11" SCNd32 " %10" SCNu32 " %n{", &head.pid,
			&head.program, &end) == 2 &&
		 end > 0)
		head.kind = FACTS_PROCESS;
	else
		return (struct facts_head){ .kind = FACTS_NONE };
	head.json = comment + end;
	return head;
}

/* A copy of the text as it was before it was saved, the caller's to free. */
static int read_text(const json_t *value, char **ret_text)
{
	struct strbuf buf;
	int code;

	strbuf_init(&buf);
	unescape_text(&buf, json_string_value(value));
	strbuf_add(&buf, "");
	code = strbuf_error(&buf);
	if (code)
		strbuf_done(&buf);
	else
		*ret_text = buf.text;
	return code;
}

/* What is not there or of another type stays as it is. Texts are the struct's own: free_texts(). */
static int read_rows(const struct row *rows, const json_t *object, void *base)
{
	int code = 0;

	for (; rows->key && !code; rows++) {
		const json_t *value = json_object_get(object, rows->key);
		char *field = (char *)base + rows->offset;
		char *text;

		if (rows->kind == VALUE_TEXT && json_is_string(value)) {
			code = read_text(value, &text);
			if (!code)
				memcpy(field, &text, sizeof(text));
		} else if (rows->kind == VALUE_BOOL && json_is_true(value)) {
			*(bool *)field = true;
		} else if (rows->kind == VALUE_NUMBER && json_is_integer(value) &&
			   json_integer_value(value) > 0) {
			put_number(field, rows->size, (uint64_t)json_integer_value(value));
		}
	}
	return code;
}

static void free_texts(const struct row *rows, const void *base)
{
	char *text;

	for (; rows->key; rows++) {
		if (rows->kind != VALUE_TEXT)
			continue;
		memcpy(&text, (const char *)base + rows->offset, sizeof(text));
		free(text);
	}
}

int facts_read_run(const struct facts_head *head, struct profile *profile)
{
	json_t *object = json_loads(head->json, 0, NULL);
	struct profile_run run = { 0 };
	int code;

	if (!object)
		return -EBADMSG;
	code = read_rows(run_rows, object, &run);
	if (!code)
		code = read_rows(account_rows, json_object_get(object, "account"), &run.account);
	if (!code)
		code = profile_add_run(profile, &run);
	free_texts(run_rows, &run);
	json_decref(object);
	return code;
}

int facts_read_process(const struct facts_head *head, struct profile_process *ret_process)
{
	json_t *object = json_loads(head->json, 0, NULL);
	struct profile_process process = { .pid = head->pid, .kernel_ns = PROFILE_TIME_UNKNOWN };
	const json_t *kernel_ns = json_object_get(object, "kernel_ns");
	int code;

	if (!object)
		return -EBADMSG;
	if (json_is_integer(kernel_ns) && json_integer_value(kernel_ns) >= 0)
		process.kernel_ns = (uint64_t)json_integer_value(kernel_ns);
	code = read_rows(process_rows, object, &process);
	json_decref(object);
	if (code)
		free_texts(process_rows, &process);
	else
		*ret_process = process;
	return code;
}

void facts_free_process(const struct profile_process *process)
{
	free_texts(process_rows, process);
}

struct profile_process facts_merge_processes(const struct profile_process *a,
					     const struct profile_process *b)
{
	struct profile_process merged = *a;
	const struct row *row;

	for (row = process_rows; row->key; row++) {
		char *to = (char *)&merged + row->offset;
		const char *from = (const char *)b + row->offset;
		const char *left, *right;

		if (row->kind == VALUE_TEXT) {
			memcpy(&left, to, sizeof(left));
			memcpy(&right, from, sizeof(right));
			if (right && (!left || strcmp(left, right) < 0))
				memcpy(to, from, row->size);
		} else if (get_number(to, row->size) < get_number(from, row->size)) {
			memcpy(to, from, row->size);
		}
	}
	if (a->kernel_ns > INT64_MAX || b->kernel_ns > INT64_MAX)
		merged.kernel_ns = PROFILE_TIME_UNKNOWN;
	else
		merged.kernel_ns = a->kernel_ns + b->kernel_ns;
	return merged;
}
