/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section SNP of a policy. Bits after the SEV-SNP Firmware ABI Specification: guest policy (table 9) and
 * platform info (table 23).
 */
#include <stddef.h>
#include <stdlib.h>

#include "attestation/policy_sections.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

#define SNP_AT(member) offsetof(struct claims, snp.member)
static const struct measured SNP_VALUES[] = {
    {"Measurement", 48, E_MEASUREMENT, SNP_AT(measurement)},
    {"HostData", 32, E_HOST_DATA, SNP_AT(host_data)},
    {"IDKeyDigest", 48, E_KEY_DIGEST, SNP_AT(id_key_digest)},
    {"AuthorKeyDigest", 48, E_KEY_DIGEST, SNP_AT(author_key_digest)},
    {"FamilyID", 16, E_MEASUREMENT, SNP_AT(family_id)},
    {"ImageID", 16, E_MEASUREMENT, SNP_AT(image_id)},
};
static const struct measured HOST_DATA = {"HostData", 32, E_HOST_DATA, SNP_AT(host_data)};

/* What a bit is called, and what a policy that does not speak of it gets. */
enum demand { ANY, MUST_BE_SET, MUST_BE_CLEAR };
struct policy_bit {
    const char *name;
    unsigned bit;
    enum demand if_true, if_false, if_silent;
};
static const struct policy_bit GUEST_BITS[] = {
    {"AllowSMT", 16, ANY, MUST_BE_CLEAR, ANY},
    {"AllowMigration", 18, ANY, MUST_BE_CLEAR, MUST_BE_CLEAR},
    {"RequireSingleSocket", 20, MUST_BE_SET, ANY, ANY},
    {"AllowCXL", 21, ANY, MUST_BE_CLEAR, ANY},
    {"RequireAES256XTS", 22, MUST_BE_SET, ANY, ANY},
    {"RequireRAPLDisabled", 23, MUST_BE_SET, ANY, ANY},
    {"RequireCiphertextHiding", 24, MUST_BE_SET, ANY, ANY},
    {"RequirePageSwapDisabled", 25, MUST_BE_SET, ANY, ANY},
};
static const struct policy_bit PLATFORM_BITS[] = {
    {"AllowSMT", 0, ANY, MUST_BE_CLEAR, ANY},
    {"RequireTSME", 1, MUST_BE_SET, ANY, ANY},
    {"RequireECC", 2, MUST_BE_SET, ANY, ANY},
    {"RequireRAPLDisabled", 3, MUST_BE_SET, ANY, ANY},
    {"RequireCiphertextHiding", 4, MUST_BE_SET, ANY, ANY},
    {"RequireAliasCheck", 5, MUST_BE_SET, ANY, ANY},
};
enum { NUM_GUEST_BITS = sizeof GUEST_BITS / sizeof GUEST_BITS[0] };
enum { NUM_PLATFORM_BITS = sizeof PLATFORM_BITS / sizeof PLATFORM_BITS[0] };

/* ---- reading ---------------------------------------------------------------------------------- */

static void demand(struct demanded_bits *d, const struct policy_bit *bit, enum demand what)
{
    if (what == MUST_BE_SET)
        d->must_be_set |= UINT64_C(1) << bit->bit;
    else if (what == MUST_BE_CLEAR)
        d->must_be_clear |= UINT64_C(1) << bit->bit;
}

/* The section `name`, whose members are the table's; `has_abi`: and MinimumABI. */
static void parse_bits(struct fields *f, const char *name, const struct policy_bit *table, size_t num,
                       struct demanded_bits *out, unsigned *minimum_abi)
{
    const char *known[NUM_GUEST_BITS + 2] = {0};
    struct fields g;
    const bool given = section_open(f, name, &g);
    const char *abi;
    char *end = NULL;

