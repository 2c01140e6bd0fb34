/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/era.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"

/* The file that came with this program: beside it in a build, in share/ when installed. */
static const char *own_file(struct arena *a)
{
    char self[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;
    const char *path;

    if (len <= 0)
        return NULL;
    self[len] = '\0';
    slash = strrchr(self, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    for (const char *const *where = (const char *const[]){"coordinator-era.json", "../coordinator-era.json",
                                                          "../share/marblemesh/coordinator-era.json", NULL};
         *where != NULL; where++) {
        path = arena_printf(a, "%s/%s", self, *where);
        if (file_exists(path))
            return path;
    }
    return NULL;
}

const char *era_file(struct cli *cli)
{
    const char *given = cli_option(cli, "era-config");

    if (given != NULL)
        return given;
    return file_exists("era-config.json") ? "era-config.json" : own_file(&cli->arena);
}

/* The lists of statuses and advisories come from the flags, as in MarbleRun; the file's own lists
 * hold where no flag was given. */
static void apply_flags(struct cli *cli, struct package_policy *p)
{
    static const struct {
        const char *option;
    } rows[] = {{"accepted-tcb-statuses"}, {"accepted-advisories"}};

    for (size_t i = 0; i < 2; i++) {
        const char *given = cli_option(cli, rows[i].option);
        struct slice *pieces;
        size_t num;
        char **list;

        if (given == NULL || given[0] == '\0')
            continue;
        num = text_split(&cli->arena, slice_str(given), ',', &pieces);
        list = arena_array(&cli->arena, num, sizeof *list);
        for (size_t k = 0; k < num; k++)
            list[k] = arena_strndup(&cli->arena, pieces[k]);
        *(i == 0 ? &p->tcb_statuses : &p->advisories) = list;
        *(i == 0 ? &p->num_tcb_statuses : &p->num_advisories) = num;
    }
}

/* MarbleRun's rule for this file: without UniqueID, a product and a version are needed. */
static bool check(const struct era *era, struct err *err)
{
    const struct package_policy *p = &era->policy;
    const bool unique = p->unique_id != NULL && p->unique_id[0] != '\0';

    if (!unique && (p->security_version == 0 || p->product_id == 0))
        return err_set(err, E_PACKAGE_INCOMPLETE,
                       "%s: without UniqueID, ProductID and SecurityVersion must be given and not 0",
                       era->path);
    if (!unique && (p->signer_id == NULL || p->signer_id[0] == '\0'))
        (void)fprintf(
            stderr,
            "Warning: %s names neither UniqueID nor SignerID: any signer's coordinator is accepted.\n",
            era->path);
    return true;
}

bool era_load(struct cli *cli, struct era *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    struct era era = {.path = era_file(cli)};
    struct slice text;
    struct fields f;
    const json_t *own;

    if (era.path == NULL)
        return err_set(
            err, E_FILE_MISSING,
            "no policy for the coordinator: give --era-config FILE with its package properties, or put "
            "era-config.json into this folder");
    if (!file_read(era.path, LIMIT_COLLATERAL_JSON, &cli->arena, &text, err) ||
        !json_parse(text, JSON_LAST_WINS, E_JSON_SYNTAX, &json, err))
        return err_in(err, "policy file %s", era.path);
    own = trust_domain()->simulated ? json_object_get(json, "Simulation") : NULL;
    f = fields_of(own != NULL ? own : json, "$", JSON_FOLD, E_JSON_SYNTAX, &cli->arena, err);
    if (!policy_parse(&f, &era.policy))
        return err_in(err, "policy file %s", era.path);
    apply_flags(cli, &era.policy);
    if (!check(&era, err))
        return false;
    *out = era;
    return true;
}
