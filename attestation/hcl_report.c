/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/hcl_report.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"

enum { REQUEST_ATTESTATION = 2, REQUEST_DATA_LEN = 20, REQUEST_DATA_VERSION = 1 };
enum { HASH_SHA256 = 1, HASH_SHA384 = 2, HASH_SHA512 = 3 };
enum { REPORT_TYPE_TDX = 0x81 };

/* ---- the structure ------------------------------------------------------------------ */

static bool read_header(struct cursor *c, struct hcl_report *h, struct err *err)
{
    const struct slice magic = cursor_take(c, 4);
    uint32_t request_type;

    h->version = cursor_u32le(c);
    (void)cursor_u32le(c); /* its size: the sizes further down count */
    request_type = cursor_u32le(c);
    (void)cursor_take(c, 4 + 12); /* status, reserved */
    if (!cursor_ok(c))
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report: shorter than its header of 32 bytes");
    if (!slice_equal(magic, slice_str("HCLA")))
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report: does not start with \"HCLA\"");
    if (h->version != 1 && h->version != 2)
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report version: expected 1 or 2, found %u", h->version);
    if (request_type != REQUEST_ATTESTATION)
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report request type: expected 2 (attestation), found %u",
                       (unsigned)request_type);
    return true;
}

struct request {
    uint32_t size, version, report_type, hash_type, runtime_size;
};

static bool check_request(const struct request *r, struct err *err)
{
    if (r->version != REQUEST_DATA_VERSION)
        return err_set(err, E_EVIDENCE_FORMAT, "HCL request data version: expected 1, found %u",
                       (unsigned)r->version);
    if (r->report_type != HCL_SNP && r->report_type != HCL_TDX)
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report type: expected 2 (SNP) or 4 (TDX), found %u",
                       (unsigned)r->report_type);
    if (r->hash_type < HASH_SHA256 || r->hash_type > HASH_SHA512)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "HCL hash type: expected 1, 2 or 3 (SHA-256, SHA-384, SHA-512), found %u",
                       (unsigned)r->hash_type);
    if (r->size < REQUEST_DATA_LEN || r->size - REQUEST_DATA_LEN != r->runtime_size)
        return err_set(err, E_EVIDENCE_FORMAT,
                       "HCL request data: %u bytes do not hold their header of %d and %u of runtime data",
                       (unsigned)r->size, REQUEST_DATA_LEN, (unsigned)r->runtime_size);
    return true;
}

static bool read_request(struct cursor *c, struct hcl_report *h, struct err *err)
{
    struct request r = {.size = cursor_u32le(c)};

    r.version = cursor_u32le(c);
    r.report_type = cursor_u32le(c);
    r.hash_type = cursor_u32le(c);
    r.runtime_size = cursor_u32le(c);
    if (!cursor_ok(c))
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report: ends inside its request data");
    if (!check_request(&r, err))
        return false;
    h->hardware = (enum hcl_hardware)r.report_type;
    h->hash_type = r.hash_type;
    h->runtime_data = cursor_take(c, r.runtime_size);
    if (!cursor_ok(c))
        return err_set(err, E_EVIDENCE_FORMAT,
                       "HCL report: does not hold the %u bytes of runtime data announced",
                       (unsigned)r.runtime_size);
    return slice_is_zero(c->rest) ||
           err_set(err, E_EVIDENCE_FORMAT,
                   "HCL report: something other than zeroes follows the runtime data");
}

bool hcl_report_parse(struct slice in, struct hcl_report *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    struct hcl_report h = {0};

    if (in.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "HCL report: %zu bytes, more than the %d allowed", in.len,
                       LIMIT_EVIDENCE);
    if (!read_header(&c, &h, err))
        return false;
    h.report = cursor_take(&c, HCL_HARDWARE_LEN);
    if (!read_request(&c, &h, err))
        return false;
    if (h.hardware == HCL_TDX)
        h.report.len = TD_LOCAL_REPORT_LEN;
    *out = h;
    return true;
}

void hcl_report_data(const struct hcl_report *h, uint8_t out[64])
{
    memset(out, 0, 64);
    if (h->hash_type == HASH_SHA512)
        sha512(out, h->runtime_data);
    else if (h->hash_type == HASH_SHA384)
        sha384(out, h->runtime_data);
    else
        sha256(out, h->runtime_data);
}

/* ---- runtime data ------------------------------------------------------------------- */

#define AK_NAME "HCLAkPub"

enum { AK_LEN_MIN = 2048 / 8, AK_LEN_MAX = 4096 / 8 };

/* 1.2.840.113549.1.1.1 rsaEncryption; RFC 3279 section 2.3.1. */
static const uint8_t rsa_encryption[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};

static struct slice rsa_spki(struct slice modulus, struct slice exponent, struct arena *a)
{
    scoped(buf_wipe) struct buf key = buf_max(KIB), b = buf_max(2 * KIB);
    const size_t pair = der_begin(&key, DER_SEQUENCE);
    size_t whole, algorithm;

    der_put_integer(&key, modulus);
    der_put_integer(&key, exponent);
    der_end(&key, pair);
    whole = der_begin(&b, DER_SEQUENCE);
    algorithm = der_begin(&b, DER_SEQUENCE);
    der_put_oid(&b, slice_of(rsa_encryption, sizeof rsa_encryption));
    der_put(&b, DER_NULL, (struct slice){0});
    der_end(&b, algorithm);
    der_put_bits(&b, buf_bytes(&key));
    der_end(&b, whole);
    return arena_copy(a, buf_bytes(&b));
}

