/* SPDX-License-Identifier: Apache-2.0 */
/* Confidential container groups of Azure: what is sent along with an SNP report, and who vouches for the
 * utility VM. */
#include <criterion/criterion.h>

#include "attestation/did_x509.h"
#include "attestation/sim/cose.h"
#include "attestation/thim.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"
#include "tests/support/snp.h"

static struct snp_scene s;
static struct sim_guest guest;
static const char policy[] = "package policy\n\nallow := false\n";

static struct sim_uvm usual_uvm(void)
{
    struct sim_uvm u = {.svn = "101"};

    memcpy(u.measurement, guest.measurement, sizeof u.measurement);
    return u;
}

static struct slice endorse(const struct sim_uvm *u)
{
    struct slice out = {0};
    struct err err;

    cr_assert(sim_uvm_endorsement(u, &s.a, &out, &err), "%s", err.text);
    return out;
}

static void begin(void)
{
    struct sim_uvm u;

    pki_init();
    guest = (struct sim_guest){.measurement = {0x5f, 0xee}};
    sha256(guest.host_data, slice_str(policy));
    snp_scene_open(&s, &sim_chips[GENOA], &guest, &sim_chips[GENOA], NULL);
    u = usual_uvm();
    s.evidence.cce_policy = slice_str(policy);
    s.evidence.uvm_endorsements = endorse(&u);
}

static void end(void) { snp_scene_close(&s); }

/* ---- host data, runtime data -------------------------------------------------------- */

Test(aci, host_data_are_the_digest_of_the_decoded_policy, .init = begin, .fini = end)
{
    EXPECT_GENUINE();
    s.evidence.cce_policy = slice_str("package policy\n\nallow := true\n");
    EXPECT_REFUSED(E_HOST_DATA, "expected the SHA-256 of the policy that was sent");
    s.evidence.cce_policy = slice_str(base64_text(&s.a, slice_str(policy), BASE64_STD));
    EXPECT_REFUSED(E_HOST_DATA, "the policy was sent as base64 text");
    s.evidence.cce_policy =
        slice_str(arena_printf(&s.a, "%s\n", base64_text(&s.a, slice_str(policy), BASE64_STD)));
    EXPECT_REFUSED(E_HOST_DATA, "the policy was sent as base64 text");
}

Test(aci, runtime_data_are_what_report_data_are_the_digest_of)
{
    const struct slice data = slice_str("{\"keys\":[]}");
    uint8_t report_data[64] = {0};
    struct err err;

    begin();
    sha256(report_data, data);
    cr_assert(sim_snp_report(&sim_chips[GENOA], &guest, report_data, &s.a, &s.evidence.report, &err), "%s",
              err.text);
    s.evidence.runtime_data = data;
    EXPECT_GENUINE();
    s.evidence.runtime_data = slice_str("{\"keys\":[ ]}");
    EXPECT_REFUSED(E_REPORT_DATA, "expected the SHA-256 of the runtime data");
    report_data[63] = 1; /* and 32 zeros */
    cr_assert(sim_snp_report(&sim_chips[GENOA], &guest, report_data, &s.a, &s.evidence.report, &err), "%s",
              err.text);
    s.evidence.runtime_data = data;
    EXPECT_REFUSED(E_REPORT_DATA, "and 32 zeros");
    end();
}

/* ---- THIM --------------------------------------------------------------------------- */

Test(aci, what_the_host_says_of_the_chip_is_enough, .init = begin, .fini = end)
{
    struct err err;

    s.collateral = (struct collateral){0};
    cr_assert(sim_thim_json(&sim_chips[GENOA], SNP_NOW, &s.a, &s.evidence.thim_json, &err), "%s", err.text);
    EXPECT_GENUINE();
    cr_expect_str_eq(s.v.claims.snp.product, "Genoa");
}

