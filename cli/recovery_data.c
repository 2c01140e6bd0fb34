/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery_data.h"

#include <stdint.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "cli/output.h"

bool confirm_recovery_data(struct cli *cli, struct err *err)
{
    const char *path = cli_option(cli, "recoverydata");
    struct stat st;

    return path == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0 ||
           confirm(cli,
                   arena_printf(&cli->arena, "New recovery data will take the place of what is in %s", path),
                   UNASKED_GOES_ON, err);
}

/* MarbleRun's form. */
static void put_data(struct buf *b, const json_t *secrets)
{
    scoped(json_release) json_t *data = json_pack("{s:O}", "RecoverySecrets", secrets);

    put_json(b, data, JSON_COMPACT);
}

/* Into the file of --recoverydata; *saved is false without one. */
static bool save(struct cli *cli, const json_t *secrets, bool *saved, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_BODY);
    const char *path = cli_option(cli, "recoverydata");

    *saved = false;
    if (path == NULL || json_object_size(secrets) == 0)
        return true;
    put_data(&b, secrets);
    *saved = file_save(path, buf_bytes(&b), 0600, err);
    return *saved || err_in(err, "the recovery data was printed instead");
}

bool hand_out_recovery_data(struct cli *cli, const json_t *secrets, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_BODY);
    struct err late;
    bool saved, ok;

    if (json_object_size(secrets) == 0)
        return true;
    ok = save(cli, secrets, &saved, err);
    if (saved) {
        (void)printf("Recovery data written to %s: keep it\n", cli_option(cli, "recoverydata"));
    } else {
        put_data(&b, secrets);
        (void)printf("%.*s\n", (int)b.len, (const char *)b.ptr);
    }
    return flush_output(ok ? err : &late) && ok;
}

bool hand_out_with_recovery_data(struct cli *cli, json_t *value, const json_t *secrets, struct err *err)
{
    scoped(json_release) json_t *mine = value;
    struct err late;
    bool saved, ok = save(cli, secrets, &saved, err);

    if (saved)
        (void)json_object_set_new(mine, "recoveryDataFile", json_string(cli_option(cli, "recoverydata")));
    else if (json_object_size(secrets) > 0)
        (void)json_object_set(mine, "recoverySecrets", (json_t *)(uintptr_t)secrets);
    return print_or_save_json(cli, mine, ok ? err : &late) && ok;
}
