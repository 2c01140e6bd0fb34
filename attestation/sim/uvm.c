/* SPDX-License-Identifier: Apache-2.0 */
/* Endorsements of utility VMs, as Microsoft signs them for Azure Container Instances. */
#include "attestation/sim/cose.h"
#include "attestation/sim/keys.h"
#include "attestation/sim/snp.h"
#include "base/limits.h"
#include "base/text.h"

static const char feed[] = "ContainerPlat-AMD-UVM";

static void put_names(struct buf *b, const struct sim_uvm *u)
{
    enum { CWT_ISSUER = 1, CWT_SUBJECT = 2 };
    const char *issuer = u->issuer != NULL ? u->issuer : sim_uvm_issuer();

    if (u->cwt_claims) {
        cbor_put_int(b, COSE_CWT_CLAIMS);
        cbor_put_map(b, 2);
        cbor_put_int(b, CWT_ISSUER);
        cbor_put_text(b, issuer);
        cbor_put_int(b, CWT_SUBJECT);
        cbor_put_text(b, feed);
    } else {
        cbor_put_text(b, "iss");
        cbor_put_text(b, issuer);
        cbor_put_text(b, "feed");
        cbor_put_text(b, feed);
    }
}

static void put_headers(struct buf *b, const struct sim_uvm *u, const struct cert *const *chain, size_t num)
{
    cbor_put_map(b, u->cwt_claims ? 4 : 5);
    cbor_put_int(b, COSE_ALG);
    cbor_put_int(b, COSE_PS384);
    cbor_put_int(b, COSE_CONTENT_TYPE);
    cbor_put_text(b, "application/json");
    cbor_put_int(b, COSE_X5CHAIN);
    cbor_put_array(b, num);
    for (size_t i = 0; i < num; i++)
        cbor_put_bytes(b, chain[i]->der);
    put_names(b, u);
}

static void put_payload(struct buf *b, const struct sim_uvm *u, struct arena *a)
{
    buf_printf(b, "{\n  \"x-ms-sevsnpvm-launchmeasurement\": \"%s\"",
               hex_text(a, slice_of(u->measurement, sizeof u->measurement)));
    if (u->svn != NULL)
        buf_printf(b, ",\n  \"x-ms-sevsnpvm-guestsvn\": \"%s\"", u->svn);
    buf_str(b, "\n}");
}

struct parties {
    struct sim_party root, ca, leaf;
};

static void parties_wipe(struct parties *p)
{
    sim_party_wipe(&p->root);
    sim_party_wipe(&p->ca);
    sim_party_wipe(&p->leaf);
}

bool sim_uvm_endorsement(const struct sim_uvm *u, struct arena *a, struct slice *out, struct err *err)
{
    scoped(parties_wipe) struct parties p = {0};
    const struct cert *const chain[] = {&p.leaf.cert, &p.ca.cert, &p.root.cert};
    scoped(buf_wipe) struct buf headers = buf_max(LIMIT_EVIDENCE), payload = buf_max(LIMIT_EVIDENCE);

    if (!sim_embedded(SIM_UVM_ROOT, a, &p.root, err) || !sim_embedded(SIM_UVM_CA, a, &p.ca, err) ||
        !sim_embedded(SIM_UVM_LEAF, a, &p.leaf, err))
        return false;
    put_headers(&headers, u, chain, sizeof chain / sizeof chain[0]);
    put_payload(&payload, u, a);
    return sim_cose_sign1(buf_bytes(&headers), buf_bytes(&payload), &p.leaf.key, SIG_RSA_PSS_SHA384,
                          !u->untagged, a, out, err) ||
           err_in(err, "simulated TEE: endorsing a utility VM");
}
