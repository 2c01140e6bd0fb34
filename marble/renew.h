/* SPDX-License-Identifier: Apache-2.0 */
/* marble/renew.h: certificates, files and secrets made anew while the program runs.
 *
 * One thread, started when main() is and only if a coordinator with mesh.v1 issued the certificate. It asks
 * for the next one when half of the certificate's life is over (a tenth of that half sooner or later, so that
 * marbles that were started together do not come together). What fails is tried again; a coordinator that is
 * away for long finds us back, with a new activation if the certificate has ended meanwhile. All signals are
 * blocked in the thread. A child made by fork() has no such thread: it keeps what its parent had, files
 * included, which the parent goes on renewing. The environment is never changed.
 */
#pragma once
#include <sys/types.h>

#include "marble/session.h"

/* Remembers what renewing needs. config, pin and uuid live as long as the process; the identity is published
 * already. `in_memory`: named secrets are no files (identity_new()). To be called once, by the only thread.
 */
struct renewal {
    const struct config *config;
    const struct pin *pin;
    const char *uuid;
    struct renewal_settings settings;
    bool in_memory;
};
void renew_prepare(const struct renewal *how, const struct activation *got);

/* Starts the thread, if anything was prepared. `program`: who is told of changes by a signal; 0: this
 * process. */
void renew_start(pid_t program);

/* To be called, on that thread, when the coordinator says that this service is no member any more; `why` is
 * good until it returns. false: there are RENEW_MAX_WATCHES already. */
enum { RENEW_MAX_WATCHES = 16 };
bool renew_on_revoke(void (*revoked)(const char *why, void *arg), void *arg);
