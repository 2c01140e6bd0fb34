/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/policy_sections.h"

#include <stddef.h>

#include "base/text.h"

/* ---- lists of accepted values ------------------------------------------------------------------ */

bool accepted_list_parse(struct fields *f, const struct measured *table, size_t num, struct accepted_list *out)
{
    struct accepted_list l = {0};

    for (size_t i = 0; i < num; i++) {
        if (!field_present(f, table[i].name))
            continue;
        if (!accepted_parse(f, &table[i], &l.at[l.num++]))
            return false;
    }
    *out = l;
    return fields_done(f);
}

bool accepted_list_match(const struct accepted_list *l, const struct claims *c, int64_t now, struct err *err)
{
    for (size_t i = 0; i < l->num; i++)
        if (!accepted_match(&l->at[i], c, now, err))
            return false;
    return true;
}

const struct accepted *accepted_list_find(const struct accepted_list *l, const char *name)
{
    for (size_t i = 0; i < l->num; i++)
        if (strcmp(l->at[i].what->name, name) == 0)
            return &l->at[i];
    return NULL;
}

void accepted_list_put(struct buf *b, const struct accepted_list *l)
{
    for (size_t i = 0; i < l->num; i++)
        accepted_put(b, &l->at[i]);
}

bool section_open(struct fields *f, const char *name, struct fields *section)
{
    const json_t *object = field_object(f, name);

    if (object == NULL)
        return false;
    *section = fields_of(object, field_path(f, name), f->names, f->code, f->arena, f->err);
    return true;
}

/* Ends the reading of a section: no member but those of the table and of `more`, and the fault is the whole's. */
static bool section_done(struct fields *f, struct fields *section, const char *const *known)
{
    fields_only(section, known);
    f->bad |= section->bad;
    return !f->bad;
}

/* ---- TDX ---------------------------------------------------------------------------------------- */

#define TDX_AT(member) offsetof(struct claims, tdx.member)
static const struct measured TDX_VALUES[] = {
    {"MRTD", 48, E_MEASUREMENT, TDX_AT(mr_td)},
    {"RTMR0", 48, E_RUNTIME_MEASUREMENT, TDX_AT(rtmr[0])},
    {"RTMR1", 48, E_RUNTIME_MEASUREMENT, TDX_AT(rtmr[1])},
    {"RTMR2", 48, E_RUNTIME_MEASUREMENT, TDX_AT(rtmr[2])},
    {"RTMR3", 48, E_RUNTIME_MEASUREMENT, TDX_AT(rtmr[3])},
    {"MRSEAM", 48, E_MEASUREMENT, TDX_AT(mr_seam)},
    {"MRCONFIGID", 48, E_MEASUREMENT, TDX_AT(mr_config_id)},
    {"MROWNER", 48, E_MEASUREMENT, TDX_AT(mr_owner)},
    {"MROWNERCONFIG", 48, E_MEASUREMENT, TDX_AT(mr_owner_config)},
    {"MRSERVICETD", 48, E_MEASUREMENT, TDX_AT(mr_service_td)},
    {"TDAttributes", 8, E_TEE_ATTRIBUTES, TDX_AT(td_attributes)},
    {"XFAM", 8, E_TEE_ATTRIBUTES, TDX_AT(xfam)},
};
static const char *const TDX_KNOWN[] = {"MRTD",       "RTMR0",   "RTMR1",         "RTMR2",       "RTMR3",        "MRSEAM",
                                        "MRCONFIGID", "MROWNER", "MROWNERCONFIG", "MRSERVICETD", "TDAttributes", "XFAM",
                                        NULL};

bool tdx_policy_parse(struct fields *f, struct tdx_policy *out)
{
    struct fields g;
    struct tdx_policy p = {.given = true};

    if (!section_open(f, "TDX", &g))
        return fields_done(f);
    (void)accepted_list_parse(&g, TDX_VALUES, sizeof TDX_VALUES / sizeof TDX_VALUES[0], &p.values);
    *out = p;
    return section_done(f, &g, TDX_KNOWN);
}

/* A service TD may read and change the TD's state: none is accepted that the policy does not name. */
bool tdx_policy_match(const struct tdx_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    if (accepted_list_find(&p->values, "MRSERVICETD") == NULL && !slice_is_zero(c->tdx.mr_service_td))
        return err_set(err, E_MEASUREMENT, "MRSERVICETD: the TD is bound to a service TD, and the policy names none");
    return accepted_list_match(&p->values, c, now, err);
}

/* ---- UVM endorsement ----------------------------------------------------------------------------- */

bool uvm_policy_parse(struct fields *f, struct uvm_policy *out)
{
    static const char *const known[] = {"Issuers", "Feed", "MinimumSVN", NULL};
    struct fields g;
    struct uvm_policy p = {.given = true};

    if (!section_open(f, "UVM", &g))
        return fields_done(f);
    p.issuers = field_strs(&g, "Issuers", &p.num_issuers);
    p.feed = field_str(&g, "Feed");
    p.minimum_svn = field_uint(&g, "MinimumSVN", UINT64_MAX);
    *out = p;
    return section_done(f, &g, known);
}

