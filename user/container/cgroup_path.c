/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cgroup's path says of the process in it: container, pod and systemd unit, by the names that the runtimes give to
 * their cgroups. Knows only texts: no file is looked at here, and none of these names is proof of anything (whoever has a
 * cgroup of his own to make others in can call them what he likes).
 */
#include "container/container.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "container/unit_name.h"

/* A piece of a path, not ending in a zero. */
struct piece {
	const char *text;
	size_t length;
};

/*
 * The names below which an id stands, as WORD-ID, WORD-ID.scope (the systemd driver) or SLICE:WORD:ID (what the systemd
 * driver's notation becomes when the cgroupfs driver gets it: runc libcontainer/cgroups/systemd, containerd's CRI plugin).
 * A longer word stands before its own beginning.
 */
static const struct {
	const char *word, *runtime;
} words[] = {
	{ "docker", "docker" },
	{ "cri-containerd", "containerd" },
	{ "containerd", "containerd" },
	{ "nerdctl", "containerd" },
	{ "crio", "crio" },
	{ "libpod-payload", "podman" },
	{ "libpod", "podman" },
};

/* Parents whose children are containers whatever they are called; first: only as the first of the path. */
static const struct {
	const char *parent, *runtime;
	bool first;
} parents[] = {
	{ "lxc", "lxc", false },	  { "lxc.payload", "lxc", false },
	{ "garden", "garden", false },	  { "default", "containerd", true },
	{ "k8s.io", "containerd", true }, { "moby", "docker", true },
};

/* Parents of which it is known whose ids of 64 digits stand below them. */
static const struct {
	const char *parent, *runtime;
} owners[] = {
	{ "docker", "docker" },
	{ "actions_job", "docker" },
	{ "libpod_parent", "podman" },
};

static bool piece_is(struct piece piece, const char *text)
{
	return piece.length == strlen(text) && !memcmp(piece.text, text, piece.length);
}

static bool piece_begins(struct piece piece, const char *text)
{
	size_t length = strlen(text);

	return piece.length >= length && !memcmp(piece.text, text, length);
}

static bool piece_ends(struct piece piece, const char *text)
{
	size_t length = strlen(text);

	return piece.length >= length && !memcmp(piece.text + piece.length - length, text, length);
}

static struct piece piece_from(struct piece piece, size_t start)
{
	return (struct piece){ piece.text + start, piece.length - start };
}

static struct piece piece_without(struct piece piece, const char *ending)
{
	if (piece_ends(piece, ending))
		piece.length -= strlen(ending);
	return piece;
}

static void piece_copy(struct piece piece, char *ret_text, size_t capacity)
{
	size_t length = piece.length < capacity ? piece.length : capacity - 1;

	memcpy(ret_text, piece.text, length);
	ret_text[length] = '\0';
}

/* The next component of a path, *path going on behind it. False: there is none. */
static bool next_component(struct piece *path, struct piece *ret_component)
{
	size_t start = 0, end;

	while (start < path->length && path->text[start] == '/')
		start++;
	for (end = start; end < path->length && path->text[end] != '/';)
		end++;
	*ret_component = (struct piece){ path->text + start, end - start };
	*path = piece_from(*path, end);
	return end > start;
}

static bool is_hexadecimal(struct piece piece, size_t ndigits)
{
	if (piece.length != ndigits)
		return false;
	for (size_t i = 0; i < ndigits; i++)
		if (!strchr("0123456789abcdef", piece.text[i]) || !piece.text[i])
			return false;
	return true;
}

/* Amazon's Fargate: a task's 32 digits, a dash, and a number. */
static bool is_fargate_id(struct piece piece)
{
	if (piece.length < 34 || !is_hexadecimal((struct piece){ piece.text, 32 }, 32) ||
	    piece.text[32] != '-')
		return false;
	for (size_t i = 33; i < piece.length; i++)
		if (!isdigit((unsigned char)piece.text[i]))
			return false;
	return true;
}

/* BuildKit's identity.NewID(): 25 digits to the base of 36. */
static bool is_buildkit_id(struct piece piece)
{
	if (piece.length != 25)
		return false;
	for (size_t i = 0; i < piece.length; i++)
		if (!islower((unsigned char)piece.text[i]) &&
		    !isdigit((unsigned char)piece.text[i]))
			return false;
	return true;
}

