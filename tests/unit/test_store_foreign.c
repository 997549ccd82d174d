/* SPDX-License-Identifier: GPL-2.0-only */
/* Saved profiles of other tools: what their values, labels and frames are to us, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "store/profile.pb-c.h"
#include "store/store.h"
#include "support/saved_file.h"

/*
 * A file with two functions, main calling work, whose parts the tests change before it is packed. Packed in the order of
 * the fields' numbers it has its samples before all that they refer to, as Go's files have.
 */
struct made {
	char *texts[32];
	Pprof__ValueType types[4], *type_list[4], period_type;
	Pprof__Mapping mapping, *mapping_list[1];
	Pprof__Function functions[2], *function_list[2];
	Pprof__Line lines[4], *line_list[4];
	Pprof__Location locations[2], *location_list[2];
	Pprof__Label labels[8], *label_list[8];
	Pprof__Sample samples[2], *sample_list[2];
	uint64_t stack[2];
	int64_t values[2][4];
	Pprof__Profile profile;
};

static int64_t text(struct made *made, const char *text)
{
	made->texts[made->profile.n_string_table] = (char *)text;
	return (int64_t)made->profile.n_string_table++;
}

static void add_type(struct made *made, const char *type, const char *unit)
{
	Pprof__ValueType *added = &made->types[made->profile.n_sample_type];
	size_t i;

	pprof__value_type__init(added);
	added->type = text(made, type);
	added->unit = text(made, unit);
	made->type_list[made->profile.n_sample_type++] = added;
	for (i = 0; i < 2; i++)
		made->samples[i].n_value = made->profile.n_sample_type;
}

static void add_label(struct made *made, const char *key, const char *value, int64_t number)
{
	Pprof__Label *added = &made->labels[made->samples[0].n_label];

	pprof__label__init(added);
	added->key = text(made, key);
	added->str = value ? text(made, value) : 0;
	added->num = number;
	made->label_list[made->samples[0].n_label++] = added;
}

static void make_frames(struct made *made)
{
	static const char *const names[] = { "main", "work" };
	size_t i;

	for (i = 0; i < 2; i++) {
		pprof__function__init(&made->functions[i]);
		made->functions[i].id = 100 + i;
		made->functions[i].name = text(made, names[i]);
		made->functions[i].filename = text(made, "app.go");
		made->functions[i].start_line = 10 * ((int64_t)i + 1);
		made->function_list[i] = &made->functions[i];
		pprof__line__init(&made->lines[i]);
		made->lines[i].function_id = 100 + i;
		made->lines[i].line = made->functions[i].start_line + 1;
		made->line_list[i] = &made->lines[i];
		pprof__location__init(&made->locations[i]);
		made->locations[i].id = 1000 * (i + 1);
		made->locations[i].mapping_id = 7;
		made->locations[i].address = 0x55d0c0ffee;
		made->locations[i].n_line = 1;
		made->locations[i].line = &made->line_list[i];
		made->location_list[i] = &made->locations[i];
	}
	made->stack[0] = 2000;
	made->stack[1] = 1000;
}

static void make(struct made *made)
{
	size_t i;

	memset(made, 0, sizeof(*made));
	pprof__profile__init(&made->profile);
	text(made, "");
	pprof__mapping__init(&made->mapping);
	made->mapping.id = 7;
	made->mapping.filename = text(made, "/opt/bin/server");
	made->mapping_list[0] = &made->mapping;
	make_frames(made);
	for (i = 0; i < 2; i++) {
		pprof__sample__init(&made->samples[i]);
		made->samples[i].n_location_id = 2 - i;
		made->samples[i].location_id = made->stack + i;
		made->samples[i].value = made->values[i];
		made->samples[i].label = made->label_list;
		made->sample_list[i] = &made->samples[i];
	}
	made->profile.string_table = made->texts;
	made->profile.sample_type = made->type_list;
	made->profile.n_mapping = 1;
	made->profile.mapping = made->mapping_list;
	made->profile.n_function = 2;
	made->profile.function = made->function_list;
	made->profile.n_location = 2;
	made->profile.location = made->location_list;
	made->profile.n_sample = 2;
	made->profile.sample = made->sample_list;
	pprof__value_type__init(&made->period_type);
}