    for (size_t i = 0; i < num; i++) {
        known[i] = table[i].name;
        demand(out, &table[i],
               !given || !field_present(&g, table[i].name) ? table[i].if_silent
               : field_bool(&g, table[i].name)             ? table[i].if_true
                                                           : table[i].if_false);
    }
    if (!given)
        return;
    if (minimum_abi != NULL && (known[num] = "MinimumABI", abi = field_str(&g, "MinimumABI")) != NULL) {
        const unsigned long major = strtoul(abi, &end, 10), minor = *end == '.' ? strtoul(end + 1, &end, 10) : 256;

        if (major > 255 || minor > 255 || *end != '\0')
            (void)field_fault(&g, "MinimumABI", "expected a version as \"1.55\", found \"%s\"",
                              text_shown(f->arena, slice_str(abi)));
        *minimum_abi = (unsigned)(major << 8 | minor);
    }
    fields_only(&g, known);
    f->bad |= g.bad;
}

static void parse_minimum(struct fields *f, struct snp_policy *p)
{
    static const char *const known[] = {"FMC", "BL", "TEE", "SNP", "Ucode", NULL};
    struct fields g;

    if (!section_open(f, "MinimumTCB", &g))
        return;
    p->has_minimum_fmc = field_present(&g, "FMC");
    p->minimum = (struct snp_tcb){
        .has_fmc = p->has_minimum_fmc,
        .fmc = (unsigned)field_uint(&g, "FMC", UINT8_MAX),
        .bl = (unsigned)field_uint(&g, "BL", UINT8_MAX),
        .tee = (unsigned)field_uint(&g, "TEE", UINT8_MAX),
        .snp = (unsigned)field_uint(&g, "SNP", UINT8_MAX),
        .ucode = (unsigned)field_uint(&g, "Ucode", UINT8_MAX),
    };
    fields_only(&g, known);
    f->bad |= g.bad;
}

/* The policy as Azure hands it over, in base64, or its text: Rego has spaces and so is never base64. */
static void parse_cce_policy(struct fields *f, struct snp_policy *p)
{
    struct slice text = field_text(f, "CCEPolicy"), decoded;
    struct accepted *a = &p->values.at[p->values.num];
    uint8_t *digest;

    if (!field_present(f, "CCEPolicy") || f->bad)
        return;
    if (accepted_list_find(&p->values, "HostData") != NULL || text.len == 0) {
        (void)field_fault(f, "CCEPolicy", text.len == 0 ? "is empty" : "is given together with HostData, which is its SHA-256");
        return;
    }
    if (!base64_decode(text, BASE64_STD, f->arena, &decoded))
        decoded = text;
    digest = arena_alloc(f->arena, SHA256_LEN);
    sha256(digest, decoded);
    a->values = arena_alloc(f->arena, sizeof *a->values);
    *a->values = (struct accepted_value){slice_of(digest, SHA256_LEN), {0}, INT64_MIN, INT64_MAX};
    a->num = 1;
    a->what = &HOST_DATA;
    p->values.num++;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(word, *words) != 0)
        words++;
    return *words != NULL;
}

static void parse_words(struct fields *f, struct snp_policy *p)
{
    static const char *const products[] = {"Milan", "Genoa", "Turin", NULL}, *const keys[] = {"VCEK", "VLEK", NULL};

    p->products = field_strs(f, "Products", &p->num_products);
    for (size_t i = 0; i < p->num_products; i++)
        if (!is_one_of(p->products[i], products))
            (void)field_fault(f, "Products", "expected Milan, Genoa or Turin, found \"%s\"",
                              text_shown(f->arena, slice_str(p->products[i])));
    p->signing_key = field_str(f, "SigningKey");
    if (p->signing_key != NULL && !is_one_of(p->signing_key, keys))
        (void)field_fault(f, "SigningKey", "expected VCEK or VLEK, found \"%s\"",
                          text_shown(f->arena, slice_str(p->signing_key)));
}

