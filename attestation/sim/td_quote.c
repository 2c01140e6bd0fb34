/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of TDs and quotes over them: Intel TDX Module ABI, TDREPORT_STRUCT; Intel TDX DCAP Quoting Library
 * API, appendix A. */
#include "attestation/sim/quoting_enclave.h"
#include "attestation/sim/sim.h"
#include "base/buf.h"

enum { BODY_TD10 = 2, BODY_TD15 = 3 };

/* A Linux guest as they are now: SEPT_VE_DISABLE, no debug; a module of version 1 with SVN 5. */
const struct sim_td sim_td_default = {
    .mr_td = {'m', 'a', 'r', 'b', 'l', 'e', 'm', 'e', 's', 'h', ' ', 's', 'i', 'm', ' ', 'T', 'D'},
    .rtmr = {{0x30}, {0x31}, {0x32}, {0}},
    .attributes = {0, 0, 0, 0x10},
    .xfam = {0xe7, 0x02, 0x06},
    .mr_seam = {'s', 'i', 'm', ' ', 'T', 'D', 'X', ' ', 'm', 'o', 'd', 'u', 'l', 'e'},
    .tee_tcb_svn = {5, 1, 2},
    .tee_tcb_svn2 = {5, 1, 2},
};

static void put_td_report(struct buf *b, const struct sim_td *td, const uint8_t report_data[64])
{
    buf_put(b, slice_of(td->tee_tcb_svn, 16));
    buf_put(b, slice_of(td->mr_seam, 48));
    buf_put(b, slice_of(td->mr_signer_seam, 48));
    buf_put(b, slice_of(td->seam_attributes, 8));
    buf_put(b, slice_of(td->attributes, 8));
    buf_put(b, slice_of(td->xfam, 8));
    buf_put(b, slice_of(td->mr_td, 48));
    buf_put(b, slice_of(td->mr_config_id, 48));
    buf_put(b, slice_of(td->mr_owner, 48));
    buf_put(b, slice_of(td->mr_owner_config, 48));
    for (size_t i = 0; i < 4; i++)
        buf_put(b, slice_of(td->rtmr[i], 48));
    buf_put(b, slice_of(report_data, 64));
    if (td->is_td15) {
        buf_put(b, slice_of(td->tee_tcb_svn2, 16));
        buf_put(b, slice_of(td->mr_service_td, 48));
    }
}

bool sim_td_quote(const struct sim_platform *p, const struct sim_td *td, const uint8_t report_data[64],
                  const struct sim_quote_options *o, struct arena *a, struct slice *quote, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(TD15_REPORT_LEN);
    struct sim_body body = {TEE_TDX, td->is_td15 ? BODY_TD15 : BODY_TD10, {0}};

    put_td_report(&b, td, report_data);
    body.bytes = buf_bytes(&b);
    return sim_quote_body(p, &body, td->is_td15 ? 5 : 4, o, a, quote, err);
}
