/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds and remembers what people call a container: the one place that knows where the runtimes keep their files on the
 * host. Asks no daemon, and looks at nothing inside of a container or in anybody's home.
 */
#include "container/container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>

#include "base/hash.h"
#include "container/host_file.h"
#include "container/names_json.h"

#define FILE_SIZE_MAX	  (1U << 20)
#define LIST_SIZE_MAX	  (8U << 20) /* of a file that all containers share */
#define NAMESPACES_MAX	  64 /* of containerd's, looked into */
#define REMEMBERED_MAX	  4096
#define CONTAINERD_FOLDER "containerd/io.containerd.runtime.v2.task"
#define STORAGE_FOLDER	  "containers/storage/overlay-containers"

/* Where to look, the first that tells counts. %s stands for the id; without it the file is one for all. */
static const struct source {
	const char *runtime;
	const char *folder; /* NULL: docker's, as its configuration says */
	const char *file;
	names_parse_function *parse;
	bool namespaces; /* the file is in a folder for each of containerd's namespaces */
} sources[] = {
	{ "containerd", "/run/" CONTAINERD_FOLDER, "%s/config.json", names_parse_bundle, true },
	{ "containerd", "/run/k3s/" CONTAINERD_FOLDER, "%s/config.json", names_parse_bundle, true },
	{ "containerd", "/var/snap/microk8s/common/run/" CONTAINERD_FOLDER, "%s/config.json",
	  names_parse_bundle, true },
	{ "docker", NULL, "containers/%s/config.v2.json", names_parse_docker, false },
	{ "docker", "/var/lib/docker", "containers/%s/config.v2.json", names_parse_docker, false },
	{ "docker", "/var/snap/docker/common/var-lib-docker", "containers/%s/config.v2.json",
	  names_parse_docker, false },
	{ "crio", "/run/" STORAGE_FOLDER, "%s/userdata/config.json", names_parse_bundle, false },
	{ "crio", "/var/lib/" STORAGE_FOLDER, "%s/userdata/config.json", names_parse_bundle,
	  false },
	{ "podman", "/var/lib/" STORAGE_FOLDER, "containers.json", names_parse_storage, false },
	/* Of --rm: containers/storage containers.go, volatileContainerLocation. */
	{ "podman", "/var/lib/" STORAGE_FOLDER, "volatile-containers.json", names_parse_storage,
	  false },
	{ "podman", "/run/" STORAGE_FOLDER, "volatile-containers.json", names_parse_storage,
	  false },
};

/* What is remembered of a container, each with its zero. */
static const struct {
	size_t offset, size;
} fields[] = {
	{ offsetof(struct container, runtime), sizeof(((struct container *)0)->runtime) },
	{ offsetof(struct container, name), sizeof(((struct container *)0)->name) },
	{ offsetof(struct container, pod), sizeof(((struct container *)0)->pod) },
	{ offsetof(struct container, pod_namespace),
	  sizeof(((struct container *)0)->pod_namespace) },
	{ offsetof(struct container, pod_uid), sizeof(((struct container *)0)->pod_uid) },
};
#define NFIELDS (sizeof(fields) / sizeof(*fields))

struct known {
	UT_hash_handle hh;
	char texts[]; /* the key, and the fields */
};

/* "RUNTIME/ID" as the path has them: anybody's cgroup can be called like another's container, so both count. */
struct key {
	char text[sizeof(((struct container *)0)->runtime) + CONTAINER_ID_SIZE];
	size_t size;
};

static struct known *known_by_key; /* in the order of their coming */

static void make_key(const struct container *container, struct key *ret_key)
{
	int length = snprintf(ret_key->text, sizeof(ret_key->text), "%s/%s", container->runtime,
			      container->id);

	ret_key->size = (size_t)length + 1;
}

static void remember(const struct key *key, const struct container *container)
{
	size_t size = key->size;
	struct known *known;
	char *to;

	for (size_t i = 0; i < NFIELDS; i++)
		size += strlen((const char *)container + fields[i].offset) + 1;
	if (HASH_COUNT(known_by_key) >= REMEMBERED_MAX) {
		struct known *oldest = known_by_key;

		HASH_DEL(known_by_key, oldest);
		free(oldest);
	}
	known = calloc(1, sizeof(*known) + size);
	if (!known)
		return;
	memcpy(known->texts, key->text, key->size);
	to = known->texts + key->size;
	for (size_t i = 0; i < NFIELDS; i++)
		to = stpcpy(to, (const char *)container + fields[i].offset) + 1;
	HASH_ADD(hh, known_by_key, texts, key->size, known);
	if (!known->hh.tbl)
		free(known);
}

static bool recall(const struct key *key, struct container *container)
{
	const char *from;
	struct known *known;

	HASH_FIND(hh, known_by_key, key->text, key->size, known);
	if (!known)
		return false;
	from = known->texts + key->size;
	for (size_t i = 0; i < NFIELDS; i++) {
		if (*from)
			memcpy((char *)container + fields[i].offset, from, strlen(from) + 1);
		from += strlen(from) + 1;
	}
	return true;
}

void container_forget(void)
{
	struct known *known, *next;

	HASH_ITER (hh, known_by_key, known, next) {
		HASH_DEL(known_by_key, known);
		free(known);
	}
}

