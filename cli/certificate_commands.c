/* SPDX-License-Identifier: Apache-2.0 */
/* cli/certificate_commands.c: certificate root, intermediate and chain. */
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/target.h"
#include "pki/hash.h"
#include "pki/pem.h"

static json_t *certificate_json(struct cli *cli, const struct cert *c)
{
    uint8_t digest[SHA256_LEN];
    char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1];

    sha256(digest, c->der);
    rfc3339_format(from, c->not_before);
    rfc3339_format(to, c->not_after);
    return json_pack("{s:s, s:s, s:s, s:s}", "sha256", hex_text(&cli->arena, slice_of(digest, sizeof digest)),
                     "notBefore", from, "notAfter", to, "pem", pem_text(&cli->arena, "CERTIFICATE", c->der));
}

/* --output is the certificates' file, not this one's. */
static bool print_json(struct cli *cli, const struct cert *intermediate, const struct cert *root)
{
    scoped(json_release) json_t *value =
        json_pack("{s:s, s:[]}", "file", cli_option(cli, "output"), "certificates");
    scoped(buf_wipe) struct buf b = buf_max(1024 * 1024);

    if (intermediate != NULL)
        (void)json_array_append_new(json_object_get(value, "certificates"),
                                    certificate_json(cli, intermediate));
    if (root != NULL)
        (void)json_array_append_new(json_object_get(value, "certificates"), certificate_json(cli, root));
    put_json(&b, value, JSON_INDENT(2));
    return printf("%.*s\n", (int)b.len, (const char *)b.ptr) > 0;
}

static bool certificate(struct cli *cli, bool intermediate, bool root, struct err *err)
{
    scoped(buf_wipe) struct buf pem = buf_max(64 * 1024);
    struct target t;

    if (!target_attest(cli, cli->arguments[0], &t, err) || !target_same_as_cached(&t, err))
        return false;
    if (intermediate)
        pem_put(&pem, "CERTIFICATE", t.coordinator.intermediate.der);
    if (root)
        pem_put(&pem, "CERTIFICATE", t.coordinator.root.der);
    if (!print_or_save(cli, buf_bytes(&pem), err))
        return false;
    if (cli_flag(cli, "json"))
        return print_json(cli, intermediate ? &t.coordinator.intermediate : NULL,
                          root ? &t.coordinator.root : NULL);
    (void)printf("Certificate written to %s\n", cli_option(cli, "output"));
    return true;
}

static bool certificate_root(struct cli *cli, struct err *err) { return certificate(cli, false, true, err); }
static bool certificate_intermediate(struct cli *cli, struct err *err)
{
    return certificate(cli, true, false, err);
}
static bool certificate_chain(struct cli *cli, struct err *err) { return certificate(cli, true, true, err); }

#define JSON_OPTION                                                                                          \
    {                                                                                                        \
        "json", 0, NULL, NULL, "print JSON about what was written"                                           \
    }

static const struct option root_options[] = {
    {"output", 'o', "FILE", "marblerunRootCA.crt", "where to write"}, JSON_OPTION, {0}};
static const struct option intermediate_options[] = {
    {"output", 'o', "FILE", "marblerunIntermediateCA.crt", "where to write"}, JSON_OPTION, {0}};
static const struct option chain_options[] = {
    {"output", 'o', "FILE", "marblerunChainCA.crt", "where to write"}, JSON_OPTION, {0}};

const struct command certificate_commands[] = {
    {"certificate root", "IP:PORT", 1, 1, root_options,
     "verify the coordinator and save its root certificate",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes it as "
     "PEM.",
     "meshctl certificate root localhost:4433 -o root.crt", certificate_root, 0},
    {"certificate intermediate", "IP:PORT", 1, 1, intermediate_options,
     "verify the coordinator and save its intermediate certificate",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes the\n"
     "intermediate certificate as PEM.",
     "meshctl certificate intermediate localhost:4433", certificate_intermediate, 0},
    {"certificate chain", "IP:PORT", 1, 1, chain_options, "verify the coordinator and save both certificates",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes the\n"
     "intermediate and the root certificate as PEM.",
     "meshctl certificate chain localhost:4433", certificate_chain, 0},
    {0},
};
