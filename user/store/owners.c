/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds processes and threads by labels. In our files a process is the one that a line of facts tells of; in other tools'
 * it is told by its pid and name alone.
 */
#include "store/owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/strbuf.h"
#include "base/word_map.h"
#include "profile/profile.h"
#include "store/escape.h"
#include "store/facts.h"
#include "store/labels.h"
#include "store/store.h"
#include "store/tables.h"
#include "store/unpacked.h"

/* A process or a thread of the profile, with its places in hashes. */
#define OWNER_COST 512

/* Of a number that is written as a text. */
#define DIGITS_MAX 20

struct owners {
	struct tables *tables;
	struct profile *profile;
	unsigned char *labels; /* what each text means as a key */
	struct word_map processes; /* (pid, program or text of the name) -> index + 1 */
	struct word_map threads; /* (tid, text of the name) -> index + 1 */
	struct profile_process *before; /* as other files have told of them */
	size_t nbefore;
};

/* What the labels of one sample say: numbers and texts, or neither. */
struct said {
	bool has[LABEL_MAX];
	int64_t number[LABEL_MAX], text[LABEL_MAX];
};

static int fail(const struct owners *owners, int code, struct err *err)
{
	return err_set(err, code, "cannot read %s: %s", unpacked_name(owners->tables->unpacked),
		       strerror(-code));
}

/* A text of the file as it was before it was saved; the caller's to free. NULL when memory runs out. */
static char *text_of(const struct owners *owners, int64_t number)
{
	const char *text = number ? tables_text(owners->tables, number) : "";
	struct strbuf buf;

	strbuf_init(&buf);
	strbuf_add(&buf, "");
	if (owners->tables->is_ours)
		unescape_text(&buf, text);
	else
		strbuf_add(&buf, text);
	if (!strbuf_error(&buf))
		return buf.text;
	strbuf_done(&buf);
	return NULL;
}

/* The name of the program of a file that tells no process: that of its first mapping, without folders. */
static const char *main_name(const struct tables *tables)
{
	const char *file =
		tables->nmappings > 0 ? tables_text(tables, tables->mappings[0].file) : "";
	const char *slash = strrchr(file, '/');

	return slash && slash[1] ? slash + 1 : file;
}

/* Add a process to the profile, with what other files have told of it. */
static int put_process(const struct owners *owners, const struct profile_process *process,
		       uint32_t *ret_process)
{
	struct profile_process merged;
	int code = profile_add_process(owners->profile, process, ret_process);

	if (code || *ret_process >= owners->nbefore)
		return code;
	merged = facts_merge_processes(&owners->before[*ret_process], process);
	return profile_add_process(owners->profile, &merged, ret_process);
}

/* The process that a line of facts tells of, to be found by the labels of its samples. */
static int add_process_facts(struct owners *owners, const struct facts_head *head)
{
	struct profile_process process;
	uint64_t *index;
	uint32_t added = 0;
	int code = facts_read_process(head, &process);

	if (code)
		return code;
	code = put_process(owners, &process, &added);
	facts_free_process(&process);
	if (code)
		return code;
	index = word_map_add(&owners->processes,
			     (uint64_t)(uint32_t)head->pid << 32 | head->program);
	if (!index)
		return -ENOMEM;
	*index = (uint64_t)added + 1;
	return 0;
}

/* What our own lines of facts tell. */
static int add_facts(struct owners *owners, struct err *err)
{
	const struct tables *tables = owners->tables;
	size_t i;

	for (i = 0; i < tables->ncomments; i++) {
		const struct facts_head head = facts_head(tables->comments[i].text);
		int code;

		if (head.kind == FACTS_RUN)
			code = facts_read_run(&head, owners->profile);
		else
			code = add_process_facts(owners, &head);
		if (code == -EBADMSG)
			return tables_error(tables, tables->comments[i].offset, err,
					    "a comment is no JSON");
		if (code)
			return fail(owners, code, err);
	}
	return 0;
}

/* Their texts are the profile's and stay. */
static int keep_processes(struct owners *owners)
{
	size_t i;

	owners->nbefore = profile_nprocesses(owners->profile);
	owners->before = malloc((owners->nbefore + 1) * sizeof(*owners->before));
	if (!owners->before)
		return -ENOMEM;
	for (i = 0; i < owners->nbefore; i++)
		owners->before[i] = *profile_process(owners->profile, (uint32_t)i);
	return 0;
}

static int mark_keys(struct owners *owners)
{
	size_t i;

	owners->labels = malloc(owners->tables->nstrings + 1);
	if (!owners->labels)
		return -ENOMEM;
	owners->labels[0] = LABEL_MAX;
	for (i = 1; i < owners->tables->nstrings; i++)
		owners->labels[i] =
			(unsigned char)label_find(tables_text(owners->tables, (int64_t)i));
	return 0;
}

int owners_new(struct tables *tables, struct profile *profile, struct owners **ret_owners,
	       struct err *err)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	int code;

	if (!owners)
		return err_set(err, -ENOMEM, "cannot read %s: %s", unpacked_name(tables->unpacked),
			       strerror(ENOMEM));
	owners->tables = tables;
	owners->profile = profile;
	code = mark_keys(owners);
	if (!code)
		code = keep_processes(owners);
	if (code)
		fail(owners, code, err);
	else if (tables->is_ours)
		code = add_facts(owners, err);
	if (code)
		owners_free(owners);
	else
		*ret_owners = owners;
	return code;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	free(owners->labels);
	free(owners->before);
	word_map_done(&owners->processes);
	word_map_done(&owners->threads);
	free(owners);
}

