/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verb doctor: chooses whom to examine and writes the findings. What they are is doctor_host.c's and
 * doctor_process.c's business.
 */
#include "doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "doctor_host.h"
#include "doctor_list.h"
#include "doctor_process.h"
#include "options.h"

/* Columns of the labels: the widest of each list. */
#define HOST_LABEL_WIDTH    22
#define PROCESS_LABEL_WIDTH 13

static bool wants_color(const struct options *options, FILE *stream)
{
	if (options->color != OPTIONS_AUTO)
		return options->color == OPTIONS_ALWAYS;
	return terminal_wants_color(isatty(fileno(stream)));
}

int doctor_run(const struct options *options, FILE *stream, bool *ret_can_sample, struct err *err)
{
	struct findings findings;
	int code;

	findings_init(&findings, options->pid ? PROCESS_LABEL_WIDTH : HOST_LABEL_WIDTH,
		      wants_color(options, stream));
	if (options->pid)
		doctor_process(options, &findings);
	else
		doctor_host(&findings);
	code = strbuf_error(&findings.text);
	if (code) {
		err_set(err, code, "cannot make the list of findings: %s", strerror(-code));
	} else {
		fputs(strbuf_text(&findings.text), stream);
		*ret_can_sample = !findings.nrefusals;
	}
	findings_done(&findings);
	return code;
}
