/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the name of a command to its file. Runs in the forked child, so that whatever it looks at is looked at with the
 * rights of the invoking user. Must not start anything.
 */
#include "launch_find.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/procfs.h"

/* Ancestors that are looked at: sudo, its monitor, a shell or two between. */
#define ANCESTORS_MAX	 8
#define ENVIRON_SIZE_MAX (256 * 1024)

/* What keeps this file from being executed; 0: nothing that can be seen. */
static int refusal(const char *file)
{
	struct stat status;

	if (stat(file, &status))
		return -errno;
	/* execve(2): EACCES for what is no regular file */
	if (!S_ISREG(status.st_mode) || euidaccess(file, X_OK))
		return -EACCES;
	return 0;
}

int launch_find(const char *name, const char *path, char *ret_file, size_t capacity)
{
	char standard[256], file[PATH_MAX];
	int found = -ENOENT;

	if (strchr(name, '/')) {
		if ((size_t)snprintf(ret_file, capacity, "%s", name) >= capacity)
			return -ENAMETOOLONG;
		return refusal(name);
	}
	if (!path) {
		confstr(_CS_PATH, standard, sizeof(standard));
		path = standard;
	}
	while (*name) {
		size_t length = strcspn(path, ":");
		int r = -ENOENT;

		/* an empty folder is the current one */
		if (length < sizeof(file) &&
		    (size_t)snprintf(file, sizeof(file), "%.*s%s%s", (int)length, path,
				     length ? "/" : "", name) < sizeof(file))
			r = refusal(file);
		if (!r && strlen(file) < capacity) {
			strcpy(ret_file, file);
			return 0;
		}
		/* Something that may not be executed is told only when nothing better follows. */
		if (r == -EACCES && !access(file, F_OK))
			found = r;
		if (!path[length])
			break;
		path += length + 1;
	}
	return found;
}

void launch_find_absolute(const char *file, char *ret_absolute, size_t capacity)
{
	char folder[PATH_MAX];
	int length;

	while (file[0] == '.' && file[1] == '/')
		file += 2;
	if (*file == '/')
		length = snprintf(ret_absolute, capacity, "%s", file);
	else if (getcwd(folder, sizeof(folder)) && folder[0] == '/')
		length = snprintf(ret_absolute, capacity, "%s/%s", folder[1] ? folder : "", file);
	else
		length = INT_MAX;
	if ((size_t)length >= capacity)
		*ret_absolute = '\0';
}

bool launch_find_same(const char *one, const char *other)
{
	const char *one_name = strrchr(one, '/'), *other_name = strrchr(other, '/');
	char folder[PATH_MAX];
	struct stat one_status, other_status;

	if (!one_name || !other_name || strcmp(one_name, other_name) != 0)
		return false;
	if ((size_t)snprintf(folder, sizeof(folder), "%.*s", (int)(one_name - one) + 1, one) >=
		    sizeof(folder) ||
	    stat(folder, &one_status) ||
	    (size_t)snprintf(folder, sizeof(folder), "%.*s", (int)(other_name - other) + 1,
			     other) >= sizeof(folder) ||
	    stat(folder, &other_status))
		return false;
	return one_status.st_dev == other_status.st_dev && one_status.st_ino == other_status.st_ino;
}

const char *launch_find_variable(const char *environ_text, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (size_t at = 0; at < size; at += strlen(environ_text + at) + 1) {
		if (!strncmp(environ_text + at, name, length) && environ_text[at + length] == '=')
			return environ_text + at + length + 1;
	}
	return NULL;
}

/* The parent of a process, 0 when there is none or it is not told. */
static pid_t parent_of(pid_t pid)
{
	char *text, *end;
	size_t size;
	int parent = 0;

	if (procfs_read_file(pid, "stat", 4096, &text, &size, NULL))
		return 0;
	end = strrchr(text, ')'); /* the name before it may have any form */
	if (!end || sscanf(end, ") %*c %d", &parent) != 1)
		parent = 0;
	free(text);
	return parent;
}

/* Is it sudo, or a process of the user who called it? */
static bool is_callers(pid_t pid, uid_t caller)
{
	char folder[32], *name;
	struct stat status;
	size_t size;
	bool sudo;

	if (procfs_read_file(pid, "comm", 64, &name, &size, NULL))
		return false;
	sudo = !strcmp(name, "sudo\n");
	free(name);
	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	return sudo || (!stat(folder, &status) && status.st_uid == caller);
}

bool launch_find_callers_path(pid_t pid, uid_t caller, char *ret_path, size_t capacity)
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++, pid = parent_of(pid)) {
		const char *path;
		bool callers, fits;
		size_t size;
		char *text;

		if (!is_callers(pid, caller))
			continue;
		if (procfs_read_file(pid, "environ", ENVIRON_SIZE_MAX, &text, &size, NULL))
			return false;
		callers = size && !launch_find_variable(text, size, "SUDO_UID");
		path = callers ? launch_find_variable(text, size, "PATH") : NULL;
		fits = path && (size_t)snprintf(ret_path, capacity, "%s", path) < capacity;
		free(text);
		if (callers)
			return fits;
	}
	return false;
}
