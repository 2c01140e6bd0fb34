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

enum { NUM_TCB_COMPONENTS = 16 };

/* One level as Intel lists it. Of the platform: components and pce_svn. Of an enclave: isv_svn. A platform's
 * own components fit a byte; sample collateral of Intel's demands more, which none reaches. */
struct tcb_level {
    uint16_t components[NUM_TCB_COMPONENTS], tdx_components[NUM_TCB_COMPONENTS]; /* the second of TDX only */
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

/* The same for levels of an enclave or a TDX module, which are by isv_svn and know three statuses: UpToDate,
 * OutOfDate, Revoked; of an enclave also the two that say that configuration is needed. */
enum tcb_levels_of { LEVELS_OF_ENCLAVE, LEVELS_OF_MODULE };
struct tcb_level *tcb_isv_levels(struct fields *f, enum tcb_levels_of whose, size_t *num);

/* What a platform has: the PCK certificate's SVNs and, for TDX, a TEE_TCB_SVN (16 bytes; else empty). */
struct tcb_platform {
    const uint8_t *components; /* 16 */
    unsigned pce_svn;
    struct slice tee_tcb_svn;
};

/* The highest level that is reached, or NULL. Levels are sorted. Of TEE_TCB_SVN the first two bytes are the
 * TDX module's SVN and version: where there is a version (not 0) the module has levels of its own and the two
 * do not count here. */
const struct tcb_level *tcb_platform_level(const struct tcb_level *levels, size_t num,
                                           const struct tcb_platform *has);
const struct tcb_level *tcb_enclave_level(const struct tcb_level *levels, size_t num, unsigned isv_svn);

/* The status of both together; `part` is the quoting enclave or the TDX module. */
enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status part);

/* TD 1.5: a TD that was launched on an old platform which is updated by now is to be launched again. */
enum tcb_status tcb_relaunch(enum tcb_status at_launch, enum tcb_status now);

/* The union of the levels' advisories, sorted, each once; strings borrow. A level may be NULL. */
char **tcb_advisories(const struct tcb_level *const *levels, size_t num_levels, struct arena *arena,
                      size_t *num);
