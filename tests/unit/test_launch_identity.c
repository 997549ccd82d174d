/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose command it is: the user who called sudo, with nothing of root left. Nearly all of it is skipped without root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "launch.h"
#include "support/launcher.h"

#define NOBODY 65534 /* Debian's, a user with an entry in passwd */

/* ---- whose ---- */

static void set_sudo(const char *uid, const char *gid)
{
	setenv("SUDO_UID", uid, 1);
	if (gid)
		setenv("SUDO_GID", gid, 1);
	setenv("HOME", "/root", 1);
}

static void sudo_by_nobody(void)
{
	set_sudo("65534", "65534");
}

static void sudo_by_somebody(void)
{
	set_sudo("54321", "54322");
}

static void sudo_by_root(void)
{
	set_sudo("0", "0");
}

static void sudo_nonsense(void)
{
	set_sudo("12x", "0");
}

static void sudo_minus_one(void)
{
	set_sudo("4294967295", "0");
}

static void sudo_nonsense_group(void)
{
	set_sudo("65534", "-1");
}

static void sudo_without_group(void)
{
	set_sudo("65534", NULL);
}

static void the_command_runs_as_who_called_sudo(void **state)
{
	const struct passwd *nobody = getpwuid(NOBODY);
	char expected[512];

	(void)state;
	SKIP_UNLESS_ROOT();
	assert_non_null(nobody);
	snprintf(expected, sizeof(expected),
		 "Uid:\t65534\t65534\t65534\t65534\nGid:\t%u\t%u\t%u\t%u\n", nobody->pw_gid,
		 nobody->pw_gid, nobody->pw_gid, nobody->pw_gid);
	launcher_assert_output(launcher_run(COMMAND(TEXT("grep"), TEXT("-E"), TEXT("^(Uid|Gid)"),
						    TEXT("/proc/self/status")),
					    sudo_by_nobody, NULL, NULL),
			       expected);
	launcher_assert_output(launcher_run(COMMAND(TEXT("grep"), TEXT("-E"), TEXT("^(Uid|Gid)"),
						    TEXT("/proc/self/status")),
					    sudo_without_group, NULL, NULL),
			       expected);
	snprintf(expected, sizeof(expected), "%s\n", nobody->pw_dir);
	launcher_assert_output(launcher_run(SHELL("echo $HOME"), sudo_by_nobody, NULL, NULL),
			       expected);
}

static void a_user_without_an_entry_has_one_group_and_keeps_home(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	launcher_assert_output(
		launcher_run(SHELL("id -u; id -G; echo $HOME"), sudo_by_somebody, NULL, NULL),
		"54321\n54322\n/root\n");
}

static char member_uid[16], member_gid[16];

static void sudo_by_member(void)
{
	set_sudo(member_uid, member_gid);
}

static int compare_groups(const void *one, const void *other)
{
	gid_t a = *(const gid_t *)one, b = *(const gid_t *)other;

	return (a > b) - (a < b);
}

/* Some user of this machine who is in a group besides his own. */
static const struct passwd *find_member(void)
{
	const struct passwd *user = NULL;
	const struct group *group;

	setgrent();
	while (!user && (group = getgrent()))
		for (char **name = group->gr_mem; !user && *name; name++) {
			user = getpwnam(*name);
			if (user && (user->pw_uid == 0 || user->pw_gid == group->gr_gid))
				user = NULL;
		}
	endgrent();
	return user;
}

