/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include <criterion/criterion.h>

Test(uuid, has_four_spellings_and_one_canonical_form)
{
    static const char *const good[] = {
        "6BA7B810-9dad-11d1-80b4-00c04fd430c8", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "6ba7b8109dad11d180b400c04fd430c8"};
    static const char *const bad[] = {"",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
                                      "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                                      "{6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                      "(6ba7b810-9dad-11d1-80b4-00c04fd430c8)"};
    char text[UUID_LEN + 1];
    struct uuid u;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_assert(uuid_parse(slice_str(good[i]), &u), "%s", good[i]);
        uuid_format(text, u);
        cr_expect_str_eq(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(uuid_parse(slice_str(bad[i]), &u), "%s", bad[i]);
}

Test(uuid, random_ones_are_version_4_and_differ)
{
    char one[UUID_LEN + 1], two[UUID_LEN + 1];

    uuid_format(one, uuid_random());
    uuid_format(two, uuid_random());
    cr_expect_str_neq(one, two);
    cr_expect_eq(one[14], '4');
    cr_expect(strchr("89ab", one[19]) != NULL);
}
