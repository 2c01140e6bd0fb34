/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/crls.h"

#include "attestation/memo.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/pem.h"

static bool is_filler(uint8_t c) { return c == 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && is_filler(s.ptr[s.len - 1]))
        s.len--;
    while (s.len > 0 && is_filler(s.ptr[0]))
        s = slice_of(s.ptr + 1, s.len - 1);
    return s;
}

/* DER may end in any byte, so only the NUL after the element is taken off. */
static bool take_der(struct slice text, struct slice *der)
{
    struct cursor c = cursor_over(text);
    const struct slice element = der_element(&c);

    if (!cursor_ok(&c) || c.rest.len > 1 || !slice_is_zero(c.rest))
        return false;
    *der = element;
    return true;
}

static bool take_pem(struct slice text, struct arena *a, struct slice *der)
{
    struct slice rest = trimmed(text);
    struct pem_block block;
    struct err ignored;

    if (!pem_next(&rest, a, &block, &ignored) || block.der.ptr == NULL || block.before.len > 0 ||
        !slice_equal(block.label, slice_str("X509 CRL")) || trimmed(rest).len > 0)
        return false;
    *der = block.der;
    return true;
}

static bool take_hex(struct slice text, struct arena *a, struct slice *der)
{
    return hex_decode(trimmed(text), a, der);
}

static bool to_der(struct slice text, struct arena *a, struct slice *der)
{
    if (text.ptr[0] == DER_SEQUENCE && take_der(text, der)) /* 0x30, which is also the digit 0 */
        return true;
    return text_starts_with(trimmed(text), "-----BEGIN ") ? take_pem(text, a, der) : take_hex(text, a, der);
}

bool crl_read(struct slice text, struct arena *a, struct crl *out, struct err *err)
{
    struct slice der;

    if (trimmed(text).len == 0)
        return err_set(err, E_CRL,
                       "the list is missing: an absent list does not mean that nothing is revoked");
    if (text.len > 3 * (size_t)LIMIT_CRL)
        return err_set(err, E_CRL, "%zu bytes, more than a list of %d can have in any form", text.len,
                       LIMIT_CRL);
    if (!to_der(text, a, &der))
        return err_set(err, E_CRL, "expected a CRL in DER, PEM or hexadecimal digits");
    if (der.len > LIMIT_CRL)
        return err_set(err, E_CRL, "%zu bytes, more than the %d allowed", der.len, LIMIT_CRL);
    return crl_parse(der, a, out, err) || err_as(err, E_CRL);
}

bool crl_verify(const struct appraisal *in, const struct crl *c, const struct cert *issuer, const char *name,
                struct err *err)
{
    if (memo_crl_signed_by(in->memo, in->now, c, issuer, err))
        return true;
    (void)err_in(err, "%s", name);
    return err_as(err, E_CRL);
}

bool crl_valid_at(const struct crl *c, int64_t now, int64_t grace, const char *name, struct err *err)
{
    char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1], at[RFC3339_LEN + 1];

    if (c->this_update <= now && now - grace <= c->next_update)
        return true;
    rfc3339_format(from, c->this_update);
    rfc3339_format(to, c->next_update);
    rfc3339_format(at, now);
    return err_set(err, E_CRL_EXPIRED, "%s: valid from %s to %s, the time is %s", name, from, to, at);
}
