/* SPDX-License-Identifier: Apache-2.0 */
/* cli/help_commands.c: explain, doctor and completion: what a person asks who does not know what to type. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "base/file.h"
#include "base/json.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/era.h"
#include "cli/suggest.h"
#include "cli/target.h"

/* ---- explain ------------------------------------------------------------------------------------------ */

static json_t *reason_json(const struct reason *r)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:i}", "reason", r->name, "cause", r->cause, "remedy", r->remedy,
                     "http", err_http_status(r->kind), "grpc", err_grpc_status(r->kind));
}

static bool list_reasons(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *list = json_array();

    for (int code = E_NONE + 1; code < NUM_ERR_CODES; code++) {
        const struct reason *r = reason_of((enum err_code)code);

        if (cli_flag(cli, "json"))
            (void)json_array_append_new(list, reason_json(r));
        else
            (void)printf("%-26s %s\n", r->name, r->cause);
    }
    return !cli_flag(cli, "json") || print_or_save_json(cli, list, err);
}

/* As it stands in messages: with brackets, or without; the C name of the code does too. */
static const char *bare_name(struct arena *a, const char *given)
{
    char *name = arena_strdup(a, given[0] == '[' ? given + 1 : given);
    const size_t len = strlen(name);

    if (len > 0 && name[len - 1] == ']')
        name[len - 1] = '\0';
    return name;
}

static bool explain(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *value = NULL;
    const struct reason *r;
    const char *name, *near;
    enum err_code code;

    if (cli->num_arguments == 0)
        return list_reasons(cli, err);
    name = bare_name(&cli->arena, cli->arguments[0]);
    code = reason_named(name);
    if (code == E_NONE) {
        near = suggest_reason(name);
        return err_set(err, E_USAGE, "%s: no such reason%s%s%s", text_shown(&cli->arena, slice_str(name)),
                       near != NULL ? " (did you mean " : "", near != NULL ? near : "",
                       near != NULL ? "?)" : "");
    }
    r = reason_of(code);
    value = reason_json(r);
    if (cli_flag(cli, "json"))
        return print_or_save_json(cli, value, err);
    (void)printf("%s\n\nWhat it means: %s\nWhat to do:    %s\nOver HTTP:     %d; over gRPC: %d\n", r->name,
                 r->cause, r->remedy, err_http_status(r->kind), err_grpc_status(r->kind));
    return true;
}

/* ---- doctor -------------------------------------------------------------------------------------------- */

/* What this program and the others read of the environment; none of it is a secret. */
static const char *const variables[] = {
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "NO_COLOR",
    "EDG_COORDINATOR_CLIENT_ADDR",
    "EDG_COORDINATOR_MESH_ADDR",
    "EDG_COORDINATOR_SEAL_DIR",
    "EDG_COORDINATOR_DNS_NAMES",
    "EDG_MARBLE_COORDINATOR_ADDR",
    "EDG_MARBLE_TYPE",
    "EDG_MARBLE_DNS_NAMES",
    "EDG_MARBLE_UUID_FILE",
    "MESH_COLLATERAL",
    "MESH_COLLATERAL_CACHE",
    "MESH_PCS_URL",
    "MESH_KDS_URL",
    "MESH_SIM",
    NULL,
};

struct findings {
    const char *policy; /* NULL: none */
    const char *cache;  /* NULL: nowhere to be */
    bool has_cache, has_tee;
};

static struct findings look_around(struct cli *cli)
{
    struct findings f = {0};
    const struct tee *tee;
    struct err ignored;

    f.policy = era_file(cli);
    f.cache = target_cache_path(cli, &ignored);
    f.has_cache = f.cache != NULL && file_exists(f.cache);
    f.has_tee = tee_here(&tee, &ignored);
    return f;
}

