/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client/coordinator.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "net/client.h"

bool coordinator_pinned(const char *address, struct slice pem, struct arena *a, struct coordinator *out,
                        struct err *err)
{
    struct cert *chain;
    size_t num;

    if (!cert_parse_pem(pem, a, &chain, &num, err))
        return false;
    if (num > 2)
        return err_set(err, E_CERT_FORMAT,
                       "expected the coordinator's intermediate and root certificate, found %zu certificates",
                       num);
    if (num == 2 && !cert_signed_by(&chain[0], &chain[1], err))
        return err_in(err, "expected the coordinator's intermediate and root certificate, in this order");
    *out = (struct coordinator){
        .address = arena_strdup(a, address),
        .intermediate = chain[0],
        .root = chain[num - 1],
        .chain_pem = arena_strndup(a, pem),
    };
    return true;
}

/* ---- who answers ----------------------------------------------------------------------------------- */

struct expected {
    const struct coordinator *coordinator;
    const char *address, *type; /* of a service; type NULL: any */
};

/* The coordinator presents the root certificate itself. What only comes from it is a service's: that is
 * trusted as a service of its type, and not with what the coordinator is told. */
static bool check_coordinator(void *ctx, const struct slice *ders, size_t num, struct err *err)
{
    const struct coordinator *c = ctx;

    if (num > 0 && slice_equal(ders[0], c->root.der))
        return cert_valid_at(&c->root, clock_now(), err) || err_in(err, "the coordinator at %s", c->address);
    return err_set(
        err, E_COORDINATOR_OTHER,
        "%s is not the coordinator that was attested: it has another certificate (one that was set up anew "
        "has to be attested anew)",
        c->address);
}

/* 1.3.9903.2.1: the marble's type. Its value is the bare text, not DER, as MarbleRun writes it. */
static const struct slice oid_marble_type = {(const uint8_t[]){0x2b, 0xcd, 0x2f, 0x02, 0x01}, 5};

static bool check_type(const struct cert *leaf, const struct expected *e, struct err *err)
{
    const struct extension *found = cert_extension(leaf, oid_marble_type);
    scoped(arena_wipe) struct arena a = {0};

    if (found == NULL)
        return err_set(err, E_MARBLE_OTHER,
                       "the certificate of %s is no service's of the mesh: it has no marble type",
                       e->address);
    return e->type == NULL || slice_equal(found->value, slice_str(e->type)) ||
           err_set(err, E_MARBLE_OTHER, "%s: expected a service of the type %s, found %s", e->address,
                   text_shown(&a, slice_str(e->type)), text_shown(&a, found->value));
}

/* The intermediate is the coordinator's own, should the service not send it. */
static bool check_marble(void *ctx, const struct slice *ders, size_t num, struct err *err)
{
    const struct expected *e = ctx;
    scoped(arena_wipe) struct arena a = {0};
    struct cert *chain = arena_array(&a, num + 1, sizeof *chain);

    for (size_t i = 0; i < num; i++)
        if (!cert_parse(ders[i], &a, &chain[i], err))
            return err_in(err, "certificate of %s", e->address);
    chain[num] = e->coordinator->intermediate;
    if (chain_verify(&chain[0], chain + 1, num, &e->coordinator->root, 1, clock_now(), err))
        return check_type(&chain[0], e, err);
    (void)err_in(err, "%s is no service of this mesh", e->address);
    return err->code == E_CERT_CHAIN ? err_as(err, E_MARBLE_OTHER) : false;
}

/* ---- exchanges ------------------------------------------------------------------------------------- */

static void close_client(struct client **c) { client_close(c); }

static bool exchange(const struct client_options *options, const struct http_request *request,
                     struct arena *a, struct http_response *out, struct err *err)
{
    scoped(close_client) struct client *client = NULL;

    return client_connect(options, &client, err) && client_call(client, request, a, out, err);
}