static bool match_issuer(const struct uvm_policy *p, const struct uvm_claims *u, struct err *err)
{
    for (size_t i = 0; i < p->num_issuers; i++)
        if (strcmp(p->issuers[i], u->did) == 0)
            return true;
    return err_set(err, E_UVM, "UVM endorsement: its issuer %s is none of the %zu accepted ones", u->did,
                   p->num_issuers);
}

bool uvm_policy_match(const struct uvm_policy *p, const struct claims *c, struct err *err)
{
    const struct uvm_claims *u = &c->uvm;

    if (!u->there)
        return err_set(err, E_UVM, "UVM endorsement: the policy demands one, and the evidence has none");
    if (!match_issuer(p, u, err))
        return false;
    if (p->feed != NULL && strcmp(p->feed, u->feed) != 0)
        return err_set(err, E_UVM, "UVM endorsement: feed: expected \"%s\", found \"%s\"", p->feed, u->feed);
    return u->svn_number >= p->minimum_svn ||
           err_set(err, E_UVM, "UVM endorsement: SVN: expected at least %llu, found %llu",
                   (unsigned long long)p->minimum_svn, (unsigned long long)u->svn_number);
}

static void uvm_policy_put(struct buf *b, const struct uvm_policy *p)
{
    json_put_name(b, "UVM");
    buf_printf(b, "{\"MinimumSVN\":%llu", (unsigned long long)p->minimum_svn);
    policy_put_strings(b, "Issuers", p->issuers, p->num_issuers);
    if (p->feed != NULL) {
        json_put_name(b, "Feed");
        json_put_string(b, slice_str(p->feed));
    }
    buf_str(b, "}");
}

/* ---- PCRs of a vTPM and of Nitro ------------------------------------------------------------------- */

