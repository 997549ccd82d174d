/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recognises `return variable;` in machine code for x86-64. Must not know whose function it is; what it does not
 * recognise byte for byte it refuses.
 */
#include "python/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* What is left of the code. */
struct rest {
	const uint8_t *at;
	size_t size;
	uint64_t addr; /* of the byte at */
};

static bool take(struct rest *rest, const void *bytes, size_t size)
{
	if (rest->size < size || memcmp(rest->at, bytes, size) != 0)
		return false;
	rest->at += size;
	rest->size -= size;
	rest->addr += size;
	return true;
}

static bool take_s32(struct rest *rest, int32_t *ret_value)
{
	if (rest->size < sizeof(*ret_value))
		return false;
	memcpy(ret_value, rest->at, sizeof(*ret_value));
	rest->at += sizeof(*ret_value);
	rest->size -= sizeof(*ret_value);
	rest->addr += sizeof(*ret_value);
	return true;
}

/* A stack frame may be made around it when the compiler does not optimise; both kinds are undone before ret. */
static void skip_prologue(struct rest *rest)
{
	take(rest, "\xf3\x0f\x1e\xfa", 4); /* endbr64 */
	take(rest, "\x55", 1); /* push %rbp */
	take(rest, "\x48\x89\xe5", 3); /* mov %rsp,%rbp */
	take(rest, "\x48\x83\xec\x08", 4); /* sub $8,%rsp */
}

static bool is_return(struct rest *rest)
{
	take(rest, "\x48\x83\xc4\x08", 4); /* add $8,%rsp */
	take(rest, "\x5d", 1); /* pop %rbp */
	take(rest, "\xc9", 1); /* leave */
	return take(rest, "\xc3", 1) || take(rest, "\xf3\xc3", 2);
}

int decode_returned_variable(const uint8_t *code, size_t size, uint64_t addr, uint64_t *ret_addr)
{
	struct rest rest = { .at = code, .size = size, .addr = addr };
	bool relative = false, absolute = false;
	uint64_t variable;
	int32_t value;

	skip_prologue(&rest);
	/* mov disp32(%rip),%rax; in programs linked below 2 GB also mov disp32,%rax */
	relative = take(&rest, "\x48\x8b\x05", 3);
	if (!relative)
		absolute = take(&rest, "\x48\x8b\x04\x25", 4);
	if (!(relative || absolute) || !take_s32(&rest, &value))
		return -ENOENT;
	variable = (relative ? rest.addr : 0) + (uint64_t)(int64_t)value;
	if (!is_return(&rest))
		return -ENOENT;
	*ret_addr = variable;
	return 0;
}
