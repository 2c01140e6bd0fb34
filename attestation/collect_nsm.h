/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_nsm.h: documents inside an AWS Nitro enclave, from the Nitro Security Module, /dev/nsm.
 *
 * Linux, linux/nsm.h; AWS, "Nitro Enclaves Security Module library": CBOR request and response.
 */
#pragma once
#include "attestation/collect.h"

extern const struct tee tee_nsm;