/* As Go's CPU profiler: 3 samples of work, 1 of main, at 100 Hz. */
static void make_cpu(struct made *made)
{
	make(made);
	add_type(made, "samples", "count");
	add_type(made, "cpu", "nanoseconds");
	made->values[0][0] = 3;
	made->values[0][1] = 30000000;
	made->values[1][0] = 1;
	made->values[1][1] = 10000000;
	made->period_type.type = made->types[1].type;
	made->period_type.unit = made->types[1].unit;
	made->profile.period_type = &made->period_type;
	made->profile.period = 10000000;
	made->profile.time_nanos = 1700000000000000000;
	made->profile.duration_nanos = 2000000000;
}

static int read_into(const struct made *made, struct profile *profile, struct store_facts *facts,
		     struct err *err)
{
	const size_t size = pprof__profile__get_packed_size(&made->profile);
	uint8_t *bytes = malloc(size);
	struct saved_file file;
	size_t packed_size;
	char *packed;
	int code;

	pprof__profile__pack(&made->profile, bytes);
	packed = saved_gzip(bytes, size, &packed_size);
	saved_file_init(&file);
	saved_file_set(&file, packed, packed_size);
	code = store_read(file.path, profile, facts, err);
	saved_file_done(&file);
	free(packed);
	free(bytes);
	return code;
}

static struct profile *read_made(const struct made *made)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	struct err err = { 0 };

	read_into(made, profile, &facts, &err);
	assert_string_equal(err.message, "");
	assert_false(facts.ours);
	return profile;
}

static void assert_refused(const struct made *made, const char *why)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	struct err err = { 0 };

	assert_int_equal(read_into(made, profile, &facts, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "/tmp/pybpfprof-test-"));
	if (!strstr(err.message, why))
		fail_msg("%s does not say: %s", err.message, why);
	profile_free(profile);
}

static void assert_folded(const struct profile *profile, const char *expected)
{
	char *folded = saved_report(profile, "folded");

	assert_string_equal(folded, expected);
	free(folded);
}

static void a_cpu_profile_of_go_is_read_with_its_run(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make_cpu(&made);
	profile = read_made(&made);
	assert_folded(profile, "main (app.go:11) 1\nmain (app.go:11);work (app.go:21) 3\n");
	assert_int_equal(profile_unit(profile), PROFILE_UNIT_TIME);
	assert_int_equal(profile_weight_ns(profile), 40000000);
	assert_int_equal(profile_nprocesses(profile), 1);
	assert_int_equal(profile_process(profile, 0)->pid, 0);
	assert_string_equal(profile_process(profile, 0)->comm, "server");
	assert_int_equal(profile_process(profile, 0)->kernel_ns, PROFILE_TIME_UNKNOWN);
	assert_int_equal(profile_nruns(profile), 1);
	assert_int_equal(profile_run(profile, 0)->began_unix_ns, 1700000000000000000);
	assert_int_equal(profile_account_const(profile)->rate_hz, 100);
	assert_int_equal(profile_account_const(profile)->elapsed_ns, 2000000000);
	assert_int_equal(account_samples(profile_account_const(profile)), 4);
	profile_free(profile);
}

static void what_is_not_compressed_is_read_as_well(void **state)
{
	struct profile *profile;
	struct saved_file file;
	struct store_facts facts;
	struct made made;
	uint8_t bytes[4096];

	(void)state;
	make_cpu(&made);
	saved_file_init(&file);
	saved_file_set(&file, bytes, pprof__profile__pack(&made.profile, bytes));
	profile = saved_file_read(&file, &facts, NULL);
	assert_non_null(profile);
	assert_int_equal(facts.members, 0);
	assert_int_equal(profile_samples(profile), 4);
	profile_free(profile);
	saved_file_done(&file);
}

