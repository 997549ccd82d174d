/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verb doctor: chooses whom to examine and writes the findings. What they are is doctor_host.c's, doctor_pythons.c's
 * and doctor_process.c's business.
 */
#include "doctor.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "doctor_host.h"
#include "doctor_list.h"
#include "doctor_look.h"
#include "doctor_process.h"
#include "doctor_pythons.h"
#include "options.h"
#include "proc/pid_namespace.h"

/* Columns of the labels: the widest of each list. */
#define HOST_LABEL_WIDTH    22
#define PROCESS_LABEL_WIDTH 13

static bool wants_color(const struct options *options, FILE *stream)
{
	if (options->color != OPTIONS_AUTO)
		return options->color == OPTIONS_ALWAYS;
	return terminal_wants_color(isatty(fileno(stream)));
}

/* Looks come first, as the helper that makes them must not hold what the host's facts are found out by. */
static void examine_host(const struct options *options, struct findings *findings)
{
	struct doctor_pythons pythons;
	struct err err = { 0 };
	int code;

	doctor_pythons_init(&pythons, pid_namespace_host_root());
	code = doctor_look_at_all(options->assume_series, &pythons, &err);
	doctor_host(findings);
	if (code)
		findings_add(findings, FINDING_NOTE, "Python processes", "%s", err.message);
	else
		doctor_pythons_write(&pythons, terminal_has_unicode(), findings);
	doctor_pythons_done(&pythons);
}

int doctor_run(const struct options *options, FILE *stream, bool *ret_can_sample, struct err *err)
{
	struct findings findings;
	int code;

	findings_init(&findings, options->npids ? PROCESS_LABEL_WIDTH : HOST_LABEL_WIDTH,
		      wants_color(options, stream));
	if (options->npids)
		doctor_processes(options, &findings);
	else
		examine_host(options, &findings);
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
