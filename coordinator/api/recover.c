/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "coordinator/api/body.h"
#include "coordinator/api/recovery_secrets.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"

enum { MAX_RECOVER_BODY = 20480 }; /* what is behind is not read */

void put_recovery_secrets(struct buf *b, const char *name, const struct recovery_secrets *secrets)
{
    scoped(buf_wipe) struct buf object = buf_max(REPLY_MAX);

    buf_str(&object, "{");
    for (size_t i = 0; i < secrets->num; i++)
        put_bytes_member(&object, secrets->at[i].name, secrets->at[i].ciphertext);
    buf_str(&object, "}");
    put_json_member(b, name, buf_bytes(&object));
}

/* ---- REST v2 --------------------------------------------------------------------------------- */

/* A key of 16 or 32 bytes, or a share of 33; whatever else is one of them, encrypted. */
static bool is_plain(struct slice secret)
{
    return secret.len == 16 || secret.len == 32 || secret.len == 33;
}

static bool read_body(struct api_call *c, struct slice *secret, struct slice *signature, struct err *err)
{
    const struct slice body = c->ex->request.body;
    const struct body_bytes members[] = {{"recoverySecret", secret}, {"recoverySecretSignature", signature}};

    return body_bytes(slice_of(body.ptr, body.len < MAX_RECOVER_BODY ? body.len : MAX_RECOVER_BODY),
                      E_REQUEST_BODY, members, 2, &c->ex->arena, err) &&
           (is_plain(*secret) || core_recovery_decrypt(c->core, *secret, &c->ex->arena, secret, err));
}

static const char *progress(size_t remaining, struct arena *a)
{
    if (remaining == 0)
        return "Recovery successful.";
    return arena_printf(a, "Secret was processed successfully. Upload the next secret. Remaining secrets: %zu.",
                        remaining);
}

bool api_recover(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct slice secret, signature;
    size_t remaining;

    if (!read_body(c, &secret, &signature, err) ||
        !core_recover(c->core, secret, signature, c->now, &remaining, err)) {
        api_note(c, (struct event){.kind = EVENT_RECOVERY, .err = err});
        return false;
    }
    const char *message = progress(remaining, &c->ex->arena);

    api_note(c, (struct event){.kind = EVENT_RECOVERY, .what = message});
    buf_str(&b, "{");
    put_number_member(&b, "remaining", remaining);
    put_member(&b, "message", slice_str(message));
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_recover_public_key(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(16 * KIB);
    struct slice spki;

    if (!core_recovery_public_key(c->core, &c->ex->arena, &spki, err))
        return false;
    buf_str(&b, "{");
    put_member(&b, "algorithm", slice_str("RSA"));
    put_bytes_member(&b, "ephemeralPublicKey", spki);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

/* ---- REST v1 --------------------------------------------------------------------------------- */

bool api_v1_recover(struct api_call *c, struct err *err)
{
    (void)c;
    return err_set(err, E_API_GONE,
                   "recovery over REST v1 is gone, because it cannot carry signatures: use POST /api/v2/recover");
}
