/*
 * E-mail addresses in the one form in which they are compared and stored: ASCII, lower case, at
 * most 254 bytes. The syntax is RFC 5321's without quoted local parts and address literals; an
 * international domain comes in its xn-- form. What is unsure is refused.
 */
#ifndef USERS_EMAIL_H
#define USERS_EMAIL_H

#include <stdbool.h>

#include "bus/base.h"

#define EMAIL_MAX	254 /* bytes of a whole address: RFC 5321, 4.5.3.1.3, without its brackets */
#define EMAIL_LOCAL_MAX 64  /* bytes before the at sign: 4.5.3.1.1 */
#define EMAIL_LABEL_MAX 63  /* bytes between two dots of a domain: RFC 1035, 2.3.4 */

/* An address in its one form; no padding behind the NUL is left undefined, so it can be hashed. */
struct email {
	char text[EMAIL_MAX + 1];
};

/* Checks and folds an address; false, and *out untouched, when it is none. */
bool email_parse(const char *text, struct email *out) BUS_MUST_CHECK;

#endif
