/* SPDX-License-Identifier: Apache-2.0 */
/* The section RecoveryKeys. */
#include "base/text.h"
#include "manifest/decode.h"
#include "pki/der.h"
#include "pki/pem.h"

enum { MIN_RSA_BITS = 1024 }; /* as Go has it: less is refused when something is encrypted */

/* SubjectPublicKeyInfo of an RSA key: RFC 3279 section 2.3.1. */
static bool check_spki(struct slice der, struct err *err)
{
    static const uint8_t rsa_encryption[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
    struct cursor c = cursor_over(der), spki = der_enter(&c, DER_SEQUENCE),
                  algorithm = der_enter(&spki, DER_SEQUENCE);
    const struct slice oid = der_take(&algorithm, DER_OID), bits = der_bits(&spki);
    struct cursor inner = cursor_over(bits), key = der_enter(&inner, DER_SEQUENCE);
    const struct slice modulus = der_natural(&key), exponent = der_natural(&key);

    if (!cursor_done(&c) || !cursor_done(&spki) || !cursor_ok(&algorithm))
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "not a public key in DER (SubjectPublicKeyInfo)");
    if (!slice_equal(oid, slice_of(rsa_encryption, sizeof rsa_encryption)))
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "expected an RSA key, found one of another kind");
    if (!cursor_done(&inner) || !cursor_done(&key) || modulus.len == 0 || exponent.len == 0)
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "not an RSA key as RFC 3279 writes it");
    if (modulus.len < MIN_RSA_BITS / 8)
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "an RSA key of %zu bits; %d are the least",
                       modulus.len * 8, MIN_RSA_BITS);
    return true;
}

static bool read_key(const char *text, struct arena *a, struct slice *out, struct err *err)
{
    struct slice rest = slice_str(text);
    struct pem_block block = {0};
    struct err why;

    if (!pem_next(&rest, a, &block, &why))
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "%s", why.text);
    if (block.der.ptr == NULL)
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "expected PEM, found no -----BEGIN line");
    if (!slice_equal(block.label, slice_str("PUBLIC KEY")))
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "expected a PUBLIC KEY in PEM, found \"%s\"",
                       text_shown(a, block.label));
    if (!check_spki(block.der, err))
        return false;
    *out = block.der;
    return true;
}

bool decode_recovery_key(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct recovery_key *k = element;
    struct err why;

    if (!json_is_text(value) && !json_is_null(value))
        return err_set(d->err, E_MANIFEST_SYNTAX, "%s: expected a string with a public key in PEM", path);
    k->pem = json_is_null(value) ? "" : json_string_value(value);
    if (strlen(k->pem) != json_string_length(value))
        return err_set(d->err, E_MANIFEST_SYNTAX, "%s: contains a NUL character", path);
    k->pem = arena_strdup(d->arena, k->pem);
    if (!read_key(k->pem, d->arena, &k->spki, &why))
        k->fault = memcpy(arena_alloc(d->arena, sizeof why), &why, sizeof why);
    return true;
}

bool manifest_check_recovery_keys(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_recovery_keys; i++)
        if (m->recovery_keys[i].fault != NULL) {
            *err = *m->recovery_keys[i].fault;
            return err_in(err, "%s", path_entry(&scratch, "$.RecoveryKeys", m->recovery_keys[i].name));
        }
    return true;
}

size_t manifest_recovery_threshold(const struct manifest *m)
{
    return m->recovery_threshold == 0 ? m->num_recovery_keys : (size_t)m->recovery_threshold;
}
