/* SPDX-License-Identifier: GPL-2.0-only */
/* Interned strings: equal texts are kept once and have one small id. Nothing is ever dropped before the end. */
#ifndef PBP_BASE_STRTAB_H
#define PBP_BASE_STRTAB_H

#include <stddef.h>
#include <stdint.h>

struct strtab;

/* NULL when memory runs out. */
struct strtab *strtab_new(void);
void strtab_free(struct strtab *strtab);

/* The id of `text`, which is copied when it is new: 0, 1, 2 … in the order of first appearance. Returns 0,
 * -ENOMEM, or -EOVERFLOW past 2^32 - 2 ids. */
int strtab_add(struct strtab *strtab, const char *text, uint32_t *ret_id);

/* The text of an id below strtab_count(); it never moves, so equal texts have equal pointers. */
const char *strtab_text(const struct strtab *strtab, uint32_t id);

size_t strtab_count(const struct strtab *strtab);

#endif