Test(aci, the_hosts_tcb_is_the_reported_one_written_big_endian, .init = begin, .fini = end)
{
    struct sim_chip other = sim_chips[GENOA];
    struct thim t;
    struct err err;

    other.tcb[7]++;
    cr_assert(sim_thim_json(&other, SNP_NOW, &s.a, &s.evidence.thim_json, &err), "%s", err.text);
    cr_expect_not_null(strstr(arena_strndup(&s.a, s.evidence.thim_json), "\"tcbm\":\"551700000000000A\""));
    cr_assert(thim_parse(s.evidence.thim_json, &s.a, &t, &err), "%s", err.text);
    cr_expect(slice_equal(t.tcb, slice_of(other.tcb, 8)));
    EXPECT_REFUSED(E_VEK_MISMATCH, "THIM: its certificate is for the TCB 0a00000000001755, the report says "
                                   "0a00000000001754");
}

Test(aci, what_the_host_says_has_its_form, .init = begin, .fini = end)
{
    static const struct {
        const char *json, *fragment;
    } rows[] = {
        {"", "THIM"},
        {"[]", "THIM"},
        {"{\"vcekCert\":\"x\",\"tcbm\":\"0A\",\"certificateChain\":\"y\"}",
         "$.tcbm: expected 16 hexadecimal digits"},
        {"{\"tcbm\":\"0000000000000000\",\"certificateChain\":\"y\"}", "$.vcekCert"},
        {"{\"vcekCert\":\"x\",\"tcbm\":\"0000000000000000\"}", "$.certificateChain"},
        {"{\"vcekCert\":\"x\",\"certificateChain\":\"y\"}", "$.tcbm"},
        {"{\"vcekCert\":1,\"tcbm\":\"0000000000000000\",\"certificateChain\":\"y\"}",
         "$.vcekCert: expected a string"},
        {"{\"vcekCert\":\"x\",\"vcekCert\":\"x\",\"tcbm\":\"0000000000000000\",\"certificateChain\":\"y\"}",
         "THIM"},
    };
    struct thim t;
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(!thim_parse(slice_str(rows[i].json), &s.a, &t, &err), "row %zu", i);
        cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
        cr_expect_not_null(strstr(err.text, rows[i].fragment), "row %zu: %s", i, err.text);
    }
}

/* ---- endorsements ------------------------------------------------------------------- */

Test(uvm, an_endorsement_says_who_vouches_for_what, .init = begin, .fini = end)
{
    struct sim_uvm u = usual_uvm();

    for (int form = 0; form < 4; form++) {
        u.cwt_claims = (form & 1) != 0;
        u.untagged = (form & 2) != 0;
        s.evidence.uvm_endorsements = endorse(&u);
        EXPECT_GENUINE();
        cr_expect(s.v.claims.uvm.there);
        cr_expect_str_eq(s.v.claims.uvm.did, sim_uvm_issuer());
        cr_expect_str_eq(s.v.claims.uvm.feed, "ContainerPlat-AMD-UVM");
        cr_expect_str_eq(s.v.claims.uvm.svn, "101");
        cr_expect_eq(s.v.claims.uvm.svn_number, 101);
        cr_expect_not_null(
            strstr(verdict_json(&s.v, &s.a), "\"feed\":\"ContainerPlat-AMD-UVM\",\"svn\":\"101\"}"));
    }
    u.svn = NULL;
    s.evidence.uvm_endorsements = endorse(&u);
    EXPECT_GENUINE();
    cr_expect_null(s.v.claims.uvm.svn);
}

Test(uvm, without_an_endorsement_nothing_is_claimed, .init = begin, .fini = end)
{
    s.evidence.uvm_endorsements = (struct slice){0};
    EXPECT_GENUINE();
    cr_expect(!s.v.claims.uvm.there);
    cr_expect_null(strstr(verdict_json(&s.v, &s.a), "uvm"));
}

/* The leaf's year was over long ago: in ordinary use too. */
Test(uvm, the_chains_dates_are_not_looked_at, .init = begin, .fini = end)
{
    struct sim_party leaf = snp_party(&s, SIM_UVM_LEAF);

    cr_expect_lt(leaf.cert.not_after, SNP_NOW);
    EXPECT_GENUINE();
    cr_expect_eq(s.v.not_before, SNP_NOW - SNP_DAY);
    sim_party_wipe(&leaf);
}

Test(uvm, it_is_for_this_launch_measurement, .init = begin, .fini = end)
{
    struct sim_uvm u = usual_uvm();

    u.measurement[47] = 1;
    s.evidence.uvm_endorsements = endorse(&u);
    EXPECT_REFUSED(E_UVM, "it is for the launch measurement 5fee");
}

