/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"
#include "pki/spki.h"
#include "pki/x509.h"

bool signed_read(struct slice der, const char *what, struct signed_parts *out, enum err_code code,
                 struct err *err)
{
    struct cursor c = cursor_over(der), s = der_enter(&c, DER_SEQUENCE);
    struct signed_parts p = {.tbs = der_element(&s)};

    p.alg_element = der_element(&s);
    p.signature = der_bits(&s);
    if (!cursor_done(&s) || !cursor_done(&c))
        return err_set(
            err, code,
            "%s: expected a SEQUENCE of contents, algorithm and signature in DER and nothing after it, "
            "found %zu bytes that are not",
            what, der.len);
    if (!signature_alg_read(p.alg_element, &p.alg, code, err))
        return err_in(err, "%s", what);
    *out = p;
    return true;
}

enum signature_alg issuing_alg(const struct key *k, bool rsa_pss)
{
    return rsa_pss && key_type_of(k) == KEY_RSA ? SIG_RSA_PSS_SHA384 : key_signature_alg(k);
}

bool signed_make(struct slice tbs, const struct key *k, enum signature_alg alg, struct arena *a,
                 struct slice *der, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(tbs.len + 1024); /* an RSA-4096 signature has 512 bytes */
    struct slice signature;
    size_t whole;

    if (!key_sign_as(k, alg, tbs, a, &signature, err))
        return false;
    whole = der_begin(&b, DER_SEQUENCE);
    buf_put(&b, tbs);
    signature_alg_put(&b, alg);
    der_put_bits(&b, signature);
    der_end(&b, whole);
    *der = arena_copy(a, buf_bytes(&b));
    return true;
}
