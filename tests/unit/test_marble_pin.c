/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/pin.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "base/clock.h"
#include "base/file.h"
#include "pki/cert.h"
#include "pki/hash.h"

static struct arena a;
static struct err err;
static const char *file_name; /* tests run at the same time, each in a process of its own */

static void begin(void)
{
    pki_init();
    file_name = arena_printf(&a, "coordinator-policy-%d.json", (int)getpid());
}
static void end(void)
{
    (void)remove(file_name);
    arena_wipe(&a);
}

TestSuite(marble_pin, .init = begin, .fini = end);

/* ---- policies ----------------------------------------------------------------------------------- */

static bool read_policy(const char *text, struct pin *out)
{
    cr_assert(file_replace(file_name, slice_str(text), 0600, &err), "%s", err.text);
    return pin_read(file_name, &a, out, &err);
}

Test(marble_pin, demands_nothing_without_a_policy)
{
    struct pin pin = {.given = true};

    cr_assert(pin_read(NULL, &a, &pin, &err), "%s", err.text);
    cr_expect_not(pin.given);
}

Test(marble_pin, takes_what_counts_in_its_trust_domain)
{
    struct pin pin;

    cr_assert(read_policy("{\"UniqueID\": \"aa\", \"Simulation\": {\"UniqueID\": \"bb\"}}", &pin), "%s",
              err.text);
    cr_expect(pin.given);
    cr_expect_str_eq(pin.policy.unique_id, "bb");
    cr_assert(read_policy("{\"SignerID\": \"aa\", \"ProductID\": 1, \"SecurityVersion\": 2}", &pin), "%s",
              err.text);
    cr_expect_str_eq(pin.policy.signer_id, "aa");
    cr_assert(read_policy("{\"UniqueID\": \"aa\", \"SignerID\": \"bb\", \"ProductID\": 1}", &pin), "%s",
              err.text);
    cr_expect_str_eq(pin.policy.unique_id, "aa");
    cr_expect_str_eq(pin.policy.signer_id, "bb");
}

Test(marble_pin, refuses_what_is_no_policy)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "line 1"},
        {"[]", "expected an object"},
        {"{}", "UniqueID"},
        {"{\"UniqueID\": 1}", "$.UniqueID"},
        {"{\"UniqueID\": \"aa\", \"UniqueID\": \"bb\"}", "UniqueID"},
        {"{\"SignerID\": \"aa\"}", "ProductID"},
    };
    struct pin pin;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_not(read_policy(cases[i].text, &pin), "%s", cases[i].text);
        cr_expect_eq(err.code, E_COORDINATOR_POLICY, "%s", cases[i].text);
        cr_expect_not_null(
            strstr(err.text, arena_printf(&a, "the policy of the coordinator (%s): ", file_name)), "%s",
            err.text);
        cr_expect_not_null(strstr(err.text, cases[i].words), "%s: %s", cases[i].text, err.text);
    }
    cr_expect_not(pin_read("not there", &a, &pin, &err));
    cr_expect_eq(err.code, E_COORDINATOR_POLICY);
}

/* ---- a coordinator ------------------------------------------------------------------------------ */

static const char nonce_bytes[] = "0123456789abcdef0123456789abcdef";

/* A root, a server's certificate under it, and evidence of this program over root and nonce. */
struct coordinator {
    struct slice chain[2], root;
    struct mesh_challenge_reply reply;
};

static struct slice issue(const char *name, const struct key *key, const struct cert *issuer,
                          const struct key *issuer_key)
{
    const struct name_part subject = {OID_COMMON_NAME, name};
    const struct cert_spec spec = {.subject = &subject,
                                   .num_subject = 1,
                                   .not_before = clock_now() - 60,
                                   .not_after = clock_now() + 3600,
                                   .key_usage = KU_DIGITAL_SIGNATURE | KU_CERT_SIGN,
                                   .basic_constraints = true,
                                   .is_ca = true,
                                   .path_len = -1,
                                   .key_ids = true};
    struct slice der;

    cr_assert(cert_issue(&spec, key_spki(key, &a), issuer, issuer_key, &a, &der, &err), "%s", err.text);
    return der;
}

static struct slice evidence_over(struct slice root, struct slice nonce)
{
    const struct slice bound[] = {root, nonce};
    uint8_t report_data[64] = {0};
    const struct tee *tee;
    struct slice evidence;

    sha256_of(report_data, bound, 2);
    cr_assert(tee_here(&tee, &err) && tee->evidence(report_data, &a, &evidence, &err), "%s", err.text);
    return evidence_framed(evidence, &a);
}

static struct coordinator make(void)
{
    scoped(key_wipe) struct key root_key = {0}, server_key = {0};
    struct coordinator c = {0};
    struct cert root;

    cr_assert(key_generate(KEY_P256, &root_key, &err) && key_generate(KEY_P256, &server_key, &err));
    c.root = issue("Root", &root_key, NULL, &root_key);
    cr_assert(cert_parse(c.root, &a, &root, &err));
    c.chain[0] = issue("Server", &server_key, &root, &root_key);
    c.chain[1] = c.root;
    c.reply = (struct mesh_challenge_reply){.nonce = slice_str(nonce_bytes),
                                            .root = c.root,
                                            .evidence = evidence_over(c.root, slice_str(nonce_bytes))};
    return c;
}

