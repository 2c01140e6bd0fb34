/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/store.h: the coordinator's state, kept so that it cannot be lost.
 *
 * A map from store keys to bytes (coordinator/store/entries.h), sealed under a data key of its own. A change
 * is one record of a journal behind a snapshot; records are chained, numbered and sealed, and stand in two
 * copies (formats: coordinator/store/seal.h; files: coordinator/store/copies.h). Changes of several threads
 * that wait at the same time share one record and its writes.
 *
 * When store_update() returns true the change is on disk and survives whatever happens next, one lie of the
 * disk included. When it returns false nothing has changed, neither here nor in what the next start will
 * find; there is one exception, and it has a reason of its own: E_STATE_UNSURE says that the disk failed in
 * such a way that the change may be found at the next start. Until then it is not there; and once another
 * change has succeeded, it is gone for good.
 *
 * The data key stands in the file sealed_key, sealed for the TEE. Beside the sealed part the state carries
 * the public recovery data: they can be read without any key, and are authenticated once a key is there.
 *
 * Thread-safe, but for store_open() and store_close().
 */
#pragma once
#include "coordinator/store/entries.h"
#include "coordinator/store/seal.h"

struct store;

enum store_condition {
    STORE_EMPTY, /* no state was ever sealed here */
    STORE_OPEN,  /* unsealed; the contents can be read */
    STORE_SEALED /* there is a state, but its data key cannot be had: see store_recover() */
};

/* Takes the folder, makes it if need be, and makes a copy of the state anew that is not as the other one;
 * writes nothing else. `why` is set with STORE_SEALED (E_STATE_SEALED). Errors: E_STATE_LOCKED,
 * E_STATE_CORRUPT (the key is good, the data are not; or the data are gone and the key is left: says which
 * file, which record, and how to go on), E_STATE_FORMAT (written by a newer version), E_FILE_*. */
bool store_open(const char *folder, const struct sealer *sealer, struct store **out,
                enum store_condition *condition, struct err *why, struct err *err);
void store_close(struct store **s); /* accepts NULL inside */

/* What was found amiss in the folder when it was opened and does no harm (E_STATE_MENDED: one copy was
 * damaged or behind, files of an interrupted change were left over): for the log. NULL if there is nothing to
 * tell. */
const struct err *store_notice(const struct store *s);

/* A copy of all entries that are durable, in the arena: for loading a mesh. */
struct entries store_entries(struct store *s, struct arena *a);

/* Where a state is kept: sealed in the folder, or in memory only (gone with the process). */
enum store_mode { STORE_SEAL_PRODUCT, STORE_SEAL_UNIQUE, STORE_MEMORY };

struct store_sealing {
    enum store_mode mode;
    const struct data_key *key; /* 16 or 32 bytes; NULL: go on with the present one */
    struct slice recovery_data; /* may be empty */
};

/* A new state in place of whatever there was. Files of an old state are kept as *.old. All or nothing, with
 * the errors of store_update(). Whatever was not durable yet is refused with E_STATE_WRONG. */
struct store_beginning {
    struct store_sealing sealing; /* with a key */
    const struct entry *entries;
    size_t num_entries;
};
bool store_begin(struct store *s, const struct store_beginning *what, struct err *err);

/* Changes the state. `decide` is called once, under the store's lock: it reads what is there, changes that
 * are still on their way to the disk included, and names the changes (in the arena given; none is fine and
 * costs nothing), or refuses. Then the caller waits until they are durable, together with whoever else
 * waits. E_STATE_WRONG (nothing has begun, or the state is sealed), E_STATE_SIZE, E_FILE_WRITE,
 * E_STATE_UNSURE (see above), or what `decide` refused with. Changes that were decided on behind one that
 * fails, fail with it. Of several changes of a key, the last counts. */
struct store_view;
const struct slice *store_view_get(const struct store_view *v, const char *key); /* or NULL; borrowed */
struct store_changes {
    const struct entry *at;
    size_t num;
};
typedef bool store_decide(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                          struct err *err);
bool store_update(struct store *s, store_decide *decide, void *ctx, struct err *err);

/* The same, and in the same step the state goes on under this sealing: for an update of the manifest that
 * changes recovery keys or the seal mode. All or nothing; no change of another thread is lost in between.
 * `decide` sees all changes before it durable, and may be NULL: no changes. Kept as *.old: the files of
 * before. */
bool store_reseal(struct store *s, const struct store_sealing *how, store_decide *decide, void *ctx,
                  struct err *err);

/* ---- recovery ------------------------------------------------------------------------------------ */

/* Of a store that is sealed: what its recovery data say (empty: none); borrowed. */
struct slice store_recovery_data(const struct store *s);

/* Does this key (16 or 32 bytes) open the sealed state? Then the entries, in the arena. Nothing is changed
 * yet. Also opens a sealed_data of MarbleRun's, whose entries have the same keys. E_DECRYPT if it does not;
 * E_STATE_CORRUPT if it does, but the state is damaged. */
bool store_try_key(struct store *s, struct slice key, struct arena *a, struct entries *out, struct err *err);

/* Opens the store with a key that store_try_key() found good, and seals that key for this TEE, so that the
 * next start needs no recovery. A state of MarbleRun's is kept as *.old and written anew in our format. */
bool store_recover(struct store *s, struct slice key, enum store_mode mode, struct err *err);
