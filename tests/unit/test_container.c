/* SPDX-License-Identifier: GPL-2.0-only */
/* Containers, pods and units by the paths of cgroups, their names by the runtimes' files, and what a user types for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "container/container.h"

#define ID    "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
#define OTHER "e857a4bf05a69080a759574949d7a0e69572e27647800fa7faff6a05a8332aa1"
#define THIRD "99b40d83503dd15f7f68348b43d8a310641357635358debfb6a8dcb8b571cba5"
#define UID   "872d2066-00ef-48ea-a7d8-51b18b72d739"
#define UID_  "872d2066_00ef_48ea_a7d8_51b18b72d739"
#define SLICE "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice"

static const struct {
	const char *path, *runtime, *id, *pod_uid, *unit;
} paths[] = {
	/* docker */
	{ "/docker/" ID, "docker", ID, "", "" },
	{ "/system.slice/docker-" ID ".scope", "docker", ID, "", "" },
	{ "/system.slice/docker-" ID ".scope/init.scope", "docker", ID, "", "" },
	{ "/system.slice:docker:" ID, "docker", ID, "", "" },
	{ "/actions_job/" ID, "docker", ID, "", "" },
	{ "/ecs/5a0d5ceddf6c44c1928d367a815d890f/" ID, "", ID, "", "" },
	{ "/ecs/5a0d5ceddf6c44c1928d367a815d890f/5a0d5ceddf6c44c1928d367a815d890f-1763720", "",
	  "5a0d5ceddf6c44c1928d367a815d890f-1763720", "", "" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope", "docker",
	  ID, "", "user@1000.service" },
	/* kubepods */
	{ "/kubepods/burstable/pod" UID "/" ID, "", ID, UID, "" },
	{ "/kubepods/pod2b5b4ad7b1f0a35f7cd0ea5b8e1e8f49/" ID, "", ID,
	  "2b5b4ad7b1f0a35f7cd0ea5b8e1e8f49", "" },
	{ SLICE "/cri-containerd-" ID ".scope", "containerd", ID, UID, "" },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope", "containerd",
	  ID, UID, "" },
	{ SLICE "/crio-" ID ".scope", "crio", ID, UID, "" },
	{ SLICE "/crio-" ID ".scope/container", "crio", ID, UID, "" },
	{ SLICE "/crio-conmon-" ID ".scope", "", "", UID, "crio-conmon-" ID ".scope" },
	{ "/kubepods/besteffort/pod" UID "/crio-" ID, "crio", ID, UID, "" },
	{ SLICE "/docker-" ID ".scope", "docker", ID, UID, "" },
	{ "/system.slice/containerd.service/kubepods-burstable-pod" UID_
	  ".slice:cri-containerd:" ID,
	  "containerd", ID, UID, "containerd.service" },
	{ "/kuberuntime/containerd/kubepods-pod" UID_ ":cri-containerd:" ID, "containerd", ID, UID,
	  "" },
	{ SLICE, "", "", UID, "" },
	/* containerd */
	{ "/k8s.io/" ID, "containerd", ID, "", "" },
	{ "/default/redis", "containerd", "redis", "", "" },
	{ "/user.slice/nerdctl-" ID ".scope", "containerd", ID, "", "" },
	{ "/moby/" ID, "docker", ID, "", "" },
	/* podman */
	{ "/machine.slice/libpod-" ID ".scope", "podman", ID, "", "" },
	{ "/machine.slice/libpod-" ID ".scope/container", "podman", ID, "", "" },
	{ "/machine.slice/libpod-conmon-" ID ".scope", "", "", "", "libpod-conmon-" ID ".scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
	  "podman", ID, "", "user@1000.service" },
	{ "/libpod_parent/libpod-" ID, "podman", ID, "", "" },
	{ "/libpod_parent/" ID, "podman", ID, "", "" },
	{ "/system.slice/web.service/libpod-payload-" ID, "podman", ID, "", "web.service" },
	{ "/machine.slice/machine-libpod_pod_" OTHER ".slice/libpod-" ID ".scope", "podman", ID, "",
	  "" },
	/* machines */
	{ "/lxc.payload.web", "lxc", "web", "", "" },
	{ "/lxc.payload.web/system.slice/cron.service", "lxc", "web", "", "" },
	{ "/lxc.payload/web", "lxc", "web", "", "" },
	{ "/lxc/web", "lxc", "web", "", "" },
	{ "/lxc.monitor.web", "", "", "", "" },
	{ "/machine.slice/systemd-nspawn@web.service/payload/init.scope", "nspawn", "web", "",
	  "systemd-nspawn@web.service" },
	{ "/machine.slice/systemd-nspawn@my\\x2dweb.service", "nspawn", "my-web", "",
	  "systemd-nspawn@my-web.service" },
	{ "/machine.slice/systemd-nspawn@web.service/supervisor", "", "", "",
	  "systemd-nspawn@web.service" },
	{ "/machine.slice/machine-my\\x2dweb.scope/payload", "nspawn", "my-web", "", "" },
	{ "/machine.slice/machine-qemu\\x2d3\\x2dvm.scope/libvirt/emulator", "", "", "",
	  "machine-qemu-3-vm.scope" },
	{ "/machine.slice/machine-lxc\\x2d77\\x2dvm.scope", "lxc", "lxc-77-vm", "", "" },
	/* others */
	{ "/garden/70eb4178-4b5c-4ad5-7ba4", "garden", "70eb4178-4b5c-4ad5-7ba4", "", "" },
	{ "/docker/buildkit/ikhb0jnr1xwbhkvshn4ifbkxp", "buildkit", "ikhb0jnr1xwbhkvshn4ifbkxp", "",
	  "" },
	{ "/system.slice/buildkit-ikhb0jnr1xwbhkvshn4ifbkxp.scope", "buildkit",
	  "ikhb0jnr1xwbhkvshn4ifbkxp", "", "" },
	/* containers in containers: the innermost counts, and units inside of one are its own */
	{ "/docker/" OTHER "/docker/" ID, "docker", ID, "", "" },
	{ "/system.slice/outer.service/docker/" OTHER "/system.slice/inner.service/docker/" ID,
	  "docker", ID, "", "outer.service" },
	{ "/docker/" OTHER
	  "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	  "kubelet-kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  "containerd", ID, UID, "" },
	{ "/docker/" OTHER "/kubelet/kubepods/besteffort/pod" UID "/" ID, "", ID, UID, "" },
	/* units */
	{ "/system.slice/nginx.service", "", "", "", "nginx.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "", "", "", "getty@tty1.service" },
	{ "/user.slice/user-1000.slice/session-2.scope", "", "", "", "session-2.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-a\\x2db.scope", "", "", "",
	  "app-a-b.scope" },
	{ "/system.slice/nginx.service/sub/deeper", "", "", "", "nginx.service" },
	{ "/init.scope", "", "", "", "init.scope" },
	{ "/a\\x00b.service/c\\x2", "", "", "", "a\\x00b.service" },
	/* nothing of the kind */
	{ "/", "", "", "", "" },
	{ "", "", "", "", "" },
	{ "/docker", "", "", "", "" },
	{ "/docker/buildx", "", "", "", "" },
	{ "/system.slice/docker-compose.service", "", "", "", "docker-compose.service" },
	{ "/docker/" ID "0", "", "", "", "" },
	{ "/docker/4F797C539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970", "", "", "",
	  "" },
	{ "/a/default/redis", "", "", "", "" },
	{ "/pod" UID, "", "", "", "" },
	{ "/kubepods/pod872d2066-00ef-48ea-a7d8-51b18b72d73", "", "", "", "" },
	{ "/kubepods/xpod" UID, "", "", "", "" },
	{ "/kubepods/pod872d2066-00ef-48ea-a7d8-51b18b72d7/9", "", "", "", "" },
	{ "/../../docker/" ID, "docker", ID, "", "" },
};

