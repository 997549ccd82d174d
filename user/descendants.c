/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads /proc/PID/stat of every process: fs/proc/array.c composes it without the process's help and without its memory's
 * lock, so that it cannot block as its other files can.
 */
#include "descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

bool descendants_parse_parent(const char *text, size_t size, pid_t *ret_parent)
{
	/* "PID (COMM) STATE PPID …", where COMM may have brackets of its own */
	const char *behind = memrchr(text, ')', size);
	char rest[16];
	size_t left;
	int parent;

	if (!behind)
		return false;
	left = size - (size_t)(behind - text);
	if (left > sizeof(rest) - 1)
		left = sizeof(rest) - 1;
	memcpy(rest, behind, left);
	rest[left] = 0;
	if (sscanf(rest, ") %*c %d", &parent) != 1 || parent < 0)
		return false;
	*ret_parent = parent;
	return true;
}

static bool read_parent(pid_t pid, pid_t *ret_parent)
{
	char path[32], text[512];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	/* pid, comm (16 bytes, each escaped at worst) and state fit. */
	size = read(fd, text, sizeof(text));
	close(fd);
	return size > 0 && descendants_parse_parent(text, (size_t)size, ret_parent);
}

static int by_number(const void *a, const void *b)
{
	const pid_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static bool is_among(pid_t pid, const pid_t *pids, size_t npids)
{
	return npids && bsearch(&pid, pids, npids, sizeof(pid), by_number);
}

static void swap(struct kinship *a, struct kinship *b)
{
	struct kinship kept = *a;

	*a = *b;
	*b = kept;
}

/* Generation by generation: the parents of the next one are those that the last one added. */
size_t descendants_choose(struct kinship *all, size_t nall, const pid_t *roots, size_t nroots)
{
	pid_t *parents = malloc((nroots + nall + 1) * sizeof(*parents));
	size_t nparents = nroots, nchosen = 0, before;

	if (!parents)
		return 0;
	if (nroots)
		memcpy(parents, roots, nroots * sizeof(*roots));
	qsort(parents, nparents, sizeof(*parents), by_number);
	for (size_t i = 0; i < nall; i++) /* a root is nobody's descendant here */
		if (is_among(all[i].pid, parents, nroots))
			all[i].parent = 0;
	do {
		before = nchosen;
		for (size_t i = nchosen; i < nall; i++)
			if (all[i].parent && is_among(all[i].parent, parents, nparents))
				swap(&all[i], &all[nchosen++]);
		nparents = 0;
		for (size_t i = before; i < nchosen; i++)
			parents[nparents++] = all[i].pid;
		qsort(parents, nparents, sizeof(*parents), by_number);
	} while (nchosen > before);
	free(parents);
	return nchosen;
}

static int read_all(struct kinship **all, size_t *nall)
{
	DIR *proc = opendir("/proc");
	size_t capacity = 0;
	struct dirent *entry;
	struct kinship one;
	int code = proc ? 0 : -errno;

	while (!code && (entry = readdir(proc))) {
		char *end;
		long number = strtol(entry->d_name, &end, 10);

		if (*end || number <= 0 || number > INT_MAX)
			continue;
		one.pid = (pid_t)number;
		if (!read_parent(one.pid, &one.parent))
			continue;
		code = array_reserve(all, &capacity, *nall + 1, sizeof(one));
		if (!code)
			(*all)[(*nall)++] = one;
	}
	if (proc)
		closedir(proc);
	return code;
}

int descendants_find(const pid_t *roots, size_t nroots, pid_t **ret_pids, size_t *ret_npids)
{
	struct kinship *all = NULL;
	size_t nall = 0, n;
	pid_t *pids = NULL;
	int code = read_all(&all, &nall);

	if (code)
		goto out;
	n = descendants_choose(all, nall, roots, nroots);
	if (n > DESCENDANTS_MAX)
		n = DESCENDANTS_MAX;
	pids = malloc((n + 1) * sizeof(*pids));
	if (!pids) {
		code = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		pids[i] = all[i].pid;
	qsort(pids, n, sizeof(*pids), by_number);
	*ret_pids = pids;
	*ret_npids = n;
out:
	free(all);
	return code;
}
