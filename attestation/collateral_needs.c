/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collateral.h"

#include "attestation/certificate_evidence.h"
#include "attestation/hcl_report.h"
#include "attestation/pck.h"
#include "attestation/snp_report.h"
#include "base/limits.h"
#include "base/text.h"

#define SGX_V4 "/sgx/certification/v4"
#define TDX_V4 "/tdx/certification/v4"

/* ---- from a name to a request --------------------------------------------------------------------- */

/* A name's words between slashes, and what follows "@". */
struct name {
    char *words[4];
    size_t num;
    bool early;
};

static bool is_plain(const char *s)
{
    return *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] == '\0';
}

static bool name_split(const char *name, struct arena *a, struct name *out)
{
    char *copy = arena_strdup(a, name), *at = strchr(copy, '@');
    struct slice *pieces;
    struct name n = {.early = at != NULL && strcmp(at, "@early") == 0};

    if (at != NULL && !n.early)
        return false;
    if (at != NULL)
        *at = '\0';
    n.num = text_split(a, slice_str(copy), '/', &pieces);
    if (n.num > 4)
        return false;
    for (size_t i = 0; i < n.num; i++) {
        n.words[i] = arena_strndup(a, pieces[i]);
        if (!is_plain(n.words[i]))
            return false;
    }
    *out = n;
    return true;
}

static bool is_hex(const char *s, size_t len) { return strlen(s) == 2 * len && s[strspn(s, "0123456789abcdef")] == '\0'; }
static bool is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static bool is_product(const char *s) { return is(s, "Milan") || is(s, "Genoa") || is(s, "Turin"); }

static const char *tee_path(const char *tee) { return is(tee, "tdx") ? TDX_V4 : SGX_V4; }

static bool need_intel(const struct name *n, struct arena *a, struct collateral_need *out)
{
    const char *update = n->early ? "update=early" : "";

    out->service = SERVICE_INTEL;
    if (n->num >= 2)
        out->tdx = is(n->words[1], "tdx");
    if (is(n->words[0], "tcb") && n->num == 3 && (out->tdx || is(n->words[1], "sgx")) && is_hex(n->words[2], 6)) {
        out->kind = COLLATERAL_TCB_INFO;
        out->path = arena_printf(a, "%s/tcb?fmspc=%s%s%s", tee_path(n->words[1]), n->words[2], n->early ? "&" : "", update);
        out->chain_header = "tcb-info-issuer-chain";
        out->max = LIMIT_COLLATERAL_JSON;
        out->about = n->words[2];
        return true;
    }
    if (is(n->words[0], "qe") && n->num == 2 && (out->tdx || is(n->words[1], "sgx"))) {
        out->kind = COLLATERAL_QE_IDENTITY;
        out->path = arena_printf(a, "%s/qe/identity%s%s", tee_path(n->words[1]), n->early ? "?" : "", update);
        out->chain_header = "sgx-enclave-identity-issuer-chain";
        out->max = LIMIT_COLLATERAL_JSON;
        return true;
    }
    if (is(n->words[0], "pckcrl") && n->num == 2 && (is(n->words[1], "platform") || is(n->words[1], "processor"))) {
        out->kind = COLLATERAL_PCK_CRL;
        out->path = arena_printf(a, SGX_V4 "/pckcrl?ca=%s&encoding=der", n->words[1]);
        out->chain_header = "sgx-pck-crl-issuer-chain";
        out->max = LIMIT_CRL;
        out->about = n->words[1];
        return true;
    }
    if (!is(n->words[0], "rootcacrl") || n->num != 1)
        return false;
    out->kind = COLLATERAL_ROOT_CA_CRL;
    out->path = SGX_V4 "/rootcacrl";
    out->other_url = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";
    out->max = LIMIT_CRL;
    return true;
}

/* Security patch levels as in the name: "bl-tee-snp-ucode", of Turin "fmc-bl-tee-snp-ucode". */
static bool vcek_query(const struct name *n, struct arena *a, const char **query)
{
    static const char *const names[] = {"fmcSPL", "blSPL", "teeSPL", "snpSPL", "ucodeSPL"};
    const bool turin = is(n->words[1], "Turin");
    struct slice *parts;
    const size_t num = text_split(a, slice_str(n->words[3]), '-', &parts), first = turin ? 0 : 1;
    const char *text = "";
    uint64_t level;

    if (num != 5 - first)
        return false;
    for (size_t i = 0; i < num; i++) {
        if (!decimal_decode(parts[i], UINT8_MAX, &level))
            return false;
        text = arena_printf(a, "%s%s%s=%02u", text, i == 0 ? "?" : "&", names[first + i], (unsigned)level);
    }
    *query = text;
    return true;
}

