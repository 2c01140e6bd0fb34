/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/mesh_v1.h"

#include <criterion/criterion.h>

#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

static void begin(void)
{
    secret_init();
    pki_init();
}

TestSuite(mesh_v1, .init = begin);

static struct slice unhex(struct arena *a, const char *hex)
{
    struct slice out = {0};

    cr_assert(hex_decode(slice_str(hex), a, &out), "%s", hex);
    return out;
}

#define NONCE    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define STAND_IN "fbffbf030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* Made with Python: hashlib.sha256(b"mesh.v1.Mesh/Activate" + bytes(range(32)) + bytes([0xaa] *
 * 32)).hexdigest() and hashlib.sha256(b"spki").hexdigest(). */
static const char bound[] = "e20e624599665a26f51b125b452a7b7ad81a9814037850926c82ec8b604f0620"
                            "6feecc8c16c5551d9feb3eb5f77e2da773bf68bd9ef9c52927ceb2c86e56892b";

Test(mesh_v1, evidence_is_bound_to_nonce_exporter_and_key)
{
    struct arena a = {0};
    uint8_t aa[32], out[64], other[64];
    struct mesh_binding b = {unhex(&a, NONCE), slice_of(aa, sizeof aa), slice_str("spki")};

    memset(aa, 0xaa, sizeof aa);
    mesh_binding(&b, out);
    cr_expect_str_eq(hex_text(&a, slice_of(out, sizeof out)), bound);
    aa[31] ^= 1;
    mesh_binding(&b, other);
    cr_expect(memcmp(out, other, MESH_BINDING_CONNECTION) != 0);
    cr_expect(memcmp(out + MESH_BINDING_CONNECTION, other + MESH_BINDING_CONNECTION, 32) == 0);
    arena_wipe(&a);
}

Test(mesh_v1, a_challenge_is_these_bytes)
{
    struct arena a = {0};
    const struct mesh_challenge_reply r = {unhex(&a, NONCE), unhex(&a, "01"), unhex(&a, "0203"), {0}};
    struct mesh_challenge_reply back;
    struct slice nonce;
    struct err err = {0};

    cr_expect_str_eq(hex_text(&a, mesh_challenge_request_encode(r.nonce, &a)), "0a20" NONCE);
    cr_assert(mesh_challenge_request_decode(unhex(&a, "0a20" NONCE), &a, &nonce, &err), "%s", err.text);
    cr_expect(slice_equal(nonce, r.nonce));
    cr_assert(mesh_challenge_request_decode((struct slice){0}, &a, &nonce, &err), "%s", err.text);
    cr_expect_eq(nonce.len, 0);

    cr_expect_str_eq(hex_text(&a, mesh_challenge_reply_encode(&r, &a)), "0a20" NONCE "120101"
                                                                        "1a020203");
    cr_assert(mesh_challenge_reply_decode(mesh_challenge_reply_encode(&r, &a), &a, &back, &err), "%s",
              err.text);
    cr_expect(slice_equal(back.nonce, r.nonce) && slice_equal(back.root, r.root));
    cr_expect(slice_equal(back.evidence, r.evidence) && back.collateral.len == 0);
    arena_wipe(&a);
}

Test(mesh_v1, a_request_is_these_bytes)
{
    static const char hex[] = "0a20" NONCE "120201021a0103"
                              "220566726f6e74"
                              "2a0475756964";
    struct arena a = {0};
    const struct mesh_activate_request r = {unhex(&a, NONCE), unhex(&a, "0102"), unhex(&a, "03"), "front",
                                            "uuid"};
    struct mesh_activate_request back;
    struct slice type;
    struct err err = {0};

    cr_expect_str_eq(hex_text(&a, mesh_activate_request_encode(&r, &a)), hex);
    cr_assert(mesh_activate_request_decode(unhex(&a, hex), &a, &back, &err), "%s", err.text);
    cr_expect(slice_equal(back.nonce, r.nonce) && slice_equal(back.evidence, r.evidence));
    cr_expect(slice_equal(back.csr, r.csr));
    cr_expect_str_eq(back.marble_type, "front");
    cr_expect_str_eq(back.uuid, "uuid");
    cr_assert(mesh_activate_request_type(unhex(&a, hex), &type));
    cr_expect(slice_equal(type, slice_str("front")));
    arena_wipe(&a);
}

