/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/der.h"
#include "pki/hash.h"
#include "pki/spki.h"
#include "pki/x509.h"

struct extension extension_read(struct cursor *c)
{
    struct cursor s = der_enter(c, DER_SEQUENCE);
    struct extension e = {.oid = der_take(&s, DER_OID)};

    if (der_next_is(&s, DER_BOOLEAN)) {
        e.critical = der_bool(&s);
        if (!e.critical) /* the default is not written out (X.690 11.5) */
            s.bad = true;
    }
    e.value = der_take(&s, DER_OCTETS);
    if (!cursor_done(&s) || e.oid.len == 0)
        *c = (struct cursor){.bad = true};
    return e;
}

const struct extension *extension_find(const struct extension *e, size_t num, struct slice oid)
{
    for (size_t i = 0; i < num; i++)
        if (slice_equal(e[i].oid, oid))
            return &e[i];
    return NULL;
}

struct extension *extensions_read(struct cursor *c, struct arena *a, size_t *num)
{
    const struct cursor all = der_enter(c, DER_SEQUENCE);
    struct cursor s = all;
    struct extension *list;
    size_t n = 0;

    while (cursor_ok(&s) && s.rest.len > 0 && ++n > 0)
        (void)extension_read(&s);
    if (!cursor_ok(&s) || n == 0)
        *c = (struct cursor){.bad = true};
    *num = 0;
    if (c->bad)
        return NULL;
    list = arena_array(a, n, sizeof *list);
    for (s = all; *num < n; (*num)++) {
        list[*num] = extension_read(&s);
        if (extension_find(list, *num, list[*num].oid) != NULL)
            *c = (struct cursor){.bad = true};
    }
    return list;
}

struct extension_marks extension_begin(struct buf *b, struct slice oid, bool critical)
{
    struct extension_marks m = {.whole = der_begin(b, DER_SEQUENCE)};

    der_put_oid(b, oid);
    if (critical)
        der_put_bool(b, true);
    m.value = der_begin(b, DER_OCTETS);
    return m;
}

void extension_end(struct buf *b, struct extension_marks m)
{
    der_end(b, m.value);
    der_end(b, m.whole);
}

/* ---- names of the subject ------------------------------------------------------------------ */

enum {
    NAME_EMAIL = 1,
    NAME_DNS = 2,
    NAME_URI = 6,
    NAME_IP = 7
}; /* the tags of GeneralName that are looked at */

static bool is_visible_ascii(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x21 || s.ptr[i] > 0x7e)
            return false;
    return s.len > 0;
}

/* How many names of this kind there are; the cursor is a copy. */
static size_t count_names(struct cursor names, unsigned kind)
{
    size_t n = 0;

    while (cursor_ok(&names) && names.rest.len > 0) {
        n += der_next_is(&names, der_context(kind));
        (void)der_element(&names);
    }
    return n;
}

static bool read_ip(struct slice value, struct san *out, enum err_code code, struct err *err)
{
    out->ips[out->num_ips++] = value;
    return value.len == 4 || value.len == 16 ||
           err_set(err, code, "alternative name: expected an IP address of 4 or 16 bytes, found %zu",
                   value.len);
}

static bool read_text(struct slice value, const char *what, struct arena *a, char **list, size_t *num,
                      enum err_code code, struct err *err)
{
    if (!is_visible_ascii(value))
        return err_set(err, code, "alternative name: expected a %s in ASCII, found other bytes", what);
    list[(*num)++] = arena_strndup(a, value);
    return true;
}

static bool read_name(struct cursor *names, struct arena *a, struct san *out, enum err_code code,
                      struct err *err)
{
    const struct slice element = der_element(names);
    struct cursor c = cursor_over(element);
    const unsigned kind = element.ptr[0] & 0x1fu;
    struct slice value;

    if (!der_next_is(&c, der_context(kind)))
        return true;
    value = der_take(&c, element.ptr[0]);
    switch (kind) {
    case NAME_IP:
        return read_ip(value, out, code, err);
    case NAME_DNS:
        return read_text(value, "DNS name", a, out->dns, &out->num_dns, code, err);
    case NAME_EMAIL:
        return read_text(value, "mail address", a, out->emails, &out->num_emails, code, err);
    case NAME_URI:
        return read_text(value, "URI", a, out->uris, &out->num_uris, code, err);
    default:
        return true;
    }
}

bool san_read(struct slice value, struct arena *a, struct san *out, enum err_code code, struct err *err)
{
    struct cursor c = cursor_over(value), names = der_enter(&c, DER_SEQUENCE), check = names;
    struct san san = {.dns = arena_array(a, count_names(names, NAME_DNS), sizeof *san.dns),
                      .emails = arena_array(a, count_names(names, NAME_EMAIL), sizeof *san.emails),
                      .uris = arena_array(a, count_names(names, NAME_URI), sizeof *san.uris),
                      .ips = arena_array(a, count_names(names, NAME_IP), sizeof *san.ips)};

    do {
        (void)der_element(&check);
    } while (cursor_ok(&check) && check.rest.len > 0);
    if (!cursor_ok(&check) || !cursor_done(&c))
        return err_set(err, code, "alternative names: expected a SEQUENCE of one or more names in DER");
    while (names.rest.len > 0)
        if (!read_name(&names, a, &san, code, err))
            return false;
    *out = san;
    return true;
}

void san_put(struct buf *b, const struct san *san)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    for (size_t i = 0; i < san->num_dns; i++)
        der_put(b, der_context(NAME_DNS), slice_str(san->dns[i]));
    for (size_t i = 0; i < san->num_emails; i++)
        der_put(b, der_context(NAME_EMAIL), slice_str(san->emails[i]));
    for (size_t i = 0; i < san->num_ips; i++)
        der_put(b, der_context(NAME_IP), san->ips[i]);
    for (size_t i = 0; i < san->num_uris; i++)
        der_put(b, der_context(NAME_URI), slice_str(san->uris[i]));
    der_end(b, mark);
}

/* ---- key identifiers ----------------------------------------------------------------------- */

bool key_id_of(struct slice spki, uint8_t out[KEY_ID_LEN], struct err *err)
{
    uint8_t hash[SHA256_LEN];
    struct public_key key;

    if (!spki_read(spki, &key, err))
        return false;
    sha256(hash, key.bits);
    memcpy(out, hash, KEY_ID_LEN);
    return true;
}

bool authority_key_id_put(struct buf *b, const struct cert *issuer, struct err *err)
{
    const struct extension *own = cert_extension(issuer, OID_SUBJECT_KEY_ID);
    struct cursor c = cursor_over(own != NULL ? own->value : (struct slice){0});
    struct slice id = der_take(&c, DER_OCTETS);
    uint8_t computed[KEY_ID_LEN];
    struct extension_marks m;
    size_t mark;

    if (!cursor_done(&c)) {
        if (!key_id_of(issuer->spki, computed, err))
            return false;
        id = slice_of(computed, sizeof computed);
    }
    m = extension_begin(b, OID_AUTHORITY_KEY_ID, false);
    mark = der_begin(b, DER_SEQUENCE);
    der_put(b, der_context(0), id);
    der_end(b, mark);
    extension_end(b, m);
    return true;
}
