/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/judge.h: evidence judged with all that a program has for it: its trust domain's roots, collateral
 * from a bundle, a cache or the vendors' services, and what it remembers.
 *
 * One judge serves all threads of a program. Without one (NULL) evidence is judged with what it carries and what
 * the trust domain makes itself.
 */
#pragma once
#include "attestation/collateral_cache.h"
#include "attestation/collect.h"

struct judge;

struct judge_options {
    struct fetch_options fetch;
    bool fetches;       /* from the vendors' services, or those named in `fetch` */
    const char *bundle; /* file; imported at the start; or NULL */
    const char *folder; /* of the collateral cache; NULL: in memory only */
    enum tcb_update update;
};

/* From the environment (NULL-terminated NAME=VALUE); borrows from it. E_CONFIG names the variable.
 *
 *     MESH_COLLATERAL           bundle file
 *     MESH_COLLATERAL_CACHE     folder of the cache
 *     MESH_PCS_URL              Intel's service or a caching one (PCCS), "https://host:port"; "none": nothing is
 *                               fetched from Intel
 *     MESH_KDS_URL              AMD's service; likewise
 *     MESH_COLLATERAL_CA        file with the roots of the services' certificates
 *     MESH_COLLATERAL_INSECURE  1: take any server certificate (all collateral is signed by the vendor anyway)
 *     MESH_TCB_UPDATE           standard (default) or early
 *
 * Without MESH_PCS_URL the file of Intel's own quote provider names the service, if it is there
 * (/etc/sgx_default_qcnl.conf, members pccs_url and use_secure_cert). A production program fetches from the
 * vendors if nothing is said; a simulated one only from what is named. */
bool judge_options_read(char *const *environment, bool simulated, struct arena *a, struct judge_options *out,
                        struct err *err);

/* Options are copied as far as they are kept; strings in them stay the caller's, and must outlive the judge. */
bool judge_open(const struct judge_options *options, int64_t now, struct judge **out, struct err *err);
void judge_close(struct judge **j); /* accepts NULL inside */

/* Adds what a bundle holds, once each item was verified by itself; or none of it. */
bool judge_import(struct judge *j, struct slice bundle, int64_t now, struct err *err);

/* Appraises evidence from the wire, then matches the policy. The verdict is filled as far as the appraisal came,
 * also on refusal. Collateral that cannot be had is the reason only for evidence that holds without it: of another
 * trust domain one hears first that its root is not trusted. */
bool judge_evidence(struct judge *j, struct slice evidence, const struct package_policy *p,
                    struct slice report_data, int64_t now, struct arena *a, struct verdict *verdict, struct err *err);

/* The same without a policy: is it genuine? */
bool judge_genuine(struct judge *j, const struct evidence *evidence, int64_t grace, int64_t now, struct arena *a,
                   struct verdict *verdict, struct err *err);

/* Collateral for this evidence, as items: for whoever carries it elsewhere. */
bool judge_collateral(struct judge *j, const struct evidence *evidence, int64_t grace, int64_t now, struct arena *a,
                      struct collateral_items *out, struct err *err);

struct collateral_cache_counts judge_counts(struct judge *j);
