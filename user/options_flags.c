/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options without a value: each sets its field. Must not know their names, nor how one of them goes with another.
 */
#include "options_flags.h"

#include "options.h"

void option_set_children(struct options *options)
{
	options->no_children = false;
}

void option_set_no_children(struct options *options)
{
	options->no_children = true;
}

void option_set_threads(struct options *options)
{
	options->threads = true;
}

void option_set_per_cpu(struct options *options)
{
	options->source = OPTIONS_PER_CPU;
}

void option_set_per_thread(struct options *options)
{
	options->source = OPTIONS_PER_THREAD;
}

void option_set_timeline(struct options *options)
{
	options->timeline = true;
}

void option_set_reverse(struct options *options)
{
	options->report.reverse = true;
}

void option_set_strip_dirs(struct options *options)
{
	options->report.strip_dirs = true;
}

void option_set_full_paths(struct options *options)
{
	options->report.full_paths = true;
}

void option_set_show_all(struct options *options)
{
	options->report.show_all = true;
}

void option_set_invert(struct options *options)
{
	options->report.invert = true;
}

void option_set_color(struct options *options)
{
	options->color = OPTIONS_ALWAYS;
}

void option_set_no_color(struct options *options)
{
	options->color = OPTIONS_NEVER;
}

void option_set_unicode(struct options *options)
{
	options->unicode = OPTIONS_ALWAYS;
}

void option_set_ascii(struct options *options)
{
	options->unicode = OPTIONS_NEVER;
}

void option_set_quiet(struct options *options)
{
	options->quiet = true;
}

void option_set_verbose(struct options *options)
{
	options->verbose++;
}

void option_set_help(struct options *options)
{
	options->help = true;
}

void option_set_version(struct options *options)
{
	options->version = true;
}
