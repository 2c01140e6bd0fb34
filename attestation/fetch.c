/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/fetch.h"

#include <arpa/inet.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/client.h"
#include "pki/cert.h"
#include "pki/pem.h"

#define SYSTEM_ROOTS "/etc/ssl/certs/ca-certificates.crt"

/* ---- the server's certificate ------------------------------------------------------------------ */

/* Who is being asked, for the check of its certificate. */
struct server {
    const struct fetch_options *options;
    const char *host;
    int64_t now;
};

/* "*.example.org" stands for one label in place of the star (RFC 9525 section 6.3). */
static bool names_host(const char *pattern, const char *host)
{
    const char *dot = strchr(host, '.');

    if (text_starts_with(slice_str(pattern), "*."))
        return dot != NULL && text_equal_fold(slice_str(pattern + 1), slice_str(dot));
    return text_equal_fold(slice_str(pattern), slice_str(host));
}

static bool is_address(const struct san *san, const char *host)
{
    uint8_t address[16];
    const size_t len = inet_pton(AF_INET, host, address) == 1 ? 4 : inet_pton(AF_INET6, host, address) == 1 ? 16 : 0;

    for (size_t i = 0; len > 0 && i < san->num_ips; i++)
        if (slice_equal(san->ips[i], slice_of(address, len)))
            return true;
    return false;
}

static bool check_name(const struct cert *leaf, const char *host, struct arena *a, struct err *err)
{
    struct san san;

    if (!cert_san(leaf, a, &san, err))
        return false;
    for (size_t i = 0; i < san.num_dns; i++)
        if (names_host(san.dns[i], host))
            return true;
    return is_address(&san, host) ||
           err_set(err, E_CERT_CHAIN, "the certificate is for other names than %s", host);
}

/* A system's bundle has some hundred roots; one that is not understood is no reason to distrust the others. */
static bool roots_read(struct slice text, struct arena *a, struct cert **out, size_t *num, struct err *err)
{
    enum { MAX_ROOTS = 1000 };
    struct cert *list = arena_array(a, MAX_ROOTS, sizeof *list);
    struct pem_block block;
    struct err ignored;
    size_t n = 0;

    while (n < MAX_ROOTS) {
        if (!pem_next(&text, a, &block, err))
            return false;
        if (block.der.ptr == NULL)
            break;
        n += slice_equal(block.label, slice_str("CERTIFICATE")) && cert_parse(block.der, a, &list[n], &ignored);
    }
    *out = list;
    *num = n;
    return n > 0 || err_set(err, E_CERT_FORMAT, "expected certificates in PEM, found none");
}

static bool trusted_roots(const struct fetch_options *o, struct arena *a, struct cert **out, size_t *num,
                          struct err *err)
{
    const char *path = o->ca_file != NULL ? o->ca_file : SYSTEM_ROOTS;
    struct slice text;

    return (file_read(path, LIMIT_FILE, a, &text, err) && roots_read(text, a, out, num, err)) ||
           err_in(err, "roots for servers' certificates: %s", path);
}

static bool check_server(void *ctx, const struct slice *chain, size_t num_chain, struct err *err)
{
    const struct server *s = ctx;
    scoped(arena_wipe) struct arena a = {0};
    struct cert *certs = arena_array(&a, num_chain + 1, sizeof *certs), *roots;
    size_t num_roots;

    if (s->options->any_server)
        return true;
    for (size_t i = 0; i < num_chain; i++)
        if (!cert_parse(chain[i], &a, &certs[i], err))
            return false;
    return trusted_roots(s->options, &a, &roots, &num_roots, err) &&
           chain_verify(&certs[0], certs + 1, num_chain - 1, roots, num_roots, s->now, err) &&
           check_name(&certs[0], s->host, &a, err);
}

/* ---- one request -------------------------------------------------------------------------------- */

bool fetch_url_parse(const char *url, struct arena *a, struct fetch_url *out, struct err *err)
{
    static const char scheme[] = "https://";
    const char *rest = url + sizeof scheme - 1, *slash, *colon;
    struct fetch_url u;

    if (!text_starts_with(slice_str(url), scheme) || *rest == '\0' || *rest == '/')
        return err_set(err, E_CONFIG, "expected https://HOST[:PORT][/PREFIX], found \"%s\"",
                       text_shown(a, slice_str(url)));
    slash = strchr(rest, '/');
    u.address = slash == NULL ? arena_strdup(a, rest) : arena_strndup(a, slice_of(rest, (size_t)(slash - rest)));
    colon = strrchr(u.address, ':');
    if (colon == NULL || strchr(colon, ']') != NULL) {
        u.host = u.address;
        u.address = arena_printf(a, "%s:443", u.host);
    } else {
        u.host = arena_strndup(a, slice_of(u.address, (size_t)(colon - u.address)));
    }
    u.prefix = arena_strdup(a, slash == NULL ? "" : slash);
    while (u.prefix[0] != '\0' && u.prefix[strlen(u.prefix) - 1] == '/')
        u.prefix[strlen(u.prefix) - 1] = '\0';
    *out = u;
    return true;
}

