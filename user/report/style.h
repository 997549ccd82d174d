/* SPDX-License-Identifier: GPL-2.0-only */
/* Colours of the reports for people: nothing at all unless they were asked for. */
#ifndef PBP_REPORT_STYLE_H
#define PBP_REPORT_STYLE_H

#include <stdbool.h>

/* The escape sequence that begins the colour of a share (0..1) of all time; "" without colour. */
const char *style_share(double share, bool color);

/* The sequence that begins the colour of what got hotter, red, or cooler, green; "" without colour. */
const char *style_change(bool hotter, bool color);

/* The sequences that begin what matters less, and that end any style; "" without colour. */
const char *style_faint(bool color);
const char *style_end(bool color);

#endif
