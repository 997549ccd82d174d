/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one place that picks the fixed-width types of what crosses from kernel to user space. */
#ifndef PBP_INCLUDE_ABI_H
#define PBP_INCLUDE_ABI_H

#ifdef __bpf__
#include "vmlinux.h"
#else
#include <linux/types.h>
#endif

#define PBP_STATIC_ASSERT(condition, message) _Static_assert(condition, message)

PBP_STATIC_ASSERT(sizeof(void *) == 8, "addresses of targets are 64 bits wide");
PBP_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "targets are little-endian");

#endif
