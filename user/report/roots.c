/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups a profile's rows by whose time they are. A root is told by a text key of its parent, its kind and its name, so
 * that equal ones meet. How roots look is root_label.c's, and what is below them the reports'.
 */
#include "report/roots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "base/strtab.h"
#include "profile/profile.h"
#include "report/command.h"
#include "report/walk.h"

struct builder {
	struct roots *roots;
	const struct profile *profile;
	unsigned levels;
	size_t capacity; /* of roots->roots */
	bool several; /* processes have samples */
	bool *sampled; /* process -> has samples */
	bool *many; /* process -> its command has so many that they are folded */
	uint32_t *of_process; /* process -> its innermost root */
	struct strbuf text;
};

static const char *container_text(const struct profile_process *process)
{
	return process->container_id[0] ? process->container_id : process->container;
}

/* A root whose key, beside parent, kind and text, is `number`; made if it is new. `from` tells the rest. */
static int add_root(struct builder *builder, const struct root *from, uint64_t number,
		    uint32_t *ret_root)
{
	struct roots *roots = builder->roots;
	struct strbuf key;
	size_t prefix;
	uint32_t id;
	int code;

	strbuf_init(&key);
	strbuf_add_format(&key, "%u %d %llu ", from->parent, (int)from->kind,
			  (unsigned long long)number);
	prefix = key.length;
	strbuf_add(&key, from->text);
	code = strbuf_error(&key);
	if (!code)
		code = strtab_add(roots->texts, strbuf_text(&key), &id);
	strbuf_done(&key);
	if (code)
		return code;
	/* Each new key is one new root, behind the profile itself. */
	*ret_root = id + 1;
	if (*ret_root < roots->count) {
		/* A container's name may have been found after its first processes had ended. */
		if (from->kind == ROOT_CONTAINER && !roots->roots[id + 1].process->container[0])
			roots->roots[id + 1].process = from->process;
		return 0;
	}
	if (array_reserve(&roots->roots, &builder->capacity, *ret_root + 1UL,
			  sizeof(*roots->roots)))
		return -ENOMEM;
	roots->roots[*ret_root] = *from;
	roots->roots[*ret_root].text = strtab_text(roots->texts, id) + prefix;
	roots->count = *ret_root + 1;
	return 0;
}

static int add_process(struct builder *builder, uint32_t index, uint32_t *root)
{
	return add_root(builder,
			&(struct root){
				.kind = ROOT_PROCESS,
				.parent = *root,
				.text = "",
				.process = profile_process(builder->profile, index),
			},
			index, root);
}

static int add_command(struct builder *builder, uint32_t index, uint32_t *root)
{
	const struct profile_process *process = profile_process(builder->profile, index);

	strbuf_clear(&builder->text);
	command_add_name(&builder->text, process);
	if (strbuf_error(&builder->text))
		return strbuf_error(&builder->text);
	return add_root(builder,
			&(struct root){
				.kind = ROOT_COMMAND,
				.parent = *root,
				.text = strbuf_text(&builder->text),
				.process = process,
			},
			0, root);
}

/* Sum up what a process adds to its roots: the innermost has its time, all of them count it. */
static void count_process(struct builder *builder, uint32_t index)
{
	const struct profile_process *process = profile_process(builder->profile, index);
	uint32_t at = builder->of_process[index];
	struct root *innermost = &builder->roots->roots[at];

	if (process->kernel_ns == PROFILE_TIME_UNKNOWN)
		innermost->kernel_ns = PROFILE_TIME_UNKNOWN;
	else if (innermost->kernel_ns != PROFILE_TIME_UNKNOWN)
		innermost->kernel_ns += process->kernel_ns;
	for (; at && builder->sampled[index]; at = builder->roots->roots[at].parent)
		builder->roots->roots[at].nprocesses += process->count;
}

static int place_process(struct builder *builder, uint32_t index)
{
	const struct profile_process *process = profile_process(builder->profile, index);
	uint32_t *root = &builder->of_process[index];
	int code = 0;

	if (builder->levels & ROOTS_CONTAINERS)
		code = add_root(builder,
				&(struct root){
					.kind = ROOT_CONTAINER,
					.text = container_text(process),
					.process = process,
				},
				0, root);
	if (code)
		return code;
	if (builder->levels & ROOTS_COMMANDS || builder->many[index])
		code = add_command(builder, index, root);
	else if (builder->levels & ROOTS_PROCESSES)
		code = add_process(builder, index, root);
	if (!code)
		count_process(builder, index);
	return code;
}

/* The root of a row's thread, below that of its process. */
static int place_row(struct builder *builder, const struct profile_row *row, uint32_t *root)
{
	const struct profile_process *process = profile_process(builder->profile, row->process);
	const uint32_t parent = builder->of_process[row->process];
	const bool of_several = builder->levels & ROOTS_FOLD_MANY &&
				(builder->many[row->process] || process->count > 1);
	const struct profile_thread *thread;
	uint64_t number;

	*root = parent;
	if (!(builder->levels & ROOTS_THREADS))
		return 0;
	if (row->thread == PROFILE_NO_ID)
		return parent == 0 && builder->levels == ROOTS_THREADS
			       ? add_process(builder, row->process, root)
			       : 0;
	thread = profile_thread(builder->profile, row->thread);
	number = of_several ? 0 : (uint64_t)row->process << 32 | (uint32_t)thread->tid;
	return add_root(builder,
			&(struct root){
				.kind = ROOT_THREAD,
				.names_process = parent == 0 && builder->several,
				.of_several = of_several,
				.parent = parent,
				.text = thread->name,
				.process = process,
				.thread = thread,
			},
			number, root);
}