Test(uvm, its_security_version_is_a_decimal_number, .init = begin, .fini = end)
{
    static const char *const wrong[] = {"", "0x65", "-1", "01", "1.0", "99999999999999999999"};
    struct sim_uvm u = usual_uvm();

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        u.svn = wrong[i];
        s.evidence.uvm_endorsements = endorse(&u);
        EXPECT_REFUSED(E_UVM, "x-ms-sevsnpvm-guestsvn: expected a decimal number");
    }
}

Test(uvm, its_issuer_is_an_accepted_one, .init = begin, .fini = end)
{
    const char *const microsoft = roots_production()->uvm_issuers[0];
    const char *const both[] = {microsoft, sim_uvm_issuer()};
    struct sim_uvm u = usual_uvm();

    s.what.uvm_issuers = both;
    s.what.num_uvm_issuers = 2;
    EXPECT_GENUINE();
    s.what.num_uvm_issuers = 1;
    EXPECT_REFUSED(E_UVM, "its issuer is none of those accepted");
    u.issuer = microsoft; /* claimed, and not borne out by the chain */
    s.evidence.uvm_endorsements = endorse(&u);
    EXPECT_REFUSED(E_UVM, "expected an authority of this fingerprint above the leaf");
    s.what.uvm_issuers = NULL; /* those of the trust domain */
    EXPECT_REFUSED(E_UVM, "its issuer is none of those accepted");
}

Test(uvm, every_truncation_and_what_follows_is_refused, .init = begin, .fini = end)
{
    const struct slice whole = s.evidence.uvm_endorsements;
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);

    for (size_t len = 1; len < whole.len; len++) {
        s.evidence.uvm_endorsements = slice_of(whole.ptr, len);
        EXPECT_REFUSED(E_EVIDENCE_FORMAT, "UVM endorsement: ");
    }
    buf_put(&b, whole);
    buf_u8(&b, 0);
    s.evidence.uvm_endorsements = buf_bytes(&b);
    EXPECT_REFUSED(E_EVIDENCE_FORMAT, "1 bytes follow the COSE_Sign1");
}

