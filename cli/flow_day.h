/*
 * Trading days as decimal numbers (20120621), and New York's time of day: what is needed to put an
 * hour of data onto a day. A trading day is a Monday to Friday; holidays are not known here.
 */
#ifndef CLI_FLOW_DAY_H
#define CLI_FLOW_DAY_H

#include "bus/base.h"

/* The trading day after `day`. */
int32_t flow_day_after(int32_t day);
/* Midnight in New York at the beginning of the day, micros since 1970 (UTC). */
int64_t flow_day_midnight(int32_t day);

#endif
