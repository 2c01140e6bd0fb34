/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/renew.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "marble/apply.h"
#include "marble/delivered.h"
#include "marble/identity.h"
#include "marble/marble.h"
#include "marble/pause.h"

enum {
    FIRST_PAUSE_MS = 200,
    LAST_PAUSE_MS = 60 * 1000,
    CONNECT_MS = 10 * 1000,
    CALL_MS = 60 * 1000,
    LAST_WORDS_MS = 10 * 1000, /* for a program that was told to end */
    STACK_SIZE = 1 << 20,
};

static struct renewer {
    struct arena arena; /* root, folder */
    struct renewal how;
    struct slice root;
    const char *folder;         /* the working directory that files were delivered in */
    struct identity *identity;  /* the present one */
    struct delivered delivered; /* the present files */
    int64_t not_before, not_after;
    uint64_t revision;
    int64_t due_ms, due_s; /* when to renew, by clock_ticks_ms() and clock_now(), whichever comes first */
    bool is_prepared, has_lapsed;
    pid_t program;
} self;

/* ---- when --------------------------------------------------------------------------------------- */

static int64_t life_s(const struct renewer *r)
{
    return r->not_after > r->not_before ? r->not_after - r->not_before : 1;
}

/* What is left of the certificate; all of it, if our clock disagrees with the coordinator's. */
static int64_t left_ms(const struct renewer *r)
{
    const int64_t left = r->not_after - clock_now();

    return 1000 * (left > 0 && left < life_s(r) ? left : life_s(r));
}

static unsigned clamp(int64_t ms, unsigned least, unsigned most)
{
    return ms < least ? least : ms > most ? most : (unsigned)ms;
}

static void schedule(struct renewer *r)
{
    const int64_t half = left_ms(r) / 2;
    int64_t in_ms;
    uint32_t random;

    random_bytes(&random, sizeof random);
    in_ms = half - half / 10 + (int64_t)(random % 1000) * (half / 5) / 1000;
    r->due_ms = clock_ticks_ms() + in_ms;
    r->due_s = clock_now() + in_ms / 1000 + 1;
}

/* Looked at least once a minute, so that the wall clock counts after the machine was suspended. */
static unsigned until_due_ms(const struct renewer *r)
{
    const int64_t left = r->due_ms - clock_ticks_ms();

    return left <= 0 || clock_now() >= r->due_s ? 0 : clamp(left, 1, LAST_PAUSE_MS);
}

/* ---- one renewal -------------------------------------------------------------------------------- */

static struct session_options options_of(const struct renewer *r)
{
    return (struct session_options){
        .config = r->how.config,
        .pin = r->how.pin,
        .identity = r->has_lapsed ? NULL : r->identity->tls,
        .root = r->root,
        .connect_ms = clamp(left_ms(r) / 4, 1000, CONNECT_MS),
        .call_ms = clamp(left_ms(r) / 2, 2000, CALL_MS),
    };
}

/* A certificate that the coordinator no longer takes cannot be renewed, but evidence still can be given. */
static bool is_about_certificate(const struct err *err)
{
    return err->code != E_CHALLENGE &&
           (err_kind(err) == ERR_UNAUTHENTICATED || err->code == E_CERT_EXPIRED || err->code == E_CERT_CHAIN);
}

/* Says nothing of membership: the coordinator's own data have run out, or as many were activated as may be.
 */
static bool may_pass(const struct err *err)
{
    static const enum err_code codes[] = {E_CERT_EXPIRED,         E_CRL,
                                          E_CRL_EXPIRED,          E_COLLATERAL_FORMAT,
                                          E_COLLATERAL_SIGNATURE, E_COLLATERAL_EXPIRED,
                                          E_COLLATERAL_MISMATCH,  E_TCB_EVALUATION,
                                          E_MARBLE_LIMIT};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (err->code == codes[i])
            return true;
    return false;
}

/* *denied: the coordinator says that this is no member any more. */
static bool ask(struct renewer *r, struct arena *a, struct activation *got, bool *denied, struct err *err)
{
    scoped(session_close) struct session s = {0};
    struct session_options options;
    bool refused = false;

    r->has_lapsed |= clock_now() >= r->not_after;
    options = options_of(r);
    if (session_open(&options, &s, err) && session_challenge(&s, a, err) &&
        session_activate(&s, r->has_lapsed ? MESH_ACTIVATE_METHOD : MESH_RENEW_METHOD, r->how.uuid, a, got,
                         &refused, err))
        return true;
    if (refused && !r->has_lapsed && is_about_certificate(err))
        r->has_lapsed = true;
    else
        *denied = refused && err_kind(err) == ERR_DENIED && !may_pass(err);
    return false;
}

static void tell_program(const struct renewer *r, size_t num_files)
{
    if (num_files > 0 && r->how.settings.signal != 0)
        (void)kill(r->program != 0 ? r->program : getpid(), r->how.settings.signal);
}

static void log_renewed(const struct renewer *r, size_t num_files)
{
    scoped(arena_wipe) struct arena a = {0};
    char until[RFC3339_LEN + 1];

    rfc3339_format(until, r->not_after);
    log_write(LOG_INFO, "marble renewed", "type", r->how.config->type, "uuid", r->how.uuid, "not_after",
              until, "revision", arena_printf(&a, "%llu", (unsigned long long)r->revision), "files",
              arena_printf(&a, "%zu", num_files), NULL);
}

