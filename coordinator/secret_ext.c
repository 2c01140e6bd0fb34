/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secret_ext.h"

#include "base/limits.h"
#include "pki/der.h"

enum {
    MAX_MADE = 6,
    NAME_EMAIL = 1, /* tags of GeneralName (RFC 5280 4.2.1.6) */
    NAME_DNS = 2,
    NAME_URI = 6,
    NAME_IP = 7,
};

static const uint8_t AUTHORITY_INFO[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01},
                     ACCESS_OCSP[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01},
                     ACCESS_ISSUERS[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02},
                     NAME_CONSTRAINTS[] = {0x55, 0x1d, 0x1e}, POLICIES[] = {0x55, 0x1d, 0x20};
#define OID(bytes) slice_of(bytes, sizeof bytes)

/* Purposes by Go's numbers (x509.ExtKeyUsage). */
static const char *const PURPOSES[] = {
    "2.5.29.37.0",            /* any */
    "1.3.6.1.5.5.7.3.1",      /* serverAuth */
    "1.3.6.1.5.5.7.3.2",      /* clientAuth */
    "1.3.6.1.5.5.7.3.3",      /* codeSigning */
    "1.3.6.1.5.5.7.3.4",      /* emailProtection */
    "1.3.6.1.5.5.7.3.5",      /* IPsec end system */
    "1.3.6.1.5.5.7.3.6",      /* IPsec tunnel */
    "1.3.6.1.5.5.7.3.7",      /* IPsec user */
    "1.3.6.1.5.5.7.3.8",      /* timeStamping */
    "1.3.6.1.5.5.7.3.9",      /* OCSPSigning */
    "1.3.6.1.4.1.311.10.3.3", /* Microsoft server gated crypto */
    "2.16.840.1.113730.4.1",  /* Netscape server gated crypto */
    "1.3.6.1.4.1.311.2.1.22", /* Microsoft commercial code signing */
    "1.3.6.1.4.1.311.61.1.1", /* Microsoft kernel code signing */
};
enum { NUM_PURPOSES = sizeof PURPOSES / sizeof PURPOSES[0] };

/* ---- the values -------------------------------------------------------------------------------- */

static void put_purposes(struct buf *b, const struct cert_template *t)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    if (t->num_ext_key_usage == 0) { /* what MarbleRun fills in, also beside those without a number */
        der_put_oid(b, OID_EKU_SERVER_AUTH);
        der_put_oid(b, OID_EKU_CLIENT_AUTH);
    }
    for (size_t i = 0; i < t->num_ext_key_usage; i++) {
        scoped(buf_wipe) struct buf oid = buf_max(64);

        (void)oid_from_text(PURPOSES[t->ext_key_usage[i]], &oid);
        der_put_oid(b, buf_bytes(&oid));
    }
    for (size_t i = 0; i < t->other_ext_key_usage.num; i++)
        der_put_oid(b, t->other_ext_key_usage.at[i]);
    der_end(b, mark);
}

static void put_subject_key_id(struct buf *b, const struct cert_template *t)
{
    der_put(b, DER_OCTETS, t->subject_key_id);
}

static void put_accesses(struct buf *b, struct slice method, const struct texts *urls)
{
    for (size_t i = 0; i < urls->num; i++) {
        const size_t mark = der_begin(b, DER_SEQUENCE);

        der_put_oid(b, method);
        der_put(b, der_context(NAME_URI), slice_str(urls->at[i]));
        der_end(b, mark);
    }
}

static void put_authority_info(struct buf *b, const struct cert_template *t)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    put_accesses(b, OID(ACCESS_OCSP), &t->ocsp_servers);
    put_accesses(b, OID(ACCESS_ISSUERS), &t->issuer_urls);
    der_end(b, mark);
}

static void put_policies(struct buf *b, const struct cert_template *t)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    for (size_t i = 0; i < t->policies.num; i++) {
        const size_t policy = der_begin(b, DER_SEQUENCE);

        der_put_oid(b, t->policies.at[i]);
        der_end(b, policy);
    }
    der_end(b, mark);
}

static void put_subtree(struct buf *b, unsigned kind, struct slice base)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    der_put(b, der_context(kind), base);
    der_end(b, mark);
}

static bool is_empty(const struct name_space *s)
{
    return s->dns.num + s->emails.num + s->uris.num + s->ips.num == 0;
}

