/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads and parses the small text files under /proc/PID. A process names itself, so its command name may hold
 * any byte, brackets and newlines included. Must not know what the process runs.
 */
#include "proc/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* include/linux/sched.h: in the flags word of every kernel thread; stable since 2.6.35. */
#define PF_KTHREAD 0x00200000ULL

/* Fields of /proc/PID/stat as proc(5) numbers them; 3 is the first one behind the name. */
#define STAT_FIELD_STATE      3
#define STAT_FIELD_FLAGS      9
#define STAT_FIELD_START_TIME 22
#define STAT_FIELD_START_CODE 26

#define STAT_SIZE_MAX	4096
#define STATUS_SIZE_MAX 65536
#define READ_STEP	4096

/* Parse the decimal number at *at, which must end before `end` at a space or newline; move behind it. */
static int parse_number(const char **at, const char *end, uint64_t *ret_number)
{
	const char *digit = *at;
	uint64_t number = 0;
	bool negative = digit < end && *digit == '-';

	digit += negative;
	if (digit >= end || *digit < '0' || *digit > '9')
		return -EBADMSG;
	for (; digit < end && *digit >= '0' && *digit <= '9'; digit++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*digit - '0'), &number))
			return -EBADMSG;
	}
	if (digit < end && *digit != ' ' && *digit != '\n')
		return -EBADMSG;
	*at = digit < end ? digit + 1 : digit;
	*ret_number = negative ? -number : number;
	return 0;
}

/* The numbered fields behind the state. */
static int parse_stat_numbers(const char *at, const char *end, struct process_facts *facts)
{
	uint64_t number;
	int field, r;

	for (field = STAT_FIELD_STATE + 1; field <= STAT_FIELD_START_TIME; field++) {
		r = parse_number(&at, end, &number);
		if (r < 0)
			return r;
		if (field == STAT_FIELD_FLAGS)
			facts->kernel_thread = number & PF_KTHREAD;
		if (field == STAT_FIELD_START_TIME)
			facts->id.start_time = number;
	}
	/* Only programs that are remembered in the kernel want it. */
	facts->start_code = 0;
	for (; field <= STAT_FIELD_START_CODE && parse_number(&at, end, &number) == 0; field++) {
		if (field == STAT_FIELD_START_CODE)
			facts->start_code = number;
	}
	return 0;
}

int procfs_parse_stat(const char *text, size_t size, struct process_facts *facts, struct err *err)
{
	const char *at = text, *end = text + size, *name, *name_end;
	uint64_t pid;
	size_t length;

	if (parse_number(&at, end, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		goto malformed;
	if (at >= end || *at != '(')
		goto malformed;
	/* The name is not quoted, but nothing behind it can hold a bracket: its end is the last one. */
	name = at + 1;
	name_end = memrchr(name, ')', (size_t)(end - name));
	if (!name_end || end - name_end < 4 || name_end[1] != ' ' || name_end[3] != ' ')
		goto malformed;

	facts->id.pid = (pid_t)pid;
	facts->state = name_end[2];
	/* X is what a task shows between its end and its removal (fs/proc/array.c). */
	facts->zombie = facts->state == 'Z' || facts->state == 'X' || facts->state == 'x';
	if (parse_stat_numbers(name_end + 4, end, facts) < 0)
		goto malformed;

	length = (size_t)(name_end - name);
	if (length >= sizeof(facts->comm))
		length = sizeof(facts->comm) - 1;
	memcpy(facts->comm, name, length);
	facts->comm[length] = '\0';
	return 0;

malformed:
	return err_set(err, -EBADMSG, "/proc/PID/stat does not have the form that is documented");
}

/* Read until the end of the file or the limit; the buffer grows with what is there. */
static int read_all(int fd, size_t limit, char **ret_text, size_t *ret_size)
{
	char *text = NULL, *grown;
	size_t size = 0, capacity = 0;
	ssize_t n;
	int r = 0;

	for (;;) {
		if (capacity - size < READ_STEP + 1) {
			capacity = capacity ? 2 * capacity : 2 * READ_STEP;
			grown = realloc(text, capacity);
			if (!grown) {
				r = -ENOMEM;
				goto out;
			}
			text = grown;
		}
		n = read(fd, text + size, capacity - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			r = -errno;
			goto out;
		}
		if (n == 0)
			break;
		size += (size_t)n;
		if (size > limit) {
			r = -E2BIG;
			goto out;
		}
	}
	text[size] = '\0';
	*ret_text = text;
	*ret_size = size;
	text = NULL;
out:
	free(text);
	return r;
}

/* There is no /proc/PID: gone, or hidden by the mount option hidepid? */
static int set_absent(pid_t pid, struct err *err)
{
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return err_set(err, -ESRCH, "pid %d: no such process", pid);
	err_set(err, -EACCES, "pid %d: /proc does not show this process to us", pid);
	err_hint(err, "/proc is mounted with hidepid: run as root");
	return -EACCES;
}

int procfs_read_file(pid_t pid, const char *name, size_t limit, char **ret_text, size_t *ret_size,
		     struct err *err)
{
	char path[64];
	int fd, r;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ESRCH))
		return set_absent(pid, err);
	if (fd < 0) {
		r = -errno;
		return err_set(err, r, "cannot open %s: %s", path, strerror(-r));
	}
	r = read_all(fd, limit, ret_text, ret_size);
	close(fd);
	if (r == -ESRCH)
		return err_set(err, r, "pid %d: no such process", pid);
	if (r == -E2BIG)
		return err_set(err, r, "%s is longer than %zu bytes", path, limit);
	if (r < 0)
		return err_set(err, r, "cannot read %s: %s", path, strerror(-r));
	return 0;
}

