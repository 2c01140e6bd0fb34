/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/signature.h"

#include "base/json.h"
#include "base/text.h"
#include "pki/hash.h"

enum { FORMAT = 1, MAX_SPKI = 256, RAW_SIGNATURE_LEN = 64, MAX_SIGNED = 128 };

static const char *const known_members[] = {"format",          "measurement", "signer",    "productID",
                                            "securityVersion", "debug",       "signature", NULL};

void sim_signer_of(struct slice spki, uint8_t mr_signer[32])
{
    pki_init();
    sha256(mr_signer, spki);
}

static void put_signed(struct buf *b, const struct sim_identity *id)
{
    buf_str(b, "marblemesh simulated enclave signature v1");
    buf_put(b, slice_of(id->mr_enclave, sizeof id->mr_enclave));
    buf_u16le(b, id->product_id);
    buf_u16le(b, id->security_version);
    buf_u8(b, id->debug);
}

static void refuse_unknown(void *ctx, const char *path)
{
    struct fields *f = ctx;

    if (!f->bad)
        f->bad = !err_set(f->err, f->code, "%s: no such member is known", path);
}

static void read_members(struct fields *f, struct sim_signature *out)
{
    struct slice measurement;

    for (size_t i = 0; known_members[i] != NULL; i++)
        field_need(f, known_members[i]);
    fields_unknown(f, known_members, refuse_unknown, f);
    if (field_uint(f, "format", UINT64_MAX >> 1) != FORMAT)
        (void)field_fault(f, "format", "expected %d", FORMAT);
    measurement = field_hex(f, "measurement", sizeof out->identity.mr_enclave);
    out->signer = field_bytes(f, "signer", MAX_SPKI);
    out->identity.product_id = (uint16_t)field_uint(f, "productID", UINT16_MAX);
    out->identity.security_version = (uint16_t)field_uint(f, "securityVersion", UINT16_MAX);
    out->identity.debug = field_bool(f, "debug");
    out->signature = field_bytes(f, "signature", RAW_SIGNATURE_LEN);
    if (!f->bad)
        memcpy(out->identity.mr_enclave, measurement.ptr, sizeof out->identity.mr_enclave);
}

bool sim_signature_parse(struct slice text, struct arena *a, struct sim_signature *out, struct err *err)
{
    scoped(json_release) json_t *v = NULL;
    struct sim_signature s = {0};
    struct fields f;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_SIM_SIGNATURE, &v, err))
        return false;
    f = fields_of(v, "$", JSON_EXACT, E_SIM_SIGNATURE, a, err);
    read_members(&f, &s);
    if (!fields_done(&f))
        return false;
    sim_signer_of(s.signer, s.identity.mr_signer);
    *out = s;
    return true;
}

bool sim_signature_verify(const struct sim_signature *s, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(MAX_SIGNED);
    struct err cause;
    struct slice xy;

    if (!spki_p256_xy(s->signer, &xy, &cause))
        return err_set(err, E_SIM_SIGNATURE, "$.signer: expected a P-256 public key: %s", cause.text);
    put_signed(&b, &s->identity);
    if (!p256_verify_raw(xy, buf_bytes(&b), s->signature, &cause))
        return err_set(
            err, E_SIM_SIGNATURE,
            "the signature does not hold under the signer's key: a member was changed after signing");
    return true;
}

bool sim_signature_make(const struct sim_identity *id, const struct key *developer, struct arena *a,
                        struct slice *text, struct err *err)
{
    scoped(buf_wipe) struct buf to_sign = buf_max(MAX_SIGNED), b = buf_max(SIM_SIGNATURE_MAX);
    struct slice signature;

    if (key_type_of(developer) != KEY_P256)
        return err_set(err, E_UNSUPPORTED,
                       "simulated enclaves are signed with P-256 keys, this is another kind");
    put_signed(&to_sign, id);
    if (!key_sign_raw(developer, buf_bytes(&to_sign), a, &signature, err))
        return false;
    buf_printf(&b, "{\"format\":%d,\"measurement\":\"%s\",\"signer\":\"", FORMAT,
               hex_text(a, slice_of(id->mr_enclave, sizeof id->mr_enclave)));
    base64_put(&b, key_spki(developer, a), BASE64_STD);
    buf_printf(&b, "\",\"productID\":%u,\"securityVersion\":%u,\"debug\":%s,\"signature\":\"",
               (unsigned)id->product_id, (unsigned)id->security_version, id->debug ? "true" : "false");
    base64_put(&b, signature, BASE64_STD);
    buf_str(&b, "\"}\n");
    *text = arena_copy(a, buf_bytes(&b));
    return true;
}
