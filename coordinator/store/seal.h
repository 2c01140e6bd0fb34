/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/seal.h: the formats of the sealed files, and that of the key. Pure: no file is touched.
 *
 * All numbers are little endian; AEAD is AES-GCM as in pki/hash.h (nonce, ciphertext, tag).
 *
 * sealed_key    "MESHKEY\n", u32 format 1, u8 policy, key id (16),
 *               AEAD(K, data key of 16 or 32 bytes); K: the TEE's sealing key under that policy; what stands
 *               in front is the additional data
 *
 * sealed_data and sealed_data.copy, the same bytes (coordinator/store/log.h):
 *
 *   header      "MESHDAT\n", u32 format 2, key id (16), u64 generation, salt (32), check (16),
 *               u32 length of R, R: the public recovery data, in the clear
 *   records     u32 length, AEAD(L, plain text), as many as there are
 *
 *   L           HKDF-SHA256(data key, salt, "marblemesh state"), 32 bytes: another one in each generation
 *   check       HKDF-SHA256(data key, salt, "marblemesh state check"): tells a wrong key from damaged data
 *   chain       c(0) = SHA-256(header), c(n + 1) = SHA-256(c(n) ‖ record n, its length included)
 *   additional data of record n: c(n), u64 n
 *   record 0    the snapshot: u64 number of the last change in it, the entries
 *   record n    changes, in order (both encodings: coordinator/store/entries.h)
 *
 * So no record can be taken out, repeated, moved to another place or into another file, and the recovery data
 * are authentic once record 0 opens. Each time a file is written anew the generation grows: of two files with
 * a key, the one of the higher generation is the later.
 *
 * The key id, drawn at random with the data key, tells which key opens which state, so a key file that does
 * not belong to the data is told from damaged data. Under SEALED_PLAIN the data key stands in the file as it
 * is; that exists only where there is no TEE (MESH_SIM=none) and is refused everywhere else. Under SEALED_NOT, in
 * a TEE without sealing keys, nothing stands there: whoever starts again needs recovery.
 */
#pragma once
#include "attestation/collect.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"

enum { KEY_ID_LEN = 16, DATA_KEY_LEN = 32, OLD_DATA_KEY_LEN = 16 /* of MarbleRun before 1.9 */ };

/* Where sealing keys come from. `tee` NULL: there is none, data keys are kept as they are. */
struct sealer {
    const struct tee *tee;
};

struct data_key {
    struct secret key;
    uint8_t id[KEY_ID_LEN];
};
void data_key_new(struct data_key *out); /* 32 random bytes */
void data_key_of(struct data_key *out, struct slice key); /* this key, under a new id */
void data_key_copy(struct data_key *out, const struct data_key *from);
void data_key_wipe(struct data_key *k);

/* Errors of the TEE's. The result is not secret. */
bool seal_key(const struct sealer *s, enum seal_policy policy, const struct data_key *k, struct arena *a,
              struct slice *out, struct err *err);

/* E_STATE_SEALED whatever is wrong, with the cause. */
bool unseal_key(const struct sealer *s, struct slice file, struct data_key *out, struct err *err);