/* One bit of each byte, the next one each time. */
Test(uvm, flipped_bits_are_refused, .init = begin, .fini = end, .timeout = 200)
{
    const struct slice whole = arena_copy(&s.a, s.evidence.uvm_endorsements);
    uint8_t *bytes = arena_alloc(&s.a, whole.len);
    struct memo *memo = memo_new(4096);

    memcpy(bytes, whole.ptr, whole.len);
    s.what.memo = memo;
    s.evidence.uvm_endorsements = slice_of(bytes, whole.len);
    EXPECT_GENUINE();
    for (size_t i = 1; i < whole.len; i++) { /* the first byte is the tag, which may be left out */
        scoped(arena_wipe) struct arena a = {0};
        struct verdict v;

        bytes[i] ^= (uint8_t)(1 << i % 8);
        appraise(&s.what, &a, &v);
        cr_expect(!v.genuine && (v.reason.code == E_UVM || v.reason.code == E_EVIDENCE_FORMAT),
                  "byte %zu: %s", i, v.reason.text);
        bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    memo_free(&memo);
}

/* ---- messages put together ---------------------------------------------------------- */

/* What an endorsement is made of; zero is the sound one. */
struct made_of {
    const char *payload;
    bool no_chain, one_cert, leaf_twice, no_issuer, no_alg, doubled_header, both_names, hash_envelope,
        critical;
    int64_t alg;
};

static void put_chain(struct buf *b, const struct made_of *m)
{
    const char *const names[] = {SIM_UVM_LEAF, m->leaf_twice ? SIM_UVM_LEAF : SIM_UVM_CA, SIM_UVM_ROOT};
    const size_t num = m->one_cert ? 1 : 3;

    cbor_put_int(b, COSE_X5CHAIN);
    if (num > 1)
        cbor_put_array(b, num);
    for (size_t i = 0; i < num; i++) {
        struct sim_party p = snp_party(&s, names[i]);

        cbor_put_bytes(b, p.cert.der);
        sim_party_wipe(&p);
    }
}

static void put_headers(struct buf *b, const struct made_of *m)
{
    cbor_put_map(b, (uint64_t)(!m->no_alg + !m->no_chain + !m->no_issuer + m->doubled_header + m->both_names +
                               m->hash_envelope + m->critical));
    for (int i = 0; i < !m->no_alg + m->doubled_header; i++) {
        cbor_put_int(b, COSE_ALG);
        cbor_put_int(b, m->alg != 0 ? m->alg : COSE_PS384);
    }
    if (!m->no_chain)
        put_chain(b, m);
    if (!m->no_issuer) {
        cbor_put_text(b, "iss");
        cbor_put_text(b, sim_uvm_issuer());
    }
    if (m->both_names) {
        cbor_put_int(b, COSE_CWT_CLAIMS);
        cbor_put_map(b, 1);
        cbor_put_int(b, 1);
        cbor_put_text(b, "did:x509:0:sha256:another");
    }
    if (m->hash_envelope) {
        cbor_put_int(b, COSE_PAYLOAD_HASH_ALG);
        cbor_put_int(b, -16);
    }
    if (m->critical) {
        cbor_put_int(b, COSE_CRIT);
        cbor_put_array(b, 1);
        cbor_put_text(b, "what is this");
    }
}

static void use(const struct made_of *m)
{
    static const char usual[] = "{\"x-ms-sevsnpvm-launchmeasurement\":\"5FEE%092d\"}";
    scoped(buf_wipe) struct buf headers = buf_max(LIMIT_EVIDENCE);
    const char *payload = m->payload != NULL ? m->payload : arena_printf(&s.a, usual, 0);
    struct sim_party leaf = snp_party(&s, SIM_UVM_LEAF);
    struct err err;

    put_headers(&headers, m);
    cr_assert(sim_cose_sign1(buf_bytes(&headers), slice_str(payload), &leaf.key, SIG_RSA_PSS_SHA384, true,
                             &s.a, &s.evidence.uvm_endorsements, &err),
              "%s", err.text);
    sim_party_wipe(&leaf);
}

Test(uvm, a_security_version_may_be_a_number_too, .init = begin, .fini = end)
{
    use(&(struct made_of){
        .payload = arena_printf(
            &s.a, "{\"x-ms-sevsnpvm-launchmeasurement\":\"5fee%092d\",\"x-ms-sevsnpvm-guestsvn\":103}", 0)});
    EXPECT_GENUINE();
    cr_expect_str_eq(s.v.claims.uvm.svn, "103");
    cr_expect_eq(s.v.claims.uvm.svn_number, 103);
    use(&(struct made_of){
        .payload = arena_printf(
            &s.a, "{\"x-ms-sevsnpvm-launchmeasurement\":\"5fee%092d\",\"x-ms-sevsnpvm-guestsvn\":-1}", 0)});
    EXPECT_REFUSED(E_UVM, "x-ms-sevsnpvm-guestsvn");
}

Test(uvm, each_part_of_the_message_has_its_rule, .init = begin, .fini = end)
{
    static const struct {
        struct made_of m;
        enum err_code code;
        const char *fragment;
    } rows[] = {
        {{0}, E_NONE, ""}, /* a measurement in capitals */
        {{.no_chain = true}, E_UVM, "expected a certificate chain (x5chain)"},
        {{.one_cert = true}, E_UVM, "above the leaf"},
        {{.leaf_twice = true}, E_UVM, "the issuer is not a certification authority"},
        {{.no_issuer = true}, E_UVM, "it names no issuer"},
        {{.both_names = true}, E_UVM, "iss: said twice, and not the same"},
        {{.hash_envelope = true}, E_UVM, "hash envelope"},
        {{.critical = true}, E_EVIDENCE_FORMAT, "no critical header that is not known"},
        {{.no_alg = true}, E_UVM, "algorithm: expected"},
        {{.doubled_header = true}, E_EVIDENCE_FORMAT, "without a label given twice"},
        {{.alg = COSE_PS256}, E_UVM, "does not hold"},
        {{.alg = COSE_ES384}, E_UVM, "ES384 does not go with the key"},
        {{.alg = -257}, E_UVM, "found -257"},
        {{.payload = "x"}, E_UVM, "UVM endorsement"},
        {{.payload = "{}"}, E_UVM, "x-ms-sevsnpvm-launchmeasurement"},
        {{.payload = "{\"x-ms-sevsnpvm-launchmeasurement\":\"5f\"}"},
         E_UVM,
         "expected 96 hexadecimal digits"},
        {{.payload = "{\"x-ms-sevsnpvm-launchmeasurement\":7}"}, E_UVM, "expected a string"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        use(&rows[i].m);
        EXPECT_REFUSED(rows[i].code, rows[i].code == E_NONE ? "" : rows[i].fragment);
    }
}

/* An attacker who has a leaf of the authority's, for another purpose; and one who makes a chain of the same
 * names. */
Test(uvm, the_chain_is_verified_link_by_link, .init = begin, .fini = end)
{
    struct sim_party leaf = snp_party(&s, SIM_UVM_LEAF), ca = snp_party(&s, SIM_UVM_CA),
                     root = snp_party(&s, SIM_UVM_ROOT);
    const struct cert_spec forged = {.subject_name = leaf.cert.subject,
                                     .not_before = 1,
                                     .not_after = INT64_C(4000000000),
                                     .extra = leaf.cert.extensions,
                                     .num_extra = leaf.cert.num_extensions};
    const struct {
        const struct key *signer;
        const char *fragment;
    } rows[] = {{&ca.key, ""}, {&leaf.key, "not signed by"}};

    for (size_t i = 0; i < 2; i++) {
        scoped(buf_wipe) struct buf headers = buf_max(LIMIT_EVIDENCE);
        const struct cert *issuer = &ca.cert;
        struct cert claimed = ca.cert;
        struct slice der;
        struct err err;

        claimed.spki = key_spki(rows[i].signer, &s.a); /* so that issuing goes along */
        issuer = i == 0 ? issuer : &claimed;
        cr_assert(cert_issue(&forged, leaf.cert.spki, issuer, rows[i].signer, &s.a, &der, &err), "%s",
                  err.text);
        cbor_put_map(&headers, 3);
        cbor_put_int(&headers, COSE_ALG);
        cbor_put_int(&headers, COSE_PS384);
        cbor_put_int(&headers, COSE_X5CHAIN);
        cbor_put_array(&headers, 3);
        cbor_put_bytes(&headers, der);
        cbor_put_bytes(&headers, ca.cert.der);
        cbor_put_bytes(&headers, root.cert.der);
        cbor_put_text(&headers, "iss");
        cbor_put_text(&headers, sim_uvm_issuer());
        cr_assert(sim_cose_sign1(
                      buf_bytes(&headers),
                      slice_str(arena_printf(&s.a, "{\"x-ms-sevsnpvm-launchmeasurement\":\"5fee%092d\"}", 0)),
                      &leaf.key, SIG_RSA_PSS_SHA384, true, &s.a, &s.evidence.uvm_endorsements, &err),
                  "%s", err.text);
        EXPECT_REFUSED(i == 0 ? E_NONE : E_UVM, i == 0 ? "" : rows[i].fragment);
    }
    sim_party_wipe(&leaf);
    sim_party_wipe(&ca);
    sim_party_wipe(&root);
}

/* ---- did:x509 ----------------------------------------------------------------------- */

static struct cert chain[3];

static void load_chain(void)
{
    static const char *const names[] = {SIM_UVM_LEAF, SIM_UVM_CA, SIM_UVM_ROOT};

    begin();
    for (size_t i = 0; i < 3; i++) {
        struct sim_party p = snp_party(&s, names[i]);

        chain[i] = p.cert;
        sim_party_wipe(&p);
    }
}

static const char *fingerprint(size_t which, size_t len)
{
    uint8_t digest[64];

    (len == 32 ? sha256 : len == 48 ? sha384 : sha512)(digest, chain[which].der);
    return base64_text(&s.a, slice_of(digest, len), BASE64_URL_BARE);
}

static bool matches(struct err *err, const char *did)
{
    return did_x509_matches(slice_str(did), chain, 3, err);
}

Test(did_x509, a_did_is_met_by_the_chain_it_describes, .init = load_chain, .fini = end)
{
    static const char *const policies[] = {
        "eku:1.3.6.1.4.1.311.76.59.1.2",
        "eku:1.3.6.1.4.1.311.76.59.1.1",
        "subject:CN:ContainerPlat",
        "subject:C:US:CN:ContainerPlat",
        "subject:2.5.4.3:ContainerPlat",
        "subject:O:marblemesh%20simulated%20TEE%2c%20not%20Microsoft",
        "san:dns:utility-vm.simulated-azure.invalid",
        "san:email:nobody%40simulated-azure.invalid",
        "san:uri:https%3A%2F%2Fsimulated-azure.invalid%2Fuvm",
        "subject:CN:ContainerPlat::eku:1.3.6.1.4.1.311.76.59.1.2::san:dns:utility-vm.simulated-azure.invalid",
    };
    struct err err;

    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        cr_expect(
            matches(&err, arena_printf(&s.a, "did:x509:0:sha256:%s::%s", fingerprint(2, 32), policies[i])),
            "%s: %s", policies[i], err.text);
    for (size_t which = 1; which < 3; which++) /* any authority of the chain, any digest */
        cr_expect(matches(&err, arena_printf(&s.a, "did:x509:0:sha384:%s::%s", fingerprint(which, 48),
                                             policies[0])) &&
                      matches(&err, arena_printf(&s.a, "did:x509:0:sha512:%s::%s", fingerprint(which, 64),
                                                 policies[0])),
                  "%s", err.text);
}

Test(did_x509, a_did_that_is_not_met_or_not_well_formed_is_refused, .init = load_chain, .fini = end)
{
    const char *f = fingerprint(2, 32);
    const struct {
        const char *did, *fragment;
    } rows[] = {
        {"", "expected did:x509:0"},
        {"did:web:example.org", "expected did:x509:0"},
        {arena_printf(&s.a, "did:x509:1:sha256:%s::eku:1.2.3", f), "expected did:x509:0"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s", f), "expected did:x509:0"},
        {arena_printf(&s.a, "did:x509:0:sha1:%s::eku:1.2.3", f), "sha256, sha384 or sha512"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s=::eku:1.2.3", f), "above the leaf"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::eku:1.2.3", fingerprint(0, 32)), "above the leaf"},
        {"did:x509:0:sha256:::eku:1.2.3", "did:x509"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::eku:1.2.3", f), "eku: expected the leaf to have"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::eku:x", f), "eku: expected an object identifier"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::eku:1.3.6.1.4.1.311.76.59.1.2::eku:1.2.3", f), "1.2.3"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::subject:CN:Other", f),
         "subject: expected the leaf to have"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::subject:CN", f), "subject: expected pairs"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::subject:CN:ContainerPlat:O", f),
         "subject: expected pairs"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::subject:XX:y", f), "subject: expected pairs"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::subject:CN:a%%2", f), "subject: expected pairs"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::subject:CN:a b", f), "subject: expected pairs"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::san:dns:other.invalid", f),
         "san: expected the leaf to have"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::san:uri:utility-vm.simulated-azure.invalid", f),
         "san: expected the"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::san:ip:1.2.3.4", f), "san: expected email, dns or uri"},
        {arena_printf(&s.a, "did:x509:0:sha256:%s::fulcio-issuer:x", f),
         "expected the policies eku, subject or san"},
    };
    struct err err;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err = (struct err){0};
        cr_expect(!matches(&err, rows[i].did), "%s", rows[i].did);
        cr_expect_eq(err.code, E_UVM);
        cr_expect_not_null(strstr(err.text, rows[i].fragment), "%s: %s", rows[i].did, err.text);
    }
}

/* A leaf without the extensions, or with ones that are no DER. */
Test(did_x509, extensions_are_read_with_care, .init = load_chain, .fini = end)
{
    static const uint8_t junk[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff};
    struct extension bad[] = {{OID_EXT_KEY_USAGE, {junk, sizeof junk}, false},
                              {OID_SUBJECT_ALT_NAME, {junk, sizeof junk}, false}};
    struct err err;

    for (size_t num = 0; num <= 2; num += 2) {
        chain[0].extensions = bad;
        chain[0].num_extensions = num;
        cr_expect(!matches(&err, arena_printf(&s.a, "did:x509:0:sha256:%s::eku:1.2.3", fingerprint(2, 32))));
        cr_expect(!matches(&err, arena_printf(&s.a, "did:x509:0:sha256:%s::san:dns:x", fingerprint(2, 32))));
    }
}
