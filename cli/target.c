/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "cli/client/verify.h"
#include "cli/era.h"
#include "cli/judge.h"
#include "cli/progress.h"

/* ---- attestation ----------------------------------------------------------------------------------- */

static bool present(struct cli *cli, const char *address, struct presented *out, struct err *err)
{
    scoped(progress_end) struct progress p = progress_begin("Asking %s for evidence", address);
    const struct coordinator whoever = {.address = address};
    const char *given = cli_option(cli, "nonce");
    const bool is_given = given != NULL && given[0] != '\0';
    uint8_t random[32];

    random_bytes(random, sizeof random);
    return coordinator_present(
        &whoever, is_given ? slice_str(given) : arena_copy(&cli->arena, slice_of(random, sizeof random)),
        !is_given, &cli->arena, out, err);
}

/* Each step, for who asked for it; without it the refusal has to do. */
static void explain(struct cli *cli, const struct verdict *verdict)
{
    if (cli_flag(cli, "verbose") && verdict->num_checks > 0)
        (void)fprintf(stderr, "%s\n", verdict_text(verdict, &cli->arena));
}

static bool judge(struct cli *cli, const struct presented *p, const struct era *era, struct coordinator *out,
                  struct err *err)
{
    scoped(progress_end) struct progress line =
        progress_begin("Judging the evidence of %s", p->coordinator.address);
    scoped(judge_close) struct judge *judge = NULL;
    struct verdict verdict;

    if (!cli_judge(cli, &judge, err))
        return false;
    if (coordinator_verify(p, &era->policy, judge, clock_now(), &cli->arena, &verdict, out, err))
        return true;
    progress_end(&line);
    explain(cli, &verdict);
    return false;
}

static bool verify(struct cli *cli, const char *address, const struct era *era, struct target *t,
                   struct err *err)
{
    const char *quote = cli_option(cli, "save-sgx-quote");
    struct presented presented;

    if (!present(cli, address, &presented, err) ||
        (quote != NULL && !file_save(quote, presented.quote, 0600, err)))
        return false;
    if (presented.is_old)
        (void)fprintf(stderr,
                      "Warning: the coordinator at %s is an old one: its evidence may not be fresh.\n",
                      address);
    if (!t->verified) {
        t->coordinator = presented.coordinator;
        t->coordinator.any_peer = false; /* from here on only this one, whoever it is */
        return true;
    }
    (void)fprintf(stderr, "Verifying the coordinator at %s against %s%s\n", address, era->path,
                  trust_domain()->simulated ? " (SIMULATED TEE: proves nothing outside development)" : "");
    return judge(cli, &presented, era, &t->coordinator, err);
}

bool target_attest(struct cli *cli, const char *address, struct target *out, struct err *err)
{
    struct target t = {.cli = cli, .verified = !cli_flag(cli, "insecure")};
    struct era era = {0};

    if (!t.verified)
        (void)fprintf(
            stderr,
            "Warning: --insecure: what runs at %s was NOT verified: neither its evidence nor its identity.\n",
            address);
    if ((t.verified && !era_load(cli, &era, err)) || !verify(cli, address, &era, &t, err))
        return false;
    *out = t;
    return true;
}

/* ---- the cache ------------------------------------------------------------------------------------- */

const char *target_cache_path(struct cli *cli, struct err *err)
{
    const char *given = cli_option(cli, "coordinator-cert"), *xdg = getenv("XDG_CONFIG_HOME"),
               *home = getenv("HOME");

    if (given != NULL)
        return given;
    if (xdg != NULL && xdg[0] != '\0')
        return arena_printf(&cli->arena, "%s/marblerun/coordinator-cert.pem", xdg);
    if (home != NULL && home[0] != '\0')
        return arena_printf(&cli->arena, "%s/.config/marblerun/coordinator-cert.pem", home);
    (void)err_set(err, E_CONFIG, "neither HOME nor XDG_CONFIG_HOME is set: give --coordinator-cert FILE");
    return NULL;
}

static bool keep(const struct target *t, const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');

    if (slash != NULL && slash != path &&
        !file_make_folders(arena_strndup(&t->cli->arena, slice_of(path, (size_t)(slash - path))), 0755, err))
        return false;
    return file_replace(path, slice_str(t->coordinator.chain_pem), 0600, err);
}

/* What the cache has is believed later: so nothing gets there that was not verified. */
bool target_keep(const struct target *t, struct err *err)
{
    const char *path;

    if (!t->verified) {
        (void)fprintf(stderr,
                      "Warning: --insecure: the certificate of %s is NOT cached: it was not verified.\n",
                      t->coordinator.address);
        return true;
    }
    path = target_cache_path(t->cli, err);
    return path != NULL && keep(t, path, err);
}

bool target_keep_if_possible(const struct target *t, struct err *err)
{
    if (target_keep(t, err))
        return true;
    if (err->code != E_CONFIG)
        return false;
    (void)fprintf(stderr, "Warning: the coordinator's certificate is not cached: %s\n", err->text);
    return true;
}

/* *found is false if there is no cache, and nowhere for one to be. */
static bool read_cache(struct cli *cli, const char *address, struct coordinator *out, bool *found,
                       struct err *err)
{
    struct err nowhere;
    const char *path = target_cache_path(cli, &nowhere);
    struct slice text;

    *found = path != NULL && file_exists(path);
    if (!*found)
        return true;
    if (!file_read(path, LIMIT_CHAIN * LIMIT_CERTIFICATE, &cli->arena, &text, err))
        return err_in(err, "cached certificate");
    return coordinator_pinned(address, text, &cli->arena, out, err) ||
           err_in(err, "cached certificate %s (remove it to attest anew)", path);
}

bool target_cached(struct cli *cli, const char *address, struct target *out, struct err *err)
{
    struct target t = {.cli = cli};
    bool found;

    if (cli_flag(cli, "insecure")) {
        (void)fprintf(
            stderr,
            "Warning: --insecure: what runs at %s was NOT verified: neither its evidence nor that it has the "
            "cached certificate.\n",
            address);
        t.coordinator = (struct coordinator){.address = address, .any_peer = true};
        *out = t;
        return true;
    }
    if (!read_cache(cli, address, &t.coordinator, &found, err))
        return false;
    if (!found)
        return target_attest(cli, address, out, err);
    t.verified = true;
    *out = t;
    return true;
}

bool target_same_as_cached(const struct target *t, struct err *err)
{
    struct coordinator cached;
    bool found;

    if (!t->verified) {
        (void)fprintf(stderr,
                      "Warning: --insecure: the root certificate was NOT compared with the cached one.\n");
        return true;
    }
    if (target_cache_path(t->cli, err) == NULL ||
        !read_cache(t->cli, t->coordinator.address, &cached, &found, err))
        return false;
    if (!found)
        return err_set(err, E_CACHE_MISSING, "no certificate of the coordinator is cached yet");
    return slice_equal(cached.root.der, t->coordinator.root.der) ||
           err_set(err, E_COORDINATOR_OTHER,
                   "the coordinator at %s has another root certificate than the cached one",
                   t->coordinator.address);
}
