/* SPDX-License-Identifier: Apache-2.0 */
/* A state as MarbleRun leaves it, of an old version: P-384 keys, a 16-byte data key, no root secret, no
 * previous values, placeholders of private secrets. Keys and certificates are OpenSSL's, JSON is written as
 * Go writes it. */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "coordinator/change.h"
#include "pki/hash.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"
#include "tests/support/people.h"

static struct mesh_test t;
static struct arena a;
static struct err err;
static char *said, *raw;
static const char UUID[] = "11111111-2222-4333-8444-555555555555";
static const char DATA_KEY[] = "a 16-byte secret";

static const char MAKE[] =
    "for k in root inter; do openssl ecparam -name secp384r1 -genkey -noout -outform DER -out $k.key; done\n"
    "printf '%%s' "
    "'[x]\nkeyUsage=critical,digitalSignature,keyCertSign\nextendedKeyUsage=serverAuth,clientAuth\n"
    "basicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nsubjectKeyIdentifier="
    "hash\n' > ext\n"
    "new() { openssl req -new -key $1.key -keyform DER -subj \"/CN=$2\" -out $1.csr; }\n"
    "sign() { csr=$1.csr crt=$2; shift 2\n"
    "openssl x509 -req -sha384 -days 100000 -extfile ext -extensions x -outform DER -out $crt -in $csr "
    "\"$@\"; }\n"
    "new root 'MarbleRun Coordinator'; new inter 'MarbleRun Coordinator - Intermediate CA'\n"
    "for k in root inter; do openssl ec -inform DER -in $k.key -out $k.pem.key; done\n"
    "sign root root.crt -signkey root.pem.key; sign inter marble.crt -signkey inter.pem.key\n"
    "openssl x509 -inform DER -in root.crt -out root.pem.crt\n"
    "sign inter inter.crt -CA root.pem.crt -CAkey root.pem.key -CAcreateserial\n"
    "openssl dgst -sha256 -sign root.pem.key -out signature manifest\n"
    "test -s signature -a -s inter.crt -a -s marble.crt";

static void put(struct buf *b, const char *key, struct slice value)
{
    buf_str(b, b->len == 1 ? "" : ",");
    json_put_string(b, slice_str(key));
    buf_str(b, ":\"");
    base64_put(b, value, BASE64_STD);
    buf_str(b, "\"");
}

static void put_text(struct buf *b, const char *key, const char *value) { put(b, key, slice_str(value)); }

/* The files of MAKE under the keys that they have in the state. */
static void put_identity(struct buf *b)
{
    static const char *const files[][2] = {{"certificate:coordinatorRootCert", "root.crt"},
                                           {"certificate:coordinatorIntermediateCert", "inter.crt"},
                                           {"certificate:marbleRootCert", "marble.crt"},
                                           {"privateKey:coordinatorRootKey", "root.key"},
                                           {"privateKey:coordinatorIntermediateKey", "inter.key"},
                                           {"manifest", "manifest"},
                                           {"manifestSignature", "signature"}};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        put(b, files[i][0], peer_read(&a, files[i][1]));
}

