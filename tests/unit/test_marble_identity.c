/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/identity.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marble/peer.h"
#include "pki/hash.h"
#include "tests/support/mesh_identity.h"

static struct arena a;
static struct err err;

static void begin(void) { pki_init(); }
static void end(void)
{
    wipe_made();
    arena_wipe(&a);
}

TestSuite(marble_identity, .init = begin, .fini = end);

static struct identity *made_from(struct parameters *p, bool keep_secrets)
{
    struct identity *id = NULL;

    cr_assert(identity_new(p, keep_secrets, &id, &err), "%s", err.text);
    return id;
}

static void expect_refusal(struct parameters *p, const char *words)
{
    struct identity *id = NULL;

    cr_assert_not(identity_new(p, true, &id, &err));
    cr_expect_eq(err.code, E_MARBLE_IDENTITY, "%s", err.text);
    cr_expect_not_null(strstr(err.text, words), "%s", err.text);
    cr_expect_null(id);
}

Test(marble_identity, has_each_part_as_pem_and_as_der)
{
    const struct mesh_identity m = mesh_identity(&a, "frontend", "root");
    struct parameters p = mesh_parameters(&a, &m);
    scoped(identity_release) struct identity *id = made_from(&p, true);

    cr_expect_str_eq(id->parts[IDENTITY_CHAIN].pem, cert_pem(&a, &m.leaf.cert));
    cr_assert_eq(id->parts[IDENTITY_CHAIN].num, 1);
    cr_expect(slice_equal(id->parts[IDENTITY_CHAIN].der[0], m.leaf.cert.der));
    cr_expect(slice_equal(id->parts[IDENTITY_ROOT].der[0], m.root.cert.der));
    cr_expect_eq(id->parts[IDENTITY_KEY].num, 1);
}

Test(marble_identity, named_secrets_are_taken_out_of_the_files)
{
    const struct mesh_identity m = mesh_identity(&a, "frontend", "root");
    struct parameter files[] = {{"before", {(const uint8_t *)"1", 1}},
                                {IDENTITY_SECRETS "a/b", {(const uint8_t *)"\0x", 2}},
                                {"after", {(const uint8_t *)"2", 1}}};
    struct parameters p = mesh_parameters(&a, &m);
    scoped(identity_release) struct identity *kept = NULL, *left = NULL;

    p.files = files;
    p.num_files = 3;
    left = made_from(&p, false);
    cr_expect_eq(p.num_files, 3, "for a program that is started with exec they are files");
    cr_expect_eq(left->num_secrets, 0);
    kept = made_from(&p, true);
    cr_assert_eq(p.num_files, 2);
    cr_expect_str_eq(p.files[0].name, "before");
    cr_expect_str_eq(p.files[1].name, "after");
    cr_assert_eq(kept->num_secrets, 1);
    cr_expect_str_eq(kept->secrets[0].name, "a/b");
    cr_expect(slice_equal(kept->secrets[0].value, slice_of("\0x", 2)));
}

