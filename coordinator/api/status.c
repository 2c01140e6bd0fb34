/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"

/* Programs match on how these begin. */
static const char *const MESSAGES[] = {
    [MESH_RECOVERY] =
        "Coordinator is in recovery mode. There is a sealed state, but its data key cannot be had: see the "
        "coordinator's log. Restore the key, or set a manifest to begin anew with another identity.",
    [MESH_ACCEPTING_MANIFEST] = "Coordinator is ready to accept a manifest.",
    [MESH_ACCEPTING_MARBLES] = "Coordinator is running correctly and ready to accept marbles.",
};

static const char *simulation(const struct core *core)
{
    if (!trust_domain()->simulated)
        return "";
    return core_tee(core) == NULL ? " (SIMULATED, without evidence: any marble of a known type is admitted)"
                                  : " (SIMULATED TEE: for development; its evidence proves nothing)";
}

bool api_status_get(struct core *core, const struct mesh *mesh, struct exchange *ex, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);

    (void)err;
    buf_printf(&b, "{\"code\":%d,", mesh->state);
    put_member(&b, "message",
               slice_str(arena_printf(&ex->arena, "%s%s", MESSAGES[mesh->state], simulation(core))));
    buf_str(&b, "}");
    reply_success(ex, buf_bytes(&b));
    return true;
}
