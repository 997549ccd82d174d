/* SPDX-License-Identifier: GPL-2.0-only */
/* The closing account's lines about more than the sampled processes: the machine, and what was not sampled. */
#ifndef PBP_REPORT_CLOSING_HOST_H
#define PBP_REPORT_CLOSING_HOST_H

#include <stdbool.h>

struct account;
struct strbuf;

/* Add where the CPU time of the whole host went, as shares of all ticks asked; nothing unless all of it was sampled. */
void closing_add_host(struct strbuf *text, const struct account *account, bool unicode);

/* Add which processes were not sampled and why, and which are told together; nothing if there are none. */
void closing_add_not_sampled(struct strbuf *text, const struct account *account);

#endif
