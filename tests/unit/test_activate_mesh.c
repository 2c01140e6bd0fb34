/* SPDX-License-Identifier: Apache-2.0 */
/* mesh.v1: evidence bound to nonce, connection and key; the key stays with the marble; renewal. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/challenge.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"

static const char UUID[] = "11111111-2222-4333-8444-555555555555";
static const char MARBLES[] =
    "{\"frontend\":{\"Package\":\"test\",\"Parameters\":{"
    "\"Files\":{\"/etc/key\":\"{{ pem .MarbleRun.MarbleCert.Private }}\","
    "\"/etc/raw\":{\"Encoding\":\"string\",\"Data\":\"{{ raw .MarbleRun.MarbleCert.Private }}\"}},"
    "\"Env\":{\"HEX\":\"{{ hex .MarbleRun.MarbleCert.Private }}\",\"SET\":\"{{ hex .Secrets.set }}\"}}},"
    "\"once\":{\"Package\":\"test\",\"MaxActivations\":1}}";
static const char SECRETS[] = "{\"set\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true}}";

static struct mesh_test t;
static struct arena a;
static struct err err;
static struct key own;
static uint8_t connection[32], other_connection[32];
static struct mesh_activate_reply got;
static int status;

static void begin_with(const char *properties)
{
    char *m;
    const char *mark;

    mesh_test_begin(&t, NULL);
    m = mesh_test_manifest_with(
        &a, MARBLES, arena_printf(&a, ",\"Secrets\":%s,\"Config\":{\"LeafLifetime\":\"90s\"}", SECRETS));
    mark = strstr(m, "\"UniqueID\"");
    (void)mesh_test_set(&t, arena_printf(&a, "%.*s%s%s", (int)(mark - m), m, properties, mark));
    memset(connection, 1, sizeof connection);
    memset(other_connection, 2, sizeof other_connection);
    cr_assert(key_generate(KEY_P256, &own, &err));
}

static void begin(void) { begin_with(""); }
static void begin_relay_proof(void) { begin_with("\"RelayProof\":true,"); }

static void end(void)
{
    key_wipe(&own);
    arena_wipe(&a);
    mesh_test_end(&t);
}

/* What a marble does; each part can be made wrong before it asks. */
struct attempt {
    enum activation_way way;
    const char *type;
    struct slice nonce, exporter; /* that the evidence is made for */
    struct slice over;            /* exporter of the connection that the request comes over */
    const struct key *bound, *certified;
    struct slice leaf; /* the client's certificate */
};

static struct slice nonce_of(const uint8_t exporter[32], int64_t time)
{
    uint8_t *nonce = arena_alloc(&a, CHALLENGE_LEN);

    cr_assert(challenge_make(core_challenge_key(t.core), slice_of(exporter, 32), time, nonce, &err));
    return slice_of(nonce, CHALLENGE_LEN);
}

static struct attempt honest(const char *type)
{
    const struct slice exporter = slice_of(connection, sizeof connection);

    return (struct attempt){.way = ACTIVATE_BY_MESH,
                            .type = type,
                            .nonce = nonce_of(connection, clock_now()),
                            .exporter = exporter,
                            .over = exporter,
                            .bound = &own,
                            .certified = &own};
}

static bool ask(const struct attempt *how)
{
    struct activation what = {.way = how->way,
                              .exporter = how->over,
                              .peer_chain = &how->leaf,
                              .num_peer_chain = how->leaf.len > 0,
                              .now = clock_now()};
    const struct mesh_binding b = {how->nonce, how->exporter, key_spki(how->bound, &a)};
    const struct san none = {0};
    uint8_t report_data[64];
    const struct tee *tee;
    struct slice reply;

    mesh_binding(&b, report_data);
    what.request =
        (struct mesh_activate_request){.nonce = how->nonce, .marble_type = how->type, .uuid = UUID};
    cr_assert(tee_here(&tee, &err) && tee->evidence(report_data, &a, &what.request.evidence, &err));
    cr_assert(csr_make(how->certified, name_build(&a, NULL, 0), &none, &a, &what.request.csr, &err));
    status = 0;
    return activate(t.core, &what, &a, &reply, &status, &err) &&
           mesh_activate_reply_decode(reply, &a, &got, &err);
}

