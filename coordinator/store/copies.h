/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/copies.h: the state's files: two copies of a log, and the key.
 *
 *   sealed_data         the first copy
 *   sealed_data.copy    the second one, the same bytes
 *   sealed_key          the sealed data key
 *   sealed_key.new      one that is about to become sealed_key
 *   *.old               what stood there before a state, or its key, was superseded
 *   *.tmp               a file on its way into place
 *
 * Everything is written and made durable in the first copy before it begins in the second, so
 *   - whatever was acknowledged is in both, and one of them is enough;
 *   - what was cut off by a crash stands at the end of one copy only: what *begins* in the second copy was
 *     whole in the first. Where that does not hold the disk has lied or damaged something, and an
 *     acknowledged change may be lost: that is never passed over.
 * One sync that returns true and has kept nothing therefore loses nothing.
 *
 * After a sync that failed nobody knows what is on disk, and asking again tells nothing (the system drops
 * the pages): then both copies are written anew, under the next generation, into new files.
 */
#pragma once
#include "coordinator/store/backend.h"
#include "coordinator/store/log.h"

#define SEALED_DATA "sealed_data"
#define SEALED_COPY "sealed_data.copy"
#define SEALED_KEY  "sealed_key"
#define NEW_KEY     "sealed_key.new"

struct copies {
    struct backend *backend;
    struct log log;      /* the log that both are copies of */
    bool equal;          /* they are; else they must be written anew before anything is added */
    bool touched;        /* a copy was replaced since this was last made false */
    bool key_is_new;     /* the key stands in NEW_KEY, and is to be put into place with the next writing */
    const char *best;    /* the name that holds the state */
    uint64_t generation; /* the highest that was ever seen or tried here */
    uint64_t grown_at;   /* length at which the log is to be written anew */
};
void copies_close(struct copies *c);

/* Adds a record to both, durably. When it fails: if they are still `equal`, the record is in neither, for
 * good; else it may be in one of them, until they are written anew. E_FILE_WRITE, E_STATE_SIZE. */
bool copies_append(struct copies *c, uint32_t num, struct slice changes, struct err *err);

/* Is the journal as long as it should become: as the snapshot, or LIMIT_JOURNAL? */
bool copies_are_long(const struct copies *c);
uint64_t copies_grown_at(const struct log *l);

/* Writes both anew, with this state and all but the generation from `what`. When it fails and they are as
 * `equal` as before, they hold what they held. */
bool copies_rewrite(struct copies *c, struct log_beginning what, struct err *err);

/* The key for the log that will be written next. */
bool copies_put_key(struct copies *c, struct slice sealed, struct err *err);
void copies_drop_key(struct copies *c); /* it was not written */

/* The key for the log that is there: in place of sealed_key, which is kept as *.old. */
bool copies_change_key(struct copies *c, struct slice sealed, struct err *err);

/* Keeps the state and its key as *.old. What is not there is not kept. */
bool copies_set_aside(struct copies *c, struct err *err);

/* Leaves neither state nor key; *.old stays. */
bool copies_remove(struct copies *c, struct err *err);
