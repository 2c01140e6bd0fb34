/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/cose.h"

#include "base/limits.h"

enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG };
enum { TAG_SIGN1 = 18 };

/* RFC 8949 section 3, in the shortest form. */
static void put_head(struct buf *b, unsigned major, uint64_t v)
{
    const uint8_t first = (uint8_t)(major << 5);

    if (v < 24) {
        buf_u8(b, (uint8_t)(first | v));
    } else if (v <= UINT8_MAX) {
        buf_u8(b, first | 24);
        buf_u8(b, (uint8_t)v);
    } else if (v <= UINT16_MAX) {
        buf_u8(b, first | 25);
        buf_u16be(b, (uint16_t)v);
    } else if (v <= UINT32_MAX) {
        buf_u8(b, first | 26);
        buf_u32be(b, (uint32_t)v);
    } else {
        buf_u8(b, first | 27);
        buf_u64be(b, v);
    }
}

void cbor_put_int(struct buf *b, int64_t v)
{
    put_head(b, v < 0 ? NEGATIVE : UNSIGNED, (uint64_t)(v < 0 ? -1 - v : v));
}

void cbor_put_bytes(struct buf *b, struct slice s)
{
    put_head(b, BYTES, s.len);
    buf_put(b, s);
}

void cbor_put_text(struct buf *b, const char *s)
{
    put_head(b, TEXT, strlen(s));
    buf_str(b, s);
}

void cbor_put_array(struct buf *b, uint64_t num) { put_head(b, ARRAY, num); }
void cbor_put_map(struct buf *b, uint64_t num) { put_head(b, MAP, num); }
void cbor_put_map_open(struct buf *b) { buf_u8(b, MAP << 5 | 31); }
void cbor_put_break(struct buf *b) { buf_u8(b, 0xff); }
void cbor_put_null(struct buf *b) { buf_u8(b, 0xf6); }

bool sim_cose_sign1(struct slice protected_headers, struct slice payload, const struct key *k,
                    enum signature_alg alg, bool tagged, struct arena *a, struct slice *out, struct err *err)
{
    const struct cose_sign1 m = {.protected_headers = protected_headers, .payload = payload};
    scoped(buf_wipe) struct buf to_sign = buf_max(2 * LIMIT_EVIDENCE), b = buf_max(2 * LIMIT_EVIDENCE);
    const bool is_rsa = key_type_of(k) == KEY_RSA;
    struct slice signature;

    cose_put_signed(&to_sign, &m);
    if (!(is_rsa ? key_sign_as(k, alg, buf_bytes(&to_sign), a, &signature, err)
                 : key_sign_raw(k, buf_bytes(&to_sign), a, &signature, err)))
        return false;
    if (tagged)
        put_head(&b, TAG, TAG_SIGN1);
    cbor_put_array(&b, 4);
    cbor_put_bytes(&b, protected_headers);
    cbor_put_map(&b, 0);
    cbor_put_bytes(&b, payload);
    cbor_put_bytes(&b, signature);
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}
