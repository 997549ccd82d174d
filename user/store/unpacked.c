/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Opens files and undoes their gzip members, with zlib. Knows where a file is torn, but nothing of what the bytes mean
 * beyond telling kinds of files by how they begin.
 */
#include "store/unpacked.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "store/store.h"

/* For inflateInit2(): the largest window, and a gzip header must stand there. */
#define GZIP_WINDOW (15 + 16)

/* How many bytes may come out: some, whatever went in, and so many for each byte of the file. What we write shrinks to
 * a tenth or less, deep recursion to a hundredth; deflate itself ends at 1,032. */
#define PLAIN_FREE     (64ULL << 20)
#define PLAIN_PER_BYTE 400ULL

#define INPUT_SIZE (64 * 1024)

struct unpacked {
	int fd;
	char *name;
	uint64_t size; /* of the file when it was opened; what is added later is not looked at */
	bool is_gzip;
	z_stream zlib;
	bool in_member;
	uint64_t offset; /* of the file: read so far */
	uint64_t member_offset; /* where the member begins that is being read */
	uint64_t plain,
		whole_plain; /* bytes that came out; and up to the end of the last whole member */
	uint64_t limit; /* of `plain` */
	uint64_t torn_offset;
	uint64_t members, members_most; /* since the first byte; and of all times */
	unsigned char input[INPUT_SIZE];
};

/* The next bytes of the file itself. Returns their number, 0 at its end. */
static ssize_t read_file(struct unpacked *unpacked, void *bytes, size_t size, struct err *err)
{
	ssize_t length;

	if (size > unpacked->size - unpacked->offset)
		size = unpacked->size - unpacked->offset;
	do
		length = pread(unpacked->fd, bytes, size, (off_t)unpacked->offset);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return err_set(err, -errno, "cannot read %s: %s", unpacked->name, strerror(errno));
	unpacked->offset += (uint64_t)length;
	return length;
}

static ssize_t torn(struct unpacked *unpacked, struct err *err)
{
	unpacked->torn_offset = unpacked->member_offset;
	return err_set(err, -EBADMSG, "%s is cut or damaged behind byte %" PRIu64 " of %" PRIu64,
		       unpacked->name, unpacked->torn_offset, unpacked->size);
}

/* More of the file for zlib. 1, 0 at the file's end, or an error. */
static int fill_input(struct unpacked *unpacked, struct err *err)
{
	ssize_t length;

	if (unpacked->zlib.avail_in > 0)
		return 1;
	length = read_file(unpacked, unpacked->input, sizeof(unpacked->input), err);
	if (length <= 0)
		return (int)length;
	unpacked->zlib.next_in = unpacked->input;
	unpacked->zlib.avail_in = (unsigned)length;
	return 1;
}

/* Unpack up to `size` bytes of members. */
static ssize_t read_members(struct unpacked *unpacked, void *bytes, size_t size, struct err *err)
{
	z_stream *zlib = &unpacked->zlib;

	zlib->next_out = bytes;
	zlib->avail_out = size > UINT32_MAX ? UINT32_MAX : (unsigned)size;
	size = zlib->avail_out;
	while (zlib->avail_out == size) {
		const int more = fill_input(unpacked, err);
		int status;

		if (more < 0)
			return more;
		if (!more)
			return unpacked->in_member ? torn(unpacked, err) : 0;
		if (!unpacked->in_member) {
			unpacked->member_offset = unpacked->offset - zlib->avail_in;
			unpacked->in_member = true;
			inflateReset(zlib);
		}
		status = inflate(zlib, Z_NO_FLUSH);
		if (status == Z_MEM_ERROR)
			return err_set(err, -ENOMEM, "cannot unpack %s: out of memory",
				       unpacked->name);
		if (status == Z_STREAM_END) {
			unpacked->in_member = false;
			unpacked->members++;
			unpacked->whole_plain = unpacked->plain + (size - zlib->avail_out);
			if (unpacked->members > unpacked->members_most)
				unpacked->members_most = unpacked->members;
		} else if (status != Z_OK && status != Z_BUF_ERROR) {
			return torn(unpacked, err);
		}
	}
	return (ssize_t)(size - zlib->avail_out);
}

ssize_t unpacked_read(struct unpacked *unpacked, void *bytes, size_t size, struct err *err)
{
	ssize_t length;

	if (size > unpacked->limit - unpacked->plain)
		size = unpacked->limit - unpacked->plain;
	if (size == 0)
		return 0;
	length = unpacked->is_gzip ? read_members(unpacked, bytes, size, err)
				   : read_file(unpacked, bytes, size, err);
	if (length <= 0)
		return length;
	unpacked->plain += (uint64_t)length;
	if (unpacked->plain > PLAIN_FREE + PLAIN_PER_BYTE * unpacked->size)
		return err_set(err, -EFBIG,
			       "%s is no saved profile: its %" PRIu64
			       " bytes unpack to more than %" PRIu64,
			       unpacked->name, unpacked->size, unpacked->plain);
	return length;
}

void unpacked_rewind(struct unpacked *unpacked)
{
	unpacked->offset = unpacked->plain = unpacked->whole_plain = 0;
	unpacked->members = 0;
	unpacked->in_member = false;
	unpacked->zlib.avail_in = 0;
}

int unpacked_check(struct unpacked *unpacked, struct err *err)
{
	unsigned char *bytes = malloc(INPUT_SIZE);
	ssize_t length;
	int code = 0;

	if (!bytes)
		return err_set(err, -ENOMEM, "out of memory");
	unpacked_rewind(unpacked);
	do
		length = unpacked_read(unpacked, bytes, INPUT_SIZE, err);
	while (length > 0);
	free(bytes);
	if (length == -EBADMSG && unpacked->members == 0)
		code = err_wrap(err, "nothing of this profile can be saved");
	else if (length == -EBADMSG)
		unpacked->limit = unpacked->whole_plain;
	else
		code = (int)length;
	unpacked_rewind(unpacked);
	return code;
}

