/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery_data.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "cli/output.h"

bool hand_out_recovery_data(struct cli *cli, const json_t *secrets, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    const char *path = cli_option(cli, "recoverydata");
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_HTTP_BODY);
    bool saved;

    if (json_object_size(secrets) == 0)
        return true;
    data = json_pack("{s:O}", "RecoverySecrets", secrets);
    put_json(&b, data, JSON_COMPACT);
    saved = path != NULL && file_save(path, buf_bytes(&b), 0600, err);
    if (saved)
        (void)printf("Recovery data written to %s: keep it\n", path);
    else
        (void)printf("%.*s\n", (int)b.len, (const char *)b.ptr);
    return (saved || path == NULL || err_in(err, "the recovery data was printed instead")) &&
           flush_output(err);
}
