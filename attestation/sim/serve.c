/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/serve.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "attestation/collateral.h"
#include "attestation/sim/snp.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/pem.h"

enum { DAY = 24 * 60 * 60 };

enum fault_kind { FAULT_NONE, FAULT_STATUS, FAULT_DELAY, FAULT_TRUNCATE, FAULT_ISSUER, FAULT_EXPIRED };

struct fault {
    enum fault_kind kind;
    unsigned number; /* of FAULT_STATUS: the status; of FAULT_DELAY: milliseconds */
    unsigned retry_after;
    char *part;     /* of the path */
    uint64_t times; /* left */
    struct fault *next;
};

struct count {
    char *path;
    uint64_t n;
    struct count *next;
};

struct sim_service {
    pthread_mutex_t mutex; /* guards faults and counts */
    struct fault *faults;
    struct count *counts;
    struct arena arena; /* of the certificate */
    char *certificate;
    struct tls_identity *identity;
};

static void unlock(pthread_mutex_t **m) { (void)pthread_mutex_unlock(*m); }

static pthread_mutex_t *locked(pthread_mutex_t *m)
{
    (void)pthread_mutex_lock(m);
    return m;
}

/* ---- its certificate ---------------------------------------------------------------------------- */

static void make_identity(struct sim_service *s)
{
    static char name[] = "localhost";
    static char *names[] = {name};
    static const uint8_t v4[] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    struct slice addresses[] = {{v4, sizeof v4}, {v6, sizeof v6}};
    const struct name_part subject[] = {{OID_COMMON_NAME, "simulated collateral service"}};
    scoped(key_wipe) struct key key = {0};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    struct cert_spec spec = {.subject = subject, .num_subject = 1, .path_len = -1, .eku_server = true};
    struct slice der;
    struct err err;

    spec.not_before = clock_now() - DAY;
    spec.not_after = spec.not_before + INT64_C(365) * DAY;
    spec.basic_constraints = spec.is_ca = spec.key_ids = true;
    spec.key_usage = KU_DIGITAL_SIGNATURE | KU_CERT_SIGN;
    spec.san = (struct san){.dns = names, .num_dns = 1, .ips = addresses, .num_ips = 2};
    if (!key_generate(KEY_P256, &key, &err) ||
        !cert_issue(&spec, key_spki(&key, &s->arena), NULL, &key, &s->arena, &der, &err))
        abort();
    key_to_pkcs8(&key, &pkcs8);
    if (!tls_identity_new(&der, 1, secret_bytes(&pkcs8), &s->identity, &err))
        abort();
    s->certificate = pem_text(&s->arena, "CERTIFICATE", der);
}

struct sim_service *sim_service_new(void)
{
    struct sim_service *s = calloc(1, sizeof *s);

    if (s == NULL || pthread_mutex_init(&s->mutex, NULL) != 0)
        abort();
    make_identity(s);
    return s;
}

static void drop_faults(struct sim_service *s)
{
    while (s->faults != NULL) {
        struct fault *f = s->faults;

        s->faults = f->next;
        free(f->part);
        free(f);
    }
}

void sim_service_free(struct sim_service **service)
{
    struct sim_service *s = *service;

    if (s == NULL)
        return;
    drop_faults(s);
    while (s->counts != NULL) {
        struct count *c = s->counts;

        s->counts = c->next;
        free(c->path);
        free(c);
    }
    tls_identity_release(&s->identity);
    arena_wipe(&s->arena);
    (void)pthread_mutex_destroy(&s->mutex);
    free(s);
    *service = NULL;
}

const char *sim_service_certificate(const struct sim_service *s) { return s->certificate; }

/* ---- faults and counts ---------------------------------------------------------------------------- */

static bool parse_kind(const char *word, struct fault *f)
{
    const char *colon = strchr(word, ':');
    const unsigned number = colon == NULL ? 0 : (unsigned)strtoul(colon + 1, NULL, 10);

    if (strncmp(word, "429", 3) == 0)
        *f = (struct fault){.kind = FAULT_STATUS, .number = 429, .retry_after = number};
    else if (strcmp(word, "503") == 0 || strcmp(word, "404") == 0)
        *f = (struct fault){.kind = FAULT_STATUS, .number = (unsigned)strtoul(word, NULL, 10)};
    else if (strncmp(word, "delay:", 6) == 0)
        *f = (struct fault){.kind = FAULT_DELAY, .number = number};
    else if (strcmp(word, "truncate") == 0)
        *f = (struct fault){.kind = FAULT_TRUNCATE};
    else if (strcmp(word, "issuer") == 0)
        *f = (struct fault){.kind = FAULT_ISSUER};
    else if (strcmp(word, "expired") == 0)
        *f = (struct fault){.kind = FAULT_EXPIRED};
    return f->kind != FAULT_NONE;
}

