/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of /proc/PID/maps, ordinary and hostile, and opening what is mapped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/maps.h"

static int parse(const char *text, struct maps *maps, struct err *err)
{
	return maps_parse(text, strlen(text), maps, err);
}

static void a_mapping_has_all_its_fields(void **state)
{
	static const char text[] =
		"00400000-00a5c000 r-xp 0001f000 fe:00 247026                     /usr/bin/python3.11\n"
		"7f76df772000-7f76df773000 rw-s 00000000 00:05 12 /dev/shm/x (deleted)\n"
		"7ffd1000-7ffd2000 ---p 00000000 00:00 0                          [stack]\n"
		"7ffd3000-7ffd4000 r--p 00000000 00:00 0 \n"
		"7ffd5000-7ffd6000 r--p 00000000 00:00 0\n";
	struct maps maps = { 0 };
	const struct mapping *m;

	(void)state;
	assert_int_equal(parse(text, &maps, NULL), 0);
	assert_int_equal(maps.nmappings, 5);
	m = maps.mappings;
	assert_int_equal(m->start, 0x400000);
	assert_int_equal(m->end, 0xa5c000);
	assert_int_equal(m->offset, 0x1f000);
	assert_int_equal(m->device_major, 0xfe);
	assert_int_equal(m->device_minor, 0);
	assert_int_equal(m->inode, 247026);
	assert_true(m->readable && !m->writable && m->executable && !m->shared && !m->deleted);
	assert_string_equal(m->path, "/usr/bin/python3.11");
	assert_true(mapping_is_file(m));
	m++;
	assert_true(m->deleted && m->shared && m->writable && !m->executable);
	assert_string_equal(m->path, "/dev/shm/x");
	m++;
	assert_string_equal(m->path, "[stack]");
	assert_false(m->readable || mapping_is_file(m));
	assert_string_equal(m[1].path, "");
	assert_string_equal(m[2].path, "");
	maps_done(&maps);
	assert_null(maps.mappings);
	maps_done(&maps);
}

static void paths_keep_spaces_and_strange_letters(void **state)
{
	static const struct {
		const char *written, *path;
		bool deleted;
	} cases[] = {
		{ "/a b/c d", "/a b/c d", false },
		{ "/a (deleted)", "/a", true },
		{ "/a (deleted) (deleted)", "/a (deleted)", true },
		{ "/ends with space ", "/ends with space ", false },
		{ "/new\\012line", "/new\\012line", false },
		{ "/\xff\x1b[31m", "/\xff\x1b[31m", false },
		{ "(deleted)", "(deleted)", false },
		{ "00400000-00500000 r-xp 0 0:0 0 /x", "00400000-00500000 r-xp 0 0:0 0 /x", false },
	};
	struct maps maps;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "1000-2000 r-xp 0 08:01 7   %s\n", cases[i].written);
		assert_int_equal(parse(text, &maps, NULL), 0);
		assert_int_equal(maps.nmappings, 1);
		assert_string_equal(maps.mappings[0].path, cases[i].path);
		assert_int_equal(maps.mappings[0].deleted, cases[i].deleted);
		maps_done(&maps);
	}
}

static void malformed_lines_are_refused_by_number(void **state)
{
	static const char *const lines[] = {
		"",
		"x",
		"1000",
		"1000-",
		"1000-2000",
		"1000-2000 ",
		"1000-2000 r-x",
		"1000-2000 r-xp",
		"1000-2000 r-xq 0 0:0 0 ",
		"1000-2000 rxxp 0 0:0 0 ",
		"1000-2000 r-xp  0:0 0 ",
		"1000-2000 r-xp 0 0 0 ",
		"1000-2000 r-xp 0 0:0 ",
		"1000-2000 r-xp 0 0:0 x",
		"1000-2000 r-xp 0 0:0 0x",
		"1000-2000 r-xp 0 100000000:0 0 ",
		"2000-1000 r-xp 0 0:0 0 ",
		"1000-1000 r-xp 0 0:0 0 ",
		"-1000-2000 r-xp 0 0:0 0 ",
		"0x1000-2000 r-xp 0 0:0 0 ",
		"10000000000000000-20000000000000000 r-xp 0 0:0 0 ",
		"1000-2000 r-xp 0 0:0 18446744073709551616 ",
		"1000-2000 R-XP 0 0:0 0 ",
	};
	struct err err;
	struct maps maps = { 0 };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "1000-2000 r-xp 0 0:0 0 \n%s\n", lines[i]);
		assert_int_equal(parse(text, &maps, &err), -EBADMSG);
		assert_non_null(strstr(err.message, "line 2"));
		assert_null(maps.mappings);
	}
}

static void a_nul_inside_a_line_is_refused(void **state)
{
	static const char text[] = "1000-2000 r-xp 0 0:0 0 /a\0b\n";
	struct maps maps;

	(void)state;
	assert_int_equal(maps_parse(text, sizeof(text) - 1, &maps, NULL), -EBADMSG);
}

static void no_mappings_are_no_error(void **state)
{
	struct maps maps;

	(void)state;
	assert_int_equal(maps_parse("", 0, &maps, NULL), 0);
	assert_int_equal(maps.nmappings, 0);
	maps_done(&maps);
}

