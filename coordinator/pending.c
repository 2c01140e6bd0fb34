/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/pending.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

struct pending_update *pending_new(struct slice raw, const struct user *const *users, size_t num,
                                   size_t needed, struct arena *a)
{
    struct pending_update *p = arena_alloc(a, sizeof *p);
    struct pending_user *list = arena_array(a, num, sizeof *list);

    for (size_t i = 0; i < num; i++)
        list[i].name = arena_strdup(a, users[i]->name);
    *p = (struct pending_update){arena_copy(a, raw), list, num, needed};
    return p;
}

struct pending_update *pending_copy(const struct pending_update *p, struct arena *a)
{
    struct pending_update *copy = arena_alloc(a, sizeof *copy);
    struct pending_user *list = arena_array(a, p->num_users, sizeof *list);

    for (size_t i = 0; i < p->num_users; i++)
        list[i] = (struct pending_user){arena_strdup(a, p->users[i].name), p->users[i].acknowledged};
    *copy = (struct pending_update){arena_copy(a, p->raw), list, p->num_users, p->missing};
    return copy;
}

/* The index of this user, or num_users. */
static size_t index_of(const struct pending_update *p, const char *user)
{
    size_t i = 0;

    while (i < p->num_users && strcmp(p->users[i].name, user) != 0)
        i++;
    return i;
}

bool pending_has(const struct pending_update *p, const char *user)
{
    const size_t i = index_of(p, user);

    return i < p->num_users && p->users[i].acknowledged;
}

bool pending_acknowledge(const struct pending_update *p, const char *user, struct arena *a,
                         struct pending_update **out, struct err *err)
{
    const size_t at = index_of(p, user);

    if (at == p->num_users)
        return err_set(err, E_USER_DENIED, "user \"%s\" is not one of those who may acknowledge this update",
                       user);
    *out = pending_copy(p, a);
    if (!p->users[at].acknowledged) {
        (*out)->users[at].acknowledged = true;
        (*out)->missing--;
    }
    return true;
}

const char **pending_missing_users(const struct pending_update *p, struct arena *a, size_t *num)
{
    const char **names = arena_array(a, p->num_users, sizeof *names);

    *num = 0;
    for (size_t i = 0; i < p->num_users; i++)
        if (!p->users[i].acknowledged)
            names[(*num)++] = arena_strdup(a, p->users[i].name);
    return names;
}

/* ---- in the store ----------------------------------------------------------------------------- */

struct slice pending_encode(const struct pending_update *p, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    buf_str(&b, "{\"manifestRaw\":\"");
    base64_put(&b, p->raw, BASE64_STD);
    buf_str(&b, "\",\"requiredUsers\":{");
    for (size_t i = 0; i < p->num_users; i++) {
        buf_str(&b, i == 0 ? "" : ",");
        json_put_string(&b, slice_str(p->users[i].name));
        buf_str(&b, p->users[i].acknowledged ? ":true" : ":false");
    }
    buf_printf(&b, "},\"missingAcknowledgments\":%zu}", p->missing);
    return arena_copy(a, buf_bytes(&b));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct pending_user *)a)->name, ((const struct pending_user *)b)->name);
}

static bool decode_users(struct fields *f, struct pending_update *p)
{
    json_t *users = field_object(f, "requiredUsers"), *value;
    struct pending_user *list = arena_array(f->arena, json_object_size(users), sizeof *list);
    const char *name;

    json_object_foreach(users, name, value)
    {
        if (!json_is_boolean(value))
            return field_fault(f, "requiredUsers", "expected true or false for each user");
        list[p->num_users++] = (struct pending_user){arena_strdup(f->arena, name), json_is_true(value)};
    }
    if (p->num_users > 0)
        qsort(list, p->num_users, sizeof *list, by_name);
    p->users = list;
    return fields_done(f);
}

bool pending_decode(struct slice text, struct arena *a, struct pending_update **out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;
    struct pending_update *p = arena_alloc(a, sizeof *p);
    size_t unacknowledged;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_STATE_CORRUPT, &json, err))
        return err_in(err, "pendingUpdate");
    struct fields f = fields_of(json, "pendingUpdate", JSON_EXACT, E_STATE_CORRUPT, a, err);

    field_need(&f, "manifestRaw");
    p->raw = field_bytes(&f, "manifestRaw", LIMIT_MANIFEST);
    if (!decode_users(&f, p))
        return false;
    (void)pending_missing_users(p, a, &unacknowledged);
    p->missing = field_present(&f, "missingAcknowledgments")
                     ? (size_t)field_uint(&f, "missingAcknowledgments", unacknowledged)
                     : unacknowledged;
    if (!fields_done(&f) || (p->missing == 0 && !field_fault(&f, "missingAcknowledgments",
                                                             "an update that misses none is not pending")))
        return false;
    *out = p;
    return true;
}
