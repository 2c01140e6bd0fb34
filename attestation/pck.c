/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/pck.h"

#include "base/text.h"
#include "pki/der.h"

static bool is_leaf(const struct cert *c) { return cert_is_called(c, "SGX PCK Certificate"); }

/* Each certificate into the place its name gives it; the counts say whether every place has one. */
static bool assign_roles(const struct cert *certs, size_t num, struct pck_chain *out)
{
    size_t leaves = 0, roots = 0, others = 0;

    for (size_t i = 0; i < num; i++) {
        if (is_leaf(&certs[i]))
            leaves++, out->leaf = certs[i];
        else if (cert_is_self_issued(&certs[i]))
            roots++, out->root = certs[i];
        else
            others++, out->intermediate = certs[i];
    }
    return leaves == 1 && roots == 1 && others == 1;
}

static bool take_roles(const struct cert *certs, size_t num, struct pck_chain *out, struct err *err)
{
    struct pck_chain chain = {0};

    if (num != 3)
        return err_set(err, E_PCK_CHAIN, "PCK chain: expected 3 certificates, found %zu", num);
    if (!assign_roles(certs, num, &chain))
        return err_set(err, E_PCK_CHAIN,
                       "PCK chain: expected one PCK certificate, one intermediate and one self-issued root");
    *out = chain;
    return true;
}

bool pck_chain_parse(struct slice pem, struct arena *a, struct pck_chain *out, struct err *err)
{
    struct cert *certs;
    size_t num;

    if (!chain_read(pem, E_EVIDENCE_FORMAT, a, &certs, &num, err))
        return err_in(err, "PCK chain");
    return take_roles(certs, num, out, err);
}

/* The PCK certificate of the quote, in front of the issuers that the collateral has. */
static bool leaf_and_issuers(struct slice leaf, struct slice issuers, struct arena *a, struct pck_chain *out,
                             struct err *err)
{
    struct cert *first, *rest, all[3];
    size_t num_first, num_rest;

    if (!chain_read(leaf, E_EVIDENCE_FORMAT, a, &first, &num_first, err))
        return err_in(err, "PCK certificate");
    if (!chain_read(issuers, E_COLLATERAL_FORMAT, a, &rest, &num_rest, err))
        return err_in(err, "issuers of the PCK certificate");
    if (num_first != 1)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "certification data type 4: expected one certificate, found %zu", num_first);
    if (num_rest != 2)
        return err_set(err, E_PCK_CHAIN, "issuers of the PCK certificate: expected 2, found %zu", num_rest);
    all[0] = first[0];
    memcpy(&all[1], rest, 2 * sizeof *rest);
    return take_roles(all, 3, out, err);
}

/* Sample quotes of Intel's have certificates in DER where PEM belongs; their chain comes with the collateral.
 */
static bool has_pem(struct slice s)
{
    for (; s.len > 0; s = slice_of(s.ptr + 1, s.len - 1))
        if (text_starts_with(s, "-----BEGIN "))
            return true;
    return false;
}

bool pck_chain_of(const struct dcap_quote *q, const struct collateral *c, struct arena *a,
                  struct pck_chain *out, struct err *err)
{
    if (q->cert_type == CERT_PCK_CHAIN && (has_pem(q->cert_data) || c->pck_chain.len == 0))
        return pck_chain_parse(q->cert_data, a, out, err);
    if (q->cert_type == CERT_PCK_LEAF && c->pck_crl_issuer_chain.len > 0)
        return leaf_and_issuers(q->cert_data, c->pck_crl_issuer_chain, a, out, err);
    if (c->pck_chain.len > 0)
        return pck_chain_parse(c->pck_chain, a, out, err);
    return err_set(
        err, E_EVIDENCE_FORMAT,
        "certification data type %u holds no PCK chain, and the collateral has none: expected type 5 "
        "(a chain), or the chain of the platform in the collateral",
        q->cert_type);
}

const char *pck_ca_name(const struct pck_chain *c)
{
    if (cert_is_called(&c->intermediate, "Intel SGX PCK Platform CA"))
        return "platform";
    return cert_is_called(&c->intermediate, "Intel SGX PCK Processor CA") ? "processor" : NULL;
}

bool pck_chain_verify(const struct appraisal *in, const struct pck_chain *c, struct err *err)
{
    if (pck_ca_name(c) == NULL)
        return err_set(err, E_PCK_CHAIN,
                       "intermediate certificate: expected Intel SGX PCK Processor CA or Platform CA");
    if (c->leaf.is_ca)
        return err_set(err, E_PCK_CHAIN,
                       "PCK certificate: is a certification authority, which it must not be");
    if (!cert_is_issued_by(in, &c->intermediate, &c->root, 1, err)) {
        (void)err_in(err, "intermediate certificate");
        return err_as(err, E_PCK_CHAIN);
    }
    if (!cert_is_issued_by(in, &c->leaf, &c->intermediate, 0, err)) {
        (void)err_in(err, "PCK certificate");
        return err_as(err, E_PCK_CHAIN);
    }
    return true;
}

