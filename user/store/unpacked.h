/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a saved profile without their compression. They can be read more than once, always in order, and take no
 * more memory the more there are.
 */
#ifndef PBP_STORE_UNPACKED_H
#define PBP_STORE_UNPACKED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct unpacked;

/*
 * Open the file ("-": standard input, which is copied first where it cannot be read twice). 0; -ENOENT and other system
 * errors; -EBADMSG it is empty or of a kind that is none of ours, named; -EFBIG. The path is kept for messages.
 */
int unpacked_open(const char *path, struct unpacked **ret_unpacked, struct err *err);

/* NULL is fine. */
void unpacked_close(struct unpacked *unpacked);

/* Begin anew at the first byte. */
void unpacked_rewind(struct unpacked *unpacked);

/*
 * The next bytes, at most `size` (not 0). Returns their number, 0 at the end, or a negative errno: -EBADMSG the file is torn
 * here, so that of what was read nothing since the last whole member is to be trusted; -EFBIG more than can be meant.
 */
ssize_t unpacked_read(struct unpacked *unpacked, void *bytes, size_t size, struct err *err);

/*
 * Unpack everything once, to see where the file is torn; from then on reading ends before that. 0, or -EBADMSG when not even
 * one member is whole. Rewinds.
 */
int unpacked_check(struct unpacked *unpacked, struct err *err);

/* As far as it was read; whole after reading to the end or unpacked_check(). */
struct unpacked_facts {
	uint64_t file_bytes;
	uint64_t members; /* whole ones; 0: not compressed */
	uint64_t torn_offset; /* in the file; 0: not torn as far as is known */
};
struct unpacked_facts unpacked_facts(const struct unpacked *unpacked);
const char *unpacked_name(const struct unpacked *unpacked);

#endif