bool snp_policy_parse(struct fields *f, struct snp_policy *out)
{
    static const char *const known[] = {"Measurement", "HostData",   "CCEPolicy", "IDKeyDigest", "AuthorKeyDigest",
                                        "FamilyID",    "ImageID",    "Policy",    "Platform",    "MinimumTCB",
                                        "MinimumGuestSVN", "VMPL",   "Products",  "SigningKey",  NULL};
    struct snp_policy p = {0};
    struct fields g;

    p.given = section_open(f, "SNP", &g);
    if (!p.given) {
        const struct policy_bit *migration = &GUEST_BITS[1];

        demand(&p.guest, migration, migration->if_silent);
        *out = p;
        return fields_done(f);
    }
    (void)accepted_list_parse(&g, SNP_VALUES, sizeof SNP_VALUES / sizeof SNP_VALUES[0], &p.values);
    parse_cce_policy(&g, &p);
    parse_bits(&g, "Policy", GUEST_BITS, NUM_GUEST_BITS, &p.guest, &p.minimum_abi);
    parse_bits(&g, "Platform", PLATFORM_BITS, NUM_PLATFORM_BITS, &p.platform, NULL);
    parse_minimum(&g, &p);
    p.minimum_guest_svn = field_uint(&g, "MinimumGuestSVN", UINT32_MAX);
    p.vmpl = field_uint(&g, "VMPL", 3);
    parse_words(&g, &p);
    fields_only(&g, known);
    f->bad |= g.bad;
    *out = p;
    return fields_done(f);
}

/* ---- matching --------------------------------------------------------------------------------- */

static bool match_bits(const char *name, const struct policy_bit *table, size_t num, const struct demanded_bits *d,
                       uint64_t found, struct err *err)
{
    for (size_t i = 0; i < num; i++) {
        const uint64_t bit = UINT64_C(1) << table[i].bit;

        if ((d->must_be_set & bit & ~found) != 0 || (d->must_be_clear & bit & found) != 0)
            return err_set(err, E_TEE_ATTRIBUTES, "SNP %s: bit %u (%s): expected %d, found %d", name, table[i].bit,
                           table[i].name, (d->must_be_set & bit) != 0, (found & bit) != 0);
    }
    return true;
}

static bool match_component(const char *which, const char *name, unsigned least, unsigned found, struct err *err)
{
    return found >= least || err_set(err, E_TCB_MINIMUM, "SNP %s TCB: %s: expected at least %u, found %u", which, name,
                                     least, found);
}

static bool match_tcb(const struct snp_policy *p, const char *which, const struct snp_tcb *t, struct err *err)
{
    const struct snp_tcb *m = &p->minimum;

    return (!p->has_minimum_fmc || !t->has_fmc || match_component(which, "FMC", m->fmc, t->fmc, err)) &&
           match_component(which, "BL", m->bl, t->bl, err) && match_component(which, "TEE", m->tee, t->tee, err) &&
           match_component(which, "SNP", m->snp, t->snp, err) &&
           match_component(which, "Ucode", m->ucode, t->ucode, err);
}

static bool match_versions(const struct snp_policy *p, const struct snp_claims *s, struct err *err)
{
    enum { ABI_MASK = 0xffff };

    if (s->guest_svn < p->minimum_guest_svn)
        return err_set(err, E_SECURITY_VERSION, "SNP guest SVN: expected at least %llu, found %u",
                       (unsigned long long)p->minimum_guest_svn, s->guest_svn);
    if ((s->policy & ABI_MASK) < p->minimum_abi)
        return err_set(err, E_TEE_ATTRIBUTES, "SNP policy: minimum ABI: expected at least %u.%u, found %u.%u",
                       p->minimum_abi >> 8, p->minimum_abi & 255u, (unsigned)(s->policy >> 8 & 255u),
                       (unsigned)(s->policy & 255u));
    return match_tcb(p, "reported", &s->reported, err) && match_tcb(p, "committed", &s->committed, err) &&
           match_tcb(p, "launch", &s->launch, err);
}

