/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile whose symbols have other names: what becomes equal is one symbol then, so that everything that adds up or
 * prints works on it as on any profile.
 */
#ifndef PBP_REPORT_RENAMED_H
#define PBP_REPORT_RENAMED_H

struct profile;
struct strbuf;
struct symbol;

/*
 * Change what the symbol is called. Its texts are the profile's until they are set; new ones may lie within them, or in
 * function and file, which are empty at each call and live until the next one.
 */
typedef void renamed_rename(struct symbol *symbol, struct strbuf *function, struct strbuf *file);

/*
 * A copy with every symbol renamed: the same processes, threads, account and unit, and the same sums. Without runs and
 * moments. 0, or -ENOMEM or -EOVERFLOW; *ret_renamed is the caller's to free.
 */
int renamed_new(const struct profile *profile, renamed_rename *rename,
		struct profile **ret_renamed);

/* As pstats' strip_dirs: file names without their folders. */
int renamed_new_stripped(const struct profile *profile, struct profile **ret_renamed);

#endif
