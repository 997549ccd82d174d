/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which module a file is, as far as paths tell: of libraries "json.decoder"; of the application what lies behind the folder
 * of a script that was started ("shop.views" beside manage.py), else as much of the end as tells it apart.
 */
#ifndef PBP_REPORT_MODULES_H
#define PBP_REPORT_MODULES_H

struct profile;

struct modules;

/* NULL when memory runs out. Valid until the profile is added to. */
struct modules *modules_new(const struct profile *profile);
void modules_free(struct modules *modules);

/* `file` is a text of one of the profile's symbols; equal modules have equal pointers. Not sanitized. */
const char *modules_get(const struct modules *modules, const char *file);

#endif
