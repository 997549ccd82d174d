/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interns code objects by their contents and decodes their names and lines. Knows nothing of addresses or
 * processes.
 */
#include "python/code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <layout.h>

#include "base/array.h"
#include "python/linetable.h"
#include "python/pystr.h"

#define uthash_nonfatal_oom(entry) ((entry)->interned = false)
#include "base/hash.h"

/* A code object; also its own key: everything that makes two of them equal, in one block of memory. */
struct entry {
	struct code code;
	uint32_t id;
	bool interned;
	size_t key_size;
	uint8_t *key; /* struct contents, then the record's data; code.linetable points into it */
	struct entry *next_spare;
	UT_hash_handle hh;
};

/* The fixed part of a key. Its padding is zeroed. */
struct contents {
	int32_t firstlineno;
	uint32_t linetable_format, instr_bytes;
	uint32_t linetable_full_size, linetable_size;
	struct pbp_string name, qualname, filename;
};

struct codes {
	struct entry **entries; /* by id */
	size_t count, capacity;
	struct entry *spare; /* released ones, linked by `next_spare`; still in entries */
	struct entry *by_contents;
};

struct codes *codes_new(void)
{
	return calloc(1, sizeof(struct codes));
}

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	free((void *)(uintptr_t)entry->code.function);
	free((void *)(uintptr_t)entry->code.file);
	free(entry->key);
	free(entry);
}

void codes_free(struct codes *codes)
{
	if (!codes)
		return;
	HASH_CLEAR(hh, codes->by_contents);
	for (size_t id = 0; id < codes->count; id++)
		entry_free(codes->entries[id]);
	free(codes->entries);
	free(codes);
}

static size_t data_size(const struct pbp_code *record)
{
	return (size_t)record->name.size + record->qualname.size + record->filename.size +
	       record->linetable_size;
}

/* The key of a record's contents; the caller frees it. NULL when memory runs out. */
static uint8_t *make_key(const struct pbp_code *record, const uint8_t *data,
			 const struct pbp_layout *layout, size_t *ret_size)
{
	struct contents contents;
	size_t size = sizeof(contents) + data_size(record);
	uint8_t *key = malloc(size);

	if (!key)
		return NULL;
	memset(&contents, 0, sizeof(contents));
	contents.firstlineno = record->firstlineno;
	contents.linetable_format = layout->linetable_format;
	contents.instr_bytes = layout->frame_instr_bytes;
	contents.linetable_full_size = record->linetable_full_size;
	contents.linetable_size = record->linetable_size;
	contents.name = record->name;
	contents.qualname = record->qualname;
	contents.filename = record->filename;
	memcpy(key, &contents, sizeof(contents));
	if (data_size(record))
		memcpy(key + sizeof(contents), data, data_size(record));
	*ret_size = size;
	return key;
}

/* One string of a record as UTF-8 of our own; NULL when memory runs out. */
static char *decode(const struct pbp_string *string, const uint8_t *raw)
{
	size_t capacity = PYSTR_UTF8_SIZE(string->size);
	char *text = malloc(capacity), *smaller;

	if (!text)
		return NULL;
	capacity = pystr_decode(string->kind, raw, string->size, string->cut, text, capacity) + 1;
	smaller = realloc(text, capacity);
	return smaller ? smaller : text;
}

/*
 * _Py_InitCleanup, which 3.13 and later push below an __init__ that a specialised constructor call runs: not a
 * function of the program's. Its name and file name are both "__init__" and its first line is 0
 * (Python/specialize.c).
 */
static bool is_internal(const struct code *code)
{
	return code->firstlineno == 0 && !strcmp(code->function, "__init__") &&
	       !strcmp(code->file, "__init__");
}

/* Decode the contents into entry->code. The entry takes the key over, also on failure. */
static int entry_fill(struct entry *entry, uint8_t *key, size_t key_size)
{
	struct contents contents;
	const uint8_t *data = key + sizeof(contents);
	const struct pbp_string *function = &contents.qualname;
	const uint8_t *function_data;
	char *function_text, *file_text;

	free(entry->key);
	entry->key = key;
	entry->key_size = key_size;
	memcpy(&contents, key, sizeof(contents));
	function_data = data + contents.name.size;
	if (!function->size) {
		function = &contents.name;
		function_data = data;
	}
	data += contents.name.size + contents.qualname.size;
	entry->code.firstlineno = contents.firstlineno;
	entry->code.linetable_format = contents.linetable_format;
	entry->code.instr_bytes = (uint8_t)contents.instr_bytes;
	entry->code.linetable_size = contents.linetable_size;
	entry->code.linetable_full_size = contents.linetable_full_size;
	entry->code.linetable = data + contents.filename.size;
	if (function->kind == PBP_STRING_UNREAD || contents.filename.kind == PBP_STRING_UNREAD)
		return 0;
	function_text = decode(function, function_data);
	file_text = decode(&contents.filename, data);
	free((void *)(uintptr_t)entry->code.function);
	free((void *)(uintptr_t)entry->code.file);
	entry->code.function = function_text;
	entry->code.file = file_text;
	if (!function_text || !file_text)
		return -ENOMEM;
	entry->code.internal = is_internal(&entry->code);
	return 0;
}

