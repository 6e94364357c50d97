/* Accounts by a transition table; roles and permissions as small sets of words. */
#include "user.h"

#include <stdlib.h>
#include <string.h>

#define ACCEPTED ((struct verdict){ USERS_ACCEPTED, NULL })

static struct verdict refuse(enum users_reject reason, const char *text)
{
	return (struct verdict){ reason, text };
}

/* --- Accounts
 * -------------------------------------------------------------------------------------- */

#define STATUSES 4 /* 0 is none */
#define ACTIONS	 3

struct transition {
	enum account_status next;
	enum users_reject refusal; /* USERS_ACCEPTED: it may go */
	const char *text;
};

#define CLOSED_FOR_GOOD                                                                            \
	{                                                                                          \
		.refusal = USERS_ACCOUNT_CLOSED, .text = "the account is closed"                   \
	}

static const struct transition transitions[STATUSES][ACTIONS] = {
	[ACCOUNT_OPEN] = {
		[ACCOUNT_CLOSE] = { .next = ACCOUNT_CLOSED },
		[ACCOUNT_BLOCK] = { .next = ACCOUNT_BLOCKED },
		[ACCOUNT_UNBLOCK] = { .refusal = USERS_NO_CHANGE,
				      .text = "the account is not blocked" },
	},
	[ACCOUNT_BLOCKED] = {
		[ACCOUNT_CLOSE] = { .next = ACCOUNT_CLOSED },
		[ACCOUNT_BLOCK] = { .refusal = USERS_NO_CHANGE,
				    .text = "the account is blocked already" },
		[ACCOUNT_UNBLOCK] = { .next = ACCOUNT_OPEN },
	},
	[ACCOUNT_CLOSED] = {
		[ACCOUNT_CLOSE] = CLOSED_FOR_GOOD,
		[ACCOUNT_BLOCK] = CLOSED_FOR_GOOD,
		[ACCOUNT_UNBLOCK] = CLOSED_FOR_GOOD,
	},
};

struct verdict account_move(const struct account *before, enum account_action action,
			    const char *reason, struct account *out)
{
	const struct transition *transition = &transitions[before->status][action];

	if (transition->refusal)
		return refuse(transition->refusal, transition->text);
	if (action == ACCOUNT_BLOCK && !text_valid(reason, BLOCK_REASON_MAX))
		return refuse(USERS_INVALID_FIELD,
			      "reason: at most 128 bytes, no control characters");
	*out = *before;
	out->status = transition->next;
	memset(out->block_reason, 0, sizeof(out->block_reason));
	if (action == ACCOUNT_BLOCK)
		memcpy(out->block_reason, reason, strlen(reason) + 1);
	return ACCEPTED;
}

struct verdict account_set_shorting(const struct account *before, bool shorting,
				    struct account *out)
{
	if (before->status == ACCOUNT_CLOSED)
		return refuse(USERS_ACCOUNT_CLOSED, "the account is closed");
	if (before->shorting == shorting)
		return refuse(USERS_NO_CHANGE, shorting ? "the account may sell short already"
							: "the account may not sell short");
	*out = *before;
	out->shorting = shorting;
	return ACCEPTED;
}

/* --- Words
 * ----------------------------------------------------------------------------------------- */

void words_release(struct words *words)
{
	free(words->items);
	*words = (struct words){ 0 };
}

static int find(const struct words *words, const char *word)
{
	for (int i = 0; i < words->count; i++) {
		if (strcmp(words->items[i], word) == 0)
			return i;
	}
	return -1;
}

bool words_has(const struct words *words, const char *word)
{
	return find(words, word) >= 0;
}

void words_add(struct words *words, const char *word)
{
	size_t len = strnlen(word, WORD_MAX + 1);

	bus_assert(len <= WORD_MAX && find(words, word) < 0);
	if (words->count == words->capacity) {
		words->capacity = words->capacity ? 2 * words->capacity : 4;
		words->items =
			bus_realloc(words->items, (size_t)words->capacity * sizeof(*words->items));
	}
	memcpy(words->items[words->count++], word, len + 1);
}

void words_remove(struct words *words, const char *word)
{
	int i = find(words, word);

	bus_assert(i >= 0);
	words->count--;
	memmove(&words->items[i], &words->items[i + 1],
		(size_t)(words->count - i) * sizeof(*words->items));
}

static struct verdict malformed(void)
{
	return refuse(USERS_INVALID_FIELD, "1 to 64 of a to z, 0 to 9, '_', '-', '.' and ':'");
}

struct verdict words_may_grant(const struct words *words, const char *word)
{
	if (!word_valid(word))
		return malformed();
	if (words_has(words, word))
		return refuse(USERS_NO_CHANGE, "it is granted already");
	if (words->count >= WORDS_MAX)
		return refuse(USERS_TOO_MANY, "the user has as many as a user may have");
	return ACCEPTED;
}

struct verdict words_may_revoke(const struct words *words, const char *word)
{
	if (!word_valid(word))
		return malformed();
	if (!words_has(words, word))
		return refuse(USERS_NOT_GRANTED, "it was not granted");
	return ACCEPTED;
}

/* --- Texts
 * ----------------------------------------------------------------------------------------- */

bool word_valid(const char *word)
{
	size_t len = strnlen(word, WORD_MAX + 1);

	if (len == 0 || len > WORD_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = word[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !strchr("_-.:", c))
			return false;
	}
	return true;
}

bool text_valid(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}