static void put_subtrees(struct buf *b, unsigned tag, const struct name_space *s)
{
    const size_t mark = der_begin(b, der_context_constructed(tag));

    for (size_t i = 0; i < s->dns.num; i++)
        put_subtree(b, NAME_DNS, slice_str(s->dns.at[i]));
    for (size_t i = 0; i < s->ips.num; i++)
        put_subtree(b, NAME_IP, s->ips.at[i]);
    for (size_t i = 0; i < s->emails.num; i++)
        put_subtree(b, NAME_EMAIL, slice_str(s->emails.at[i]));
    for (size_t i = 0; i < s->uris.num; i++)
        put_subtree(b, NAME_URI, slice_str(s->uris.at[i]));
    der_end(b, mark);
}

static void put_name_constraints(struct buf *b, const struct cert_template *t)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    if (!is_empty(&t->permitted))
        put_subtrees(b, 0, &t->permitted);
    if (!is_empty(&t->excluded))
        put_subtrees(b, 1, &t->excluded);
    der_end(b, mark);
}

/* DistributionPoint { [0] { [0] fullName } } for each. */
static void put_distribution_points(struct buf *b, const struct cert_template *t)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    for (size_t i = 0; i < t->crl_urls.num; i++) {
        const size_t point = der_begin(b, DER_SEQUENCE), name = der_begin(b, der_context_constructed(0)),
                     full = der_begin(b, der_context_constructed(0));

        der_put(b, der_context(NAME_URI), slice_str(t->crl_urls.at[i]));
        der_end(b, full);
        der_end(b, name);
        der_end(b, point);
    }
    der_end(b, mark);
}

/* ---- the list ---------------------------------------------------------------------------------- */

struct list {
    const struct cert_template *t;
    struct arena *arena;
    struct extension *at;
    size_t num;
};

static bool brings(const struct cert_template *t, struct slice oid)
{
    for (size_t i = 0; i < t->num_extra; i++)
        if (slice_equal(t->extra[i].oid, oid))
            return true;
    return false;
}

static bool add(struct list *l, bool wanted, struct slice oid, bool critical,
                void (*put)(struct buf *b, const struct cert_template *t), struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_CERTIFICATE);
    scoped(arena_wipe) struct arena scratch = {0};

    if (!wanted || brings(l->t, oid))
        return true;
    put(&b, l->t);
    if (!buf_ok(&b))
        return err_set(err, E_SECRET_VALUE,
                       "Cert: extension %s takes more than the %d bytes of a certificate",
                       oid_to_text(&scratch, oid), LIMIT_CERTIFICATE);
    l->at[l->num++] = (struct extension){oid, arena_copy(l->arena, buf_bytes(&b)), critical};
    return true;
}

static bool check_purposes(const struct cert_template *t, struct err *err)
{
    for (size_t i = 0; i < t->num_ext_key_usage; i++)
        if (t->ext_key_usage[i] >= NUM_PURPOSES)
            return err_set(err, E_SECRET_VALUE, "Cert.ExtKeyUsage: expected numbers from 0 to %d, found %llu",
                           NUM_PURPOSES - 1, (unsigned long long)t->ext_key_usage[i]);
    return true;
}

bool secret_extensions(const struct cert_template *t, struct arena *a, struct extension **out, size_t *num,
                       struct err *err)
{
    struct list l = {t, a, arena_array(a, MAX_MADE + t->num_extra, sizeof *l.at), 0};

    if (!check_purposes(t, err) || !add(&l, true, OID_EXT_KEY_USAGE, false, put_purposes, err) ||
        !add(&l, t->subject_key_id.len > 0, OID_SUBJECT_KEY_ID, false, put_subject_key_id, err) ||
        !add(&l, t->ocsp_servers.num + t->issuer_urls.num > 0, OID(AUTHORITY_INFO), false, put_authority_info,
             err) ||
        !add(&l, t->policies.num > 0, OID(POLICIES), false, put_policies, err) ||
        !add(&l, !is_empty(&t->permitted) || !is_empty(&t->excluded), OID(NAME_CONSTRAINTS),
             t->constraints_critical, put_name_constraints, err) ||
        !add(&l, t->crl_urls.num > 0, OID_CRL_DISTRIBUTION_POINTS, false, put_distribution_points, err))
        return false;
    for (size_t i = 0; i < t->num_extra; i++)
        l.at[l.num++] = t->extra[i];
    *out = l.at;
    *num = l.num;
    return true;
}
