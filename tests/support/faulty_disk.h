/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/faulty_disk.h: a file system in memory that fails, forgets and lies where it is told to.
 *
 * It keeps two pictures: what programs see, and what is on the platter. Writing changes the first; sync and
 * sync_names carry it over. When the power goes, of what was not carried over any part may be there, in any
 * order, cut at any sector. The disk outlives the backends that are opened on it.
 */
#pragma once
#include "coordinator/store/backend.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_FAIL,   /* not done, and says so */
    FAULT_HALF,   /* done in part, and says that it failed; of a sync: as FAULT_FORGET */
    FAULT_DONE,   /* done, and says that it failed */
    FAULT_FULL,   /* from here on there is no room for more bytes or names, until the restart */
    FAULT_FORGET, /* a sync fails, and what it should have kept will never be kept; else as FAULT_FAIL */
    FAULT_LIE,    /* a sync keeps nothing and says that it did; what it should have kept will never be kept */
    FAULT_DELAY,  /* a sync keeps nothing and says that it did; the next one keeps it */
    NUM_FAULT_KINDS
};

struct faulty_disk;
struct faulty_disk *faulty_disk_new(uint64_t seed);
void faulty_disk_free(struct faulty_disk **d);

/* A backend on it. One at a time. */
struct backend *faulty_disk_backend(struct faulty_disk *d);

/* The operation of this number, counted from the last restart, meets this fault; and at that of `dies_at` the
 * process or the machine dies: it and all later ones do nothing and fail. */
void faulty_disk_plan(struct faulty_disk *d, unsigned at, enum fault_kind kind, unsigned dies_at);
unsigned faulty_disk_count(const struct faulty_disk *d); /* operations so far */
bool faulty_disk_dead(const struct faulty_disk *d);
bool faulty_disk_lied(const struct faulty_disk *d,
                      char name[64]); /* of which name: "" for the names themselves */

/* Called before each operation. */
void faulty_disk_watch(struct faulty_disk *d, void (*before)(void *ctx), void *ctx);

/* The next start: after a power cut, or, as after kill -9, with all that programs have seen. */
void faulty_disk_restart(struct faulty_disk *d, bool power_cut);

/* What is on it, for tests that change it. */
bool faulty_disk_has(const struct faulty_disk *d, const char *name);
