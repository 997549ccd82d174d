/* SPDX-License-Identifier: GPL-2.0-only */
/* One output for each format that was asked for. Must not know what is written, nor how a file comes to its name. */
#include "products.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/terminal.h"
#include "options.h"
#include "output.h"
#include "telling.h"

struct products {
	const struct options *options;
	struct product {
		const struct report_format *format;
		const char *file;
		struct output *output;
		bool written;
	} rows[OPTIONS_PRODUCTS_MAX + 1];
	size_t count;
};

int products_check_stream(const struct report_format *format, FILE *stream, struct err *err)
{
	if (report_is_text(format) || !isatty(fileno(stream)))
		return 0;
	err_set(err, -EINVAL, "%s is no text, and standard output a terminal", format->name);
	return err_hint(err, "name a file: -o FILE");
}

static int add(struct products *products, const struct report_format *format, const char *file,
	       struct err *err)
{
	struct product *product = &products->rows[products->count];
	int code = output_open(file, &product->output, err);

	if (code)
		return code;
	product->format = format;
	product->file = file;
	products->count++;
	return products_check_stream(format, output_stream(product->output), err);
}

int products_open(const struct options *options, struct products **ret_products, struct err *err)
{
	struct products *products = calloc(1, sizeof(*products));
	int code = 0;

	if (!products)
		return err_set(err, -ENOMEM, "out of memory");
	products->options = options;
	if (!options->only_products)
		code = add(products, options->format, options->output, err);
	for (size_t i = 0; i < options->nproducts && !code; i++)
		code = add(products, options->products[i].format, options->products[i].output, err);
	if (code) {
		products_free(products);
		return code;
	}
	*ret_products = products;
	return 0;
}

int products_write(struct products *products, products_writer writer, const void *context,
		   struct err *err)
{
	int code = 0;

	for (size_t i = 0; i < products->count && !code; i++) {
		struct product *product = &products->rows[i];
		FILE *stream = output_stream(product->output);
		struct report_options report = products_report_options(products->options, stream);

		code = writer(context, product->format, &report, stream, err);
		if (!code)
			code = output_commit(product->output, err);
		product->written = !code;
	}
	return code;
}

void products_tell(const struct products *products)
{
	for (size_t i = 0; i < products->count; i++) {
		const struct product *product = &products->rows[i];

		if (product->written && output_is_file(product->output))
			tell_wrote(product->file, "", report_next(product->format));
	}
}

void products_free(struct products *products)
{
	if (!products)
		return;
	for (size_t i = 0; i < products->count; i++)
		output_free(products->rows[i].output);
	free(products);
}

struct report_options products_report_options(const struct options *options, FILE *stream)
{
	struct report_options report = options->report;
	bool terminal = isatty(fileno(stream));
	struct winsize size;

	report.color = options->color == OPTIONS_AUTO ? terminal_wants_color(terminal)
						      : options->color == OPTIONS_ALWAYS;
	report.unicode = options->unicode == OPTIONS_AUTO ? terminal_has_unicode()
							  : options->unicode == OPTIONS_ALWAYS;
	if (terminal && !ioctl(fileno(stream), TIOCGWINSZ, &size))
		report.width = size.ws_col;
	return report;
}
