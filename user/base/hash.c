/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash of xxHash's with a seed of this run. */
#include "base/hash.h"

#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"

static uint64_t seed;

/* Before anything is hashed, as what was hashed with another seed would not be found again. */
__attribute__((constructor)) static void choose_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = clock_monotonic_ns();
}

uint32_t hash_bytes(const void *bytes, size_t length)
{
	return (uint32_t)XXH3_64bits_withSeed(bytes, length, seed);
}
