/* SPDX-License-Identifier: Apache-2.0 */
/* cli/check_commands.c: what is done with manifests before a coordinator gets them: manifest check, diff,
 * plan, graph, new.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/effective.h"
#include "cli/graph.h"
#include "cli/lint.h"
#include "cli/manifest_file.h"
#include "cli/manifest_new.h"
#include "cli/place.h"
#include "manifest/plan.h"

enum { STATUS_REFUSED = 1, STATUS_UNREADABLE = 2 };

/* ---- check: findings ------------------------------------------------------------------------------------
 */

struct report {
    struct cli *cli;
    struct manifest_file file;
    json_t *warnings; /* with --json */
    size_t num_warnings;
};

/* Of YAML, lines and columns of the JSON that was made of it help nobody. */
static const char *without_json_place(const struct report *r, const char *message)
{
    const char *place = strstr(message, " (line ");

    if (!r->file.is_yaml || place == NULL)
        return message;
    return arena_printf(&r->cli->arena, "%.*s%s", (int)(place - message), message,
                        place + strcspn(place, ")") + 1);
}

static json_t *place_json(const char *message, struct text_place place)
{
    json_t *value = json_pack("{s:s}", "message", message);

    if (place.line > 0) {
        (void)json_object_set_new(value, "line", json_integer((json_int_t)place.line));
        (void)json_object_set_new(value, "column", json_integer((json_int_t)place.column));
    }
    return value;
}

/* "FILE:LINE:COLUMN", or "FILE". */
static const char *file_place(const struct report *r, struct text_place place)
{
    return place.line == 0
               ? r->file.path
               : arena_printf(&r->cli->arena, "%s:%zu:%zu", r->file.path, place.line, place.column);
}

static void warn(struct report *r, const char *text)
{
    const char *message = without_json_place(r, text), *colour = wants_colour(stdout) ? "\033[35m" : "";
    const struct text_place place = place_of(&r->file, message);

    r->num_warnings++;
    if (r->warnings != NULL)
        (void)json_array_append_new(r->warnings, place_json(message, place));
    else
        (void)printf("%s: %swarning:%s %s\n%s", file_place(r, place), colour,
                     colour[0] != '\0' ? "\033[0m" : "", message,
                     place_shown(&r->file, place, &r->cli->arena));
}

/* The refusal gets its place in front; the line with the caret goes before it. */
static bool refuse(struct report *r, struct err *err)
{
    const char *message = without_json_place(r, arena_strdup(&r->cli->arena, err->text));
    const struct text_place place = place_of(&r->file, message);
    const char *shown = place_shown(&r->file, place, &r->cli->arena);
    scoped(json_release) json_t *value = NULL;
    struct err ignored;

    if (r->warnings != NULL) {
        value = place_json(message, place);
        (void)json_object_set_new(value, "accepted", json_false());
        (void)json_object_set_new(value, "reason", json_string(reason_of(err->code)->name));
        (void)json_object_set(value, "warnings", r->warnings);
        (void)print_or_save_json(r->cli, value, &ignored);
    } else {
        (void)fflush(stdout);
        (void)fprintf(stderr, "%s", shown);
    }
    r->cli->exit_status = STATUS_REFUSED;
    return err_set(err, err->code, "%s: %s", file_place(r, place), message);
}

/* ---- check ------------------------------------------------------------------------------------------------
 */

/* All that a coordinator judges when a manifest is set. */
static bool judge_manifest(struct report *r, struct manifest *m, struct err *err)
{
    const bool parsed = manifest_parse(r->file.json, &r->cli->arena, m, err);

    for (size_t i = 0; parsed && i < m->num_warnings; i++)
        warn(r, m->warnings[i]);
    return parsed && manifest_check(m, err) && manifest_check_recovery_keys(m, err);
}

static bool accept(struct report *r, const struct manifest *m, struct err *err)
{
    scoped(json_release) json_t *value = NULL;

    if (r->warnings == NULL) {
        (void)printf("%s: accepted: %zu packages, %zu marbles, %zu secrets, %zu users; %zu warnings\n",
                     r->file.path, m->num_packages, m->num_marbles, m->num_secrets, m->num_users,
                     r->num_warnings);
        return true;
    }
    value = json_pack("{s:b, s:s, s:O}", "accepted", 1, "fingerprint",
                      fingerprint_of(&r->cli->arena, r->file.json), "warnings", r->warnings);
    return print_or_save_json(r->cli, value, err);
}