/* Other tools write numbers as texts as well. */
static int64_t number_of(const struct owners *owners, const Pprof__Label *label)
{
	const char *text = tables_text(owners->tables, label->str);

	if (!label->str)
		return label->num;
	return strnlen(text, DIGITS_MAX + 1) <= DIGITS_MAX ? strtoll(text, NULL, 10) : 0;
}

static int read_labels(const struct owners *owners, const Pprof__Sample *sample, uint64_t offset,
		       struct said *said, struct err *err)
{
	const struct tables *tables = owners->tables;
	size_t i;

	if (sample->n_label > STORE_SAMPLE_LABELS_MAX)
		return tables_error(tables, offset, err, "a sample has %zu labels",
				    sample->n_label);
	for (i = 0; i < sample->n_label; i++) {
		const Pprof__Label *label = sample->label[i];
		unsigned char meaning;

		if (!tables_text(tables, label->key) || !tables_text(tables, label->str))
			return tables_error(tables, offset, err,
					    "a label refers to a text that is not there");
		meaning = label->key ? owners->labels[label->key] : LABEL_MAX;
		if (meaning >= LABEL_MAX || said->has[meaning])
			continue;
		said->has[meaning] = true;
		if (label_is_number((enum label)meaning))
			said->number[meaning] = number_of(owners, label);
		said->text[meaning] = label->str;
	}
	return 0;
}

/* What one more process or thread takes that has these texts. */
static int take_owner(const struct owners *owners, const int64_t *texts, size_t count,
		      struct err *err)
{
	uint64_t bytes = 0;
	size_t i;
	int code;

	for (i = 0; i < count; i++)
		bytes += strlen(tables_text(owners->tables, texts[i]));
	code = tables_work(owners->tables, 1, bytes, err);
	return code ? code : tables_take(owners->tables, OWNER_COST, err);
}

static int add_process(struct owners *owners, const struct said *said, uint32_t *ret_process)
{
	const bool is_ours = owners->tables->is_ours;
	char *name = text_of(owners, said->text[LABEL_PROCESS]);
	char *container = text_of(owners, said->text[LABEL_CONTAINER]);
	char *python = text_of(owners, said->text[LABEL_PYTHON]);
	struct profile_process process = { .pid = (int32_t)said->number[LABEL_PID],
					   .container = container,
					   .python = python,
					   .kernel_ns = PROFILE_TIME_UNKNOWN };
	int code = -ENOMEM;

	if (name && container && python) {
		process.comm = *name || is_ours ? name : main_name(owners->tables);
		/* Nothing tells two programs apart but their names; so the names are made part of who they are. */
		process.program = is_ours ? (uint32_t)said->number[LABEL_PROGRAM]
					  : (uint32_t)crc32(0, (const Bytef *)process.comm,
							    (unsigned)strlen(process.comm));
		code = put_process(owners, &process, ret_process);
	}
	free(name);
	free(container);
	free(python);
	return code;
}

static int find_process(struct owners *owners, const struct said *said, uint32_t *ret_process,
			struct err *err)
{
	const uint64_t second = (uint64_t)(owners->tables->is_ours ? said->number[LABEL_PROGRAM]
								   : said->text[LABEL_PROCESS]);
	uint64_t *index = word_map_add(&owners->processes,
				       (uint64_t)said->number[LABEL_PID] << 32 | (uint32_t)second);
	int code = 0;

	if (!index)
		return fail(owners, -ENOMEM, err);
	if (!*index) {
		uint32_t process = 0;

		code = take_owner(owners, said->text, LABEL_MAX, err);
		if (!code && !owners->tables->is_ours)
			code = tables_work(owners->tables, 0, strlen(main_name(owners->tables)),
					   err);
		if (code)
			return code;
		code = add_process(owners, said, &process);
		if (code)
			return fail(owners, code, err);
		*index = (uint64_t)process + 1;
	}
	*ret_process = (uint32_t)(*index - 1);
	return 0;
}

static int find_thread(struct owners *owners, const struct said *said, uint32_t *ret_thread,
		       struct err *err)
{
	uint64_t *index;
	uint32_t added = 0;
	char *name;
	int code;

	if (!said->has[LABEL_TID] && !said->has[LABEL_THREAD]) {
		*ret_thread = PROFILE_NO_ID;
		return 0;
	}
	index = word_map_add(&owners->threads, (uint64_t)said->number[LABEL_TID] << 32 |
						       (uint32_t)said->text[LABEL_THREAD]);
	if (!index)
		return fail(owners, -ENOMEM, err);
	if (!*index) {
		code = take_owner(owners, &said->text[LABEL_THREAD], 1, err);
		if (code)
			return code;
		name = text_of(owners, said->text[LABEL_THREAD]);
		code = name ? profile_add_thread(owners->profile,
						 &(struct profile_thread){
							 .tid = (int32_t)said->number[LABEL_TID],
							 .name = name },
						 &added)
			    : -ENOMEM;
		free(name);
		if (code)
			return fail(owners, code, err);
		*index = (uint64_t)added + 1;
	}
	*ret_thread = (uint32_t)(*index - 1);
	return 0;
}

int owners_get(struct owners *owners, const Pprof__Sample *sample, uint64_t offset,
	       struct owner *ret_owner, struct err *err)
{
	struct owner owner = { 0 };
	struct said said = { 0 };
	int code = read_labels(owners, sample, offset, &said, err);

	if (!code)
		code = find_process(owners, &said, &owner.process, err);
	if (!code)
		code = find_thread(owners, &said, &owner.thread, err);
	if (code)
		return code;
	owner.has_time = said.has[LABEL_TIMESTAMP] && said.number[LABEL_TIMESTAMP] >= 0;
	owner.time_ns = (uint64_t)said.number[LABEL_TIMESTAMP];
	*ret_owner = owner;
	return 0;
}
