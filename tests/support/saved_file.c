/* SPDX-License-Identifier: GPL-2.0-only */
/* Saved profiles in temporary files, for tests. */
#include "support/saved_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "profile/profile.h"
#include "report/report.h"

static void check(bool good, const char *what)
{
	if (!good) {
		perror(what);
		abort();
	}
}

void saved_file_init(struct saved_file *file)
{
	int fd;

	snprintf(file->path, sizeof(file->path), "/tmp/pybpfprof-test-XXXXXX");
	fd = mkstemp(file->path);
	check(fd >= 0, file->path);
	close(fd);
}

void saved_file_done(struct saved_file *file)
{
	unlink(file->path);
}

void saved_file_set(const struct saved_file *file, const void *bytes, size_t size)
{
	FILE *stream = fopen(file->path, "we");

	check(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0, file->path);
}

char *saved_file_get(const struct saved_file *file, size_t *ret_size)
{
	FILE *stream = fopen(file->path, "re");
	char *bytes;
	long size;

	check(stream && fseek(stream, 0, SEEK_END) == 0, file->path);
	size = ftell(stream);
	rewind(stream);
	bytes = malloc((size_t)size + 1);
	check(bytes && fread(bytes, 1, (size_t)size, stream) == (size_t)size, file->path);
	fclose(stream);
	*ret_size = (size_t)size;
	return bytes;
}

char *saved_bytes(const struct profile *profile, size_t *ret_size)
{
	char *bytes = NULL;
	FILE *stream = open_memstream(&bytes, ret_size);

	check(stream && store_write(profile, stream, NULL) == 0 && fclose(stream) == 0,
	      "store_write");
	return bytes;
}

void saved_file_write(const struct saved_file *file, const struct profile *profile)
{
	size_t size;
	char *bytes = saved_bytes(profile, &size);

	saved_file_set(file, bytes, size);
	free(bytes);
}

char *saved_gzip(const void *bytes, size_t size, size_t *ret_size)
{
	z_stream zlib = { .next_in = (Bytef *)bytes, .avail_in = (unsigned)size };
	size_t room;
	char *packed;

	check(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
	room = deflateBound(&zlib, size);
	packed = malloc(room);
	check(packed, "malloc");
	zlib.next_out = (Bytef *)packed;
	zlib.avail_out = (unsigned)room;
	check(deflate(&zlib, Z_FINISH) == Z_STREAM_END, "zlib");
	*ret_size = zlib.total_out;
	deflateEnd(&zlib);
	return packed;
}

struct profile *saved_file_read(const struct saved_file *file, struct store_facts *facts,
				struct err *err)
{
	struct profile *profile = profile_new();

	check(profile, "profile_new");
	if (store_read(file->path, profile, facts, err) == 0)
		return profile;
	profile_free(profile);
	return NULL;
}

char *saved_report(const struct profile *profile, const char *format)
{
	struct report_options options;
	struct err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	report_options_init(&options);
	options.limit = 0;
	options.threshold = 0;
	check(stream && report_find(format)->write(profile, &options, stream, &err) == 0 &&
		      fclose(stream) == 0,
	      format);
	return text;
}