static void unknown_fields_and_numbers_one_by_one_are_read(void **state)
{
	/* Fields 99 (a number), 98 (bytes), 97 and 96 (8 and 4 bytes); and a sample whose ids and values are not packed. */
	static const uint8_t more[] = { 0x98, 0x06, 0x05, 0x92, 0x06, 0x02, 0xff, 0xff, 0x89,
					0x06, 1,    2,	  3,	4,    5,    6,	  7,	8,
					0x85, 0x06, 1,	  2,	3,    4,    0x12, 0x0a, 0x08,
					0xd0, 0x0f, 0x08, 0xe8, 0x07, 0x10, 0x01, 0x10, 0x0a };
	struct profile *profile;
	struct saved_file file;
	struct store_facts facts;
	struct made made;
	uint8_t bytes[4096];
	size_t size;

	(void)state;
	make_cpu(&made);
	size = pprof__profile__pack(&made.profile, bytes);
	memcpy(bytes + size, more, sizeof(more));
	saved_file_init(&file);
	saved_file_set(&file, bytes, size + sizeof(more));
	profile = saved_file_read(&file, &facts, NULL);
	assert_non_null(profile);
	assert_int_equal(profile_samples(profile), 5);
	assert_int_equal(profile_weight_ns(profile), 40000010);
	assert_int_equal(profile_nrows(profile), 2);
	profile_free(profile);
	saved_file_done(&file);
}

static void functions_inlined_into_a_location_are_frames_leaf_first(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make_cpu(&made);
	/* One location: work inlined into main. */
	made.line_list[0] = &made.lines[1];
	made.line_list[1] = &made.lines[0];
	made.locations[0].n_line = 2;
	made.locations[0].line = made.line_list;
	made.profile.n_location = 1;
	made.profile.n_sample = 1;
	made.samples[0].n_location_id = 1;
	made.samples[0].location_id = &made.stack[1];
	profile = read_made(&made);
	assert_folded(profile, "main (app.go:11);work (app.go:21) 3\n");
	profile_free(profile);
}

static void what_has_no_function_is_named_by_address_and_file(void **state)
{
	struct made made;
	struct profile *profile;
	const struct symbol *symbol;

	(void)state;
	make_cpu(&made);
	made.locations[1].n_line = 0;
	made.lines[0].function_id = 0;
	made.profile.n_sample = 1;
	profile = read_made(&made);
	assert_int_equal(profile_nrows(profile), 1);
	symbol = profile_symbol(profile,
				profile_stack_symbol(profile, profile_row(profile, 0)->stack));
	assert_string_equal(symbol->function, "0x55d0c0ffee");
	assert_string_equal(symbol->file, "/opt/bin/server");
	assert_int_equal(symbol->line, 0);
	assert_int_equal(
		profile_stack_symbol(profile,
				     profile_stack_caller(profile, profile_row(profile, 0)->stack)),
		profile_stack_symbol(profile, profile_row(profile, 0)->stack));
	profile_free(profile);
}

static void a_sample_without_frames_is_unnamed(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make_cpu(&made);
	made.samples[0].n_location_id = 0;
	profile = read_made(&made);
	assert_folded(profile, "[unnamed] 3\nmain (app.go:11) 1\n");
	profile_free(profile);
}

static void names_of_other_tools_are_no_special_symbols_and_no_escapes(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make_cpu(&made);
	made.texts[made.functions[0].name] = (char *)"[native]";
	made.functions[0].system_name = made.functions[0].name;
	made.functions[0].filename = 0;
	made.texts[made.functions[1].name] = (char *)"a\\x41";
	made.profile.n_sample = 1;
	profile = read_made(&made);
	assert_int_equal(
		profile_symbol(profile,
			       profile_stack_symbol(
				       profile, profile_stack_caller(
							profile, profile_row(profile, 0)->stack)))
			->kind,
		SYMBOL_FUNCTION);
	assert_string_equal(
		profile_symbol(profile,
			       profile_stack_symbol(profile, profile_row(profile, 0)->stack))
			->function,
		"a\\x41");
	profile_free(profile);
}

static void times_of_other_units_become_nanoseconds(void **state)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "microseconds", 1000 },
		      { "milliseconds", 1000000 },
		      { "seconds", 1000000000 } };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct made made;
		struct profile *profile;

		make(&made);
		add_type(&made, "wall", units[i].unit);
		made.values[0][0] = 5;
		made.values[1][0] = 0;
		profile = read_made(&made);
		assert_int_equal(profile_unit(profile), PROFILE_UNIT_TIME);
		assert_int_equal(profile_weight_ns(profile), 5 * units[i].ns);
		/* Nothing counts samples: one for each record that weighs something. */
		assert_int_equal(profile_samples(profile), 1);
		assert_int_equal(profile_nrows(profile), 1);
		profile_free(profile);
	}
}

