/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"
#include "pki/pem.h"

/* ?nonce=...: URL-safe base64 with padding. None, or an empty one, asks for the quote of the start. */
static bool nonce_of(const struct http_request *r, struct arena *a, struct slice *out, struct err *err)
{
    struct slice text = {0}, nonce = {0};
    bool found;

    if (!http_query(r->query, "nonce", 0, a, &text, &found, err)) {
        err->code = E_QUOTE_NONCE;
        return err_in(err, "nonce");
    }
    if (found && !base64_decode(text, BASE64_URL, a, &nonce))
        return err_set(err, E_QUOTE_NONCE, "nonce: expected URL-safe base64 with padding, found \"%s\"",
                       text_shown(a, text));
    *out = nonce;
    return true;
}

bool api_quote_get(struct core *core, const struct mesh *mesh, struct exchange *ex, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(256 * KIB), pem = buf_max(64 * KIB);
    struct slice nonce, quote = mesh->quote;

    if (!nonce_of(&ex->request, &ex->arena, &nonce, err) ||
        (nonce.len > 0 && !core_quote(core, mesh, nonce, &ex->arena, &quote, err)))
        return false;
    pem_put(&pem, "CERTIFICATE", mesh->ca->intermediate.der);
    pem_put(&pem, "CERTIFICATE", mesh->ca->root.der);
    buf_str(&b, "{");
    put_member(&b, "cert", buf_bytes(&pem));
    buf_str(&b, ",");
    put_bytes_member(&b, "quote", quote.len == 0 ? (struct slice){0} : quote);
    buf_str(&b, "}");
    reply_success(ex, buf_bytes(&b));
    return true;
}
