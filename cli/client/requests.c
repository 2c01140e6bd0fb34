/* SPDX-License-Identifier: Apache-2.0 */
/* What a believed coordinator is asked: its manifest, and any request; and what it and its services answer.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "cli/client/handles.h"

/* ---- the manifest ---------------------------------------------------------------------------------- */

static bool fetch(const struct mesh_client *mesh, const char *wanted, struct mesh_client_manifest *m,
                  struct err *err)
{
    if (!coordinator_manifest(&mesh->coordinator, &m->arena, &m->signed_by_root, err))
        return false;
    m->fingerprint = fingerprint_of(&m->arena, m->signed_by_root.text);
    return wanted == NULL || fingerprint_match(wanted, m->fingerprint, err);
}

struct mesh_client_manifest *mesh_client_manifest_fetch(const struct mesh_client *mesh,
                                                        const char *fingerprint,
                                                        struct mesh_client_error *error)
{
    struct mesh_client_manifest *m = handle_new(sizeof *m);
    struct err err;

    if (fetch(mesh, fingerprint, m, &err))
        return m;
    tell(&err, error);
    mesh_client_manifest_free(m);
    return NULL;
}

void mesh_client_manifest_free(struct mesh_client_manifest *manifest)
{
    if (manifest == NULL)
        return;
    arena_wipe(&manifest->arena);
    free(manifest);
}

struct mesh_client_bytes mesh_client_manifest_text(const struct mesh_client_manifest *manifest)
{
    return bytes_out(manifest->signed_by_root.text);
}

const char *mesh_client_manifest_fingerprint(const struct mesh_client_manifest *manifest)
{
    return manifest->fingerprint;
}

struct mesh_client_bytes mesh_client_manifest_signature(const struct mesh_client_manifest *manifest)
{
    return bytes_out(manifest->signed_by_root.signature);
}

int mesh_client_manifest_check(const struct mesh_client *mesh, struct mesh_client_bytes text,
                               struct mesh_client_bytes signature, struct mesh_client_error *error)
{
    const struct signed_manifest m = {bytes_in(text), bytes_in(signature)};
    struct err err;

    if (manifest_signed_by(&mesh->coordinator, &m, &err))
        return 1;
    tell(&err, error);
    return 0;
}

/* ---- requests -------------------------------------------------------------------------------------- */

/* Graphic characters, and spaces if they may be there: nothing that would end a line of HTTP. */
static bool is_one_line(const char *text, bool spaces)
{
    for (; *text != '\0'; text++)
        if (*text > '~' || *text < ' ' || (*text == ' ' && !spaces))
            return false;
    return true;
}

static bool take_request(const struct mesh_client_request *given, struct arena *a, struct http_request *out,
                         struct err *err)
{
    struct mesh_client_request r = {0};
    struct header *type = arena_alloc(a, sizeof *type);

    if (!take_known("request", &r, sizeof r, given, given->size,
                    offsetof(struct mesh_client_request, content_type), err))
        return false;
    r.method = r.method != NULL ? r.method : r.body.len > 0 ? "POST" : "GET";
    r.path = r.path != NULL ? r.path : "/";
    r.content_type = r.content_type != NULL ? r.content_type : "application/json";
    if (r.method[0] == '\0' || !is_one_line(r.method, false) || r.path[0] != '/' ||
        !is_one_line(r.path, false) || !is_one_line(r.content_type, true) ||
        strlen(r.path) > LIMIT_HTTP_LINE || r.body.len > LIMIT_HTTP_BODY)
        return err_set(
            err, E_USAGE,
            "request: expected a method, a path that begins with / (both without spaces, escaped where "
            "that is needed) and a body of %d bytes at most",
            LIMIT_HTTP_BODY);
    *type = (struct header){slice_str("content-type"), slice_str(arena_strdup(a, r.content_type))};
    *out = (struct http_request){.method = slice_str(arena_strdup(a, r.method)),
                                 .headers = type,
                                 .num_headers = r.body.len > 0,
                                 .body = bytes_in(r.body)};
    http_target_set(out, arena_strdup(a, r.path));
    return true;
}

static void keep_headers(struct mesh_client_answer *answer)
{
    const struct http_response *r = &answer->response;

    answer->values = arena_array(&answer->arena, r->num_headers + 1, sizeof *answer->values);
    for (size_t i = 0; i < r->num_headers; i++)
        answer->values[i] = arena_strndup(&answer->arena, r->headers[i].value);
    answer->response.body = slice_str(arena_strndup(&answer->arena, r->body));
    answer->response.body.len = r->body.len;
}

static bool ask(const struct mesh_client *mesh, const char *marble, const char *type,
                const struct mesh_client_request *request, struct mesh_client_answer *answer, struct err *err)
{
    struct http_request r;

    if (!take_request(request, &answer->arena, &r, err) ||
        !(marble == NULL
              ? coordinator_exchange(&mesh->coordinator, &r, &answer->arena, &answer->response, err)
              : marble_exchange(&mesh->coordinator, marble, type, &r, &answer->arena, &answer->response,
                                err)))
        return false;
    keep_headers(answer);
    return true;
}

static struct mesh_client_answer *call(const struct mesh_client *mesh, const char *marble, const char *type,
                                       const struct mesh_client_request *request,
                                       struct mesh_client_error *error)
{
    struct mesh_client_answer *answer = handle_new(sizeof *answer);
    struct err err;

    if (ask(mesh, marble, type, request, answer, &err))
        return answer;
    tell(&err, error);
    mesh_client_answer_free(answer);
    return NULL;
}

struct mesh_client_answer *mesh_client_call(const struct mesh_client *mesh,
                                            const struct mesh_client_request *request,
                                            struct mesh_client_error *error)
{
    return call(mesh, NULL, NULL, request, error);
}

struct mesh_client_answer *mesh_client_call_marble(const struct mesh_client *mesh, const char *address,
                                                   const char *type,
                                                   const struct mesh_client_request *request,
                                                   struct mesh_client_error *error)
{
    return call(mesh, address != NULL ? address : "", type, request, error);
}

void mesh_client_answer_free(struct mesh_client_answer *answer)
{
    if (answer == NULL)
        return;
    arena_wipe(&answer->arena);
    free(answer);
}

/* ---- answers --------------------------------------------------------------------------------------- */

int mesh_client_answer_status(const struct mesh_client_answer *answer) { return answer->response.status; }

struct mesh_client_bytes mesh_client_answer_body(const struct mesh_client_answer *answer)
{
    return bytes_out(answer->response.body);
}

const char *mesh_client_answer_header(const struct mesh_client_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->response.num_headers; i++) {
        const struct slice found = answer->response.headers[i].name;

        if (found.len == strlen(name) && strncasecmp((const char *)found.ptr, name, found.len) == 0)
            return answer->values[i];
    }
    return NULL;
}