Test(marble_identity, what_is_none_is_refused)
{
    const struct mesh_identity m = mesh_identity(&a, "frontend", "root"), other = mesh_identity(&a, "x", "y");
    struct parameters p;

    for (size_t i = 0; i < 4; i++) {
        p = mesh_parameters(&a, &m);
        p.env[i].name = "OTHER";
        expect_refusal(&p, "the coordinator's answer holds no MARBLE_PREDEFINED_");
        p = mesh_parameters(&a, &m);
        p.env[i].value = slice_str("");
        expect_refusal(&p, "expected a PEM block");
        p = mesh_parameters(&a, &m);
        p.env[i].value = slice_str("-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
        expect_refusal(&p, "MARBLE_PREDEFINED_");
    }
    p = mesh_parameters(&a, &m);
    p.env[1].value = mesh_parameters(&a, &other).env[1].value;
    expect_refusal(&p, "the key is not that of the certificate");
    p = mesh_parameters(&a, &m);
    p.env[2].value = slice_str("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    expect_refusal(&p, "the identity in the coordinator's answer");
}

/* ---- published ---------------------------------------------------------------------------------- */

static unsigned changes;
static void count(void *arg)
{
    scoped(identity_release) struct identity *now = identity_hold();

    cr_assert_eq(now->number, *(const unsigned long *)arg, "the next one is in force when they are called");
    changes++;
}

Test(marble_identity, a_renewal_takes_the_place_of_the_last_which_stays_for_who_holds_it)
{
    static const unsigned long two = 2;
    const struct mesh_identity m = mesh_identity(&a, "frontend", "root"),
                               next = mesh_identity(&a, "frontend", "new");
    struct parameters p = mesh_parameters(&a, &m);
    scoped(identity_release) struct identity *first = NULL, *second = NULL, *id = NULL;

    cr_expect_null(identity_hold());
    cr_assert(identity_watch(count, (void *)(uintptr_t)&two));
    id = made_from(&p, true);
    identity_publish(&id);
    cr_expect_null(id);
    cr_expect_eq(changes, 0, "the first one is no change");
    first = identity_hold();
    cr_expect_eq(first->number, 1);

    p = mesh_parameters(&a, &next);
    id = made_from(&p, true);
    identity_publish(&id);
    cr_expect_eq(changes, 1);
    second = identity_hold();
    cr_expect_eq(second->number, 2);
    cr_expect(slice_equal(first->parts[IDENTITY_CHAIN].der[0], m.leaf.cert.der));
    cr_expect(slice_equal(second->parts[IDENTITY_CHAIN].der[0], next.leaf.cert.der));
    for (int i = 1; i < IDENTITY_MAX_WATCHES; i++)
        cr_expect(identity_watch(count, (void *)(uintptr_t)&two));
    cr_expect_not(identity_watch(count, NULL));
}

static void *publish_often(void *arg)
{
    const struct mesh_identity *m = arg;

    for (int i = 0; i < 50; i++) {
        scoped(arena_wipe) struct arena own = {0};
        struct parameters p = mesh_parameters(&own, m);
        struct identity *id = NULL;
        struct err e;

        if (!identity_new(&p, true, &id, &e))
            abort();
        identity_publish(&id);
    }
    return NULL;
}

Test(marble_identity, a_child_of_fork_can_ask_whatever_other_threads_did)
{
    static struct mesh_identity m;
    pthread_t thread;

    m = mesh_identity(&a, "frontend", "root");
    (void)publish_often(&m);
    cr_assert_eq(pthread_create(&thread, NULL, publish_often, &m), 0);
    for (int i = 0; i < 20; i++) {
        const pid_t child = fork();
        int status = 0;

        if (child == 0) {
            struct identity *id = identity_hold();

            _exit(id != NULL && id->num_roots == 1 ? 0 : 1);
        }
        cr_assert_gt(child, 0);
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
    }
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

/* ---- peers -------------------------------------------------------------------------------------- */

Test(marble_identity, knows_other_marbles_by_their_certificates)
{
    const struct mesh_identity m = mesh_identity(&a, "frontend", "root"),
                               foreign = mesh_identity(&a, "frontend", "root");
    const struct made sibling = mesh_leaf(&a, "backend", &m.root),
                      nobody = make_cert(&a, "x", &SPEC_LEAF, &m.root);
    struct parameters p = mesh_parameters(&a, &m);
    scoped(identity_release) struct identity *us = made_from(&p, true);
    const int64_t now = TEST_FROM + 1;
    struct marble_peer peer;

    cr_assert(peer_verify(&sibling.cert.der, 1, us, NULL, now, &peer, &err), "%s", err.text);
    cr_expect_str_eq(peer.type, "backend");
    cr_expect_str_eq(peer.uuid, MESH_IDENTITY_UUID);
    cr_expect(peer_verify(&sibling.cert.der, 1, us, "backend", now, &peer, &err), "%s", err.text);
    cr_expect_not(peer_verify(&sibling.cert.der, 1, us, "frontend", now, &peer, &err));
    cr_expect_eq(err.code, E_MARBLE_PEER);
    cr_expect_str_eq(err.text, "expected a marble of the type frontend, found one of the type backend");
    cr_expect_not(peer_verify(&sibling.cert.der, 1, us, "backend", TEST_FROM - 1, &peer, &err));
    cr_expect_eq(err.code, E_CERT_EXPIRED, "%s", err.text);
    cr_expect_not(peer_verify(&foreign.leaf.cert.der, 1, us, NULL, now, &peer, &err),
                  "of a mesh of the same name");
    cr_expect_eq(err.code, E_CERT_CHAIN, "%s", err.text);
    cr_expect_not(peer_verify(&nobody.cert.der, 1, us, NULL, now, &peer, &err));
    cr_expect_eq(err.code, E_MARBLE_PEER, "%s", err.text);
    cr_expect_not(peer_verify(&nobody.cert.der, 0, us, NULL, now, &peer, &err));
    cr_expect_eq(err.code, E_CERT_CHAIN);
    cr_expect_not(peer_read(slice_str("none"), &peer, &err));
    cr_expect_eq(err.code, E_CERT_FORMAT);
}
