/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile: puts the tables of texts, symbols and stacks together with processes, rows and the account. Makes
 * no system call and does not know where samples come from or where reports go.
 */
#include "profile/profile.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* An entry that could not be added for want of memory is told by its hh.tbl being NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/array.h"
#include "base/strtab.h"
#include "base/word_map.h"
#include "profile/stack.h"
#include "profile/symbol_table.h"

/* Keys are compared as bytes, so they have no padding. */
struct process_key {
	uint64_t start_time;
	int32_t pid;
	uint32_t program;
};

_Static_assert(sizeof(struct process_key) == 16, "no padding in a hash key");

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

	uint64_t samples, weight_ns;
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

/* The profile's own copy of a text; what is not told is "". */
static int keep_text(struct profile *profile, const char *text, const char **ret_text)
{
	uint32_t id;
	int code = strtab_add(profile->texts, text ? text : "", &id);

	if (!code)
		*ret_text = strtab_text(profile->texts, id);
	return code;
}

int profile_add_process(struct profile *profile, const struct profile_process *process,
			uint32_t *ret_process)
{
	const struct process_key key = { .start_time = process->start_time,
					 .pid = process->pid,
					 .program = process->program };
	struct profile_process kept = *process;
	struct process_entry *entry;
	const char **texts[] = { &kept.comm,	  &kept.command,      &kept.python,
				 &kept.container, &kept.container_id, &kept.unit };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int code = keep_text(profile, *texts[i], texts[i]);

		if (code)
			return code;
	}
	if (!kept.count)
		kept.count = 1;
	HASH_FIND(hh, profile->process_by_key, &key, sizeof(key), entry);
	if (!entry) {
		int code = new_process(profile, &key, &entry);

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

int profile_add_weight(struct profile *profile, uint32_t process, uint32_t thread, uint32_t stack,
		       uint64_t samples, uint64_t weight_ns)
{
	struct profile_row *row;
	uint64_t *index;

	/* Weight on the empty stack could be shown nowhere: every stack has at least one element. */
	if (process >= profile->nprocesses || stack == PROFILE_STACK_EMPTY ||
	    stack >= profile_nstacks(profile) ||
	    (thread != PROFILE_NO_ID && thread >= profile->nthreads))
		return -EINVAL;
	if (array_reserve(&profile->rows, &profile->rows_capacity, profile->nrows + 1,
			  sizeof(*row)))
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
	row = &profile->rows[*index - 1];
	row->samples += samples;
	row->weight_ns += weight_ns;
	profile->samples += samples;
	profile->weight_ns += weight_ns;
	return 0;
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
