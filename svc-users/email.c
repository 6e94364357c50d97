/* E-mail addresses: one pass to fold them, one look at each side of the at sign. */
#include "email.h"

#include <string.h>

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The atext of RFC 5322, letters folded already. */
static bool is_atext(char c)
{
	return is_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Atoms with single dots between them. */
static bool local_ok(const char *text, size_t len)
{
	if (len == 0 || len > EMAIL_LOCAL_MAX || text[0] == '.' || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? text[i + 1] == '.' : !is_atext(text[i]))
			return false;
	}
	return true;
}

static bool label_ok(const char *text, size_t len)
{
	if (len == 0 || len > EMAIL_LABEL_MAX || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_alnum(text[i]) && text[i] != '-')
			return false;
	}
	return true;
}

/* At least two labels: nobody outside has an address at a bare host name. */
static bool domain_ok(const char *text)
{
	int labels = 0;

	for (;;) {
		size_t len = strcspn(text, ".");

		if (!label_ok(text, len))
			return false;
		labels++;
		if (!text[len])
			return labels >= 2;
		text += len + 1;
	}
}

bool email_parse(const char *text, struct email *out)
{
	struct email email = { 0 };
	size_t len = strnlen(text, EMAIL_MAX + 1);
	const char *at;

	if (len > EMAIL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		email.text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	at = strchr(email.text, '@');
	if (!at || !local_ok(email.text, (size_t)(at - email.text)) || !domain_ok(at + 1))
		return false;
	*out = email;
	return true;
}
