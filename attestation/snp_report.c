/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_report.h"

#include "base/text.h"

enum {
    WRAPPER_LEN = 32,
    LOWEST_VERSION = 2,
    CPUID_SINCE = 3,
    MITIGATION_SINCE = 5,
    HIGHEST_VERSION = 5,
    ALGORITHM_ECDSA_P384_SHA384 = 1,
    SIGNING_KEY_SHIFT = 2,
    SIGNING_KEY_MASK = 7,
    KEY_INFO_KNOWN = 0x1f,
    NUMBER_LEN = 72, /* R and S */
    P384_LEN = 48,
};

/* MSG_REPORT_RSP. A report begins with its version, which is never 0; the answer with its status, which is 0.
 */
static struct slice unwrap(struct slice in)
{
    struct cursor c = cursor_over(in);

    if (in.len != WRAPPER_LEN + SNP_REPORT_LEN || cursor_u32le(&c) != 0 ||
        cursor_u32le(&c) != SNP_REPORT_LEN || !slice_is_zero(cursor_take(&c, 24)))
        return in;
    return c.rest;
}

/* What is reserved in all versions, and the rest as the versions come to use it. */
struct reserved {
    struct slice always[5], before_cpuid, before_mitigation;
};

static void read_identity(struct cursor *c, struct snp_claims *s)
{
    s->report_version = cursor_u32le(c);
    s->guest_svn = cursor_u32le(c);
    s->policy = cursor_u64le(c);
    s->family_id = cursor_take(c, 16);
    s->image_id = cursor_take(c, 16);
    s->vmpl = cursor_u32le(c);
    s->signature_algorithm = cursor_u32le(c);
    s->current_tcb = cursor_take(c, 8);
    s->platform_info = cursor_u64le(c);
    s->key_info = cursor_u32le(c);
}

static void read_versions(struct cursor *c, struct snp_claims *s, struct reserved *zero)
{
    struct cursor ahead;

    s->committed_tcb = cursor_take(c, 8);
    s->current_version = cursor_take(c, 3);
    zero->always[2] = cursor_take(c, 1);
    s->committed_version = cursor_take(c, 3);
    zero->always[3] = cursor_take(c, 1);
    s->launch_tcb = cursor_take(c, 8);
    ahead = *c;
    zero->before_mitigation = cursor_take(&ahead, 16);
    s->launch_mit_vector = cursor_take(c, 8);
    s->current_mit_vector = cursor_take(c, 8);
}

static struct snp_report read(struct slice in, struct reserved *zero)
{
    struct cursor c = cursor_over(in);
    struct snp_report r = {.signed_part = slice_of(in.ptr, SNP_SIGNED_LEN)};
    struct snp_claims *s = &r.says;

    *zero = (struct reserved){0};
    read_identity(&c, s);
    zero->always[0] = cursor_take(&c, 4);
    r.report_data = cursor_take(&c, 64);
    s->measurement = cursor_take(&c, 48);
    s->host_data = cursor_take(&c, 32);
    s->id_key_digest = cursor_take(&c, 48);
    s->author_key_digest = cursor_take(&c, 48);
    s->report_id = cursor_take(&c, 32);
    s->report_id_ma = cursor_take(&c, 32);
    s->reported_tcb = cursor_take(&c, 8);
    s->cpuid = cursor_take(&c, 3);
    zero->before_cpuid = s->cpuid;
    zero->always[1] = cursor_take(&c, 21);
    s->chip_id = cursor_take(&c, SNP_CHIP_ID_LEN);
    read_versions(&c, s, zero);
    zero->always[4] = cursor_take(&c, 152);
    r.r = cursor_take(&c, NUMBER_LEN);
    r.s = cursor_take(&c, NUMBER_LEN);
    r.unused = c.rest;
    return r;
}

static bool check_policy(uint64_t policy, struct err *err)
{
    if (!snp_policy_has(policy, SNP_POLICY_RESERVED_ONE))
        return err_set(err, E_EVIDENCE_FORMAT, "SNP report: guest policy 0x%llx: bit 17 must be one",
                       (unsigned long long)policy);
    return policy >> (SNP_POLICY_HIGHEST + 1) == 0 ||
           err_set(err, E_EVIDENCE_FORMAT, "SNP report: guest policy 0x%llx: bits above %d must be zero",
                   (unsigned long long)policy, SNP_POLICY_HIGHEST);
}

static bool check_reserved(const struct snp_report *r, const struct reserved *zero, struct err *err)
{
    const unsigned version = r->says.report_version;
    bool ok = (version >= CPUID_SINCE || slice_is_zero(zero->before_cpuid)) &&
              (version >= MITIGATION_SINCE || slice_is_zero(zero->before_mitigation));

    for (size_t i = 0; i < sizeof zero->always / sizeof zero->always[0]; i++)
        ok = ok && slice_is_zero(zero->always[i]);
    return ok || err_set(err, E_EVIDENCE_FORMAT,
                         "SNP report: bytes that are reserved in version %u must be zero", version);
}

static bool check_signing_key(struct snp_report *r, struct err *err)
{
    static const char *const names[] = {"VCEK", "VLEK"};
    const uint32_t info = r->says.key_info, key = info >> SIGNING_KEY_SHIFT & SIGNING_KEY_MASK;

    if ((info & ~(uint32_t)KEY_INFO_KNOWN) != 0)
        return err_set(err, E_EVIDENCE_FORMAT, "SNP report: key information 0x%x: bits above 4 must be zero",
                       (unsigned)info);
    if (key > 1)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "SNP report: signing key: expected 0 (VCEK) or 1 (VLEK), found %u", (unsigned)key);
    r->says.signing_key = names[key];
    r->masked = (info >> SNP_KEY_INFO_MASKED & 1) != 0;
    return true;
}

