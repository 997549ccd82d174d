/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of its own for a test that saves profiles, and reports by which profiles are compared. */
#ifndef PBP_SUPPORT_SAVED_FILE_H
#define PBP_SUPPORT_SAVED_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "store/store.h"

struct profile;

/* An empty temporary file, and its removal. The functions below end the program when something fails that they do not
 * return. */
struct saved_file {
	char path[64];
};
void saved_file_init(struct saved_file *file);
void saved_file_done(struct saved_file *file);

/* Give it these bytes, and no others. */
void saved_file_set(const struct saved_file *file, const void *bytes, size_t size);

/* All its bytes, the caller's to free. */
char *saved_file_get(const struct saved_file *file, size_t *ret_size);

/* Save the profile as the only member. */
void saved_file_write(const struct saved_file *file, const struct profile *profile);

/* Bytes of store_write(), the caller's to free. */
char *saved_bytes(const struct profile *profile, size_t *ret_size);

/* One gzip member of the bytes; the caller's to free. */
char *saved_gzip(const void *bytes, size_t size, size_t *ret_size);

/* What store_read() returns, of a new profile, NULL when it failed. */
struct profile *saved_file_read(const struct saved_file *file, struct store_facts *facts,
				struct err *err);

/* Without limits; the caller's to free. */
char *saved_report(const struct profile *profile, const char *format);

#endif
