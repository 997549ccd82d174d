/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose command is it: the user who called sudo, and becoming that user for good. */
#ifndef PBP_LAUNCH_IDENTITY_H
#define PBP_LAUNCH_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The user and group that sudo left in SUDO_UID and SUDO_GID. false in *ret_change: we stay who we are (not root, no
 * sudo, or sudo called by root). -EINVAL when the variables are set and make no sense: to start the command as root
 * then would be a guess.
 */
int launch_identity_read(bool *ret_change, uid_t *ret_uid, gid_t *ret_gid, struct err *err);

/*
 * Become that user with all groups, and take HOME from passwd; nothing of root's remains: ids, groups and capabilities
 * are verified. Only for the forked child. A negative errno with a reason.
 */
int launch_identity_assume(uid_t uid, gid_t gid, struct err *err);

/* Leave no capability to the command unless we are root ourselves. A negative errno with a reason. */
int launch_identity_drop_capabilities(struct err *err);

#endif
