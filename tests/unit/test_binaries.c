/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/python/binaries.c on the files that this very process has mapped, and on one that is written to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "proc/maps.h"
#include "proc/memory.h"
#include "python/binaries.h"

static char path[] = "/tmp/test_binaries.XXXXXX";

struct stage {
	struct maps maps;
	struct memory memory;
	size_t library; /* the C library's executable mapping */
};

static void set_up(struct stage *stage)
{
	*stage = (struct stage){ 0 };
	assert_int_equal(maps_read(getpid(), &stage->maps, NULL), 0);
	assert_int_equal(memory_open_process(getpid(), &stage->memory), 0);
	binaries_forget();
	for (size_t i = 0; i < stage->maps.nmappings; i++) {
		if (stage->maps.mappings[i].executable &&
		    strstr(stage->maps.mappings[i].path, "/libc.so")) {
			stage->library = i;
			return;
		}
	}
	skip();
}

static void tear_down(struct stage *stage)
{
	memory_close(&stage->memory);
	maps_done(&stage->maps);
	binaries_forget();
}

static int look(struct stage *stage, size_t i, struct mapped_binary *mapped, struct err *err)
{
	*err = (struct err){ 0 };
	return binaries_look_at(getpid(), &stage->maps, i, &stage->memory, mapped, err);
}

static void a_file_is_read_once(void **state)
{
	struct mapped_binary first, second;
	struct stage stage;
	uint64_t nread;
	struct err err;

	(void)state;
	set_up(&stage);
	nread = binaries_nread();
	assert_int_equal(look(&stage, stage.library, &first, &err), 0);
	assert_int_equal(binaries_nread(), nread + 1);
	assert_int_equal(look(&stage, stage.library, &second, &err), 0);
	assert_int_equal(binaries_nread(), nread + 1);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_false(first.from_memory || first.binary.has_runtime);
	binaries_forget();
	assert_int_equal(look(&stage, stage.library, &second, &err), 0);
	assert_int_equal(binaries_nread(), nread + 2);
	tear_down(&stage);
}

static void a_file_keeps_its_number_while_it_is_remembered(void **state)
{
	struct mapped_binary library, again, program;
	struct stage stage;
	struct err err;
	size_t i = 0;

	(void)state;
	set_up(&stage);
	while (!stage.maps.mappings[i].executable)
		i++;
	assert_int_equal(look(&stage, stage.library, &library, &err), 0);
	assert_int_equal(look(&stage, i, &program, &err), 0);
	assert_int_equal(look(&stage, stage.library, &again, &err), 0);
	assert_true(library.file != 0 && program.file != 0);
	assert_int_not_equal(library.file, program.file);
	assert_int_equal(library.file, again.file);
	binaries_forget();
	assert_int_equal(look(&stage, stage.library, &again, &err), 0);
	assert_true(again.file > program.file);
	tear_down(&stage);
}

static void what_a_program_is_linked_with_and_where_its_code_begins_is_told(void **state)
{
	struct mapped_binary mapped;
	struct stage stage;
	struct err err;

	(void)state;
	set_up(&stage);
	assert_int_equal(look(&stage, stage.library, &mapped, &err), 0);
	assert_false(mapped.binary.needs_libpython);
	/* no page of the segment is in another mapping */
	assert_int_equal((mapped.binary.code_start + mapped.bias) & ~4095ULL,
			 stage.maps.mappings[stage.library].start);
	tear_down(&stage);
}

static void the_same_file_elsewhere_has_another_bias(void **state)
{
	struct mapped_binary here, there;
	struct mapping *mapping;
	struct stage stage;
	uint64_t nread;
	struct err err;

	(void)state;
	set_up(&stage);
	mapping = &stage.maps.mappings[stage.library];
	assert_int_equal(look(&stage, stage.library, &here, &err), 0);
	nread = binaries_nread();
	/* still opened by its path */
	mapping->start -= 0x100000;
	mapping->end -= 0x100000;
	assert_int_equal(look(&stage, stage.library, &there, &err), 0);
	assert_int_equal(there.bias, here.bias - 0x100000);
	assert_int_equal(binaries_nread(), nread);
	/* Another part of the file may be of another segment: that is looked up. */
	mapping->start += 0x1000;
	mapping->offset += 0x1000;
	assert_int_equal(look(&stage, stage.library, &there, &err), 0);
	assert_int_equal(there.bias, here.bias - 0x100000);
	assert_int_equal(binaries_nread(), nread + 1);
	tear_down(&stage);
}

