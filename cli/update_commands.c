/* SPDX-License-Identifier: Apache-2.0 */
/* cli/update_commands.c: manifest update apply, acknowledge, cancel and get. */
#include <stdio.h>

#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/manifest_file.h"
#include "cli/recovery_data.h"

/* What came of an update, in either version's form. */
struct progress {
    uint64_t missing;
    char **users; /* who can still acknowledge; version 1 names nobody */
    size_t num_users;
    const char *message;
    const json_t *recovery;
};

/* Version 1 answers an upload with nothing, or with new recovery secrets; an acknowledgment with a text whose
 * first word is "All" or the number that is missing. */
static bool read_progress_v1(struct arena *a, const json_t *data, struct progress *p, struct err *err)
{
    const char *text = json_string_value(data);
    struct slice *words;

    p->recovery = json_object_get(data, "RecoverySecrets");
    if (text == NULL)
        return true;
    p->message = text;
    (void)text_split(a, slice_str(text), ' ', &words);
    return slice_equal(words[0], slice_str("All")) || decimal_decode(words[0], UINT32_MAX, &p->missing) ||
           err_set(err, E_COORDINATOR, "expected an answer that begins with All or a number, found: %s",
                   text_shown(a, slice_str(text)));
}

/* An empty answer of a package update is tolerated, as MarbleRun's client does. */
static bool read_progress(struct arena *a, const json_t *data, bool is_v1, struct progress *p,
                          struct err *err)
{
    struct fields f;

    *p = (struct progress){0};
    if (is_v1)
        return read_progress_v1(a, data, p, err);
    if (data == NULL || json_is_null(data))
        return true;
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, a, err);
    p->missing = field_uint(&f, "missingAcknowledgments", UINT32_MAX);
    p->users = field_strs(&f, "missingUsers", &p->num_users);
    p->message = field_str(&f, "message");
    p->recovery = json_object_get(data, "recoverySecrets");
    return fields_done(&f) || err_in(err, "the coordinator's answer to the update");
}

static void print_progress(const struct progress *p)
{
    if (p->missing == 0) {
        (void)printf("Update successful\n");
        return;
    }
    (void)printf(p->missing == 1 ? "%llu user still needs to acknowledge the update\n"
                                 : "%llu users still need to acknowledge the update\n",
                 (unsigned long long)p->missing);
    for (size_t i = 0; i < p->num_users; i++)
        (void)printf("%s%s%s", i == 0 ? "Who can: " : ", ", p->users[i], i + 1 == p->num_users ? "\n" : "");
}

static bool print_progress_json(struct cli *cli, const struct progress *p, struct err *err)
{
    scoped(json_release) json_t *users = json_array();
    scoped(json_release) json_t *value = NULL;

    for (size_t i = 0; i < p->num_users; i++)
        (void)json_array_append_new(users, json_string(p->users[i]));
    value = json_pack("{s:b, s:I, s:O}", "applied", p->missing == 0, "missingAcknowledgments",
                      (json_int_t)p->missing, "missingUsers", users);
    return print_or_save_json(cli, value, err);
}

static bool upload(struct cli *cli, const char *path, struct err *err)
{
    scoped(target_release) struct target t = {0};
    scoped(json_release) json_t *data = NULL;
    struct api_request request = {.method = "POST", .path = path};
    struct manifest_file file;
    struct progress p;
    bool is_v1;

    if (!manifest_file_read(cli->arguments[0], &cli->arena, &file, err) ||
        !target_as_user(cli, cli->arguments[1], &t, err))
        return false;
    request.body = manifest_body(&cli->arena, file.json);
    request.body_v1 = file.json;
    if (!api_call(&t, &request, &is_v1, &data, err) || !read_progress(&cli->arena, data, is_v1, &p, err))
        return false;
    if (!cli_flag(cli, "json"))
        print_progress(&p);
    else if (!print_progress_json(cli, &p, err))
        return false;
    return hand_out_recovery_data(cli, p.recovery, err);
}

static bool update_apply(struct cli *cli, struct err *err) { return upload(cli, "/update", err); }
static bool update_acknowledge(struct cli *cli, struct err *err)
{
    return upload(cli, "/update-manifest", err);
}