static void a_path_says_what_its_runtime_put_there(void **state)
{
	struct container container;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		memset(&container, 'x', sizeof(container));
		container_parse_path(paths[i].path, &container);
		if (strcmp(container.runtime, paths[i].runtime) ||
		    strcmp(container.id, paths[i].id) ||
		    strcmp(container.pod_uid, paths[i].pod_uid) ||
		    strcmp(container.unit, paths[i].unit))
			fail_msg("%s: runtime '%s', id '%s', pod '%s', unit '%s'", paths[i].path,
				 container.runtime, container.id, container.pod_uid,
				 container.unit);
		assert_string_equal(container.name, "");
		assert_string_equal(container.pod, "");
		assert_string_equal(container.pod_namespace, "");
	}
}

static void a_path_is_kept_in_one_form_and_says_how_much_of_it_is_outside(void **state)
{
	struct container container;

	(void)state;
	container_parse_path("//a.slice///b.service/docker/" ID "//sub/", &container);
	assert_string_equal(container.path, "/a.slice/b.service/docker/" ID "/sub");
	assert_int_equal(container.outside, strlen("/a.slice/b.service/docker"));
	container_parse_path("a/b", &container);
	assert_string_equal(container.path, "/a/b");
	assert_int_equal(container.outside, strlen("/a/b"));
	container_parse_path("/", &container);
	assert_string_equal(container.path, "/");
	assert_int_equal(container.outside, 0);
}