/* Nobody can open a file of that number, wherever it is looked for. */
static void take_file_away(struct stage *stage)
{
	const uint64_t inode = stage->maps.mappings[stage->library].inode;

	for (size_t i = 0; i < stage->maps.nmappings; i++) {
		struct mapping *mapping = &stage->maps.mappings[i];

		if (mapping->inode != inode)
			continue;
		mapping->inode = UINT64_MAX;
		mapping->end++; /* so that there is no link to it either */
		mapping->deleted = true;
	}
}

static void a_file_that_is_gone_is_read_from_memory(void **state)
{
	struct mapped_binary by_file, by_memory;
	struct stage stage;
	uint64_t nread;
	struct err err;

	(void)state;
	set_up(&stage);
	assert_int_equal(look(&stage, stage.library, &by_file, &err), 0);
	nread = binaries_nread();
	take_file_away(&stage);
	assert_int_equal(look(&stage, stage.library, &by_memory, &err), 0);
	assert_true(by_memory.from_memory);
	assert_int_equal(by_memory.bias, by_file.bias);
	assert_int_equal(binaries_nread(), nread);
	tear_down(&stage);
}

static void a_file_whose_start_is_not_mapped_is_refused_as_gone(void **state)
{
	struct mapped_binary mapped;
	struct stage stage;
	struct err err;

	(void)state;
	set_up(&stage);
	take_file_away(&stage);
	for (size_t i = 0; i < stage.maps.nmappings; i++) {
		if (stage.maps.mappings[i].inode == UINT64_MAX)
			stage.maps.mappings[i].offset += 0x1000;
	}
	assert_int_equal(look(&stage, stage.library, &mapped, &err), -ESTALE);
	assert_non_null(strstr(err.message, "deleted"));
	assert_true(err.hint[0]);
	tear_down(&stage);
}

static void write_file(const char *text)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
}

static void a_failure_is_remembered_until_the_file_changes(void **state)
{
	struct mapped_binary mapped;
	struct stage stage;
	struct stat status;
	uint64_t nread;
	struct err err;
	struct mapping *mapping;

	(void)state;
	set_up(&stage);
	write_file("no ELF file at all");
	assert_int_equal(stat(path, &status), 0);
	mapping = &stage.maps.mappings[stage.library];
	mapping->path = path;
	mapping->inode = status.st_ino;
	mapping->device_major = major(status.st_dev);
	mapping->device_minor = minor(status.st_dev);
	mapping->end++; /* so that no link leads to the library */
	nread = binaries_nread();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(look(&stage, stage.library, &mapped, &err), -ENOEXEC);
		assert_non_null(strstr(err.message, "not an ELF file"));
		assert_non_null(strstr(err.message, path));
	}
	assert_int_equal(binaries_nread(), nread + 1);
	write_file("neither is this, which is longer");
	assert_int_equal(look(&stage, stage.library, &mapped, &err), -ENOEXEC);
	assert_int_equal(binaries_nread(), nread + 2);
	tear_down(&stage);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_once),
		cmocka_unit_test(a_file_keeps_its_number_while_it_is_remembered),
		cmocka_unit_test(what_a_program_is_linked_with_and_where_its_code_begins_is_told),
		cmocka_unit_test(the_same_file_elsewhere_has_another_bias),
		cmocka_unit_test(a_file_that_is_gone_is_read_from_memory),
		cmocka_unit_test(a_file_whose_start_is_not_mapped_is_refused_as_gone),
		cmocka_unit_test(a_failure_is_remembered_until_the_file_changes),
	};

	return cmocka_run_group_tests_name("binaries", tests, make_file, remove_file);
}
