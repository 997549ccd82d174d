/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the files that container runtimes keep on the host: whole, small, regular, and nowhere but where they belong. */
#ifndef PBP_CONTAINER_HOST_FILE_H
#define PBP_CONTAINER_HOST_FILE_H

#include <stddef.h>

/*
 * Open a folder by its absolute path below root ("": the machine's own); its links lead nowhere outside of root. Returns a
 * descriptor that the caller closes, or a negative errno.
 */
int host_folder_open(const char *root, const char *path);

/*
 * Read a whole file by its path below folder, without following any link. *ret_text is the caller's to free and has a
 * zero behind its *ret_size bytes. Returns 0 or a negative errno: -EFBIG when it is larger than size_max, -EINVAL when it
 * is no regular file, -EAGAIN when it grows just now. Does not wait for a FIFO.
 */
int host_file_read(int folder, const char *path, size_t size_max, char **ret_text,
		   size_t *ret_size);

#endif
