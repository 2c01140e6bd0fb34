/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/recovery.h: recovery secrets: made for the owners of recovery keys, and collected from them.
 *
 * Contract 5.5 and 5.6, MarbleRun's. With one recovery key its secret is the data key; with several each gets
 * a share: the XOR of all is the data key, or, with a threshold, so many Shamir shares give it. The public
 * recovery data say what the shares hash to, so that a wrong one is told from a good one at once.
 */
#pragma once
#include "coordinator/core.h"
#include "coordinator/shamir.h"
#include "coordinator/store/store.h"

/* ---- made ------------------------------------------------------------------------------------- */

struct recovery_made {
    struct data_key key;
    struct slice data; /* public: {"<hex SHA-256 of a share>":true,...}, or null */
    struct recovery_secrets secrets;
};
void recovery_made_wipe(struct recovery_made *r);

/* A new data key and what its recovery takes. All but the key lives in the arena. E_MANIFEST_RECOVERY_KEY. */
bool recovery_make(const struct manifest *m, struct arena *a, struct recovery_made *out, struct err *err);

/* Public data for shares that are known. */
struct slice recovery_data_of(const struct slice *shares, size_t num, struct arena *a);

/* ---- collected -------------------------------------------------------------------------------- */

/* Where nothing says which secrets are good, all sums of them are tried, which doubles with each: */
enum { RECOVERY_MAX_UNKNOWN = 8 };

/* What has come so far. Zero state: nothing. */
struct recovery {
    struct arena arena;
    struct recovery_share {
        struct slice secret, signature;
    } list[SHAMIR_MAX_SHARES];
    size_t num;
};
void recovery_drop(struct recovery *r);

/* Takes one more secret. E_RECOVERY_SECRET: of no length that a secret has; not of this mesh, or here already
 * ("invalid or already used"); too many. */
bool recovery_add(struct recovery *r, struct slice data, struct slice secret, struct slice signature,
                  struct err *err);

/* Looks whether what is here makes the key that opens the store. *found: then *key and the entries that it
 * opens are set, in the arena. Otherwise *remaining says how many secrets are still out. E_RECOVERY_SECRET:
 * all are here, and open nothing; E_STATE_CORRUPT. */
struct recovered {
    bool found;
    size_t remaining;
    struct slice key;
    struct entries entries;
};
bool recovery_try(const struct recovery *r, struct store *s, struct arena *a, struct recovered *out,
                  struct err *err);

/* Did the owners of the recovery keys send them? As many as a recovery needs, each signed by another key.
 * E_RECOVERY_SIGNATURE. */
bool recovery_check_owners(const struct recovery *r, const struct manifest *m, struct err *err);

/* ---- on its way -------------------------------------------------------------------------------- */

/* The key that secrets are encrypted to: contract 2.4. Thread-safe. */
struct ephemeral_key;
struct ephemeral_key *ephemeral_new(void);
void ephemeral_free(struct ephemeral_key **k); /* accepts NULL inside */

/* Made on first call, outside of all locks; who comes meanwhile waits for the same one. */
bool ephemeral_spki(struct ephemeral_key *k, struct arena *a, struct slice *spki, struct err *err);
bool ephemeral_decrypt(struct ephemeral_key *k, struct slice ciphertext, struct arena *a, struct slice *plain,
                       struct err *err); /* E_RECOVERY_DECRYPT */
void ephemeral_drop(struct ephemeral_key *k);