/* WORD-ID and SLICE:WORD:ID, .scope taken off already. */
static bool find_word(struct piece component, const char **ret_runtime, struct piece *ret_id)
{
	const char *colon = memrchr(component.text, ':', component.length);
	char separator = colon ? ':' : '-';

	if (colon) {
		size_t before = (size_t)(colon - component.text);
		const char *other = memrchr(component.text, ':', before);

		component = piece_from(component, other ? (size_t)(other + 1 - component.text) : 0);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i].word);

		if (!piece_begins(component, words[i].word) || component.length <= length ||
		    component.text[length] != separator)
			continue;
		*ret_id = piece_from(component, length + 1);
		*ret_runtime = words[i].runtime;
		if (is_hexadecimal(*ret_id, 64))
			return true;
	}
	return false;
}

/* Names that are of no fixed length, of lxc and of systemd's machines. */
static bool find_machine(struct piece component, struct piece next, const char **ret_runtime,
			 struct piece *ret_id)
{
	*ret_runtime = "nspawn";
	if (piece_begins(component, "lxc.payload.")) {
		*ret_runtime = "lxc";
		*ret_id = piece_from(component, strlen("lxc.payload."));
	} else if (piece_is(next, "supervisor")) {
		/* systemd-nspawn's own process, beside "payload": src/nspawn/nspawn-cgroup.c. */
		return false;
	} else if (piece_begins(component, "systemd-nspawn@") &&
		   piece_ends(component, ".service")) {
		*ret_id =
			piece_without(piece_from(component, strlen("systemd-nspawn@")), ".service");
	} else if (piece_begins(component, "machine-") && piece_ends(component, ".scope")) {
		*ret_id = piece_without(piece_from(component, strlen("machine-")), ".scope");
		/* libvirt's: a virtual machine is one process of the host's, no container. */
		if (piece_begins(*ret_id, "qemu\\x2d"))
			return false;
		if (piece_begins(*ret_id, "lxc\\x2d"))
			*ret_runtime = "lxc";
	} else {
		return false;
	}
	return ret_id->length > 0;
}

/* Does a container begin with this component? parent is empty for the first of the path. */
static bool find_container(struct piece component, struct piece parent, bool parent_is_first,
			   struct piece next, const char **ret_runtime, struct piece *ret_id)
{
	if (find_word(piece_without(component, ".scope"), ret_runtime, ret_id) ||
	    find_machine(component, next, ret_runtime, ret_id))
		return true;
	*ret_id = component;
	*ret_runtime = "";
	if (is_hexadecimal(component, 64)) {
		for (size_t i = 0; i < sizeof(owners) / sizeof(*owners); i++)
			if (piece_is(parent, owners[i].parent))
				*ret_runtime = owners[i].runtime;
		for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++)
			if (parent_is_first && piece_is(parent, parents[i].parent))
				*ret_runtime = parents[i].runtime;
		return true;
	}
	for (size_t i = 0; i < sizeof(parents) / sizeof(*parents); i++) {
		if (piece_is(parent, parents[i].parent) && (parent_is_first || !parents[i].first)) {
			*ret_runtime = parents[i].runtime;
			return true;
		}
	}
	if (is_fargate_id(component))
		return is_hexadecimal(parent, 32) && !memcmp(component.text, parent.text, 32);
	*ret_id = piece_without(component, ".scope");
	*ret_runtime = "buildkit";
	if (piece_begins(*ret_id, "buildkit-"))
		*ret_id = piece_from(*ret_id, strlen("buildkit-"));
	else if (!piece_is(parent, "buildkit"))
		return false;
	return is_buildkit_id(*ret_id);
}

/*
 * The pod's UID, as podUID (cgroupfs) or kubepods-QOS-podUID.slice (systemd, which wants _ for -): a UUID, or the 32 digits
 * of a static pod's. kubernetes: pkg/kubelet/cm/pod_container_manager_linux.go.
 */
