/* Arguments from a table, on top of getopt_long. */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define OPTIONS_MAX 32
#define OPTION_HELP 1
#define OPTION_BASE 256 /* getopt's value of the table's first option */
#define HELP_COLUMN 22

bool args_integer(const char *text, int64_t *out)
{
	const char *digits = text + (*text == '-');
	char *end;
	long long value;

	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end)
		return false;
	*out = value;
	return true;
}

static size_t command_name_len(const struct args_command *command)
{
	return strcspn(command->usage, " ");
}

int args_wrong(const struct args_command *command, const char *fmt, ...)
{
	int name = (int)command_name_len(command);
	va_list list;

	fprintf(stderr, "bourse %.*s: ", name, command->usage);
	va_start(list, fmt);
	vfprintf(stderr, fmt, list);
	va_end(list);
	fprintf(stderr, " (bourse %.*s --help)\n", name, command->usage);
	return CLI_USAGE;
}

static void print_option(const char *name, const char *value, const char *help, FILE *out)
{
	int width = fprintf(out, "  --%s%s%s", name, value ? " " : "", value ? value : "");
	size_t len;

	if (width >= HELP_COLUMN) {
		fputc('\n', out);
		width = 0;
	}
	for (;; help += len + 1) {
		len = strcspn(help, "\n");
		fprintf(out, "%*s%.*s\n", HELP_COLUMN - width, "", (int)len, help);
		if (!help[len])
			break;
		width = 0;
	}
}

void args_help(const struct args_command *command, FILE *out)
{
	fprintf(out, "usage: bourse %s\n\n%s\noptions:\n", command->usage, command->about);
	for (size_t i = 0; i < command->option_count; i++) {
		const struct args_option *option = &command->options[i];

		print_option(option->name, option->type == ARGS_FLAG ? NULL : option->value,
			     option->help, out);
	}
	print_option("help", NULL, "this", out);
	if (command->notes)
		fprintf(out, "\n%s", command->notes);
	fprintf(out, "\nexamples:\n%s", command->examples);
}

static void long_options(const struct args_command *command, struct option *out)
{
	bus_assert(command->option_count + 2 <= OPTIONS_MAX);
	for (size_t i = 0; i < command->option_count; i++)
		out[i] = (struct option){
			.name = command->options[i].name,
			.has_arg = command->options[i].type == ARGS_FLAG ? no_argument
									 : required_argument,
			.val = OPTION_BASE + (int)i,
		};
	out[command->option_count] = (struct option){ .name = "help", .val = OPTION_HELP };
	out[command->option_count + 1] = (struct option){ 0 };
}

/* Stores one option's value; false after saying what is wrong with it. */
static bool store(const struct args_command *command, const struct args_option *option,
		  const char *text, void *target)
{
	char *field = (char *)target + option->offset;
	int64_t number;

	switch (option->type) {
	case ARGS_FLAG:
		*(bool *)field = true;
		return true;
	case ARGS_TEXT:
		memcpy(field, &text, sizeof(text));
		return true;
	case ARGS_INT:
		if (!args_integer(text, &number) || number < option->min || number > option->max) {
			args_wrong(command,
				   "--%s takes a whole number from %" PRId64 " to %" PRId64
				   ", not '%s'",
				   option->name, option->min, option->max, text);
			return false;
		}
		memcpy(field, &number, sizeof(number));
		return true;
	}
	return false;
}

enum args_outcome args_parse(const struct args_command *command, int argc, char **argv,
			     void *target, int *count)
{
	struct option options[OPTIONS_MAX];
	int got;

	long_options(command, options);
	optind = 0; /* glibc: begin anew, also when it was used before */
	while ((got = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (got == OPTION_HELP) {
			args_help(command, stdout);
			return ARGS_HELP;
		}
		if (got == ':') {
			args_wrong(command, "%s needs a value", argv[optind - 1]);
			return ARGS_WRONG;
		}
		if (got < OPTION_BASE) {
			args_wrong(command, "no such option, or a value that it does not take: %s",
				   argv[optind - 1]);
			return ARGS_WRONG;
		}
		if (!store(command, &command->options[got - OPTION_BASE], optarg, target))
			return ARGS_WRONG;
	}
	*count = argc - optind;
	memmove(argv + 1, argv + optind, (size_t)*count * sizeof(*argv));
	if (*count < command->positional_min || *count > command->positional_max) {
		args_wrong(command, *count < command->positional_min ? "an argument is missing"
								     : "too many arguments");
		return ARGS_WRONG;
	}
	return ARGS_RUN;
}
