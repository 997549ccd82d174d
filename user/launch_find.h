/* SPDX-License-Identifier: GPL-2.0-only */
/* Which file is the command, with the rights and the PATH of whoever asks. */
#ifndef PBP_LAUNCH_FIND_H
#define PBP_LAUNCH_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Look for the command as execvp(3) does: a name with a slash is the file, others are looked for in path (NULL: the
 * system's own), where folders that may not be searched count as empty, as shells have it. Written to ret_file as execve shall get it. 0; -ENOENT: there is none; -EACCES and others: there is
 * something, but nothing that could be executed.
 */
int launch_find(const char *name, const char *path, char *ret_file, size_t capacity);

/* The file's name from the root on; links stay, for in them virtual environments differ. "" when it would be too long. */
void launch_find_absolute(const char *file, char *ret_absolute, size_t capacity);

/* Are they the same name in the same folder, by whatever links the folder was reached? */
bool launch_find_same(const char *one, const char *other);

/*
 * PATH as it was before sudo changed it, from the environment of the nearest process from pid up that is sudo or the
 * caller's own, and has no SUDO_UID. sudo's is what the caller's shell gave it; the shell's would be from before a virtual
 * environment was activated in it. To be called as root; false when it cannot be told.
 */
bool launch_find_callers_path(pid_t pid, uid_t caller, char *ret_path, size_t capacity);

/* The value of a variable in the text of /proc/PID/environ, NULL without. The text ends in a NUL beyond its size. */
const char *launch_find_variable(const char *environ_text, size_t size, const char *name);

#endif
