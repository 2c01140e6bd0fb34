/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/tcb.h: TCB levels: which one a platform reaches, and what platform and quoting enclave
 * give together.
 *
 * Source: Intel PCS API v4, "Get TCB Info" and "Get Quoting Enclave Identity", and Intel SGX DCAP quote
 * verification (convergence of platform and enclave status).
 */
#pragma once
#include "attestation/attestation.h"
#include "base/json.h"

/* One level as Intel lists it. Of the platform: components and pce_svn. Of an enclave: isv_svn. */
struct tcb_level {
    uint8_t components[16];
    unsigned pce_svn;
    unsigned isv_svn;
    int64_t date;
    enum tcb_status status;
    char **advisories;
    size_t num_advisories;
};

/* The members tcbDate, tcbStatus, advisoryIDs of a level. An unknown status is E_TCB_STATUS_UNKNOWN. */
bool tcb_level_common(struct fields *level, struct tcb_level *out);

/* The exact bytes "YYYY-MM-DDThh:mm:ssZ" of a member that must be there. */
int64_t field_time(struct fields *f, const char *name);

/* The member `name` as a number that must be there. */
uint64_t field_needed_uint(struct fields *f, const char *name, uint64_t max);
struct slice field_needed_hex(struct fields *f, const char *name, size_t len);

/* Reads each element of the array "tcbLevels" with `read`, sorts them descending with `compare` (< 0: a
 * belongs before b) and refuses two that are equal. */

struct tcb_level *tcb_levels(struct fields *f, void (*read)(struct fields *level, struct tcb_level *out),
                             int (*compare)(const void *a, const void *b), size_t *num);

/* The highest level that is reached, or NULL. Levels are sorted. */
const struct tcb_level *tcb_platform_level(const struct tcb_level *levels, size_t num,
                                           const uint8_t components[16], unsigned pce_svn);
const struct tcb_level *tcb_enclave_level(const struct tcb_level *levels, size_t num, unsigned isv_svn);

/* The status of both together. */
enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status enclave);

/* The union of both levels' advisories, sorted, each once; strings borrow. */
char **tcb_advisories(const struct tcb_level *a, const struct tcb_level *b, struct arena *arena, size_t *num);