static void too_many_mappings_are_refused(void **state)
{
	static const char line[] = "1000-2000 r-xp 0 0:0 0 \n";
	size_t size = (MAPS_MAPPINGS_MAX + 1) * strlen(line);
	char *text = malloc(size + 1);
	struct maps maps;

	(void)state;
	for (size_t i = 0; i <= MAPS_MAPPINGS_MAX; i++)
		memcpy(text + i * strlen(line), line, sizeof(line));
	assert_int_equal(maps_parse(text, size, &maps, NULL), -E2BIG);
	assert_int_equal(maps_parse(text, size - strlen(line), &maps, NULL), 0);
	assert_int_equal(maps.nmappings, MAPS_MAPPINGS_MAX);
	maps_done(&maps);
	free(text);
}

static void every_beginning_of_our_own_maps_stays_in_bounds(void **state)
{
	static const char whole[] =
		"1000-2000 r-xp 0 08:01 7   /a b (deleted)\n3000-4000 ---p 5 0:0 0 \n";
	struct maps maps;

	(void)state;
	for (size_t size = 0; size < sizeof(whole); size++) {
		char *text = malloc(size ? size : 1);

		memcpy(text, whole, size);
		int r = maps_parse(text, size, &maps, NULL);
		assert_true(r == 0 || r == -EBADMSG);
		if (size == 20 || size == 50)
			assert_int_equal(r, -EBADMSG);
		if (!r)
			maps_done(&maps);
		free(text);
	}
}

static const struct mapping *find_own_code(const struct maps *maps)
{
	uint64_t here = (uint64_t)(uintptr_t)&find_own_code;

	for (size_t i = 0; i < maps->nmappings; i++) {
		if (maps->mappings[i].start <= here && here < maps->mappings[i].end)
			return &maps->mappings[i];
	}
	return NULL;
}

static void our_own_program_is_mapped_and_opens(void **state)
{
	const struct mapping *code;
	struct stat opened, program;
	struct maps maps;
	int fd;

	(void)state;
	assert_int_equal(maps_read(getpid(), &maps, NULL), 0);
	code = find_own_code(&maps);
	assert_non_null(code);
	assert_true(code->executable && mapping_is_file(code) && mapping_same_file(code, code));
	assert_int_equal(mapping_open(getpid(), code, &fd, NULL), 0);
	assert_int_equal(fstat(fd, &opened), 0);
	assert_int_equal(stat("/proc/self/exe", &program), 0);
	assert_int_equal(opened.st_ino, program.st_ino);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	maps_done(&maps);
}

/* A range that the process does not have leads mapping_open past the kernel's link to the path. */
static struct mapping by_path_only(const char *path, const struct stat *status)
{
	return (struct mapping){ .start = 0x1000,
				 .end = 0x2000,
				 .inode = status->st_ino,
				 .device_major = (uint32_t)(status->st_dev >> 8 & 0xfff),
				 .device_minor = (uint32_t)(status->st_dev & 0xff),
				 .path = path };
}

static void by_path_only_the_mapped_inode_opens(void **state)
{
	char path[] = "/tmp/test_maps.XXXXXX";
	struct stat status;
	struct mapping mapping;
	int file = mkstemp(path), fd;

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(fstat(file, &status), 0);
	mapping = by_path_only(path, &status);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd, NULL), 0);
	close(fd);
	mapping.inode++;
	assert_int_equal(mapping_open(getpid(), &mapping, &fd, NULL), -ESTALE);
	mapping.inode--;
	mapping.deleted = true;
	assert_int_equal(mapping_open(getpid(), &mapping, &fd, NULL), -ESTALE);
	mapping.deleted = false;
	close(file);
	unlink(path);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd, NULL), -ESTALE);
}

static void pipes_and_devices_are_not_opened(void **state)
{
	char path[] = "/tmp/test_maps_fifo.XXXXXX";
	struct err err = { 0 };
	struct stat status;
	struct mapping mapping;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(stat(path, &status), 0);
	mapping = by_path_only(path, &status);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd, &err), -EACCES);
	assert_non_null(strstr(err.message, "regular"));
	unlink(path);
	assert_int_equal(stat("/dev/null", &status), 0);
	mapping = by_path_only("/dev/null", &status);
	assert_int_equal(mapping_open(getpid(), &mapping, &fd, &err), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mapping_has_all_its_fields),
		cmocka_unit_test(paths_keep_spaces_and_strange_letters),
		cmocka_unit_test(malformed_lines_are_refused_by_number),
		cmocka_unit_test(a_nul_inside_a_line_is_refused),
		cmocka_unit_test(no_mappings_are_no_error),
		cmocka_unit_test(too_many_mappings_are_refused),
		cmocka_unit_test(every_beginning_of_our_own_maps_stays_in_bounds),
		cmocka_unit_test(our_own_program_is_mapped_and_opens),
		cmocka_unit_test(by_path_only_the_mapped_inode_opens),
		cmocka_unit_test(pipes_and_devices_are_not_opened),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
