/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sigstruct.h: the signature structure of an SGX enclave, found in the files people have.
 *
 * Intel SDM volume 3D, "Enclave Signature Structure (SIGSTRUCT)". Only its form is checked: whether the
 * signature holds is for the CPU at launch and, as MRSIGNER and MRENCLAVE, for the evidence.
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

enum { SIGSTRUCT_LEN = 1808 };

struct sigstruct {
    uint8_t mr_enclave[32];
    uint8_t mr_signer[32]; /* SHA-256 of the modulus as stored, little endian */
    unsigned isv_prod_id, isv_svn;
    bool debug; /* ATTRIBUTES demand a debug enclave */
};

/* Exactly one, SIGSTRUCT_LEN bytes. E_PACKAGE_FILE. */
bool sigstruct_parse(struct slice in, struct sigstruct *out, struct err *err);

/* The one that stands anywhere in these bytes. Copies of it are no harm; two that differ are refused,
 * because nobody could say which one is meant. E_PACKAGE_FILE. */
bool sigstruct_find(struct slice in, struct sigstruct *out, struct err *err);

/* From a file: an enclave of Open Enclave, EGo or the SGX SDK, or Gramine's .sig, which is also found beside the
 * .manifest.sgx that it is for. From a folder: the *.sig in
 * it and Occlum's build/lib/libocclum-libos.signed.so, which must agree. E_PACKAGE_FILE, E_FILE_*. */
bool sigstruct_read(const char *path, struct sigstruct *out, struct err *err);