static void put_rest(struct buf *b)
{
    const char *user = base64_text(&a, peer_read(&a, "alice.der"), BASE64_STD);

    put_text(b, "state", "3");
    put_text(b, "updateLog",
             "{\"time\":\"2023-01-02T03:04:05.678+0100\",\"update\":\"initial manifest set\"}\n");
    put_text(b, "package:test",
             "{\"Debug\":false,\"UniqueID\":\"\",\"SignerID\":\"00\",\"ProductID\":7,\"SecurityVersion\":9,"
             "\"AcceptedTCBStatuses\":null,\"AcceptedAdvisories\":null}");
    put_text(
        b, "marble:m",
        "{\"Package\":\"test\",\"MaxActivations\":3,\"Parameters\":{\"Files\":{},\"Env\":{\"KEY\":{\"Data\":"
        "\"{{ hex .Secrets.private }}\",\"Encoding\":\"string\",\"NoTemplates\":false}},\"Argv\":null},"
        "\"TLS\":null,\"DisableSecretBinding\":false}");
    put_text(b, "user:alice",
             arena_printf(&a,
                          "{\"Name\":\"alice\",\"Certificate\":\"%s\",\"Permissions\":{\"updatemanifest\":{"
                          "\"PermissionID\":\"updatemanifest\",\"ResourceID\":{}}}}",
                          user));
    put_text(
        b, "secret:shared",
        "{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true,\"UserDefined\":false,\"Cert\":null,"
        "\"ValidFor\":0,\"Private\":\"AAECAwQFBgcICQoLDA0ODw==\",\"Public\":\"AAECAwQFBgcICQoLDA0ODw==\"}");
    put_text(b, "secret:private",
             "{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":false,\"UserDefined\":false,\"Cert\":null,"
             "\"ValidFor\":0,\"Private\":\"AAAA\",\"Public\":\"AAAA\"}");
    put_text(
        b, "secret:upload",
        "{\"Type\":\"plain\",\"Size\":0,\"Shared\":false,\"UserDefined\":true,\"Cert\":null,\"ValidFor\":0,"
        "\"Private\":\"eA==\",\"Public\":\"eA==\"}");
    put_text(b, "activations:m", "1");
    put(b, "monotonicCounter:bQ==:ERERESIiQzOERFVVVVVVVQ==:bmFtZQ==", slice_of("\5\0\0\0\0\0\0\0", 8));
}

/* u32le length of R, R, AEAD(data key, state) */
static void write_sealed(void)
{
    scoped(buf_wipe) struct buf state = buf_max(1 << 20), file = buf_max(1 << 20);
    struct slice sealed;

    buf_str(&state, "{");
    put_identity(&state);
    put_rest(&state);
    buf_str(&state, "}");
    aead_seal(slice_str(DATA_KEY), buf_bytes(&state), (struct slice){0}, &a, &sealed);
    buf_u32le(&file, 4);
    buf_str(&file, "null");
    buf_put(&file, sealed);
    peer_write("state/sealed_data", buf_bytes(&file));
}

static void begin(void)
{
    static const char MARBLES[] =
        "{\"m\":{\"Package\":\"test\",\"MaxActivations\":3,\"Parameters\":{\"Env\":{\"KEY\":"
        "\"{{ hex .Secrets.private }}\"}}}}";

    mesh_test_begin(&t, "MESH_SIM=none");
    user_make("alice");
    owner_make("anna");
    raw = arena_printf(
        &a,
        "{\"packages\":{\"test\":{\"SignerID\":\"00\",\"ProductID\":7,\"SecurityVersion\":3}},\"Marbles\":%s,"
        "\"Secrets\":{\"shared\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
        "\"private\":{\"Type\":\"symmetric-key\",\"Size\":128},\"upload\":{\"Type\":\"plain\","
        "\"UserDefined\":true}},"
        "\"Users\":{%s},\"Roles\":{\"u\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},"
        "\"RecoveryKeys\":{%s}}",
        MARBLES, user_member(&a, "alice", "\"u\""), owner_member(&a, "anna"));
    peer_write("manifest", slice_str(raw));
    cr_assert(peer_run(&a, &said, MAKE), "%s", said);
    core_close(&t.core);
    write_sealed();
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
}

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static void import(void)
{
    size_t remaining = 9;

    cr_assert(core_recover(t.core, slice_str(DATA_KEY), owner_sign(&a, "anna", slice_str(DATA_KEY)),
                           clock_now(), &remaining, &err),
              "%s", err.text);
    cr_assert_eq(remaining, 0);
}

static void restart(void) { cr_assert(mesh_test_restart(&t, &err), "%s", err.text); }

