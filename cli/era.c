/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/era.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/client/verify.h"
#include "cli/own_file.h"

const char *era_file(struct cli *cli)
{
    const char *given = cli_option(cli, "era-config");

    if (given != NULL)
        return given;
    if (file_exists("era-config.json"))
        return "era-config.json";
    return own_file(&cli->arena, (const char *const[]){"coordinator-era.json", "../coordinator-era.json",
                                                       "../share/marblemesh/coordinator-era.json", NULL});
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

bool era_load(struct cli *cli, struct era *out, struct err *err)
{
    struct era era = {.path = era_file(cli)};
    struct slice text;
    char *warning;

    if (era.path == NULL)
        return err_set(
            err, E_FILE_MISSING,
            "no policy for the coordinator: give --era-config FILE with its package properties, or put "
            "era-config.json into this folder");
    if (!file_read(era.path, LIMIT_COLLATERAL_JSON, &cli->arena, &text, err) ||
        !era_parse(text, &cli->arena, &era.policy, err))
        return err_in(err, "policy file %s", era.path);
    apply_flags(cli, &era.policy);
    if (!era_check(&era.policy, &cli->arena, &warning, err))
        return err_in(err, "%s", era.path);
    if (warning != NULL)
        (void)fprintf(stderr, "Warning: %s: %s\n", era.path, warning);
    *out = era;
    return true;
}
