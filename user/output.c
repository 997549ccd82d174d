/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes files as root where another user may own the folder: names are resolved once, to an open folder, and
 * everything after that is relative to it and refuses links.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output_folder.h"

/* Tries at a temporary name that nobody has. */
#define NAME_TRIES 100

struct output {
	FILE *stream;
	const char *shown; /* for messages */
	int folder; /* open folder of the file, -1: not a file of ours */
	char name[NAME_MAX + 1], temporary[NAME_MAX + 64];
};

/* A uid or gid that sudo left in the environment, or -1. */
static long sudo_id(const char *variable)
{
	const char *text = geteuid() ? NULL : getenv(variable);
	char *end;
	long id;

	if (!text || !*text)
		return -1;
	errno = 0;
	id = strtol(text, &end, 10);
	return errno || *end || id < 0 || id > INT_MAX ? -1 : id;
}

/* Paths of the system itself, where a link (/dev/stdout, /dev/fd/3) is nobody's trap. */
static bool is_system_path(const char *path)
{
	return !strcmp(path, "/dev/stdout") || !strcmp(path, "/dev/stderr") ||
	       (!strncmp(path, "/dev/fd/", 8) && !strchr(path + 8, '/')) ||
	       (!strncmp(path, "/proc/self/fd/", 14) && !strchr(path + 14, '/'));
}

/* A device, a pipe or a terminal is written to as it is; elsewhere than in /dev only what nobody else put there. */
static bool is_special(const struct stat *status, bool in_system)
{
	if (in_system)
		return !S_ISREG(status->st_mode) && !S_ISDIR(status->st_mode);
	return (S_ISCHR(status->st_mode) || S_ISFIFO(status->st_mode)) &&
	       (status->st_uid == 0 || status->st_uid == geteuid() ||
		(long)status->st_uid == sudo_id("SUDO_UID"));
}

/* Open what lies at the name in the folder, if it still is what `expected` says. */
static int open_special(struct output *output, int folder, const char *name, int flags,
			const struct stat *expected, struct err *err)
{
	/* Without O_NONBLOCK a pipe that nobody reads would hold us here. */
	int fd = openat(folder, name, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK | flags);
	struct stat status;

	if (fd >= 0 && !fstat(fd, &status) &&
	    (status.st_dev != expected->st_dev || status.st_ino != expected->st_ino)) {
		close(fd);
		return err_set(err, -ESTALE, "cannot write to '%s': somebody replaces it",
			       output->shown);
	}
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) == 0)
		output->stream = fdopen(fd, "w");
	if (output->stream)
		return 0;
	err_set(err, -errno, "cannot write to '%s': %s", output->shown, strerror(errno));
	if (errno == ENXIO)
		err_hint(err, "nobody reads from this pipe");
	if (fd >= 0)
		close(fd);
	return err->code;
}

/* What could not be replaced at the end is told now. */
static int check_goal(const struct output *output, const struct stat *goal, struct err *err)
{
	struct stat folder;

	if (S_ISDIR(goal->st_mode))
		return err_set(err, -EISDIR, "cannot write to '%s': it is a folder", output->shown);
	/* Where everybody may make files, each removes but his own (inode(7), sticky bit). */
	if (geteuid() && !fstat(output->folder, &folder) && folder.st_mode & S_ISVTX &&
	    folder.st_uid != geteuid() && goal->st_uid != geteuid())
		return err_set(err, -EPERM, "cannot write to '%s': it is another user's",
			       output->shown);
	return 0;
}

static int open_folder(struct output *output, const char *path, struct err *err)
{
	char folder[PATH_MAX], name[PATH_MAX];

	if (strlen(path) >= PATH_MAX || !*path)
		return err_set(err, -ENAMETOOLONG, "cannot write to '%s': not a file name", path);
	strcpy(folder, path);
	strcpy(name, path);
	if (path[strlen(path) - 1] == '/' || strlen(basename(name)) > NAME_MAX - 16)
		return err_set(err, -EISDIR, "cannot write to '%s': not a file name", path);
	strcpy(name, path);
	strcpy(output->name, basename(name));
	if (output_folder_open(dirname(folder), sudo_id("SUDO_UID"), &output->folder, err))
		return err_wrap(err, "cannot write to '%s'", path);
	return 0;
}

