/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPython's strings as UTF-8: from the raw characters of a code record, and from a live process. Lengths, kinds
 * and characters come from a target and may be anything.
 */
#ifndef PBP_PYTHON_PYSTR_H
#define PBP_PYTHON_PYSTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <layout.h> /* include/layout.h: in quotes it would be user/python/layout.h */

#include "proc/memory.h"

/* A buffer of this size always holds what raw_size bytes become, with the mark of a cut string and the 0 byte. */
#define PYSTR_UTF8_SIZE(raw_size) (3 * (size_t)(raw_size) + 4)

/*
 * Decode raw_size bytes of characters that are kind bytes wide (1: Latin-1, 2: UCS-2, 4: UCS-4; 0: bytes, taken
 * as they are) into buffer, ended by a 0 byte; capacity is at least 4. A string that is marked as cut or that does
 * not fit ends in "…". U+DC80 to U+DCFF stand for the bytes of a file name that was not UTF-8 (PEP 383) and become
 * these bytes again, so the text is UTF-8 only as far as the file name was; other surrogates, code points beyond
 * U+10FFFF and U+0000 become U+FFFD, as does the whole string when kind is anything else. Returns the text's
 * length in bytes.
 */
size_t pystr_decode(unsigned kind, const void *raw, size_t raw_size, bool cut, char *buffer,
		    size_t capacity);

/*
 * Read the str object (2.7: byte string) at addr and decode it as above; of longer ones the first max_size raw
 * bytes. 0, or a negative errno, after which the buffer is undefined: -EINVAL for what is not a string, -ENOMEM,
 * or why the memory could not be read.
 */
int pystr_read(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
	       size_t max_size, char *buffer, size_t capacity);

#endif
