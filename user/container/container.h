/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose process is it: container, pod or systemd unit, from the path of its cgroup; and what these are called, from the files
 * that the container runtimes keep on the host. Nothing is asked of the container or of a runtime's daemon.
 */
#ifndef PBP_CONTAINER_CONTAINER_H
#define PBP_CONTAINER_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#define CONTAINER_ID_SIZE   80 /* 64 hexadecimal digits, or a runtime's own words */
#define CONTAINER_NAME_SIZE 256
#define CONTAINER_PATH_SIZE 1024

/* All texts end in a zero and are "" when unknown; not sanitized. */
struct container {
	/* "docker", "containerd", "crio", "podman", "lxc", "nspawn", "garden", "buildkit"; "" when nothing says. */
	char runtime[16];
	char id[CONTAINER_ID_SIZE];
	char name[CONTAINER_NAME_SIZE]; /* what people call it: NAMESPACE/POD/CONTAINER under Kubernetes */
	char pod[CONTAINER_NAME_SIZE];
	char pod_namespace[CONTAINER_NAME_SIZE];
	char pod_uid[40];
	char unit[CONTAINER_NAME_SIZE]; /* the innermost systemd unit outside of any container */
	char path[CONTAINER_PATH_SIZE]; /* of the cgroup, absolute, as seen from the host */
	size_t outside; /* bytes of path that name what is outside of any container */
};

/*
 * Fill what the path says: runtime, id, pod_uid, unit, path, outside; the other texts become "". Of containers in containers
 * the innermost is meant. Pure; path is hostile, of any length. What is too long is cut, \xNN in id and unit is undone.
 */
void container_parse_path(const char *path, struct container *ret_container);

/*
 * Choose the line of a /proc/PID/cgroup text that tells most: one that names a container, else a systemd unit, else any
 * place but the root; of equal ones v2's, then systemd's, then the first. The path inside of text is copied to ret_path (at
 * most capacity, with its zero, without the kernel's " (deleted)"). False: there is none, and ret_path is as it was.
 */
bool container_choose_path(const char *text, char *ret_path, size_t capacity);

/*
 * Add the names that the runtime's files give for container->id (nothing without one), and runtime and pod_uid where the path
 * did not tell; node_name is the host name inside of the container, the pod's name under Kubernetes, and stands where no
 * file tells, unless it is this machine's own or the beginning of the id. Reads files that only the host's root writes, in the
 * runtimes' usual folders (docker's as /etc/docker/daemon.json says), each bounded, no link followed out of them; what people
 * run without root keeps its files in their homes, and these are not looked at. Answers are remembered, also that there is
 * none. root is the folder that stands for "/": "", or "/proc/1/root" from a container that sees the host's processes.
 */
void container_find_names(const char *root, const char *node_name, struct container *container);

/* Forget what was remembered. */
void container_forget(void);

/*
 * Does it match what a user typed: a container's id or pod's UID or the beginning of one (4 characters or more), or a name or
 * glob of a name: the container's whole one or its last part, its pod's, NAMESPACE/POD?
 */
bool container_matches(const struct container *container, const char *pattern);
/*
 * A systemd unit ("nginx", "nginx.service", "user-1000.slice", globs, \xNN or not) that it is in or below; or a cgroup's path
 * with all below it, from the hierarchy's root ("/system.slice", with or without the first /) or as it is mounted
 * ("/sys/fs/cgroup/…").
 */
bool container_matches_unit(const struct container *container, const char *pattern);
bool container_matches_cgroup(const struct container *container, const char *pattern);

#endif