static bool add_fault(struct sim_service *s, struct slice line, struct arena *a)
{
    struct slice *words;
    const size_t num = text_split(a, line, ' ', &words);
    struct fault f = {0}, **end = &s->faults;

    if (num < 2 || num > 3 || !parse_kind(arena_strndup(a, words[0]), &f))
        return false;
    f.times = UINT64_MAX;
    if (num == 3 && !decimal_decode(words[2], UINT64_MAX, &f.times))
        return false;
    f.part = strndup((const char *)words[1].ptr, words[1].len);
    while (*end != NULL)
        end = &(*end)->next;
    *end = calloc(1, sizeof f);
    if (*end == NULL || f.part == NULL)
        abort();
    **end = f;
    return true;
}

static struct fault take_fault(struct sim_service *s, const char *path)
{
    scoped(unlock) pthread_mutex_t *held = locked(&s->mutex);

    (void)held;
    for (struct fault *f = s->faults; f != NULL; f = f->next)
        if (f->times > 0 && strstr(path, f->part) != NULL) {
            f->times--;
            return *f;
        }
    return (struct fault){0};
}

static void count(struct sim_service *s, const char *path)
{
    scoped(unlock) pthread_mutex_t *held = locked(&s->mutex);
    struct count **c = &s->counts;

    (void)held;
    while (*c != NULL && strcmp((*c)->path, path) != 0)
        c = &(*c)->next;
    if (*c == NULL) {
        *c = calloc(1, sizeof **c);
        if (*c == NULL || ((*c)->path = strdup(path)) == NULL)
            abort();
    }
    (*c)->n++;
}

/* ---- what is served --------------------------------------------------------------------------------- */

struct answer {
    struct slice body;
    const char *chain_header;
    struct slice chain;
};

static bool make_intel(const char *path, const struct fault *f, struct arena *a, struct collateral *out, struct err *err)
{
    const int64_t now = clock_now();
    struct sim_collateral_options o = {.tdx = text_starts_with(slice_str(path), "/tdx/")};

    if (f->kind == FAULT_EXPIRED) {
        o.valid_from = now - 30 * DAY;
        o.valid_to = now - DAY;
    }
    return sim_collateral(&sim_platform_default, &o, now, a, out, err);
}

static bool is(const char *path, const char *end) { return strstr(path, end) != NULL; }

/* The right document; with FAULT_ISSUER under the chain of another. */
static bool answer_intel(const char *path, const struct fault *f, struct arena *a, struct answer *out)
{
    const bool other = f->kind == FAULT_ISSUER;
    const char *fmspc = arena_printf(a, "fmspc=%s", hex_text(a, slice_of(sim_platform_default.fmspc, 6)));
    struct collateral c = {0};
    struct err err;

    if (!make_intel(path, f, a, &c, &err))
        return false;
    if (is(path, "/certification/v4/tcb?") && is(path, fmspc))
        *out = (struct answer){c.tcb_info, "TCB-Info-Issuer-Chain", other ? c.pck_crl_issuer_chain : c.tcb_issuer_chain};
    else if (is(path, "/certification/v4/qe/identity"))
        *out = (struct answer){c.qe_identity, "SGX-Enclave-Identity-Issuer-Chain",
                               other ? c.pck_crl_issuer_chain : c.qe_issuer_chain};
    else if (is(path, "/certification/v4/pckcrl?ca=platform"))
        *out = (struct answer){other ? c.root_ca_crl : c.pck_crl, "SGX-PCK-CRL-Issuer-Chain", c.pck_crl_issuer_chain};
    else if (is(path, "/certification/v4/rootcacrl"))
        *out = (struct answer){slice_str(hex_text(a, other ? c.pck_crl : c.root_ca_crl)), NULL, {0}};
    return out->body.len > 0;
}

static const struct sim_chip *chip_of(const char *product, size_t len)
{
    for (size_t i = 0; i < sizeof sim_chips / sizeof sim_chips[0]; i++)
        if (strlen(sim_chips[i].product) == len && strncmp(sim_chips[i].product, product, len) == 0)
            return &sim_chips[i];
    return NULL;
}

/* "/vcek/v1/PRODUCT/WHAT": cert_chain, crl, or an id with patch levels. */
static bool answer_amd(const char *path, const struct fault *f, struct arena *a, struct answer *out)
{
    const int64_t now = clock_now();
    struct sim_snp_options o = {.vlek = text_starts_with(slice_str(path), "/vlek/"), .crl = true};
    const char *product = path + sizeof "/vcek/v1/" - 1, *slash = strchr(product, '/');
    const struct sim_chip *chip = slash == NULL ? NULL : chip_of(product, (size_t)(slash - product));
    struct collateral c = {0};
    const char *id;
    struct err err;

    if (chip == NULL)
        return false;
    if (f->kind == FAULT_ISSUER)
        chip = &sim_chips[chip == &sim_chips[0]];
    if (f->kind == FAULT_EXPIRED) {
        o.valid_from = o.crl_from = now - 90 * DAY;
        o.valid_to = o.crl_to = now - DAY;
    }
    if (!sim_snp_collateral(chip, &o, now, a, &c, &err))
        return false;
    id = hex_text(a, slice_of(chip->hwid, strcmp(chip->product, "Turin") == 0 ? 8 : 64));
    if (strcmp(slash, "/cert_chain") == 0)
        out->body = c.vek_chain;
    else if (strcmp(slash, "/crl") == 0)
        out->body = c.vek_crl;
    else if (!o.vlek && (is(slash, id) || f->kind == FAULT_ISSUER))
        out->body = c.vek;
    return out->body.len > 0;
}