static void take_dates(struct renewer *r, const struct activation *got)
{
    r->not_before = got->not_before;
    r->not_after = got->not_after;
    r->revision = got->revision;
    r->has_lapsed = false;
    schedule(r);
}

/* A program that has given up its rights to a folder still gets what is in memory. */
static bool install(struct renewer *r, struct activation *got, struct arena *a, struct err *err)
{
    scoped(identity_release) struct identity *next = NULL;
    struct parameters changed;
    bool installed;

    if (!apply_check(&got->parameters, err) || !identity_new(&got->parameters, r->how.in_memory, &next, err))
        return false;
    changed = delivered_changed(&r->delivered, &got->parameters, r->folder, a);
    installed = apply_files(&changed, &gramine_key_files, err);
    identity_release(&r->identity);
    identity_publish(&next);
    r->identity = identity_hold();
    take_dates(r, got);
    if (!installed)
        return err_in(err, "the identity in memory is renewed, the files are not");
    delivered_take(&r->delivered, &got->parameters);
    log_renewed(r, changed.num_files);
    tell_program(r, changed.num_files);
    return true;
}

static bool renew_once(struct renewer *r, bool *denied, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct activation got;

    *denied = false;
    return ask(r, &a, &got, denied, err) && install(r, &got, &a, err);
}

/* ---- no member any more ------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct watch {
    void (*revoked)(const char *why, void *arg);
    void *arg;
} watches[RENEW_MAX_WATCHES];
static size_t num_watches;

bool renew_on_revoke(void (*revoked)(const char *why, void *arg), void *arg)
{
    bool has_room;

    (void)pthread_mutex_lock(&lock);
    has_room = num_watches < RENEW_MAX_WATCHES;
    if (has_room)
        watches[num_watches++] = (struct watch){revoked, arg};
    (void)pthread_mutex_unlock(&lock);
    return has_room;
}

/* Those that are called may ask for anything, so none is called under the lock. */
static void call_watches(const struct err *err)
{
    struct watch now[RENEW_MAX_WATCHES];
    size_t num;

    (void)pthread_mutex_lock(&lock);
    num = num_watches;
    memcpy(now, watches, sizeof now);
    (void)pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < num; i++)
        now[i].revoked(err->text, now[i].arg);
}

static void end_program(const struct renewer *r)
{
    const pid_t program = r->program != 0 ? r->program : getpid();

    (void)kill(program, SIGTERM);
    pause_ms(LAST_WORDS_MS);
    if (program == getpid())
        _exit(MARBLE_EXIT_REFUSED);
    (void)kill(program, SIGKILL);
}

static void be_revoked(const struct renewer *r, const struct err *err)
{
    const bool keeps = r->how.settings.keeps_running_when_revoked;

    log_write_err(LOG_ERROR, err,
                  keeps ? "marble revoked; it keeps running, as " ON_REVOKE " says"
                        : "marble revoked; it ends",
                  "type", r->how.config->type, "uuid", r->how.uuid, NULL);
    call_watches(err);
    if (!keeps)
        end_program(r);
}

/* ---- for ever ----------------------------------------------------------------------------------- */

static void log_failure(const struct renewer *r, const struct err *err)
{
    const bool ended = clock_now() >= r->not_after;

    log_write_err(ended ? LOG_ERROR : LOG_WARN, err,
                  ended ? "marble not renewed, and its certificate has ended" : "marble not renewed yet",
                  "type", r->how.config->type, "uuid", r->how.uuid, NULL);
}

/* Pauses are short against what is left of the certificate. */
static void renew(struct renewer *r)
{
    struct pause pause = {.least_ms = FIRST_PAUSE_MS};
    bool denied;
    struct err err;

    while (!renew_once(r, &denied, &err)) {
        if (denied)
            be_revoked(r, &err);
        else
            log_failure(r, &err);
        pause.most_ms = clamp(left_ms(r) / 8, FIRST_PAUSE_MS, LAST_PAUSE_MS);
        if (denied)
            pause.next_ms = LAST_PAUSE_MS;
        pause_take(&pause);
    }
}

static void wait_until_due(const struct renewer *r)
{
    unsigned ms;

    while ((ms = until_due_ms(r)) > 0)
        pause_ms(ms);
}

static void *run(void *ignored)
{
    (void)ignored;
    (void)pthread_setname_np(pthread_self(), "marble-renew");
    for (;;) {
        wait_until_due(&self);
        renew(&self);
    }
    return NULL;
}

/* ---- begun -------------------------------------------------------------------------------------- */

void renew_prepare(const struct renewal *how, const struct activation *got)
{
    char here[PATH_MAX];

    if (!got->by_mesh)
        return;
    self.how = *how;
    self.root = arena_copy(&self.arena, got->root);
    self.folder = arena_strdup(&self.arena, getcwd(here, sizeof here) != NULL ? here : ".");
    self.identity = identity_hold();
    delivered_take(&self.delivered, &got->parameters);
    take_dates(&self, got);
    self.is_prepared = true;
}

static int start_thread(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    int rc;

    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, STACK_SIZE);
    rc = pthread_create(&thread, &attr, run, NULL);
    (void)pthread_attr_destroy(&attr);
    return rc;
}

void renew_start(pid_t program)
{
    sigset_t all, before;
    struct err err;

    if (!self.is_prepared)
        return;
    self.program = program;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = start_thread();
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errno == 0)
        return;
    (void)err_errno(&err, E_INTERNAL, "starting a thread");
    log_refusal(LOG_ERROR, &err, "this marble's certificate will not be renewed");
}