/* Every length around each bound, in memory that ends with the text. */
static void what_is_too_long_is_cut(void **state)
{
	struct container container;

	(void)state;
	for (size_t length = 1; length < 3000; length += length < 70 || length > 1000 ? 1 : 7) {
		static const char end[] = "/a\\x2db.service/lxc.payload.";
		char *path = malloc(2 * length + sizeof(end) + 1), *to = path;

		*to++ = '/';
		memset(to, 'p', length);
		to = stpcpy(to + length, end);
		memset(to, 'n', length);
		to[length] = '\0';
		container_parse_path(path, &container);
		assert_string_equal(container.runtime, "lxc");
		assert_int_equal(strlen(container.id),
				 length < CONTAINER_ID_SIZE ? length : CONTAINER_ID_SIZE - 1);
		assert_string_equal(container.unit, "a-b.service");
		assert_true(strlen(container.path) < CONTAINER_PATH_SIZE);
		assert_true(container.outside <= strlen(container.path));
		assert_memory_equal(container.path, path, strlen(container.path));
		free(path);
	}
}

static void no_bytes_lead_the_parser_astray(void **state)
{
	static const char alphabet[] = "/:-\\x2dpodkubes.lic0123456789abcf\xff_\n";
	static const char *const whole[] = {
		"docker-", ID,	".scope", "machine-",	  "/",	":cri-containerd:", "kubepods",
		"pod",	   UID, ".slice", "lxc.payload.", "\\x"
	};
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct container container;
		char text[2000], *copy;
		size_t length = 0;

		for (int n = 0; n < 12; n++) {
			random = random * 1664525 + 1013904223;
			if (random >> 31)
				length += (size_t)sprintf(
					text + length, "%s",
					whole[(random >> 8) % (sizeof(whole) / sizeof(*whole))]);
			else
				text[length++] = alphabet[(random >> 8) % (sizeof(alphabet) - 1)];
		}
		text[length] = '\0';
		copy = strdup(text);
		container_parse_path(copy, &container);
		assert_true(strlen(container.id) < sizeof(container.id));
		assert_true(strlen(container.pod_uid) <= 36);
		container_choose_path(copy, text, 5);
		free(copy);
	}
}

static const char *choose(const char *text)
{
	static char path[CONTAINER_PATH_SIZE];

	return container_choose_path(text, path, sizeof(path)) ? path : "none";
}

static void the_line_that_tells_most_is_chosen(void **state)
{
	(void)state;
	assert_string_equal(choose("0::/system.slice/a.service\n"), "/system.slice/a.service");
	assert_string_equal(choose("9:name=systemd:/\n4:memory:/docker/" ID "\n0::/\n"),
			    "/docker/" ID);
	assert_string_equal(choose("4:memory:/docker/" OTHER "\n9:name=systemd:/docker/" ID
				   "\n0::/system.slice/docker.service\n"),
			    "/docker/" ID);
	assert_string_equal(choose("9:name=systemd:/docker/" OTHER "\n0::/docker/" ID "\n"),
			    "/docker/" ID);
	assert_string_equal(choose("9:name=systemd:/user.slice/session-1.scope\n0::/\n"),
			    "/user.slice/session-1.scope");
	assert_string_equal(choose("9:name=systemd:/s.service\n0::/u.service\n"), "/u.service");
	assert_string_equal(choose("4:cpu,cpuacct:/mine\n9:name=systemd:/\n0::/\n"), "/mine");
	assert_string_equal(choose("4:memory:/\n9:name=systemd:/\n"), "/");
	assert_string_equal(choose("4:memory:/docker/" ID "\n3:pids:/docker/" OTHER "\n0::/\n"),
			    "/docker/" ID);
	assert_string_equal(choose("3:pids:/kubepods-pod" UID_ ":cri-containerd:" ID),
			    "/kubepods-pod" UID_ ":cri-containerd:" ID);
	assert_string_equal(choose("0::/docker/" ID " (deleted)\n"), "/docker/" ID);
}

