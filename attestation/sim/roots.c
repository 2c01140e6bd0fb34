/* SPDX-License-Identifier: Apache-2.0 */
/* The trust anchors of the simulated TEE: Intel's is a derived key, the others are digests of keys.pem's
 * certificates. */
#include <pthread.h>
#include <stdlib.h>

#include "attestation/sim/keys.h"
#include "attestation/sim/seed.h"
#include "attestation/sim/snp.h"
#include "base/text.h"
#include "pki/hash.h"

enum { NUM_PRODUCTS = 3, MAX_DID = 256 };

/* Made once, and of constants: if this fails, the crypto library is broken, and always fails. */
static uint8_t intel_xy[64], nitro_digest[SHA256_LEN];
static struct amd_root amd[NUM_PRODUCTS];
static char uvm_issuer[MAX_DID];

static void digest_of(const char *common_name, uint8_t out[SHA256_LEN])
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(sim_party_wipe) struct sim_party p = {0};
    struct err err;

    if (!sim_embedded(common_name, &a, &p, &err))
        abort();
    sha256(out, p.cert.der);
}

static void derive_intel(void)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(key_wipe) struct key root = {0};
    struct err err;
    struct slice xy;

    if (!sim_key(SIM_INTEL_ROOT, (struct slice){0}, &root, &err) || !sim_key_xy(&root, &a, &xy, &err))
        abort();
    memcpy(intel_xy, xy.ptr, sizeof intel_xy);
}

static void name_uvm_issuer(void)
{
    scoped(arena_wipe) struct arena a = {0};
    uint8_t digest[SHA256_LEN];
    const char *did;

    digest_of(SIM_UVM_ROOT, digest);
    did = arena_printf(&a, "did:x509:0:sha256:%s::eku:1.3.6.1.4.1.311.76.59.1.2",
                       base64_text(&a, slice_of(digest, sizeof digest), BASE64_URL_BARE));
    memcpy(uvm_issuer, did, strlen(did) + 1);
}

static void make(void)
{
    scoped(arena_wipe) struct arena a = {0};

    derive_intel();
    for (size_t i = 0; i < NUM_PRODUCTS; i++) {
        amd[i].product = sim_chips[i].product;
        digest_of(arena_printf(&a, "ARK-%s", amd[i].product), amd[i].sha256);
    }
    digest_of(SIM_NITRO_ROOT, nitro_digest);
    name_uvm_issuer();
}

static void make_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (pthread_once(&once, make) != 0)
        abort();
}

const struct roots *sim_roots(void)
{
    static const struct slice intel = {intel_xy, sizeof intel_xy},
                              nitro = {nitro_digest, sizeof nitro_digest};
    static const char *const issuers[] = {uvm_issuer};
    static const struct roots roots = {
        .intel = &intel,
        .num_intel = 1,
        .amd = amd,
        .num_amd = NUM_PRODUCTS,
        .nitro = &nitro,
        .num_nitro = 1,
        .uvm_issuers = issuers,
        .num_uvm_issuers = 1,
        .simulated = true,
    };

    make_once();
    return &roots;
}

const char *sim_uvm_issuer(void)
{
    make_once();
    return uvm_issuer;
}

bool sim_root_certificates(struct arena *a, struct slice *pem, struct err *err)
{
    scoped(sim_pki_wipe) struct sim_pki intel = {0};
    struct sim_party others[1 + NUM_PRODUCTS] = {0};
    const struct sim_party *all[2 + NUM_PRODUCTS] = {&intel.root, &others[0]};
    bool ok = sim_pki_signing((struct sim_validity){0}, a, &intel, err) &&
              sim_embedded(SIM_NITRO_ROOT, a, &others[0], err);

    for (size_t i = 0; ok && i < NUM_PRODUCTS; i++) {
        ok = sim_embedded(arena_printf(a, "ARK-%s", sim_chips[i].product), a, &others[1 + i], err);
        all[2 + i] = &others[1 + i];
    }
    if (ok)
        *pem = sim_pem_chain(all, sizeof all / sizeof all[0], a);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        sim_party_wipe(&others[i]);
    return ok;
}
