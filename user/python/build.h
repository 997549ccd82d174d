/* SPDX-License-Identifier: GPL-2.0-only */
/* From what a file says of its CPython to a build with a layout row, or to the refusal of it. */
#ifndef PBP_PYTHON_BUILD_H
#define PBP_PYTHON_BUILD_H

#include <stdint.h>

#include "base/err.h"
#include "python/detect.h"

struct mapped_binary;

/*
 * The build that the mapped binary is, whose file the process calls path; it has a runtime. program is the process's
 * main executable (NULL: could not be read), to whose copies of data a library may be bound. assume_series as
 * detect_python's. -ENOTSUP: no row stands for it; err names version, flavour and reason.
 */
int build_identify(const struct mapped_binary *mapped, const char *path,
		   const struct mapped_binary *program, uint16_t assume_series,
		   struct python_build *ret_build, struct err *err);

#endif