static void the_default_type_is_the_weight_else_cpu_else_the_last(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make(&made);
	add_type(&made, "alloc_objects", "count");
	add_type(&made, "cpu", "nanoseconds");
	add_type(&made, "inuse_space", "bytes");
	made.values[0][0] = 2;
	made.values[0][1] = 300;
	made.values[0][2] = 4000;
	profile = read_made(&made);
	assert_int_equal(profile_weight_ns(profile), 300);
	assert_int_equal(profile_samples(profile), 2);
	profile_free(profile);

	made.profile.default_sample_type = made.types[2].type;
	profile = read_made(&made);
	assert_int_equal(profile_unit(profile), PROFILE_UNIT_COUNT);
	assert_int_equal(profile_weight_ns(profile), 4000);
	assert_int_equal(profile_samples(profile), 1);
	profile_free(profile);

	made.profile.default_sample_type = 0;
	made.texts[made.types[1].type] = (char *)"delay";
	profile = read_made(&made);
	assert_int_equal(profile_weight_ns(profile), 4000);
	profile_free(profile);
}

static void counts_are_periods_of_time_where_the_period_is_one(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make(&made);
	add_type(&made, "samples", "count");
	made.values[0][0] = 3;
	made.values[1][0] = 1;
	profile = read_made(&made);
	assert_int_equal(profile_unit(profile), PROFILE_UNIT_COUNT);
	assert_int_equal(profile_samples(profile), 4);
	assert_int_equal(profile_weight_ns(profile), 4);
	profile_free(profile);

	made.period_type.type = text(&made, "cpu");
	made.period_type.unit = text(&made, "milliseconds");
	made.profile.period_type = &made.period_type;
	made.profile.period = 10;
	profile = read_made(&made);
	assert_int_equal(profile_unit(profile), PROFILE_UNIT_TIME);
	assert_int_equal(profile_samples(profile), 4);
	assert_int_equal(profile_weight_ns(profile), 40000000);
	assert_int_equal(profile_account_const(profile)->rate_hz, 100);
	profile_free(profile);
}

static void labels_that_we_know_make_processes_and_threads(void **state)
{
	struct made made;
	struct profile *profile;

	(void)state;
	make_cpu(&made);
	add_label(&made, "pid", NULL, 812);
	add_label(&made, "process_name", "worker", 0);
	add_label(&made, "thread id", "4711", 0);
	add_label(&made, "thread name", "io", 0);
	add_label(&made, "request", "whatever", 0);
	profile = read_made(&made);
	assert_int_equal(profile_nprocesses(profile), 2);
	assert_int_equal(profile_process(profile, 0)->pid, 812);
	assert_string_equal(profile_process(profile, 0)->comm, "worker");
	assert_int_equal(profile_nthreads(profile), 1);
	assert_int_equal(profile_thread(profile, 0)->tid, 4711);
	assert_string_equal(profile_thread(profile, 0)->name, "io");
	assert_int_equal(profile_row(profile, 0)->thread, 0);
	assert_int_equal(profile_row(profile, 1)->process, 1);
	assert_int_equal(profile_row(profile, 1)->thread, PROFILE_NO_ID);
	profile_free(profile);
}

static void two_programs_without_pids_stay_two_and_one_is_one(void **state)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	struct made made;

	(void)state;
	make_cpu(&made);
	assert_int_equal(read_into(&made, profile, &facts, NULL), 0);
	assert_int_equal(read_into(&made, profile, &facts, NULL), 0);
	assert_int_equal(profile_nprocesses(profile), 1);
	assert_int_equal(profile_samples(profile), 8);
	assert_int_equal(account_samples(profile_account_const(profile)), 8);
	made.texts[made.mapping.filename] = (char *)"/opt/bin/client";
	assert_int_equal(read_into(&made, profile, &facts, NULL), 0);
	assert_int_equal(profile_nprocesses(profile), 2);
	assert_string_equal(profile_process(profile, 1)->comm, "client");
	profile_free(profile);
}

static void times_and_counts_are_not_added_up(void **state)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	struct err err = { 0 };
	struct made made;

	(void)state;
	make_cpu(&made);
	assert_int_equal(read_into(&made, profile, &facts, &err), 0);
	made.profile.default_sample_type = 0;
	made.texts[made.types[1].unit] = (char *)"bytes";
	assert_int_equal(read_into(&made, profile, &facts, &err), -EINVAL);
	assert_non_null(strstr(err.message, "cannot add"));
	profile_free(profile);
}

