/* SPDX-License-Identifier: GPL-2.0-only */
/* The names that elements of a stack have in a saved profile which are no Python functions, "[native]" and its like. */
#ifndef PBP_STORE_SPECIAL_H
#define PBP_STORE_SPECIAL_H

#include <stdbool.h>

#include "profile/symbol.h"

struct strbuf;

/* Add the name of a symbol that is no SYMBOL_FUNCTION. */
void special_write(struct strbuf *buf, const struct symbol *symbol);

/* The symbol of such a name, its text (a part of `name`) in `buf`; false when it is none. */
bool special_read(const char *name, struct strbuf *buf, struct symbol *ret_symbol);

#endif
