/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens and reads files below a folder by openat2, so that the kernel itself sees to it that nothing leads out of there. */
#include "container/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc 2.36 has no function for it; the kernel has it since 5.6. */
static int open_how(int folder, const char *path, int flags, unsigned long long resolve)
{
	struct open_how how = {
		.flags = (unsigned long long)(unsigned)flags | O_CLOEXEC,
		.resolve = resolve | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int host_folder_open(const char *root, const char *path)
{
	int top, folder;

	top = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -errno;
	folder = open_how(top, path, O_RDONLY | O_DIRECTORY, RESOLVE_IN_ROOT);
	close(top);
	return folder;
}

int host_file_read(int folder, const char *path, size_t size_max, char **ret_text, size_t *ret_size)
{
	char *text = NULL;
	size_t size = 0, capacity;
	struct stat status;
	int fd, code = 0;

	fd = open_how(folder, path, O_RDONLY | O_NONBLOCK | O_NOCTTY,
		      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd < 0)
		return fd;
	if (fstat(fd, &status)) {
		code = -errno;
		goto out;
	}
	if (!S_ISREG(status.st_mode)) {
		code = -EINVAL;
		goto out;
	}
	if (status.st_size < 0 || (unsigned long long)status.st_size > size_max) {
		code = -EFBIG;
		goto out;
	}
	/* A byte more than it had shows that it is being written to: no text to trust. */
	capacity = (size_t)status.st_size + 1;
	text = malloc(capacity + 1);
	if (!text) {
		code = -ENOMEM;
		goto out;
	}
	while (size < capacity) {
		ssize_t got = read(fd, text + size, capacity - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			code = -errno;
			goto out;
		}
		if (!got)
			break;
		size += (size_t)got;
	}
	if (size == capacity) {
		code = -EAGAIN;
		goto out;
	}
	text[size] = '\0';
	*ret_text = text;
	*ret_size = size;
	text = NULL;
out:
	free(text);
	close(fd);
	return code;
}
