/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process runs, in a few words of its command line. */
#ifndef PBP_REPORT_COMMAND_H
#define PBP_REPORT_COMMAND_H

struct profile_process;
struct strbuf;

/*
 * Add the program's name and what it was told to run, "python3 manage.py", "python3 -m http.server" or "python3 -c";
 * the command name where there is no command line. Neither sanitized nor shortened: processes of one command have
 * equal texts.
 */
void command_add_name(struct strbuf *buf, const struct profile_process *process);

/* What of the command line stands beside the command name: without the program where that is called alike. */
const char *command_arguments(const struct profile_process *process);

#endif
