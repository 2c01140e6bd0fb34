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
#include "marble/renew.h"
#include "marble/uuid_file.h"
#include "net/tls.h"
#include "pki/hash.h"

/* What outlives the start: type, UUID, argv and environment, and what renewing needs. Not wiped, ever: main()
 * and its threads read it. */
static struct {
    struct arena arena;
    struct config config;
    struct pin pin;
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

static void log_activated(const struct activation *got, const struct launch *launch, const char *dropped)
{
    const struct parameters *p = &got->parameters;
    const struct trust_domain *domain = trust_domain();
    scoped(arena_wipe) struct arena a = {0};

    log_write(
        domain->simulated ? LOG_WARN : LOG_INFO,
        domain->simulated ? "marble activated in a SIMULATED TEE, which proves nothing" : "marble activated",
        "type", self.type, "uuid", self.uuid, "coordinator", self.config.coordinator, "coordinator_verified",
        self.pin.given ? "yes" : "no", "activation", got->by_mesh ? "mesh.v1" : "rpc.Marble", "files",
        arena_printf(&a, "%zu", p->num_files), "env", arena_printf(&a, "%zu", p->num_env), "argv",
        arena_printf(&a, "%d", launch->argc), "trust_domain", domain->name, "evidence",
        self.config.has_evidence ? "sent" : "none", "env_dropped", dropped[0] != '\0' ? dropped : NULL, NULL);
}

static const char *install(const struct parameters *p, struct arena *a, struct launch *launch)
{
    struct launch made = {.says_argv = p->num_argv > 0, .execs = launch->execs};
    const char *dropped;

    made.argv = apply_argv(p, a, &made.argc);
    made.env = apply_env(p, environ, a, &dropped);
    launch_lay_out(&made, launch, &self.arena);
    *launch = made;
    collect_remember();
    environ = made.env;
    self.type = self.config.type;
    return dropped;
}

/* What the manifest says of renewals decides, as with PASS_ENV. */
static bool read_settings(const struct parameters *p, struct renewal_settings *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};

    for (size_t i = 0; i < p->num_env; i++) {
        const char *value = arena_strndup(&a, p->env[i].value);

        if ((strcmp(p->env[i].name, RENEW_SIGNAL) == 0 && !config_renew_signal(value, out, err)) ||
            (strcmp(p->env[i].name, ON_REVOKE) == 0 && !config_on_revoke(value, out, err)))
            return err_in(err, "the manifest's Env");
    }
    return true;
}

static bool take(struct activation *got, const char *uuid, struct arena *a, struct launch *launch,
                 struct err *err)
{
    scoped(identity_release) struct identity *identity = NULL;
    struct renewal renewal = {.config = &self.config,
                              .pin = &self.pin,
                              .settings = self.config.renewal,
                              .in_memory = !launch->execs};
    const char *dropped;

    if (!apply_check(&got->parameters, err) || !read_settings(&got->parameters, &renewal.settings, err) ||
        !identity_new(&got->parameters, renewal.in_memory, &identity, err) ||
        !apply_files(&got->parameters, &gramine_key_files, err))
        return false;
    dropped = install(&got->parameters, a, launch);
    self.uuid = renewal.uuid = arena_strdup(&self.arena, uuid);
    identity_publish(&identity);
    renew_prepare(&renewal, got);
    log_activated(got, launch, dropped);
    return true;
}

static bool join(struct arena *a, struct launch *launch, struct err *err)
{
    struct activation got;
    char text[UUID_LEN + 1];
    struct uuid uuid;

    if (!uuid_file_read(self.config.uuid_file, &uuid, err))
        return false;
    uuid_format(text, uuid);
    return activate(&self.config, &self.pin, text, a, &got, err) && take(&got, text, a, launch, err);
}

bool premain(struct launch *launch, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct quiet quiet = quiet_begin();
    const unsigned held = stdio_hold();
    bool joined;

    secret_init();
    pki_init();
    net_init();
    log_setup_from_env();
    joined = config_read(trust_domain()->simulated, &self.arena, &self.config, err) &&
             pin_read(self.config.policy_file, &self.arena, &self.pin, err) && join(&a, launch, err);
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