static void a_text_without_a_line_of_a_cgroup_chooses_nothing(void **state)
{
	char path[16] = "before";

	(void)state;
	assert_string_equal(choose(""), "none");
	assert_string_equal(choose("\n\n:\n::\n0:\n"), "none");
	assert_string_equal(choose("0::relative\n"), "none");
	assert_false(container_choose_path("0:", path, sizeof(path)));
	assert_string_equal(path, "before");
	assert_true(container_choose_path("0::/a/very/long/path\n", path, 6));
	assert_string_equal(path, "/a/ve");
	assert_false(container_choose_path("0::/a\n", path, 0));
}

/* ---- names: a folder stands for "/" */

static char root[64];

static void write_file(const char *path, const char *text)
{
	char whole[512];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(!mkdir(whole, 0755) || errno == EEXIST);
		*slash = '/';
	}
	unlink(whole);
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void find(const char *path, const char *node_name, struct container *container)
{
	container_parse_path(path, container);
	container_find_names(root, node_name, container);
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/test_container.XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	container_forget();
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define DOCKER_FILE(id) "/var/lib/docker/containers/" id "/config.v2.json"
#define BUNDLE_FILE(namespace, id) \
	"/run/containerd/io.containerd.runtime.v2.task/" namespace "/" id "/config.json"
#define LABELS                                                                           \
	"\"io.kubernetes.container.name\":\"app\",\"io.kubernetes.pod.name\":\"web-0\"," \
	"\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.pod.uid\":\"" UID "\""

static void dockers_name_is_in_its_configuration(void **state)
{
	struct container container;

	(void)state;
	write_file(DOCKER_FILE(ID), "{\"ID\":\"" ID "\",\"Name\":\"/shop-web-1\",\"Config\":"
				    "{\"Hostname\":\"4f797c539e6c\",\"Labels\":{\"a\":\"b\"}}}");
	find("/docker/" ID, "4f797c539e6c", &container);
	assert_string_equal(container.name, "shop-web-1");
	assert_string_equal(container.pod, "");
	assert_string_equal(container.runtime, "docker");
}

static void dockers_folder_may_be_elsewhere(void **state)
{
	struct container container;

	(void)state;
	write_file("/etc/docker/daemon.json", "{\"data-root\":\"/srv/docker\"}");
	write_file("/srv/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/moved\"}");
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "moved");
	container_forget();
	write_file("/etc/docker/daemon.json", "{\"graph\":\"/srv/docker\"}");
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "moved");
	container_forget();
	write_file("/etc/docker/daemon.json", "{\"data-root\":\"srv/docker\"}");
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "");
}

static void dockers_labels_name_a_pod(void **state)
{
	struct container container;

	(void)state;
	write_file(DOCKER_FILE(ID),
		   "{\"Name\":\"/k8s_app_web-0\",\"Config\":{\"Labels\":{" LABELS "}}}");
	find("/docker/" ID, "web-0", &container);
	assert_string_equal(container.name, "shop/web-0/app");
	assert_string_equal(container.pod, "web-0");
	assert_string_equal(container.pod_namespace, "shop");
	assert_string_equal(container.pod_uid, UID);
}

