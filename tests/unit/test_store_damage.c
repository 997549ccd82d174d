/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are cut, flipped, bombs or something else: a clear error, or what can be saved, and never more memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/profile.h"
#include "store/store.h"
#include "support/golden.h"
#include "support/saved_file.h"

static const char some_text[] = "process 1 p 3.11.7\nthread 1 main\naccount rate_hz 1000\n"
				"account complete 6\nstack 1/1 3 f|a.py|1|1;g|a.py|2|2\n"
				"stack 1 2 f|a.py|1|1;h|b.py|5|4\nstack 1 1 [native]\n";

/* The bytes of a small profile. */
static char *small(size_t *ret_size)
{
	struct profile *profile = golden_parse(some_text, "small");
	char *bytes = saved_bytes(profile, ret_size);

	profile_free(profile);
	return bytes;
}

/* Read bytes as a file; the profile is dropped. */
static int read_bytes(const void *bytes, size_t size, struct store_facts *facts, struct err *err)
{
	struct profile *profile;
	struct saved_file file;

	*facts = (struct store_facts){ 0 };
	*err = (struct err){ 0 };
	saved_file_init(&file);
	saved_file_set(&file, bytes, size);
	profile = saved_file_read(&file, facts, err);
	saved_file_done(&file);
	if (!profile)
		return err->code;
	profile_free(profile);
	return 0;
}

/* What does not become a profile must say why, with a code. */
static void assert_said(int code, const struct err *err)
{
	if (code == 0)
		return;
	assert_true(code < 0);
	assert_int_equal(err->code, code);
	assert_non_null(strstr(err->message, "/tmp/pybpfprof-test-"));
}

static void a_file_of_one_member_that_is_cut_anywhere_is_refused(void **state)
{
	struct store_facts facts;
	struct err err;
	size_t size, cut;
	char *bytes = small(&size);

	(void)state;
	for (cut = 0; cut < size; cut++) {
		assert_int_equal(read_bytes(bytes, cut, &facts, &err), -EBADMSG);
		assert_said(-EBADMSG, &err);
	}
	assert_int_equal(read_bytes(bytes, size, &facts, &err), 0);
	free(bytes);
}

static void a_flipped_bit_is_found_by_the_checksum(void **state)
{
	struct store_facts facts;
	struct err err;
	size_t size, bit, accepted = 0;
	char *bytes = small(&size);

	(void)state;
	for (bit = 0; bit < 8 * size; bit++) {
		int code;

		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
		code = read_bytes(bytes, size, &facts, &err);
		assert_said(code, &err);
		accepted += code == 0;
		bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
	}
	/* Nothing depends on the time, system and level in gzip's header, nor on what fills deflate's last byte. */
	assert_in_range(accepted, 6 * 8, 6 * 8 + 8);
	free(bytes);
}

static void a_broken_member_ends_the_file_before_it(void **state)
{
	struct store_facts facts;
	struct err err;
	size_t size, packed_size, bit;
	char *first = small(&size), both[8192];
	/* A comment for people, of which nothing depends. */
	static const char second[] = "\x32\x05hello";
	char *packed = saved_gzip(second, sizeof(second) - 1, &packed_size);

	(void)state;
	memcpy(both, first, size);
	memcpy(both + size, packed, packed_size);
	assert_int_equal(read_bytes(both, size + packed_size, &facts, &err), 0);
	assert_int_equal(facts.torn_offset, 0);
	assert_int_equal(facts.members, 2);
	/* Its beginning, and the checksum and length at its end. */
	for (bit = 0; bit < 8 * packed_size; bit += bit == 15 ? 8 * (packed_size - 8) - 15 : 1) {
		char *byte = &both[size + bit / 8];

		*byte = (char)(*byte ^ 1 << bit % 8);
		assert_int_equal(read_bytes(both, size + packed_size, &facts, &err), 0);
		assert_int_equal(facts.torn_offset, size);
		assert_int_equal(facts.members, 1);
		*byte = (char)(*byte ^ 1 << bit % 8);
	}
	free(first);
	free(packed);
}

static void what_stands_behind_the_last_member_is_named_and_left_out(void **state)
{
	struct store_facts facts;
	struct err err;
	size_t size;
	char *bytes = small(&size);

	(void)state;
	bytes = realloc(bytes, size + 7);
	memcpy(bytes + size, "garbage", 7);
	assert_int_equal(read_bytes(bytes, size + 7, &facts, &err), 0);
	assert_int_equal(facts.torn_offset, size);
	assert_int_equal(facts.file_bytes, size + 7);
	free(bytes);
}

