/* SPDX-License-Identifier: GPL-2.0-only */
/* What symbols and files are called in reports: labels for scripts, short names for people. */
#ifndef PBP_REPORT_NAMES_H
#define PBP_REPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;
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

/* Add "COMM [PID]", of several put together "COMM [PID and 63 more]"; a ';' inside becomes ':'. Sanitized. */
void names_add_process(struct strbuf *buf, const struct profile_process *process);

/* Add "NAME [TID]"; a ';' inside becomes ':'. Sanitized. */
void names_add_thread(struct strbuf *buf, const struct profile_thread *thread);
#define NAMES_THREAD "thread" /* the name of one that has none */

/* Does this file belong to Python's library or an installed package rather than to the application? */
bool names_is_library(const char *file);

/* The package or module of a library file: the first *ret_length bytes of what is returned. */
const char *names_module(const char *file, size_t *ret_length);

/*
 * Short names of a profile's files: "json/decoder.py" for what lies in a library, the last part of other paths
 * where no other file of the profile ends alike, else the path as it is.
 */
struct file_names;

/* NULL when memory runs out. Valid until the profile is added to. */
struct file_names *file_names_new(const struct profile *profile);
void file_names_free(struct file_names *names);

/* `file` is a text of one of the profile's symbols; what is returned lies inside it. */
const char *file_names_get(const struct file_names *names, const char *file);

#endif
