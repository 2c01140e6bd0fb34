/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/seed.h"

#include "base/buf.h"
#include "base/limits.h"
#include "pki/hash.h"

/* Also what a check of the build looks for in programs that must not contain the simulation. */
static const char sim_seed[] = "marblemesh simulated TEE, seed 1: published on purpose, protects nothing";

static void derive(const char *purpose, struct slice context, uint8_t attempt, void *out, size_t len)
{
    scoped(buf_wipe) struct buf info = buf_max(KIB);

    buf_str(&info, purpose);
    buf_u8(&info, 0); /* ends the purpose: no other split of the same bytes */
    buf_put(&info, context);
    buf_u8(&info, attempt);
    pki_init();
    hkdf_sha256(out, len, slice_str(sim_seed), slice_str("marblemesh/sim"), buf_bytes(&info));
}

static bool derive_key(enum key_type curve, size_t len, const char *purpose, struct slice platform,
                       struct key *out, struct err *err)
{
    uint8_t scalar[48];

    /* One 256-bit number in 2^32 is not below the order of the curve; then the next attempt is taken. */
    for (unsigned attempt = 0; attempt < 8; attempt++) {
        derive(purpose, platform, (uint8_t)attempt, scalar, len);
        if (key_from_scalar(curve, slice_of(scalar, len), out, err))
            return true;
    }
    return err_in(err, "simulated TEE: deriving the key \"%s\"", purpose);
}

bool sim_key(const char *purpose, struct slice platform, struct key *out, struct err *err)
{
    return derive_key(KEY_P256, 32, purpose, platform, out, err);
}

bool sim_key_p384(const char *purpose, struct slice platform, struct key *out, struct err *err)
{
    return derive_key(KEY_P384, 48, purpose, platform, out, err);
}

void sim_constant(const char *purpose, struct slice context, void *out, size_t len)
{
    derive(purpose, context, 0, out, len);
}

void sim_sealing_key(struct slice context, struct secret *out)
{
    secret_new(out, 32);
    derive("sealing", context, 0, out->ptr, out->len);
}

bool sim_key_xy(const struct key *k, struct arena *a, struct slice *xy, struct err *err)
{
    return spki_p256_xy(key_spki(k, a), xy, err);
}
