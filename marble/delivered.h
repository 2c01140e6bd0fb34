/* SPDX-License-Identifier: Apache-2.0 */
/* marble/delivered.h: which of the files that a coordinator delivers are other ones than last time.
 *
 * Only those are installed again: what the manifest still says as before may have been rewritten by the
 * program, as its own. Digests are kept and no contents. Zero-initialised: nothing was delivered.
 */
#pragma once
#include "manifest/activation.h"

struct delivered {
    struct arena arena;
    struct delivered_file *files;
    size_t num;
};
void delivered_take(struct delivered *d, const struct parameters *p); /* in place of what was before */
void delivered_wipe(struct delivered *d);

/* Of the files in `p` the new and the changed ones, and nothing else. Relative paths begin in `folder`: the
 * program may have gone elsewhere. Lives in the arena and borrows from `p`. */
struct parameters delivered_changed(const struct delivered *d, const struct parameters *p, const char *folder,
                                    struct arena *a);
