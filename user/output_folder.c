/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks a path by itself, one name at a time: the kernel follows every link on the way but the last, whoever made it
 * (openat2's RESOLVE_NO_SYMLINKS follows none). Each name is looked up in a folder that is held open.
 */
#include "output_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As the kernel's own limit (MAXSYMLINKS). */
#define LINKS_MAX 40

struct walk {
	int folder; /* reached so far */
	char rest[PATH_MAX]; /* of the path, to be walked from there */
	long invoker;
	unsigned nlinks;
	bool strange; /* a link is another user's */
};

/* Begin at the root when the path says so, else where we are. */
static int begin(struct walk *walk)
{
	int folder;

	if (*walk->rest != '/' && walk->folder >= 0)
		return 0;
	folder = open(*walk->rest == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	if (walk->folder >= 0)
		close(walk->folder);
	walk->folder = folder;
	return 0;
}

/* Take the next name off the path; false: there is none. */
static bool next_name(struct walk *walk, char name[NAME_MAX + 1], int *ret_code)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");

	*ret_code = length > NAME_MAX ? -ENAMETOOLONG : 0;
	if (!length || *ret_code)
		return false;
	memcpy(name, start, length);
	name[length] = 0;
	memmove(walk->rest, start + length, strlen(start + length) + 1);
	return true;
}

/* Put where the link leads in front of what is left. */
static int follow(struct walk *walk, int link)
{
	char path[PATH_MAX];
	struct stat status;
	ssize_t length;

	if (fstat(link, &status))
		return -errno;
	if (!S_ISLNK(status.st_mode))
		return -ENOTDIR;
	walk->strange = status.st_uid != 0 && status.st_uid != geteuid() &&
			(long)status.st_uid != walk->invoker;
	if (walk->strange)
		return -EACCES;
	if (++walk->nlinks > LINKS_MAX)
		return -ELOOP;
	length = readlinkat(link, "", path, sizeof(path));
	if (length < 0)
		return -errno;
	if ((size_t)length + 1 + strlen(walk->rest) >= sizeof(path))
		return -ENAMETOOLONG;
	path[length] = '/';
	strcpy(path + length + 1, walk->rest);
	strcpy(walk->rest, path);
	return begin(walk);
}

static int step(struct walk *walk, const char *name)
{
	int folder = openat(walk->folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int link, code;

	if (folder >= 0) {
		close(walk->folder);
		walk->folder = folder;
		return 0;
	}
	if (errno != ENOTDIR) /* as of a link */
		return -errno;
	link = openat(walk->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (link < 0)
		return -errno;
	code = follow(walk, link);
	close(link);
	return code;
}

int output_folder_open(const char *path, long invoker, int *ret_fd, struct err *err)
{
	struct walk walk = { .folder = -1, .invoker = invoker };
	char name[NAME_MAX + 1];
	int code, end = 0;

	if (strlen(path) >= sizeof(walk.rest))
		return err_set(err, -ENAMETOOLONG, "folder '%s': %s", path, strerror(ENAMETOOLONG));
	strcpy(walk.rest, path);
	code = begin(&walk);
	while (!code && next_name(&walk, name, &end))
		code = step(&walk, name);
	code = code ? code : end;
	if (!code) {
		*ret_fd = walk.folder;
		return 0;
	}
	if (walk.folder >= 0)
		close(walk.folder);
	return err_set(err, code, "folder '%s': %s", path,
		       walk.strange ? "a link on the way is another user's" : strerror(-code));
}
