/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/log.h: a file of the state: a snapshot and the changes since. Pure: no file is touched.
 *
 * The format stands in coordinator/store/seal.h. A log that is open knows how the next record continues it;
 * making a record changes nothing until log_accept() says that it is on disk.
 */
#pragma once
#include "coordinator/store/map.h"
#include "coordinator/store/seal.h"
#include "pki/hash.h"

/* Where a log ends: what the next record is sealed and chained to. */
struct log_end {
    uint8_t chain[SHA256_LEN];
    uint64_t record; /* its number in the file */
    uint64_t len;    /* bytes up to here */
};

struct log {
    struct secret key;
    uint64_t generation;
    uint64_t change; /* number of the last change, counted from the beginning of the state */
    uint64_t snapshot_len;
    struct log_end end;
};
void log_wipe(struct log *l);

/* A new log: its bytes so far (in the arena), with this state as snapshot. E_STATE_SIZE. */
struct log_beginning {
    const struct data_key *key;
    uint64_t generation, change;
    struct slice recovery_data;
    const struct map *map;
};
bool log_begin(const struct log_beginning *what, struct arena *a, struct log *out, struct slice *file,
               struct err *err);

/* One record (in the arena) of changes (as from changes_put(), `num` of them), and the end of the log with
 * it. */
void log_record(const struct log *l, uint32_t num, struct slice changes, struct arena *a,
                struct slice *record, struct log_end *end);
void log_accept(struct log *l, const struct log_end *end);

/* What can be read without a key. */
struct log_header {
    struct slice key_id, salt, check, recovery_data;
    uint64_t generation;
    size_t len;
};

/* Is it a log at all? Borrows from the file. E_STATE_CORRUPT, E_STATE_FORMAT. */
bool log_header_parse(struct slice file, struct log_header *out, struct err *err);

/* Reads a log as far as it goes. *map must be empty, and is, if it fails. What stands behind log->end.len did
 * not open: it never reached the disk in whole, or was changed. E_DECRYPT: the key is another's.
 * E_STATE_CORRUPT: the header or record 0 does not open, or a record that does holds what no coordinator
 * writes. */
bool log_open(struct slice file, struct slice key, struct map *map, struct log *out, struct err *err);
