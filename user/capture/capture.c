/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object's life: open, size, load, attach, tear down. What the records mean is the handlers' business;
 * reading them is in ring.c.
 */
#include "capture/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "capture/cpu_events.h"
#include "capture/internal.h"
#include "capture/ring.h"
#include "capture/source.h"

/* The ring holds what the CPUs send between two drains: 1000 full stacks of 1000 frames a second are 0.8 MB in a
 * tenth of one. Never below 4 MB, so that the start-up's many names find room. */
#define RING_BYTES_PER_CPU (1024U * 1024)
#define RING_BYTES_MIN	   (4U * 1024 * 1024)
#define RING_BYTES_MAX	   (128U * 1024 * 1024)

#define BTF_PATH "/sys/kernel/btf/vmlinux"

/* libbpf's last warning: the reason that its error codes alone do not tell. */
static char libbpf_warning[256];

static int keep_warning(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN)
		vsnprintf(libbpf_warning, sizeof(libbpf_warning), format, arguments);
	return 0;
}

static uint32_t ring_bytes(uint32_t ncpus)
{
	uint64_t wanted = (uint64_t)ncpus * RING_BYTES_PER_CPU;
	uint32_t bytes = RING_BYTES_MIN;

	while (bytes < wanted && bytes < RING_BYTES_MAX)
		bytes *= 2;
	return bytes;
}

/*
 * Can a tick ask what is mapped at an address? The helper came with 5.17; under PREEMPT_RT it refuses wherever interrupts
 * are off (kernel/bpf/mmap_unlock_work.h).
 */
static bool finds_mappings(void)
{
	return access("/sys/kernel/realtime", F_OK) &&
	       libbpf_probe_bpf_helper(BPF_PROG_TYPE_PERF_EVENT, BPF_FUNC_find_vma, NULL) == 1;
}

static struct bpf_program *tick_program(const struct capture *capture, bool finds_libraries)
{
	const struct event_source *source = event_sources[0];

	return bpf_object__find_program_by_name(
		capture->bpf->obj, finds_libraries ? source->program : source->program_alone);
}

struct bpf_program *capture_tick_program(const struct capture *capture)
{
	return tick_program(capture, capture->finds_libraries);
}

/* The kernel is given one of the two: what it does not know it would refuse. */
static int choose_tick_program(struct capture *capture)
{
	capture->finds_libraries = finds_mappings();
	return bpf_program__set_autoload(tick_program(capture, !capture->finds_libraries), false);
}

static int configure(struct capture *capture, const struct capture_settings *settings)
{
	struct pybpfprof_bpf *bpf = capture->bpf;
	uint32_t bytes = ring_bytes(capture->npossible);
	int failed;

	bpf->rodata->settings.period_ns = settings->period_ns;
	bpf->rodata->settings.ring_bytes = bytes;
	bpf->rodata->settings.max_depth = settings->max_depth;
	/* Ours is a number of another namespace then. */
	bpf->rodata->settings.own_pid = settings->pid_namespace ? 0 : (uint32_t)getpid();
	bpf->rodata->settings.pid_namespace = settings->pid_namespace;
	bpf->rodata->settings.announce = settings->announce;
	bpf->rodata->settings.children = settings->children;
	bpf->rodata->settings.inherited = settings->per_thread;
	while (1U << capture->cpu_bits < capture->npossible)
		capture->cpu_bits++;
	bpf->rodata->settings.cpu_bits = capture->cpu_bits;
	capture->per_thread = settings->per_thread;
	failed = bpf_map__set_max_entries(bpf->maps.ring, bytes);
	if (!failed)
		failed = bpf_map__set_max_entries(bpf->maps.scratches, capture->npossible);
	if (!failed)
		failed = choose_tick_program(capture);
	return failed;
}

/* The scratches are mapped so that counters and times of ticks are read, and the latter set, without a system call. */
static int map_scratches(struct capture *capture)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = sizeof(struct pbp_scratch) * capture->npossible;
	void *scratches;

	bytes = (bytes + page - 1) / page * page;
	scratches = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 bpf_map__fd(capture->bpf->maps.scratches), 0);
	if (scratches == MAP_FAILED)
		return -errno;
	capture->scratches = scratches;
	capture->scratches_bytes = bytes;
	return 0;
}

static int load_failed(int code, struct err *err)
{
	if (access(BTF_PATH, R_OK)) {
		err_set(err, code, "cannot load the BPF program: no %s: %s", BTF_PATH,
			strerror(errno));
		return err_hint(
			err, "the kernel must be built with CONFIG_DEBUG_INFO_BTF=y, as those of "
			     "the large distributions are");
	}
	libbpf_warning[strcspn(libbpf_warning, "\n")] = '\0';
	err_set(err, code, "cannot load the BPF program: %s%s%s%s", strerror(-code),
		*libbpf_warning ? " (" : "", libbpf_warning, *libbpf_warning ? ")" : "");
	if (code == -EPERM || code == -EACCES)
		return err_hint(err, "run as root; inside a container it must be a privileged one");
	return err_hint(err, "Linux 5.11 or later with BTF is needed");
}

int capture_new(const struct capture_settings *settings, const struct capture_handlers *handlers,
		struct capture **ret_capture, struct err *err)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int code;

	if (!capture)
		return err_set(err, -ENOMEM, "out of memory");
	capture->stats_fd = -1;
	capture->handlers = *handlers;
	libbpf_set_print(keep_warning);
	code = libbpf_num_possible_cpus();
	if (code < 0)
		goto out;
	capture->npossible = (uint32_t)code;
	capture->cpus = calloc(capture->npossible, sizeof(*capture->cpus));
	code = capture->cpus ? 0 : -ENOMEM;
	if (!code) {
		capture->bpf = pybpfprof_bpf__open();
		code = capture->bpf ? configure(capture, settings) : -errno;
	}
	if (!code)
		code = pybpfprof_bpf__load(capture->bpf);
	if (!code)
		code = map_scratches(capture);
	if (!code)
		code = ring_open(capture);
	if (code)
		goto out;
	/* Only CAP_SYS_ADMIN may; without it the cost is not known, nothing else. */
	capture->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	*ret_capture = capture;
	return 0;
out:
	load_failed(code, err);
	capture_free(capture);
	return code;
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	cpu_events_detach(capture);
	source_threads_detach(&capture->threads);
	ring_close(capture);
	if (capture->scratches)
		munmap(capture->scratches, capture->scratches_bytes);
	if (capture->stats_fd >= 0)
		close(capture->stats_fd);
	pybpfprof_bpf__destroy(capture->bpf);
	free(capture);
}

void capture_record(struct capture *capture, bool recording)
{
	uint64_t now = clock_monotonic_ns();

	if (recording) {
		capture->began_ns = now;
		cpu_events_began(capture);
	} else {
		capture->ended_ns = now;
	}
	__atomic_store_n(&capture->bpf->bss->recording_since, recording ? now : 0,
			 __ATOMIC_SEQ_CST);
}