/* RFC 7518 section 6.3.1: Base64urlUInt, the fewest octets that hold the number. */
static bool read_number(struct fields *key, const char *name, struct slice *out)
{
    field_need(key, name);
    if (!fields_done(key))
        return false;
    if (!base64_decode(field_text(key, name), BASE64_URL_BARE, key->arena, out) || out->len == 0 ||
        out->ptr[0] == 0)
        return field_fault(key, name, "expected a number in base64url");
    return true;
}

static bool read_key(struct fields *key, struct hcl_runtime *r)
{
    static const uint8_t f4[] = {1, 0, 1};
    const char *type = field_str(key, "kty");
    struct slice exponent;

    if (!fields_done(key))
        return false;
    if (type == NULL || strcmp(type, "RSA") != 0)
        return field_fault(key, "kty", "expected \"RSA\"");
    if (!read_number(key, "n", &r->ak_modulus) || !read_number(key, "e", &exponent))
        return false;
    if (r->ak_modulus.len < AK_LEN_MIN || r->ak_modulus.len > AK_LEN_MAX)
        return field_fault(key, "n", "expected %d to %d bytes, found %zu", AK_LEN_MIN, AK_LEN_MAX,
                           r->ak_modulus.len);
    if (!slice_equal(exponent, slice_of(f4, sizeof f4)))
        return field_fault(key, "e", "expected 65537");
    r->ak_spki = rsa_spki(r->ak_modulus, exponent, key->arena);
    return true;
}

/* Two of the name would leave open which one the hardware vouches for. */
static bool read_keys(struct fields *f, struct hcl_runtime *r)
{
    const json_t *keys = field_array(f, "keys");
    size_t found = 0;

    for (size_t i = 0; i < json_array_size(keys); i++) {
        struct fields key = fields_of(json_array_get(keys, i), arena_printf(f->arena, "$.keys[%zu]", i),
                                      JSON_EXACT, f->code, f->arena, f->err);
        const char *id = field_str(&key, "kid");

        if (!fields_done(&key))
            return false;
        if (id == NULL || strcmp(id, AK_NAME) != 0)
            continue;
        if (found++ > 0)
            return field_fault(f, "keys", "more than one is named " AK_NAME);
        if (!read_key(&key, r))
            return false;
    }
    return found == 1 || field_fault(f, "keys", "none is named " AK_NAME);
}

static const char *compact(const json_t *v, struct arena *a)
{
    const size_t len = json_dumpb(v, NULL, 0, JSON_COMPACT);
    char *text = arena_alloc(a, len + 1);

    (void)json_dumpb(v, text, len, JSON_COMPACT);
    return text;
}

bool hcl_runtime_parse(struct slice json, struct arena *a, struct hcl_runtime *out, struct err *err)
{
    scoped(json_release) json_t *root = NULL;
    struct hcl_runtime r = {0};
    struct fields f;

    if (!json_parse(json, JSON_NO_DUPLICATES, E_EVIDENCE_FORMAT, &root, err))
        return err_in(err, "HCL runtime data");
    f = fields_of(root, "$", JSON_EXACT, E_EVIDENCE_FORMAT, a, err);
    r.user_data = field_str(&f, "user-data");
    if (field_object(&f, "vm-configuration") != NULL)
        r.vm_configuration = compact(field(&f, "vm-configuration"), a);
    if (!fields_done(&f) || !read_keys(&f, &r))
        return err_in(err, "HCL runtime data");
    *out = r;
    return true;
}

/* ---- TDREPORT ----------------------------------------------------------------------- */

bool td_local_report_parse(struct slice in, struct td_local_report *out, struct err *err)
{
    struct cursor c = cursor_over(in);
    const uint8_t type = cursor_u8(&c);
    struct td_local_report t = {0};

    if (in.len != TD_LOCAL_REPORT_LEN)
        return err_set(err, E_EVIDENCE_FORMAT, "TDREPORT: expected %d bytes, found %zu", TD_LOCAL_REPORT_LEN,
                       in.len);
    if (type != REPORT_TYPE_TDX)
        return err_set(err, E_EVIDENCE_FORMAT, "TDREPORT type: expected 0x81 (TDX), found 0x%x",
                       (unsigned)type);
    (void)cursor_take(&c, 127); /* REPORTMACSTRUCT: the rest of the type, CPUSVN, hashes of what follows */
    t.report_data = cursor_take(&c, 64);
    (void)cursor_take(&c,
                      32 + 32 + 8); /* its MAC, for this processor alone; TEE_TCB_INFO: which fields count */
    t.claims.tee_tcb_svn = cursor_take(&c, 16);
    t.claims.mr_seam = cursor_take(&c, 48);
    t.claims.mr_signer_seam = cursor_take(&c, 48);
    t.claims.seam_attributes = cursor_take(&c, 8);
    (void)cursor_take(&c, 111 + 17);
    t.claims.td_attributes = cursor_take(&c, 8); /* TDINFO */
    t.claims.xfam = cursor_take(&c, 8);
    t.claims.mr_td = cursor_take(&c, 48);
    t.claims.mr_config_id = cursor_take(&c, 48);
    t.claims.mr_owner = cursor_take(&c, 48);
    t.claims.mr_owner_config = cursor_take(&c, 48);
    for (size_t i = 0; i < 4; i++)
        t.claims.rtmr[i] = cursor_take(&c, 48);
    *out = t;
    return true;
}
