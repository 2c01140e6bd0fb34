/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/judge.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

static const char *cache_folder(struct arena *a)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

    if (cache != NULL && cache[0] != '\0')
        return arena_printf(a, "%s/marblemesh/collateral", cache);
    return home != NULL && home[0] != '\0' ? arena_printf(a, "%s/.cache/marblemesh/collateral", home) : NULL;
}

bool cli_judge(struct cli *cli, struct judge **out, struct err *err)
{
    const char *bundle = cli_option(cli, "collateral");
    struct judge_options o;

    if (!judge_options_read(environ, trust_domain()->simulated, &cli->arena, &o, err))
        return false;
    if (bundle != NULL)
        o.bundle = bundle;
    if (o.folder == NULL && o.fetches)
        o.folder = cache_folder(&cli->arena);
    return judge_open(&o, clock_now(), out, err);
}