#define PCR(n, len, member) {#n, len, E_RUNTIME_MEASUREMENT, offsetof(struct claims, member[n])}
#define PCRS_8(n, len, member)                                                                               \
    PCR(n##0, len, member), PCR(n##1, len, member), PCR(n##2, len, member), PCR(n##3, len, member),          \
        PCR(n##4, len, member), PCR(n##5, len, member), PCR(n##6, len, member), PCR(n##7, len, member)

static const struct measured VTPM_PCRS[] = {
    PCR(0, 32, vtpm.pcrs),  PCR(1, 32, vtpm.pcrs),  PCR(2, 32, vtpm.pcrs),  PCR(3, 32, vtpm.pcrs),
    PCR(4, 32, vtpm.pcrs),  PCR(5, 32, vtpm.pcrs),  PCR(6, 32, vtpm.pcrs),  PCR(7, 32, vtpm.pcrs),
    PCR(8, 32, vtpm.pcrs),  PCR(9, 32, vtpm.pcrs),  PCRS_8(1, 32, vtpm.pcrs), PCR(18, 32, vtpm.pcrs),
    PCR(19, 32, vtpm.pcrs), PCR(20, 32, vtpm.pcrs), PCR(21, 32, vtpm.pcrs), PCR(22, 32, vtpm.pcrs),
    PCR(23, 32, vtpm.pcrs),
};
static const struct measured NITRO_PCRS[] = {
    PCR(0, 48, nitro.pcrs),    PCR(1, 48, nitro.pcrs),  PCR(2, 48, nitro.pcrs),    PCR(3, 48, nitro.pcrs),
    PCR(4, 48, nitro.pcrs),    PCR(5, 48, nitro.pcrs),  PCR(6, 48, nitro.pcrs),    PCR(7, 48, nitro.pcrs),
    PCR(8, 48, nitro.pcrs),    PCR(9, 48, nitro.pcrs),  PCRS_8(1, 48, nitro.pcrs), PCR(18, 48, nitro.pcrs),
    PCR(19, 48, nitro.pcrs),   PCRS_8(2, 48, nitro.pcrs), PCR(28, 48, nitro.pcrs), PCR(29, 48, nitro.pcrs),
    PCR(30, 48, nitro.pcrs),   PCR(31, 48, nitro.pcrs),
};
_Static_assert(sizeof NITRO_PCRS / sizeof NITRO_PCRS[0] == 32 && sizeof VTPM_PCRS / sizeof VTPM_PCRS[0] == 24,
               "all PCRs are there");

/* The member PCRs: an object whose members are numbers of the table. */
static bool parse_pcrs(struct fields *f, const struct measured *table, size_t num, struct accepted_list *out)
{
    static const char *const known[] = {"PCRs", NULL};
    const char *numbers[MAX_MEASURED + 1] = {0};
    struct fields g;

    for (size_t i = 0; i < num; i++)
        numbers[i] = table[i].name;
    if (section_open(f, "PCRs", &g)) {
        (void)accepted_list_parse(&g, table, num, out);
        (void)section_done(f, &g, numbers);
    }
    fields_only(f, known);
    return fields_done(f);
}

bool vtpm_policy_parse(struct fields *f, struct vtpm_policy *out)
{
    struct fields g;

    if (!section_open(f, "VTPM", &g))
        return fields_done(f);
    out->given = true;
    f->bad |= !parse_pcrs(&g, VTPM_PCRS, sizeof VTPM_PCRS / sizeof VTPM_PCRS[0], &out->pcrs);
    return fields_done(f);
}

bool nitro_policy_parse(struct fields *f, struct nitro_policy *out)
{
    struct fields g;

    if (!section_open(f, "Nitro", &g))
        return fields_done(f);
    out->given = true;
    f->bad |= !parse_pcrs(&g, NITRO_PCRS, sizeof NITRO_PCRS / sizeof NITRO_PCRS[0], &out->pcrs);
    return fields_done(f);
}

bool vtpm_policy_match(const struct vtpm_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    if (!c->vtpm.quoted)
        return err_set(err, E_RUNTIME_MEASUREMENT, "VTPM: the policy demands PCRs, and no vTPM quote is there");
    return accepted_list_match(&p->pcrs, c, now, err) || err_in(err, "VTPM PCR");
}

bool nitro_policy_match(const struct nitro_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    return accepted_list_match(&p->pcrs, c, now, err) || err_in(err, "Nitro PCR");
}

static void put_pcrs(struct buf *b, const char *section, const struct accepted_list *l)
{
    json_put_name(b, section);
    buf_str(b, "{\"PCRs\":{");
    accepted_list_put(b, l);
    buf_str(b, "}}");
}

/* ---- all together -------------------------------------------------------------------------------- */

static bool check_snp(const struct package_policy *p, struct err *err)
{
    const struct accepted_list *l = &p->snp.values;

    return !p->snp.given || p->uvm.given || accepted_list_find(l, "Measurement") != NULL ||
           accepted_list_find(l, "IDKeyDigest") != NULL || accepted_list_find(l, "AuthorKeyDigest") != NULL ||
           err_set(err, E_PACKAGE_INCOMPLETE,
                   "SNP: expected Measurement, IDKeyDigest or AuthorKeyDigest, or a UVM section beside it, found none");
}

bool sections_check(const struct package_policy *p, struct err *err)
{
    if (p->tdx.given && accepted_list_find(&p->tdx.values, "MRTD") == NULL)
        return err_set(err, E_PACKAGE_INCOMPLETE, "TDX: MRTD is missing, without which any TD would do");
    if (!check_snp(p, err))
        return false;
    if (p->uvm.given && p->uvm.num_issuers == 0)
        return err_set(err, E_PACKAGE_INCOMPLETE, "UVM: Issuers is missing: whose endorsement is accepted?");
    if (p->vtpm.given && p->vtpm.pcrs.num == 0)
        return err_set(err, E_PACKAGE_INCOMPLETE, "VTPM: PCRs is missing, without which any guest would do");
    return !p->nitro.given || p->nitro.pcrs.num > 0 ||
           err_set(err, E_PACKAGE_INCOMPLETE, "Nitro: PCRs is missing, without which any enclave would do");
}

static bool match_vtpm(const struct package_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    if (p->vtpm.given)
        return vtpm_policy_match(&p->vtpm, c, now, err);
    return !c->vtpm.there ||
           err_set(err, E_TEE_KIND,
                   "the evidence is of a VM behind a paravisor, whose measurement says nothing of the guest: "
                   "expected PCRs of its vTPM in the policy's section VTPM");
}

bool sections_match(const struct package_policy *p, const struct claims *c, int64_t now, struct err *err)
{
    switch (c->tee) {
    case TEE_TDX:
        return tdx_policy_match(&p->tdx, c, now, err) && match_vtpm(p, c, now, err);
    case TEE_SNP:
        return (!p->uvm.given || uvm_policy_match(&p->uvm, c, err)) && snp_policy_match(&p->snp, c, now, err) &&
               match_vtpm(p, c, now, err);
    case TEE_NITRO:
        return nitro_policy_match(&p->nitro, c, now, err);
    case TEE_SGX:
    case TEE_NONE:
        break;
    }
    return true;
}

void sections_put(struct buf *b, const struct package_policy *p)
{
    if (p->tdx.given) {
        json_put_name(b, "TDX");
        buf_str(b, "{");
        accepted_list_put(b, &p->tdx.values);
        buf_str(b, "}");
    }
    if (p->snp.given)
        snp_policy_put(b, &p->snp);
    if (p->uvm.given)
        uvm_policy_put(b, &p->uvm);
    if (p->vtpm.given)
        put_pcrs(b, "VTPM", &p->vtpm.pcrs);
    if (p->nitro.given)
        put_pcrs(b, "Nitro", &p->nitro.pcrs);
}
