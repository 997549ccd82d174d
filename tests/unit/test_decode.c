/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/python/decode.c: code as compilers have made it, and all that only resembles it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "python/decode.h"

#define ADDR 0x116e00ULL

struct code {
	const char *bytes;
	size_t size;
	uint64_t variable; /* 0: not recognised */
};

#define CODE(bytes, variable)                          \
	{                                              \
		(bytes), sizeof(bytes) - 1, (variable) \
	}

static const struct code codes[] = {
	/* -O2: mov 0xe08c9(%rip),%rax; ret */
	CODE("\x48\x8b\x05\xc9\x08\x0e\x00\xc3", 0x1f76d0),
	/* backwards */
	CODE("\x48\x8b\x05\xf9\xff\xff\xff\xc3", ADDR),
	/* -O2 -fcf-protection */
	CODE("\xf3\x0f\x1e\xfa\x48\x8b\x05\x00\x01\x00\x00\xc3", ADDR + 11 + 0x100),
	/* -O0 */
	CODE("\x55\x48\x89\xe5\x48\x8b\x05\x00\x01\x00\x00\x5d\xc3", ADDR + 11 + 0x100),
	CODE("\xf3\x0f\x1e\xfa\x55\x48\x89\xe5\x48\x8b\x05\x00\x01\x00\x00\xc9\xc3",
	     ADDR + 15 + 0x100),
	CODE("\x48\x83\xec\x08\x48\x8b\x05\x00\x01\x00\x00\x48\x83\xc4\x08\xc3", ADDR + 11 + 0x100),
	/* for old processors of AMD */
	CODE("\x48\x8b\x05\x00\x01\x00\x00\xf3\xc3", ADDR + 7 + 0x100),
	/* an absolute address */
	CODE("\x48\x8b\x04\x25\x40\x05\x60\x00\xc3", 0x600540),
	/* another register, another width, no return, a jump, a load out of what was loaded */
	CODE("\x48\x8b\x0d\xc9\x08\x0e\x00\xc3", 0),
	CODE("\x8b\x05\xc9\x08\x0e\x00\xc3", 0),
	CODE("\x48\x8b\x05\xc9\x08\x0e\x00\x90", 0),
	CODE("\xe9\xc9\x08\x0e\x00\xc3", 0),
	CODE("\x48\x8b\x05\xc9\x08\x0e\x00\x48\x8b\x00\xc3", 0),
	CODE("", 0),
};

static void a_function_that_returns_a_variable_is_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		uint8_t code[DECODE_BYTES] = { 0 };
		uint64_t variable = 1;
		int r;

		memcpy(code, codes[i].bytes, codes[i].size);
		r = decode_returned_variable(code, sizeof(code), ADDR, &variable);
		if (r != (codes[i].variable ? 0 : -ENOENT) ||
		    variable != (codes[i].variable ? codes[i].variable : 1))
			fail_msg("code %zu: %d, %#lx", i, r, variable);
	}
}

static void code_that_was_cut_is_not(void **state)
{
	(void)state;
	for (size_t i = 0; codes[i].variable; i++) {
		for (size_t size = 0; size < codes[i].size; size++) {
			uint8_t *code = test_malloc(size);
			uint64_t variable = 1;

			memcpy(code, codes[i].bytes, size);
			assert_int_equal(decode_returned_variable(code, size, ADDR, &variable),
					 -ENOENT);
			assert_int_equal(variable, 1);
			test_free(code);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_that_returns_a_variable_is_recognised),
		cmocka_unit_test(code_that_was_cut_is_not),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