bool coordinator_exchange(const struct coordinator *c, const struct http_request *request, struct arena *a,
                          struct http_response *out, struct err *err)
{
    const struct client_options options = {
        .address = c->address,
        .identity = c->user,
        .check = c->any_peer ? NULL : check_coordinator,
        .check_ctx = (void *)(uintptr_t)c,
        .connect_ms = c->connect_ms,
        .call_ms = c->call_ms,
    };

    return exchange(&options, request, a, out, err);
}

bool marble_exchange(const struct coordinator *c, const char *address, const char *type,
                     const struct http_request *request, struct arena *a, struct http_response *out,
                     struct err *err)
{
    const struct expected expected = {.coordinator = c, .address = address, .type = type};
    const struct client_options options = {
        .address = address,
        .identity = c->user,
        .check = check_marble,
        .check_ctx = (void *)(uintptr_t)&expected,
        .connect_ms = c->connect_ms,
        .call_ms = c->call_ms,
    };

    return exchange(&options, request, a, out, err);
}

/* ---- the API's envelope ---------------------------------------------------------------------------- */

/* What the envelope says when the status is not 200: the coordinator's own reason and words, if any. */
static bool refusal(int status, const json_t *envelope, struct err *err)
{
    const char *message = json_string_value(json_object_get(envelope, "message"));
    const char *reason = json_string_value(json_object_get(envelope, "reason"));
    enum err_code code = reason != NULL ? reason_named(reason) : E_NONE;

    if (code == E_NONE)
        code = status == 405 ? E_HTTP_METHOD : E_COORDINATOR;
    if (message == NULL)
        message = status == 405 ? "it does not know this request: is it a coordinator, and not an older one?"
                                : "no reason given";
    return err_set(err, code, "the coordinator refused (HTTP %d): %s", status, message);
}

static bool read_envelope(const struct http_response *r, json_t **data, struct err *err)
{
    scoped(json_release) json_t *envelope = NULL;
    struct err ignored;

    if (!json_parse(r->body, JSON_LAST_WINS, E_COORDINATOR, &envelope, &ignored) || !json_is_object(envelope))
        return err_set(err, E_COORDINATOR, "the answer (HTTP %d) is not the coordinator's JSON", r->status);
    if (r->status != 200)
        return refusal(r->status, envelope, err);
    *data = json_incref(json_object_get(envelope, "data"));
    return true;
}

void http_target_set(struct http_request *r, const char *target)
{
    const char *question = strchr(target, '?');

    r->path = question != NULL ? slice_of(target, (size_t)(question - target)) : slice_str(target);
    r->query = question != NULL ? slice_str(question + 1) : (struct slice){0};
}

bool coordinator_call(const struct coordinator *c, const char *method, const char *path, struct slice body,
                      struct arena *a, json_t **data, struct err *err)
{
    struct header json_body = {slice_str("content-type"), slice_str("application/json")};
    struct http_request request = {
        .method = slice_str(method),
        .headers = &json_body,
        .num_headers = body.len > 0,
        .body = body,
    };
    struct http_response response;

    http_target_set(&request, path);
    return coordinator_exchange(c, &request, a, &response, err) && read_envelope(&response, data, err);
}

/* ---- who asks -------------------------------------------------------------------------------------- */

bool user_identity(struct named_pem certificate, struct named_pem pem_key, struct arena *a,
                   struct tls_identity **out, struct err *err)
{
    scoped(key_wipe) struct key key = {0};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    struct slice *ders;
    struct cert *chain;
    size_t num;

    if (!cert_parse_pem(certificate.text, a, &chain, &num, err))
        return err_in(err, "%s", certificate.name);
    if (!key_from_pem(pem_key.text, &key, err))
        return err_in(err, "%s", pem_key.name);
    if (!slice_equal(key_spki(&key, a), chain[0].spki))
        return err_set(err, E_KEY_FORMAT, "%s is not the private key of the certificate in %s", pem_key.name,
                       certificate.name);
    ders = arena_array(a, num, sizeof *ders);
    for (size_t i = 0; i < num; i++)
        ders[i] = chain[i].der;
    key_to_pkcs8(&key, &pkcs8);
    return tls_identity_new(ders, num, secret_bytes(&pkcs8), out, err) || err_in(err, "%s", certificate.name);
}