/* ---- the SGX extension -------------------------------------------------------------- */

/* 1.2.840.113741.1.13.1: its contents octets; those of its parts have one or two more. */
#define SGX_OID 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01
static const uint8_t sgx_oid[] = {SGX_OID};
enum { NUM_PARTS = 7, NUM_TCB_PARTS = 18, TCB_PCE_SVN = 17, TCB_CPU_SVN = 18 };

/* The last arc of an OID that is `prefix` and one arc more in 1 to `max`; else the cursor is poisoned. */
static unsigned take_suffix(struct cursor *c, struct slice prefix, unsigned max)
{
    const struct slice oid = der_take(c, DER_OID);
    unsigned last;

    if (!cursor_ok(c) || oid.len != prefix.len + 1 || !slice_equal(slice_of(oid.ptr, prefix.len), prefix)) {
        c->bad = true;
        return 0;
    }
    last = oid.ptr[prefix.len];
    c->bad = last == 0 || last > max;
    return c->bad ? 0 : last;
}

/* Notes that a part was met: each once. */
static void mark(struct cursor *c, uint32_t *seen, unsigned part)
{
    c->bad = c->bad || (*seen & 1u << part) != 0;
    *seen |= 1u << part;
}

static void take_octets(struct cursor *c, size_t len, struct slice *out)
{
    *out = der_take(c, DER_OCTETS);
    c->bad = c->bad || out->len != len;
}

/* SEQUENCE of pairs: components 1 to 16, PCESVN 17, CPUSVN 18, all of them. */
static void take_tcb(struct cursor *c, struct pck_platform *out)
{
    static const uint8_t oid[] = {SGX_OID, 2};
    struct cursor tcb = der_enter(c, DER_SEQUENCE);
    struct slice cpu_svn;
    uint32_t seen = 0;

    while (cursor_ok(&tcb) && tcb.rest.len > 0) {
        struct cursor pair = der_enter(&tcb, DER_SEQUENCE);
        const unsigned part = take_suffix(&pair, slice_of(oid, sizeof oid), NUM_TCB_PARTS);

        mark(&pair, &seen, part);
        if (part == TCB_CPU_SVN)
            take_octets(&pair, 16, &cpu_svn); /* raw; what counts are the components */
        else if (part == TCB_PCE_SVN)
            out->pce_svn = (unsigned)der_uint(&pair, DER_INTEGER, UINT16_MAX);
        else if (part > 0)
            out->components[part - 1] = (uint8_t)der_uint(&pair, DER_INTEGER, UINT8_MAX);
        tcb.bad = tcb.bad || !cursor_done(&pair);
    }
    c->bad = c->bad || !cursor_done(&tcb) || seen != ((1u << (NUM_TCB_PARTS + 1)) - 2);
}

static void take_part(struct cursor *pair, unsigned part, struct pck_platform *out)
{
    struct slice instance_id;

    switch (part) {
    case 1:
        take_octets(pair, 16, &out->ppid);
        break;
    case 2:
        take_tcb(pair, out);
        break;
    case 3:
        take_octets(pair, 2, &out->pce_id);
        break;
    case 4:
        take_octets(pair, 6, &out->fmspc);
        break;
    case 5:
        out->sgx_type = (unsigned)der_uint(pair, DER_ENUMERATED, UINT8_MAX);
        break;
    case 6:
        take_octets(pair, 16, &instance_id);
        break;
    case 7:
        (void)der_enter(pair, DER_SEQUENCE); /* configuration flags: nothing is decided on them */
        break;
    default:
        pair->bad = true;
    }
}

static bool read_extension(struct slice value, struct pck_platform *out)
{
    const uint32_t required = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5;
    struct cursor whole = cursor_over(value);
    struct cursor parts = der_enter(&whole, DER_SEQUENCE);
    uint32_t seen = 0;

    while (cursor_ok(&parts) && parts.rest.len > 0) {
        struct cursor pair = der_enter(&parts, DER_SEQUENCE);
        const unsigned part = take_suffix(&pair, slice_of(sgx_oid, sizeof sgx_oid), NUM_PARTS);

        mark(&pair, &seen, part);
        take_part(&pair, part, out);
        parts.bad = parts.bad || !cursor_done(&pair);
    }
    return cursor_done(&parts) && cursor_done(&whole) && (seen & required) == required;
}

bool pck_platform_parse(const struct cert *leaf, struct pck_platform *out, struct err *err)
{
    const struct extension *e = cert_extension(leaf, slice_of(sgx_oid, sizeof sgx_oid));
    struct pck_platform p = {0};

    if (e == NULL)
        return err_set(err, E_PCK_CHAIN, "PCK certificate: has no SGX extension (1.2.840.113741.1.13.1)");
    if (!read_extension(e->value, &p))
        return err_set(
            err, E_PCK_CHAIN,
            "PCK certificate: its SGX extension (1.2.840.113741.1.13.1) is not PPID, TCB of 18 parts, PCEID, "
            "FMSPC and SGX type, each once");
    *out = p;
    return true;
}