static bool need_vcek(const struct name *n, struct arena *a, struct collateral_need *out)
{
    const char *query;

    if (n->num != 4 || !is_product(n->words[1]) || !is_hex(n->words[2], is(n->words[1], "Turin") ? 8 : 64) ||
        !vcek_query(n, a, &query))
        return false;
    out->kind = COLLATERAL_VEK;
    out->issuers = arena_printf(a, "vcek-chain/%s", n->words[1]);
    out->path = arena_printf(a, "/vcek/v1/%s/%s%s", n->words[1], n->words[2], query);
    out->max = LIMIT_CERTIFICATE;
    return true;
}

static bool need_amd(const struct name *n, struct arena *a, struct collateral_need *out)
{
    const char *dash = strchr(n->words[0], '-');
    const char *key = strncmp(n->words[0], "vlek", 4) == 0 ? "vlek" : "vcek";

    out->service = SERVICE_AMD;
    out->vlek = is(key, "vlek");
    out->about = n->num >= 2 ? n->words[1] : NULL;
    if (is(n->words[0], "vcek"))
        return need_vcek(n, a, out);
    if (n->num != 2 || dash == NULL || strncmp(n->words[0], key, 4) != 0 || dash != n->words[0] + 4 ||
        !is_product(n->words[1]))
        return false;
    if (is(dash, "-chain")) {
        out->kind = COLLATERAL_VEK_CHAIN;
        out->path = arena_printf(a, "/%s/v1/%s/cert_chain", key, n->words[1]);
        out->max = LIMIT_COLLATERAL_CHAIN;
        return true;
    }
    out->kind = COLLATERAL_VEK_CRL;
    out->path = arena_printf(a, "/%s/v1/%s/crl", key, n->words[1]);
    out->max = LIMIT_CRL;
    out->optional = true;
    return is(dash, "-crl");
}

bool collateral_need_named(const char *name, struct arena *a, struct collateral_need *out, struct err *err)
{
    struct collateral_need need = {.name = arena_strdup(a, name)}, other = need;
    struct name n;

    if (!name_split(name, a, &n))
        return err_set(err, E_COLLATERAL_FORMAT, "\"%s\" is not the name of an item of collateral",
                       text_shown(a, slice_str(name)));
    if (need_intel(&n, a, &need)) {
        *out = need;
        return true;
    }
    if (!n.early && need_amd(&n, a, &other)) {
        *out = other;
        return true;
    }
    return err_set(err, E_COLLATERAL_FORMAT, "\"%s\" is not the name of an item of collateral",
                   text_shown(a, slice_str(name)));
}

bool tcb_update_named(const char *name, enum tcb_update *out)
{
    *out = is(name, "early") ? UPDATE_EARLY : UPDATE_STANDARD;
    return is(name, "early") || is(name, "standard");
}

/* ---- from evidence to names ----------------------------------------------------------------------- */

static bool add(struct collateral_needs *needs, const char *name, struct arena *a, struct err *err)
{
    return collateral_need_named(name, a, &needs->at[needs->num++], err);
}

static bool needs_of_quote(struct slice evidence, enum tcb_update update, struct arena *a,
                           struct collateral_needs *out, struct err *err)
{
    static const struct collateral nothing = {0};
    const char *suffix = update == UPDATE_EARLY ? "@early" : "";
    struct pck_platform platform;
    struct pck_chain chain;
    struct dcap_quote q;
    struct slice quote;
    const char *tee;

    if (!evidence_unwrap(evidence, &quote, err) || !dcap_quote_parse(quote, &q, err) ||
        !pck_chain_of(&q, &nothing, a, &chain, err) || !pck_platform_parse(&chain.leaf, &platform, err))
        return false;
    tee = q.tee == TEE_TDX ? "tdx" : "sgx";
    return add(out, arena_printf(a, "tcb/%s/%s%s", tee, hex_text(a, platform.fmspc), suffix), a, err) &&
           add(out, arena_printf(a, "qe/%s%s", tee, suffix), a, err) &&
           add(out, arena_printf(a, "pckcrl/%s", pck_ca_name(&chain)), a, err) && add(out, "rootcacrl", a, err);
}

