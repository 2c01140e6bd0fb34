/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_imds.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/client.h"

enum { CONNECT_MS = 3000, CALL_MS = 30 * 1000, HTTP_OK = 200 };

static bool ask(const char *address, const char *method, const char *path, struct slice body, struct arena *a,
                struct slice *answer, struct err *err)
{
    const struct client_options options = {.address = address,
                                           .plain = true,
                                           .connect_ms = CONNECT_MS,
                                           .call_ms = CALL_MS,
                                           .max_body = LIMIT_EVIDENCE};
    struct header headers[] = {{slice_str("metadata"), slice_str("true")},
                               {slice_str("content-type"), slice_str("application/json")}};
    const struct http_request request = {.method = slice_str(method),
                                         .path = slice_str(path),
                                         .headers = headers,
                                         .num_headers = body.len > 0 ? 2 : 1,
                                         .body = body};
    scoped(client_close) struct client *c = NULL;
    struct http_response response = {0};

    if (!client_connect(&options, &c, err) || !client_call(c, &request, a, &response, err))
        return err_as(err, E_EVIDENCE_UNAVAILABLE);
    if (response.status != HTTP_OK)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "%s answered %d: %s", path, response.status,
                       text_shown(a, response.body));
    *answer = response.body;
    return true;
}

static bool read_quote(struct slice text, struct arena *a, struct slice *quote, struct err *err)
{
    scoped(json_release) json_t *root = NULL;
    struct slice encoded, found;
    struct fields f;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_EVIDENCE_UNAVAILABLE, &root, err))
        return false;
    f = fields_of(root, "$", JSON_EXACT, E_EVIDENCE_UNAVAILABLE, a, err);
    field_need(&f, "quote");
    encoded = field_text(&f, "quote");
    if (!fields_done(&f))
        return false;
    while (encoded.len > 0 && encoded.ptr[encoded.len - 1] == '=') /* with padding or without */
        encoded.len--;
    if (!base64_decode(encoded, BASE64_URL_BARE, a, &found) || found.len == 0)
        return field_fault(&f, "quote", "expected base64url");
    *quote = found;
    return true;
}

bool imds_td_quote(const char *address, struct slice td_report, struct arena *a, struct slice *quote,
                   struct err *err)
{
    const char *body = arena_printf(a, "{\"report\":\"%s\"}", base64_text(a, td_report, BASE64_URL_BARE));
    struct slice answer;

    return (ask(address, "POST", "/acc/tdquote", slice_str(body), a, &answer, err) &&
            read_quote(answer, a, quote, err)) ||
           err_in(err, "asking Azure's metadata service at %s for a TD quote", address);
}

bool imds_amd_certificates(const char *address, struct arena *a, struct slice *json, struct err *err)
{
    return ask(address, "GET", "/metadata/THIM/amd/certification", (struct slice){0}, a, json, err) ||
           err_in(err, "asking Azure's metadata service at %s for the chip's certificates", address);
}