Test(import, a_state_of_marbleruns_becomes_ours, .init = begin, .fini = end)
{
    import();
    for (int again = 0; again < 2; again++) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);
        const char *log;

        cr_assert_eq(m->state, MESH_ACCEPTING_MARBLES);
        cr_expect(slice_equal(m->ca->root.der, peer_read(&a, "root.crt")));
        cr_expect(slice_equal(m->manifest->raw, slice_str(raw)));
        cr_expect_eq(m->packages[0].policy.security_version, 9, "raised by a package update there");
        cr_expect_str_eq(hex_text(&a, secret_find(&m->secrets.now, "shared")->private_key),
                         "000102030405060708090a0b0c0d0e0f");
        cr_expect_str_eq(user_of(m, "alice")->name, "alice");
        cr_assert(core_update_log(t.core, &a, &log, &err));
        cr_expect_str_eq(log,
                         "{\"time\":\"2023-01-02T03:04:05.678+0100\",\"update\":\"initial manifest set\"}\n");
        restart();
    }
    cr_expect(peer_run(&a, &said, "ls state/sealed_data.old"), "what was there is kept: %s", said);
}

/* It has 48 bytes: the scalar of the root key, at its place in RFC 5915. */
Test(import, private_secrets_go_on_from_the_root_key, .init = begin, .fini = end)
{
    const struct slice sec1 = peer_read(&a, "root.key"), scalar = slice_of(sec1.ptr + 8, 48);
    uint8_t key[16];
    struct parameters got;
    struct asker who;
    int status;

    import();
    restart();
    {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);

        cr_expect(slice_equal(m->secrets.root_secret, scalar));
        cr_expect(slice_equal(m->secrets.previous_root_secret, scalar));
    }
    hkdf_sha256(key, sizeof key, scalar, slice_str(arena_printf(&a, "%sprivate", UUID)), slice_str("m"));
    asker_new("m", UUID, &a, &who);
    cr_assert(asker_ask(&t, &who, &a, &got, &status, &err), "%s", err.text);
    cr_expect_str_eq(arena_strndup(&a, given(got.env, got.num_env, "KEY")),
                     hex_text(&a, slice_of(key, sizeof key)));
}

Test(import, counters_go_on, .init = begin, .fini = end)
{
    struct marble_peer who = {.type = "m"};
    struct parameters got;
    struct asker asker;
    uint64_t before;
    int status;

    import();
    cr_assert(uuid_parse(slice_str(UUID), &who.uuid));
    cr_assert(core_counter(t.core, &who, slice_str("name"), 0, &before, &err), "%s", err.text);
    cr_expect_eq(before, 5);
    asker_new("m", UUID, &a, &asker);
    cr_expect(asker_ask(&t, &asker, &a, &got, &status, &err), "%s", err.text);
    cr_expect(asker_ask(&t, &asker, &a, &got, &status, &err), "%s", err.text);
    cr_expect_not(asker_ask(&t, &asker, &a, &got, &status, &err), "three, of which one was there");
    cr_expect_eq(err.code, E_MARBLE_LIMIT);
}

Test(import, only_what_we_know_is_left, .init = begin, .fini = end)
{
    import();
    const struct entries e = store_entries(t.core->store, &a);

    cr_expect_null(entries_find(&e, "secret:private"), "a placeholder");
    cr_expect_not_null(entries_find(&e, "previousSecret:shared"));
    cr_expect_not_null(entries_find(&e, "rootSecret"));
    cr_expect_not_null(entries_find(&e, "activations:m"));
}

Test(import, an_update_rotates_to_our_curve, .init = begin, .fini = end)
{
    struct update_result r;

    import();
    {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);

        cr_assert(core_update(t.core, user_of(m, "alice"), slice_str(arena_printf(&a, "%s ", raw)),
                              clock_now(), &a, &r, &err),
                  "%s", err.text);
        cr_expect(r.applied);
    }
    restart();
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    cr_expect(slice_equal(m->ca->root.der, peer_read(&a, "root.crt")));
    cr_expect_eq(key_type_of(&m->ca->root_key), KEY_P384);
    cr_expect_eq(key_type_of(&m->ca->key), KEY_P256);
    cr_expect_eq(m->packages[0].policy.security_version, 9);
}