static void a_foreign_profile_that_we_save_comes_back_the_same(void **state)
{
	struct made made;
	struct profile *profile, *back;
	struct saved_file file;
	struct store_facts facts;
	char *before, *after;

	(void)state;
	make_cpu(&made);
	made.locations[1].n_line = 0;
	profile = read_made(&made);
	saved_file_init(&file);
	saved_file_write(&file, profile);
	back = saved_file_read(&file, &facts, NULL);
	assert_true(facts.ours);
	before = saved_report(profile, "tree");
	after = saved_report(back, "tree");
	assert_string_equal(before, after);
	assert_int_equal(profile_account_const(back)->complete, 4);
	free(before);
	free(after);
	profile_free(profile);
	profile_free(back);
	saved_file_done(&file);
}

static void what_does_not_fit_together_is_refused_with_its_place(void **state)
{
	struct made made;

	(void)state;
	make_cpu(&made);
	made.values[1][1] = -1;
	assert_refused(&made, "a sample has a negative value, at byte ");
	make_cpu(&made);
	made.values[1][0] = -1;
	assert_refused(&made, "a sample has a negative value");
	make_cpu(&made);
	made.values[0][1] = made.values[1][1] = INT64_MAX;
	assert_refused(&made, "the values add up to too much");
	make_cpu(&made);
	made.samples[1].n_value = 1;
	assert_refused(&made, "a sample has 1 values, not 2");
	make_cpu(&made);
	made.profile.n_sample_type = 0;
	assert_refused(&made, "it has no types of values");
	make_cpu(&made);
	made.stack[0] = 2001;
	assert_refused(&made, "a sample refers to location 2001, which is not there, at byte ");
	make_cpu(&made);
	made.lines[1].function_id = 5;
	assert_refused(&made, "a location refers to function 5, which is not there");
	make_cpu(&made);
	made.locations[0].mapping_id = 8;
	assert_refused(&made, "a location refers to mapping 8, which is not there");
	make_cpu(&made);
	made.functions[1].filename = 99;
	assert_refused(&made, "a function refers to text 99 of");
	make_cpu(&made);
	made.mapping.filename = -1;
	assert_refused(&made, "a mapping refers to text -1 of");
	make_cpu(&made);
	made.functions[1].id = 100;
	assert_refused(&made, "function 100 is there twice");
	make_cpu(&made);
	made.locations[1].id = 1000;
	assert_refused(&made, "location 1000 is there twice");
	make_cpu(&made);
	made.locations[1].id = 0;
	assert_refused(&made, "a location has no id");
	make_cpu(&made);
	add_label(&made, "pid", NULL, 1);
	made.labels[0].key = 1000;
	assert_refused(&made, "a label refers to a text that is not there");
	make_cpu(&made);
	made.types[0].unit = 1000;
	assert_refused(&made, "a type of values refers to text 1000");
	make_cpu(&made);
	made.profile.default_sample_type = 1000;
	assert_refused(&made, "the default type refers to text 1000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cpu_profile_of_go_is_read_with_its_run),
		cmocka_unit_test(what_is_not_compressed_is_read_as_well),
		cmocka_unit_test(unknown_fields_and_numbers_one_by_one_are_read),
		cmocka_unit_test(functions_inlined_into_a_location_are_frames_leaf_first),
		cmocka_unit_test(what_has_no_function_is_named_by_address_and_file),
		cmocka_unit_test(a_sample_without_frames_is_unnamed),
		cmocka_unit_test(names_of_other_tools_are_no_special_symbols_and_no_escapes),
		cmocka_unit_test(times_of_other_units_become_nanoseconds),
		cmocka_unit_test(the_default_type_is_the_weight_else_cpu_else_the_last),
		cmocka_unit_test(counts_are_periods_of_time_where_the_period_is_one),
		cmocka_unit_test(labels_that_we_know_make_processes_and_threads),
		cmocka_unit_test(two_programs_without_pids_stay_two_and_one_is_one),
		cmocka_unit_test(times_and_counts_are_not_added_up),
		cmocka_unit_test(a_foreign_profile_that_we_save_comes_back_the_same),
		cmocka_unit_test(what_does_not_fit_together_is_refused_with_its_place),
	};

	return cmocka_run_group_tests_name("store_foreign", tests, NULL, NULL);
}
