/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks the lists of interpreters and thread states as bpf/tstate.h does, without its limit on one tick. */
#include "python/thread_find.h"

#include <errno.h>

#include "config.h"

int thread_find(const struct memory *memory, const struct pbp_target *target, uint64_t thread_id,
		uint64_t *ret_tstate_addr, uint64_t *ret_interp_addr)
{
	const struct pbp_layout *layout = &target->layout;
	uint64_t interp, tstate, id;
	unsigned looked = 0;
	int code = memory_read_u64(memory, target->runtime_addr + layout->runtime_interpreters_head,
				   &interp);

	for (; !code && interp && looked < THREAD_FIND_MAX; looked++) {
		code = memory_read_u64(memory, interp + layout->interp_threads_head, &tstate);
		for (; !code && tstate && looked < THREAD_FIND_MAX; looked++) {
			code = memory_read_u64(memory, tstate + layout->tstate_thread_id, &id);
			if (!code && id == thread_id) {
				*ret_tstate_addr = tstate;
				*ret_interp_addr = interp;
				return 0;
			}
			if (!code)
				code = memory_read_u64(memory, tstate + layout->tstate_next,
						       &tstate);
		}
		if (!code)
			code = memory_read_u64(memory, interp + layout->interp_next, &interp);
	}
	return code ? code : -ENOENT;
}
