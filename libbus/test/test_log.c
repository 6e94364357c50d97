/*
 * What lands on standard error, read back through a pipe: whole lines, nothing forged, levels kept.
 */
#include "bus/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

static int pipe_read;

/* Each test runs in a process of its own, so standard error need not be put back. */
static void redirect(void)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	pipe_read = fds[0];
}

static const char *captured(void)
{
	static char text[65536];
	ssize_t len = 0, got;
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO); /* closes the writing end */
	close(null);
	while ((got = read(pipe_read, text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += got;
	text[len] = '\0';
	return text;
}

START_TEST(one_line)
{
	const char *text;

	redirect();
	bus_log_init("svc-orders", BUS_LOG_INFO);
	errno = EAGAIN;
	bus_log(BUS_LOG_WARN, "partition claimed", "processor=%s partition=%d", "desk", 3);
	ck_assert_int_eq(errno, EAGAIN);
	text = captured();
	ck_assert_msg(strncmp(text, "ts=20", 5) == 0, "%s", text);
	ck_assert_int_eq(text[strlen("ts=2026-01-02T03:04:05.678Z") - 1], 'Z');
	ck_assert_str_eq(text + strlen("ts=2026-01-02T03:04:05.678Z"),
			 " level=warn service=svc-orders msg=\"partition claimed\" processor=desk"
			 " partition=3\n");
}
END_TEST

START_TEST(no_pairs)
{
	const char *text;

	redirect();
	bus_log(BUS_LOG_INFO, "started", "%s", "");
	text = captured();
	ck_assert_str_eq(text + strlen("ts=2026-01-02T03:04:05.678Z"),
			 " level=info service=bourse msg=\"started\"\n");
}
END_TEST

START_TEST(levels)
{
	const char *text;

	redirect();
	bus_log_init("x", BUS_LOG_WARN);
	ck_assert(!bus_log_enabled(BUS_LOG_DEBUG));
	ck_assert(!bus_log_enabled(BUS_LOG_INFO));
	ck_assert(bus_log_enabled(BUS_LOG_WARN));
	ck_assert(bus_log_enabled(BUS_LOG_ERROR));
	bus_log(BUS_LOG_INFO, "quiet", "a=%d", 1);
	bus_log(BUS_LOG_ERROR, "loud", "a=%d", 2);
	text = captured();
	ck_assert_ptr_null(strstr(text, "quiet"));
	ck_assert_ptr_nonnull(strstr(text, "loud"));
}
END_TEST

START_TEST(cannot_be_forged)
{
	const char *text;

	redirect();
	bus_log(BUS_LOG_ERROR, "refused", "key=\"%s\"", "a\nts=2026 level=info\r\x1b[2J\x7f");
	text = captured();
	ck_assert_ptr_nonnull(strstr(text, "key=\"a\\x0ats=2026 level=info\\x0d\\x1b[2J\\x7f\"\n"));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

START_TEST(long_lines_are_cut)
{
	const char *text;

	redirect();
	bus_log(BUS_LOG_ERROR, "long", "v=%010000d", 7);
	text = captured();
	ck_assert_uint_le(strlen(text), 4096);
	ck_assert_uint_gt(strlen(text), 4000);
	ck_assert_str_eq(text + strlen(text) - strlen(" truncated=true\n"), " truncated=true\n");
}
END_TEST

START_TEST(every_length_around_the_limit)
{
	for (int len = 3900; len < 4100; len++) {
		const char *text;
		bool cut;

		redirect();
		bus_log(BUS_LOG_ERROR, "long", "v=%0*d", len, 7);
		text = captured();
		cut = strstr(text, " truncated=true\n") != NULL;
		ck_assert_uint_le(strlen(text), 4096);
		ck_assert(cut || strstr(text, "007\n"));
		close(pipe_read);
	}
}
END_TEST

START_TEST(parse_level)
{
	enum bus_log_level level = BUS_LOG_ERROR;

	ck_assert(bus_log_parse_level("debug", &level));
	ck_assert_int_eq((int)level, (int)BUS_LOG_DEBUG);
	ck_assert(bus_log_parse_level("warn", &level));
	ck_assert_int_eq((int)level, (int)BUS_LOG_WARN);
	ck_assert(!bus_log_parse_level("warning", &level));
	ck_assert(!bus_log_parse_level("", &level));
	ck_assert_int_eq((int)level, (int)BUS_LOG_WARN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *tcase = tcase_create("log");

	tcase_add_test(tcase, one_line);
	tcase_add_test(tcase, no_pairs);
	tcase_add_test(tcase, levels);
	tcase_add_test(tcase, cannot_be_forged);
	tcase_add_test(tcase, long_lines_are_cut);
	tcase_add_test(tcase, every_length_around_the_limit);
	tcase_add_test(tcase, parse_level);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
