/*
 * One line is built on the stack and written with one write(2), at most PIPE_BUF bytes, so that
 * lines of several processes on one pipe never mix. Bytes that could end or forge a line are
 * written as \xNN; a line that is too long is cut and says truncated=true. Nothing here allocates.
 */
#include "bus/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/time.h"

#define LOG_LINE_MAX  4096 /* PIPE_BUF of Linux */
#define LOG_TRUNCATED " truncated=true"

static const char *const level_names[] = {
	[BUS_LOG_DEBUG] = "debug",
	[BUS_LOG_INFO] = "info",
	[BUS_LOG_WARN] = "warn",
	[BUS_LOG_ERROR] = "error",
};

static const char *log_service = "bourse";
static enum bus_log_level log_level = BUS_LOG_INFO;

void bus_log_init(const char *service, enum bus_log_level level)
{
	log_service = service;
	log_level = level;
}

bool bus_log_parse_level(const char *text, enum bus_log_level *out)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(level_names); i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*out = (enum bus_log_level)i;
			return true;
		}
	}
	return false;
}

bool bus_log_enabled(enum bus_log_level level)
{
	return level >= log_level;
}

/* A line under construction; room for the mark of truncation and the newline is kept back. */
struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool truncated;
};

static void put(struct line *line, const char *text, size_t len)
{
	size_t limit = sizeof(line->text) - sizeof(LOG_TRUNCATED); /* its NUL counts for '\n' */

	if (len > limit - line->len) {
		line->truncated = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void put_escaped(struct line *line, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	for (; *text && !line->truncated; text++) {
		unsigned char c = (unsigned char)*text;
		char escaped[4] = { '\\', 'x', hex[c >> 4], hex[c & 15] };

		if (c < 0x20 || c == 0x7f)
			put(line, escaped, sizeof(escaped));
		else
			put(line, text, 1);
	}
}

static void put_prefix(struct line *line, enum bus_log_level level, const char *msg)
{
	char time[BUS_TIME_TEXT];

	bus_time_format(bus_time_wall(), time);
	put_text(line, "ts=");
	put(line, time, strlen("2026-01-02T03:04:05.678"));
	put_text(line, "Z level=");
	put_text(line, level_names[level]);
	put_text(line, " service=");
	put_escaped(line, log_service);
	put_text(line, " msg=\"");
	put_escaped(line, msg);
	put_text(line, "\"");
}

static void write_line(struct line *line)
{
	ssize_t written;

	if (line->truncated) {
		memcpy(line->text + line->len, LOG_TRUNCATED, sizeof(LOG_TRUNCATED) - 1);
		line->len += sizeof(LOG_TRUNCATED) - 1;
	}
	line->text[line->len++] = '\n';
	do {
		written = write(STDERR_FILENO, line->text, line->len);
	} while (written < 0 && errno == EINTR);
}

void bus_log(enum bus_log_level level, const char *msg, const char *fmt, ...)
{
	struct line line = { .len = 0 };
	int saved_errno = errno;
	char pairs[LOG_LINE_MAX];
	va_list args;
	int len;

	if (!bus_log_enabled(level))
		return;
	put_prefix(&line, level, msg);
	va_start(args, fmt);
	len = vsnprintf(pairs, sizeof(pairs), fmt, args);
	va_end(args);
	if (len > 0) {
		put_text(&line, " ");
		put_escaped(&line, pairs);
		line.truncated |= (size_t)len >= sizeof(pairs);
	}
	write_line(&line);
	errno = saved_errno; /* so that a caller may log between a failed call and its errno */
}
