/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/change.h: how the core changes. Private to the files that fill in coordinator/core.h.
 *
 * Whoever changes the mesh holds the writer lock from the look at the present snapshot to the publication of
 * the next one. What is slow and needs no such look (RSA keys of a recovery) happens outside of it.
 */
#pragma once
#include <pthread.h>

#include "base/current.h"
#include "coordinator/core.h"
#include "coordinator/recovery.h"
#include "coordinator/store/store.h"

struct core {
    const struct config *config;
    const struct tee *tee;
    struct judge *judge;
    struct err trouble; /* why in recovery; constant after core_open() */
    struct events *events;
    struct store *store;
    struct current mesh;    /* the snapshot */
    pthread_mutex_t writer; /* guards the next, and serialises changes of the mesh */
    struct recovery recovery;
    struct secret challenge_key;     /* constant after core_open() */
    struct ephemeral_key *ephemeral; /* has a lock of its own */
};

/* scoped(unlock) pthread_mutex_t *held = core_lock(core); */
pthread_mutex_t *core_lock(struct core *core);
void unlock(pthread_mutex_t **held);

/* The present snapshot, while the lock is held. */
static inline const struct mesh *core_now(const struct core *core) { return current_now(&core->mesh); }

/* Takes over the caller's reference (NULL: there is none any more) and gives up the one before. */
void core_publish(struct core *core, struct mesh **next);

/* The user as the present mesh knows him: E_USER_UNKNOWN if it does not, or with another certificate. */
bool core_user_now(const struct core *core, const struct user *user, const struct user **out,
                   struct err *err);

/* Makes changes durable, together with what is added to the update log. With a sealing, the state goes on
 * under that one. */
struct change {
    struct store_changes entries;
    struct slice log;                    /* lines */
    const struct store_sealing *sealing; /* NULL: as it is */
};
bool core_commit(struct core *core, const struct change *what, struct err *err);

/* The root key's signature over the manifest, for clients. */
bool mesh_sign_manifest(struct mesh *m, struct err *err);

/* Gives the manifest no marble a name of the coordinator's? The marbles' own requests are looked at when they
 * come. E_NAME_RESERVED, with its marble. */
bool mesh_check_names(const struct mesh *m, struct err *err);

enum store_mode store_mode_of(enum manifest_seal_mode m);
