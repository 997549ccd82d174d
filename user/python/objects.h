/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading dicts, ints and attributes of objects in a live process, where no layout of the walkers reaches. Every
 * number comes from the process: tables are bounded, and nothing is believed to be of its type.
 */
#ifndef PBP_PYTHON_OBJECTS_H
#define PBP_PYTHON_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <target.h> /* include/target.h: in quotes it would be user/python/target.h */

struct layout_row;
struct memory;

/* Where an object has its attributes when its class is an ordinary one. */
enum objects_attributes {
	OBJECTS_DICT, /* a dict where tp_dictoffset says */
	OBJECTS_DICT_OR_VALUES, /* 3.11: a dict, or else values, in words before the object */
	OBJECTS_TAGGED, /* 3.12: one word before it; odd: values */
	OBJECTS_INLINE, /* from 3.13: a dict in a word before it, or values behind it */
};

/* Where one version keeps what, in bytes; see include/layout.h for the usual fields. */
struct objects_row {
	uint16_t series; /* as in struct layout_row */
	bool free_threaded;
	uint32_t interp_modules; /* -> the dict sys.modules */
	uint32_t
		object_type; /* as in an ordinary build: one with more in front of objects has all else moved, too */
	uint32_t module_dict;
	uint32_t dict_keys, dict_values;
	uint32_t values_header; /* bytes between where dict_values points and the first value */
	/* Of a dict's keys: how large the index is, how the entries look, and how many there are. */
	bool keys_log2; /* from 3.11: sizes are powers of two, and there is a kind; before the number of slots */
	uint32_t keys_index_size, keys_kind, keys_nentries, keys_index;
	uint32_t int_size, int_digits; /* int_size: ob_size, or lv_tag */
	uint32_t int_size_shift; /* bits of it that are not the number of digits */
	uint32_t type_flags, type_dictoffset, type_basicsize, type_cached_keys;
	enum objects_attributes attributes;
	uint32_t managed_dict; /* bytes before the object */
};

extern const struct objects_row objects_rows[]; /* ends with a row of series 0 */

struct objects {
	const struct memory *memory;
	const struct pbp_target *target;
	const struct objects_row *row;
	uint32_t shift; /* what this build has in front of every object */
};

/* False: nothing is known of the version's objects. */
bool objects_init(struct objects *objects, const struct memory *memory,
		  const struct pbp_target *target, const struct layout_row *row);

/* An entry of a dict. */
struct objects_entry {
	uint64_t key_addr, value_addr;
};

/*
 * All entries of the dict at addr, in *ret_entries, which the caller frees. -EBADMSG: it cannot be a dict, or has more
 * than OBJECTS_ENTRIES_MAX; -ENOMEM; or what memory_read says. The three below likewise.
 */
#define OBJECTS_ENTRIES_MAX 65536
int objects_read_dict(const struct objects *objects, uint64_t addr,
		      struct objects_entry **ret_entries, size_t *ret_nentries);

/* The value of an ASCII name in the dict. -ENOENT: it has none. */
int objects_find_item(const struct objects *objects, uint64_t dict_addr, const char *name,
		      uint64_t *ret_addr);

/* The value of an object's attribute that is its own, not its class's. -ENOENT: it has none. */
int objects_find_attribute(const struct objects *objects, uint64_t addr, const char *name,
			   uint64_t *ret_addr);

/* An int that is not negative and has up to 60 bits. -ERANGE: it is another one. */
int objects_read_int(const struct objects *objects, uint64_t addr, uint64_t *ret_value);

#endif
