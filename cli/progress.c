/* A line that is written again in place, cut to a width that every terminal has. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/time.h"

#define BAR   24
#define WIDTH 79

void progress_init(struct progress *progress)
{
	*progress = (struct progress){ .tty = isatty(STDERR_FILENO) };
}

bool progress_due(struct progress *progress)
{
	int64_t now = bus_time_monotonic();

	if (now < progress->next_at)
		return false;
	progress->next_at = now + (progress->tty ? BUS_SECOND / 10 : 5 * BUS_SECOND);
	return true;
}

static void bar(char *out, uint64_t done, uint64_t total)
{
	size_t filled = done >= total ? BAR : (size_t)(done * BAR / total);

	memset(out, '#', filled);
	memset(out + filled, '.', BAR - filled);
	out[BAR] = '\0';
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total, const char *fmt, ...)
{
	char text[160], filled[BAR + 1];
	va_list list;

	va_start(list, fmt);
	vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	if (!progress->tty) {
		fprintf(stderr, "%s\n", text);
		return;
	}
	if (total) {
		bar(filled, done, total);
		fprintf(stderr, "\r\033[K[%s] %.*s", filled, WIDTH - BAR - 3, text);
	} else {
		fprintf(stderr, "\r\033[K%.*s", WIDTH, text);
	}
	progress->open = true;
}

void progress_end(struct progress *progress)
{
	if (progress->open)
		fputc('\n', stderr);
	progress->open = false;
}
