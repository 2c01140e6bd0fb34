/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/thim.h: what Azure's host sends along with an SNP report: the chip's certificate and its chain.
 *
 * JSON as host-amd-cert of a container group decodes to, and as
 * http://169.254.169.254/metadata/THIM/amd/certification answers: {"vcekCert": PEM, "tcbm": 16 hexadecimal
 * digits, "certificateChain": PEM, "cacheControl": ...}. The slices live in the arena.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct thim {
    struct slice vek, vek_chain;
    struct slice tcb; /* 8 bytes in the order of the report: `tcbm` is the number, written big endian */
};

/* E_EVIDENCE_FORMAT. */
bool thim_parse(struct slice json, struct arena *a, struct thim *out, struct err *err);
