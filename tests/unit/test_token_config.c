/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/json.h"
#include "cli/token.h"

const char program_name[] = "test";

Test(token_config, marblerun_configurations_are_read)
{
    static const struct {
        const char *json, *pin, *serial, *label;
        uint64_t slot;
    } rows[] = {
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"TokenLabel\": \"t\"}", "1", NULL, "t", 0},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"TokenSerial\": \"s\", \"MaxSessions\": 3}", "1", "s", NULL,
         0},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"SlotNumber\": 0}", "1", NULL, NULL, 0},
        {"{\"path\": \"m.so\", \"pin\": \"1\", \"slotNumber\": 7}", "1", NULL, NULL, 7},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"SlotNumber\": 7, \"LoginNotSupported\": true}", NULL, NULL,
         NULL, 7},
    };

    json_init();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct token_config c;
        struct err err;

        cr_assert(token_config_parse(slice_str(rows[i].json), &a, &c, &err), "%zu: %s", i, err.text);
        cr_expect_str_eq(c.path, "m.so");
        cr_expect((c.pin == NULL) == (rows[i].pin == NULL), "%zu", i);
        cr_expect((c.serial == NULL) == (rows[i].serial == NULL), "%zu", i);
        cr_expect((c.label == NULL) == (rows[i].label == NULL), "%zu", i);
        cr_expect_eq(c.slot, rows[i].slot, "%zu", i);
    }
}

Test(token_config, the_pin_is_in_no_message)
{
    static const char *const texts[] = {"{\"Pin\": \"1234\n}", "{\"Pin\" \"1234\"}", "{\"Pin\": 1234x}"};

    json_init();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct token_config c;
        struct err err = {0};

        cr_expect_not(token_config_parse(slice_str(texts[i]), &a, &c, &err));
        cr_expect_eq(err.code, E_JSON_SYNTAX);
        cr_expect_null(strstr(err.text, "1234"), "%s", err.text);
    }
}

Test(token_config, faulty_ones_are_refused_with_the_place)
{
    static const struct {
        const char *json;
        enum err_code code;
        const char *text;
    } rows[] = {
        {"{", E_JSON_SYNTAX, "line 1"},
        {"[]", E_CONFIG, "$"},
        {"{\"Pin\": \"1\", \"TokenLabel\": \"t\"}", E_CONFIG, "$.Path"},
        {"{\"Path\": \"m.so\", \"TokenLabel\": \"t\"}", E_CONFIG, "$.Pin: expected the user's PIN"},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\"}", E_CONFIG, "expected one of TokenLabel"},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"TokenLabel\": \"t\", \"SlotNumber\": 1}", E_CONFIG,
         "expected one of"},
        {"{\"Path\": \"m.so\", \"Pin\": 1234, \"TokenLabel\": \"t\"}", E_CONFIG, "$.Pin"},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"SlotNumber\": -1}", E_CONFIG, "$.SlotNumber"},
        {"{\"Path\": \"m.so\", \"Pin\": \"1\", \"TokenLabel\": \"t\", \"Colour\": 1}", E_CONFIG, "Colour"},
    };

    json_init();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct token_config c;
        struct err err = {0};

        cr_expect_not(token_config_parse(slice_str(rows[i].json), &a, &c, &err), "%zu", i);
        cr_expect_eq(err.code, rows[i].code, "%zu: %s", i, err.text);
        cr_expect(strstr(err.text, rows[i].text) != NULL, "%zu: %s", i, err.text);
        cr_expect(strstr(err.text, "1234") == NULL, "%zu tells the PIN: %s", i, err.text);
    }
}