static bool answer(const char *path, const struct fault *f, struct arena *a, struct answer *out)
{
    *out = (struct answer){0};
    return text_starts_with(slice_str(path), "/vcek/v1/") || text_starts_with(slice_str(path), "/vlek/v1/")
               ? answer_amd(path, f, a, out)
               : answer_intel(path, f, a, out);
}

/* ---- over HTTP ------------------------------------------------------------------------------------- */

/* All but unreserved characters (RFC 3986 section 2.3). */
static char *percent_encode(struct slice text, struct arena *a)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    char *out = arena_alloc(a, 3 * text.len + 1), *to = out;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != 0 && strchr(plain, text.ptr[i]) != NULL)
            *to++ = (char)text.ptr[i];
        else
            to += sprintf(to, "%%%02X", text.ptr[i]);
    }
    return out;
}

static void reply(struct exchange *ex, unsigned status, struct slice body)
{
    ex->response.status = (int)status;
    ex->response.body = body;
}

static void serve(struct sim_service *s, struct exchange *ex, const char *path)
{
    const struct fault f = take_fault(s, path);
    struct arena *a = &ex->arena;
    struct answer out;

    if (f.kind == FAULT_DELAY)
        (void)nanosleep(&(struct timespec){f.number / 1000, (long)(f.number % 1000) * 1000000}, NULL);
    if (f.kind == FAULT_STATUS) {
        if (f.retry_after > 0)
            http_add_header(&ex->response, a, "retry-after", arena_printf(a, "%u", f.retry_after));
        reply(ex, f.number, slice_str("as told\n"));
        return;
    }
    if (!answer(path, &f, a, &out)) {
        reply(ex, 404, slice_str("not known here\n"));
        return;
    }
    if (out.chain_header != NULL)
        http_add_header(&ex->response, a, out.chain_header, percent_encode(out.chain, a));
    reply(ex, 200, f.kind == FAULT_TRUNCATE ? slice_of(out.body.ptr, out.body.len / 2) : out.body);
}

static void change_faults(struct sim_service *s, struct exchange *ex)
{
    scoped(unlock) pthread_mutex_t *held = locked(&s->mutex);
    struct slice *lines;
    size_t num;

    (void)held;
    if (slice_equal(ex->request.method, slice_str("DELETE"))) {
        drop_faults(s);
        reply(ex, 200, slice_str("none\n"));
        return;
    }
    num = text_split(&ex->arena, ex->request.body, '\n', &lines);
    for (size_t i = 0; i < num; i++)
        if (lines[i].len > 0 && !add_fault(s, lines[i], &ex->arena)) {
            reply(ex, 400, slice_str("expected lines of FAULT PATH-PART [TIMES]\n"));
            return;
        }
    reply(ex, 200, slice_str("noted\n"));
}

static void show_counts(struct sim_service *s, struct exchange *ex)
{
    scoped(unlock) pthread_mutex_t *held = locked(&s->mutex);
    const char *text = "";

    (void)held;
    for (const struct count *c = s->counts; c != NULL; c = c->next)
        text = arena_printf(&ex->arena, "%s%llu %s\n", text, (unsigned long long)c->n, c->path);
    reply(ex, 200, slice_str(text));
}

static void handle(void *app, struct exchange *ex)
{
    struct sim_service *s = app;
    const struct http_request *r = &ex->request;
    const char *path = arena_printf(&ex->arena, "%.*s%s%.*s", (int)r->path.len, (const char *)r->path.ptr,
                                    r->query.len > 0 ? "?" : "", (int)r->query.len, (const char *)r->query.ptr);

    if (strcmp(path, "/sim/faults") == 0) {
        change_faults(s, ex);
    } else if (strcmp(path, "/sim/counts") == 0) {
        show_counts(s, ex);
    } else {
        count(s, path);
        serve(s, ex, path);
    }
}

static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    (void)app;
    reply(ex, (unsigned)err_http_status(err_kind(err)), slice_str("refused\n"));
}

static struct tls_identity *identity(void *app)
{
    return tls_identity_hold(((struct sim_service *)app)->identity);
}

struct net_handler sim_service_handler(struct sim_service *s)
{
    return (struct net_handler){.app = s, .handle = handle, .refuse = refuse, .identity = identity};
}
