/* See crash.h. It says so on stderr first: a point that nobody came to has proven nothing. */
#include "crash.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base.h"
#include "bus/log.h"
#include "db_internal.h"

static const char *const names[] = { "",
#define X(name, text) text,
				     BUS__CRASH_POINTS(X)
#undef X
};

enum bus__crash_point bus__crash_armed;
static long left;
static int how = SIGKILL;

static bool point_named(const char *text, size_t len)
{
	for (size_t i = 1; i < BUS_ARRAY_LEN(names); i++) {
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
			bus__crash_armed = (enum bus__crash_point)i;
			return true;
		}
	}
	return false;
}

static bool read_rest(const char *text)
{
	char *end;

	if (*text >= '1' && *text <= '9') {
		left = strtol(text, &end, 10);
		text = end;
		if (*text == ':')
			text++;
		else if (*text)
			return false;
	}
	if (strcmp(text, "stop") == 0)
		how = SIGSTOP;
	else if (strcmp(text, "kill") != 0 && *text)
		return false;
	return true;
}

bool bus__crash_init(void)
{
	const char *text = getenv("BOURSE_CRASH");
	size_t len = text ? strcspn(text, ":") : 0;

	if (!text || !*text)
		return true;
	left = 1;
	if (point_named(text, len) && read_rest(text[len] ? text + len + 1 : ""))
		return true;
	fprintf(stderr, "BOURSE_CRASH=%s is not point[:nth][:kill|stop]; the points are:", text);
	for (size_t i = 1; i < BUS_ARRAY_LEN(names); i++)
		fprintf(stderr, " %s", names[i]);
	fprintf(stderr, "\n");
	return false;
}

void bus__crash_hit(void)
{
	if (--left)
		return;
	bus_log(BUS_LOG_WARN, "crash point", "point=%s signal=%s", names[bus__crash_armed],
		how == SIGKILL ? "KILL" : "STOP");
	bus__crash_armed = BUS__CRASH_NONE;
	kill(getpid(), how);
}

void bus__crash_hit_db(struct bus_db *db)
{
	if (left == 1 && bus__db_usable(db))
		bus__db_flush(db);
	bus__crash_hit();
}
