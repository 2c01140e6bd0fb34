/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

Test(err, every_reason_has_a_unique_word_a_cause_and_a_remedy)
{
    for (unsigned i = 1; i < NUM_ERR_CODES; i++) {
        const struct reason *r = reason_of((enum err_code)i);

        cr_expect_eq(reason_named(r->name), (enum err_code)i, "%s stands twice", r->name);
        cr_expect(r->cause[0] != '\0' && r->remedy[0] != '\0', "%s", r->name);
        cr_expect_eq(r->remedy[strlen(r->remedy) - 1], '.', "%s: the remedy is a sentence", r->name);
        for (const char *p = r->name; *p != '\0'; p++)
            cr_expect(islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '_', "%s", r->name);
        cr_expect_neq(err_http_status(r->kind), 200, "%s", r->name);
        cr_expect_neq(err_grpc_status(r->kind), 0, "%s", r->name);
    }
    cr_expect_eq(reason_named("no such word"), E_NONE);
}

Test(err, context_goes_in_front)
{
    struct err err = {0};

    cr_expect_not(err_set(&err, E_UNIQUE_ID, "found %s", "b"));
    cr_expect_not(err_in(&err, "package \"%s\"", "a"));
    cr_expect_str_eq(err.text, "package \"a\": found b");
    cr_expect_eq(err.code, E_UNIQUE_ID);
    errno = ENOENT;
    cr_expect_not(err_errno(&err, E_FILE_READ, "opening %s", "x"));
    cr_expect_str_eq(err.text, "opening x: No such file or directory");
}

Test(err, foreign_control_characters_do_not_reach_the_reader)
{
    struct err err = {0};

    (void)err_set(&err, E_USAGE, "%s", "a\nb\x1b[31mc\x7f");
    cr_expect_str_eq(err.text, "a b?[31mc?");
}

Test(err, what_does_not_fit_is_cut)
{
    char big[3000];
    struct err err = {0};

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    (void)err_set(&err, E_USAGE, "%s", big);
    cr_expect_eq(strlen(err.text), sizeof err.text - 1);
    for (int i = 0; i < 10; i++)
        (void)err_in(&err, "%s", big);
    cr_expect_lt(strlen(err.text), sizeof err.text);
}
