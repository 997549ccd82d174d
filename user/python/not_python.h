/* SPDX-License-Identifier: GPL-2.0-only */
/* Other implementations of Python, which people take for CPython. */
#ifndef PBP_PYTHON_NOT_PYTHON_H
#define PBP_PYTHON_NOT_PYTHON_H

struct maps;

/* The name of the one whose files are among those mapped, NULL: none that we know. For messages only. */
const char *not_python_name(const struct maps *maps);

#endif
