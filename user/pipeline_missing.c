/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Code objects of which the records so far lack something: what is to be read from the live processes, and what comes of
 * the answers. Asks nobody: whoever owns the pipeline does.
 */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "identity.h"
#include "pipeline.h"
#include "pipeline_internal.h"

uint32_t pipeline_identity_check(uint64_t identity)
{
	return (uint32_t)identity ^ (uint32_t)(pbp_identity_mix(0, identity >> 32) >> 32);
}

int pipeline_remember_missing(struct pipeline *pipeline, const struct pbp_code *record)
{
	int code;

	/* Those that were given out make room, also when they are never all. */
	if (pipeline->missing_taken > pipeline->nmissing / 2) {
		pipeline->nmissing -= pipeline->missing_taken;
		memmove(pipeline->missing, pipeline->missing + pipeline->missing_taken,
			pipeline->nmissing * sizeof(*pipeline->missing));
		pipeline->missing_taken = 0;
	}
	code = array_reserve(&pipeline->missing, &pipeline->missing_capacity,
			     pipeline->nmissing + 1, sizeof(*pipeline->missing));
	if (!code)
		pipeline->missing[pipeline->nmissing++] =
			(struct missing){ .target = record->target,
					  .addr = record->code_addr,
					  .identity = record->identity };
	return code;
}

void pipeline_note_whole(struct pipeline *pipeline, uint64_t *word)
{
	*word |= ADDRESS_WHOLE;
	resolver_note_whole(&pipeline->resolver, ADDRESS_CODE(*word));
}

/* The word of an address, if it is still bound to the code object of that identity, which lacks something. */
static uint64_t *find_lacking(const struct target *target, uint64_t addr, uint64_t identity)
{
	uint64_t *word = target ? word_map_find(&target->addresses, ADDRESS_KEY(addr)) : NULL;

	if (!word || !*word || ADDRESS_CHECK(*word) != pipeline_identity_check(identity) ||
	    *word & ADDRESS_WHOLE)
		return NULL;
	return word;
}

bool pipeline_next_missing(struct pipeline *pipeline, struct pipeline_missing *ret_missing)
{
	while (pipeline->missing_taken < pipeline->nmissing) {
		const struct missing *missing = &pipeline->missing[pipeline->missing_taken++];
		const struct target *target = pipeline_find_target(pipeline, missing->target);
		uint64_t *word = find_lacking(target, missing->addr, missing->identity);

		if (!word)
			continue;
		*word &= ~ADDRESS_MISSING;
		*ret_missing = (struct pipeline_missing){
			.target = missing->target,
			.code_addr = missing->addr,
			.identity = missing->identity,
			.layout = target->layout,
		};
		return true;
	}
	pipeline->nmissing = pipeline->missing_taken = 0;
	return false;
}

int pipeline_fill(struct pipeline *pipeline, const struct pbp_code *record, const uint8_t *data)
{
	struct target *target = pipeline_find_target(pipeline, record->target);
	uint64_t *word = find_lacking(target, record->code_addr, record->identity);
	int code;

	if (!word || !target->layout)
		return 0;
	code = codes_fill(pipeline->codes, ADDRESS_CODE(*word), record, data, target->layout);
	if (!code)
		pipeline_note_whole(pipeline, word); /* nobody can know more of it */
	return code;
}
