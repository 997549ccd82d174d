/* SPDX-License-Identifier: GPL-2.0-only */
/* Compares what a user typed with what is known of a container, unit or cgroup. Looks nothing up. */
#include "container/container.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "container/unit_name.h"

#define ID_PREFIX_MIN 4
#define CGROUP_MOUNT  "/sys/fs/cgroup"

static bool matches_id(const char *id, const char *pattern)
{
	size_t length = strlen(pattern);

	if (!*id)
		return false;
	return !strcmp(id, pattern) || (length >= ID_PREFIX_MIN && !strncmp(id, pattern, length));
}

static bool matches_name(const char *name, const char *pattern)
{
	return *name && (!strcmp(name, pattern) || !fnmatch(pattern, name, 0));
}

bool container_matches(const struct container *container, const char *pattern)
{
	char pod[2 * CONTAINER_NAME_SIZE];
	const char *last = strrchr(container->name, '/');

	if (!*pattern || !*container->id)
		return false;
	if (matches_id(container->id, pattern) || matches_id(container->pod_uid, pattern) ||
	    matches_name(container->name, pattern) || matches_name(container->pod, pattern) ||
	    (last && matches_name(last + 1, pattern)))
		return true;
	snprintf(pod, sizeof(pod), "%s/%s", container->pod_namespace, container->pod);
	return *container->pod && *container->pod_namespace && matches_name(pod, pattern);
}

/* A name without its kind means a service, as for systemctl. */
static bool matches_unit(const char *unit, const char *pattern)
{
	static const char service[] = ".service";
	size_t length = strlen(unit), ending = sizeof(service) - 1;
	char name[CONTAINER_NAME_SIZE];

	if (matches_name(unit, pattern))
		return true;
	if (length <= ending || length >= sizeof(name) || strcmp(unit + length - ending, service))
		return false;
	memcpy(name, unit, length - ending);
	name[length - ending] = '\0';
	return matches_name(name, pattern);
}

static bool is_unit(const char *name)
{
	const char *kind = strrchr(name, '.');

	return kind &&
	       (!strcmp(kind, ".service") || !strcmp(kind, ".scope") || !strcmp(kind, ".slice"));
}

bool container_matches_unit(const struct container *container, const char *pattern)
{
	char plain[CONTAINER_NAME_SIZE], unit[CONTAINER_NAME_SIZE];
	const char *component = container->path, *end = container->path + container->outside;

	if (!*pattern)
		return false;
	unit_name_unescape(pattern, strlen(pattern), plain, sizeof(plain));
	if (matches_unit(container->unit, plain))
		return true;
	while (component < end) {
		const char *next = strchrnul(component + 1, '/');

		unit_name_unescape(component + 1, (size_t)(next - component - 1), unit,
				   sizeof(unit));
		if (is_unit(unit) && matches_unit(unit, plain))
			return true;
		component = next;
	}
	return false;
}

/* Is the cgroup's path, or the beginning of it, the one that was typed? By whole components. */
static bool begins_with_path(const char *path, const char *pattern)
{
	for (;;) {
		size_t length;

		pattern += strspn(pattern, "/");
		path += strspn(path, "/");
		length = strcspn(pattern, "/");
		if (!length)
			return true;
		if (length != strcspn(path, "/") || strncmp(path, pattern, length) != 0)
			return false;
		pattern += length;
		path += length;
	}
}

/* What is mounted at /sys/fs/cgroup/NAME in v1 and hybrid: "unified", "systemd", or controllers ("cpu,cpuacct"). */
static bool is_hierarchy(const char *name, size_t length)
{
	static const char *const names[] = { "unified", "systemd", "cpu",      "cpuacct",
					     "cpuset",	"memory",  "blkio",    "devices",
					     "freezer", "net_cls", "net_prio", "perf_event",
					     "hugetlb", "pids",	   "rdma",     "misc" };
	size_t first = 0;

	while (first < length && name[first] != ',')
		first++;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == first && !memcmp(names[i], name, first))
			return true;
	return false;
}

bool container_matches_cgroup(const struct container *container, const char *pattern)
{
	size_t mount = strlen(CGROUP_MOUNT), length;

	if (!*pattern || !*container->path)
		return false;
	if (!strncmp(pattern, CGROUP_MOUNT, mount) && (!pattern[mount] || pattern[mount] == '/')) {
		pattern += mount;
		pattern += strspn(pattern, "/");
		length = strcspn(pattern, "/");
		/* With v2 alone a cgroup may be called like a hierarchy: both are meant. */
		if (is_hierarchy(pattern, length) &&
		    begins_with_path(container->path, pattern + length))
			return true;
	}
	return begins_with_path(container->path, pattern);
}