Test(mesh_v1, a_reply_is_these_bytes)
{
    static const char hex[] = "0a0101"
                              "0a020203"
                              "1209"
                              "12070a014b120200ff"
                              "1a20" STAND_IN "20ac02";
    struct arena a = {0};
    struct slice chain[] = {unhex(&a, "01"), unhex(&a, "0203")};
    struct parameter env = {"K", unhex(&a, "00ff")};
    const struct mesh_activate_reply r = {.chain = chain,
                                          .num_chain = 2,
                                          .parameters = {.env = &env, .num_env = 1},
                                          .key_stand_in = unhex(&a, STAND_IN),
                                          .revision = 300};
    struct mesh_activate_reply back;
    struct err err = {0};

    cr_expect_str_eq(hex_text(&a, mesh_activate_reply_encode(&r, &a)), hex);
    cr_assert(mesh_activate_reply_decode(unhex(&a, hex), &a, &back, &err), "%s", err.text);
    cr_assert_eq(back.num_chain, 2);
    cr_expect(slice_equal(back.chain[1], chain[1]));
    cr_assert_eq(back.parameters.num_env, 1);
    cr_expect_str_eq(back.parameters.env[0].name, "K");
    cr_expect(slice_equal(back.key_stand_in, r.key_stand_in));
    cr_expect_eq(back.revision, 300);
    arena_wipe(&a);
}

Test(mesh_v1, an_event_is_these_bytes)
{
    struct arena a = {0};
    uint64_t revision = 7;
    struct err err = {0};

    cr_expect_str_eq(hex_text(&a, mesh_watch_event_encode(UINT64_MAX, &a)), "08ffffffffffffffffff01");
    cr_assert(mesh_watch_event_decode(unhex(&a, "08ac02"), &revision, &err), "%s", err.text);
    cr_expect_eq(revision, 300);
    cr_assert(mesh_watch_event_decode((struct slice){0}, &revision, &err), "%s", err.text);
    cr_expect_eq(revision, 0);
    arena_wipe(&a);
}

static bool decode_challenge(struct slice in, struct arena *a, struct err *err)
{
    struct slice nonce;

    return mesh_challenge_request_decode(in, a, &nonce, err);
}

static bool decode_challenge_reply(struct slice in, struct arena *a, struct err *err)
{
    struct mesh_challenge_reply r;

    return mesh_challenge_reply_decode(in, a, &r, err);
}

static bool decode_request(struct slice in, struct arena *a, struct err *err)
{
    struct mesh_activate_request r;

    return mesh_activate_request_decode(in, a, &r, err);
}

static bool decode_reply(struct slice in, struct arena *a, struct err *err)
{
    struct mesh_activate_reply r;

    return mesh_activate_reply_decode(in, a, &r, err);
}

static bool decode_event(struct slice in, struct arena *a, struct err *err)
{
    uint64_t revision;

    (void)a;
    return mesh_watch_event_decode(in, &revision, err);
}

Test(mesh_v1, bad_messages_are_refused)
{
    static const struct {
        bool (*decode)(struct slice in, struct arena *a, struct err *err);
        const char *hex, *text;
    } rows[] = {
        {decode_challenge, "0a0101", "Nonce has 1 bytes, and not 32"},
        {decode_challenge, "0a",
         "the 1 bytes are no ChallengeRequest in protobuf, or hold far more fields than one has"},
        {decode_challenge_reply, "", "Nonce has 0 bytes, and not 32"},
        {decode_challenge_reply, "0a0101", "Nonce has 1 bytes, and not 32"},
        {decode_request, "220566726f6e74", "Nonce has 0 bytes, and not 32"},
        {decode_request, "0a20" NONCE "2203610062", "MarbleType is not UTF-8 text without NUL"},
        {decode_request, "0a20" NONCE "2a01ff", "UUID is not UTF-8 text without NUL"},
        {decode_reply, "1a20" STAND_IN, "Chain has 0 certificates, and not 1 to 10"},
        {decode_reply,
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "0a00"
         "1a20" STAND_IN,
         "Chain has 11 certificates, and not 1 to 10"},
        {decode_reply, "0a0101", "KeyStandIn has 0 bytes, and not 32"},
        {decode_reply,
         "0a0101"
         "1a20" STAND_IN "120a"
         "12030a014b"
         "12030a014b",
         "Env names \"K\" twice"},
        {decode_event, "08",
         "the 1 bytes are no WatchEvent in protobuf, or hold far more fields than one has"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a = {0};
        struct err err = {0};

        cr_assert_not(rows[i].decode(unhex(&a, rows[i].hex), &a, &err), "%zu", i);
        cr_expect_eq(err.code, E_GRPC_FORMAT, "%zu", i);
        cr_expect_str_eq(err.text, rows[i].text);
        arena_wipe(&a);
    }
}

Test(mesh_v1, every_truncation_of_a_reply_is_refused)
{
    struct arena a = {0};
    const struct slice whole = unhex(&a, "1209"
                                         "12070a014b120200ff"
                                         "0a0101"
                                         "1a20" STAND_IN);
    struct err err;

    cr_expect(decode_reply(whole, &a, &err));
    for (size_t len = 0; len < whole.len; len++)
        cr_expect_not(decode_reply(slice_of(whole.ptr, len), &a, &err), "%zu", len);
    arena_wipe(&a);
}

/* A P-256 key in PKCS#8 has 138 bytes: no multiple of 3, and several lines of PEM. */
static struct slice some_key(struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, 138);

    for (size_t i = 0; i < 138; i++)
        bytes[i] = (uint8_t)(i * 7);
    return slice_of(bytes, 138);
}

