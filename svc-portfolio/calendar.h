/*
 * The civil calendar of New York and the business days of its exchange, all by rule: daylight
 * saving (of 2007, of 1987, and the last Sundays before), holidays of the NYSE with the days on
 * which they are observed. What was closed without a rule (storms, mourning) is not known here.
 * A date is a decimal number, 20120621. Integers alone; valid for 1970 to 9998.
 */
#ifndef PORTFOLIO_CALENDAR_H
#define PORTFOLIO_CALENDAR_H

#include <stdbool.h>

#include "bus/base.h"

/* Instants from 1970-01-01 to the end of 9998, micros: what the others take; false for any else. */
bool calendar_knows(int64_t at);
/* A day that exists, in 1970 to 9998. */
bool calendar_is_date(int32_t date);

/* The date in New York at an instant. */
int32_t calendar_date(int64_t at);
/* The instant at which a date begins in New York: midnight. */
int64_t calendar_begin(int32_t date);
int32_t calendar_next_day(int32_t date);
int32_t calendar_day_before(int32_t date);
/* Whole days from one date to another; below 0 when `to` is earlier. */
int64_t calendar_days(int32_t from, int32_t to);

/* 0 is Sunday. */
int calendar_weekday(int32_t date);
bool calendar_is_holiday(int32_t date);
bool calendar_is_business_day(int32_t date);
/* The first business day after `date`: when a trade of that date settles. */
int32_t calendar_next_business_day(int32_t date);

#endif
