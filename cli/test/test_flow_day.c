/* Trading days and New York's midnights, against dates that anybody can look up. */
#include "flow_day.h"

#include "../../libbus/test/suite.h"

static const struct {
	int32_t day, after;
} days[] = {
	{ 20120621, 20120622 }, { 20120622, 20120625 }, /* a Friday */
	{ 20120624, 20120625 }, { 20121231, 20130101 }, { 20000228, 20000229 },
	{ 20230228, 20230301 }, { 19700101, 19700102 },
};

START_TEST(next_trading_day)
{
	ck_assert_int_eq(flow_day_after(days[_i].day), days[_i].after);
}
END_TEST

/* date -u -d 'TZ="America/New_York" 2012-06-21 00:00' +%s */
static const struct {
	int32_t day;
	int64_t seconds;
} midnights[] = {
	{ 20120621, 1340251200 },			    /* daylight time */
	{ 20120311, 1331442000 },			    /* it begins at two o'clock that day */
	{ 20120312, 1331524800 }, { 20121104, 1352001600 }, /* it ends at two o'clock */
	{ 20121105, 1352091600 }, { 20130102, 1357102800 },
};

START_TEST(midnight_in_new_york)
{
	ck_assert_int_eq(flow_day_midnight(midnights[_i].day), midnights[_i].seconds * 1000000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow_day");
	TCase *tcase = tcase_create("days");

	tcase_add_loop_test(tcase, next_trading_day, 0, (int)BUS_ARRAY_LEN(days));
	tcase_add_loop_test(tcase, midnight_in_new_york, 0, (int)BUS_ARRAY_LEN(midnights));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