/* Which processes have so many others of their command, in their container, that they are shown as one. */
static int find_many(struct builder *builder)
{
	const size_t count = profile_nprocesses(builder->profile);
	struct strtab *commands = strtab_new();
	uint64_t *nprocesses = calloc(count + 1, sizeof(*nprocesses));
	uint32_t *command_of = calloc(count + 1, sizeof(*command_of));
	int code = commands && nprocesses && command_of ? 0 : -ENOMEM;
	uint32_t i;

	for (i = 0; i < count && !code; i++) {
		const struct profile_process *process = profile_process(builder->profile, i);

		strbuf_clear(&builder->text);
		strbuf_add_format(&builder->text, "%zu %s", strlen(container_text(process)),
				  container_text(process));
		command_add_name(&builder->text, process);
		code = strbuf_error(&builder->text);
		if (!code)
			code = strtab_add(commands, strbuf_text(&builder->text), &command_of[i]);
		if (!code && builder->sampled[i])
			nprocesses[command_of[i]] += process->count;
	}
	for (i = 0; i < count && !code; i++)
		builder->many[i] = nprocesses[command_of[i]] > ROOTS_MANY;
	free(command_of);
	free(nprocesses);
	strtab_free(commands);
	return code;
}

static int build(struct builder *builder)
{
	const size_t nprocesses = profile_nprocesses(builder->profile);
	const size_t nrows = profile_nrows(builder->profile);
	struct roots *roots = builder->roots;
	size_t i;
	int code = 0;

	for (i = 0; i < nrows; i++)
		builder->sampled[profile_row(builder->profile, i)->process] = true;
	if (builder->levels & ROOTS_FOLD_MANY)
		code = find_many(builder);
	for (i = 0; i < nprocesses && !code; i++)
		code = place_process(builder, (uint32_t)i);
	for (i = 0; i < nrows && !code; i++) {
		const struct profile_row *row = profile_row(builder->profile, i);

		code = place_row(builder, row, &roots->of_row[i]);
		if (code)
			break;
		roots->roots[roots->of_row[i]].samples += row->samples;
		roots->roots[roots->of_row[i]].weight_ns += row->weight_ns;
	}
	return code;
}

int roots_init(struct roots *roots, const struct profile *profile, unsigned levels)
{
	struct builder builder = {
		.roots = roots,
		.profile = profile,
		.levels = levels,
		.several = walk_nprocesses(profile) > 1,
		.capacity = 1,
	};
	const size_t nprocesses = profile_nprocesses(profile);
	int code = -ENOMEM;

	/* One more than needed, so that an empty profile is no special case. */
	*roots = (struct roots){ .count = 1 };
	strbuf_init(&builder.text);
	roots->roots = calloc(1, sizeof(*roots->roots));
	roots->of_row = calloc(profile_nrows(profile) + 1, sizeof(*roots->of_row));
	roots->texts = strtab_new();
	builder.sampled = calloc(nprocesses + 1, sizeof(*builder.sampled));
	builder.many = calloc(nprocesses + 1, sizeof(*builder.many));
	builder.of_process = calloc(nprocesses + 1, sizeof(*builder.of_process));
	if (roots->roots && roots->of_row && roots->texts && builder.sampled && builder.many &&
	    builder.of_process)
		code = build(&builder);
	free(builder.sampled);
	free(builder.many);
	free(builder.of_process);
	strbuf_done(&builder.text);
	return code;
}

void roots_done(struct roots *roots)
{
	free(roots->roots);
	free(roots->of_row);
	strtab_free(roots->texts);
	*roots = (struct roots){ 0 };
}

unsigned roots_levels_of_stacks(const struct profile *profile)
{
	unsigned levels = walk_nprocesses(profile) > 1 ? ROOTS_PROCESSES : 0;
	size_t i;

	for (i = 0; i < profile_nrows(profile); i++) {
		if (profile_row(profile, i)->thread != PROFILE_NO_ID)
			levels |= ROOTS_THREADS;
	}
	return levels;
}

unsigned roots_levels_of_tree(const struct profile *profile)
{
	unsigned levels = roots_levels_of_stacks(profile);
	size_t i;

	if (!(levels & ROOTS_PROCESSES))
		return levels;
	levels |= ROOTS_FOLD_MANY;
	for (i = 0; i < profile_nrows(profile); i++) {
		const uint32_t process = profile_row(profile, i)->process;

		if (container_text(profile_process(profile, process))[0])
			levels |= ROOTS_CONTAINERS;
	}
	return levels;
}

static int compare_numbers(uint64_t left, uint64_t right)
{
	return left < right ? -1 : left > right;
}

int roots_compare(const struct root *left, const struct root *right)
{
	int order = (int)left->kind - (int)right->kind;

	if (!order)
		order = strcmp(left->text, right->text);
	/* Any process stands for a container or a command, and for a thread of several. */
	if (order || left->kind == ROOT_CONTAINER || left->kind == ROOT_COMMAND || left->of_several)
		return order;
	order = compare_numbers((uint32_t)left->process->pid, (uint32_t)right->process->pid);
	if (!order)
		order = compare_numbers(left->process->start_time, right->process->start_time);
	if (!order)
		order = compare_numbers(left->process->program, right->process->program);
	if (!order && left->thread && right->thread)
		order = compare_numbers((uint32_t)left->thread->tid, (uint32_t)right->thread->tid);
	return order;
}
