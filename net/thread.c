/* SPDX-License-Identifier: Apache-2.0 */
#include "net/thread.h"

#include <errno.h>
#include <signal.h>

/* A thread inherits the mask of the one that makes it. With SIGPIPE among the blocked, a peer that
 * has gone is EPIPE here whatever the program does about signals. */
bool thread_start(pthread_t *out, void *(*run)(void *), void *arg, struct err *err)
{
    sigset_t all, before;
    int rc;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(out, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = rc;
    return rc == 0 || err_errno(err, E_INTERNAL, "starting a thread");
}