static void containerds_annotations_name_a_pod(void **state)
{
	struct container container;

	(void)state;
	write_file(BUNDLE_FILE("moby", OTHER), "{}");
	write_file(
		BUNDLE_FILE("k8s.io", ID),
		"{\"ociVersion\":\"1.0.2\",\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\","
		"\"hard\":18446744073709551615,\"soft\":1}]},\"annotations\":{"
		"\"io.kubernetes.cri.container-name\":\"app\","
		"\"io.kubernetes.cri.sandbox-name\":\"web-0\","
		"\"io.kubernetes.cri.sandbox-namespace\":\"shop\","
		"\"io.kubernetes.cri.sandbox-uid\":\"other\"}}");
	find(SLICE "/cri-containerd-" ID ".scope", "node", &container);
	assert_string_equal(container.name, "shop/web-0/app");
	assert_string_equal(container.pod_namespace, "shop");
	assert_string_equal(container.pod_uid, UID);
	/* The path does not say whose it is; the file that is there does. */
	find("/kubepods/pod" UID "/" ID, "node", &container);
	assert_string_equal(container.name, "shop/web-0/app");
	assert_string_equal(container.runtime, "containerd");
}

static void a_sandbox_and_nerdctls_container_have_names(void **state)
{
	struct container container;

	(void)state;
	write_file(BUNDLE_FILE("k8s.io", ID),
		   "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":"
		   "\"web-0\",\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
	write_file(BUNDLE_FILE("default", OTHER), "{\"annotations\":{\"nerdctl/name\":\"web\"}}");
	find("/k8s.io/" ID, "", &container);
	assert_string_equal(container.name, "shop/web-0");
	find("/default/" OTHER, "", &container);
	assert_string_equal(container.name, "web");
}

static void crios_bundle_and_podmans_list_have_names(void **state)
{
	struct container container;

	(void)state;
	write_file("/run/containers/storage/overlay-containers/" ID "/userdata/config.json",
		   "{\"annotations\":{" LABELS "}}");
	write_file("/var/lib/containers/storage/overlay-containers/containers.json",
		   "[{\"id\":\"" ID "\",\"names\":[\"first\\u0000\"]},{\"id\":7},"
		   "{\"id\":\"" OTHER "\",\"names\":[\"web\",\"second\"]}]");
	find(SLICE "/crio-" ID ".scope", "node", &container);
	assert_string_equal(container.name, "shop/web-0/app");
	find("/machine.slice/libpod-" OTHER ".scope/container", "node", &container);
	assert_string_equal(container.name, "web");
	assert_string_equal(container.runtime, "podman");
	assert_string_equal(container.id, OTHER);
	find("/machine.slice/libpod-" ID ".scope", "node", &container);
	assert_string_equal(container.name, "first");
	write_file("/run/containers/storage/overlay-containers/volatile-containers.json",
		   "[{\"id\":\"" THIRD "\",\"names\":[\"short\"]}]");
	find("/machine.slice/libpod-" THIRD ".scope", "node", &container);
	assert_string_equal(container.name, "short");
}

static void the_nodes_name_stands_where_no_file_tells(void **state)
{
	struct container container;
	struct utsname ours;

	(void)state;
	find(SLICE "/cri-containerd-" ID ".scope", "web-0", &container);
	assert_string_equal(container.name, "web-0");
	assert_string_equal(container.pod, "web-0");
	find("/docker/" ID, "given", &container);
	assert_string_equal(container.name, "given");
	assert_string_equal(container.pod, "");
	find("/docker/" ID, "4f797c539e6c", &container);
	assert_string_equal(container.name, "");
	assert_int_equal(uname(&ours), 0);
	find("/docker/" ID, ours.nodename, &container);
	assert_string_equal(container.name, "");
	find("/system.slice/a.service", "given", &container);
	assert_string_equal(container.name, "");
	find("/lxc.payload.web", "given", &container);
	assert_string_equal(container.name, "web");
}

static void an_answer_is_remembered_until_it_is_forgotten(void **state)
{
	struct container container;

	(void)state;
	write_file(DOCKER_FILE(ID), "{\"Name\":\"/first\"}");
	find("/docker/" ID, "", &container);
	write_file(DOCKER_FILE(ID), "{\"Name\":\"/second\"}");
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "first");
	find(SLICE "/docker-" ID ".scope", "", &container);
	assert_string_equal(container.name, "first");
	assert_string_equal(container.pod_uid, UID);
	/* Somebody's own cgroup of that name, said to be another runtime's, hides nothing. */
	find("/user.slice/libpod-" OTHER ".scope", "", &container);
	write_file(DOCKER_FILE(OTHER), "{\"Name\":\"/other\"}");
	find("/docker/" OTHER, "", &container);
	assert_string_equal(container.name, "other");
	container_forget();
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "second");
}

