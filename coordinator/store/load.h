/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/load.h: what stands in the folder, judged; the one place where a start decides what it
 * finds.
 *
 * Reads both copies and the key, takes the better copy, and says what is wrong; changes nothing.
 */
#pragma once
#include "coordinator/store/copies.h"

enum found {
    FOUND_NOTHING,
    FOUND_STATE,  /* opened */
    FOUND_SEALED, /* a state of ours without a key */
    FOUND_FOREIGN /* MarbleRun's: coordinator/store/marblerun.h */
};

/* A state that was opened; and what can be known of one without its key (recovery data, in the arena). */
struct loaded {
    struct map map;
    struct data_key key;
    struct slice recovery_data;
};
void loaded_wipe(struct loaded *l);

/* With the key of the folder, unsealed; or, if `given` is not empty, with that one. Fills in *c but for the
 * backend. `why`: with FOUND_SEALED and FOUND_FOREIGN, why it is not open (E_STATE_SEALED; of a given key
 * E_DECRYPT). `notice` keeps E_NONE if all is as it should be. Errors: E_STATE_CORRUPT, E_STATE_FORMAT,
 * E_FILE_*. */
struct load_ways {
    const struct sealer *sealer;
    struct slice given;
};
bool load(struct copies *c, const struct load_ways *ways, struct arena *a, struct loaded *out,
          enum found *found, struct err *why, struct err *notice, struct err *err);
