/* SPDX-License-Identifier: GPL-2.0-only */
/* What the packer's two files share: the bytes, and the tables that the samples refer to. */
#ifndef PBP_STORE_PACKER_INTERNAL_H
#define PBP_STORE_PACKER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zlib.h>

#include "base/strbuf.h"
#include "base/word_map.h"
#include "profile/profile.h"
#include "store/labels.h"
#include "store/profile.pb-c.h"

struct packed_function;

/* What was packed of a process last, and by what its samples refer to it. */
struct packed_process {
	struct profile_process facts; /* pid 0 and no texts: nothing yet */
	uint32_t program; /* the label's number */
	uint32_t mapping;
};

struct packer {
	FILE *stream;
	bool in_one_piece;
	z_stream zlib;
	struct strbuf packed; /* not yet in the stream */
	uint64_t bytes; /* of this member */
	int code;
	uint8_t *message;
	size_t message_capacity;

	const struct profile *profile; /* of this member */
	bool has_head; /* the first member tells what the values are */
	uint32_t run; /* number of the only run, as it was at first */
	uint64_t nstrings;
	struct word_map strings; /* a text's address, which the profile keeps -> number + 1 */
	struct packed_function *functions;
	uint64_t nfunctions;
	struct word_map locations; /* (mapping, symbol) -> id */
	uint64_t nlocations;
	struct word_map mappings; /* address of its file's text -> id */
	uint32_t nmappings;
	struct word_map programs; /* pid -> how many programs it had */
	struct packed_process *processes; /* by index */
	size_t nprocesses, processes_capacity;
	int64_t label_keys[LABEL_MAX];
	uint64_t *location_ids; /* of the row, leaf first */
	size_t location_ids_capacity;
};

/* Latch a failure, unless there was one before. */
void packer_fail(struct packer *packer, int code);

/* Fields of the file, as the parts of a profile that has nothing else. */
void packer_add_message(struct packer *packer, const Pprof__Profile *fields);

/* The number of a text, packed when it is new: of one that the profile keeps, and of any. */
int64_t packer_string(struct packer *packer, const char *text);
int64_t packer_new_string(struct packer *packer, const char *text);

/* A comment, whose text is harmless as it is. */
void packer_comment(struct packer *packer, const char *text);

/* Ids, packed when they are new. */
uint32_t packer_mapping(struct packer *packer, const struct profile_process *process);
uint64_t packer_location(struct packer *packer, uint32_t mapping, uint32_t symbol);
void packer_free_functions(struct packer *packer);

#endif