static void supplementary_groups_are_the_users(void **state)
{
	const struct passwd *user = find_member();
	gid_t groups[256], got[256];
	int ngroups = 256, ngot = 0;
	struct launcher_run groups_run;

	(void)state;
	SKIP_UNLESS_ROOT();
	if (!user) {
		print_message("skipped: no user of this machine is in a second group\n");
		skip();
	}
	snprintf(member_uid, sizeof(member_uid), "%u", user->pw_uid);
	snprintf(member_gid, sizeof(member_gid), "%u", user->pw_gid);
	assert_true(getgrouplist(user->pw_name, user->pw_gid, groups, &ngroups) > 1);
	groups_run = launcher_run(COMMAND(TEXT("id"), TEXT("-G")), sudo_by_member, NULL, NULL);
	launcher_assert_exit(groups_run, 0);
	for (char *at = groups_run.output, *end; ngot < 256; at = end) {
		got[ngot] = (gid_t)strtoul(at, &end, 10);
		if (end == at)
			break;
		ngot++;
	}
	assert_int_equal(ngot, ngroups);
	qsort(groups, (size_t)ngroups, sizeof(*groups), compare_groups);
	qsort(got, (size_t)ngot, sizeof(*got), compare_groups);
	assert_memory_equal(groups, got, (size_t)ngot * sizeof(*got));
}

/* What setresuid alone would leave: an inheritable and ambient capability, and the securebit under which it leaves all. */
static void inherit_capabilities(void)
{
	const cap_value_t one = CAP_NET_RAW;
	cap_t capabilities = cap_get_proc();

	sudo_by_nobody();
	if (!capabilities || cap_set_flag(capabilities, CAP_INHERITABLE, 1, &one, CAP_SET) ||
	    cap_set_proc(capabilities) || cap_set_ambient(one, CAP_SET) ||
	    prctl(PR_SET_SECUREBITS, 4 /* SECBIT_NO_SETUID_FIXUP */, 0, 0, 0))
		_exit(LAUNCHER_WRONG);
	cap_free(capabilities);
}

static void no_capability_is_left(void **state)
{
	static const char none[] = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
				   "CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n";

	(void)state;
	SKIP_UNLESS_ROOT();
	launcher_assert_output(
		launcher_run(COMMAND(TEXT("grep"), TEXT("-E"), TEXT("Cap(Inh|Prm|Eff|Amb)"),
				     TEXT("/proc/self/status")),
			     sudo_by_nobody, NULL, NULL),
		none);
	launcher_assert_output(
		launcher_run(COMMAND(TEXT("grep"), TEXT("-E"), TEXT("Cap(Inh|Prm|Eff|Amb)"),
				     TEXT("/proc/self/status")),
			     inherit_capabilities, NULL, NULL),
		none);
}

static void root_without_sudo_stays_root(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	launcher_assert_output(launcher_run(SHELL("id -u"), NULL, NULL, NULL), "0\n");
	launcher_assert_output(launcher_run(SHELL("id -u; echo $HOME"), sudo_by_root, NULL, NULL),
			       "0\n/root\n");
}

static void nonsense_of_sudo_is_refused_and_not_started_as_root(void **state)
{
	struct launcher_run refused;

	(void)state;
	SKIP_UNLESS_ROOT();
	refused = launcher_run(SHELL("echo started"), sudo_nonsense, NULL, NULL);
	launcher_assert_exit(refused, LAUNCH_FAILED);
	assert_non_null(strstr(refused.output, "SUDO_UID is '12x'"));
	assert_null(strstr(refused.output, "started\n"));
	launcher_assert_exit(launcher_run(SHELL("echo"), sudo_minus_one, NULL, NULL),
			     LAUNCH_FAILED);
	refused = launcher_run(SHELL("echo"), sudo_nonsense_group, NULL, NULL);
	launcher_assert_exit(refused, LAUNCH_FAILED);
	assert_non_null(strstr(refused.output, "SUDO_GID is '-1'"));
}

static void cease_to_be_root(void)
{
	sudo_by_somebody();
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		_exit(LAUNCHER_WRONG);
}

static void who_is_not_root_stays_who_he_is(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	launcher_assert_output(launcher_run(SHELL("id -u"), cease_to_be_root, NULL, NULL),
			       "65534\n");
}

static void sudo_with_the_folder(void)
{
	launcher_path_is_folder();
	sudo_by_nobody();
}

