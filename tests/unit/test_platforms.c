/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/platforms.h"

#include <criterion/criterion.h>

#define FMSPC   "00906ed50000"
#define PPID    "0123456789abcdef0123456789abcdef"
#define CHIP8   "3b42092f69c656d3"
#define ZEROS56 "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

static const uint8_t fmspc[6] = {0x00, 0x90, 0x6e, 0xd5}, chip[64] = {0x3b, 0x42, 0x09, 0x2f, 0x69, 0xc6, 0x56, 0xd3},
                     ppid[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef},
                     masked[64];

static const struct claims intel = {.tee = TEE_TDX, .tee_name = "tdx", .dcap = {.fmspc = {fmspc, 6}, .ppid = {ppid, 16}}};
static const struct claims amd = {.tee = TEE_SNP, .tee_name = "snp", .snp = {.chip_id = {chip, 64}}};
static const struct claims hidden = {.tee = TEE_SNP, .tee_name = "snp", .snp = {.chip_id = {masked, 64}}};
static const struct claims nitro = {.tee = TEE_NITRO, .tee_name = "nitro"};

static bool parse(const char *text, struct arena *a, struct platform_rule *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    struct fields f;

    cr_assert(json_parse(slice_str(text), JSON_NO_DUPLICATES, E_MANIFEST_SYNTAX, &json, err), "%s", err->text);
    f = fields_of(json, "$.Infrastructures.i", JSON_FOLD, E_MANIFEST_SYNTAX, a, err);
    return platform_rule_parse(&f, "i", out);
}

Test(platforms, who_is_allowed_and_who_is_banned)
{
    enum { NONE = 0, INTEL = 1, AMD = 2, HIDDEN = 4, NITRO = 8, ALL = 15 };
    static const struct {
        const char *rules[2];
        unsigned accepted;
    } rows[] = {
        {{"{}"}, ALL},
        {{"{\"CPUSVN\":[1,2],\"QESVN\":3}"}, ALL}, /* MarbleRun's fields alone have no effect */
        {{"{\"FMSPC\":[\"" FMSPC "\"]}"}, INTEL},
        {{"{\"FMSPC\":[\"000000000000\"]}"}, NONE},
        {{"{\"FMSPC\":[\"" FMSPC "\"],\"PPID\":[\"" PPID "\"]}"}, INTEL},
        {{"{\"FMSPC\":[\"" FMSPC "\"],\"PPID\":[\"00000000000000000000000000000000\"]}"}, NONE},
        {{"{\"ChipID\":[\"" CHIP8 ZEROS56 "\"]}"}, AMD},
        {{"{\"ChipID\":[\"" CHIP8 "\"]}"}, AMD},
        {{"{\"ChipID\":[\"0000000000000000\"]}"}, NONE}, /* no id is not the id zero */
        {{"{\"FMSPC\":[\"" FMSPC "\"]}", "{\"ChipID\":[\"" CHIP8 "\"]}"}, INTEL | AMD},
        {{"{\"FMSPC\":[\"" FMSPC "\"],\"ChipID\":[\"" CHIP8 "\"]}"}, INTEL | AMD},
        {{"{\"Banned\":{\"FMSPC\":[\"" FMSPC "\"]}}"}, AMD | HIDDEN | NITRO},
        {{"{\"Banned\":{\"PPID\":[\"" PPID "\"]}}"}, AMD | HIDDEN | NITRO},
        {{"{\"Banned\":{\"ChipID\":[\"" CHIP8 "\"]}}"}, INTEL | NITRO}, /* who hides could be the banned one */
        {{"{\"FMSPC\":[\"" FMSPC "\"]}", "{\"Banned\":{\"PPID\":[\"" PPID "\"]}}"}, NONE},
    };
    const struct claims *const all[] = {&intel, &amd, &hidden, &nitro};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct platform_rule rules[2];
        struct arena a = {0};
        struct err err = {0};
        size_t num = 0;

        while (num < 2 && rows[i].rules[num] != NULL) {
            cr_assert(parse(rows[i].rules[num], &a, &rules[num], &err), "row %zu: %s", i, err.text);
            num++;
        }
        for (size_t k = 0; k < 4; k++) {
            const bool ok = platforms_match(rules, num, all[k], &err);

            cr_expect_eq(ok, (rows[i].accepted >> k & 1) != 0, "row %zu, claims %zu: %s", i, k, err.text);
            if (!ok)
                cr_expect_eq(err.code, E_PLATFORM);
        }
        arena_wipe(&a);
    }
}

Test(platforms, an_entry_says_whether_it_has_any_effect)
{
    static const struct {
        const char *text;
        bool has;
    } rows[] = {{"{\"PCESVN\":3}", false}, {"{\"FMSPC\":[]}", false}, {"{\"FMSPC\":[\"" FMSPC "\"]}", true},
                {"{\"Banned\":{\"ChipID\":[\"" CHIP8 "\"]}}", true}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct platform_rule r;
        struct arena a = {0};
        struct err err = {0};

        cr_assert(parse(rows[i].text, &a, &r, &err));
        cr_expect_eq(platform_rule_has_effect(&r), rows[i].has, "%s", rows[i].text);
        arena_wipe(&a);
    }
}

Test(platforms, what_is_no_id_is_refused_with_its_path)
{
    static const char *const texts[] = {"{\"FMSPC\":[\"00\"]}", "{\"PPID\":[\"" FMSPC "\"]}", "{\"ChipID\":[\"xx\"]}",
                                        "{\"ChipID\":\"" CHIP8 "\"}", "{\"Banned\":{\"PPIDs\":[]}}", "{\"Banned\":[]}"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct platform_rule r;
        struct arena a = {0};
        struct err err = {0};

        cr_expect(!parse(texts[i], &a, &r, &err), "%s", texts[i]);
        cr_expect(err.code == E_MANIFEST_SYNTAX && strstr(err.text, "$.Infrastructures.i.") != NULL, "%s", err.text);
        arena_wipe(&a);
    }
}
