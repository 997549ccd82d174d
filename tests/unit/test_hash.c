/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of base/hash: keys that are chosen to have one hash by uthash's own function have many by ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

/* The lowest bits choose the bucket. */
#define BUCKETS 16u
#define KEYS	256

static void keys_of_one_bucket_by_jenkins_have_many_by_ours(void **state)
{
	bool used[BUCKETS] = { false };
	unsigned nkeys = 0, nused = 0;
	char key[16];

	(void)state;
	for (unsigned i = 0; nkeys < KEYS; i++) {
		unsigned jenkins;

		snprintf(key, sizeof(key), "f%u", i);
		HASH_JEN(key, strlen(key), jenkins);
		if (jenkins % BUCKETS)
			continue;
		used[hash_bytes(key, strlen(key)) % BUCKETS] = true;
		nkeys++;
	}
	for (unsigned i = 0; i < BUCKETS; i++)
		nused += used[i];
	assert_true(nused > BUCKETS / 2);
}

static void equal_keys_have_one_hash(void **state)
{
	const char left[] = "parse", right[] = "parse";

	(void)state;
	assert_int_equal(hash_bytes(left, sizeof(left)), hash_bytes(right, sizeof(right)));
	assert_int_not_equal(hash_bytes(left, 4), hash_bytes(left, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_one_bucket_by_jenkins_have_many_by_ours),
		cmocka_unit_test(equal_keys_have_one_hash),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
