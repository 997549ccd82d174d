/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile: puts the tables of texts, symbols and stacks together with processes, rows and the account. Makes
 * no system call and does not know where samples come from or where reports go.
 */
#include "profile/profile.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/hash.h"
#include "base/strtab.h"
#include "base/word_map.h"
#include "profile/stack.h"
#include "profile/symbol_table.h"

/* Keys are compared as bytes, so they have no padding. */
struct process_key {
	uint64_t start_time;
	uint64_t machine; /* id of its text */
	int32_t pid;
	uint32_t program;
};

_Static_assert(sizeof(struct process_key) == 24, "no padding in a hash key");

struct process_entry {
	UT_hash_handle hh;
	struct process_key key;
	uint32_t index;
	struct word_map rows; /* (thread, stack) -> index of the row + 1 */
	struct profile_process process;
};

struct profile {
	struct strtab *texts;
	struct symbol_table *symbols;
	struct stack_tree *stacks;

	struct process_entry *process_by_key;
	struct process_entry **processes;
	size_t nprocesses, processes_capacity;

	struct word_map thread_by_key; /* (tid, id of the name) -> index + 1 */
	struct profile_thread *threads;
	size_t nthreads, threads_capacity;

	struct profile_row *rows;
	size_t nrows, rows_capacity;

	struct profile_moment *moments;
	size_t nmoments, moments_capacity;

	struct profile_run *runs;
	size_t nruns, runs_capacity;

	uint64_t samples, weight_ns;
	enum profile_unit unit;
	struct account account;
};

struct profile *profile_new(void)
{
	struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->texts = strtab_new();
	profile->stacks = stack_tree_new();
	if (profile->texts)
		profile->symbols = symbol_table_new(profile->texts);
	if (!profile->texts || !profile->stacks || !profile->symbols) {
		profile_free(profile);
		return NULL;
	}
	return profile;
}

void profile_free(struct profile *profile)
{
	size_t i;

	if (!profile)
		return;
	HASH_CLEAR(hh, profile->process_by_key);
	for (i = 0; i < profile->nprocesses; i++) {
		word_map_done(&profile->processes[i]->rows);
		free(profile->processes[i]);
	}
	free(profile->processes);
	word_map_done(&profile->thread_by_key);
	free(profile->threads);
	free(profile->rows);
	free(profile->moments);
	free(profile->runs);
	symbol_table_free(profile->symbols);
	stack_tree_free(profile->stacks);
	strtab_free(profile->texts);
	free(profile);
}

/* A new entry, in the hash and in the array, its process not yet filled. */
static int new_process(struct profile *profile, const struct process_key *key,
		       struct process_entry **ret_entry)
{
	struct process_entry *entry;

	if (profile->nprocesses >= UINT32_MAX)
		return -EOVERFLOW;
	if (array_reserve(&profile->processes, &profile->processes_capacity,
			  profile->nprocesses + 1, sizeof(entry)))
		return -ENOMEM;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->key = *key;
	entry->index = (uint32_t)profile->nprocesses;
	HASH_ADD(hh, profile->process_by_key, key, sizeof(*key), entry);
	if (!entry->hh.tbl) {
		free(entry);
		return -ENOMEM;
	}
	profile->processes[profile->nprocesses++] = entry;
	*ret_entry = entry;
	return 0;
}

/* The profile's own copy of a text, and its id; what is not told is "". */
static int keep_text(struct profile *profile, const char *text, const char **ret_text,
		     uint32_t *ret_id)
{
	uint32_t id;
	int code = strtab_add(profile->texts, text ? text : "", &id);

	if (code)
		return code;
	*ret_text = strtab_text(profile->texts, id);
	if (ret_id)
		*ret_id = id;
	return 0;
}

