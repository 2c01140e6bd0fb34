/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meshsim: the tools of the simulated TEE on the command line. Each command is a row of a table: what it
 * takes, what it says about itself, what it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attestation/collateral.h"
#include "attestation/policy.h"
#include "attestation/sim/azure.h"
#include "attestation/sim/measure.h"
#include "attestation/sim/serve.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/stdio.h"
#include "base/text.h"
#include "pki/hash.h"
#include "pki/pem.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };
enum { REPORT_DATA_LEN = 64 };

/* ---- arguments ------------------------------------------------------------------------------- */

enum option { KEY, PRODUCT_ID, SECURITY_VERSION, DEBUG_MODE, REPORT_DATA, AK, TDX, SIZE, OUTPUT, ADDRESS, CERTIFICATE, READY, NUM_OPTIONS };

static const struct {
    const char *name, *value, *help; /* value NULL: a switch */
} options[NUM_OPTIONS] = {
    [KEY] = {"--key", "FILE", "the developer's private key, P-256, PEM (default: the built-in developer's)"},
    [PRODUCT_ID] = {"--product-id", "N", "ProductID, 0 to 65535 (default: 1)"},
    [SECURITY_VERSION] = {"--security-version", "N", "SecurityVersion, 0 to 65535 (default: 1)"},
    [DEBUG_MODE] = {"--debug", NULL, "a debug enclave: packages accept it only with Debug set"},
    [REPORT_DATA] = {"--report-data", "HEX", "up to 64 bytes to bind; zeros are appended"},
    [AK] = {"--ak", "FILE", "the virtual TPM's attestation key: public, RSA, DER"},
    [TDX] = {"--tdx", NULL, "of a VM on TDX (default: on SEV-SNP)"},
    [SIZE] = {"--size", "N", "of the NV index that it is for (default: 2600, as Azure's)"},
    [OUTPUT] = {"-o", "FILE", "where to write"},
    [ADDRESS] = {"--address", "HOST:PORT", "where to listen (default: localhost:8081)"},
    [CERTIFICATE] = {"--certificate", "FILE", "where to write the server's certificate, PEM"},
    [READY] = {"--ready", "FILE", "written once it listens: its port"},
};

struct arguments {
    const char *value[NUM_OPTIONS]; /* NULL: not given; of a switch: its name */
    const char *operand;
};

struct command {
    const char *name, *operand, *summary, *help;
    bool operand_optional;
    unsigned takes, needs; /* bits of enum option */
    bool (*run)(const struct arguments *args, struct arena *a, struct err *err);
};
#define BIT(option) (1U << (option))

static bool take_option(const struct command *c, char **argv, int *at, struct arguments *out, struct err *err)
{
    for (unsigned i = 0; i < NUM_OPTIONS; i++) {
        if (strcmp(argv[*at], options[i].name) != 0 || (c->takes & BIT(i)) == 0)
            continue;
        if (out->value[i] != NULL)
            return err_set(err, E_USAGE, "%s is given twice", options[i].name);
        if (options[i].value != NULL && argv[*at + 1] == NULL)
            return err_set(err, E_USAGE, "%s needs a value: %s", options[i].name, options[i].value);
        out->value[i] = options[i].value == NULL ? options[i].name : argv[++*at];
        return true;
    }
    return err_set(err, E_USAGE, "%s is not an option of this command", argv[*at]);
}

static bool parse_arguments(const struct command *c, char **argv, struct arguments *out, struct err *err)
{
    for (int i = 0; argv[i] != NULL; i++) {
        if (argv[i][0] == '-') {
            if (!take_option(c, argv, &i, out, err))
                return false;
        } else if (c->operand == NULL || out->operand != NULL) {
            return err_set(err, E_USAGE, "%s: one argument too many", argv[i]);
        } else {
            out->operand = argv[i];
        }
    }
    if (c->operand != NULL && out->operand == NULL && !c->operand_optional)
        return err_set(err, E_USAGE, "%s is missing", c->operand);
    for (unsigned i = 0; i < NUM_OPTIONS; i++)
        if ((c->needs & BIT(i)) != 0 && out->value[i] == NULL)
            return err_set(err, E_USAGE, "%s %s is missing", options[i].name, options[i].value);
    return true;
}