/* A new entry with the next id. */
static int entry_add(struct codes *codes, struct entry **ret_entry)
{
	struct entry *entry = codes->spare;
	int code;

	if (entry) {
		codes->spare = entry->next_spare;
		entry->next_spare = NULL;
		*ret_entry = entry;
		return 0;
	}
	if (codes->count >= UINT32_MAX - 1024) /* the ids above are the pipeline's own */
		return -EOVERFLOW;
	code = array_reserve(&codes->entries, &codes->capacity, codes->count + 1, sizeof(entry));
	if (code)
		return code;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->id = (uint32_t)codes->count;
	codes->entries[codes->count++] = entry;
	*ret_entry = entry;
	return 0;
}

int codes_add(struct codes *codes, const struct pbp_code *record, const uint8_t *data,
	      const struct pbp_layout *layout, uint32_t *ret_id)
{
	struct entry *entry;
	size_t key_size = 0;
	uint8_t *key = make_key(record, data, layout, &key_size);
	int code;

	if (!key)
		return -ENOMEM;
	HASH_FIND(hh, codes->by_contents, key, key_size, entry);
	if (entry) {
		free(key);
		*ret_id = entry->id;
		return 0;
	}
	code = entry_add(codes, &entry);
	if (code) {
		free(key);
		return code;
	}
	code = entry_fill(entry, key, key_size);
	if (code)
		return code;
	/* Without memory for the table it is merely not found again. */
	entry->interned = true;
	HASH_ADD_KEYPTR(hh, codes->by_contents, entry->key, entry->key_size, entry);
	*ret_id = entry->id;
	return 0;
}

int codes_add_unnamed(struct codes *codes, uint32_t *ret_id)
{
	struct entry *entry;
	int code = entry_add(codes, &entry);

	if (!code)
		*ret_id = entry->id;
	return code;
}

int codes_fill(struct codes *codes, uint32_t id, const struct pbp_code *record, const uint8_t *data,
	       const struct pbp_layout *layout)
{
	size_t key_size = 0;
	uint8_t *key = make_key(record, data, layout, &key_size);

	return key ? entry_fill(codes->entries[id], key, key_size) : -ENOMEM;
}

/* Names can be older than the contents that they are shown with: when they could not be read a second time. */
static bool names_are_in_key(const struct entry *entry)
{
	struct contents contents;

	memcpy(&contents, entry->key, sizeof(contents));
	return contents.filename.kind != PBP_STRING_UNREAD &&
	       (contents.qualname.size ? contents.qualname.kind : contents.name.kind) !=
		       PBP_STRING_UNREAD;
}

int codes_intern(struct codes *codes, uint32_t id, uint32_t *ret_id)
{
	struct entry *entry = codes->entries[id], *equal;

	if (!entry->code.function || !entry->code.file) {
		*ret_id = CODES_NO_ID;
		return 0;
	}
	*ret_id = id;
	if (!names_are_in_key(entry))
		return 0;
	HASH_FIND(hh, codes->by_contents, entry->key, entry->key_size, equal);
	if (!equal) {
		entry->interned = true;
		HASH_ADD_KEYPTR(hh, codes->by_contents, entry->key, entry->key_size, entry);
		if (!entry->interned)
			return -ENOMEM;
		equal = entry;
	}
	*ret_id = equal->id;
	return 0;
}

void codes_release(struct codes *codes, uint32_t id)
{
	struct entry *entry = codes->entries[id];

	free((void *)(uintptr_t)entry->code.function);
	free((void *)(uintptr_t)entry->code.file);
	free(entry->key);
	*entry = (struct entry){ .id = id, .next_spare = codes->spare };
	codes->spare = entry;
}

const struct code *codes_get(const struct codes *codes, uint32_t id)
{
	return &codes->entries[id]->code;
}

size_t codes_count(const struct codes *codes)
{
	return codes->count;
}

/*
 * Does the part of the table that is at hand speak of this offset? Tables up to 3.9 do not say where the bytecode
 * ends, so past a cut the decoder would go on with the last line that it saw.
 */
static bool covered(const struct code *code, uint32_t offset)
{
	uint64_t end = 0;

	if (code->linetable_size == code->linetable_full_size)
		return true;
	if (code->linetable_format != PBP_LINETABLE_LNOTAB &&
	    code->linetable_format != PBP_LINETABLE_LNOTAB_UNSIGNED)
		return true; /* later ones do say */
	for (uint32_t at = 0; at + 1 < code->linetable_size; at += 2)
		end += code->linetable[at];
	return offset < end;
}

int32_t code_line(const struct code *code, uint32_t instruction, bool *ret_exact)
{
	uint32_t offset = instruction * code->instr_bytes;
	int32_t line;

	*ret_exact = true;
	if (instruction == PBP_FRAME_NO_INSTR) {
		/* Not started yet; but in a function that large it may also be a position that does not fit. */
		*ret_exact = code->linetable_size == code->linetable_full_size &&
			     !linetable_reaches(code->linetable_format, code->linetable,
						code->linetable_size, offset);
		return code->firstlineno;
	}
	line = covered(code, offset)
		       ? linetable_line(code->linetable_format, code->linetable,
					code->linetable_size, code->firstlineno, offset)
		       : LINETABLE_BAD;
	if (line > 0)
		return line;
	if (line == LINETABLE_BAD) {
		*ret_exact = false;
		return code->firstlineno;
	}
	return linetable_line_to_show(code->linetable_format, code->linetable, code->linetable_size,
				      code->firstlineno, offset, NULL);
}