/* A failure that says nothing of whether the file is there, so that the answer must not be remembered. */
static bool is_passing(int code)
{
	return code == -ENOMEM || code == -EMFILE || code == -ENFILE || code == -EAGAIN ||
	       code == -EINTR;
}

/* 1: it told, 0: it told nothing, or a negative errno. */
static int ask_file(int folder, const char *path, const struct source *source,
		    struct container *container)
{
	char *text;
	size_t size;
	int code;

	code = host_file_read(folder, path,
			      strstr(source->file, "%s") ? FILE_SIZE_MAX : LIST_SIZE_MAX, &text,
			      &size);
	if (code)
		return code;
	code = source->parse(text, size, container);
	free(text);
	return code;
}

/* As ask_file; path is looked for below each folder of folder, in the order in which the system has them. */
static int ask_namespaces(int folder, const char *path, const struct source *source,
			  struct container *container)
{
	char longer[CONTAINER_NAME_SIZE + sizeof("/") + CONTAINER_ID_SIZE + 64];
	const struct dirent *entry;
	int copy, told = -ENOENT;
	DIR *entries;

	copy = fcntl(folder, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	entries = fdopendir(copy);
	if (!entries) {
		told = -errno;
		close(copy);
		return told;
	}
	for (unsigned i = 0; i < NAMESPACES_MAX && told <= 0 && (entry = readdir(entries));) {
		if (*entry->d_name == '.')
			continue;
		i++;
		snprintf(longer, sizeof(longer), "%s/%s", entry->d_name, path);
		told = ask_file(folder, longer, source, container);
		if (is_passing(told))
			break;
	}
	closedir(entries);
	return told;
}

/* Where docker keeps its files; false: its configuration does not say, or says nothing that can be meant. */
static bool find_docker_folder(const char *root, char *ret_path, size_t capacity)
{
	int folder = host_folder_open(root, "/etc/docker");
	const char *path = NULL;
	json_t *document;
	size_t size;
	char *text;
	int code;

	if (folder < 0)
		return false;
	code = host_file_read(folder, "daemon.json", FILE_SIZE_MAX, &text, &size);
	close(folder);
	if (code)
		return false;
	document = json_loadb(text, size, JSON_DECODE_INT_AS_REAL, NULL);
	free(text);
	path = json_string_value(json_object_get(document, "data-root"));
	if (!path) /* what it was called before docker 17.05 */
		path = json_string_value(json_object_get(document, "graph"));
	if (path && (*path != '/' || strlen(path) >= capacity))
		path = NULL;
	if (path)
		memcpy(ret_path, path, strlen(path) + 1);
	json_decref(document);
	return path != NULL;
}

/* As ask_file. */
static int ask_source(const char *root, const struct source *source, struct container *container)
{
	char path[CONTAINER_ID_SIZE + 64], docker[CONTAINER_PATH_SIZE];
	const char *folder_path = source->folder;
	size_t before = strcspn(source->file, "%");
	int folder, told;

	if (!folder_path) {
		if (!find_docker_folder(root, docker, sizeof(docker)))
			return -ENOENT;
		folder_path = docker;
	}
	folder = host_folder_open(root, folder_path);
	if (folder < 0)
		return folder;
	if (source->file[before])
		snprintf(path, sizeof(path), "%.*s%s%s", (int)before, source->file, container->id,
			 source->file + before + strlen("%s"));
	else
		snprintf(path, sizeof(path), "%s", source->file);
	told = (source->namespaces ? ask_namespaces : ask_file)(folder, path, source, container);
	close(folder);
	return told;
}

/* An id becomes part of a path. */
static bool is_file_name(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/');
}

static void ask_files(const char *root, const struct key *key, struct container *container)
{
	bool passing = false;

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		int told;

		if (*container->runtime && strcmp(container->runtime, sources[i].runtime) != 0)
			continue;
		told = ask_source(root, &sources[i], container);
		if (told > 0) {
			snprintf(container->runtime, sizeof(container->runtime), "%s",
				 sources[i].runtime);
			break;
		}
		passing = passing || is_passing(told);
	}
	if (!passing || *container->name)
		remember(key, container);
}

/* The node's name where no file told, if it is one that somebody gave: runtimes take the beginning of the id otherwise. */
static void take_node_name(const char *node_name, struct container *container)
{
	struct utsname ours;

	if (!*node_name || !strncmp(container->id, node_name, strlen(node_name)) ||
	    (!uname(&ours) && !strcmp(ours.nodename, node_name)))
		return;
	snprintf(container->name, sizeof(container->name), "%s", node_name);
	if (*container->pod_uid)
		snprintf(container->pod, sizeof(container->pod), "%s", node_name);
}

void container_find_names(const char *root, const char *node_name, struct container *container)
{
	struct key key;

	if (!*container->id)
		return;
	if (!strcmp(container->runtime, "lxc") || !strcmp(container->runtime, "nspawn")) {
		snprintf(container->name, sizeof(container->name), "%s", container->id);
		return;
	}
	make_key(container, &key);
	if (is_file_name(container->id) && !recall(&key, container))
		ask_files(root, &key, container);
	if (!*container->name)
		take_node_name(node_name, container);
}
