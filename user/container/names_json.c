/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes a container's names out of the runtimes' own JSON. Knows which key means what, not where the files are.
 */
#include "container/names_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "container/container.h"

/*
 * Numbers as reals, because limits are written as 18446744073709551615, which is no integer to jansson; a NUL in a text is
 * let through (it ends the text for us), lest one container's label hide all that stand in the same file.
 */
#define LOAD_FLAGS (JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL)

/* The keys that name what Kubernetes runs, by who wrote the file. */
struct pod_keys {
	const char *container, *pod, *pod_namespace, *pod_uid;
};

/* containerd: internal/cri/annotations/annotations.go. */
static const struct pod_keys containerd_keys = {
	"io.kubernetes.cri.container-name",
	"io.kubernetes.cri.sandbox-name",
	"io.kubernetes.cri.sandbox-namespace",
	"io.kubernetes.cri.sandbox-uid",
};
/* kubelet's labels, which dockershim, cri-dockerd and CRI-O keep: kubernetes pkg/kubelet/types/labels.go. */
static const struct pod_keys kubelet_keys = {
	"io.kubernetes.container.name",
	"io.kubernetes.pod.name",
	"io.kubernetes.pod.namespace",
	"io.kubernetes.pod.uid",
};

/* Copy the text at key, cut to capacity; false when there is none. */
static bool copy_text(const json_t *object, const char *key, char *ret_text, size_t capacity)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || !*text)
		return false;
	snprintf(ret_text, capacity, "%s", text);
	return true;
}

static bool parse_pod(const json_t *object, const struct pod_keys *keys,
		      struct container *container)
{
	char name[CONTAINER_NAME_SIZE] = "";

	if (!copy_text(object, keys->pod, container->pod, sizeof(container->pod)))
		return false;
	copy_text(object, keys->pod_namespace, container->pod_namespace,
		  sizeof(container->pod_namespace));
	if (!*container->pod_uid)
		copy_text(object, keys->pod_uid, container->pod_uid, sizeof(container->pod_uid));
	copy_text(object, keys->container, name, sizeof(name));
	return snprintf(container->name, sizeof(container->name), "%s%s%s%s%s",
			container->pod_namespace, *container->pod_namespace ? "/" : "",
			container->pod, *name ? "/" : "", name) > 0;
}

bool names_parse_docker(const char *text, size_t size, struct container *container)
{
	json_t *document = json_loadb(text, size, LOAD_FLAGS, NULL);
	const json_t *labels = json_object_get(json_object_get(document, "Config"), "Labels");
	char name[CONTAINER_NAME_SIZE];
	bool told = parse_pod(labels, &kubelet_keys, container);

	/* A container's name begins with a slash, a rest of its links: moby daemon/names.go. */
	if (!told && copy_text(document, "Name", name, sizeof(name))) {
		snprintf(container->name, sizeof(container->name), "%s", name + (*name == '/'));
		told = *container->name;
	}
	json_decref(document);
	return told;
}

bool names_parse_bundle(const char *text, size_t size, struct container *container)
{
	json_t *document = json_loadb(text, size, LOAD_FLAGS, NULL);
	const json_t *annotations = json_object_get(document, "annotations");
	bool told =
		parse_pod(annotations, &containerd_keys, container) ||
		parse_pod(annotations, &kubelet_keys, container) ||
		copy_text(annotations, "nerdctl/name", container->name, sizeof(container->name));

	json_decref(document);
	return told;
}

bool names_parse_storage(const char *text, size_t size, struct container *container)
{
	json_t *document = json_loadb(text, size, LOAD_FLAGS, NULL);
	const json_t *entry;
	bool told = false;
	size_t i;

	json_array_foreach(document, i, entry)
	{
		const char *id = json_string_value(json_object_get(entry, "id"));
		const char *name;

		if (!id || strcmp(id, container->id) != 0)
			continue;
		name = json_string_value(json_array_get(json_object_get(entry, "names"), 0));
		if (name && *name) {
			snprintf(container->name, sizeof(container->name), "%s", name);
			told = true;
		}
		break;
	}
	json_decref(document);
	return told;
}