/* "vcek/PRODUCT/HWID/SPLS"; Turin has a level more and a shorter id. */
static const char *vcek_name(const struct snp_claims *s, const char *product, struct arena *a)
{
    const struct snp_tcb t = snp_tcb_parts(s->reported_tcb, product);
    const struct slice id = slice_of(s->chip_id.ptr, snp_is_turin(product) ? SNP_TURIN_HWID_LEN : SNP_CHIP_ID_LEN);

    return arena_printf(a, "vcek/%s/%s/%s%u-%u-%u-%u", product, hex_text(a, id),
                        t.has_fmc ? arena_printf(a, "%u-", t.fmc) : "", t.bl, t.tee, t.snp, t.ucode);
}

/* Version 2 of the report does not name the product: then it is Turin by the form of its chip id, or Milan, the
 * only one whose firmware wrote that version. */
static const char *product_by_form(const struct snp_claims *s)
{
    const struct slice rest = slice_of(s->chip_id.ptr + SNP_TURIN_HWID_LEN, SNP_CHIP_ID_LEN - SNP_TURIN_HWID_LEN);

    return slice_is_zero(rest) && !slice_is_zero(s->chip_id) ? "Turin" : "Milan";
}

static bool needs_of_report(const struct evidence *e, struct slice bytes, struct arena *a, struct collateral_needs *out,
                            struct err *err)
{
    const bool has_vek = e->vek.len > 0 || e->thim_json.len > 0;
    const bool has_chain = e->vek_chain.len > 0 || e->thim_json.len > 0;
    struct snp_report r;
    const char *product, *key;

    if (!snp_report_parse(bytes, &r, err) || !snp_report_product(&r, &product, err))
        return false;
    if (product == NULL)
        product = product_by_form(&r.says);
    key = is(r.says.signing_key, "VLEK") ? "vlek" : "vcek";
    if (!has_vek && is(key, "vlek"))
        return err_set(err, E_COLLATERAL_MISSING,
                       "the report is signed with a VLEK, whose certificate only the host has: the evidence must carry it");
    return (has_chain || add(out, arena_printf(a, "%s-chain/%s", key, product), a, err)) &&
           (has_vek || add(out, vcek_name(&r.says, product, a), a, err)) &&
           add(out, arena_printf(a, "%s-crl/%s", key, product), a, err);
}

static bool needs_of_azure(const struct evidence *e, enum tcb_update update, struct arena *a,
                           struct collateral_needs *out, struct err *err)
{
    struct hcl_report h;

    if (!hcl_report_parse(e->hcl_report, &h, err))
        return false;
    return h.hardware == HCL_SNP ? needs_of_report(e, h.report, a, out, err)
                                 : needs_of_quote(e->quote, update, a, out, err);
}

/* Whether the certificate is valid now is for the appraisal. */
static bool needs_of_certificate(const struct evidence *e, enum tcb_update update, struct arena *a,
                                 struct collateral_needs *out, struct err *err)
{
    struct certificate_evidence inner;
    struct cert c;

    return cert_parse(e->certificate, a, &c, err) &&
           certificate_evidence_find(&c, FRAMINGS_USUAL | FRAMING_GRAMINE_LEGACY, a, &inner, err) &&
           needs_of_quote(inner.evidence, update, a, out, err);
}

bool collateral_needs_of(const struct evidence *e, enum tcb_update update, struct arena *a,
                         struct collateral_needs *out, struct err *err)
{
    struct collateral_needs needs = {0};
    bool ok = true;

    switch (e->kind) {
    case EVIDENCE_DCAP:
        ok = needs_of_quote(e->quote, update, a, &needs, err);
        break;
    case EVIDENCE_SNP:
        ok = needs_of_report(e, e->report, a, &needs, err);
        break;
    case EVIDENCE_AZURE:
        ok = needs_of_azure(e, update, a, &needs, err);
        break;
    case EVIDENCE_CERTIFICATE:
        ok = needs_of_certificate(e, update, a, &needs, err);
        break;
    case EVIDENCE_NITRO: /* documents carry all of it */
        break;
    case EVIDENCE_UNKNOWN:
        ok = err_set(err, E_EVIDENCE_FORMAT, "the evidence is of no kind that is known");
        break;
    }
    if (ok)
        *out = needs;
    return ok;
}