static void refused(const struct attempt *how, enum err_code code, int grpc_status)
{
    cr_assert_not(ask(how));
    cr_expect_eq(err.code, code, "%s", err.text);
    cr_expect_eq(status, grpc_status, "%d", status);
}

static struct cert leaf(void)
{
    struct cert c = {0};

    cr_assert(cert_parse(got.chain[0], &a, &c, &err), "%s", err.text);
    return c;
}

Test(activate_mesh, certifies_the_marbles_own_key_for_a_while, .init = begin, .fini = end)
{
    const struct attempt how = honest("frontend");
    struct mesh *m = core_mesh(t.core);
    struct cert c;

    cr_assert(ask(&how), "%s", err.text);
    c = leaf();
    cr_expect(slice_equal(c.spki, key_spki(&own, &a)));
    cr_expect_eq(c.not_after - c.not_before, 90);
    cr_expect(cert_signed_by(&c, &m->ca->marble_root, &err));
    cr_assert_eq(got.num_chain, 2);
    cr_expect(slice_equal(got.chain[1], m->ca->intermediate.der));
    cr_expect_eq(got.revision, m->revision);
    cr_expect_gt(got.revision, 0);
    mesh_release(&m);
}

Test(activate_mesh, the_key_is_put_where_templates_name_it_and_nowhere_else_known, .init = begin, .fini = end)
{
    const struct attempt how = honest("frontend");
    scoped(secret_wipe) struct secret pkcs8 = {0};
    const struct parameters *p = &got.parameters;
    char *pem;

    cr_assert(ask(&how), "%s", err.text);
    key_to_pkcs8(&own, &pkcs8);
    pem = pem_text(&a, "PRIVATE KEY", secret_bytes(&pkcs8));
    mesh_put_key(&got.parameters, got.key_stand_in, secret_bytes(&pkcs8), &a);
    cr_expect(slice_equal(given(p->env, p->num_env, "MARBLE_PREDEFINED_PRIVATE_KEY"), slice_str(pem)));
    cr_expect(slice_equal(given(p->files, p->num_files, "/etc/key"), slice_str(pem)));
    cr_expect(slice_equal(given(p->files, p->num_files, "/etc/raw"), secret_bytes(&pkcs8)));
    cr_expect(slice_equal(given(p->env, p->num_env, "HEX"), slice_str(hex_text(&a, secret_bytes(&pkcs8)))));
}

Test(activate_mesh, evidence_of_another_connection_is_relayed, .init = begin, .fini = end)
{
    struct attempt how = honest("frontend");

    how.exporter = slice_of(other_connection, sizeof other_connection);
    refused(&how, E_EVIDENCE_RELAYED, GRPC_PERMISSION_DENIED);
    cr_expect_not_null(strstr(err.text, "another TLS connection"));
}

Test(activate_mesh, evidence_over_another_key_is_told_from_that, .init = begin, .fini = end)
{
    scoped(key_wipe) struct key other = {0};
    struct attempt how = honest("frontend");

    cr_assert(key_generate(KEY_P256, &other, &err));
    how.bound = &other;
    refused(&how, E_REPORT_DATA, GRPC_PERMISSION_DENIED);
}