static bool match_origin(const struct snp_policy *p, const struct snp_claims *s, struct err *err)
{
    bool listed = p->num_products == 0;

    for (size_t i = 0; i < p->num_products; i++)
        listed |= strcmp(p->products[i], s->product) == 0;
    if (!listed)
        return err_set(err, E_PRODUCT_LINE, "SNP product line: %s is none of the %zu accepted ones", s->product,
                       p->num_products);
    return p->signing_key == NULL || strcmp(p->signing_key, s->signing_key) == 0 ||
           err_set(err, E_PRODUCT_LINE, "SNP signing key: expected %s, found %s", p->signing_key, s->signing_key);
}

bool snp_policy_match(const struct snp_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    const struct snp_claims *s = &c->snp;

    if (s->vmpl != p->vmpl)
        return err_set(err, E_VMPL, "SNP VMPL: expected %llu, found %u", (unsigned long long)p->vmpl, s->vmpl);
    return match_bits("policy", GUEST_BITS, NUM_GUEST_BITS, &p->guest, s->policy, err) &&
           match_bits("platform info", PLATFORM_BITS, NUM_PLATFORM_BITS, &p->platform, s->platform_info, err) &&
           match_origin(p, s, err) && match_versions(p, s, err) &&
           accepted_list_match(&p->values, c, now, err);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_bits(struct buf *b, const char *name, const struct policy_bit *table, size_t num,
                     const struct demanded_bits *d)
{
    json_put_name(b, name);
    buf_str(b, "{");
    for (size_t i = 0; i < num; i++) {
        const uint64_t bit = UINT64_C(1) << table[i].bit;
        const enum demand found = (d->must_be_set & bit) != 0     ? MUST_BE_SET
                                  : (d->must_be_clear & bit) != 0 ? MUST_BE_CLEAR
                                                                  : ANY;

        if (found == table[i].if_silent)
            continue;
        json_put_name(b, table[i].name);
        buf_str(b, found == table[i].if_true ? "true" : "false");
    }
}

static void put_number(struct buf *b, const char *name, uint64_t n)
{
    json_put_name(b, name);
    buf_printf(b, "%llu", (unsigned long long)n);
}

static void put_minimum(struct buf *b, const struct snp_policy *p)
{
    json_put_name(b, "MinimumTCB");
    buf_str(b, "{");
    if (p->has_minimum_fmc)
        put_number(b, "FMC", p->minimum.fmc);
    put_number(b, "BL", p->minimum.bl);
    put_number(b, "TEE", p->minimum.tee);
    put_number(b, "SNP", p->minimum.snp);
    put_number(b, "Ucode", p->minimum.ucode);
    buf_str(b, "}");
}

void snp_policy_put(struct buf *b, const struct snp_policy *p)
{
    json_put_name(b, "SNP");
    buf_str(b, "{");
    accepted_list_put(b, &p->values);
    put_bits(b, "Policy", GUEST_BITS, NUM_GUEST_BITS, &p->guest);
    if (p->minimum_abi > 0) {
        json_put_name(b, "MinimumABI");
        buf_printf(b, "\"%u.%u\"", p->minimum_abi >> 8, p->minimum_abi & 255u);
    }
    buf_str(b, "}");
    put_bits(b, "Platform", PLATFORM_BITS, NUM_PLATFORM_BITS, &p->platform);
    buf_str(b, "}");
    put_minimum(b, p);
    put_number(b, "MinimumGuestSVN", p->minimum_guest_svn);
    put_number(b, "VMPL", p->vmpl);
    if (p->num_products > 0)
        policy_put_strings(b, "Products", p->products, p->num_products);
    if (p->signing_key != NULL) {
        json_put_name(b, "SigningKey");
        json_put_string(b, slice_str(p->signing_key));
    }
    buf_str(b, "}");
}