static char *upper(struct arena *a, struct slice s)
{
    char *text = hex_text(a, s);

    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'a')
            *c = (char)(*c - 'a' + 'A');
    return text;
}

static char *bare(char *text)
{
    text[strcspn(text, "=")] = '\0';
    return text;
}

/* The line ends of PEM as JSON writes them, or as mail does. */
static char *with_line_ends(struct arena *a, const char *text, const char *end)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);

    for (; *text != '\0'; text++)
        buf_printf(&b, "%.*s", *text == '\n' ? (int)strlen(end) : 1, *text == '\n' ? end : text);
    return arena_strndup(a, buf_bytes(&b));
}

/* All ways of writing in one text, so that they are also told from each other. */
static struct slice written(struct arena *a, struct slice s)
{
    scoped(buf_wipe) struct buf b = buf_max(8192);
    const char *pem = pem_text(a, "PRIVATE KEY", s);

    buf_printf(&b, "-----\n%s|%s|%s|%s|", hex_text(a, s), upper(a, s), base64_text(a, s, BASE64_STD),
               bare(base64_text(a, s, BASE64_STD)));
    buf_printf(&b, "%s|%s\n%s", base64_text(a, s, BASE64_URL), base64_text(a, s, BASE64_URL_BARE), pem);
    buf_printf(&b, "{\"key\": \"%s\"}%s", with_line_ends(a, pem, "\\n"), with_line_ends(a, pem, "\r\n"));
    buf_str(&b, pem_text(a, "EC PRIVATE KEY", s));
    buf_put(&b, s);
    buf_put(&b, s);
    return arena_copy(a, buf_bytes(&b));
}

Test(mesh_v1, the_key_is_put_where_its_stand_in_is)
{
    struct arena a = {0};
    uint8_t stand_in[MESH_STAND_IN_SIZE];
    struct slice key = some_key(&a);
    struct parameter files[2], env;
    struct parameters p = {.files = files, .num_files = 2, .env = &env, .num_env = 1};

    for (int turn = 0; turn < 200; turn++) {
        mesh_new_stand_in(stand_in);
        const struct slice s = slice_of(stand_in, sizeof stand_in), plain = slice_str("nothing of it");

        files[0] = (struct parameter){"a", written(&a, s)};
        files[1] = (struct parameter){"b", plain};
        env = (struct parameter){"E", slice_str(pem_text(&a, "PRIVATE KEY", s))};
        mesh_put_key(&p, s, key, &a);
        cr_assert(slice_equal(files[0].value, written(&a, key)), "turn %d:\n%.*s", turn,
                  (int)files[0].value.len, (const char *)files[0].value.ptr);
        cr_assert_eq(files[1].value.ptr, plain.ptr);
        cr_assert(slice_equal(env.value, slice_str(pem_text(&a, "PRIVATE KEY", key))));
    }
    arena_wipe(&a);
}

Test(mesh_v1, a_part_of_the_stand_in_is_left)
{
    struct arena a = {0};
    const struct slice s = unhex(&a, STAND_IN);
    struct parameter file = {"a", slice_of(s.ptr, s.len - 1)};
    struct parameters p = {.files = &file, .num_files = 1};

    mesh_put_key(&p, s, some_key(&a), &a);
    cr_expect_eq(file.value.ptr, s.ptr);
    arena_wipe(&a);
}
