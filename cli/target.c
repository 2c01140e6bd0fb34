/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/target.h"

#include <stdlib.h>
#include <string.h>

#include "attestation/judge.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/era.h"
#include "cli/judge.h"
#include "net/client.h"
#include "pki/hash.h"
#include "pki/pem.h"

/* ---- one exchange ---------------------------------------------------------------------------- */

/* Accepts the coordinator if its certificate chains to the root that is believed. */
static bool check_peer(void *ctx, const struct slice *chain, size_t num_chain, struct err *err)
{
    const struct target *t = ctx;
    scoped(arena_wipe) struct arena a = {0};
    struct cert *peer = arena_array(&a, num_chain, sizeof *peer);

    for (size_t i = 0; i < num_chain; i++)
        if (!cert_parse(chain[i], &a, &peer[i], err))
            return err_in(err, "certificate of %s", t->address);
    if (!chain_verify(&peer[0], peer + 1, num_chain - 1, &t->root, 1, clock_now(), err))
        return err_in(err, 
                      "%s is not the coordinator that was attested (one that was set up anew has to be attested anew: "
                      "manifest set or verify)",
                      t->address);
    return true;
}

/* What the envelope says when the status is not 200: the coordinator's own reason and words, if any. */
static bool refusal(int status, const json_t *envelope, struct err *err)
{
    const char *message = json_string_value(json_object_get(envelope, "message"));
    const char *reason = json_string_value(json_object_get(envelope, "reason"));
    enum err_code code = reason != NULL ? reason_named(reason) : E_NONE;

    if (code == E_NONE)
        code = status == 405 ? E_HTTP_METHOD : E_COORDINATOR;
    if (message == NULL)
        message = status == 405 ? "it does not know this request: is it a coordinator, and not an older one?"
                                : "no reason given";
    return err_set(err, code, "the coordinator refused (HTTP %d): %s", status, message);
}

static bool read_envelope(const struct http_response *r, json_t **data, struct err *err)
{
    scoped(json_release) json_t *envelope = NULL;
    struct err ignored;

    if (!json_parse(r->body, JSON_LAST_WINS, E_COORDINATOR, &envelope, &ignored) || !json_is_object(envelope))
        return err_set(err, E_COORDINATOR, "the answer (HTTP %d) is not the coordinator's JSON", r->status);
    if (r->status != 200)
        return refusal(r->status, envelope, err);
    *data = json_incref(json_object_get(envelope, "data"));
    return true;
}

static void close_client(struct client **c) { client_close(c); }

bool target_call(const struct target *t, const char *method, const char *path, struct slice body,
                 json_t **data, struct err *err)
{
    const struct client_options options = {
        .address = t->address,
        .identity = t->identity,
        .check = t->any_peer ? NULL : check_peer,
        .check_ctx = (void *)(uintptr_t)t,
    };
    const char *question = strchr(path, '?');
    struct header json_body = {slice_str("content-type"), slice_str("application/json")};
    const struct http_request request = {
        .method = slice_str(method),
        .path = question != NULL ? slice_of(path, (size_t)(question - path)) : slice_str(path),
        .query = question != NULL ? slice_str(question + 1) : (struct slice){0},
        .headers = &json_body,
        .num_headers = body.len > 0,
        .body = body,
    };
    scoped(close_client) struct client *client = NULL;
    scoped(arena_wipe) struct arena a = {0};
    struct http_response response;

    return client_connect(&options, &client, err) && client_call(client, &request, &a, &response, err) &&
           read_envelope(&response, data, err);
}

/* ---- attestation ------------------------------------------------------------------------------ */

struct answer {
    const char *chain_pem;
    struct cert *chain;
    size_t num_chain;
    struct slice quote; /* empty: the coordinator has none */
    bool is_v1;         /* an old coordinator's answer, which no nonce goes into */
};

/* Version 1 knows no nonce: such evidence is of the right key, but it may be old. */
static bool ask_quote(const struct target *t, struct slice nonce, json_t **data, bool *is_v1, struct err *err)
{
    struct arena *a = &t->cli->arena;
    const char *path = arena_printf(a, "/api/v2/quote?nonce=%s", base64_text(a, nonce, BASE64_URL));

    *is_v1 = false;
    if (target_call(t, "GET", path, (struct slice){0}, data, err))
        return true;
    if (err->code != E_HTTP_METHOD || cli_option(t->cli, "nonce") != NULL)
        return false;
    *is_v1 = true;
    (void)fprintf(stderr, "Warning: the coordinator at %s is an old one: its evidence may not be fresh.\n", t->address);
    return target_call(t, "GET", "/quote", (struct slice){0}, data, err);
}

static bool fetch_quote(const struct target *t, struct slice nonce, struct answer *out, struct err *err)
{
    struct arena *a = &t->cli->arena;
    scoped(json_release) json_t *data = NULL;
    struct fields f;

    if (!ask_quote(t, nonce, &data, &out->is_v1, err))
        return false;
    f = fields_of(data, "$", out->is_v1 ? JSON_FOLD : JSON_EXACT, E_COORDINATOR, a, err);
    field_need(&f, "cert");
    out->chain_pem = field_str(&f, "cert");
    out->quote = field_bytes(&f, "quote", LIMIT_EVIDENCE);
    if (!fields_done(&f) || !cert_parse_pem(slice_str(out->chain_pem), a, &out->chain, &out->num_chain, err))
        return err_in(err, "the coordinator's answer to quote");
    if (out->num_chain != 2)
        return err_set(err, E_COORDINATOR,
                       "expected the intermediate and the root certificate, found %zu certificates",
                       out->num_chain);
    return true;
}

