/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/json.h"
#include "coordinator/params.h"
#include "pki/hash.h"
#include "pki/pem.h"

enum { NOW = 1790000000 };

static struct arena a;
static struct err err;
static struct authority *ca;
static struct marble_identity who;

static void begin(void)
{
    const struct san none = {0};
    const struct cert_spec spec = {.not_before = NOW, .not_after = NOW + 1, .path_len = -1};
    struct key key = {0};

    json_init();
    pki_init();
    net_init();
    cr_assert(authority_new(&none, NOW, &ca, &err) && key_generate(KEY_P256, &key, &err), "%s", err.text);
    who.ca = ca;
    cr_assert(authority_issue(ca, &spec, &key, &a, &who.issued, &err), "%s", err.text);
    key_wipe(&key);
}

static void end(void)
{
    authority_release(&ca);
    arena_wipe(&a);
}

static const char *text_of(struct slice s) { return arena_strndup(&a, s); }

static const char *value_of(const struct parameters *p, const char *name)
{
    for (size_t i = 0; i < p->num_env; i++)
        if (strcmp(p->env[i].name, name) == 0)
            return text_of(p->env[i].value);
    return NULL;
}

Test(params, the_predefined_variables_win, .init = begin, .fini = end)
{
    struct content env[] = {{.name = "MARBLE_PREDEFINED_PRIVATE_KEY", .data = slice_str("mine")},
                            {.name = "MARBLE_TTLS_CONFIG", .data = slice_str("kept")},
                            {.name = "OTHER", .data = slice_str("x")}};
    const struct marble m = {.type = "m", .env = env, .num_env = 3};
    const struct manifest mesh = {0};
    const struct marble_secrets none = {0};
    struct parameters p;

    cr_assert(params_build(&mesh, &m, &who, &none, &a, &p, &err), "%s", err.text);
    cr_expect_eq(p.num_env, 6);
    cr_expect_str_eq(value_of(&p, "OTHER"), "x");
    cr_expect_str_eq(value_of(&p, "MARBLE_TTLS_CONFIG"), "kept", "ours is there only for marbles with tags");
    cr_expect_str_eq(value_of(&p, "MARBLE_PREDEFINED_ROOT_CA"),
                     pem_text(&a, "CERTIFICATE", ca->marble_root.der));
    cr_expect_str_eq(value_of(&p, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"),
                     pem_text(&a, "CERTIFICATE", ca->root.der));
    cr_expect_str_eq(value_of(&p, "MARBLE_PREDEFINED_PRIVATE_KEY"),
                     pem_text(&a, "PRIVATE KEY", who.issued.private_key));
    cr_expect_str_eq(value_of(&p, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"),
                     arena_printf(&a, "%s%s", pem_text(&a, "CERTIFICATE", who.issued.cert),
                                  pem_text(&a, "CERTIFICATE", ca->intermediate.der)));
}

Test(params, templates_see_previous_values, .init = begin, .fini = end)
{
    const struct secret_spec spec = {.name = "key", .type = SECRET_SYMMETRIC_KEY};
    const struct secret_value now = {&spec, {0}, slice_str("\2"), slice_str("\2")},
                              before = {&spec, {0}, slice_str("\1"), slice_str("\1")};
    const struct marble_secrets secrets = {{&now, 1}, {&before, 1}};
    struct content env[] = {{.name = "X"}};
    const struct marble m = {.type = "m", .env = env, .num_env = 1};
    const struct manifest mesh = {0};
    struct parameters p;

    cr_assert(template_parse(slice_str("{{ hex .Secrets.key }} {{ hex .Previous.Secrets.key }}"),
                             TEMPLATE_ENV, &a, &env[0].template, &err),
              "%s", err.text);
    cr_assert(params_build(&mesh, &m, &who, &secrets, &a, &p, &err), "%s", err.text);
    cr_expect_str_eq(value_of(&p, "X"), "02 01");
}

/* ---- MARBLE_TTLS_CONFIG ---------------------------------------------------------------------------- */

static struct tls_end
    web_in[] = {{.port = "2000", .addr = "", .cert = ""},
                {.port = "1000", .addr = "", .cert = "server", .disable_client_auth = true}},
    web_out[] = {{.port = "443", .addr = "db", .cert = ""}},
    again_in[] = {{.port = "2000", .addr = "", .cert = "server", .disable_client_auth = true}};
static struct tls_tag tags[] = {
    {.name = "again", .incoming = again_in, .num_incoming = 1},
    {.name = "web", .incoming = web_in, .num_incoming = 2, .outgoing = web_out, .num_outgoing = 1}};
static const struct manifest MESH = {.tls = tags, .num_tls = 2};
static char web[] = "web", again[] = "again";
static char *names[] = {web, again};
static const struct secret_spec SERVER = {.name = "server", .type = SECRET_CERT_ECDSA};

static const char *as_json(const char *text)
{
    scoped(buf_wipe) struct buf b = buf_max(65536);

    json_put_string(&b, slice_str(text));
    return arena_strndup(&a, buf_bytes(&b));
}

static const char *pem(const char *label, struct slice der) { return as_json(pem_text(&a, label, der)); }

Test(params, the_configuration_of_transparent_tls_has_marbleruns_shape, .init = begin, .fini = end)
{
    const struct secret_value server = {&SERVER, slice_str("cert"), slice_str("public"),
                                        slice_str("private")};
    const struct secret_set secrets = {&server, 1};
    const struct marble m = {.type = "m", .tls = names, .num_tls = 1};
    const char *root = pem("CERTIFICATE", ca->marble_root.der), *leaf = pem("CERTIFICATE", who.issued.cert),
               *key = pem("PRIVATE KEY", who.issued.private_key);
    struct slice text;

    cr_assert(params_ttls(&MESH, &m, &who, &secrets, &a, &text, &err), "%s", err.text);
    cr_expect_str_eq(
        text_of(text),
        arena_printf(&a,
                     "{\"tls\":{\"Incoming\":{\"*:1000\":{\"cacrt\":%s,\"clicrt\":%s,\"clientAuth\":false,"
                     "\"clikey\":%s},"
                     "\"*:2000\":{\"cacrt\":%s,\"clicrt\":%s,\"clientAuth\":true,\"clikey\":%s}},"
                     "\"Outgoing\":{\"db:443\":{\"cacrt\":%s,\"clicrt\":%s,\"clikey\":%s}}}}",
                     root, pem("CERTIFICATE", server.cert), pem("PRIVATE KEY", server.private_key), root,
                     leaf, key, root, leaf, key));
}

Test(params, of_equal_endpoints_the_later_tag_counts, .init = begin, .fini = end)
{
    const struct secret_value server = {&SERVER, slice_str("cert"), slice_str("public"),
                                        slice_str("private")};
    const struct secret_set secrets = {&server, 1};
    const struct marble m = {.type = "m", .tls = names, .num_tls = 2};
    struct slice text;
    const char *at;

    cr_assert(params_ttls(&MESH, &m, &who, &secrets, &a, &text, &err), "%s", err.text);
    at = strstr(text_of(text), "\"*:2000\":");
    cr_assert_not_null(at);
    cr_expect_null(strstr(at + 1, "\"*:2000\":"));
    cr_expect_null(strstr(text_of(text), "\"clientAuth\":true"));
}

Test(params, both_halves_are_there_also_if_they_are_empty, .init = begin, .fini = end)
{
    struct tls_tag empty = {.name = "web"};
    const struct manifest mesh = {.tls = &empty, .num_tls = 1};
    const struct marble m = {.type = "m", .tls = names, .num_tls = 1};
    const struct marble_secrets none = {0};
    struct parameters p;

    cr_assert(params_build(&mesh, &m, &who, &none, &a, &p, &err), "%s", err.text);
    cr_expect_str_eq(value_of(&p, "MARBLE_TTLS_CONFIG"), "{\"tls\":{\"Incoming\":{},\"Outgoing\":{}}}");
}

Test(params, a_tag_whose_secret_is_not_uploaded_says_so, .init = begin, .fini = end)
{
    const struct secret_value server = {&SERVER, slice_str("cert"), slice_str("public"), {0}};
    const struct marble_secrets secrets = {{&server, 1}, {0}};
    const struct marble m = {.type = "m", .tls = names, .num_tls = 1};
    struct parameters p;

    cr_expect_not(params_build(&MESH, &m, &who, &secrets, &a, &p, &err));
    cr_expect_eq(err.code, E_TEMPLATE_VALUE);
    cr_expect_str_eq(err.text,
                     "parameters of marble \"m\": MARBLE_TTLS_CONFIG: TLS tag \"web\": *:1000: the secret "
                     "\"server\" has no certificate with a private key, or none yet");
}