static bool number(const struct arguments *args, enum option which, uint16_t *out, struct err *err)
{
    const char *text = args->value[which];
    uint64_t v = 1;

    if (text != NULL && !decimal_decode(slice_str(text), UINT16_MAX, &v))
        return err_set(err, E_USAGE, "%s: expected a number from 0 to 65535, found \"%s\"",
                       options[which].name, text);
    *out = (uint16_t)v;
    return true;
}

/* ---- commands -------------------------------------------------------------------------------- */

static bool run_measure(const struct arguments *args, struct arena *a, struct err *err)
{
    struct package_policy p = {0};

    if (!trust_domain()->package_info(args->operand, a, &p, err))
        return false;
    (void)puts(policy_json(&p, a));
    return true;
}

static bool developer_key(const char *path, struct arena *a, struct key *out, struct err *err)
{
    struct slice text;

    if (path == NULL)
        return sim_developer_key(out, err);
    return (file_read(path, LIMIT_CERTIFICATE, a, &text, err) && key_from_pem(text, out, err)) ||
           err_in(err, "the developer's key %s", path);
}

static bool run_sign(const struct arguments *args, struct arena *a, struct err *err)
{
    scoped(key_wipe) struct key key = {0};
    uint16_t product_id, security_version;

    return number(args, PRODUCT_ID, &product_id, err) &&
           number(args, SECURITY_VERSION, &security_version, err) &&
           developer_key(args->value[KEY], a, &key, err) &&
           sim_sign(args->operand, &key, product_id, security_version, args->value[DEBUG_MODE] != NULL, err);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* Never over an existing file: that may be the only copy of a key. */
static bool write_new(const char *path, struct slice contents, struct err *err)
{
    scoped(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST)
        return err_set(err, E_FILE_WRITE,
                       "%s exists; a key is never overwritten: name another file or remove it", path);
    if (fd < 0)
        return err_errno(err, E_FILE_WRITE, "creating %s", path);
    if (write(fd, contents.ptr, contents.len) != (ssize_t)contents.len || fsync(fd) != 0) {
        (void)err_errno(err, E_FILE_WRITE, "writing %s", path);
        (void)unlink(path);
        return false;
    }
    return true;
}

static bool run_keygen(const struct arguments *args, struct arena *a, struct err *err)
{
    scoped(key_wipe) struct key key = {0};
    scoped(secret_wipe) struct secret der = {0};
    scoped(buf_wipe) struct buf pem = buf_max(LIMIT_CERTIFICATE);

    (void)a;
    if (!key_generate(KEY_P256, &key, err))
        return false;
    key_to_pkcs8(&key, &der);
    pem_put(&pem, "PRIVATE KEY", secret_bytes(&der));
    return write_new(args->operand, buf_bytes(&pem), err);
}

static bool read_report_data(const struct arguments *args, struct arena *a, uint8_t out[REPORT_DATA_LEN],
                             struct err *err)
{
    const char *hex = args->value[REPORT_DATA];
    struct slice bytes;

    if (!hex_decode(slice_str(hex), a, &bytes) || bytes.len > REPORT_DATA_LEN)
        return err_set(err, E_USAGE, "%s: expected hexadecimal digits of up to %d bytes, found \"%s\"",
                       options[REPORT_DATA].name, REPORT_DATA_LEN, text_shown(a, slice_str(hex)));
    memset(out, 0, REPORT_DATA_LEN);
    if (bytes.len > 0)
        memcpy(out, bytes.ptr, bytes.len);
    return true;
}

static bool run_quote(const struct arguments *args, struct arena *a, struct err *err)
{
    uint8_t report_data[REPORT_DATA_LEN];
    struct sim_identity id;
    struct slice quote;

    if (!read_report_data(args, a, report_data, err) ||
        !(args->operand == NULL ? sim_measure_self(&id, err) : sim_measure(args->operand, &id, err)))
        return false;
    return sim_quote(&sim_platform_default, &id, report_data, a, &quote, err) &&
           file_save(args->value[OUTPUT], quote, 0644, err);
}

/* What programs in the TEE that MESH_SIM_TEE names would show. */
static bool run_evidence(const struct arguments *args, struct arena *a, struct err *err)
{
    uint8_t report_data[REPORT_DATA_LEN];
    struct slice evidence;
    const struct tee *tee;

    return read_report_data(args, a, report_data, err) && tee_here(&tee, err) &&
           tee->evidence(report_data, a, &evidence, err) && file_save(args->value[OUTPUT], evidence, 0644, err);
}

/* Evidence of each kind for which something is to be fetched. */
static const char *const fetching[] = {"sgx-simulated", "tdx-simulated", "snp-simulated"};

static bool collateral_of(const struct tee *tee, int64_t now, struct arena *a, struct collateral_items *all,
                          struct err *err)
{
    static const uint8_t nothing[REPORT_DATA_LEN];
    struct collateral c = {0};
    struct collateral_items items;
    struct collateral_needs needs;
    struct evidence evidence;
    struct slice bytes;

    if (!tee->evidence(nothing, a, &bytes, err) || !evidence_decode(bytes, &evidence, err) ||
        !collateral_needs_of(&evidence, UPDATE_STANDARD, a, &needs, err) ||
        !trust_domain()->collateral(&evidence, now, a, &c, err))
        return false;
    items = collateral_items_of(&needs, &c, "meshsim", now, a);
    for (size_t i = 0; i < items.num; i++) {
        struct collateral_need need;

        if (!collateral_need_named(items.at[i].name, a, &need, err) ||
            !collateral_item_verify(&need, sim_roots(), NULL, a, &items.at[i], err))
            return false;
    }
    *all = collateral_merge(all, &items, a);
    return true;
}

static bool run_collateral(const struct arguments *args, struct arena *a, struct err *err)
{
    struct collateral_items all = {0};
    const int64_t now = clock_now();

    for (size_t i = 0; i < sizeof fetching / sizeof fetching[0]; i++)
        for (const struct tee *const *tee = trust_domain()->tees; *tee != NULL; tee++)
            if (strcmp((*tee)->name, fetching[i]) == 0 && !collateral_of(*tee, now, a, &all, err))
                return false;
    return file_save(args->value[OUTPUT], slice_str(bundle_text(&all, a)), 0644, err);
}

/* For verifiers that do not know them. */
static bool run_roots(const struct arguments *args, struct arena *a, struct err *err)
{
    struct slice pem;

    return sim_root_certificates(a, &pem, err) && file_save(args->value[OUTPUT], pem, 0644, err);
}

static bool run_hcl_report(const struct arguments *args, struct arena *a, struct err *err)
{
    const struct sim_identity id = {.debug = args->value[DEBUG_MODE] != NULL};
    const enum hcl_hardware hardware = args->value[TDX] != NULL ? HCL_TDX : HCL_SNP;
    uint64_t size = SIM_HCL_NV_LEN;
    struct slice ak, report;

    if (args->value[SIZE] != NULL && (!decimal_decode(slice_str(args->value[SIZE]), UINT16_MAX, &size) || size < 2000))
        return err_set(err, E_USAGE, "--size: expected a number from 2000 to 65535, found \"%s\"", args->value[SIZE]);
    return file_read(args->value[AK], LIMIT_CERTIFICATE, a, &ak, err) &&
           sim_azure_report(hardware, &id, ak, (size_t)size, a, &report, err) &&
           file_save(args->value[OUTPUT], report, 0644, err);
}

/* Threads of a server inherit it, so it comes first. */
static void block_ends(void)
{
    sigset_t ends;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Until SIGTERM or SIGINT, which block_ends() keeps for it. */
static bool wait_for_end(struct err *err)
{
    sigset_t ends;
    int which;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    return sigwait(&ends, &which) == 0 || err_set(err, E_INTERNAL, "waiting for a signal failed");
}

static bool run_serve(const struct arguments *args, struct arena *a, struct err *err)
{
    scoped(sim_service_free) struct sim_service *service = sim_service_new();
    scoped(net_server_stop) struct net_server *server = NULL; /* ends before the service */
    const struct net_listener listener = {
        .address = args->value[ADDRESS] != NULL ? args->value[ADDRESS] : "localhost:8081",
        .client_auth = TLS_CLIENT_NONE,
        .http1 = true,
        .http2 = true,
        .handler = sim_service_handler(service),
    };
    unsigned port;

    block_ends();
    if (args->value[CERTIFICATE] != NULL &&
        !file_save(args->value[CERTIFICATE], slice_str(sim_service_certificate(service)), 0644, err))
        return false;
    if (!net_server_start(&(struct net_server_options){0}, &server, err) ||
        !net_server_listen(server, &listener, &port, err))
        return false;
    (void)printf("serving collateral of simulated platforms on port %u\n", port);
    (void)fflush(stdout);
    return (args->value[READY] == NULL ||
            file_save(args->value[READY], slice_str(arena_printf(a, "%u\n", port)), 0644, err)) &&
           wait_for_end(err);
}

static const struct command commands[] = {
    {.name = "measure",
     .operand = "PROGRAM",
     .summary = "print a program's package properties",
     .help = "Prints as JSON what evidence of this program shows: UniqueID (its measurement), SignerID, "
             "ProductID,\n"
             "SecurityVersion and Debug, as a manifest's package takes them. A signature beside the program "
             "(PROGRAM.sim-sig)\n"
             "that does not fit it is refused.",
     .run = run_measure},
    {.name = "sign",
     .operand = "PROGRAM",
     .summary = "sign a program: write PROGRAM.sim-sig",
     .help = "Measures the program and signs the measurement, so that packages can name it by SignerID, "
             "ProductID and\n"
             "SecurityVersion. To be repeated whenever the program changes.",
     .takes = BIT(KEY) | BIT(PRODUCT_ID) | BIT(SECURITY_VERSION) | BIT(DEBUG_MODE),
     .run = run_sign},
    {.name = "keygen",
     .operand = "FILE",
     .summary = "make a developer's key",
     .help = "Writes a new private key (P-256, PKCS#8, PEM, mode 0600) for meshsim sign. Never overwrites a "
             "file.",
     .run = run_keygen},
    {.name = "quote",
     .operand = "PROGRAM",
     .operand_optional = true,
     .summary = "make a quote as this program would",
     .help = "Writes an SGX quote (version 3) of the program, or without PROGRAM of meshsim itself.",
     .takes = BIT(REPORT_DATA) | BIT(OUTPUT),
     .needs = BIT(REPORT_DATA) | BIT(OUTPUT),
     .run = run_quote},
    {.name = "evidence",
     .summary = "write what the simulated TEE shows of meshsim itself",
     .help = "Writes evidence of the kind that MESH_SIM_TEE names (sgx, tdx, snp, snp-aci, az-snp, az-tdx, nitro), as a\n"
             "program in such a TEE sends it: a quote, report or document, or a container of several parts.",
     .takes = BIT(REPORT_DATA) | BIT(OUTPUT),
     .needs = BIT(REPORT_DATA) | BIT(OUTPUT),
     .run = run_evidence},
    {.name = "collateral",
     .summary = "write the collateral that goes with evidence of now",
     .help = "Writes a collateral bundle for the simulated platforms (SGX, TDX, SEV-SNP), valid from yesterday for 30 days.",
     .takes = BIT(OUTPUT),
     .needs = BIT(OUTPUT),
     .run = run_collateral},
    {.name = "roots",
     .summary = "write the simulated vendors' root certificates",
     .help = "Writes as PEM what evidence of the simulated TEE chains to: Intel's root, AMD's for each product, AWS's.",
     .takes = BIT(OUTPUT),
     .needs = BIT(OUTPUT),
     .run = run_roots},
    {.name = "hcl-report",
     .summary = "write what a simulated Azure VM's virtual TPM holds",
     .help = "Writes the report of the paravisor for a virtual TPM with this attestation key, as Azure's has it in NV "
             "index\n0x01400001. The key belongs at handle 0x81000003.",
     .takes = BIT(AK) | BIT(TDX) | BIT(DEBUG_MODE) | BIT(SIZE) | BIT(OUTPUT),
     .needs = BIT(AK) | BIT(OUTPUT),
     .run = run_hcl_report},
    {.name = "serve",
     .summary = "serve collateral as Intel's PCS, a PCCS and AMD's KDS do",
     .help = "Serves over HTTPS, under the paths of the real services, what evidence of simulated platforms is judged\n"
             "with (MESH_PCS_URL, MESH_KDS_URL, MESH_COLLATERAL_CA). How it fails can be told while it runs:\n"
             "POST /sim/faults with lines of FAULT PATH-PART [TIMES], FAULT being one of 429[:SECONDS], 503, 404,\n"
             "delay:MS, truncate, issuer, expired; DELETE /sim/faults; GET /sim/counts.",
     .takes = BIT(ADDRESS) | BIT(CERTIFICATE) | BIT(READY),
     .run = run_serve},
};
enum { NUM_COMMANDS = sizeof commands / sizeof commands[0] };

/* ---- help and errors ------------------------------------------------------------------------- */

static void print_help(FILE *to)
{
    (void)fputs("meshsim: tools of the simulated TEE. What it makes proves nothing: its keys are public.\n\n"
                "usage: meshsim COMMAND ...\n\n",
                to);
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        (void)fprintf(to, "  %-12s%s\n", commands[i].name, commands[i].summary);
    (void)fputs("\nmeshsim COMMAND --help tells more of one.\n", to);
}

static void print_usage(const struct command *c, FILE *to)
{
    (void)fprintf(to, "usage: meshsim %s", c->name);
    for (unsigned i = 0; i < NUM_OPTIONS; i++) {
        const bool needed = (c->needs & BIT(i)) != 0;

        if ((c->takes & BIT(i)) != 0)
            (void)fprintf(to, " %s%s%s%s%s", needed ? "" : "[", options[i].name,
                          options[i].value == NULL ? "" : " ",
                          options[i].value == NULL ? "" : options[i].value, needed ? "" : "]");
    }
    if (c->operand != NULL)
        (void)fprintf(to, c->operand_optional ? " [%s]" : " %s", c->operand);
    (void)fputc('\n', to);
}

static void print_command_help(const struct command *c)
{
    print_usage(c, stdout);
    (void)printf("\n%s\n", c->help);
    for (unsigned i = 0; i < NUM_OPTIONS; i++)
        if ((c->takes & BIT(i)) != 0)
            (void)printf("%s  %s%s%-*s%s\n", (c->takes & (BIT(i) - 1)) == 0 ? "\n" : "", options[i].name,
                         options[i].value == NULL ? "" : " ",
                         (int)(28 - strlen(options[i].name) - (options[i].value != NULL)),
                         options[i].value == NULL ? "" : options[i].value, options[i].help);
}

static bool asks_for_help(const char *word) { return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0; }

static int fail(const struct command *c, const struct err *err)
{
    (void)fprintf(stderr, "meshsim %s: %s [%s]\n", c->name, err->text, reason_of(err->code)->name);
    if (err->code == E_USAGE)
        print_usage(c, stderr);
    else
        (void)fprintf(stderr, "%s\n", reason_of(err->code)->remedy);
    return err->code == E_USAGE ? EXIT_USAGE : EXIT_REFUSED;
}

static int run(const struct command *c, char **argv)
{
    scoped(arena_wipe) struct arena a = {0};
    struct arguments args = {0};
    struct err err;

    for (size_t i = 0; argv[i] != NULL; i++)
        if (asks_for_help(argv[i])) {
            print_command_help(c);
            return EXIT_SUCCESS;
        }
    if (!parse_arguments(c, argv, &args, &err) || !c->run(&args, &a, &err))
        return fail(c, &err);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_REFUSED;
}

int main(int argc, char **argv)
{
    (void)stdio_hold();
    secret_init();
    json_init();
    pki_init();
    net_init();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (asks_for_help(argv[1])) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run(&commands[i], argv + 2);
    (void)fprintf(stderr, "meshsim: there is no command \"%s\"\n\n", argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
