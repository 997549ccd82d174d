/* SPDX-License-Identifier: GPL-2.0-only */
/* What options without a value do, one function each. Only options_rows.c knows of them. */
#ifndef PBP_OPTIONS_FLAGS_H
#define PBP_OPTIONS_FLAGS_H

struct options;

void option_set_children(struct options *options);
void option_set_no_children(struct options *options);
void option_set_threads(struct options *options);
void option_set_per_cpu(struct options *options);
void option_set_per_thread(struct options *options);
void option_set_timeline(struct options *options);
void option_set_reverse(struct options *options);
void option_set_strip_dirs(struct options *options);
void option_set_full_paths(struct options *options);
void option_set_show_all(struct options *options);
void option_set_invert(struct options *options);
void option_set_color(struct options *options);
void option_set_no_color(struct options *options);
void option_set_unicode(struct options *options);
void option_set_ascii(struct options *options);
void option_set_quiet(struct options *options);
void option_set_verbose(struct options *options);
void option_set_help(struct options *options);
void option_set_version(struct options *options);

#endif