/* ---- from items to where they are looked for --------------------------------------------------------- */

/* Where an item's body and chain stand in struct collateral. */
static const struct place {
    size_t body, chain; /* 0 of chain: it has none */
    bool has_chain;
} places[] = {
    [COLLATERAL_TCB_INFO] = {offsetof(struct collateral, tcb_info), offsetof(struct collateral, tcb_issuer_chain), true},
    [COLLATERAL_QE_IDENTITY] = {offsetof(struct collateral, qe_identity), offsetof(struct collateral, qe_issuer_chain),
                                true},
    [COLLATERAL_PCK_CRL] = {offsetof(struct collateral, pck_crl), offsetof(struct collateral, pck_crl_issuer_chain), true},
    [COLLATERAL_ROOT_CA_CRL] = {offsetof(struct collateral, root_ca_crl), 0, false},
    [COLLATERAL_VEK] = {offsetof(struct collateral, vek), 0, false},
    [COLLATERAL_VEK_CHAIN] = {offsetof(struct collateral, vek_chain), 0, false},
    [COLLATERAL_VEK_CRL] = {offsetof(struct collateral, vek_crl), 0, false},
};

static struct slice *at(struct collateral *c, size_t offset) { return (struct slice *)(void *)((char *)c + offset); }

static void put(const struct collateral_need *need, const struct collateral_item *item, struct collateral *c)
{
    const struct place *p = &places[need->kind];

    *at(c, p->body) = item->body;
    if (p->has_chain)
        *at(c, p->chain) = item->chain;
}

struct collateral_items collateral_items_of(const struct collateral_needs *needs, const struct collateral *c,
                                            const char *source, int64_t now, struct arena *a)
{
    struct collateral_items items = {arena_array(a, needs->num, sizeof *items.at), 0};
    struct collateral copy = *c;

    for (size_t i = 0; i < needs->num; i++) {
        const struct place *p = &places[needs->at[i].kind];
        struct collateral_item *item = &items.at[items.num];

        *item = (struct collateral_item){.name = needs->at[i].name,
                                         .body = *at(&copy, p->body),
                                         .chain = p->has_chain ? *at(&copy, p->chain) : (struct slice){0},
                                         .source = source,
                                         .fetched = now,
                                         .expires = now};
        items.num += item->body.ptr != NULL; /* what is there may be empty */
    }
    collateral_sort(&items);
    return items;
}

const char *collateral_fill(const struct collateral_needs *needs, const struct collateral_items *items,
                            struct collateral *out)
{
    const char *missing = NULL;

    for (size_t i = 0; i < needs->num; i++) {
        const struct collateral_item *item = collateral_find(items, needs->at[i].name);

        if (item != NULL)
            put(&needs->at[i], item, out);
        else if (!needs->at[i].optional && missing == NULL)
            missing = needs->at[i].name;
    }
    return missing;
}

bool collateral_assemble(const struct collateral_needs *needs, const struct collateral_items *items,
                         struct collateral *out, struct err *err)
{
    struct collateral c = *out;
    const char *missing = collateral_fill(needs, items, &c);

    if (missing != NULL)
        return err_set(err, E_COLLATERAL_MISSING, "%s is needed to judge the evidence, and is not there", missing);
    *out = c;
    return true;
}

bool verdict_wants_collateral(const struct verdict *v)
{
    static const enum err_code codes[] = {E_CRL, E_VEK_CHAIN, E_COLLATERAL_FORMAT, E_COLLATERAL_MISSING,
                                          E_COLLATERAL_SIGNATURE};

    for (size_t i = 0; !v->genuine && i < sizeof codes / sizeof codes[0]; i++)
        if (v->reason.code == codes[i])
            return true;
    return false;
}

const char *collateral_missing(const struct evidence *e, const struct collateral *c, struct arena *a)
{
    struct collateral_items items;
    struct collateral_needs needs;
    struct err ignored;

    if (!collateral_needs_of(e, UPDATE_STANDARD, a, &needs, &ignored))
        return NULL;
    items = collateral_items_of(&needs, c, NULL, 0, a);
    for (size_t i = 0; i < needs.num; i++)
        if (!needs.at[i].optional && collateral_find(&items, needs.at[i].name) == NULL)
            return needs.at[i].name;
    return NULL;
}
