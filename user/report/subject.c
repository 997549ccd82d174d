/* SPDX-License-Identifier: GPL-2.0-only */
/* Counts processes, containers and versions for people. Knows nothing of samples but who has any. */
#include "report/subject.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strtab.h"
#include "profile/profile.h"

/* So many versions are named. */
#define VERSIONS_SHOWN 6

struct subject {
	uint64_t all, sampled; /* processes */
	const struct profile_process *only; /* the one with samples, or the only one there is */
	struct strtab *containers, *versions; /* of those with samples */
};

static int count(struct subject *subject, const struct profile *profile, const bool *sampled)
{
	const size_t nprocesses = profile_nprocesses(profile);
	uint32_t i, id;
	int code = 0;

	for (i = 0; i < nprocesses && !code; i++) {
		const struct profile_process *process = profile_process(profile, i);
		const char *container =
			process->container_id[0] ? process->container_id : process->container;

		subject->all += process->count;
		if (!sampled[i] && nprocesses > 1)
			continue;
		subject->only = process;
		if (sampled[i])
			subject->sampled += process->count;
		if (container[0])
			code = strtab_add(subject->containers, container, &id);
		if (!code && process->python[0])
			code = strtab_add(subject->versions, process->python, &id);
	}
	return code;
}

static int compare_versions(const void *left, const void *right)
{
	return strverscmp(*(const char *const *)left, *(const char *const *)right);
}

static int add_versions(struct strbuf *text, const struct strtab *versions)
{
	const size_t nversions = strtab_count(versions);
	const char **sorted = calloc(nversions + 1, sizeof(const char *));
	size_t i;

	if (!sorted)
		return -ENOMEM;
	for (i = 0; i < nversions; i++)
		sorted[i] = strtab_text(versions, (uint32_t)i);
	qsort(sorted, nversions, sizeof(*sorted), compare_versions);
	for (i = 0; i < nversions && i < VERSIONS_SHOWN; i++) {
		strbuf_add(text, i > 0 ? ", " : ", CPython ");
		strbuf_add_sanitized(text, sorted[i], strlen(sorted[i]));
	}
	if (nversions > VERSIONS_SHOWN)
		strbuf_add_format(text, " and %zu more", nversions - VERSIONS_SHOWN);
	free(sorted);
	return 0;
}

static void add_one(struct strbuf *text, const struct profile_process *process)
{
	/* A file of another tool may not tell whose it is. */
	if (process->pid == 0 && !process->python[0]) {
		strbuf_add(text, "a process of unknown pid");
		return;
	}
	strbuf_add_format(text, "pid %d, CPython ", process->pid);
	if (process->python[0])
		strbuf_add_sanitized(text, process->python, strlen(process->python));
	else
		strbuf_add(text, "of unknown version");
}

static int add_several(struct strbuf *text, const struct subject *subject)
{
	const size_t ncontainers = strtab_count(subject->containers);

	/* Of none with samples there is nothing to tell apart. */
	if (subject->sampled > 0 && subject->sampled < subject->all)
		strbuf_add_format(text, "%" PRIu64 " of ", subject->sampled);
	strbuf_add_format(text, "%" PRIu64 " processes", subject->all);
	if (ncontainers > 0)
		strbuf_add_format(text, " (%zu container%s)", ncontainers,
				  ncontainers == 1 ? "" : "s");
	return add_versions(text, subject->versions);
}

int subject_add(struct strbuf *text, const struct profile *profile)
{
	struct subject subject = { .containers = strtab_new(), .versions = strtab_new() };
	bool *sampled = calloc(profile_nprocesses(profile) + 1, sizeof(*sampled));
	size_t i;
	int code = -ENOMEM;

	if (subject.containers && subject.versions && sampled) {
		for (i = 0; i < profile_nrows(profile); i++)
			sampled[profile_row(profile, i)->process] = true;
		code = count(&subject, profile, sampled);
	}
	if (code)
		strbuf_add(text, "unknown processes");
	else if (subject.all == 0)
		strbuf_add(text, "no process");
	else if (subject.only && subject.sampled <= 1 && subject.only->count == 1)
		add_one(text, subject.only);
	else
		code = add_several(text, &subject);
	free(sampled);
	strtab_free(subject.containers);
	strtab_free(subject.versions);
	return code;
}
