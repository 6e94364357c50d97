/*
 * The names, texts and classes of errors, all from the one list in bus/err.h. A number that is not
 * in the list is treated as a fault of the process.
 */
#include "bus/err.h"

#include <string.h>

const char *bus_err_name(int err)
{
	switch (err) {
	case BUS_OK:
		return "OK";
#define X(name, value, class, text)                                                                \
	case value:                                                                                \
		return #name;
		BUS_ERRORS(X)
#undef X
	}
	return "UNKNOWN";
}

const char *bus_err_text(int err)
{
	switch (err) {
	case BUS_OK:
		return "no error";
#define X(name, value, class, text)                                                                \
	case value:                                                                                \
		return text;
		BUS_ERRORS(X)
#undef X
	}
	return "an error number that is not in the list";
}

int bus_err_named(const char *name)
{
	static const struct {
		const char *name;
		int err;
	} errors[] = {
#define X(name, value, class, text) { #name, value },
		BUS_ERRORS(X)
#undef X
	};

	for (size_t i = 0; i < BUS_ARRAY_LEN(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].err;
	return 0;
}

enum bus_err_class bus_err_class(int err)
{
	switch (err) {
	case BUS_OK:
		return BUS_CLASS_OK;
#define X(name, value, class, text)                                                                \
	case value:                                                                                \
		return BUS_CLASS_##class;
		BUS_ERRORS(X)
#undef X
	}
	return BUS_CLASS_FATAL;
}
