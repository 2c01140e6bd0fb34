/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/premain.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/stdio.h"
#include "marble/activate.h"
#include "marble/apply.h"
#include "marble/identity.h"
#include "marble/launch.h"
#include "marble/marble.h"
#include "marble/uuid_file.h"
#include "net/tls.h"
#include "pki/hash.h"

/* What outlives the start: type, UUID, argv and environment. Not wiped, ever: main() and its threads read it.
 */
static struct {
    struct arena arena;
    const char *type, *uuid;
} self;

const char *premain_type(void) { return self.type; }
const char *premain_uuid(void) { return self.uuid; }

/* ---- signals ------------------------------------------------------------------------------------ */

/* A peer that hangs up, or a limit on the size of files, is an error to explain and not an end without a
 * word. */
static const int told_as_errors[] = {SIGPIPE, SIGXFSZ};
enum { NUM_TOLD_AS_ERRORS = sizeof told_as_errors / sizeof told_as_errors[0] };

struct quiet {
    struct sigaction were[NUM_TOLD_AS_ERRORS];
};

static struct quiet quiet_begin(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct quiet q;

    for (size_t i = 0; i < NUM_TOLD_AS_ERRORS; i++)
        (void)sigaction(told_as_errors[i], &ignore, &q.were[i]);
    return q;
}

static void quiet_end(const struct quiet *q)
{
    for (size_t i = 0; i < NUM_TOLD_AS_ERRORS; i++)
        (void)sigaction(told_as_errors[i], &q->were[i], NULL);
}

/* ---- the sequence ------------------------------------------------------------------------------- */

static void log_activated(const struct config *config, const struct parameters *p,
                          const struct launch *launch, const char *dropped)
{
    const struct trust_domain *domain = trust_domain();
    scoped(arena_wipe) struct arena a = {0};

    log_write(
        domain->simulated ? LOG_WARN : LOG_INFO,
        domain->simulated ? "marble activated in a SIMULATED TEE, which proves nothing" : "marble activated",
        "type", self.type, "uuid", self.uuid, "coordinator", config->coordinator, "coordinator_verified",
        "no", "files", arena_printf(&a, "%zu", p->num_files), "env", arena_printf(&a, "%zu", p->num_env),
        "argv", arena_printf(&a, "%d", launch->argc), "trust_domain", domain->name, "evidence",
        config->has_evidence ? "sent" : "none", "env_dropped", dropped[0] != '\0' ? dropped : NULL, NULL);
}

static const char *install(const struct config *config, const struct parameters *p, const char *uuid,
                           struct arena *a, struct launch *launch)
{
    struct launch made = {.says_argv = p->num_argv > 0, .execs = launch->execs};
    const char *dropped;

    made.argv = apply_argv(p, a, &made.argc);
    made.env = apply_env(p, environ, a, &dropped);
    launch_lay_out(&made, launch, &self.arena);
    *launch = made;
    environ = made.env;
    self.type = arena_strdup(&self.arena, config->type);
    self.uuid = arena_strdup(&self.arena, uuid);
    return dropped;
}

static bool join(const struct config *config, struct arena *a, struct launch *launch, struct err *err)
{
    scoped(credentials_wipe) struct credentials credentials = {0};
    scoped(identity_release) struct identity *identity = NULL;
    struct parameters parameters;
    char text[UUID_LEN + 1];
    const char *dropped;
    struct uuid uuid;

    if (!uuid_file_read(config->uuid_file, &uuid, err))
        return false;
    uuid_format(text, uuid);
    if (!credentials_make(config, clock_now(), a, &credentials, err) ||
        !activate(config, &credentials, text, a, &parameters, err) || !apply_check(&parameters, err) ||
        !identity_new(&parameters, !launch->execs, &identity, err) ||
        !apply_files(&parameters, &gramine_key_files, err))
        return false;
    dropped = install(config, &parameters, text, a, launch);
    if (!launch->execs)
        identity_publish(&identity);
    log_activated(config, &parameters, launch, dropped);
    return true;
}

bool premain(struct launch *launch, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct quiet quiet = quiet_begin();
    const unsigned held = stdio_hold();
    struct config config;
    bool joined;

    secret_init();
    pki_init();
    net_init();
    log_setup_from_env();
    joined = config_read(trust_domain()->simulated, &a, &config, err) && join(&config, &a, launch, err);
    stdio_release(held);
    quiet_end(&quiet);
    return joined;
}

/* ---- refusal ------------------------------------------------------------------------------------ */

/* A coordinator puts its reason behind its sentence, for clients that see nothing else. */
static bool names_reason(const char *text, const char *reason)
{
    const size_t len = strlen(text), n = strlen(reason);

    return len >= n + 2 && text[len - n - 2] == '[' && text[len - 1] == ']' &&
           memcmp(text + len - n - 1, reason, n) == 0;
}

_Noreturn void premain_refuse(const struct err *err)
{
    const struct reason *reason = reason_of(err->code);
    const bool named = names_reason(err->text, reason->name);

    (void)dprintf(STDERR_FILENO, "marblemesh: not started: %s%s%s%s. Next step: %s\n", err->text,
                  named ? "" : " [", named ? "" : reason->name, named ? "" : "]", reason->remedy);
    exit(MARBLE_EXIT_REFUSED);
}

void premain_or_exit(struct launch *launch)
{
    struct err err = {0};

    if (!premain(launch, &err))
        premain_refuse(&err);
}
