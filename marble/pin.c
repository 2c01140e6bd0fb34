/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/pin.h"

#include "attestation/collateral.h"
#include "attestation/collect.h"
#include "base/file.h"
#include "base/limits.h"
#include "pki/cert.h"
#include "pki/hash.h"

/* ---- the policy --------------------------------------------------------------------------------- */

/* Of the program that libmarble is linked into, if it has one. */
extern const char marble_coordinator_policy[] __attribute__((weak));

static const char *compiled_in(void)
{
    const char *const volatile text =
        marble_coordinator_policy; /* an array is never NULL, says the compiler */

    return text;
}

/* A coordinator's file may name UniqueID together with what its signer says, unlike a package; both have to
 * hold then. */
static bool check(const struct package_policy *p, struct arena *a, struct err *err)
{
    struct package_policy alone = *p;
    char *warning;

    if (p->unique_id != NULL && p->unique_id[0] != '\0') {
        alone.signer_id = NULL;
        alone.has_product_id = alone.has_security_version = false;
    }
    return policy_check(&alone, a, &warning, err);
}

static bool parse(struct slice text, struct arena *a, struct package_policy *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    const json_t *simulation;
    struct fields f;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_COORDINATOR_POLICY, &json, err))
        return false;
    simulation = trust_domain()->simulated ? json_object_get(json, "Simulation") : NULL;
    f = fields_of(simulation != NULL ? simulation : json, "$", JSON_FOLD, E_COORDINATOR_POLICY, a, err);
    return policy_parse(&f, out) && check(out, a, err);
}

static bool read_text(const char *file, struct arena *a, struct slice *text, const char **source,
                      struct err *err)
{
    const char *const own = compiled_in();

    *source = own != NULL ? "marble_coordinator_policy" : file;
    if (own != NULL && file != NULL)
        return err_set(
            err, E_COORDINATOR_POLICY,
            "this program has its policy compiled in; MESH_COORDINATOR_POLICY cannot give another");
    if (own == NULL)
        return file_read(file, LIMIT_COLLATERAL_JSON, a, text, err);
    *text = slice_str(own);
    return true;
}

bool pin_read(const char *file, struct arena *a, struct pin *out, struct err *err)
{
    struct pin pin = {.given = true};
    struct slice text;

    if (file == NULL && compiled_in() == NULL) {
        *out = (struct pin){0};
        return true;
    }
    if (!read_text(file, a, &text, &pin.source, err) || !parse(text, a, &pin.policy, err)) {
        (void)err_as(err, E_COORDINATOR_POLICY);
        return err_in(err, "the policy of the coordinator (%s)", pin.source);
    }
    *out = pin;
    return true;
}

/* ---- whether it is met -------------------------------------------------------------------------- */

/* Marbles and certificates of the manifest come from that root, too, by way of the intermediate. The root
 * itself certifies keys of the coordinator alone. */
static bool is_coordinators(const struct cert *shown, size_t num, const struct cert *root, struct err *err)
{
    struct err ignored;

    for (size_t i = 0; i < num; i++)
        if (slice_equal(shown[i].spki, shown[0].spki) && cert_signed_by(&shown[i], root, &ignored))
            return true;
    return err_set(err, E_CERT_CHAIN,
                   "its key is none that the root certified, as it does the coordinator's");
}

bool pin_check_chain(const struct slice *chain, size_t num_chain, struct slice root, int64_t now,
                     struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cert *shown = arena_array(&a, num_chain, sizeof *shown), anchor;

    for (size_t i = 0; i < num_chain; i++)
        if (!cert_parse(chain[i], &a, &shown[i], err))
            return err_in(err, "a certificate of the server");
    if (num_chain == 0)
        return err_set(err, E_CERT_CHAIN, "the server showed no certificate");
    return (cert_parse(root, &a, &anchor, err) &&
            chain_verify(&shown[0], shown + 1, num_chain - 1, &anchor, 1, now, err) &&
            is_coordinators(shown, num_chain, &anchor, err)) ||
           err_in(err, "the server's certificate does not come from the coordinator's root");
}

/* Of what came along, and of what the domain makes. What is missing is told if the appraisal stumbles over
 * it. */
static bool find_collateral(const struct evidence *e, const struct pin_question *q, struct arena *a,
                            struct collateral *out, struct err *err)
{
    const struct trust_domain *domain = trust_domain();
    struct collateral_items items;
    struct collateral_needs needs;

    if (q->reply->collateral.len > 0)
        return bundle_parse(q->reply->collateral, a, &items, err) &&
               collateral_needs_of(e, UPDATE_STANDARD, a, &needs, err) &&
               collateral_assemble(&needs, &items, out, err);
    if (domain->collateral != NULL)
        return domain->collateral(e, q->now, a, out, err);
    return err_set(err, E_COLLATERAL_MISSING, "the coordinator sent none along");
}

static bool appraise_it(const struct pin *pin, const struct pin_question *q, struct arena *a,
                        struct verdict *verdict, struct err *err)
{
    struct collateral collateral = {0};
    struct evidence evidence;
    struct err missing;
    bool have;

    if (q->reply->evidence.len == 0)
        return err_set(err, E_EVIDENCE_MISSING,
                       "it has no evidence of what it is, and %s demands evidence of it", pin->source);
    if (!evidence_decode(q->reply->evidence, &evidence, err))
        return false;
    have = find_collateral(&evidence, q, a, &collateral, &missing);
    appraise(&(struct appraisal){.evidence = &evidence,
                                 .collateral = &collateral,
                                 .roots = trust_domain()->roots(),
                                 .now = q->now,
                                 .grace = policy_grace(&pin->policy),
                                 .uvm_issuers = (const char *const *)pin->policy.uvm.issuers,
                                 .num_uvm_issuers = pin->policy.uvm.num_issuers},
             a, verdict);
    if (!verdict->genuine)
        *err = !have && verdict_wants_collateral(verdict) ? missing : verdict->reason;
    return verdict->genuine;
}

/* A debug coordinator is accepted if the policy says Debug; a production one always, as meshctl does. */
static bool match(const struct pin *pin, const struct verdict *verdict, struct slice report_data, int64_t now,
                  struct err *err)
{
    struct package_policy policy = pin->policy;

    if (policy_match(&policy, verdict, report_data, now, err))
        return true;
    if (err->code != E_DEBUG || !policy.debug)
        return false;
    policy.debug = false;
    return policy_match(&policy, verdict, report_data, now, err);
}

bool pin_verify(const struct pin *pin, const struct pin_question *q, struct err *err)
{
    const struct slice bound[] = {q->reply->root, q->nonce};
    scoped(arena_wipe) struct arena a = {0};
    uint8_t report_data[64] = {0};
    struct verdict verdict;

    sha256_of(report_data, bound, 2);
    return pin_check_chain(q->chain, q->num_chain, q->reply->root, q->now, err) &&
           appraise_it(pin, q, &a, &verdict, err) &&
           match(pin, &verdict, slice_of(report_data, sizeof report_data), q->now, err);
}
