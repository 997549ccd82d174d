/* SPDX-License-Identifier: GPL-2.0-only */
/* Saves a profile as it grows, a member at a time. Knows what is new, not the bytes. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile/profile.h"
#include "store/order.h"
#include "store/packer.h"
#include "store/store.h"

struct store_stream {
	FILE *file;
	struct packer *packer;
	struct account account; /* as saved last */
	struct store_stream_size size;
	int code; /* of the first failure, after which nothing can be added */
};

struct store_stream *store_stream_new(FILE *file)
{
	struct store_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->file = file;
	stream->packer = packer_new(file, true);
	if (!stream->packer) {
		free(stream);
		return NULL;
	}
	return stream;
}

void store_stream_free(struct store_stream *stream)
{
	if (!stream)
		return;
	packer_free(stream->packer);
	free(stream);
}

static bool is_new(const struct store_stream *stream, const struct profile *profile)
{
	uint32_t process;

	if (stream->size.members == 0 || profile_nrows(profile) > 0 ||
	    memcmp(&stream->account, profile_account_const(profile), sizeof(stream->account)) != 0)
		return true;
	for (process = 0; process < profile_nprocesses(profile); process++) {
		if (packer_is_new(stream->packer, profile, process))
			return true;
	}
	return false;
}

/* Returns how many samples of the file the member has. */
static size_t pack(struct packer *packer, const struct profile *profile, const struct order *order)
{
	size_t i, moment = 0, samples = 0;
	uint32_t process;

	packer_begin(packer, profile);
	for (process = 0; process < profile_nprocesses(profile); process++)
		packer_add_process(packer, process);
	for (i = 0; i < order->nrows; i++) {
		const struct order_moment *moments = order->moments + moment;
		size_t count = 0;

		while (moment + count < order->nmoments && moments[count].position == i)
			count++;
		samples += packer_add_row(packer, order->rows[i], moments, count);
		moment += count;
	}
	return samples;
}

/* What could not be written whole is taken away again, where the file allows it. */
static int flush(struct store_stream *stream, off_t end, struct err *err)
{
	int code;

	if (fflush(stream->file) == 0 && !ferror(stream->file))
		return 0;
	code = errno ? -errno : -EIO;
	if (end >= 0 && ftruncate(fileno(stream->file), end) == 0)
		fseeko(stream->file, end, SEEK_SET);
	return err_set(err, code, "cannot write the profile: %s", strerror(-code));
}

int store_stream_add(struct store_stream *stream, const struct profile *profile,
		     struct store_stream_size *ret_size, struct err *err)
{
	const off_t end = ftello(stream->file);
	struct order order;
	uint64_t bytes = 0;
	size_t samples;
	int code = stream->code;

	if (code)
		return err_set(err, code, "cannot save the profile: %s", strerror(-code));
	if (!is_new(stream, profile)) {
		*ret_size = stream->size;
		return 0;
	}
	code = order_init(&order, profile, ORDER_BY_ID);
	if (code)
		return err_set(err, code, "cannot save the profile: %s", strerror(-code));
	samples = pack(stream->packer, profile, &order);
	order_done(&order);
	errno = 0;
	code = packer_end(stream->packer, &bytes, err);
	if (!code)
		code = flush(stream, end, err);
	stream->code = code;
	if (code)
		return code;
	stream->account = *profile_account_const(profile);
	stream->size.bytes += bytes;
	stream->size.members++;
	stream->size.samples += samples;
	*ret_size = stream->size;
	return 0;
}
