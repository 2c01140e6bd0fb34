/* SPDX-License-Identifier: Apache-2.0 */
/* meshd: environment → settings, wiring, signals, the end. Everything that decides is elsewhere. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/stdio.h"
#include "coordinator/api/marble_rpc.h"
#include "coordinator/api/ops.h"
#include "coordinator/api/routes.h"
#include "pki/hash.h"

extern char **environ;

static const char *program(void) { return trust_domain()->simulated ? "meshd-sim" : "meshd"; }

static int help(void)
{
    (void)printf(
        "%s %s: the coordinator of a marblemesh (trust domain: %s)\n\n"
        "It is configured through its environment:\n"
        "  EDG_COORDINATOR_CLIENT_ADDR  client API (REST), default :4433\n"
        "  EDG_COORDINATOR_MESH_ADDR    marble API (gRPC), default :2001\n"
        "  EDG_COORDINATOR_PROMETHEUS_ADDR  metrics, events and probes (plain HTTP), default none\n"
        "  EDG_COORDINATOR_DNS_NAMES    names in its certificates, default localhost\n"
        "  EDG_COORDINATOR_SEAL_DIR     folder of the sealed state, default marblerun-coordinator-data\n"
        "  EDG_STARTUP_MANIFEST         file that is set as manifest at start\n"
        "  EDG_COORDINATOR_DEV_MODE     1: readable log with debug lines\n"
        "  EDG_DEBUG_LOGGING            1: debug lines in the log\n"
        "  EDG_HTTP_ERROR_LOG_LEVEL     debug, info, warn or error (default)\n"
        "  MESH_COLLATERAL              file with a bundle of collateral to judge evidence with\n"
        "  MESH_COLLATERAL_CACHE        folder where collateral is kept between starts\n"
        "  MESH_PCS_URL, MESH_KDS_URL   services to fetch collateral from, instead of Intel's and AMD's; "
        "none: do not\n"
        "  MESH_COLLATERAL_CA           file with the roots of those services' certificates\n"
        "  MESH_COLLATERAL_INSECURE     1: take any certificate of those services\n"
        "  MESH_TCB_UPDATE              standard or early: which of Intel's TCB levels count (default "
        "standard)\n"
        "  MESH_READY_FILE              file to write the ports to once both APIs listen\n%s",
        program(), MARBLEMESH_VERSION, trust_domain()->name,
        trust_domain()->simulated
            ? "  MESH_SIM                     tee (default), or none: no evidence at all\n"
              "  MESH_SIM_TEE                 sgx (default), tdx, snp, snp-aci, az-snp, az-tdx or nitro\n"
            : "");
    return fflush(stdout) != 0;
}

static int arguments(int argc, char **argv)
{
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return help();
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("%s %s\n", program(), MARBLEMESH_VERSION) < 0;
    (void)fprintf(stderr, "%s: takes no arguments but --help and --version\n", program());
    return 2;
}

/* Before the first thread, so that all of them inherit it: the signals that end us are waited for in main. */
static void block_signals(sigset_t *ours)
{
    (void)sigemptyset(ours);
    (void)sigaddset(ours, SIGTERM);
    (void)sigaddset(ours, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, ours, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void log_settings(const struct config *c)
{
    if (c->dev_mode)
        log_setup(LOG_TEXT, LOG_DEBUG);
    for (size_t i = 0; i < c->num_without_effect; i++)
        log_warn("this setting has no effect in this version", "variable", c->without_effect[i]);
    if (trust_domain()->simulated)
        log_warn("SIMULATED trust domain: for development only. Evidence is made and believed that proves "
                 "nothing.",
                 "evidence",
                 c->no_evidence ? "none: any marble of a known type is admitted" : "simulated TEE");
}

static bool set_startup_manifest(struct core *core, const char *path, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice raw;
    bool was_set;

    if (path == NULL)
        return true;
    if (!file_read(path, LIMIT_MANIFEST, &scratch, &raw, err) ||
        !core_set_startup_manifest(core, raw, clock_now(), &was_set, err))
        return err_in(err, "EDG_STARTUP_MANIFEST %s", path);
    log_info(was_set ? "startup manifest set" : "startup manifest is in force already", "file", path);
    return true;
}

/* A mesh in recovery keeps running: whoever can help needs its API. */
static bool prepare(struct core *core, struct err *err)
{
    if (core_trouble(core) == NULL)
        return set_startup_manifest(core, core_config(core)->startup_manifest, err);
    log_refusal(
        LOG_ERROR, core_trouble(core),
        "RECOVERY MODE: the sealed state cannot be opened. The coordinator runs with a temporary identity, "
        "keeps the sealed files, and admits no marble. Upload the recovery secrets, or restore the key and "
        "restart, or set a manifest to begin anew with another identity.");
    if (core_config(core)->startup_manifest != NULL)
        log_warn("the startup manifest is not set in recovery mode", "file",
                 core_config(core)->startup_manifest);
    return true;
}

/* ---- listeners ------------------------------------------------------------------------------- */

struct ports {
    unsigned client, mesh, metrics; /* metrics 0: there is none */
};

/* On a server of its own, so that probes are answered however busy the others are. */
static bool listen_ops(const struct config *c, struct ops *ops, struct net_server **server, unsigned *port,
                       struct err *err)
{
    const struct net_listener listener = {
        .address = c->metrics_address, .http1 = true, .handler = ops_handler(ops)};

    if (c->metrics_address == NULL)
        return true;
    return net_server_start(&(struct net_server_options){.num_loops = 1, .num_workers = 1}, server, err) &&
           (net_server_listen(*server, &listener, port, err) ||
            err_in(err, "EDG_COORDINATOR_PROMETHEUS_ADDR"));
}

static bool listen_apis(struct core *core, struct net_server *server, struct ports *out, struct err *err)
{
    const struct net_listener client = {
        .address = core_config(core)->client_address,
        .client_auth = TLS_CLIENT_OPTIONAL,
        .http1 = true,
        .http2 = true,
        .handler = api_handler(core),
    };
    const struct net_listener mesh = {
        .address = core_config(core)->mesh_address,
        .client_auth = TLS_CLIENT_REQUIRED,
        .http2 = true,
        .handler = marble_rpc_handler(core),
    };

    return (net_server_listen(server, &client, &out->client, err) ||
            err_in(err, "EDG_COORDINATOR_CLIENT_ADDR")) &&
           (net_server_listen(server, &mesh, &out->mesh, err) || err_in(err, "EDG_COORDINATOR_MESH_ADDR"));
}

static bool announce(struct core *core, struct ports ports, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    const struct config *c = core_config(core);
    const char *metrics = ports.metrics == 0 ? NULL : arena_printf(&scratch, "%u", ports.metrics);
    const char *ready = arena_printf(&scratch, "client=%u mesh=%u%s%s\n", ports.client, ports.mesh,
                                     metrics == NULL ? "" : " metrics=", metrics == NULL ? "" : metrics);

    log_info("coordinator is up", "version", MARBLEMESH_VERSION, "trustDomain", trust_domain()->name, "tee",
             core_tee(core) == NULL ? "none" : core_tee(core)->name, "clientAddr", c->client_address,
             "clientPort", arena_printf(&scratch, "%u", ports.client), "meshAddr", c->mesh_address,
             "meshPort", arena_printf(&scratch, "%u", ports.mesh), "metricsAddr", c->metrics_address,
             "metricsPort", metrics, "state", mesh_state_name(mesh->state), "sealDir", c->seal_dir);
    return c->ready_file == NULL || file_save(c->ready_file, slice_str(ready), 0644, err) ||
           err_in(err, "MESH_READY_FILE");
}

static bool serve(struct core *core, struct ports ports, const sigset_t *ends, struct err *err)
{
    scoped(net_server_stop) struct net_server *server = NULL;
    int signal_number;

    if (!net_server_start(&(struct net_server_options){0}, &server, err) ||
        !listen_apis(core, server, &ports, err) || !announce(core, ports, err))
        return false;
    if (sigwait(ends, &signal_number) != 0)
        return err_set(err, E_INTERNAL, "waiting for a signal failed");
    log_info("stopping", "signal", signal_number == SIGTERM ? "SIGTERM" : "SIGINT");
    return true;
}

/* ---- from start to end ----------------------------------------------------------------------- */

static bool open_core(const struct config *config, struct judge *judge, struct ops *ops, struct core **core,
                      struct err *err)
{
    struct core_options options = {.config = config, .judge = judge, .now = clock_now()};

    if (!config->no_evidence && !tee_here(&options.tee, err))
        return false;
    if (options.tee != NULL && options.tee->seal_key == NULL)
        log_warn("this TEE gives no sealing key: after each restart the state has to be recovered", "tee",
                 options.tee->name, "reason", options.tee->why_no_seal_key);
    if (!core_open(&options, core, err))
        return false;
    if (core_notice(*core) != NULL)
        log_refusal(LOG_WARN, core_notice(*core), "the folder of the sealed state was not as it should be");
    if (config->metrics_address != NULL)
        events_keep(core_events(*core));
    atomic_store(&ops->core, *core);
    return true;
}

static bool run(const sigset_t *ends, struct err *err)
{
    scoped(arena_wipe) struct arena arena = {0};
    scoped(judge_close) struct judge *judge = NULL;
    scoped(core_close) struct core *core = NULL;                  /* goes before the judge that it borrows */
    scoped(net_server_stop) struct net_server *ops_server = NULL; /* ends before the core that it shows */
    struct judge_options judging;
    struct config config;
    struct ports ports = {0};
    struct ops ops = {NULL};

    if (!config_read(environ, trust_domain()->simulated, &arena, &config, err))
        return false;
    log_settings(&config);
    return listen_ops(&config, &ops, &ops_server, &ports.metrics, err) &&
           judge_options_read(environ, trust_domain()->simulated, &arena, &judging, err) &&
           judge_open(&judging, clock_now(), &judge, err) && open_core(&config, judge, &ops, &core, err) &&
           prepare(core, err) && serve(core, ports, ends, err);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    sigset_t ends;

    if (argc > 1)
        return arguments(argc, argv);
    (void)stdio_hold();
    block_signals(&ends);
    (void)umask(077);
    json_init();
    secret_init();
    pki_init();
    net_init();
    log_setup_from_env();
    if (!run(&ends, &err)) {
        log_refusal(LOG_FATAL, &err, "coordinator stops", "remedy", reason_of(err.code)->remedy);
        return 1;
    }
    log_info("coordinator has stopped");
    return 0;
}
