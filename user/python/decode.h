/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading an address out of the machine code of a small function, where no symbol tells it. */
#ifndef PBP_PYTHON_DECODE_H
#define PBP_PYTHON_DECODE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of code that are enough for the functions meant; fewer may do. */
#define DECODE_BYTES 32

/*
 * The address of the variable that a function on x86-64 returns and does nothing else, from its size bytes of code,
 * the first of which is at address addr. -ENOENT: the code is another.
 */
int decode_returned_variable(const uint8_t *code, size_t size, uint64_t addr, uint64_t *ret_addr);

#endif