static bool update_cancel(struct cli *cli, struct err *err)
{
    scoped(target_release) struct target t = {0};
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "POST", .path = "/update-cancel"};
    bool is_v1;

    if (!target_as_user(cli, cli->arguments[0], &t, err) || !api_call(&t, &request, &is_v1, &data, err))
        return false;
    (void)printf("Update canceled successfully\n");
    return true;
}

/* Names in the form in which Go prints a list: [a b]. */
static struct slice go_list(struct arena *a, char *const *names, size_t num)
{
    const char *text = "[";

    for (size_t i = 0; i < num; i++)
        text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : " ", names[i]);
    return slice_str(arena_printf(a, "%s]\n", text));
}

static bool update_get(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const struct api_request request = {.method = "GET", .path = "/update-manifest"};
    struct slice manifest;
    struct target t;
    struct fields f;
    char **users;
    size_t num;
    bool is_v1;

    if (!target_cached(cli, cli->arguments[0], &t, err) || !api_call(&t, &request, &is_v1, &data, err))
        return false;
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, &cli->arena, err);
    field_need(&f, "manifest");
    manifest = field_bytes(&f, "manifest", LIMIT_MANIFEST);
    users = field_strs(&f, "missingUsers", &num);
    if (!fields_done(&f))
        return err_in(err, "the coordinator's pending update");
    if (cli_flag(cli, "missing") && cli_flag(cli, "json"))
        return print_or_save_json(cli, json_object_get(data, "missingUsers"), err);
    return print_or_save(cli, cli_flag(cli, "missing") ? go_list(&cli->arena, users, num) : manifest, err);
}

static const struct option upload_options[] = {
    {"cert", 'c', "FILE", NULL, "the user's certificate, as the manifest has it (PEM)"},
    {"key", 'k', "FILE", NULL, "the private key of that certificate (PEM)"},
    {"recoverydata", 'r', "FILE", NULL, "write new recovery data here (0600) instead of to standard output"},
    {"json", 0, NULL, NULL, "print JSON"},
    {0},
};
static const struct option cancel_options[] = {
    {"cert", 'c', "FILE", NULL, "the user's certificate, as the manifest has it (PEM)"},
    {"key", 'k', "FILE", NULL, "the private key of that certificate (PEM)"},
    {0},
};
static const struct option get_options[] = {
    {"output", 'o', "FILE", NULL, "write here instead of to standard output"},
    {"missing", 0, NULL, NULL, "print who can still acknowledge it instead"},
    {"json", 0, NULL, NULL, "with --missing: print JSON"},
    {0},
};

const struct command update_commands[] = {
    {"manifest update apply", "MANIFEST IP:PORT", 2, 2, upload_options,
     "raise security versions, or replace the manifest",
     "Uploads an update as a user of the manifest in force. With nothing but Packages and their "
     "SecurityVersion\n"
     "it is a package update and takes effect at once; else a full one, which as many users have to "
     "acknowledge\n"
     "as the manifest says. Try `meshctl manifest plan` first: it says what would change.",
     "meshctl manifest update apply update.json localhost:4433 --cert admin.crt --key admin.key",
     update_apply, 0},
    {"manifest update acknowledge", "MANIFEST IP:PORT", 2, 2, upload_options, "agree to a pending update",
     "Agrees, as a user, to the pending update, which must be this very manifest. The last one to agree puts "
     "it\n"
     "in force.",
     "meshctl manifest update get localhost:4433 -o pending.json\n"
     "meshctl manifest update acknowledge pending.json localhost:4433 --cert bob.crt --key bob.key",
     update_acknowledge, 0},
    {"manifest update cancel", "IP:PORT", 1, 1, cancel_options, "drop a pending update",
     "Drops the pending update, as a user who might have acknowledged it.",
     "meshctl manifest update cancel localhost:4433 --cert admin.crt --key admin.key", update_cancel, 0},
    {"manifest update get", "IP:PORT", 1, 1, get_options, "print a pending update",
     "Prints the manifest of the pending update byte for byte, or who can still acknowledge it.",
     "meshctl manifest update get localhost:4433\nmeshctl manifest update get localhost:4433 --missing",
     update_get, 0},
    {0},
};