static void find_pod(struct piece component, struct container *container)
{
	char text[sizeof(container->pod_uid)];
	const char *colon = memchr(component.text, ':', component.length);
	size_t start;

	if (colon)
		component.length = (size_t)(colon - component.text);
	component = piece_without(component, ".slice");
	if (component.length >= 36 + 3 && !memcmp(component.text + component.length - 39, "pod", 3))
		start = component.length - 36;
	else if (component.length >= 32 + 3 &&
		 !memcmp(component.text + component.length - 35, "pod", 3))
		start = component.length - 32;
	else
		return;
	if (start > 3 && component.text[start - 4] != '-')
		return;
	component = piece_from(component, start);
	piece_copy(component, text, sizeof(text));
	for (size_t i = 0; i < component.length; i++) {
		bool dash = component.length == 36 && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? text[i] != '-' && text[i] != '_' : !isxdigit((unsigned char)text[i]))
			return;
		if (dash)
			text[i] = '-';
	}
	memcpy(container->pod_uid, text, sizeof(text));
}

static bool contains(struct piece piece, const char *text)
{
	return memmem(piece.text, piece.length, text, strlen(text)) != NULL;
}

static bool is_unit(struct piece component)
{
	return piece_ends(component, ".service") || piece_ends(component, ".scope");
}

static void parse_path(struct piece path, struct container *container)
{
	struct piece component, next, parent = { "", 0 };
	bool more = next_component(&path, &component), kubernetes = false;
	size_t outside = 0; /* as container_parse_path writes it */

	for (size_t depth = 0; more; depth++) {
		const char *runtime;
		struct piece id;
		bool found;

		more = next_component(&path, &next);
		found = find_container(component, parent, depth == 1, next, &runtime, &id);
		kubernetes = kubernetes || contains(component, "kubepods");
		if (kubernetes)
			find_pod(component, container);
		/* A machine's service is one that people start; other containers' scopes are named for their ids. */
		if (!*container->id && is_unit(component) &&
		    (!found || piece_begins(component, "systemd-nspawn@")))
			unit_name_unescape(component.text, component.length, container->unit,
					   sizeof(container->unit));
		if (found) {
			if (!*container->id)
				container->outside = outside;
			snprintf(container->runtime, sizeof(container->runtime), "%s", runtime);
			unit_name_unescape(id.text, id.length, container->id,
					   sizeof(container->id));
		}
		if (component.length < sizeof(container->path) - 1 - outside)
			outside += component.length + 1;
		else
			outside = sizeof(container->path) - 1;
		parent = component;
		component = next;
	}
	if (!*container->id)
		container->outside = outside;
}

void container_parse_path(const char *path, struct container *ret_container)
{
	struct piece rest = { path, strlen(path) }, component;
	size_t length = 0;

	memset(ret_container, 0, sizeof(*ret_container));
	parse_path(rest, ret_container);
	ret_container->path[0] = '/';
	while (next_component(&rest, &component) && length < sizeof(ret_container->path) - 1) {
		ret_container->path[length++] = '/';
		piece_copy(component, ret_container->path + length,
			   sizeof(ret_container->path) - length);
		length += strlen(ret_container->path + length);
	}
}

/* How much a line of /proc/PID/cgroup tells: a container above all, and of others those that systemd names. */
static int rank(struct piece controllers, struct piece path)
{
	struct container container = { 0 };
	int rank = controllers.length == 0 ? 2 : piece_is(controllers, "name=systemd") ? 1 : 0;

	parse_path(path, &container);
	if (*container.id)
		return rank + 9;
	if (piece_is(path, "/"))
		return rank;
	return rank + (*container.unit ? 6 : 3);
}

bool container_choose_path(const char *text, char *ret_path, size_t capacity)
{
	int best = -1;

	/* hierarchy:controllers:path, fs/proc and kernel/cgroup: proc_cgroup_show(). A path can have colons, no line end. */
	while (*text) {
		const char *end = strchrnul(text, '\n'), *controllers, *path;
		struct piece line;
		int now;

		controllers = memchr(text, ':', (size_t)(end - text));
		path = controllers ? memchr(controllers + 1, ':', (size_t)(end - controllers - 1))
				   : NULL;
		if (path && path[1] == '/') {
			line = (struct piece){ path + 1, (size_t)(end - path - 1) };
			line = piece_without(line, " (deleted)");
			now = rank(
				(struct piece){ controllers + 1, (size_t)(path - controllers - 1) },
				line);
			if (now > best && capacity > 0) {
				best = now;
				piece_copy(line, ret_path, capacity);
			}
		}
		text = *end ? end + 1 : end;
	}
	return best >= 0;
}
