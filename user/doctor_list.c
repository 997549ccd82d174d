/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lays out the doctor's findings. The only place where a sentence of his becomes terminal text, so everything is
 * made harmless here; must not know what is being found.
 */
#include "doctor_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/style.h"

/* Columns of a mark and of the space on either side of the label. */
#define MARK_WIDTH 2
#define GAP_WIDTH  2

static const char *const marks[] = {
	[FINDING_OK] = "ok",
	[FINDING_NO] = "no",
	[FINDING_NOTE] = "--",
};

/* The reports' colours of what takes most of the time, of what takes little, and of what does not matter. */
static const char *mark_style(enum finding finding, bool color)
{
	switch (finding) {
	case FINDING_NO:
		return style_share(1.0, color);
	case FINDING_OK:
		return style_share(0.1, color);
	case FINDING_NOTE:
		break;
	}
	return style_faint(color);
}

void findings_init(struct findings *findings, int label_width, bool color)
{
	*findings = (struct findings){ .label_width = label_width, .color = color };
	strbuf_init(&findings->text);
}

void findings_done(struct findings *findings)
{
	strbuf_done(&findings->text);
}

static void add_sentence(struct findings *findings, const char *format, va_list arguments)
{
	char sentence[FINDING_TEXT_SIZE];

	if (vsnprintf(sentence, sizeof(sentence), format, arguments) < 0)
		sentence[0] = '\0';
	strbuf_add_sanitized(&findings->text, sentence, strlen(sentence));
	strbuf_add_char(&findings->text, '\n');
}

void findings_add(struct findings *findings, enum finding finding, const char *label,
		  const char *format, ...)
{
	va_list arguments;

	findings->nrefusals += finding == FINDING_NO;
	strbuf_add_format(&findings->text, "%s%s%s%*s%-*s%*s", mark_style(finding, findings->color),
			  marks[finding], style_end(findings->color), GAP_WIDTH, "",
			  findings->label_width, label, GAP_WIDTH, "");
	va_start(arguments, format);
	add_sentence(findings, format, arguments);
	va_end(arguments);
}

void findings_detail(struct findings *findings, const char *format, ...)
{
	va_list arguments;

	strbuf_add_format(&findings->text, "%*s",
			  MARK_WIDTH + GAP_WIDTH + findings->label_width + GAP_WIDTH, "");
	va_start(arguments, format);
	add_sentence(findings, format, arguments);
	va_end(arguments);
}