/* A text that is neither JSON nor YAML was read, and would be refused. */
static bool refuse_syntax(struct report *r, struct err *err)
{
    const char *path = r->cli->arguments[0];
    const size_t prefix = strlen(path) + 2; /* "PATH: " stands in front already */
    struct err inner = *err;

    r->file = (struct manifest_file){.path = path};
    if ((err->code != E_JSON_SYNTAX && err->code != E_YAML_SYNTAX) ||
        !file_read(path, 16 * 1024 * 1024, &r->cli->arena, &r->file.text, err)) {
        r->cli->exit_status = STATUS_UNREADABLE;
        return false;
    }
    if (strlen(inner.text) > prefix)
        (void)err_set(err, inner.code, "%s", inner.text + prefix);
    return refuse(r, err);
}

static bool manifest_check_file(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *warnings = cli_flag(cli, "json") ? json_array() : NULL;
    struct report r = {.cli = cli, .warnings = warnings};
    struct manifest m;
    char **findings;
    size_t num;

    if (!manifest_file_read(cli->arguments[0], &cli->arena, &r.file, err))
        return refuse_syntax(&r, err);
    if (!judge_manifest(&r, &m, err))
        return refuse(&r, err);
    num = manifest_lint(&m, &cli->arena, &findings);
    for (size_t i = 0; i < num; i++)
        warn(&r, findings[i]);
    if (cli_flag(cli, "strict") && r.num_warnings > 0) {
        (void)err_set(err, E_MANIFEST_WARNINGS, "%zu warnings, and --strict takes none", r.num_warnings);
        return refuse(&r, err);
    }
    return accept(&r, &m, err);
}

/* ---- diff, plan
 * -------------------------------------------------------------------------------------------- */

static bool read_parsed(struct cli *cli, const char *path, struct manifest *out, struct err *err)
{
    struct manifest_file file;

    if (!manifest_file_read(path, &cli->arena, &file, err))
        return false;
    return manifest_parse(file.json, &cli->arena, out, err) || err_in(err, "%s", path);
}

static void print_entry(struct cli *cli, const struct plan_entry *e)
{
    static const char signs[] = {[PLAN_ADDED] = '+', [PLAN_REMOVED] = '-', [PLAN_CHANGED] = '~'};
    static const char *const colours[] = {
        [PLAN_ADDED] = "\033[32m", [PLAN_REMOVED] = "\033[31m", [PLAN_CHANGED] = "\033[33m"};
    const bool colour = wants_colour(stdout);

    (void)printf("%s%c %s %s%s\n", colour ? colours[e->change] : "", signs[e->change],
                 plan_section_name(e->section), text_shown(&cli->arena, slice_str(e->name)),
                 colour ? "\033[0m" : "");
    for (size_t i = 0; i < e->num_details; i++)
        (void)printf("    %s\n", e->details[i]);
}

static bool diff(struct cli *cli, struct err *err)
{
    struct manifest a, b;
    struct plan plan;

    if (!read_parsed(cli, cli->arguments[0], &a, err) || !read_parsed(cli, cli->arguments[1], &b, err) ||
        !plan_update(&a, a.packages, &b, &cli->arena, &plan, err))
        return false;
    if (cli_flag(cli, "json"))
        (void)printf("%s\n", plan_json(&plan, &cli->arena));
    for (size_t i = 0; !cli_flag(cli, "json") && i < plan.num_entries; i++)
        print_entry(cli, &plan.entries[i]);
    if (plan.num_entries == 0 && !cli_flag(cli, "json"))
        (void)printf("no difference that a coordinator would see\n");
    return true;
}

/* The manifest in force and its packages as updates have made them. */
static bool fetch_current(struct cli *cli, const char *address, struct manifest *m,
                          struct package **effective, struct err *err)
{
    scoped(json_release) json_t *lines = NULL;
    struct slice raw;
    struct target t;

    if (!target_attest(cli, address, &t, err) || !fetch_manifest(&t, &raw, err) ||
        !fetch_update_log(&t, &lines, err) || !manifest_parse(raw, &cli->arena, m, err))
        return false;
    *effective = arena_array(&cli->arena, m->num_packages + 1, sizeof **effective);
    for (size_t i = 0; i < m->num_packages; i++) {
        struct package *p = &(*effective)[i];

        *p = m->packages[i];
        p->policy.has_security_version |=
            effective_version(lines, fingerprint_of(&cli->arena, raw), p->name, &p->policy.security_version);
    }
    return true;
}

static bool plan(struct cli *cli, struct err *err)
{
    const char *against = cli->arguments[1];
    struct manifest current, upload;
    struct package *effective;
    struct plan p;

    if (!read_parsed(cli, cli->arguments[0], &upload, err))
        return false;
    if (file_exists(against) ? !read_parsed(cli, against, &current, err)
                             : !fetch_current(cli, against, &current, &effective, err))
        return false;
    if (file_exists(against))
        effective = current.packages;
    if (update_kind_of(&upload) == UPDATE_FULL &&
        (!manifest_check(&upload, err) || !manifest_check_recovery_keys(&upload, err)))
        return err_in(err, "%s would be refused", cli->arguments[0]);
    if (!plan_update(&current, effective, &upload, &cli->arena, &p, err))
        return err_in(err, "%s would be refused", cli->arguments[0]);
    (void)printf("%s%s", cli_flag(cli, "json") ? plan_json(&p, &cli->arena) : plan_text(&p, &cli->arena),
                 cli_flag(cli, "json") ? "\n" : "");
    return true;
}