static void close_client(struct client **c) { client_close(c); }

static bool call(const struct server *s, const struct fetch_url *url, const char *path, size_t max,
                 struct arena *a, struct http_response *out, struct err *err)
{
    const char *whole = arena_printf(a, "%s%s", url->prefix, path), *question = strchr(whole, '?');
    const struct client_options options = {
        .address = url->address,
        .host = url->host,
        .check = check_server,
        .check_ctx = (void *)(uintptr_t)s,
        .connect_ms = s->options->call_ms != 0 ? s->options->call_ms : 20 * 1000,
        .call_ms = s->options->call_ms != 0 ? s->options->call_ms : 20 * 1000,
        .max_body = max,
    };
    const struct http_request request = {
        .method = slice_str("GET"),
        .path = question == NULL ? slice_str(whole) : slice_of(whole, (size_t)(question - whole)),
        .query = question == NULL ? (struct slice){0} : slice_str(question + 1),
    };
    scoped(close_client) struct client *client = NULL;

    return client_connect(&options, &client, err) && client_call(client, &request, a, out, err);
}

/* ---- the answer --------------------------------------------------------------------------------- */

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoding (RFC 3986 section 2.1); a plus is a plus, which base64 has. */
static bool percent_decode(struct slice text, struct arena *a, struct slice *out)
{
    uint8_t *to = arena_alloc(a, text.len);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == '%') {
            if (text.len - i < 3 || hex_digit(text.ptr[i + 1]) < 0 || hex_digit(text.ptr[i + 2]) < 0)
                return false;
            c = (uint8_t)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]));
            i += 2;
        }
        to[len++] = c;
    }
    *out = slice_of(to, len);
    return true;
}

static unsigned retry_after(const struct http_response *r)
{
    uint64_t seconds = 0;

    (void)decimal_decode(http_header(r->headers, r->num_headers, "retry-after"), 24 * 60 * 60, &seconds);
    return (unsigned)seconds;
}

static bool read_answer(const struct http_response *r, const struct collateral_need *need, const char *url,
                        struct arena *a, struct collateral_item *out, struct err *err)
{
    struct slice header;

    if (r->status != 200)
        return err_set(err, E_COLLATERAL_SOURCE, "%s: answered %d%s", url, r->status,
                       r->status == 404   ? " (it does not know this platform or path)"
                       : r->status == 410 ? " (no longer served)"
                       : r->status == 429 ? " (too many requests)"
                                          : "");
    if (r->body.len == 0)
        return err_set(err, E_COLLATERAL_SOURCE, "%s: answered 200 without a body", url);
    out->body = r->body;
    if (need->chain_header == NULL)
        return true;
    header = http_header(r->headers, r->num_headers, need->chain_header);
    return (header.len > 0 && percent_decode(header, a, &out->chain)) ||
           err_set(err, E_COLLATERAL_SOURCE, "%s: the header %s is %s", url, need->chain_header,
                   header.len == 0 ? "missing" : "not percent-encoded");
}

static bool fetch_from(const struct fetch_options *o, const struct collateral_need *need, const char *base,
                       const char *path, int64_t now, struct arena *a, struct collateral_item *out,
                       struct fetch_status *status, struct err *err)
{
    struct http_response response = {0};
    struct fetch_url url;
    const char *shown;

    *status = (struct fetch_status){0};
    if (!fetch_url_parse(base, a, &url, err))
        return false;
    shown = arena_printf(a, "https://%s%s%s", url.address, url.prefix, path);
    if (!call(&(struct server){o, url.host, now}, &url, path, need->max, a, &response, err)) {
        (void)err_in(err, "%s", shown);
        return err_as(err, E_COLLATERAL_SOURCE);
    }
    status->http_status = response.status;
    status->retry_after = retry_after(&response);
    *out = (struct collateral_item){.name = need->name, .source = shown, .fetched = now};
    return read_answer(&response, need, shown, a, out, err);
}

bool fetch_item(const struct fetch_options *o, const struct collateral_need *need, int64_t now, struct arena *a,
                struct collateral_item *out, struct fetch_status *status, struct err *err)
{
    const char *given = need->service == SERVICE_INTEL ? o->intel_url : o->amd_url;
    const char *own = need->service == SERVICE_INTEL ? FETCH_INTEL_URL : FETCH_AMD_URL;
    struct collateral_item item = {0};
    const bool elsewhere = need->other_url != NULL && (given == NULL || strcmp(given, own) == 0);

    *status = (struct fetch_status){0};
    if (given != NULL && strcmp(given, FETCH_NONE) == 0)
        return err_set(err, E_COLLATERAL_MISSING, "%s is not there, and nothing is fetched from %s", need->name,
                       need->service == SERVICE_INTEL ? "Intel" : "AMD");
    if (!fetch_from(o, need, elsewhere ? need->other_url : given != NULL ? given : own, elsewhere ? "" : need->path,
                    now, a, &item, status, err))
        return false;
    *out = item;
    return true;
}
