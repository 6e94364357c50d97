/*
 * key=value lines on standard error: time, level, service, then what the caller says. Never a
 *payload, never a secret. One line is one write(2).
 *
 *	bus_log(BUS_LOG_INFO, "partition claimed", "processor=%s partition=%d epoch=%" PRId64, ...);
 *	-> ts=2026-01-02T03:04:05.678Z level=info service=svc-orders msg="partition claimed"
 *processor=desk ...
 */
#ifndef BUS_LOG_H
#define BUS_LOG_H

#include <stdbool.h>

#include "bus/base.h"

enum bus_log_level { BUS_LOG_DEBUG, BUS_LOG_INFO, BUS_LOG_WARN, BUS_LOG_ERROR };

/* Before the first line; borrows service for the life of the process. Default: info, "bourse". */
void bus_log_init(const char *service, enum bus_log_level level);
/* "debug", "info", "warn", "error" -> level; false when the text is none of them. */
bool bus_log_parse_level(const char *text, enum bus_log_level *out);
bool bus_log_enabled(enum bus_log_level level);

/* fmt formats the key=value pairs and may be "". Quote values that may hold blanks: key=\"%s\". */
void bus_log(enum bus_log_level level, const char *msg, const char *fmt, ...) BUS_PRINTF(3, 4);

#endif