/* Keep copies of a process's texts, and take its key. */
static int keep_process(struct profile *profile, struct profile_process *process,
			struct process_key *ret_key)
{
	const char **texts[] = { &process->comm,      &process->command,      &process->python,
				 &process->container, &process->container_id, &process->unit,
				 &process->executable };
	uint32_t machine;
	int code;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		code = keep_text(profile, *texts[i], texts[i], NULL);
		if (code)
			return code;
	}
	code = keep_text(profile, process->machine, &process->machine, &machine);
	if (code)
		return code;
	if (!process->count)
		process->count = 1;
	*ret_key = (struct process_key){ .start_time = process->start_time,
					 .machine = machine,
					 .pid = process->pid,
					 .program = process->program };
	return 0;
}

int profile_add_process(struct profile *profile, const struct profile_process *process,
			uint32_t *ret_process)
{
	struct profile_process kept = *process;
	struct process_entry *entry;
	struct process_key key;
	int code = keep_process(profile, &kept, &key);

	if (code)
		return code;
	HASH_FIND(hh, profile->process_by_key, &key, sizeof(key), entry);
	if (!entry) {
		code = new_process(profile, &key, &entry);
		if (code)
			return code;
	}
	entry->process = kept;
	*ret_process = entry->index;
	return 0;
}

int profile_add_thread(struct profile *profile, const struct profile_thread *thread,
		       uint32_t *ret_thread)
{
	uint64_t *index;
	uint32_t name;
	int code = strtab_add(profile->texts, thread->name ? thread->name : "", &name);

	if (code)
		return code;
	if (profile->nthreads >= PROFILE_NO_ID)
		return -EOVERFLOW;
	if (array_reserve(&profile->threads, &profile->threads_capacity, profile->nthreads + 1,
			  sizeof(*profile->threads)))
		return -ENOMEM;
	index = word_map_add(&profile->thread_by_key, (uint64_t)(uint32_t)thread->tid << 32 | name);
	if (!index)
		return -ENOMEM;
	if (!*index) {
		profile->threads[profile->nthreads] = (struct profile_thread){
			.tid = thread->tid,
			.name = strtab_text(profile->texts, name),
		};
		*index = ++profile->nthreads;
	}
	*ret_thread = (uint32_t)(*index - 1);
	return 0;
}

int profile_add_symbol(struct profile *profile, const struct symbol *symbol, uint32_t *ret_symbol)
{
	return symbol_table_add(profile->symbols, symbol, ret_symbol);
}

int profile_add_stack(struct profile *profile, uint32_t caller, uint32_t symbol,
		      uint32_t *ret_stack)
{
	if (caller >= profile_nstacks(profile) || symbol >= profile_nsymbols(profile))
		return -EINVAL;
	return stack_tree_add(profile->stacks, caller, symbol, ret_stack);
}

/* The place of the row of (process, thread, stack), made when it is not there. */
static int find_row(struct profile *profile, uint32_t process, uint32_t thread, uint32_t stack,
		    uint32_t *ret_row)
{
	uint64_t *index;

	/* Weight on the empty stack could be shown nowhere: every stack has at least one element. */
	if (process >= profile->nprocesses || stack == PROFILE_STACK_EMPTY ||
	    stack >= profile_nstacks(profile) ||
	    (thread != PROFILE_NO_ID && thread >= profile->nthreads))
		return -EINVAL;
	if (profile->nrows >= UINT32_MAX)
		return -EOVERFLOW;
	if (array_reserve(&profile->rows, &profile->rows_capacity, profile->nrows + 1,
			  sizeof(*profile->rows)))
		return -ENOMEM;
	index = word_map_add(&profile->processes[process]->rows, (uint64_t)thread << 32 | stack);
	if (!index)
		return -ENOMEM;
	if (!*index) {
		profile->rows[profile->nrows] = (struct profile_row){
			.process = process,
			.thread = thread,
			.stack = stack,
		};
		*index = ++profile->nrows;
	}
	*ret_row = (uint32_t)(*index - 1);
	return 0;
}

int profile_add_weight(struct profile *profile, uint32_t process, uint32_t thread, uint32_t stack,
		       uint64_t samples, uint64_t weight_ns)
{
	uint32_t row;
	int code = find_row(profile, process, thread, stack, &row);

	if (code)
		return code;
	profile->rows[row].samples += samples;
	profile->rows[row].weight_ns += weight_ns;
	profile->samples += samples;
	profile->weight_ns += weight_ns;
	return 0;
}