/* More than are remembered: the oldest is asked for again, a newer one not. */
static void the_oldest_answer_is_dropped_for_a_new_one(void **state)
{
	struct container container;
	char path[128];

	(void)state;
	write_file(DOCKER_FILE(ID), "{\"Name\":\"/first\"}");
	find("/docker/" ID, "", &container);
	for (unsigned i = 0; i < 4096; i++) {
		snprintf(path, sizeof(path), "/docker/%064x", i);
		find(path, "", &container);
	}
	write_file(DOCKER_FILE(ID), "{\"Name\":\"/second\"}");
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "second");
	find(path, "", &container);
	write_file(
		"/var/lib/docker/containers/"
		"0000000000000000000000000000000000000000000000000000000000000fff/config.v2.json",
		"{\"Name\":\"/late\"}");
	find(path, "", &container);
	assert_string_equal(container.name, "");
}

static void broken_files_tell_nothing(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"7",
		"null",
		"{\"Name\":7,\"Config\":[]}",
		"{\"Name\":\"/\"}",
		"{\"Name\":{\"a\":1},\"Config\":{\"Labels\":\"no\"}}",
		"{\"Name\":\"\xff\xfe\"}",
	};
	struct container container;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		write_file(DOCKER_FILE(ID), texts[i]);
		write_file(BUNDLE_FILE("k8s.io", ID), texts[i]);
		write_file("/var/lib/containers/storage/overlay-containers/containers.json",
			   texts[i]);
		container_forget();
		find("/" ID, "", &container);
		assert_string_equal(container.name, "");
		assert_string_equal(container.runtime, "");
	}
}

static void a_deep_or_large_file_is_refused(void **state)
{
	struct container container;
	size_t size = (1 << 20) + 1;
	char *text = malloc(size + 1);

	(void)state;
	memset(text, '[', size);
	text[size - 1] = '\0';
	write_file(DOCKER_FILE(ID), text);
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "");
	/* A megabyte is read, a byte more is not. */
	for (int more = 0; more < 2; more++) {
		memset(text, ' ', size);
		memcpy(text, "{\"Name\":\"/big\"}", 15);
		text[(1 << 20) + more] = '\0';
		write_file(DOCKER_FILE(ID), text);
		container_forget();
		find("/docker/" ID, "", &container);
		assert_string_equal(container.name, more ? "" : "big");
	}
	free(text);
}

static void a_long_name_is_cut(void **state)
{
	struct container container;
	char name[1001], text[4096];

	(void)state;
	memset(name, 'n', 1000);
	name[1000] = '\0';
	snprintf(text, sizeof(text),
		 "{\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"%s\","
		 "\"io.kubernetes.pod.namespace\":\"%s\",\"io.kubernetes.pod.uid\":\"%s\"}}}",
		 name, name, name);
	write_file(DOCKER_FILE(ID), text);
	find("/docker/" ID, "", &container);
	assert_int_equal(strlen(container.name), CONTAINER_NAME_SIZE - 1);
	assert_int_equal(strlen(container.pod), CONTAINER_NAME_SIZE - 1);
	assert_int_equal(strlen(container.pod_uid), sizeof(container.pod_uid) - 1);
	/* and is remembered so */
	find("/docker/" ID, "", &container);
	assert_int_equal(strlen(container.pod_uid), sizeof(container.pod_uid) - 1);
}

static void only_regular_files_inside_of_the_runtimes_folders_are_read(void **state)
{
	struct container container;
	char from[512], to[512];

	(void)state;
	write_file("/secret", "{\"Name\":\"/secret\"}");
	write_file("/secrets/config.v2.json", "{\"Name\":\"/secret\"}");
	write_file(DOCKER_FILE(OTHER), "{}");
	snprintf(to, sizeof(to), "%s/var/lib/docker/containers/" OTHER "/config.v2.json", root);
	snprintf(from, sizeof(from), "%s/secret", root);
	unlink(to);
	assert_int_equal(symlink(from, to), 0);
	find("/docker/" OTHER, "", &container);
	assert_string_equal(container.name, "");
	snprintf(to, sizeof(to), "%s/var/lib/docker/containers/" ID, root);
	snprintf(from, sizeof(from), "%s/secrets", root);
	assert_int_equal(symlink(from, to), 0);
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "");
	/* A FIFO would wait for a writer, a folder is no text. */
	assert_int_equal(unlink(to), 0);
	assert_int_equal(mkdir(to, 0755), 0);
	snprintf(to, sizeof(to), "%s" DOCKER_FILE(ID), root);
	assert_int_equal(mkfifo(to, 0644), 0);
	container_forget();
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "");
	assert_int_equal(unlink(to), 0);
	assert_int_equal(mkdir(to, 0755), 0);
	container_forget();
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "");
}