Test(activate_mesh, a_nonce_is_good_on_its_connection_and_for_a_minute, .init = begin, .fini = end)
{
    struct attempt how = honest("frontend");

    how.nonce = nonce_of(other_connection, clock_now());
    refused(&how, E_CHALLENGE, GRPC_UNAUTHENTICATED);
    cr_expect_str_eq(err.text, "challenge: the nonce was not given on this connection");
    how.nonce = nonce_of(connection, clock_now() - 62);
    refused(&how, E_CHALLENGE, GRPC_UNAUTHENTICATED);
    cr_expect_str_eq(err.text, "challenge: the nonce was given more than 60 seconds ago");
    how.nonce = nonce_of(connection, clock_now() + 100);
    refused(&how, E_CHALLENGE, GRPC_UNAUTHENTICATED);
    how.nonce = nonce_of(connection, clock_now() - 55);
    cr_expect(ask(&how), "%s", err.text);
    how = honest("frontend");
    how.over = (struct slice){0};
    refused(&how, E_CHALLENGE, GRPC_UNAUTHENTICATED);
    cr_expect_str_eq(err.text,
                     "challenge: expected a connection of TLS 1.3, this one is of an older version");
}

Test(activate_mesh, keys_that_are_not_ours_to_certify_are_refused, .init = begin, .fini = end)
{
    static const enum key_type types[] = {KEY_P521, KEY_P224, KEY_ED25519};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        scoped(key_wipe) struct key other = {0};
        struct attempt how = honest("frontend");

        cr_assert(key_generate(types[i], &other, &err));
        how.bound = how.certified = &other;
        refused(&how, E_CSR_FORMAT, GRPC_INVALID_ARGUMENT);
    }
    scoped(key_wipe) struct key p384 = {0};
    struct attempt how = honest("frontend");

    cr_assert(key_generate(KEY_P384, &p384, &err));
    how.bound = how.certified = &p384;
    cr_expect(ask(&how), "%s", err.text);
}

Test(activate_mesh, activations_are_counted_and_renewals_not, .init = begin, .fini = end)
{
    struct attempt how = honest("once");

    cr_assert(ask(&how), "%s", err.text);
    refused(&how, E_MARBLE_LIMIT, GRPC_PERMISSION_DENIED);
    how.way = RENEW_BY_MESH;
    how.leaf = got.chain[0];
    how.type = "frontend"; /* not looked at: the certificate says who it is */
    cr_assert(ask(&how), "%s", err.text);
    struct cert c = leaf();
    cr_expect(slice_equal(cert_common_name(&c), slice_str(UUID)));
    cr_expect_eq(got.parameters.num_files, 0, "it is \"once\" that was renewed");
}

/* Rotates the intermediate, as every update does. */
static void rotate(void)
{
    struct mesh *m = core_mesh(t.core);
    struct authority *next = NULL;

    cr_assert(authority_rotate(m->ca, clock_now(), &next, &err));
    authority_release(&m->ca);
    m->ca = next;
    mesh_release(&m);
}

Test(activate_mesh, a_marble_of_before_an_update_renews_and_one_of_before_two_does_not, .init = begin,
     .fini = end)
{
    struct attempt how = honest("frontend");

    cr_assert(ask(&how), "%s", err.text);
    how.way = RENEW_BY_MESH;
    refused(&how, E_MARBLE_CERT, GRPC_UNAUTHENTICATED);
    how.leaf = got.chain[0];
    rotate();
    cr_assert(ask(&how), "%s", err.text);
    rotate();
    rotate();
    refused(&how, E_MARBLE_CERT, GRPC_UNAUTHENTICATED);
}

Test(activate_mesh, rpc_marble_is_refused_where_relay_proof_is_demanded, .init = begin_relay_proof,
     .fini = end)
{
    const struct attempt how = honest("frontend");
    struct parameters p;
    struct asker asker;

    asker_new("frontend", UUID, &a, &asker);
    cr_expect_not(asker_ask(&t, &asker, &a, &p, &status, &err));
    cr_expect_eq(err.code, E_RELAY_PROOF, "%s", err.text);
    cr_expect_eq(status, GRPC_PERMISSION_DENIED);
    cr_expect(ask(&how), "%s", err.text);
}

Test(activate_mesh, the_revision_grows_over_restarts_and_the_root_of_before_is_kept, .init = begin,
     .fini = end)
{
    struct mesh *m = core_mesh(t.core);
    const uint64_t before = m->revision;

    mesh_release(&m);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    m = core_mesh(t.core);
    cr_expect_eq(m->revision, before);
    mesh_release(&m);
}
