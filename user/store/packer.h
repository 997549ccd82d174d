/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiles as members of a saved file. What was packed once, a text, a function, a process, is not packed again in later
 * members; it must be the same profile each time.
 *
 *   packer_begin ─▶ packer_add_process, packer_add_row ... ─▶ packer_end      one member
 *
 * The first failure latches: what follows does nothing, and packer_end() tells it.
 */
#ifndef PBP_STORE_PACKER_H
#define PBP_STORE_PACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct order_moment;
struct packer;
struct profile;

/* Bytes go to `stream` (the caller's) from time to time, or, with `in_one_piece`, only when a member is finished. NULL when
 * memory runs out. */
struct packer *packer_new(FILE *stream, bool in_one_piece);
void packer_free(struct packer *packer);

/* A new member: what the whole profile is, and its account so far. */
void packer_begin(struct packer *packer, const struct profile *profile);

/* The main executable is that of the first process of either. */
void packer_add_mapping(struct packer *packer, uint32_t process);
void packer_add_process(struct packer *packer, uint32_t process);

/* A row, and those of its samples whose time was kept. Its process must have been added. Returns how many samples of
 * the file that makes. */
size_t packer_add_row(struct packer *packer, size_t row, const struct order_moment *moments,
		      size_t nmoments);

/* Tells whether a process has facts that were not packed yet. */
bool packer_is_new(const struct packer *packer, const struct profile *profile, uint32_t process);

/* Finish the member. 0, or the first failure with its reason: -ENOMEM; -EFBIG a number or a text is too large. */
int packer_end(struct packer *packer, uint64_t *ret_bytes, struct err *err);

#endif