/* A new file in the folder, under a name that nobody has. */
static int open_temporary(struct output *output, const char *path, struct err *err)
{
	int fd = -1;
	long uid = sudo_id("SUDO_UID"), gid = sudo_id("SUDO_GID");

	for (int i = 0; i < NAME_TRIES && fd < 0; i++) {
		snprintf(output->temporary, sizeof(output->temporary), ".%s.%d-%d", output->name,
			 (int)getpid() % 100000, i);
		fd = openat(output->folder, output->temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0) {
		*output->temporary = '\0';
		return err_set(err, -errno, "cannot write to '%s': %s", path, strerror(errno));
	}
	if (uid >= 0 && fchown(fd, (uid_t)uid, (gid_t)gid))
		err_set(err, -errno, "cannot give '%s' to its user: %s", path, strerror(errno));
	else if (!(output->stream = fdopen(fd, "w")))
		err_set(err, -errno, "cannot write to '%s': %s", path, strerror(errno));
	else
		return 0;
	close(fd);
	return err->code;
}

/* A file in a folder that was opened, or what lies there to be written to. */
static int open_file(struct output *output, const char *path, struct err *err)
{
	struct stat goal;
	int code = open_folder(output, path, err);

	if (code)
		return code;
	if (fstatat(output->folder, output->name, &goal, AT_SYMLINK_NOFOLLOW))
		return open_temporary(output, path, err);
	if (!is_special(&goal, false)) {
		code = check_goal(output, &goal, err);
		return code ? code : open_temporary(output, path, err);
	}
	code = open_special(output, output->folder, output->name, O_NOFOLLOW, &goal, err);
	close(output->folder);
	output->folder = -1;
	return code;
}

int output_open(const char *path, struct output **ret_output, struct err *err)
{
	struct output *output = calloc(1, sizeof(*output));
	struct stat status;
	int code = 0;

	if (!output)
		return err_set(err, -ENOMEM, "out of memory");
	output->folder = -1;
	if (path && !strcmp(path, "-"))
		path = NULL;
	output->shown = path ? path : "standard output";
	if (!path)
		output->stream = stdout;
	else if (is_system_path(path) && !stat(path, &status) && is_special(&status, true))
		code = open_special(output, AT_FDCWD, path, 0, &status, err);
	else
		code = open_file(output, path, err);
	if (code) {
		output_free(output);
		return code;
	}
	*ret_output = output;
	return 0;
}

int output_again(const struct output *output, struct output **ret_output, struct err *err)
{
	struct output *again;
	int code = 0;

	if (!output_is_file(output))
		return err_set(err, -EINVAL, "'%s' is not a file", output->shown);
	again = calloc(1, sizeof(*again));
	if (!again)
		return err_set(err, -ENOMEM, "out of memory");
	again->shown = output->shown;
	strcpy(again->name, output->name);
	again->folder = fcntl(output->folder, F_DUPFD_CLOEXEC, 0);
	if (again->folder < 0)
		code = err_set(err, -errno, "cannot write to '%s': %s", output->shown,
			       strerror(errno));
	if (!code)
		code = open_temporary(again, again->shown, err);
	if (code) {
		output_free(again);
		return code;
	}
	*ret_output = again;
	return 0;
}

bool output_is_file(const struct output *output)
{
	return output->folder >= 0;
}

FILE *output_stream(struct output *output)
{
	return output->stream;
}

int output_commit(struct output *output, struct err *err)
{
	bool failed = ferror(output->stream);

	errno = failed ? EIO : 0;
	if (fflush(output->stream) || failed)
		return err_set(err, errno ? -errno : -EIO, "cannot write to '%s': %s",
			       output->shown, strerror(errno ? errno : EIO));
	if (!output_is_file(output) || !*output->temporary)
		return 0;
	if (renameat(output->folder, output->temporary, output->folder, output->name))
		return err_set(err, -errno, "cannot write to '%s': %s", output->shown,
			       strerror(errno));
	*output->temporary = '\0';
	return 0;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	if (output->stream && output->stream != stdout)
		fclose(output->stream);
	if (*output->temporary)
		unlinkat(output->folder, output->temporary, 0);
	if (output->folder >= 0)
		close(output->folder);
	free(output);
}
