/* SPDX-License-Identifier: Apache-2.0 */
/* cli/other_commands.c: certificates, status, what a package is, version. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "base/file.h"
#include "base/scope.h"
#include "cli/commands.h"
#include "cli/target.h"
#include "pki/pem.h"

static bool reader_is_gone(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

bool flush_output(struct err *err)
{
    errno = EIO; /* should an earlier write have failed, whose errno is gone */
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return true;
    return reader_is_gone() || err_errno(err, E_FILE_WRITE, "writing to standard output");
}

bool print_or_save(struct cli *cli, struct slice text, struct err *err)
{
    const char *path = cli_option(cli, "output");

    if (path != NULL)
        return file_save(path, text, 0600, err);
    (void)fwrite(text.ptr, 1, text.len, stdout);
    return flush_output(err);
}

static bool certificate(struct cli *cli, bool intermediate, bool root, struct err *err)
{
    scoped(buf_wipe) struct buf pem = buf_max(64 * 1024);
    struct target t;

    if (!target_attest(cli, cli->arguments[0], &t, err) || !target_same_as_cached(&t, err))
        return false;
    if (intermediate)
        pem_put(&pem, "CERTIFICATE", t.intermediate.der);
    if (root)
        pem_put(&pem, "CERTIFICATE", t.root.der);
    if (!print_or_save(cli, buf_bytes(&pem), err))
        return false;
    (void)printf("Certificate written to %s\n", cli_option(cli, "output"));
    return true;
}

bool cmd_certificate_root(struct cli *cli, struct err *err) { return certificate(cli, false, true, err); }
bool cmd_certificate_intermediate(struct cli *cli, struct err *err)
{
    return certificate(cli, true, false, err);
}
bool cmd_certificate_chain(struct cli *cli, struct err *err) { return certificate(cli, true, true, err); }

bool cmd_status(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *data = NULL;
    struct target t;
    struct fields f;
    uint64_t code;
    const char *message;

    if (!target_cached(cli, cli->arguments[0], &t, err) ||
        !target_call(&t, "GET", "/api/v2/status", (struct slice){0}, &data, err))
        return false;
    f = fields_of(data, "$", JSON_EXACT, E_COORDINATOR, &cli->arena, err);
    field_need(&f, "code");
    field_need(&f, "message");
    code = field_uint(&f, "code", 99);
    message = field_str(&f, "message");
    if (!fields_done(&f))
        return err_in(err, "the coordinator's answer to /api/v2/status");
    if (cli_flag(cli, "json")) {
        scoped(buf_wipe) struct buf b = buf_max(8192);

        buf_printf(&b, "{\"code\":%llu,\"message\":", (unsigned long long)code);
        json_put_string(&b, slice_str(message));
        buf_str(&b, "}\n");
        return print_or_save(cli, buf_bytes(&b), err);
    }
    (void)printf("%llu: %s\n", (unsigned long long)code, message);
    return true;
}

bool cmd_package_info(struct cli *cli, struct err *err)
{
    struct package_policy p;

    if (!trust_domain()->package_info(cli->arguments[0], &cli->arena, &p, err))
        return err_in(err, "%s", cli->arguments[0]);
    if (cli_flag(cli, "json")) {
        (void)printf("%s\n", policy_json(&p, &cli->arena));
        return true;
    }
    (void)printf("UniqueID (MRENCLAVE)      : %s\n", p.unique_id);
    (void)printf("SignerID (MRSIGNER)       : %s\n", p.signer_id);
    (void)printf("ProductID (ISVPRODID)     : %llu\n", (unsigned long long)p.product_id);
    (void)printf("SecurityVersion (ISVSVN)  : %llu\n", (unsigned long long)p.security_version);
    (void)printf("Debug                     : %s\n", p.debug ? "true" : "false");
    return true;
}

bool cmd_version(struct cli *cli, struct err *err)
{
    (void)err;
    if (cli_flag(cli, "json"))
        (void)printf("{\"version\":\"%s\",\"trustDomain\":\"%s\"}\n", MARBLEMESH_VERSION,
                     trust_domain()->name);
    else
        (void)printf("%s v%s\nTrust domain: %s\n", program_name, MARBLEMESH_VERSION, trust_domain()->name);
    return true;
}