static void flipped_bits_without_a_checksum_do_no_harm(void **state)
{
	struct store_facts facts;
	struct err err;
	/* A type of values, a sample, a location, a function, and texts. */
	uint8_t bytes[] = "\x0a\x04\x08\x01\x10\x02"
			  "\x12\x07\x0a\x02\x01\x01\x12\x01\x04"
			  "\x22\x08\x08\x01\x22\x04\x08\x01\x10\x03"
			  "\x2a\x04\x08\x01\x10\x03"
			  "\x32\x00"
			  "\x32\x07samples"
			  "\x32\x05"
			  "count"
			  "\x32\x01"
			  "f";
	const size_t size = sizeof(bytes) - 1;
	size_t bit;

	(void)state;
	assert_int_equal(read_bytes(bytes, size, &facts, &err), 0);
	for (bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1 << bit % 8);
		assert_said(read_bytes(bytes, size, &facts, &err), &err);
		bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 1 << bit % 8);
	}
	/* Cut between two fields it is shorter, but a message. */
	for (bit = 0; bit < size; bit++)
		assert_said(read_bytes(bytes, bit, &facts, &err), &err);
}

static void other_kinds_of_files_are_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *what;
	} kinds[] = {
		{ "", 0, "it is empty" },
		{ "\177ELF\2\1\1\0\0\0", 10, "it is an ELF file" },
		{ "{\"traceEvents\": []}", 19, "it is JSON text" },
		{ "main;f 12\nmain;g 3\n", 19, "it is text" },
		{ "\xfb\xe9\x03\0\0", 5, "it is a pstats file" },
		{ "PERFILE2h\0\0\0", 12, "it is perf's own file" },
		{ "PK\3\4\0\0", 6, "it is a zip file" },
		{ "\x28\xb5\x2f\xfd\0\0", 6, "it is compressed by zstd" },
		{ "\0\0\0\0\0\0", 6, "there is no field at byte 0" },
	};
	struct store_facts facts;
	struct err err;
	size_t i, size;
	char *packed;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		assert_int_equal(read_bytes(kinds[i].bytes, kinds[i].size, &facts, &err), -EBADMSG);
		if (!strstr(err.message, kinds[i].what))
			fail_msg("%s does not say: %s", err.message, kinds[i].what);
		/* And so are they in gzip. */
		packed = saved_gzip(kinds[i].bytes, kinds[i].size, &size);
		assert_int_equal(read_bytes(packed, size, &facts, &err), -EBADMSG);
		assert_non_null(strstr(err.message, kinds[i].what));
		free(packed);
	}
}

static void files_that_cannot_be_opened_say_why(void **state)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(store_read("/nonexistent/x.pb.gz", profile, &facts, &err), -ENOENT);
	assert_string_equal(err.message,
			    "cannot open /nonexistent/x.pb.gz: No such file or directory");
	assert_int_equal(store_read("/tmp", profile, &facts, &err), -EISDIR);
	assert_int_equal(store_read("/dev/null", profile, &facts, &err), -EBADMSG);
	profile_free(profile);
}

static void a_pipe_is_read_like_a_file(void **state)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	struct err err = { 0 };
	size_t size;
	char *bytes = small(&size), path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, size), size);
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_int_equal(store_read(path, profile, &facts, &err), 0);
	assert_int_equal(profile_samples(profile), 6);
	assert_int_equal(facts.file_bytes, size);
	close(ends[0]);
	free(bytes);
	profile_free(profile);
}

/* A gzip member of `count` times a field, behind `head`. */
static char *bomb(const char *head, size_t head_size, const char *field, size_t field_size,
		  size_t count, size_t *ret_size)
{
	char *bytes = malloc(head_size + field_size * count), *packed;
	size_t i;

	memcpy(bytes, head, head_size);
	for (i = 0; i < count; i++)
		memcpy(bytes + head_size + i * field_size, field, field_size);
	packed = saved_gzip(bytes, head_size + field_size * count, ret_size);
	free(bytes);
	return packed;
}

static void a_file_that_unpacks_to_far_too_much_is_refused(void **state)
{
	/* Field 99, a number: passed over. 32 MB in 32 kB, four times. */
	size_t size, i;
	char *one = bomb("", 0, "\x98\x06\x05\x98\x06\x05\x98\x06", 6, (32 << 20) / 6, &size);
	char *bytes = malloc(4 * size);
	struct store_facts facts;
	struct err err;

	(void)state;
	for (i = 0; i < 4; i++)
		memcpy(bytes + i * size, one, size);
	assert_int_equal(read_bytes(bytes, 4 * size, &facts, &err), -EFBIG);
	assert_non_null(strstr(err.message, "unpack to more than"));
	free(bytes);
	free(one);
}

static uint64_t peak_kilobytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss;
}

static void tables_that_take_too_much_memory_are_refused(void **state)
{
	/* Texts of one byte, and labels without end in one sample. */
	size_t size;
	char *texts = bomb("\x0a\x00\x32\x00", 4, "\x32\x01x", 3, 4500000, &size);
	const uint64_t before = peak_kilobytes();
	struct store_facts facts;
	struct err err;

	(void)state;
	assert_int_equal(read_bytes(texts, size, &facts, &err), -EFBIG);
	assert_non_null(strstr(err.message, "takes more than 640 MB"));
	/* What was counted is what it might have become; so far it is much less. */
	assert_true(peak_kilobytes() - before < 400 << 10);
	free(texts);
}

