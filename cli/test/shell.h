/*
 * Running the command `bourse` as a person does, on a stack of the test's own: BOURSE_STACK starts
 * it in BOURSE_TEST_TMP. The cases of a program run in order and build on what is there.
 */
#ifndef CLI_TEST_SHELL_H
#define CLI_TEST_SHELL_H

#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../../libbus/test/suite.h"
#include "../client.h"

static const char *tmp, *build;
static char out[1 << 20], err[1 << 16]; /* of the last command */

/* Running it *********************************************************************************/

static inline void slurp(const char *name, char *into, size_t size)
{
	char path[512];
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", tmp, name);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	len = fread(into, 1, size - 1, file);
	into[len] = '\0';
	(void)fclose(file);
}

static inline int shell(const char *fmt, ...) BUS_PRINTF(1, 2);
static inline int shell(const char *fmt, ...)
{
	char command[4096];
	va_list list;
	int status;

	va_start(list, fmt);
	vsnprintf(command, sizeof(command), fmt, list);
	va_end(list);
	status = system(command);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Runs bourse; out and err are what it said. */
static inline int bourse(const char *arguments, const char *input)
{
	char path[512];
	FILE *file;
	int status;

	snprintf(path, sizeof(path), "%s/in", tmp);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	fputs(input ? input : "", file);
	(void)fclose(file);
	status = shell("%s/bourse %s <%s/in >%s/out 2>%s/err", build, arguments, tmp, tmp, tmp);
	slurp("out", out, sizeof(out));
	slurp("err", err, sizeof(err));
	return status;
}

static inline void expect(int status, const char *arguments, const char *input)
{
	int got = bourse(arguments, input);

	ck_assert_msg(got == status, "bourse %s: exit %d\n%s%s", arguments, got, out, err);
}

/* The n-th line of what came out, as JSON. Owned. */
static inline json_t *line(int n)
{
	const char *at = out;
	json_error_t why;
	json_t *json;

	for (; n > 0; n--) {
		at = strchr(at, '\n');
		ck_assert_msg(at, "too few lines: %s", out);
		at++;
	}
	json = json_loads(at, JSON_DISABLE_EOF_CHECK, &why);
	ck_assert_msg(json, "%s: %s", why.text, at);
	return json;
}

static inline int count_lines(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static inline const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

static inline int64_t number_of(const json_t *json, const char *name)
{
	return json_integer_value(json_object_get(json, name));
}

static inline void expect_err(const char *text)
{
	ck_assert_msg(strstr(err, text), "'%s' is not in: %s", text, err);
}

/* The stack *************************************************************************************/

/* Outside of the cases, where Check cannot fail one. */
static inline void demand(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(EXIT_FAILURE);
}

static inline void load_env(void)
{
	char text[1024];
	FILE *file;

	snprintf(text, sizeof(text), "%s/stack/env", tmp);
	file = fopen(text, "re");
	demand(file, "the stack has no env");
	while (fgets(text, sizeof(text), file)) {
		char *value = strchr(text, '=');

		text[strcspn(text, "\n")] = '\0';
		if (!value)
			continue;
		*value++ = '\0';
		setenv(text, value, 1);
	}
	(void)fclose(file);
}

static inline int stack(const char *what)
{
	char command[4096];

	snprintf(command, sizeof(command), "%s %s --dir %s/stack --quiet", getenv("BOURSE_STACK"),
		 what, tmp);
	return system(command);
}

static inline void start(void)
{
	tmp = getenv("BOURSE_TEST_TMP");
	build = getenv("BOURSE_BUILD");
	demand(tmp && build && getenv("BOURSE_STACK"),
	       "BOURSE_TEST_TMP, BOURSE_BUILD and BOURSE_STACK must be set (make check)");
	demand(stack("up") == 0, "the stack does not start");
	load_env();
	/* One broker keeps one replica. */
	setenv("BOURSE_DEVELOPMENT", "true", 1);
}

/* A client of the test's own; the last thing that a case makes. */
static inline rd_kafka_t *producer(void)
{
	struct client client;
	rd_kafka_t *rk;

	ck_assert_int_eq(client_load(&client), 0);
	rk = client_producer(&client, "0", NULL, NULL);
	ck_assert_ptr_nonnull(rk);
	return rk;
}

/* Takes the case; the main() of a program. */
static inline int run_on_stack(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	int status;

	tcase_set_timeout(tcase, 300);
	suite_add_tcase(suite, tcase);
	start();
	status = suite_run(suite);
	demand(stack("down --wipe") == 0, "the stack does not stop");
	return status;
}

#endif