/* The arguments with spaces between; a process may have emptied or overwritten them. */
static void read_command_line(pid_t pid, char *buffer, size_t capacity)
{
	char path[64];
	ssize_t n;
	int fd;

	buffer[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	n = read(fd, buffer, capacity - 1);
	close(fd);
	if (n < 0)
		n = 0;
	while (n > 0 && buffer[n - 1] == '\0')
		n--;
	buffer[n] = '\0';
	for (ssize_t i = 0; i < n; i++) {
		if (buffer[i] == '\0')
			buffer[i] = ' ';
	}
}

static void read_exe(pid_t pid, char *buffer, size_t capacity)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, buffer, capacity - 1);
	buffer[n > 0 ? n : 0] = '\0';
}

/*
 * The last number of a status file's line, which is "\nFIELD:\t" and numbers with tabs between, one for each PID
 * namespace: the innermost is the last. -EBADMSG: no such line. The kernel escapes newlines in the process's name, so
 * a line start is one.
 */
static int find_number(const char *text, size_t size, const char *field, pid_t *ret_number)
{
	const char *line = strstr(text, field), *end, *at;
	uint64_t number;

	if (!line)
		return -EBADMSG;
	end = strchrnul(line + 1, '\n');
	at = memrchr(line, '\t', (size_t)(end - line));
	if (!at || ++at > text + size || parse_number(&at, text + size, &number) < 0 ||
	    number == 0 || number > INT32_MAX)
		return -EBADMSG;
	*ret_number = (pid_t)number;
	return 0;
}

/* /proc/TID exists for every thread though only processes are listed; "Tgid:" tells them apart. */
static int read_status(pid_t pid, pid_t *ret_thread_group, pid_t *ret_inside_pid, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	int r;

	r = procfs_read_file(pid, "status", STATUS_SIZE_MAX, &text, &size, err);
	if (r < 0)
		return r;
	if (find_number(text, size, "\nNSpid:\t", ret_inside_pid) < 0)
		*ret_inside_pid = 0;
	if (find_number(text, size, "\nTgid:\t", ret_thread_group) < 0)
		r = err_set(err, -EBADMSG, "/proc/%d/status has no Tgid line", pid);
	free(text);
	return r;
}

int procfs_read_process(pid_t pid, struct process_facts *ret_facts, struct err *err)
{
	struct process_facts facts = { 0 };
	char *text = NULL;
	size_t size = 0;
	int r;

	r = procfs_read_file(pid, "stat", STAT_SIZE_MAX, &text, &size, err);
	if (r < 0)
		return r;
	r = procfs_parse_stat(text, size, &facts, err);
	free(text);
	if (r < 0) {
		err_wrap(err, "pid %d", pid);
		return r;
	}
	/* What the file says of its own number is in the mount's namespace, as the argument is. */
	r = read_status(pid, &facts.thread_group, &facts.inside_pid, err);
	if (r < 0)
		return r;
	read_command_line(pid, facts.command_line, sizeof(facts.command_line));
	read_exe(pid, facts.exe, sizeof(facts.exe));
	*ret_facts = facts;
	return 0;
}

uint64_t procfs_start_ticks(uint64_t start_boottime_ns)
{
	/* kernel/time/time.c, nsec_to_clock_t: a whole number of ns for every USER_HZ that divides 10^9. */
	return start_boottime_ns / (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* The entries of a folder whose names are numbers. */
static ssize_t list_numbers(const char *path, pid_t *ret_numbers, size_t max)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	size_t nnumbers = 0;
	unsigned long number;
	char *end;

	if (!folder)
		return errno == ENOENT ? -ESRCH : -errno;
	while (nnumbers < max && (entry = readdir(folder))) {
		number = strtoul(entry->d_name, &end, 10);
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && !*end &&
		    number <= INT32_MAX)
			ret_numbers[nnumbers++] = (pid_t)number;
	}
	closedir(folder);
	return (ssize_t)nnumbers;
}

ssize_t procfs_list_processes(pid_t *ret_pids, size_t max)
{
	return list_numbers("/proc", ret_pids, max);
}

ssize_t procfs_list_threads(pid_t pid, pid_t *ret_tids, size_t max)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return list_numbers(path, ret_tids, max);
}

int procfs_read_thread(pid_t pid, pid_t tid, char name[PROCFS_COMM_SIZE], pid_t *ret_inside_tid)
{
	char file[32], *text = NULL;
	size_t size = 0;
	int r;

	snprintf(file, sizeof(file), "task/%d/comm", tid);
	r = procfs_read_file(pid, file, READ_STEP, &text, &size, NULL);
	if (r < 0)
		return r;
	if (size && text[size - 1] == '\n')
		size--;
	if (size >= PROCFS_COMM_SIZE)
		size = PROCFS_COMM_SIZE - 1;
	memcpy(name, text, size);
	name[size] = '\0';
	free(text);
	snprintf(file, sizeof(file), "task/%d/status", tid);
	r = procfs_read_file(pid, file, STATUS_SIZE_MAX, &text, &size, NULL);
	if (r < 0)
		return r;
	if (find_number(text, size, "\nNSpid:\t", ret_inside_tid) < 0)
		*ret_inside_tid = 0;
	free(text);
	return 0;
}

uint64_t procfs_idle_ns(void)
{
	const uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	FILE *stat = fopen("/proc/stat", "re");
	uint64_t idle = 0, waiting = 0;

	if (!stat)
		return 0;
	/* user, nice, system, idle, iowait, … of all CPUs, in clock ticks */
	if (fscanf(stat, "cpu %*u %*u %*u %" SCNu64 " %" SCNu64, &idle, &waiting) != 2)
		idle = waiting = 0;
	fclose(stat);
	return (idle + waiting) * tick_ns;
}
