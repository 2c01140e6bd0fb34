/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "coordinator/api/body.h"
#include "coordinator/api/recovery_secrets.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"

/* ---- what happened --------------------------------------------------------------------------- */

/* Clients of REST v1 parse the first word: "All", or the number of users that are missing. */
static const char *progress(const struct update_result *r, struct arena *a)
{
    const char *text;

    if (r->missing_acknowledgments == 0)
        return "All users have acknowledged the update manifest. The update has been applied.";
    text = arena_printf(a, "%zu %s still to acknowledge the update manifest", r->missing_acknowledgments,
                        r->missing_acknowledgments == 1 ? "user has" : "users have");
    for (size_t i = 0; i < r->num_missing_users; i++)
        text = arena_printf(a, "%s%s%s", text, i == 0 ? ". Who can: " : ", ", r->missing_users[i]);
    return text;
}

static void note(struct api_call *c, const char *what, struct slice raw, const struct update_result *r)
{
    const char *outcome = r == NULL ? "" : r->applied ? ", applied" : ", pending";

    api_note(c, (struct event){.kind = EVENT_UPDATE,
                               .what = arena_printf(&c->ex->arena, "%s%s", what, outcome),
                               .fingerprint = raw.ptr == NULL ? NULL : api_fingerprint(c, raw)});
}

static bool apply(struct api_call *c, struct slice raw, struct update_result *r, struct err *err)
{
    if (!core_update(c->core, c->user, raw, c->now, &c->ex->arena, r, err))
        return false;
    note(c, "submitted", raw, r);
    return true;
}

static bool acknowledge(struct api_call *c, struct slice raw, struct update_result *r, struct err *err)
{
    if (!core_acknowledge_update(c->core, c->user, raw, c->now, &c->ex->arena, r, err))
        return false;
    note(c, "acknowledged", raw, r);
    return true;
}

static bool cancel(struct api_call *c, struct err *err)
{
    if (!core_cancel_update(c->core, c->user, c->now, err))
        return false;
    note(c, "cancelled", (struct slice){0}, NULL);
    return true;
}

/* ---- REST v2 --------------------------------------------------------------------------------- */

static void put_missing(struct buf *b, const struct update_result *r)
{
    put_strings_member(b, "missingUsers", r->missing_users, r->num_missing_users);
}

static void reply_result(struct api_call *c, const char *message, const struct update_result *r)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);

    buf_str(&b, "{");
    if (message != NULL)
        put_member(&b, "message", slice_str(message));
    put_missing(&b, r);
    put_number_member(&b, "missingAcknowledgments", r->missing_acknowledgments);
    if (r->has_recovery_secrets)
        put_recovery_secrets(&b, "recoverySecrets", &r->recovery_secrets);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
}

bool api_update_apply(struct api_call *c, struct err *err)
{
    struct update_result r = {0};
    struct slice raw;

    if (!body_manifest(c->ex, &raw, err) || !apply(c, raw, &r, err))
        return false;
    reply_result(c, NULL, &r);
    return true;
}

bool api_update_acknowledge(struct api_call *c, struct err *err)
{
    struct update_result r = {0};
    struct slice raw;

    if (!body_manifest(c->ex, &raw, err) || !acknowledge(c, raw, &r, err))
        return false;
    reply_result(c, progress(&r, &c->ex->arena), &r);
    return true;
}

bool api_update_cancel(struct api_call *c, struct err *err)
{
    if (!cancel(c, err))
        return false;
    reply_success(c->ex, slice_str("{\"message\":\"The pending update has been cancelled.\"}"));
    return true;
}

/* REST v1 has the same. */
bool api_update_pending(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    struct update_result r = {0};
    struct slice raw;

    if (!core_pending_update(c->core, &c->ex->arena, &raw, &r, err))
        return false;
    buf_str(&b, "{");
    put_bytes_member(&b, "manifest", raw);
    put_member(&b, "message", slice_str(progress(&r, &c->ex->arena)));
    put_missing(&b, &r);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

/* The log is one JSON object a line. */
bool api_update_log(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    const char *log, **lines;
    struct slice *pieces;
    size_t num, n = 0;

    if (!core_update_log(c->core, &c->ex->arena, &log, err))
        return false;
    num = text_split(&c->ex->arena, slice_str(log), '\n', &pieces);
    lines = arena_array(&c->ex->arena, num, sizeof *lines);
    for (size_t i = 0; i < num; i++)
        if (pieces[i].len > 0)
            lines[n++] = arena_strndup(&c->ex->arena, pieces[i]);
    buf_str(&b, "{");
    put_strings_member(&b, "updateLog", lines, n);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

/* ---- REST v1 --------------------------------------------------------------------------------- */

bool api_v1_update_log(struct api_call *c, struct err *err)
{
    const char *log;

    if (!core_update_log(c->core, &c->ex->arena, &log, err))
        return false;
    reply_success_text(c->ex, log);
    return true;
}

bool api_v1_update_apply(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    struct update_result r = {0};

    if (!apply(c, c->ex->request.body, &r, err))
        return false;
    buf_str(&b, "{");
    put_recovery_secrets(&b, "RecoverySecrets", &r.recovery_secrets);
    buf_str(&b, "}");
    reply_success(c->ex, r.has_recovery_secrets ? buf_bytes(&b) : slice_str("null"));
    return true;
}

/* A string, whose first word counts: new recovery secrets stand at its end, for MarbleRun loses them here. */
bool api_v1_update_acknowledge(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(REPLY_MAX);
    struct update_result r = {0};

    if (!acknowledge(c, c->ex->request.body, &r, err))
        return false;
    buf_str(&b, progress(&r, &c->ex->arena));
    if (r.has_recovery_secrets) {
        buf_str(&b, " New recovery secrets: {");
        put_recovery_secrets(&b, "RecoverySecrets", &r.recovery_secrets);
        buf_str(&b, "}");
    }
    reply_success_text(c->ex, arena_strndup(&c->ex->arena, buf_bytes(&b)));
    return true;
}

bool api_v1_update_cancel(struct api_call *c, struct err *err)
{
    if (!cancel(c, err))
        return false;
    reply_success_text(c->ex, "The pending update has been cancelled.");
    return true;
}
