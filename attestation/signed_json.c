/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/signed_json.h"

#include "attestation/memo.h"
#include "base/json.h"
#include "base/limits.h"

/* ---- finding the bytes: only after a JSON parser has accepted the whole ------------- */

static uint8_t peek(const struct cursor *c) { return c->rest.len > 0 ? c->rest.ptr[0] : 0; }

static void skip_space(struct cursor *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\r' || peek(c) == '\n')
        (void)cursor_u8(c);
}

/* A string with its quotes. */
static struct slice take_string(struct cursor *c)
{
    const struct slice start = c->rest;

    (void)cursor_u8(c);
    while (cursor_ok(c) && peek(c) != '"')
        (void)cursor_take(c, peek(c) == '\\' ? 2 : 1);
    (void)cursor_u8(c);
    return cursor_ok(c) ? slice_of(start.ptr, start.len - c->rest.len) : (struct slice){0};
}

/* An object or array to its matching bracket; brackets inside strings do not count. */
static void skip_nested(struct cursor *c)
{
    size_t depth = 0;

    do {
        const uint8_t ch = peek(c);

        if (ch == '"') {
            (void)take_string(c);
            continue;
        }
        if (ch == '{' || ch == '[')
            depth++;
        else if (ch == '}' || ch == ']')
            depth--;
        (void)cursor_u8(c);
    } while (cursor_ok(c) && depth > 0);
}

static struct slice take_value(struct cursor *c)
{
    const struct slice start = c->rest;

    if (peek(c) == '{' || peek(c) == '[')
        skip_nested(c);
    else if (peek(c) == '"')
        (void)take_string(c);
    else
        while (cursor_ok(c) && peek(c) != ',' && peek(c) != '}')
            (void)cursor_u8(c);
    return cursor_ok(c) ? slice_of(start.ptr, start.len - c->rest.len) : (struct slice){0};
}

/* The value of a member of the outer object, as delivered; empty if there is none. A key spelled with
 * escapes is not found, so it counts as missing. */
static struct slice find_member(struct slice text, struct slice quoted_name)
{
    struct cursor c = cursor_over(text);

    skip_space(&c);
    do {
        struct slice key, value;

        (void)cursor_u8(&c); /* '{' or ',' */
        skip_space(&c);
        key = take_string(&c);
        skip_space(&c);
        (void)cursor_u8(&c); /* ':' */
        skip_space(&c);
        value = take_value(&c);
        if (cursor_ok(&c) && slice_equal(key, quoted_name))
            return value;
        skip_space(&c);
    } while (cursor_ok(&c) && peek(&c) == ',');
    return (struct slice){0};
}

/* ---- the envelope ------------------------------------------------------------------- */

/* Structures of C libraries carry the terminating NUL along. */
static struct slice without_nul(struct slice s)
{
    return s.len > 0 && s.ptr[s.len - 1] == 0 ? slice_of(s.ptr, s.len - 1) : s;
}

static bool read_envelope(struct slice text, const char *member, struct arena *a, struct slice *signature,
                          struct err *err)
{
    scoped(json_release) json_t *doc = NULL;
    struct fields f;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_COLLATERAL_FORMAT, &doc, err))
        return false;
    f = fields_of(doc, "$", JSON_EXACT, E_COLLATERAL_FORMAT, a, err);
    field_need(&f, member);
    (void)field_object(&f, member);
    field_need(&f, "signature");
    *signature = field_hex(&f, "signature", 64);
    return fields_done(&f);
}

bool signed_json_split(struct slice text, const char *member, struct arena *a, struct signed_json *out,
                       struct err *err)
{
    struct slice signature, body;

    text = without_nul(text);
    if (text.len == 0)
        return err_set(err, E_COLLATERAL_FORMAT, "%s: is missing", member);
    if (text.len > LIMIT_COLLATERAL_JSON)
        return err_set(err, E_COLLATERAL_FORMAT, "%s: %zu bytes, more than the %d allowed", member, text.len,
                       LIMIT_COLLATERAL_JSON);
    if (!read_envelope(text, member, a, &signature, err))
        return err_in(err, "%s", member);
    body = find_member(text, slice_str(arena_printf(a, "\"%s\"", member)));
    if (body.len == 0)
        return err_set(err, E_COLLATERAL_FORMAT, "%s: its name is spelled with escapes", member);
    *out = (struct signed_json){.body = body, .signature = signature};
    return true;
}

/* ---- who signed --------------------------------------------------------------------- */

bool tcb_signer_parse(struct slice pem, struct arena *a, struct tcb_signer *out, struct err *err)
{
    struct cert *certs;
    size_t num, root;

    if (!chain_read(pem, E_COLLATERAL_FORMAT, a, &certs, &num, err))
        return err_in(err, "issuer chain");
    if (num != 2)
        return err_set(err, E_COLLATERAL_SIGNATURE,
                       "issuer chain: expected 2 certificates (TCB signing, root), found %zu", num);
    root = cert_is_self_issued(&certs[1]) ? 1 : 0;
    *out = (struct tcb_signer){.leaf = certs[1 - root], .root = certs[root]};
    return true;
}

bool tcb_signer_verify(const struct appraisal *in, const struct tcb_signer *s, struct err *err)
{
    if (!root_is_trusted(in, &s->root, err))
        return err_in(err, "issuer chain");
    if (!cert_is_called(&s->leaf, "SGX TCB Signing"))
        return err_set(err, E_COLLATERAL_SIGNATURE,
                       "issuer chain: expected a certificate of SGX TCB Signing");
    if (s->leaf.is_ca)
        return err_set(
            err, E_COLLATERAL_SIGNATURE,
            "issuer chain: the signing certificate is a certification authority, which it must not be");
    if (cert_is_issued_by(in, &s->leaf, &s->root, 0, err))
        return true;
    (void)err_in(err, "TCB signing certificate");
    return err_as(err, E_COLLATERAL_SIGNATURE);
}

/* How long the document is of use stands in it, and it is not read yet: so as long as its signer. */
bool signed_json_verify(const struct appraisal *in, const struct signed_json *j, const struct tcb_signer *s,
                        struct err *err)
{
    struct slice xy;

    return (spki_p256_xy(s->leaf.spki, &xy, err) &&
            memo_p256_verify_raw(in->memo, in->now, s->leaf.not_after, xy, j->body, j->signature, err)) ||
           err_as(err, E_COLLATERAL_SIGNATURE);
}