/* The administrator may have moved a folder; what the link says counts from the root that was given. */
static void a_runtimes_folder_may_be_a_link_that_stays_in_the_root(void **state)
{
	struct container container;
	char path[512];

	(void)state;
	write_file("/big/disk/containers/" ID "/config.v2.json", "{\"Name\":\"/linked\"}");
	write_file("/var/lib/x", "");
	snprintf(path, sizeof(path), "%s/var/lib/docker", root);
	assert_int_equal(symlink("/big/disk", path), 0);
	find("/docker/" ID, "", &container);
	assert_string_equal(container.name, "linked");
}

static void an_id_that_is_no_name_of_a_file_is_not_looked_up(void **state)
{
	static const char *const ids[] = { "..\\x2f" ID, "..", "\\x2e\\x2e", ".", "a\\x2fb" };
	struct container container;
	char path[256];

	(void)state;
	write_file(BUNDLE_FILE("k8s.io", "a/b"), "{\"annotations\":{\"nerdctl/name\":\"no\"}}");
	write_file("/run/containerd/io.containerd.runtime.v2.task/config.json",
		   "{\"annotations\":{\"nerdctl/name\":\"no\"}}");
	write_file(BUNDLE_FILE("k8s.io", "."), "{\"annotations\":{\"nerdctl/name\":\"no\"}}");
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		snprintf(path, sizeof(path), "/default/%s", ids[i]);
		find(path, "", &container);
		assert_string_equal(container.runtime, "containerd");
		assert_string_equal(container.name, "");
	}
}

/* ---- what users type */

static void a_container_matches_by_id_name_and_globs(void **state)
{
	struct container container = { .id = ID,
				       .name = "shop/web-0/app",
				       .pod = "web-0",
				       .pod_namespace = "shop",
				       .pod_uid = UID };
	static const char *const yes[] = { ID,	       "4f79",	"4f797c539e6c", "shop/web-0/app",
					   "shop/*",   "web-0", "web-*",	"shop/web-0",
					   "*/web-?",  "app",	"[a]pp",	"*",
					   "872d2066", UID };
	static const char *const no[] = { "",	      "4f7", "f797c539", ID "0",      "shop",
					  "SHOP/web", "web", "web-1",	 "other/*/x", "[" };

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!container_matches(&container, yes[i]))
			fail_msg("'%s' does not match", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (container_matches(&container, no[i]))
			fail_msg("'%s' matches", no[i]);
	strcpy(container.id, "web");
	assert_true(container_matches(&container, "web"));
	*container.name = *container.pod = '\0';
	assert_false(container_matches(&container, "*"));
	memset(&container, 0, sizeof(container));
	assert_false(container_matches(&container, "*"));
}

static bool unit(const char *path, const char *pattern)
{
	struct container container;

	container_parse_path(path, &container);
	return container_matches_unit(&container, pattern);
}

static void a_unit_matches_with_or_without_its_kind(void **state)
{
	(void)state;
	assert_true(unit("/system.slice/nginx.service", "nginx"));
	assert_true(unit("/system.slice/nginx.service", "nginx.service"));
	assert_true(unit("/system.slice/nginx.service", "ngin*"));
	assert_true(unit("/system.slice/nginx.service/sub", "nginx"));
	assert_true(unit("/system.slice/nginx.service", "system.slice"));
	assert_false(unit("/system.slice/nginx.service", "system"));
	assert_false(unit("/system.slice/nginx.service", "ngin"));
	assert_false(unit("/system.slice/nginx.service", ""));
	assert_false(unit("/system.slice/nginx", "nginx"));
	assert_false(unit("/", "*"));
	assert_true(unit("/user.slice/session-2.scope", "session-2.scope"));
	assert_false(unit("/user.slice/session-2.scope", "session-2"));
	assert_true(unit("/user.slice/user@1000.service/app.slice/a.service", "user@1000"));
	assert_true(unit("/system.slice/a\\x2db.service", "a-b"));
	assert_true(unit("/system.slice/a\\x2db.service", "a\\x2db.service"));
	/* A container's own units are not the host's. */
	assert_false(unit("/docker/" ID "/system.slice/nginx.service", "nginx"));
	assert_false(unit("/docker/" OTHER "/nginx.service/docker/" ID, "nginx"));
	assert_true(unit("/system.slice/containerd.service/k:cri-containerd:" ID, "containerd"));
	assert_true(unit("/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn@*"));
}

