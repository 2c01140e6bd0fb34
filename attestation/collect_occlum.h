/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_occlum.h: evidence and keys inside Occlum, which offers them as ioctls of /dev/sgx.
 *
 * Occlum documentation, "Remote attestation"; numbers and structures as its DCAP library uses them. Keys are those of
 * EGETKEY (Intel SDM volume 3D, KEYREQUEST).
 */
#pragma once
#include "attestation/collect.h"

extern const struct tee tee_occlum;
