/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a code object from the live process, for what BPF could not send: pages that were not in memory, names
 * over its budget, line tables over its limit.
 */
#ifndef PBP_PYTHON_CODE_READ_H
#define PBP_PYTHON_CODE_READ_H

#include <stdint.h>

#include "proc/memory.h"
#include "wire.h"

struct pbp_layout;

/* Raw bytes of one string and of one line table at most; longer ones are cut. */
#define CODE_READ_STRING_MAX	(64U * 1024)
#define CODE_READ_LINETABLE_MAX (8U * 1024 * 1024)

struct code_copy {
	struct pbp_code record; /* as on the wire; header, target and flags are 0 */
	uint8_t *data; /* what would follow it */
};

/*
 * Copy the code object at addr, if it is still the one of that identity when it has been copied. 0;
 * -ESTALE: another object lies there now; or what memory_read says (the process ended, the page is gone);
 * -ENOMEM. The copy's data is the caller's to free.
 */
int code_read(const struct memory *memory, const struct pbp_layout *layout, uint64_t addr,
	      uint64_t identity, struct code_copy *ret_copy);

#endif