static bool cgroup(const char *path, const char *pattern)
{
	struct container container;

	container_parse_path(path, &container);
	return container_matches_cgroup(&container, pattern);
}

static void a_cgroup_matches_by_whole_components(void **state)
{
	static const char path[] = "/system.slice/nginx.service/sub";

	(void)state;
	assert_true(cgroup(path, "/system.slice"));
	assert_true(cgroup(path, "system.slice/"));
	assert_true(cgroup(path, "//system.slice//nginx.service"));
	assert_true(cgroup(path, path));
	assert_true(cgroup(path, "/"));
	assert_false(cgroup(path, ""));
	assert_false(cgroup(path, "/system"));
	assert_false(cgroup(path, "/system.slice/nginx.service/sub/more"));
	assert_false(cgroup(path, "/nginx.service"));
	assert_false(cgroup(path, "/system.slice/nginx.service/su"));
	assert_true(cgroup(path, "/sys/fs/cgroup"));
	assert_true(cgroup(path, "/sys/fs/cgroup/system.slice"));
	assert_true(cgroup(path, "/sys/fs/cgroup/unified/system.slice"));
	assert_true(cgroup(path, "/sys/fs/cgroup/cpu,cpuacct/system.slice/"));
	assert_true(cgroup(path, "/sys/fs/cgroup/memory"));
	assert_false(cgroup(path, "/sys/fs/cgroup/memory/system"));
	assert_false(cgroup(path, "/sys/fs/cgroup/other/system.slice"));
	assert_false(cgroup(path, "/sys/fs/cgroups/system.slice"));
	assert_false(cgroup(path, "/memory/system.slice"));
	assert_true(cgroup("/memory/x", "/sys/fs/cgroup/memory/x"));
	assert_true(cgroup("/sys/fs/cgroup/x", "/sys/fs/cgroup/sys/fs/cgroup/x"));
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_says_what_its_runtime_put_there),
		cmocka_unit_test(a_path_is_kept_in_one_form_and_says_how_much_of_it_is_outside),
		cmocka_unit_test(what_is_too_long_is_cut),
		cmocka_unit_test(no_bytes_lead_the_parser_astray),
		cmocka_unit_test(the_line_that_tells_most_is_chosen),
		cmocka_unit_test(a_text_without_a_line_of_a_cgroup_chooses_nothing),
		WITH_ROOT(dockers_name_is_in_its_configuration),
		WITH_ROOT(dockers_folder_may_be_elsewhere),
		WITH_ROOT(dockers_labels_name_a_pod),
		WITH_ROOT(containerds_annotations_name_a_pod),
		WITH_ROOT(a_sandbox_and_nerdctls_container_have_names),
		WITH_ROOT(crios_bundle_and_podmans_list_have_names),
		WITH_ROOT(the_nodes_name_stands_where_no_file_tells),
		WITH_ROOT(an_answer_is_remembered_until_it_is_forgotten),
		WITH_ROOT(the_oldest_answer_is_dropped_for_a_new_one),
		WITH_ROOT(broken_files_tell_nothing),
		WITH_ROOT(a_deep_or_large_file_is_refused),
		WITH_ROOT(a_long_name_is_cut),
		WITH_ROOT(only_regular_files_inside_of_the_runtimes_folders_are_read),
		WITH_ROOT(a_runtimes_folder_may_be_a_link_that_stays_in_the_root),
		WITH_ROOT(an_id_that_is_no_name_of_a_file_is_not_looked_up),
		cmocka_unit_test(a_container_matches_by_id_name_and_globs),
		cmocka_unit_test(a_unit_matches_with_or_without_its_kind),
		cmocka_unit_test(a_cgroup_matches_by_whole_components),
	};

	return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
