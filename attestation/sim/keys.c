/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/keys.h"

#include "attestation/sim/keys_pem.h"
#include "pki/hash.h"
#include "pki/pem.h"

static bool is_called_so(const struct cert *c, const char *name)
{
    return slice_equal(cert_common_name(c), slice_str(name));
}

/* The certificate, and the key that stands behind it, if one does. */
static bool find(const char *common_name, struct arena *a, struct sim_party *out, struct err *err)
{
    struct slice rest = slice_of(keys_pem, sizeof keys_pem);
    struct pem_block block = {0};

    do {
        if (!pem_next(&rest, a, &block, err))
            return false;
        if (block.der.ptr == NULL)
            return err_set(err, E_INTERNAL, "simulated TEE: no certificate of \"%s\"", common_name);
    } while (!slice_equal(block.label, slice_str("CERTIFICATE")) ||
             !cert_parse(block.der, a, &out->cert, err) || !is_called_so(&out->cert, common_name));
    return pem_next(&rest, a, &block, err) &&
           (!slice_equal(block.label, slice_str("PRIVATE KEY")) || key_from_pkcs8(block.der, &out->key, err));
}

bool sim_embedded(const char *common_name, struct arena *a, struct sim_party *out, struct err *err)
{
    scoped(sim_party_wipe) struct sim_party found = {0};

    pki_init();
    if (!find(common_name, a, &found, err))
        return err_in(err, "simulated TEE: keys.pem");
    *out = found;
    found = (struct sim_party){0};
    return true;
}
