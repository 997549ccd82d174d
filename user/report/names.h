/* SPDX-License-Identifier: GPL-2.0-only */
/* What symbols, processes and threads are called in reports: labels for scripts. */
#ifndef PBP_REPORT_NAMES_H
#define PBP_REPORT_NAMES_H

#include <stdint.h>

struct profile_process;
struct profile_thread;
struct strbuf;
struct symbol;

/*
 * Add the label that scripts parse: "QUALNAME (PATH:LINE)", or "[native]" and its like; a ';' inside becomes
 * ':'. Sanitized, not shortened.
 */
void names_add_label(struct strbuf *buf, const struct symbol *symbol, int32_t line);

/* Add "[native]" and its like, sanitized. The symbol is not a function. */
void names_add_special(struct strbuf *buf, const struct symbol *symbol);

/*
 * Add "COMM [PID]", of several put together "COMM [PID and 63 more]", without a pid the name alone; a ';' inside becomes
 * ':'. Sanitized.
 */
#define NAMES_PROCESS "process" /* one of which nothing is known */
void names_add_process(struct strbuf *buf, const struct profile_process *process);

/* Add "NAME [TID]"; a ';' inside becomes ':'. Sanitized. */
void names_add_thread(struct strbuf *buf, const struct profile_thread *thread);
#define NAMES_THREAD "thread" /* the name of one that has none */

#endif
