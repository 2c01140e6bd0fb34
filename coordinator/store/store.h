/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/store.h: the coordinator's state, kept durably.
 *
 * A map from store keys to bytes. Readers see what was committed; a commit is on disk when it
 * returns, and has changed nothing if it fails. The backend is a folder with two files, sealed_data
 * and sealed_key (formats: coordinator/store/seal.h); the key file is written before the data that
 * need it. Every change rewrites sealed_data.
 *
 * Not thread-safe: the core's writer lock guards it.
 */
#pragma once
#include "coordinator/store/entries.h"
#include "coordinator/store/seal.h"

struct store;

enum store_condition {
    STORE_EMPTY, /* no state was ever sealed here */
    STORE_OPEN,  /* unsealed; the contents can be read */
    STORE_SEALED /* there is a state, but its data key cannot be had */
};

/* Takes the folder, makes it if need be, writes nothing else. `why` is set with STORE_SEALED
 * (E_STATE_SEALED). Errors: E_STATE_LOCKED, E_STATE_CORRUPT (the key is good, the data are not), E_FILE_*. */
bool store_open(const char *folder, const struct sealer *sealer, struct store **out,
                enum store_condition *condition, struct err *why, struct err *err);
void store_close(struct store **s); /* accepts NULL inside */

/* The value, or NULL; borrowed until the next change. */
const struct slice *store_get(const struct store *s, const char *key);
const struct entries *store_entries(const struct store *s);

/* Where a new state is kept: sealed in the folder, or in memory only (gone with the process). */
enum store_mode { STORE_SEAL_PRODUCT, STORE_SEAL_UNIQUE, STORE_MEMORY };

/* A new state under a new data key in place of the old one. Files of an old state are kept as *.old. */
bool store_begin(struct store *s, enum store_mode mode, const struct entry *entries, size_t num,
                 struct err *err);

/* Changes the state. E_STATE_SIZE, E_FILE_WRITE. */
bool store_commit(struct store *s, const struct entry *changes, size_t num, struct err *err);
