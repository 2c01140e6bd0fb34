/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/manifests.h"

#include <criterion/criterion.h>

#include "base/buf.h"
#include "base/json.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/pem.h"

struct slice quoted(struct arena *a, const char *text)
{
    char *copy = arena_strdup(a, text);

    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    return slice_str(copy);
}

static const char *inside(struct arena *a, const char *pem)
{
    scoped(buf_wipe) struct buf b = buf_max(16384);
    char *text;

    json_put_string(&b, slice_str(pem));
    text = arena_strndup(a, buf_bytes(&b));
    text[strlen(text) - 1] = '\0';
    return text + 1;
}

const char *person(struct arena *a)
{
    const struct name_part name = {OID_COMMON_NAME, "owner"};
    const struct cert_spec spec = {.subject = &name, .num_subject = 1, .not_before = 0, .not_after = 1000};
    scoped(key_wipe) struct key key = {0};
    struct slice der;
    struct err err;

    cr_assert(key_generate(KEY_P256, &key, &err), "%s", err.text);
    cr_assert(cert_issue(&spec, key_spki(&key, a), NULL, &key, a, &der, &err), "%s", err.text);
    return inside(a, pem_text(a, "CERTIFICATE", der));
}

const char *recovery_key_pem(struct arena *a, unsigned number)
{
    static const uint8_t rsa_encryption[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    scoped(buf_wipe) struct buf key = buf_max(1024), spki = buf_max(1024);
    uint8_t modulus[256];
    size_t outer, inner;

    memset(modulus, 0xc5, sizeof modulus);
    modulus[1] = (uint8_t)number;
    outer = der_begin(&key, DER_SEQUENCE);
    der_put_integer(&key, slice_of(modulus, sizeof modulus));
    der_put_uint(&key, 65537);
    der_end(&key, outer);
    outer = der_begin(&spki, DER_SEQUENCE);
    inner = der_begin(&spki, DER_SEQUENCE);
    der_put_oid(&spki, slice_of(rsa_encryption, sizeof rsa_encryption));
    der_put(&spki, DER_NULL, (struct slice){0});
    der_end(&spki, inner);
    der_put_bits(&spki, buf_bytes(&key));
    der_end(&spki, outer);
    return inside(a, pem_text(a, "PUBLIC KEY", buf_bytes(&spki)));
}

bool accept_manifest(struct slice raw, struct arena *a, struct manifest *m, struct err *err)
{
    return manifest_parse(raw, a, m, err) && manifest_check(m, err);
}

struct manifest manifest_of(struct arena *a, const char *text)
{
    struct manifest m = {0};
    struct err err = {0};

    cr_assert(accept_manifest(quoted(a, text), a, &m, &err), "%s", err.text);
    return m;
}

static void drop_place(const struct row *row, char *text)
{
    char *place = strstr(text, " (line ");

    if (place != NULL && row->why != NULL && strstr(row->why, " (line ") == NULL)
        *place = '\0';
}

void expect_rows(const struct row *rows, size_t num, const char *frame)
{
    for (size_t i = 0; i < num; i++) {
        struct arena a = {0};
        struct manifest m = {.num_packages = 77};
        struct err err = {0};
        char *at = strstr(frame, "@");
        const char *text = arena_printf(&a, "%.*s%s%s", (int)(at - frame), frame, rows[i].text, at + 1);
        const bool accepted = accept_manifest(quoted(&a, text), &a, &m, &err);

        drop_place(&rows[i], err.text);
        cr_expect_eq(accepted, rows[i].code == E_NONE, "%s\n%s", rows[i].text, err.text);
        cr_expect_eq(err.code, rows[i].code, "%s\nexpected %s, found %s", rows[i].text,
                     reason_of(rows[i].code)->name, reason_of(err.code)->name);
        if (rows[i].code != E_NONE)
            cr_expect_str_eq(err.text, rows[i].why, "%s\nexpected %s\nfound    %s", rows[i].text, rows[i].why,
                             err.text);
        arena_wipe(&a);
    }
}
