/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/seal.h: the formats of the two sealed files. Pure: no file is touched.
 *
 * sealed_key    "MESHKEY\n", u32le version 1, u8 policy, key id (16),
 *               AEAD(K, data key); K: the TEE's sealing key under that policy
 * sealed_data   "MESHDAT\n", u32le version 1, key id (16), AEAD(data key, entries)
 *
 * What stands in front of the AEAD part is its additional data. The key id, drawn at random with the
 * data key, tells which key opens which state, so a key file that does not belong to the data is told
 * from damaged data. Under SEALED_PLAIN the data key stands in the file as it is; that exists only
 * where there is no TEE (MESH_SIM=none) and is refused everywhere else. Under SEALED_NOT, in a TEE without
 * sealing keys, nothing stands there: whoever starts again needs recovery.
 */
#pragma once
#include "attestation/collect.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

enum { KEY_ID_LEN = 16, DATA_KEY_LEN = 32 };

/* Where sealing keys come from. `tee` NULL: there is none, data keys are kept as they are. */
struct sealer {
    const struct tee *tee;
};

struct data_key {
    struct secret key;
    uint8_t id[KEY_ID_LEN];
};
void data_key_new(struct data_key *out);
void data_key_wipe(struct data_key *k);

/* Errors of the TEE's. The result is not secret. */
bool seal_key(const struct sealer *s, enum seal_policy policy, const struct data_key *k, struct arena *a,
              struct slice *out, struct err *err);

/* E_STATE_SEALED whatever is wrong, with the cause. */
bool unseal_key(const struct sealer *s, struct slice file, struct data_key *out, struct err *err);

void seal_data(const struct data_key *k, struct slice plain, struct arena *a, struct slice *out);

/* Is it a state at all, and of which key? E_STATE_CORRUPT. */
bool sealed_data_key_id(struct slice file, struct slice *id, struct err *err);

/* The key's id must be the file's. E_STATE_CORRUPT. */
bool unseal_data(const struct data_key *k, struct slice file, struct arena *a, struct slice *plain,
                 struct err *err);