static void path_is_searched_with_the_users_rights(void **state)
{
	(void)state;
	SKIP_UNLESS_ROOT();
	launcher_make_file("tool", "#!/bin/sh\n", 0700); /* root's alone */
	launcher_assert_exit(
		launcher_run(COMMAND(TEXT("tool")), launcher_path_is_folder, NULL, NULL), 0);
	launcher_assert_exit(launcher_run(COMMAND(TEXT("tool")), sudo_with_the_folder, NULL, NULL),
			     126);
}

/* This program again, as a launcher that tells its hint: sudo's environment is one that was executed with. */
static int be_hinting(char *argv[])
{
	struct launch launch;
	struct err err = { 0 };
	char hint[512] = "no hint";

	launch_init(&launch);
	if (launch_prepare(argv, &launch, &err))
		printf("%s|%s", err.message, err.hint);
	else {
		launch_hint(&launch, hint, sizeof(hint));
		printf("%s", hint);
	}
	launch_abandon(&launch);
	return 0;
}

static void hint_for(const char *callers_path, const char *name, char *output, size_t capacity)
{
	char self[512] = "", command[2048], sudo[128];
	FILE *stream;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	/* a shell that calls itself sudo: it has the caller's PATH, and gives another to us */
	snprintf(sudo, sizeof(sudo), "%s/sudo", launcher_folder);
	assert_true(!symlink("/bin/sh", sudo) || errno == EEXIST);
	snprintf(
		command, sizeof(command),
		"exec env -u SUDO_UID PATH='%s' %s -c "
		"'SUDO_UID=65534 SUDO_GID=65534 PATH=/usr/sbin:/usr/bin:/bin %s --hint %s; exit $?'",
		callers_path, sudo, self, name);
	stream = popen(command, "re");
	assert_non_null(stream);
	launcher_read_all(fileno(stream), output, capacity);
	assert_int_equal(pclose(stream), 0);
}

static void a_virtual_environment_behind_sudo_is_hinted_at(void **state)
{
	char path[256], output[2048];

	(void)state;
	SKIP_UNLESS_ROOT();
	launcher_make_file("sh", "#!/bin/sh\n", 0755);
	launcher_make_file("only-there", "#!/bin/sh\n", 0755);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", launcher_folder);
	setenv("SUDO_UID", "65534", 1); /* what we inherit ourselves is no caller's */
	hint_for(path, "sh", output, sizeof(output));
	assert_non_null(strstr(output, launcher_folder));
	assert_non_null(strstr(output, "sudo env \"PATH=$PATH\" pybpfprof"));
	assert_non_null(strstr(output, "setcap"));
	/* also when sudo's finds nothing at all */
	hint_for(path, "only-there", output, sizeof(output));
	assert_non_null(strstr(output, "no such command|"));
	assert_non_null(strstr(output, "sudo env \"PATH=$PATH\" pybpfprof"));
	hint_for("/bin:/usr/bin", "sh", output, sizeof(output));
	assert_string_equal(output, "no hint");
	hint_for(path, "/bin/sh", output, sizeof(output));
	assert_string_equal(output, "no hint");
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		test_in_folder(the_command_runs_as_who_called_sudo),
		test_in_folder(a_user_without_an_entry_has_one_group_and_keeps_home),
		test_in_folder(supplementary_groups_are_the_users),
		test_in_folder(no_capability_is_left),
		test_in_folder(root_without_sudo_stays_root),
		test_in_folder(nonsense_of_sudo_is_refused_and_not_started_as_root),
		test_in_folder(who_is_not_root_stays_who_he_is),
		test_in_folder(path_is_searched_with_the_users_rights),
		test_in_folder(a_virtual_environment_behind_sudo_is_hinted_at),
	};

	if (argc > 2 && !strcmp(argv[1], "--hint"))
		return be_hinting(argv + 2);
	return cmocka_run_group_tests_name("launch_identity", tests, NULL, NULL);
}