static void a_part_that_is_too_large_is_refused(void **state)
{
	/* A sample of 2 MB, and one of which not so much is there. */
	size_t size;
	char *large = bomb("\x0a\x00\x12\x80\x80\x80\x01", 7, "\x08\x01", 2, 1 << 20, &size);
	struct store_facts facts;
	struct err err;

	(void)state;
	assert_int_equal(read_bytes(large, size, &facts, &err), -EFBIG);
	assert_non_null(strstr(err.message, "2097152 bytes at byte 2"));
	free(large);
	assert_int_equal(read_bytes("\x0a\x00\x12\x7f\x08", 5, &facts, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "a field is not whole"));
}

static void what_takes_far_too_long_is_refused(void **state)
{
	/* A type of values, and function 1 with a name of 60,000 letters. */
	static const char head[] = "\x0a\x00\x2a\x04\x08\x01\x10\x01\x32\x00\x32\xe0\xd4\x03";
	/* A location of 2,048 lines of that function, which are 4 bytes each, behind its id. */
	static const char line[] = "\x22\x02\x08\x01";
	char location[] = "\x22\x82\x40\x08\x01";
	const size_t name_size = 60000, nlines = 2048;
	struct store_facts facts;
	struct err err;
	char *bytes = calloc(1, 2 << 20), *packed;
	size_t size, total = sizeof(head) - 1 + name_size, i, at;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'x', total);
	memcpy(bytes, head, sizeof(head) - 1);
	for (i = 0; i < 100; i++) {
		location[4] = (char)(i + 1);
		memcpy(bytes + total, location, sizeof(location) - 1);
		total += sizeof(location) - 1;
		for (at = 0; at < nlines; at++, total += sizeof(line) - 1)
			memcpy(bytes + total, line, sizeof(line) - 1);
	}
	packed = saved_gzip(bytes, total, &size);
	assert_int_equal(read_bytes(packed, size, &facts, &err), -EFBIG);
	assert_non_null(strstr(err.message, "takes too long"));
	free(packed);
	free(bytes);
}

static void stacks_that_are_much_larger_than_their_file_are_refused(void **state)
{
	/* A type of values, function 1 without a name, and location 1, of 4,000 lines of that function. */
	static const char head[] = "\x0a\x00\x2a\x02\x08\x01\x32\x00\x22\x82\x7d\x08\x01";
	static const char line[] = "\x22\x02\x08\x01";
	/* Samples with 16 and 15 times this location, by turns: no one is the one before it. */
	static const char samples[] = "\x12\x15\x0a\x10\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\x12\1\1"
				      "\x12\x14\x0a\x0f\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\x12\1\1";
	struct store_facts facts;
	struct err err;
	char *bytes = calloc(1, 1 << 20), *packed;
	size_t size, total = sizeof(head) - 1, i;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, head, total);
	for (i = 0; i < 4000; i++, total += sizeof(line) - 1)
		memcpy(bytes + total, line, sizeof(line) - 1);
	for (i = 0; i < 2000; i++, total += sizeof(samples) - 1)
		memcpy(bytes + total, samples, sizeof(samples) - 1);
	packed = saved_gzip(bytes, total, &size);
	assert_int_equal(read_bytes(packed, size, &facts, &err), -EFBIG);
	assert_non_null(strstr(err.message, "takes too long"));
	free(packed);
	free(bytes);
}

static void a_stack_that_is_too_deep_is_refused(void **state)
{
	/* Location 1, without lines, 100,000 times in one sample. */
	size_t size;
	char *deep = bomb("\x0a\x00\x22\x02\x08\x01\x12\xa7\x8d\x06\x12\x01\x01\x0a\xa0\x8d\x06",
			  17, "\x01", 1, 100000, &size);
	struct store_facts facts;
	struct err err;

	(void)state;
	assert_int_equal(read_bytes(deep, size, &facts, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "a stack is 100000 deep, at byte 6"));
	free(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_one_member_that_is_cut_anywhere_is_refused),
		cmocka_unit_test(a_flipped_bit_is_found_by_the_checksum),
		cmocka_unit_test(a_broken_member_ends_the_file_before_it),
		cmocka_unit_test(what_stands_behind_the_last_member_is_named_and_left_out),
		cmocka_unit_test(flipped_bits_without_a_checksum_do_no_harm),
		cmocka_unit_test(other_kinds_of_files_are_named),
		cmocka_unit_test(files_that_cannot_be_opened_say_why),
		cmocka_unit_test(a_pipe_is_read_like_a_file),
		cmocka_unit_test(a_file_that_unpacks_to_far_too_much_is_refused),
		cmocka_unit_test(tables_that_take_too_much_memory_are_refused),
		cmocka_unit_test(a_part_that_is_too_large_is_refused),
		cmocka_unit_test(what_takes_far_too_long_is_refused),
		cmocka_unit_test(stacks_that_are_much_larger_than_their_file_are_refused),
		cmocka_unit_test(a_stack_that_is_too_deep_is_refused),
	};

	return cmocka_run_group_tests_name("store_damage", tests, NULL, NULL);
}
