/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/status.h"

/* Programs match on how these begin. */
static const char *const MESSAGES[] = {
    [MESH_UNINITIALIZED] = "Coordinator is starting.",
    [MESH_RECOVERY] =
        ("Coordinator is in recovery mode. There is a sealed state, but its data key cannot be had: see the "
         "coordinator's log. Upload the recovery secrets, or set a manifest to begin anew with another identity."),
    [MESH_ACCEPTING_MANIFEST] = "Coordinator is ready to accept a manifest.",
    [MESH_ACCEPTING_MARBLES] = "Coordinator is running correctly and ready to accept marbles.",
};

static const char *simulation(const struct core *core)
{
    if (!trust_domain()->simulated || core == NULL)
        return "";
    return core_tee(core) == NULL ? " (SIMULATED, without evidence: any marble of a known type is admitted)"
                                  : " (SIMULATED TEE: for development; its evidence proves nothing)";
}

const char *api_status_text(enum mesh_state state, const struct core *core, struct arena *a)
{
    return arena_printf(a, "%s%s", MESSAGES[state], simulation(core));
}

static bool reply_status(struct api_call *c, const char *code, const char *message)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);

    buf_str(&b, "{");
    put_number_member(&b, code, c->mesh->state);
    put_member(&b, message, slice_str(api_status_text(c->mesh->state, c->core, &c->ex->arena)));
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_status_get(struct api_call *c, struct err *err)
{
    (void)err;
    return reply_status(c, "code", "message");
}

bool api_v1_status_get(struct api_call *c, struct err *err)
{
    (void)err;
    return reply_status(c, "StatusCode", "StatusMessage");
}
