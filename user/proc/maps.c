/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses the mappings of a process, and opens what is mapped. The kernel writes the numbers, but the process
 * chooses the paths and how many there are. Must not know what the mappings are good for.
 */
#include "proc/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "proc/procfs.h"

#define DELETED " (deleted)"

/* Parse a number without sign or prefix at *at that ends with the character; move behind that. */
static bool take_number(char **at, unsigned base, char ends_with, uint64_t *ret_number)
{
	uint64_t number = 0;
	char *digit = *at;
	unsigned value;

	for (; *digit != ends_with; digit++) {
		if (*digit >= '0' && *digit <= '9')
			value = (unsigned)(*digit - '0');
		else if (*digit >= 'a' && *digit <= 'f')
			value = (unsigned)(*digit - 'a') + 10;
		else
			return false;
		if (value >= base || __builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, value, &number))
			return false;
	}
	if (digit == *at)
		return false;
	*at = digit + 1;
	*ret_number = number;
	return true;
}

/* The four letters and the space behind them. */
static bool take_permissions(char **at, struct mapping *mapping)
{
	const char *p = *at;

	if ((p[0] != 'r' && p[0] != '-') || (p[1] != 'w' && p[1] != '-') ||
	    (p[2] != 'x' && p[2] != '-') || (p[3] != 'p' && p[3] != 's') || p[4] != ' ')
		return false;
	mapping->readable = p[0] == 'r';
	mapping->writable = p[1] == 'w';
	mapping->executable = p[2] == 'x';
	mapping->shared = p[3] == 's';
	*at += 5;
	return true;
}

/* The path is the rest of the line behind padding; it may hold spaces itself. */
static void take_path(char *at, struct mapping *mapping)
{
	size_t length;

	at += strspn(at, " ");
	length = strlen(at);
	if (length >= strlen(DELETED) && !strcmp(at + length - strlen(DELETED), DELETED)) {
		at[length - strlen(DELETED)] = '\0';
		mapping->deleted = true;
	}
	mapping->path = at;
}

/*
 * One line without its newline:
 *
 *   START-END PERM OFFSET MAJOR:MINOR INODE      PATH
 *   hex   hex rwxp hex    hex   hex   decimal    the rest, or nothing
 */
static bool parse_line(char *line, struct mapping *mapping)
{
	uint64_t major, minor;
	char *at = line, *inode_end;

	if (!take_number(&at, 16, '-', &mapping->start) ||
	    !take_number(&at, 16, ' ', &mapping->end) || !take_permissions(&at, mapping) ||
	    !take_number(&at, 16, ' ', &mapping->offset) || !take_number(&at, 16, ':', &major) ||
	    !take_number(&at, 16, ' ', &minor) || major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	if (mapping->start >= mapping->end)
		return false;
	mapping->device_major = (uint32_t)major;
	mapping->device_minor = (uint32_t)minor;
	/* Older kernels leave out the space behind the inode when no path follows. */
	inode_end = at + strspn(at, "0123456789");
	if (!take_number(&at, 10, *inode_end == ' ' ? ' ' : '\0', &mapping->inode))
		return false;
	take_path(inode_end, mapping);
	return true;
}

static size_t count_lines(const char *text, size_t size)
{
	size_t nlines = 0;

	for (size_t i = 0; i < size; i++)
		nlines += text[i] == '\n';
	if (size && text[size - 1] != '\n')
		nlines++;
	return nlines;
}

/* Cut the text into lines and parse each. Takes the text over only on success. */
static int parse_lines(char *text, size_t size, size_t nlines, struct maps *ret_maps,
		       struct err *err)
{
	struct mapping *mappings;
	char *line = text, *next;

	mappings = calloc(nlines ? nlines : 1, sizeof(*mappings));
	if (!mappings)
		return err_set(err, -ENOMEM, "mappings: %s", strerror(ENOMEM));
	for (size_t i = 0; i < nlines; i++, line = next) {
		next = memchr(line, '\n', (size_t)(text + size - line));
		next = next ? next + 1 : text + size + 1;
		next[-1] = '\0';
		/* A NUL inside would hide the rest of the line. */
		if (strlen(line) != (size_t)(next - line - 1) || !parse_line(line, &mappings[i])) {
			free(mappings);
			return err_set(err, -EBADMSG, "line %zu of the mappings is malformed",
				       i + 1);
		}
	}
	ret_maps->mappings = mappings;
	ret_maps->nmappings = nlines;
	ret_maps->text = text;
	return 0;
}

/* As maps_parse, but the text is on the heap, ends in a NUL, and is taken over. */
static int parse_owned(char *text, size_t size, struct maps *ret_maps, struct err *err)
{
	size_t nlines = count_lines(text, size);
	int r;

	if (nlines > MAPS_MAPPINGS_MAX)
		r = err_set(err, -E2BIG, "%zu mappings are more than the %d that are looked at",
			    nlines, MAPS_MAPPINGS_MAX);
	else
		r = parse_lines(text, size, nlines, ret_maps, err);
	if (r < 0)
		free(text);
	return r;
}

int maps_parse(const char *text, size_t size, struct maps *ret_maps, struct err *err)
{
	char *copy;

	if (size > MAPS_BYTES_MAX)
		return err_set(err, -E2BIG, "the mappings are longer than %d bytes",
			       MAPS_BYTES_MAX);
	copy = malloc(size + 1);
	if (!copy)
		return err_set(err, -ENOMEM, "mappings: %s", strerror(ENOMEM));
	memcpy(copy, text, size);
	copy[size] = '\0';
	return parse_owned(copy, size, ret_maps, err);
}

int maps_read(pid_t pid, struct maps *ret_maps, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	int r;

	r = procfs_read_file(pid, "maps", MAPS_BYTES_MAX, &text, &size, err);
	if (r < 0)
		return r;
	r = parse_owned(text, size, ret_maps, err);
	if (r < 0)
		err_wrap(err, "pid %d", pid);
	return r;
}

void maps_done(struct maps *maps)
{
	free(maps->mappings);
	free(maps->text);
	*maps = (struct maps){ 0 };
}

bool mapping_is_file(const struct mapping *mapping)
{
	return mapping->inode != 0 && mapping->path[0] == '/';
}

bool mapping_same_file(const struct mapping *mapping, const struct mapping *other)
{
	return mapping->inode == other->inode && mapping->device_major == other->device_major &&
	       mapping->device_minor == other->device_minor &&
	       !strcmp(mapping->path, other->path) && mapping->deleted == other->deleted;
}

/* What is found by a path may be another file than the mapped one. */
static bool is_mapped_file(int fd, const struct mapping *mapping, const struct stat *status)
{
	struct statfs filesystem;

	if (status->st_ino != mapping->inode)
		return false;
	if (major(status->st_dev) == mapping->device_major &&
	    minor(status->st_dev) == mapping->device_minor)
		return true;
	/* These give stat another device than the one that /proc/PID/maps shows. */
	return fstatfs(fd, &filesystem) == 0 && (filesystem.f_type == OVERLAYFS_SUPER_MAGIC ||
						 filesystem.f_type == BTRFS_SUPER_MAGIC);
}

/*
 * The path inside the process's root directory. Links in it stay inside: /proc/PID/root + path alone would let
 * an absolute one lead into our own root.
 */
static int open_in_root(pid_t pid, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	char root_path[64];
	int root, fd;

	snprintf(root_path, sizeof(root_path), "/proc/%d/root", pid);
	root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close(root);
	return fd;
}

/* Pass on a descriptor if it is of the mapped file, close it otherwise. A failed open is passed on by errno. */
static int open_if_mapped(int fd, const struct mapping *mapping)
{
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && is_mapped_file(fd, mapping, &status))
		return fd;
	close(fd);
	return -ESTALE;
}

