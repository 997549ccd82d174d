/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of event sources; nothing about any single one. */
#include "capture/source.h"

#include <stddef.h>

const struct event_source *const event_sources[] = {
	&source_cpu_clock,
	NULL,
};