/* ---- graph, new
 * ---------------------------------------------------------------------------------------------- */

static bool graph(struct cli *cli, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(64 * 1024 * 1024);
    const char *what = cli->arguments[0], *format = cli_option(cli, "format");
    struct package *effective;
    struct manifest m;

    if (strcmp(format, "text") != 0 && strcmp(format, "dot") != 0)
        return err_set(err, E_USAGE, "--format: expected text or dot, found %s", format);
    if (file_exists(what) ? !read_parsed(cli, what, &m, err) : !fetch_current(cli, what, &m, &effective, err))
        return false;
    if (strcmp(format, "dot") == 0)
        graph_dot(&m, &b);
    else
        graph_text(&m, &b);
    return print_or_save(cli, buf_bytes(&b), err);
}

static bool new_manifest(struct cli *cli, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(1024 * 1024);

    return manifest_new(cli, &b, err) && print_or_save(cli, buf_bytes(&b), err);
}

static const struct option check_options[] = {
    {"strict", 0, NULL, NULL, "refuse what there are warnings about"},
    {"json", 0, NULL, NULL, "print JSON"},
    {0},
};
static const struct option json_options[] = {{"json", 0, NULL, NULL, "print JSON"}, {0}};
static const struct option graph_options[] = {
    {"format", 0, "FORMAT", "text", "text, or dot for Graphviz"},
    {"output", 'o', "FILE", NULL, "write here instead of to standard output"},
    {0},
};
static const struct option new_options[] = {
    {"program", 0, "FILE", NULL,
     "the program that the first marble runs: its measurement goes into the package"},
    {"package", 0, "NAME", "app", "name of the package"},
    {"marble", 0, "NAME", "app", "type of the marble"},
    {"user", 0, "NAME=FILE", NULL,
     "a user who may update the manifest, and her certificate (PEM); may be repeated"},
    {"recovery-key", 0, "NAME=FILE", NULL, "a public RSA key for recovery (PEM); may be repeated"},
    {"output", 'o', "FILE", NULL, "write here instead of to standard output"},
    {0},
};

const struct command check_commands[] = {
    {"manifest check", "MANIFEST", 1, 1, check_options, "say whether a coordinator would accept a manifest",
     "Checks a manifest, JSON or YAML, as a coordinator does when it is set, and warns of what is ignored, "
     "unused or\n"
     "dangerous, with line and column. Offline. Exits with 0: it would be accepted; 1: it would be refused;\n"
     "2: it could not be read, or the command line is faulty.",
     "meshctl manifest check manifest.json\nmeshctl manifest check --strict manifest.yaml",
     manifest_check_file, STATUS_UNREADABLE},
    {"manifest diff", "OLD NEW", 2, 2, json_options, "compare two manifests entry by entry",
     "Says what NEW adds (+), removes (-) and changes (~). Order, spacing and the way of writing do not "
     "count. Offline.",
     "meshctl manifest diff manifest.json next.yaml", diff, 0},
    {"manifest plan", "UPDATE IP:PORT|MANIFEST", 2, 2, json_options, "say what an update would do",
     "Says what an update would change in a mesh that runs, or in one under a manifest in a file: entries, "
     "secrets\n"
     "that are made anew, marbles to restart, and whose acknowledgment it needs. Nothing is changed.",
     "meshctl manifest plan next.json localhost:4433\nmeshctl manifest plan next.json manifest.json", plan,
     0},
    {"manifest graph", "MANIFEST|IP:PORT", 1, 1, graph_options, "show what belongs together in a manifest",
     "Shows packages, the marbles that run them, what these get, whom they call through TLS tags, and who "
     "may do\n"
     "what.",
     "meshctl manifest graph manifest.json\nmeshctl manifest graph localhost:4433 --format dot | dot -Tsvg "
     ">mesh.svg",
     graph, 0},
    {"manifest new", "", 0, 0, new_options, "print a manifest to begin with",
     "Prints a commented manifest in YAML, which `manifest set` takes: a package, a marble, a secret, and "
     "whoever\n"
     "was named.",
     "meshctl manifest new --program build/my_service --marble frontend -o manifest.yaml\n"
     "meshctl manifest new --user alice=alice.crt --recovery-key alice=alice.pub",
     new_manifest, 0},
    {0},
};
