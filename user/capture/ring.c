/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes records out of the ring buffer, checks kind and sizes, and calls the handler of its kind. */
#include "capture/ring.h"

#include <errno.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "capture/internal.h"

/* Is what the sample says about itself possible in a record of this size? */
static bool sample_fits(const struct pbp_sample *sample, size_t size)
{
	if (size < sizeof(*sample) || sample->nframes > PBP_DEPTH_MAX ||
	    sample->nkept > sample->nframes || sample->status >= PBP_STATUS_MAX ||
	    sample->reason >= PBP_REASON_MAX)
		return false;
	return size - sizeof(*sample) ==
	       (size_t)(sample->nframes - sample->nkept) * sizeof(uint64_t);
}

static bool string_fits(const struct pbp_string *string)
{
	if (string->kind == PBP_STRING_UNREAD)
		return !string->size;
	return string->size <= PBP_STRING_BYTES_MAX && string->kind <= 4 && string->kind != 3 &&
	       (string->kind < 2 || string->size % string->kind == 0);
}

static bool code_fits(const struct pbp_code *code, size_t size)
{
	if (size < sizeof(*code) || !string_fits(&code->name) || !string_fits(&code->qualname) ||
	    !string_fits(&code->filename) || code->linetable_size > PBP_LINETABLE_BYTES_MAX ||
	    code->linetable_size > code->linetable_full_size)
		return false;
	return size - sizeof(*code) == (size_t)code->name.size + code->qualname.size +
					       code->filename.size + code->linetable_size;
}

static bool started_fits(const struct pbp_started *started, size_t size)
{
	return size == sizeof(*started) && started->why < PBP_STARTED_MAX &&
	       started->verdict < PBP_VERDICT_MAX && started->cgroup_size <= PBP_CGROUP_SIZE &&
	       started->arguments_size <= PBP_ARGUMENTS_SIZE &&
	       memchr(started->comm, '\0', sizeof(started->comm)) &&
	       memchr(started->node_name, '\0', sizeof(started->node_name));
}

/* libbpf's callback for one record. 0 goes on to the next. */
static int take_record(void *context, void *data, size_t size)
{
	const struct capture_handlers *handlers = &((struct capture *)context)->handlers;
	const struct pbp_header *header = data;
	bool fits = size >= sizeof(*header) && header->size == size;

	switch (fits ? (enum pbp_kind)header->kind : PBP_KIND_MAX) {
	case PBP_KIND_SAMPLE:
		fits = sample_fits(data, size);
		if (fits)
			handlers->sample(handlers->context, data,
					 (const void *)((const struct pbp_sample *)data + 1));
		break;
	case PBP_KIND_CODE:
		fits = code_fits(data, size);
		if (fits)
			handlers->code(handlers->context, data,
				       (const void *)((const struct pbp_code *)data + 1));
		break;
	case PBP_KIND_STARTED:
		fits = started_fits(data, size);
		if (fits)
			handlers->started(handlers->context, data);
		break;
	case PBP_KIND_LOOK:
		fits = size == sizeof(struct pbp_look);
		if (fits)
			handlers->look(handlers->context, data);
		break;
	case PBP_KIND_RECOGNISED:
		fits = size == sizeof(struct pbp_recognised);
		if (fits)
			handlers->recognised(handlers->context, data);
		break;
	case PBP_KIND_ENDED:
		fits = size == sizeof(struct pbp_ended);
		if (fits)
			handlers->ended(handlers->context, data);
		break;
	case PBP_KIND_THREAD_WANTED:
		fits = size == sizeof(struct pbp_thread_wanted);
		if (fits)
			handlers->thread_wanted(handlers->context, data);
		break;
	case PBP_KIND_MAX:
	default: /* a kind comes out of memory: it can be any number */
		fits = false;
	}
	if (!fits)
		handlers->malformed(handlers->context);
	return 0;
}

int ring_open(struct capture *capture)
{
	capture->ring =
		ring_buffer__new(bpf_map__fd(capture->bpf->maps.ring), take_record, capture, NULL);
	return capture->ring ? 0 : -errno;
}

void ring_close(struct capture *capture)
{
	ring_buffer__free(capture->ring);
}

int capture_fd(const struct capture *capture)
{
	return ring_buffer__epoll_fd(capture->ring);
}

int capture_drain(struct capture *capture)
{
	int consumed = ring_buffer__consume(capture->ring);

	return consumed < 0 ? consumed : 0;
}
