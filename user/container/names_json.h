/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the container runtimes say, given as parsed JSON. Values are hostile: an image brings its labels. */
#ifndef PBP_CONTAINER_NAMES_JSON_H
#define PBP_CONTAINER_NAMES_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct container;

/*
 * Fill name, pod, pod_namespace and pod_uid of container from the text of a runtime's file; false when it says nothing of
 * them. Text that is no JSON says nothing. container->id is known.
 */
typedef bool names_parse_function(const char *text, size_t size, struct container *container);

/* docker: config.v2.json of one container. */
names_parse_function names_parse_docker;
/* The annotations of an OCI bundle's config.json, as containerd's CRI plugin, nerdctl and CRI-O write them. */
names_parse_function names_parse_bundle;
/* containers/storage (podman): containers.json, a list of all. */
names_parse_function names_parse_storage;

#endif
