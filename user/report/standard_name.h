/* SPDX-License-Identifier: GPL-2.0-only */
/* What pstats calls a function in one word: "PATH:LINE(NAME)". Its sorts and restrictions go by it. */
#ifndef PBP_REPORT_STANDARD_NAME_H
#define PBP_REPORT_STANDARD_NAME_H

#include <stdint.h>

struct strbuf;
struct symbol;

/*
 * Add "PATH:LINE(NAME)", sanitized, not shortened; "[native]" and its like for what is no function, and the path alone
 * for a whole file (no name and no line).
 */
void standard_name_add(struct strbuf *buf, const struct symbol *symbol, int32_t line);

#endif
