/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/sgx_extension.h"

#include "attestation/sim/seed.h"
#include "base/limits.h"
#include "pki/der.h"

static const uint8_t oid_sgx[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
const struct slice OID_SGX = {oid_sgx, sizeof oid_sgx};

/* The numbers after 1.2.840.113741.1.13.1. */
enum { PPID = 1, TCB, PCE_ID, FMSPC, SGX_TYPE, INSTANCE, CONFIGURATION };
enum { TCB_PCE_SVN = 17, TCB_CPU_SVN = 18, NUM_COMPONENTS = 16 };
enum { DYNAMIC_PLATFORM = 1, CACHED_KEYS, SMT_ENABLED };
enum { SGX_TYPE_SCALABLE = 1 };

/* SEQUENCE { 1.2.840.113741.1.13.1.first[.second], ...: the caller writes the value and ends it. */
static size_t begin_pair(struct buf *b, uint8_t first, uint8_t second)
{
    uint8_t oid[sizeof oid_sgx + 2];
    const size_t mark = der_begin(b, DER_SEQUENCE);

    memcpy(oid, oid_sgx, sizeof oid_sgx);
    oid[sizeof oid_sgx] = first;
    oid[sizeof oid_sgx + 1] = second;
    der_put_oid(b, slice_of(oid, sizeof oid_sgx + (second == 0 ? 1 : 2)));
    return mark;
}

static void put_octets(struct buf *b, uint8_t first, uint8_t second, const void *bytes, size_t len)
{
    const size_t pair = begin_pair(b, first, second);

    der_put(b, DER_OCTETS, slice_of(bytes, len));
    der_end(b, pair);
}

static void put_svn(struct buf *b, uint8_t number, unsigned svn)
{
    const size_t pair = begin_pair(b, TCB, number);

    der_put_uint(b, svn);
    der_end(b, pair);
}

static void put_tcb(struct buf *b, const struct sim_platform *p)
{
    const size_t pair = begin_pair(b, TCB, 0), list = der_begin(b, DER_SEQUENCE);

    for (uint8_t i = 0; i < NUM_COMPONENTS; i++)
        put_svn(b, (uint8_t)(i + 1), p->components[i]);
    put_svn(b, TCB_PCE_SVN, p->pce_svn);
    put_octets(b, TCB, TCB_CPU_SVN, p->components, sizeof p->components);
    der_end(b, list);
    der_end(b, pair);
}

static void put_configuration(struct buf *b)
{
    const size_t pair = begin_pair(b, CONFIGURATION, 0), list = der_begin(b, DER_SEQUENCE);

    for (uint8_t which = DYNAMIC_PLATFORM; which <= SMT_ENABLED; which++) {
        const size_t flag = begin_pair(b, CONFIGURATION, which);

        der_put_bool(b, which != SMT_ENABLED);
        der_end(b, flag);
    }
    der_end(b, list);
    der_end(b, pair);
}

struct slice sim_sgx_extension(const struct sim_platform *p, struct arena *a)
{
    static const uint8_t type = SGX_TYPE_SCALABLE;
    scoped(buf_wipe) struct buf b = buf_max(KIB);
    const size_t list = der_begin(&b, DER_SEQUENCE);
    uint8_t instance[16];
    size_t pair;

    sim_constant("platform instance", slice_of(p->ppid, sizeof p->ppid), instance, sizeof instance);
    put_octets(&b, PPID, 0, p->ppid, sizeof p->ppid);
    put_tcb(&b, p);
    put_octets(&b, PCE_ID, 0, p->pce_id, sizeof p->pce_id);
    put_octets(&b, FMSPC, 0, p->fmspc, sizeof p->fmspc);
    pair = begin_pair(&b, SGX_TYPE, 0);
    der_put(&b, DER_ENUMERATED, slice_of(&type, 1));
    der_end(&b, pair);
    put_octets(&b, INSTANCE, 0, instance, sizeof instance);
    put_configuration(&b);
    der_end(&b, list);
    return arena_copy(a, buf_bytes(&b));
}