int profile_add_moment(struct profile *profile, uint32_t process, uint32_t thread, uint32_t stack,
		       uint64_t time_ns, uint64_t weight_ns)
{
	uint32_t row;
	int code = find_row(profile, process, thread, stack, &row);

	if (code)
		return code;
	if (array_reserve(&profile->moments, &profile->moments_capacity, profile->nmoments + 1,
			  sizeof(*profile->moments)))
		return -ENOMEM;
	profile->moments[profile->nmoments++] = (struct profile_moment){
		.time_ns = time_ns,
		.weight_ns = weight_ns,
		.row = row,
	};
	return 0;
}

int profile_add_run(struct profile *profile, const struct profile_run *run)
{
	struct profile_run kept = *run;
	const char **texts[] = { &kept.tool, &kept.machine, &kept.system };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int code = keep_text(profile, *texts[i], texts[i], NULL);

		if (code)
			return code;
	}
	if (array_reserve(&profile->runs, &profile->runs_capacity, profile->nruns + 1,
			  sizeof(*profile->runs)))
		return -ENOMEM;
	/* There is no account that adds nothing: even the rate of an empty one would differ. */
	if (!profile->nruns)
		profile->account = kept.account;
	else
		account_add(&profile->account, &kept.account);
	profile->runs[profile->nruns++] = kept;
	return 0;
}

void profile_clear_rows(struct profile *profile)
{
	size_t i;

	for (i = 0; i < profile->nprocesses; i++)
		word_map_done(&profile->processes[i]->rows);
	profile->nrows = 0;
	profile->nmoments = 0;
	profile->samples = 0;
	profile->weight_ns = 0;
}

void profile_set_unit(struct profile *profile, enum profile_unit unit)
{
	profile->unit = unit;
}

size_t profile_nprocesses(const struct profile *profile)
{
	return profile->nprocesses;
}

const struct profile_process *profile_process(const struct profile *profile, uint32_t process)
{
	assert(process < profile->nprocesses);
	return &profile->processes[process]->process;
}

size_t profile_nthreads(const struct profile *profile)
{
	return profile->nthreads;
}

const struct profile_thread *profile_thread(const struct profile *profile, uint32_t thread)
{
	assert(thread < profile->nthreads);
	return &profile->threads[thread];
}

size_t profile_nsymbols(const struct profile *profile)
{
	return symbol_table_count(profile->symbols);
}

const struct symbol *profile_symbol(const struct profile *profile, uint32_t symbol)
{
	return symbol_table_get(profile->symbols, symbol);
}

size_t profile_nstacks(const struct profile *profile)
{
	return stack_tree_count(profile->stacks);
}

uint32_t profile_stack_caller(const struct profile *profile, uint32_t stack)
{
	return stack_tree_caller(profile->stacks, stack);
}

uint32_t profile_stack_symbol(const struct profile *profile, uint32_t stack)
{
	return stack_tree_symbol(profile->stacks, stack);
}

size_t profile_nrows(const struct profile *profile)
{
	return profile->nrows;
}

const struct profile_row *profile_row(const struct profile *profile, size_t row)
{
	assert(row < profile->nrows);
	return &profile->rows[row];
}

size_t profile_nmoments(const struct profile *profile)
{
	return profile->nmoments;
}

const struct profile_moment *profile_moment(const struct profile *profile, size_t moment)
{
	assert(moment < profile->nmoments);
	return &profile->moments[moment];
}

size_t profile_nruns(const struct profile *profile)
{
	return profile->nruns;
}

const struct profile_run *profile_run(const struct profile *profile, size_t run)
{
	assert(run < profile->nruns);
	return &profile->runs[run];
}

enum profile_unit profile_unit(const struct profile *profile)
{
	return profile->unit;
}

uint64_t profile_samples(const struct profile *profile)
{
	return profile->samples;
}

uint64_t profile_weight_ns(const struct profile *profile)
{
	return profile->weight_ns;
}

struct account *profile_account(struct profile *profile)
{
	return &profile->account;
}

const struct account *profile_account_const(const struct profile *profile)
{
	return &profile->account;
}
