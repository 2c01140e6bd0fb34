/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "coordinator/api/body.h"
#include "coordinator/api/reply.h"
#include "coordinator/api/routes.h"
#include "pki/pem.h"

/* ?nonce=...: URL-safe base64 with padding. None, or an empty one, asks for the quote of the start. */
static bool nonce_of(const struct http_request *r, struct arena *a, struct slice *out, struct err *err)
{
    struct slice text = {0}, nonce = {0};
    bool found;

    if (!http_query(r->query, "nonce", 0, a, &text, &found, err)) {
        (void)err_as(err, E_QUOTE_NONCE);
        return err_in(err, "nonce");
    }
    if (found && !base64_decode(text, BASE64_URL, a, &nonce))
        return err_set(err, E_QUOTE_NONCE, "nonce: expected URL-safe base64 with padding, found \"%s\"",
                       text_shown(a, text));
    *out = nonce;
    return true;
}

static bool reply_quote(struct api_call *c, const char *cert, const char *quote_name, struct slice quote)
{
    scoped(buf_wipe) struct buf b = buf_max(256 * KIB), pem = buf_max(64 * KIB);

    pem_put(&pem, "CERTIFICATE", c->mesh->ca->intermediate.der);
    pem_put(&pem, "CERTIFICATE", c->mesh->ca->root.der);
    buf_str(&b, "{");
    put_member(&b, cert, buf_bytes(&pem));
    put_bytes_member(&b, quote_name, quote.len == 0 ? (struct slice){0} : quote);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}

bool api_quote_get(struct api_call *c, struct err *err)
{
    struct slice nonce, quote = c->mesh->quote;

    if (!nonce_of(&c->ex->request, &c->ex->arena, &nonce, err) ||
        (nonce.len > 0 && !core_quote(c->core, c->mesh, nonce, &c->ex->arena, &quote, err)))
        return false;
    return reply_quote(c, "cert", "quote", quote);
}

bool api_v1_quote_get(struct api_call *c, struct err *err)
{
    (void)err;
    return reply_quote(c, "Cert", "Quote", c->mesh->quote);
}

/* ---- sign-quote ------------------------------------------------------------------------------ */

/* Programs look for the text of what is wrong with a quote under this name. */
static bool refuse_quote(struct api_call *c, const struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(16 * KIB);

    buf_str(&b, "{");
    put_member(&b, "sgxQuote", slice_str(err->text));
    buf_str(&b, "}");
    c->data = arena_copy(&c->ex->arena, buf_bytes(&b));
    c->status = 400;
    return false;
}

/* Is it the evidence that is bad, or could it not be judged? */
static bool is_bad_evidence(const struct err *err)
{
    return err_kind(err) == ERR_DENIED || err_kind(err) == ERR_INVALID;
}

bool api_quote_sign(struct api_call *c, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct slice quote, signature;
    const struct body_bytes member = {"sgxQuote", &quote};
    const char *status;

    if (!body_bytes(c->ex->request.body, E_REQUEST_BODY, &member, 1, &c->ex->arena, err))
        return refuse_quote(c, err);
    if (!core_sign_quote(c->core, c->mesh, quote, c->now, &c->ex->arena, &status, &signature, err)) {
        api_note(c, (struct event){.kind = EVENT_QUOTE_SIGNED, .err = err});
        return is_bad_evidence(err) ? refuse_quote(c, err) : false;
    }
    api_note(c, (struct event){.kind = EVENT_QUOTE_SIGNED, .subject = status});
    buf_str(&b, "{");
    put_member(&b, "tcbStatus", slice_str(status));
    put_bytes_member(&b, "verificationSignature", signature);
    buf_str(&b, "}");
    reply_success(c->ex, buf_bytes(&b));
    return true;
}
