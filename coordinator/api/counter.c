/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/body.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"

static bool read_body(struct api_call *c, struct slice *name, uint64_t *value, struct err *err)
{
    scoped(body_release) struct body b = {0};
    struct slice found;
    uint64_t number;

    if (!body_open(c->ex->request.body, JSON_REST_IGNORED, E_REQUEST_BODY, &c->ex->arena, &b, err))
        return false;
    found = field_text(&b.fields, "name");
    number = field_uint(&b.fields, "value", UINT64_MAX);
    if (!fields_done(&b.fields))
        return err_in(err, "request body");
    *name = found;
    *value = number;
    return true;
}

static void note(struct api_call *c, struct slice name)
{
    char uuid[UUID_LEN + 1];

    uuid_format(uuid, c->marble.uuid);
    api_note(c, (struct event){.kind = EVENT_COUNTER,
                               .marble_type = c->marble.type,
                               .uuid = uuid,
                               .subject = arena_strndup(&c->ex->arena, name)});
}

bool api_counter_set(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(128);
    uint64_t value = 0, before = 0;
    struct slice name;

    if (!read_body(c, &name, &value, err) ||
        !core_counter(c->core, &c->marble, name, value, &before, err))
        return false;
    if (value > before)
        note(c, name);
    buf_str(&b, "{");
    put_number_member(&b, "value", before);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}