/* A debug coordinator is only accepted if the policy says Debug; a production one always. */
static bool judge_quote(struct cli *cli, const struct era *era, const struct answer *answer,
                        struct slice report_data, struct err *err)
{
    scoped(judge_close) struct judge *judge = NULL;
    struct package_policy policy = era->policy;
    struct verdict verdict;

    if (!cli_judge(cli, &judge, err))
        return false;
    if (judge_evidence(judge, answer->quote, &policy, report_data, clock_now(), &cli->arena, &verdict, err))
        return true;
    if (err->code != E_DEBUG || !policy.debug)
        return false;
    policy.debug = false;
    return judge_evidence(judge, answer->quote, &policy, report_data, clock_now(), &cli->arena, &verdict, err);
}

static bool verify(struct cli *cli, const char *address, const struct answer *answer, struct slice nonce,
                   struct err *err)
{
    const struct slice bound[] = {answer->chain[1].der, nonce};
    uint8_t report_data[64] = {0};
    struct era era;

    if (!era_load(cli, &era, err))
        return false;
    (void)fprintf(stderr, "Verifying the coordinator at %s against %s%s\n", address, era.path,
                  trust_domain()->simulated ? " (SIMULATED TEE: proves nothing outside development)" : "");
    if (answer->quote.len == 0)
        return err_set(err, E_EVIDENCE_MISSING, "the coordinator at %s has no evidence of what it is",
                       address);
    sha256_of(report_data, bound, answer->is_v1 ? 1 : 2);
    return judge_quote(cli, &era, answer, slice_of(report_data, sizeof report_data), err) ||
           err_in(err, "the coordinator at %s", address);
}

static bool save_quote(struct cli *cli, struct slice quote, struct err *err)
{
    const char *path = cli_option(cli, "save-sgx-quote");

    return path == NULL || file_save(path, quote, 0600, err);
}

bool target_attest(struct cli *cli, const char *address, struct target *out, struct err *err)
{
    struct target t = {.cli = cli, .address = address, .any_peer = true};
    const char *given = cli_option(cli, "nonce");
    struct answer answer;
    uint8_t random[32];
    struct slice nonce = slice_of(random, sizeof random);

    random_bytes(random, sizeof random);
    if (given != NULL)
        nonce = slice_str(given);
    if (!fetch_quote(&t, nonce, &answer, err) || !save_quote(cli, answer.quote, err))
        return false;
    t.intermediate = answer.chain[0];
    t.root = answer.chain[1];
    t.chain_pem = answer.chain_pem;
    if (cli_flag(cli, "insecure"))
        (void)fprintf(
            stderr,
            "Warning: --insecure: what runs at %s was NOT verified: neither its evidence nor its identity.\n",
            address);
    else if (!verify(cli, address, &answer, nonce, err))
        return false;
    t.any_peer = false; /* from here on only this root */
    *out = t;
    return true;
}

/* ---- the cache -------------------------------------------------------------------------------- */

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

bool target_keep(const struct target *t, struct err *err)
{
    const char *path = target_cache_path(t->cli, err), *slash;

    if (path == NULL)
        return false;
    slash = strrchr(path, '/');
    if (slash != NULL && slash != path &&
        !file_make_folders(arena_strndup(&t->cli->arena, slice_of(path, (size_t)(slash - path))), 0755, err))
        return false;
    return file_replace(path, slice_str(t->chain_pem), 0600, err);
}

/* The cached chain: intermediate, then root. *found is false if there is no cache. */
static bool read_cache(struct cli *cli, struct cert **chain, const char **pem, bool *found, struct err *err)
{
    const char *path = target_cache_path(cli, err);
    struct slice text;
    size_t num;

    *found = false;
    if (path == NULL)
        return false;
    if (!file_exists(path))
        return true;
    if (!file_read(path, LIMIT_CHAIN * LIMIT_CERTIFICATE, &cli->arena, &text, err))
        return err_in(err, "cached certificate");
    if (!cert_parse_pem(text, &cli->arena, chain, &num, err))
        return err_in(err, "cached certificate %s (remove it to attest anew)", path);
    if (num != 2)
        return err_set(err, E_CERT_FORMAT,
                       "cached certificate %s (remove it to attest anew): expected the intermediate and the root "
                       "certificate, found %zu",
                       path, num);
    *pem = (const char *)text.ptr;
    *found = true;
    return true;
}

bool target_cached(struct cli *cli, const char *address, struct target *out, struct err *err)
{
    struct cert *chain;
    const char *pem;
    bool found;

    if (cli_flag(cli, "insecure")) {
        (void)fprintf(stderr, "Warning: --insecure: what runs at %s was NOT verified.\n", address);
        *out = (struct target){.cli = cli, .address = address, .any_peer = true};
        return true;
    }
    if (!read_cache(cli, &chain, &pem, &found, err))
        return false;
    if (!found)
        return target_attest(cli, address, out, err);
    *out = (struct target){
        .cli = cli, .address = address, .intermediate = chain[0], .root = chain[1], .chain_pem = pem};
    return true;
}

bool target_same_as_cached(const struct target *t, struct err *err)
{
    struct cert *chain;
    const char *pem;
    bool found;

    if (cli_flag(t->cli, "insecure"))
        return true;
    if (!read_cache(t->cli, &chain, &pem, &found, err))
        return false;
    if (!found)
        return err_set(err, E_CACHE_MISSING, "no certificate of the coordinator is cached yet");
    if (!slice_equal(chain[1].der, t->root.der))
        return err_set(err, E_CERT_CHAIN,
                       "the coordinator at %s has another root certificate than the cached one", t->address);
    return true;
}
