/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens the files that processes have mapped and remembers what was learnt of each, failures included. Must not
 * know what is looked for in them.
 */
#include "python/binaries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Without memory a file is not remembered; that is all. */
#include "base/hash.h"
#include "proc/elf.h"
#include "proc/maps.h"
#include "proc/memory.h"

/* A file in one state. All numbers, so that no padding takes part in the comparison. */
struct file_key {
	uint64_t device, inode, size;
	int64_t changed[4]; /* mtime and ctime, seconds and nanoseconds */
};

/* What was learnt. The same segment of a file always lies at the same linked address. */
struct remembered {
	struct file_key key;
	uint32_t
		number; /* never given twice, so that of a file that was forgotten stands for no other */
	int code; /* 0, or why it could not be examined, and in words */
	char why[96];
	struct python_binary binary;
	uint64_t offset; /* in the file, where the mapping that was seen began */
	uint64_t linked; /* the linked address there */
	UT_hash_handle hh;
};

static struct remembered *files; /* in the order in which they were examined */
static uint64_t nread;
static uint32_t nnumbers;

uint64_t binaries_nread(void)
{
	return nread;
}

static void forget(struct remembered *file)
{
	HASH_DEL(files, file);
	free(file);
}

void binaries_forget(void)
{
	struct remembered *file, *next;

	HASH_ITER (hh, files, file, next)
		forget(file);
}

static bool read_key(int fd, struct file_key *ret_key)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return false;
	*ret_key = (struct file_key){
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = (uint64_t)status.st_size,
		.changed = { status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
			     status.st_ctim.tv_nsec },
	};
	return true;
}

/* The same as BPF tells it. A file system may show stat another device or inode than the kernel's own. */
static struct pbp_file_key kernel_key(const struct file_key *key)
{
	return (struct pbp_file_key){
		.inode = key->inode,
		.size = key->size,
		.changed_ns = (uint64_t)key->changed[2] * 1000000000 + (uint64_t)key->changed[3],
		.device = major(key->device) << 20 | minor(key->device),
	};
}

/* Errors that are the file's own and will come again. */
static bool is_lasting(int code)
{
	return code == 0 || code == -ENOEXEC || code == -EBADMSG || code == -EFBIG;
}

static void remember(const struct file_key *key, int code, const struct err *err,
		     struct mapped_binary *mapped, const struct mapping *mapping)
{
	struct remembered *file;
	unsigned before;

	HASH_FIND(hh, files, key, sizeof(*key), file);
	if (file)
		forget(file);
	if (nnumbers == UINT32_MAX)
		return;
	if (HASH_COUNT(files) >= BINARIES_MAX)
		forget(files);
	file = calloc(1, sizeof(*file));
	if (!file)
		return;
	file->key = *key;
	file->code = code;
	if (code)
		snprintf(file->why, sizeof(file->why), "%.95s", err->message);
	file->binary = mapped->binary;
	file->offset = mapping->offset;
	file->linked = mapping->start - mapped->bias;
	file->number = ++nnumbers;
	before = HASH_COUNT(files);
	HASH_ADD(hh, files, key, sizeof(file->key), file);
	if (HASH_COUNT(files) == before)
		free(file);
	else
		mapped->file = nnumbers;
}

/* From what is remembered; -ENOENT: nothing is. */
static int recall(const struct file_key *key, const struct mapping *mapping,
		  struct mapped_binary *mapped, struct err *err)
{
	struct remembered *file;

	HASH_FIND(hh, files, key, sizeof(*key), file);
	if (!file)
		return -ENOENT;
	if (file->code)
		return err_set(err, file->code, "%s", file->why);
	if (file->offset != mapping->offset)
		return -ENOENT;
	mapped->binary = file->binary;
	mapped->bias = mapping->start - file->linked;
	mapped->file = file->number;
	return 0;
}

/* The image's contents, and where it lies. Takes the image over. */
static int examine(struct elf_image *image, const struct mapping *mapping,
		   struct mapped_binary *mapped, struct err *err)
{
	int r = binary_examine(image, &mapped->binary, err);

	if (!r) {
		r = elf_image_load_bias(image, mapping->start, mapping->offset, &mapped->bias);
		if (r < 0)
			r = err_set(err, -EBADMSG, "the mapping does not fit the file");
	}
	elf_image_close(image);
	return r;
}

static int look_at_file(int fd, const struct mapping *mapping, struct mapped_binary *mapped,
			struct err *err)
{
	struct file_key key, now;
	struct elf_image *image;
	struct err why = { 0 };
	bool known = read_key(fd, &key);
	int r = known ? recall(&key, mapping, mapped, err) : -ENOENT;

	if (known)
		mapped->key = kernel_key(&key);
	if (r != -ENOENT)
		return r;
	nread++;
	r = elf_image_open(fd, &image, &why);
	if (!r)
		r = examine(image, mapping, mapped, &why);
	/* Written to meanwhile: what was read may be half of either. */
	if (known && is_lasting(r) && read_key(fd, &now) && !memcmp(&key, &now, sizeof(key)))
		remember(&key, r, &why, mapped, mapping);
	if (r < 0 && err)
		*err = why;
	return r;
}

/* The mapping with the start of the same file, next below. */
static const struct mapping *find_base(const struct maps *maps, size_t i)
{
	const struct mapping *mapping = &maps->mappings[i];

	for (size_t j = i + 1; j-- > 0;) {
		const struct mapping *other = &maps->mappings[j];

		if (other->offset == 0 && other->readable && mapping_same_file(other, mapping))
			return other;
	}
	return NULL;
}

static int look_at_memory(const struct maps *maps, size_t i, const struct memory *memory,
			  struct mapped_binary *mapped, struct err *err)
{
	const struct mapping *base = find_base(maps, i);
	struct elf_image *image;
	int r;

	if (!base)
		return err_set(err, -ENOENT, "its start is not mapped");
	r = elf_image_open_memory(memory, base->start, &image, err);
	if (!r)
		r = examine(image, &maps->mappings[i], mapped, err);
	mapped->from_memory = true;
	return r;
}

int binaries_look_at(pid_t pid, const struct maps *maps, size_t i, const struct memory *memory,
		     struct mapped_binary *ret_mapped, struct err *err)
{
	const struct mapping *mapping = &maps->mappings[i];
	struct mapped_binary mapped = { 0 };
	int fd, r;

	r = mapping_open(pid, mapping, &fd, err);
	if (r == 0) {
		r = look_at_file(fd, mapping, &mapped, err);
		close(fd);
		if (r < 0)
			err_wrap(err, "%s", mapping->path);
	} else if (look_at_memory(maps, i, memory, &mapped, NULL) == 0) {
		/* Why the file could not be opened is of no interest then, and else the better reason. */
		r = 0;
	}
	if (r == 0)
		*ret_mapped = mapped;
	return r;
}