static const char *next_step(const struct findings *f, struct arena *a)
{
    if (f->policy == NULL)
        return "get era-config.json (the coordinator's package properties) from whoever runs or builds the "
               "coordinator, "
               "and put it into this folder";
    if (f->cache == NULL)
        return "set HOME, or give --coordinator-cert FILE with each command";
    if (!f->has_cache)
        return arena_printf(a, "%s manifest new >manifest.json; %s manifest set manifest.json HOST:4433",
                            program_name, program_name);
    return arena_printf(a, "%s status HOST:4433", program_name);
}

static bool doctor_json(struct cli *cli, const struct findings *f, struct err *err)
{
    scoped(json_release) json_t *value =
        json_pack("{s:s, s:s, s:b, s:s, s:s?, s:s?, s:b, s:s}", "version", MARBLEMESH_VERSION, "trustDomain",
                  trust_domain()->name, "tee", f->has_tee, "tees", tee_survey(&cli->arena), "policy",
                  f->policy, "cache", f->cache, "cached", f->has_cache, "next", next_step(f, &cli->arena));
    json_t *environment = json_object();

    for (const char *const *name = variables; *name != NULL; name++)
        if (getenv(*name) != NULL)
            (void)json_object_set_new(environment, *name, json_string(getenv(*name)));
    (void)json_object_set_new(value, "environment", environment);
    return print_or_save_json(cli, value, err);
}

static bool doctor(struct cli *cli, struct err *err)
{
    const struct findings f = look_around(cli);

    if (cli_flag(cli, "json"))
        return doctor_json(cli, &f, err);
    (void)printf("%s %s, trust domain: %s%s\n\n", program_name, MARBLEMESH_VERSION, trust_domain()->name,
                 trust_domain()->simulated ? " (proves nothing outside development)" : "");
    (void)printf("TEEs, in the order in which they are looked for:\n%s", tee_survey(&cli->arena));
    if (!f.has_tee)
        (void)printf("This tool needs none; a coordinator or a service does.\n");
    (void)printf("\nPolicy for coordinators:  %s\n", f.policy != NULL ? f.policy : "none found");
    (void)printf("Coordinator's certificate: %s%s\n", f.cache != NULL ? f.cache : "nowhere (no HOME)",
                 f.cache == NULL ? ""
                 : f.has_cache   ? ""
                                 : " (not there yet)");
    (void)printf("\nEnvironment:\n");
    for (const char *const *name = variables; *name != NULL; name++)
        if (getenv(*name) != NULL)
            (void)printf("  %s=%s\n", *name, text_shown(&cli->arena, slice_str(getenv(*name))));
    (void)printf("\nNext: %s\n", next_step(&f, &cli->arena));
    return true;
}

/* ---- completion ------------------------------------------------------------------------------------------
 */

static bool completion(struct cli *cli, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(1024 * 1024);

    return completion_script(cli->arguments[0], &b, err) && print_or_save(cli, buf_bytes(&b), err);
}

static const struct option json_options[] = {{"json", 0, NULL, NULL, "print JSON"}, {0}};

const struct command help_commands[] = {
    {"explain", "[CODE]", 0, 1, json_options, "what a reason for a refusal means, and what to do",
     "Every refusal ends with a code in brackets. This tells what it means and what to do; without a code "
     "it\n"
     "lists them all.",
     "meshctl explain state_wrong\nmeshctl explain", explain, 0},
    {"doctor", "", 0, 0, json_options, "what is here, what is missing, what to type next",
     "Says which TEE this machine has, which policy coordinators are verified against, where certificates "
     "are\n"
     "cached, what the environment sets, and what to type next.",
     "meshctl doctor", doctor, 0},
    {"completion", "bash|zsh|fish", 1, 1, NULL, "print a completion script for a shell",
     "Prints a script that completes commands and options in this shell.",
     "source <(meshctl completion bash)\nmeshctl completion fish >~/.config/fish/completions/meshctl.fish",
     completion, 0},
    {0},
};