struct unpacked_facts unpacked_facts(const struct unpacked *unpacked)
{
	return (struct unpacked_facts){
		.file_bytes = unpacked->size,
		.members = unpacked->members_most,
		.torn_offset = unpacked->torn_offset,
	};
}

const char *unpacked_name(const struct unpacked *unpacked)
{
	return unpacked->name;
}

/* Copy what can be read only once into a file without a name. */
static int copy_to_file(struct unpacked *unpacked, struct err *err)
{
	FILE *copy = tmpfile();
	ssize_t length = 0;
	int fd = -1;

	if (!copy)
		return err_set(err, -errno, "cannot make a temporary file: %s", strerror(errno));
	while ((length = read(unpacked->fd, unpacked->input, sizeof(unpacked->input))) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 ||
		    fwrite(unpacked->input, 1, (size_t)length, copy) != (size_t)length)
			break;
		unpacked->size += (uint64_t)length;
		if (unpacked->size > STORE_FILE_MAX)
			break;
	}
	if (length == 0 && fflush(copy) == 0)
		fd = dup(fileno(copy));
	if (fd < 0) {
		const int code = unpacked->size > STORE_FILE_MAX ? -EFBIG : -errno;

		fclose(copy);
		return err_set(err, code, "cannot read %s: %s", unpacked->name, strerror(-code));
	}
	fclose(copy);
	close(unpacked->fd);
	unpacked->fd = fd;
	return 0;
}

static int open_file(struct unpacked *unpacked, const char *path, struct err *err)
{
	struct stat stat;

	unpacked->fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
					      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (unpacked->fd < 0 || fstat(unpacked->fd, &stat))
		return err_set(err, -errno, "cannot open %s: %s", unpacked->name, strerror(errno));
	if (S_ISDIR(stat.st_mode))
		return err_set(err, -EISDIR, "cannot read %s: %s", unpacked->name,
			       strerror(EISDIR));
	if (!S_ISREG(stat.st_mode))
		return copy_to_file(unpacked, err);
	unpacked->size = (uint64_t)stat.st_size;
	if (unpacked->size > STORE_FILE_MAX)
		return err_set(err, -EFBIG,
			       "cannot read %s: it has %" PRIu64 " bytes, more than %llu",
			       unpacked->name, unpacked->size, STORE_FILE_MAX);
	return 0;
}

/* Files that people take for profiles, by how they begin. */
static const struct {
	const char *beginning;
	size_t length;
	const char *what;
} kinds[] = {
	{ "\177ELF", 4, "an ELF file" },
	{ "PERFILE2", 8, "perf's own file" },
	{ "\xfb", 1, "a pstats file, which pybpfprof writes but does not read" },
	{ "{(", 2, "a pstats file, which pybpfprof writes but does not read" },
	{ "BZh", 3, "compressed by bzip2, not by gzip" },
	{ "\xfd"
	  "7zXZ",
	  5, "compressed by xz, not by gzip" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed by zstd, not by gzip" },
	{ "PK\3\4", 4, "a zip file" },
	{ "\x1f\x8b", 2, "compressed twice" },
};

static bool is_text(const unsigned char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if ((bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t' && bytes[i] != '\r') ||
		    bytes[i] == 0x7f)
			return false;
	}
	return true;
}

/* Refuse other kinds of files by name. Every saved profile begins with bytes that are no text. */
static int check_kind(struct unpacked *unpacked, struct err *err)
{
	unsigned char bytes[64];
	const ssize_t length = unpacked_read(unpacked, bytes, sizeof(bytes), NULL);
	const char *what = NULL;
	size_t i;

	unpacked_rewind(unpacked);
	/* Torn so soon: whoever reads on will be told. */
	if (length < 0)
		return 0;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds) && !what; i++) {
		if ((size_t)length >= kinds[i].length &&
		    memcmp(bytes, kinds[i].beginning, kinds[i].length) == 0)
			what = kinds[i].what;
	}
	if (!what && length == 0)
		what = "empty";
	if (!what && is_text(bytes, (size_t)length))
		what = bytes[0] == '{' || bytes[0] == '[' ? "JSON text" : "text";
	if (!what)
		return 0;
	return err_set(err, -EBADMSG, "%s is no saved profile: it is %s", unpacked->name, what);
}

int unpacked_open(const char *path, struct unpacked **ret_unpacked, struct err *err)
{
	struct unpacked *unpacked = calloc(1, sizeof(*unpacked));
	unsigned char magic[2];
	int code;

	if (!unpacked)
		return err_set(err, -ENOMEM, "out of memory");
	unpacked->fd = -1;
	unpacked->limit = UINT64_MAX;
	unpacked->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
	if (!unpacked->name || inflateInit2(&unpacked->zlib, GZIP_WINDOW) != Z_OK) {
		code = err_set(err, -ENOMEM, "out of memory");
		goto out;
	}
	code = open_file(unpacked, path, err);
	if (code)
		goto out;
	unpacked->is_gzip = pread(unpacked->fd, magic, sizeof(magic), 0) == sizeof(magic) &&
			    magic[0] == 0x1f && magic[1] == 0x8b;
	code = check_kind(unpacked, err);
out:
	if (code)
		unpacked_close(unpacked);
	else
		*ret_unpacked = unpacked;
	return code;
}

void unpacked_close(struct unpacked *unpacked)
{
	if (!unpacked)
		return;
	inflateEnd(&unpacked->zlib);
	if (unpacked->fd >= 0)
		close(unpacked->fd);
	free(unpacked->name);
	free(unpacked);
}