static void forget_what_is_not_there(struct snp_claims *s)
{
    if (s->report_version < CPUID_SINCE)
        s->cpuid = (struct slice){0};
    if (s->report_version < MITIGATION_SINCE)
        s->launch_mit_vector = s->current_mit_vector = (struct slice){0};
}

bool snp_report_parse(struct slice in, struct snp_report *out, struct err *err)
{
    const struct slice bare = unwrap(in);
    struct reserved zero;
    struct snp_report r;

    if (bare.len != SNP_REPORT_LEN)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "SNP report: expected %d bytes, or %d with the firmware's header, found %zu",
                       SNP_REPORT_LEN, WRAPPER_LEN + SNP_REPORT_LEN, in.len);
    r = read(bare, &zero);
    if (r.says.report_version < LOWEST_VERSION || r.says.report_version > HIGHEST_VERSION)
        return err_set(err, E_EVIDENCE_FORMAT, "SNP report version: expected %d to %d, found %u",
                       LOWEST_VERSION, HIGHEST_VERSION, r.says.report_version);
    if (r.says.signature_algorithm != ALGORITHM_ECDSA_P384_SHA384)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "SNP report: signature algorithm: expected 1 (ECDSA P-384 with SHA-384), found %u",
                       r.says.signature_algorithm);
    if (!check_policy(r.says.policy, err) || !check_reserved(&r, &zero, err) || !check_signing_key(&r, err))
        return false;
    forget_what_is_not_there(&r.says);
    *out = r;
    return true;
}

/* ---- the signature ------------------------------------------------------------------ */

static bool reverse_number(struct slice field, const char *name, uint8_t *out, struct err *err)
{
    struct cursor c = cursor_over(field);
    const struct slice low = cursor_take(&c, P384_LEN);

    if (!slice_is_zero(c.rest))
        return err_set(err, E_REPORT_SIGNATURE,
                       "SNP report: %s: expected a number of 384 bits, found a larger one", name);
    if (slice_is_zero(low))
        return err_set(err, E_REPORT_SIGNATURE, "SNP report: %s is zero", name);
    for (size_t i = 0; i < P384_LEN; i++)
        out[i] = low.ptr[P384_LEN - 1 - i];
    return true;
}

bool snp_report_signature(const struct snp_report *r, struct arena *a, struct slice *raw, struct err *err)
{
    uint8_t *out = arena_alloc(a, 2 * P384_LEN);

    if (!reverse_number(r->r, "R", out, err) || !reverse_number(r->s, "S", out + P384_LEN, err))
        return false;
    if (!slice_is_zero(r->unused))
        return err_set(err, E_REPORT_SIGNATURE,
                       "SNP report: expected zeros behind R and S, found other bytes");
    *raw = slice_of(out, 2 * P384_LEN);
    return true;
}

/* ---- products ----------------------------------------------------------------------- */

/* AMD 57230 (VCEK certificate and KDS interface), AMD 56860 CPUID_FAM_ID and CPUID_MOD_ID, as they stand
 * combined. */
static const struct processors {
    uint8_t family, from, to;
    const char *product;
} processors[] = {
    {0x19, 0x00, 0x0f, "Milan"},
    {0x19, 0x10, 0x1f, "Genoa"},
    {0x19, 0xa0, 0xaf, "Genoa"},
    {0x1a, 0x00, 0x11, "Turin"},
};

bool snp_report_product(const struct snp_report *r, const char **out, struct err *err)
{
    const struct slice id = r->says.cpuid;

    *out = NULL;
    if (id.len == 0)
        return true;
    for (size_t i = 0; i < sizeof processors / sizeof processors[0]; i++) {
        const struct processors *p = &processors[i];

        if (id.ptr[0] == p->family && id.ptr[1] >= p->from && id.ptr[1] <= p->to) {
            *out = p->product;
            return true;
        }
    }
    return err_set(err, E_EVIDENCE_FORMAT,
                   "SNP report: CPU family 0x%02x model 0x%02x: expected one of Milan, Genoa or Turin",
                   id.ptr[0], id.ptr[1]);
}

const char *snp_product_named(struct slice name)
{
    /* Bergamo and Siena are certified under Genoa's authority. */
    static const struct {
        const char *name, *product;
    } known[] = {
        {"Milan", "Milan"}, {"Genoa", "Genoa"}, {"Bergamo", "Genoa"}, {"Siena", "Genoa"}, {"Turin", "Turin"},
    };

    for (size_t i = 0; i < name.len; i++) /* the stepping stands behind a dash */
        if (name.ptr[i] == '-')
            name.len = i;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_equal(name, slice_str(known[i].name)))
            return known[i].product;
    return NULL;
}

bool snp_is_turin(const char *product) { return strcmp(product, "Turin") == 0; }

struct snp_tcb snp_tcb_parts(struct slice tcb, const char *product)
{
    const uint8_t *p = tcb.ptr;

    if (snp_is_turin(product))
        return (struct snp_tcb){
            .has_fmc = true, .fmc = p[0], .bl = p[1], .tee = p[2], .snp = p[3], .ucode = p[7]};
    return (struct snp_tcb){.bl = p[0], .tee = p[1], .snp = p[6], .ucode = p[7]};
}