static struct pin pin_of_this_program(void)
{
    struct pin pin = {.given = true, .source = file_name};

    cr_assert(trust_domain()->package_info("/proc/self/exe", &a, &pin.policy, &err), "%s", err.text);
    pin.policy.signer_id = NULL;
    pin.policy.has_product_id = pin.policy.has_security_version = false;
    return pin;
}

static bool verify(const struct pin *pin, const struct coordinator *c)
{
    const struct pin_question q = {.chain = c->chain,
                                   .num_chain = 2,
                                   .nonce = slice_str(nonce_bytes),
                                   .reply = &c->reply,
                                   .now = clock_now()};

    return pin_verify(pin, &q, &err);
}

static void expect_refusal(const struct pin *pin, const struct coordinator *c, enum err_code code)
{
    cr_assert_not(verify(pin, c));
    cr_expect_eq(err.code, code, "expected %s, found %s: %s", reason_of(code)->name,
                 reason_of(err.code)->name, err.text);
}

Test(marble_pin, accepts_the_coordinator_that_it_names)
{
    const struct pin pin = pin_of_this_program();
    const struct coordinator c = make();

    cr_expect(verify(&pin, &c), "%s", err.text);
}

Test(marble_pin, refuses_another_program)
{
    struct pin pin = pin_of_this_program();
    const struct coordinator c = make();

    pin.policy.unique_id = "0000000000000000000000000000000000000000000000000000000000000000";
    expect_refusal(&pin, &c, E_UNIQUE_ID);
}

Test(marble_pin, refuses_evidence_for_another_nonce_or_root)
{
    const struct pin pin = pin_of_this_program();
    struct coordinator c = make();

    c.reply.evidence = evidence_over(c.root, slice_str("ffffffffffffffffffffffffffffffff"));
    expect_refusal(&pin, &c, E_REPORT_DATA);
    c.reply.evidence = evidence_over(c.chain[0], slice_str(nonce_bytes));
    expect_refusal(&pin, &c, E_REPORT_DATA);
}

Test(marble_pin, refuses_who_relays_the_evidence_of_a_coordinator_whose_key_he_does_not_have)
{
    const struct pin pin = pin_of_this_program();
    struct coordinator c = make();
    const struct coordinator other = make();

    c.chain[0] = other.chain[0];
    expect_refusal(&pin, &c, E_CERT_CHAIN);
    c.chain[0] = slice_str("no certificate");
    expect_refusal(&pin, &c, E_CERT_FORMAT);
}

/* Each marble has a certificate that leads to that root, and so do certificates of the manifest. */
Test(marble_pin, refuses_a_member_of_the_mesh_that_relays_its_coordinators_evidence)
{
    const struct pin pin = pin_of_this_program();
    scoped(key_wipe) struct key root_key = {0}, between_key = {0}, member_key = {0};
    struct coordinator c = {0};
    struct cert root, between;

    cr_assert(key_generate(KEY_P256, &root_key, &err) && key_generate(KEY_P256, &between_key, &err) &&
              key_generate(KEY_P256, &member_key, &err));
    c.root = issue("Root", &root_key, NULL, &root_key);
    cr_assert(cert_parse(c.root, &a, &root, &err));
    c.chain[1] = issue("Intermediate", &between_key, &root, &root_key);
    cr_assert(cert_parse(c.chain[1], &a, &between, &err));
    c.reply = (struct mesh_challenge_reply){.nonce = slice_str(nonce_bytes),
                                            .root = c.root,
                                            .evidence = evidence_over(c.root, slice_str(nonce_bytes))};
    c.chain[0] = issue("Intermediate", &between_key, &between, &between_key); /* as the marble root is */
    cr_expect(verify(&pin, &c), "%s", err.text);
    c.chain[0] = issue("Member", &member_key, &between, &between_key);
    expect_refusal(&pin, &c, E_CERT_CHAIN);
    c.chain[0] = issue("Intermediate", &member_key, &between, &between_key);
    expect_refusal(&pin, &c, E_CERT_CHAIN);
}

Test(marble_pin, refuses_a_coordinator_without_evidence)
{
    const struct pin pin = pin_of_this_program();
    struct coordinator c = make();

    c.reply.evidence = (struct slice){0};
    expect_refusal(&pin, &c, E_EVIDENCE_MISSING);
    c.reply.evidence = slice_str("no evidence");
    expect_refusal(&pin, &c, E_EVIDENCE_FORMAT);
}

Test(marble_pin, refuses_collateral_that_is_none)
{
    const struct pin pin = pin_of_this_program();
    struct coordinator c = make();

    c.reply.collateral = slice_str("no bundle");
    expect_refusal(&pin, &c, E_COLLATERAL_FORMAT);
    c.reply.collateral = slice_str("{\"format\": 2, \"items\": []}");
    expect_refusal(&pin, &c, E_COLLATERAL_MISSING);
}