/*
 * A descriptor that only names the file (O_PATH): opening so runs no driver and waits for nobody. Following the
 * link in map_files takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, that of the program does not.
 */
static int open_name(pid_t pid, const struct mapping *mapping)
{
	char link[128];
	int fd, in_root;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, mapping->start,
		 mapping->end);
	fd = open(link, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	fd = open_if_mapped(open(link, O_PATH | O_CLOEXEC), mapping);
	if (fd >= 0 || mapping->deleted)
		return fd >= 0 ? fd : -ESTALE;
	in_root = open_in_root(pid, mapping->path);
	if (in_root >= 0)
		in_root = open_if_mapped(in_root, mapping);
	if (in_root >= 0)
		return in_root;
	/* Of a plain chroot the path is as seen from our own root. */
	fd = open_if_mapped(open(mapping->path, O_PATH | O_CLOEXEC), mapping);
	return fd >= 0 || in_root == -ENOENT ? fd : in_root;
}

static int set_unopened(const struct mapping *mapping, int code, struct err *err)
{
	if (mapping->deleted) {
		err_set(err, -ESTALE, "%s was deleted while it was mapped", mapping->path);
		err_hint(err, "root can still open it");
		return -ESTALE;
	}
	if (code == -ESTALE || code == -ENOENT)
		return err_set(err, -ESTALE, "%s is not the file any more that is mapped",
			       mapping->path);
	return err_set(err, code, "cannot open %s: %s", mapping->path, strerror(-code));
}

int mapping_open(pid_t pid, const struct mapping *mapping, int *ret_fd, struct err *err)
{
	char link[64];
	struct stat status;
	int name, fd, r = 0;

	name = open_name(pid, mapping);
	if (name < 0)
		return set_unopened(mapping, name, err);
	if (fstat(name, &status) < 0) {
		r = -errno;
		err_set(err, r, "cannot stat %s: %s", mapping->path, strerror(-r));
	} else if (!S_ISREG(status.st_mode)) {
		r = err_set(err, -EACCES, "%s is not a regular file", mapping->path);
	}
	if (r < 0)
		goto out;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", name);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		r = -errno;
		err_set(err, r, "cannot open %s: %s", mapping->path, strerror(-r));
		goto out;
	}
	*ret_fd = fd;
out:
	close(name);
	return r;
}
