/* What is an e-mail address and what is none, and the one form in which it is kept. */
#include "../email.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const char *folded; /* NULL: refused */
} cases[] = {
	{ "ann@example.com", "ann@example.com" },
	{ "Ann.O'Neil+x@Example.COM", "ann.o'neil+x@example.com" },
	{ "a@b.co", "a@b.co" },
	{ "a-b_c=d@xn--bcher-kva.example", "a-b_c=d@xn--bcher-kva.example" },
	{ "1@2.3", "1@2.3" },
	{ "", NULL },
	{ "@", NULL },
	{ "ann", NULL },
	{ "ann@", NULL },
	{ "@example.com", NULL },
	{ "ann@localhost", NULL },
	{ "ann@example..com", NULL },
	{ "ann@.example.com", NULL },
	{ "ann@example.com.", NULL },
	{ "ann@-example.com", NULL },
	{ "ann@example-.com", NULL },
	{ "ann@exa_mple.com", NULL },
	{ ".ann@example.com", NULL },
	{ "ann.@example.com", NULL },
	{ "an..n@example.com", NULL },
	{ "an n@example.com", NULL },
	{ " ann@example.com", NULL },
	{ "ann@example.com ", NULL },
	{ "ann@example.com\n", NULL },
	{ "a@n@example.com", NULL },
	{ "\"ann\"@example.com", NULL },
	{ "ann@[127.0.0.1]", NULL },
	{ "j\xc3\xbcrgen@example.com", NULL },
	{ "ann@b\xc3\xbc"
	  "cher.example",
	  NULL },
};

START_TEST(test_form)
{
	struct email email = { "unchanged" };
	bool ok = email_parse(cases[_i].text, &email);

	if (cases[_i].folded) {
		ck_assert_msg(ok, "refused: %s", cases[_i].text);
		ck_assert_str_eq(email.text, cases[_i].folded);
	} else {
		ck_assert_msg(!ok, "taken: %s", cases[_i].text);
		ck_assert_str_eq(email.text, "unchanged");
	}
}
END_TEST

/* Writes local@label.label.. with the lengths asked for. */
static void build(char *text, size_t local, size_t label, size_t labels)
{
	memset(text, 'a', local);
	text += local;
	*text++ = '@';
	for (size_t i = 0; i < labels; i++) {
		if (i)
			*text++ = '.';
		memset(text, 'b', label);
		text += label;
	}
	*text = '\0';
}

START_TEST(test_lengths)
{
	static const struct {
		size_t local, label, labels;
		bool ok;
	} lengths[] = {
		{ 64, 63, 2, true },  { 65, 63, 2, false },
		{ 64, 64, 2, false }, { 62, 63, 3, true }, /* 62 + 1 + 191 = 254 */
		{ 63, 63, 3, false },
	};
	struct email email;
	char text[512];

	for (size_t i = 0; i < BUS_ARRAY_LEN(lengths); i++) {
		build(text, lengths[i].local, lengths[i].label, lengths[i].labels);
		ck_assert_msg(email_parse(text, &email) == lengths[i].ok, "case %zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("email");
	TCase *tcase = tcase_create("email");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, test_form, 0, (int)BUS_ARRAY_LEN(cases));
	tcase_add_test(tcase, test_lengths);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
