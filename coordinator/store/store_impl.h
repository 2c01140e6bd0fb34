/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/store_impl.h: inside of a store. For store.c (threads and changes), reseal.c (a whole
 * state in place of another) and recover.c.
 *
 * Who has `writing` may use `copies` and change everything that is written, without the lock but for the
 * moments at which others could look; who has the lock may read all but `copies`.
 */
#pragma once
#include <pthread.h>

#include "coordinator/store/copies.h"
#include "coordinator/store/load.h"
#include "coordinator/store/pending.h"

struct store {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool writing; /* a thread is at work on the files */

    enum store_condition condition;
    bool foreign;  /* sealed, and MarbleRun's */
    bool changing; /* a new state is being written: nothing can be decided on meanwhile */
    struct sealer sealer;
    struct copies copies;
    struct err notice;

    /* The state as it is durable. */
    enum store_mode mode;
    struct data_key key;
    struct slice recovery_data;
    struct map map;
    struct arena arena; /* of the recovery data */

    struct pending *first; /* in the order of decisions */
    size_t growth;         /* of the state's size by all of them */
};

/* A whole state to go over to. */
struct next_state {
    enum store_mode mode;
    struct data_key key;
    struct slice recovery_data;
    struct map map;
};
void next_state_wipe(struct next_state *n);

/* Writes the next state in place of the present one and adopts it; or nothing. Called while `writing`,
 * without the lock. */
bool store_go_over(struct store *s, struct next_state *next, struct err *err);

/* Carries out a store_reseal(). */
bool store_write_reseal(struct store *s, const struct pending *p, struct err *err);

/* Writes the present state anew. */
bool store_rewrite(struct store *s, struct err *err);

/* Waits until nobody else writes, and takes its place; and ends it. With the lock. */
void store_writing_begins(struct store *s);
void store_writing_ends(struct store *s);
