/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Becomes the invoking user, in the forked child alone. Believes no call that says it has worked before it has looked.
 * Must not know what is executed afterwards.
 */
#include "launch_identity.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Linux: NGROUPS_MAX. */
#define GROUPS_MAX 65536

/* A variable of sudo: 1 and the number; 0: not set or empty; -EINVAL: something else. */
static int read_id(const char *variable, unsigned *ret_id, struct err *err)
{
	const char *text = getenv(variable);
	char *end;
	unsigned long id;

	if (!text || !*text)
		return 0;
	errno = 0;
	id = strtoul(text, &end, 10);
	/* (uid_t)-1 means "leave as it is" to the kernel */
	if (*text < '0' || *text > '9' || errno || *end || id >= UINT_MAX) {
		err_set(err, -EINVAL, "%s is '%s', which is no number of a user or group", variable,
			text);
		err_hint(err, "without SUDO_UID the command is started as root: env -u SUDO_UID");
		return -EINVAL;
	}
	*ret_id = (unsigned)id;
	return 1;
}

int launch_identity_read(bool *ret_change, uid_t *ret_uid, gid_t *ret_gid, struct err *err)
{
	unsigned uid = 0, gid = 0;
	const struct passwd *user;
	int have_uid, have_gid;

	*ret_change = false;
	if (geteuid() != 0)
		return 0;
	have_uid = read_id("SUDO_UID", &uid, err);
	if (have_uid <= 0 || uid == 0)
		return have_uid < 0 ? have_uid : 0;
	have_gid = read_id("SUDO_GID", &gid, err);
	if (have_gid < 0)
		return have_gid;
	if (!have_gid) {
		user = getpwuid(uid);
		if (!user)
			return err_set(err, -EINVAL,
				       "SUDO_UID is %u, but its group is not known (SUDO_GID)",
				       uid);
		gid = user->pw_gid;
	}
	*ret_change = true;
	*ret_uid = uid;
	*ret_gid = gid;
	return 0;
}

/* All groups of the user; of one without a passwd entry only that which sudo gave. Memory is the caller's. */
static int read_groups(const struct passwd *user, gid_t gid, gid_t **ret_groups, int *ret_ngroups)
{
	int n = user ? 64 : 1;
	gid_t *groups = calloc((size_t)n, sizeof(*groups)), *more;

	if (!groups)
		return -ENOMEM;
	groups[0] = gid;
	while (user && getgrouplist(user->pw_name, gid, groups, &n) < 0) {
		/* n is what it takes now; somebody may add to it in between */
		if (n <= 0 || n > GROUPS_MAX) {
			free(groups);
			return -E2BIG;
		}
		more = realloc(groups, (size_t)n * sizeof(*groups));
		if (!more) {
			free(groups);
			return -ENOMEM;
		}
		groups = more;
	}
	*ret_groups = groups;
	*ret_ngroups = n;
	return 0;
}

/* Is each of our groups one of those? */
static bool groups_are(const gid_t *groups, int ngroups)
{
	int n = getgroups(0, NULL);
	gid_t *ours = n >= 0 ? calloc((size_t)n + 1, sizeof(*ours)) : NULL;
	bool same = ours && getgroups(n, ours) == n;

	for (int i = 0; same && i < n; i++) {
		bool found = false;

		for (int k = 0; k < ngroups; k++)
			found |= groups[k] == ours[i];
		same = found;
	}
	free(ours);
	return same;
}

static bool ids_are(uid_t uid, gid_t gid)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	return !getresuid(&ruid, &euid, &suid) && !getresgid(&rgid, &egid, &sgid) && ruid == uid &&
	       euid == uid && suid == uid && rgid == gid && egid == gid && sgid == gid;
}

int launch_identity_drop_capabilities(struct err *err)
{
	cap_t none, now;
	bool dropped;

	if (geteuid() == 0)
		return 0;
	/* setresuid clears neither the inheritable set nor, under SECBIT_NO_SETUID_FIXUP, the others (capabilities(7)) */
	none = cap_init();
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	dropped = none && !cap_set_proc(none);
	now = cap_get_proc();
	dropped = dropped && now && !cap_compare(none, now);
	cap_free(now);
	cap_free(none);
	return dropped ? 0 : err_set(err, -EPERM, "cannot drop capabilities");
}

int launch_identity_assume(uid_t uid, gid_t gid, struct err *err)
{
	const struct passwd *user = getpwuid(uid);
	gid_t *groups = NULL;
	int ngroups = 0, code = read_groups(user, gid, &groups, &ngroups);

	/*
	 * sudo leaves its own user's home here (sudoers: always_set_home), where programs of this user could not write. All
	 * else stays as sudo left it, so that the command sees what it would have seen behind sudo.
	 */
	if (!code && user && setenv("HOME", user->pw_dir, 1))
		code = -ENOMEM;
	if (code)
		goto out;
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	if (setgroups((size_t)ngroups, groups) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid)) {
		code = -errno;
		goto out;
	}
	code = launch_identity_drop_capabilities(err);
	if (!code && (!ids_are(uid, gid) || !groups_are(groups, ngroups) || !setuid(0)))
		code = -EPERM;
out:
	free(groups);
	if (code)
		return err_set(err, code, "cannot become user %u, who called sudo: %s", uid,
			       strerror(-code));
	return 0;
}
