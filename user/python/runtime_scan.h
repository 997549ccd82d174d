/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding the runtime by what stands in it, where neither a symbol nor a section tells. */
#ifndef PBP_PYTHON_RUNTIME_SCAN_H
#define PBP_PYTHON_RUNTIME_SCAN_H

#include <stdint.h>

struct elf_image;

/*
 * The linked address of _Py_DebugOffsets, with which _PyRuntime begins from 3.13 on, in the image's writable
 * segments, as far as elf.h lets read. -ENOENT: none seen.
 */
int runtime_scan(struct elf_image *image, uint64_t *ret_addr);

#endif
