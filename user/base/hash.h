/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uthash, to be included instead of <uthash.h>. Keys come from sampled programs and from files: whoever can foresee their
 * hashes can put all of them into one bucket, so ours depend on a number that nobody else knows. An entry that could not
 * be added for want of memory is told by its hh.tbl being NULL.
 */
#ifndef PBP_BASE_HASH_H
#define PBP_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Another number in each run. */
uint32_t hash_bytes(const void *bytes, size_t length);

#define HASH_NONFATAL_OOM		  1
#define HASH_FUNCTION(key, length, value) ((value) = hash_bytes((key), (length)))
#include <uthash.h>

#endif
