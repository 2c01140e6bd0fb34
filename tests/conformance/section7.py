# SPDX-License-Identifier: Apache-2.0
"""Section 7: configuration, start, log, metrics; and that the API's document was seen whole."""
import json
import os
import re
import subprocess
import time

import coordinator
import marble as m
import pki
from coordinator import DOCUMENT, b64, unb64
from harness import case, cases, lacks, same, true
from manifests import *

# ---- 7.1 environment


@cases("7.1", [
    ("EDG_COORDINATOR_CLIENT_ADDR that is no address ends the start with exit code 1.", {"EDG_COORDINATOR_CLIENT_ADDR": "x"}, "config"),
    ("EDG_COORDINATOR_MESH_ADDR that is no address ends the start.", {"EDG_COORDINATOR_MESH_ADDR": "1.2.3.4:x"}, "config"),
    ("EDG_COORDINATOR_PROMETHEUS_ADDR that is no address ends the start.", {"EDG_COORDINATOR_PROMETHEUS_ADDR": "9944"}, "config"),
    ("EDG_COORDINATOR_DEV_MODE that is neither 0 nor 1 ends the start.", {"EDG_COORDINATOR_DEV_MODE": "yes"}, "config"),
    ("EDG_STARTUP_MANIFEST that does not exist ends the start.", {"EDG_STARTUP_MANIFEST": "/nowhere"}, "file_missing"),
])
def _(bench, settings, reason):
    c = bench.start(wait=False, **settings)
    same(c.exit_code(), 1, "exit code")
    last = json.loads(c.log().splitlines()[-1])
    same((last["level"], last["reason"]), ("fatal", reason), "last line of the log")


@case("7.1", "The variables of later work are without effect, and logged.")
def _(bench):
    later = ["EDG_STORE_BACKEND", "EDG_DISTRIBUTED_COORDINATOR", "EDG_ENTERPRISE_LICENSED_FEATURES", "EDG_K8S_STATE_NAME",
             "EDG_K8S_SERVICE_NAME", "EDG_K8S_KEK_MAP", "EDG_K8S_NAMESPACE", "EDG_AZURE_HSM_VAULT_URL", "EDG_AZURE_HSM_KEY_NAME",
             "EDG_AZURE_HSM_KEY_VERSION", "EDG_MAA_URL", "EDG_AZURE_CLIENT_ID", "EDG_AZURE_TENANT_ID", "EDG_AZURE_CLIENT_SECRET",
             "EDG_AZURE_FEDERATED_TOKEN_FILE", "EDG_AZURE_AUTHORITY_HOST"]
    c = bench.start(**dict.fromkeys(later, "a-secret-value"))
    same({line["variable"] for line in c.log_lines() if "variable" in line}, set(later), "variables in the log")
    lacks(c.log(), "a-secret-value", "log")


@case("7.1", "OE_SIMULATION may be 0 or 1.")
def _(bench):
    for value in "01":
        same(bench.start(OE_SIMULATION=value).state(), 2, "state")


@case("7.1", "EDG_STARTUP_MANIFEST is set at the start; a restart with it is no error (MarbleRun's is).")
def _(bench):
    path = os.path.join(bench.folder, "manifest.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(manifest(), f)
    c = bench.start(EDG_STARTUP_MANIFEST=path)
    same(c.state(), 3, "state")
    root = c.server_certificate()
    c.restart()
    same((c.state(), c.server_certificate()), (3, root), "after a restart")


@case("7.1", "EDG_STARTUP_MANIFEST that is refused, or another than in force, ends the start with exit code 1.")
def _(bench):
    path = os.path.join(bench.folder, "manifest.json")
    def write(upload):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(upload, f)
    write({})
    c = bench.start(wait=False, EDG_STARTUP_MANIFEST=path)
    same(c.exit_code(), 1, "exit code")
    write(manifest())
    c.begin()
    c.kill()
    write(manifest(TLS={}))
    c.begin(wait=False)
    same(c.exit_code(), 1, "exit code with another manifest")


@case("7.1", "EDG_STARTUP_MANIFEST in recovery does not overwrite the old state (MarbleRun's does).")
def _(bench):
    from recovery import in_recovery, recoverable
    path = os.path.join(bench.folder, "manifest.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(manifest(), f)
    c, pair = recoverable(bench)
    root = c.server_certificate()
    c.settings["EDG_STARTUP_MANIFEST"] = path
    in_recovery(c)
    same(c.recover(pair)["remaining"], 0, "remaining")
    same(c.server_certificate(), root, "identity")


@case("7.1", "There are no command line arguments.")
def _(bench):
    done = subprocess.run([os.path.join(coordinator.BUILD, "meshd-sim"), "--nonsense"], capture_output=True, check=False)
    same(done.returncode, 2, "exit code")


# ---- 7.2 start


@case("7.2", "A production coordinator outside a TEE does not start: exit code 1, and nothing is touched.")
def _(bench):
    c = bench.start(program="meshd", wait=False)
    same(c.exit_code(), 1, "exit code")
    same(c.log_lines()[-1]["reason"], "no_tee", "reason")
    true(not os.path.exists(c.state_folder), "the folder was made")


@case("7.2", "A second coordinator on the same folder does not start.")
def _(bench):
    c = bench.mesh(manifest(), MESH_SIM=None)
    other = bench.start(wait=False, EDG_COORDINATOR_SEAL_DIR=c.state_folder)
    same((other.exit_code(), other.log_lines()[-1]["reason"]), (1, "state_locked"), "exit code and reason")
    same(c.state(), 3, "state of the first")


@cases("7.2", [("A port that is taken ends the start: client API.", "EDG_COORDINATOR_CLIENT_ADDR"),
               ("A port that is taken ends the start: marble API.", "EDG_COORDINATOR_MESH_ADDR"),
               ("A port that is taken ends the start: metrics.", "EDG_COORDINATOR_PROMETHEUS_ADDR")])
def _(bench, name):
    c = bench.start(wait=False, **{name: f"127.0.0.1:{bench.fresh().client_port}"})
    same((c.exit_code(), c.log_lines()[-1]["reason"]), (1, "listen"), "exit code and reason")


# ---- 7.3 log


@case("7.3", "The log is JSON on stderr, one object a line, with level, ts as float seconds, msg.")
def _(bench):
    c = bench.mesh(by_anna())
    m.activate(c)
    c.get("/status")
    c.post_manifest(manifest())
    for line in c.log_lines():
        true({"level", "ts", "msg"} <= set(line), f"a line without them: {line}")
        true(line["level"] in ("debug", "info", "warn", "error", "fatal") and isinstance(line["ts"], float), f"level, ts of {line}")
        true(abs(time.time() - line["ts"]) < 3600, f"time of {line}")


@case("7.3", "EDG_HTTP_ERROR_LOG_LEVEL is the level of refused requests.")
def _(bench):
    for level in ("debug", "warn", "error"):
        c = bench.mesh(manifest(), EDG_HTTP_ERROR_LOG_LEVEL=level, EDG_DEBUG_LOGGING="1")
        c.post_manifest(manifest())
        same([line["level"] for line in c.log_lines("request refused")], [level], "levels")


@case("7.3", "EDG_COORDINATOR_DEV_MODE=1 writes a log for people.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_DEV_MODE="1")
    true(not c.log().startswith("{"), "the log is JSON")


@case("7.3", "Every action that matters to security is logged, and once.")
def _(bench):
    secrets = {"p": {"Type": "plain", "UserDefined": True}}
    gates = {"FeatureGates": ["MonotonicCounter", "SignQuoteEndpoint"]}
    packages = {"pkg": {"UniqueID": m.default_program().properties["UniqueID"]}}
    upload = by_anna(Secrets=secrets, Config=gates, Packages=packages)
    c = bench.mesh(upload, MESH_SIM=None)
    c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": b64("x")}}}), user=anna()).data
    c.get("/api/v2/secrets?s=p", user=anna()).data
    c.get("/api/v2/secrets?s=p", user=bert()).refused(401, "fail")
    c.get("/api/v2/secrets?s=q", user=anna()).refused(500, "error")
    who = m.activate(c).credentials()
    c.post("/api/v2/monotonic-counter", '{"name":"n","value":9}', user=who).data
    c.post("/api/v2/sign-quote", json.dumps({"sgxQuote": b64(m.default_asker().quote)})).data
    c.update({**upload, "TLS": {}}, anna()).data
    lines = [line["msg"] for line in c.log_lines()]
    expected = ["manifest set", "secret set", "secret read", "request denied", "request denied", "marble activated",
                "monotonic counter set", "quote signed", "manifest update"]
    same([line for line in lines if line in expected], expected, "lines")
    set_, = c.log_lines("secret set")
    same((set_["user"], set_["subject"], set_["peer"]), ("anna", "p", "127.0.0.1"), "fields")


@case("7.3", "Recovery is logged: each secret, and what was refused.")
def _(bench):
    from recovery import in_recovery, recoverable
    c, _ = recoverable(bench, 2)
    in_recovery(c)
    c.post("/api/v2/recover", json.dumps({"recoverySecret": b64(b"z" * 32)}))
    for pair in c.secrets:
        c.recover(pair)
    same((len(c.log_lines("recovery")), len(c.log_lines("recovery secret refused"))), (2, 1), "lines")


@case("7.3", "No secret is in the log, at any level, in any spelling.")
def _(bench):
    from recovery import in_recovery, recoverable
    secrets = {"p": {"Type": "plain", "UserDefined": True}, "k": {"Type": "symmetric-key", "Size": 256, "Shared": True},
               "c": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}}
    env = {"P": "{{ string .Secrets.p }}", "K": "{{ hex .Secrets.k }}", "C": "{{ pem .Secrets.c.Private }}"}
    c, (recovery, key) = recoverable(bench, Secrets=secrets, Marbles=marble(Parameters={"Env": env}),
                                     Packages={"pkg": {"UniqueID": m.default_program().properties["UniqueID"]}})
    c.kill()
    c.begin(EDG_DEBUG_LOGGING="1", EDG_HTTP_ERROR_LOG_LEVEL="debug")
    plain = b"a text that nobody may see"
    c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": b64(plain)}}}), user=anna()).data
    c.post("/api/v2/secrets", json.dumps({"secrets": {"k": {"Key": b64(plain)}}}), user=anna())
    c.post("/api/v2/secrets", '{"secrets":{"p":{"Key":"%s"' % b64(plain), user=anna())
    found = c.get("/api/v2/secrets?s=p&s=k&s=c", user=anna()).data["secrets"]
    env = m.activate(c).env
    in_recovery(c)
    c.post("/api/v2/recover", json.dumps({"recoverySecret": b64(recovery)}))
    c.recover((recovery, key))
    values_ = [plain, recovery, unb64(found["k"]["Private"]), unb64(found["c"]["Private"]),
               pki.openssl("pkey", "-outform", "der", data=env["MARBLE_PREDEFINED_PRIVATE_KEY"])]
    log = c.log()
    for value in values_:
        for text in (value.hex(), b64(value)[:24], value.decode("latin-1")[:24]):
            lacks(log, text, "log")


# ---- 7.4 metrics

HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)")
TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.e+]+|NaN|[+-]Inf)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')


def metrics(c):
    """{(name, labels): value} of a page that keeps to the text format: families whole, samples once, no stray lines."""
    text = c.page("/metrics").body.decode()
    true(text.endswith("\n"), "the page does not end with a newline")
    found, types, family = {}, {}, None
    for line in text[:-1].split("\n"):
        if match := HELP.fullmatch(line):
            family = match[1]
            true(family not in types, f"family {family} comes twice")
        elif match := TYPE.fullmatch(line):
            same(match[1], family, "family of TYPE")
            types[family] = match[2]
        else:
            match = SAMPLE.fullmatch(line)
            true(match, f"a line that is none: {line!r}")
            base = match[1]
            if types[family] == "histogram":
                base = re.sub(r"_(bucket|sum|count)$", "", base)
            same(base, family, f"family of {line}")
            key = (match[1], frozenset(LABEL.findall(match[2] or "")))
            true(key not in found, f"a sample comes twice: {line}")
            found[key] = float(match[3])
    check_histograms(found, types)
    return found


def check_histograms(found, types):
    for name in (n for n, t in types.items() if t == "histogram"):
        series = {}
        for (sample, labels), value in found.items():
            if sample == name + "_bucket":
                bound = dict(labels)["le"]
                series.setdefault(frozenset(l for l in labels if l[0] != "le"), []).append((float(bound.replace("+Inf", "inf")), value))
        for labels, buckets in series.items():
            counts = [v for _, v in sorted(buckets)]
            same(counts, sorted(counts), f"{name}: buckets are cumulative")
            same((sorted(buckets)[-1][0], counts[-1]), (float("inf"), found[(name + "_count", labels)]), f"{name}: the last bucket is the count")
            true((name + "_sum", labels) in found, f"{name}: no sum")


def value(found, name, **labels):
    return found.get((name, frozenset(labels.items())))


def observed(bench, upload=None, **settings):
    return bench.mesh(upload or manifest(), EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0", **settings)


@case("7.4", "coordinator_version_info has version and commit as labels, and the value 0.")
def _(bench):
    found = metrics(bench.running())
    key, = [k for k in found if k[0] == "coordinator_version_info"]
    same((set(dict(key[1])), found[key]), ({"version", "commit"}, 0), "version")


@case("7.4", "coordinator_state is the state, asked for at each scrape.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    same(value(metrics(c), "coordinator_state"), 2, "state")
    c.set(manifest())
    same(value(metrics(c), "coordinator_state"), 3, "state")


@case("7.4", "Activations are counted by type and UUID: attempts and successes.")
def _(bench):
    c = observed(bench)
    m.activate(c)
    m.refused(c, "INTERNAL", csr=b"")
    found = metrics(c)
    labels = {"type": "m", "uuid": m.UUID}
    same((value(found, "coordinator_marble_activations_total", **labels),
          value(found, "coordinator_marble_activations_success_total", **labels)), (2, 1), "counters")


@case("7.4", "Types and UUIDs that were never activated do not become labels, however many ask.")
def _(bench):
    c = observed(bench)
    for i in range(30):
        m.refused(c, "PERMISSION_DENIED", type_=f"stranger-{i}", uuid=f"11111111-2222-4333-8444-{i:012}")
        m.refused(c, "INTERNAL", uuid=f"21111111-2222-4333-8444-{i:012}", csr=b"")
    found = {k: v for k, v in metrics(c).items() if k[0] == "coordinator_marble_activations_total"}
    same({tuple(sorted(dict(k[1]).values())): v for k, v in found.items()}, {("other", "other"): 30, ("m", "other"): 30}, "series")


@case("7.4", "Requests of the client API are counted by path, code and method.")
def _(bench):
    c = observed(bench)
    c.get("/api/v2/secrets")
    c.call("PUT", "/api/v2/secrets")
    for path in ("/nowhere", "/nowhere/else"):
        c.get(path)
    found, name = metrics(c), "server_client_api_http_request_total"
    same(value(found, name, path="/api/v2/secrets", code="401", method="get"), 1, "401")
    same(value(found, name, path="/api/v2/manifest", code="200", method="post"), 1, "200")
    paths = {dict(k[1])["path"] for k in found if k[0].startswith("server_client_api")}
    true("/nowhere" not in paths and paths - set(DOCUMENT.root["paths"]) <= {"other"}, f"paths {paths}")
    same(sum(v for k, v in found.items() if k[0] == name and dict(k[1])["code"] == "405"), 3, "405")


@case("7.4", "Duration, sizes and requests in flight have MarbleRun's names, labels and buckets.")
def _(bench):
    c = observed(bench)
    found, path = metrics(c), "/api/v2/manifest"
    base = "server_client_api_http_"
    def bounds(name, **labels):
        return sorted((dict(k[1])["le"] for k in found if k[0] == base + name + "_bucket" and labels.items() <= dict(k[1]).items()),
                      key=lambda b: float(b.replace("+Inf", "inf")))
    same(bounds("request_duration_histogram_seconds", path=path, method="post"), ["0.005", "0.025", "0.1", "0.5", "1", "2.5", "5", "+Inf"])
    for name in ("request_size_histogram_bytes", "response_size_histogram_bytes"):
        same(bounds(name, path=path), ["100", "1000", "2000", "5000", "10000", "+Inf"], name)
    same(value(found, base + "in_flight_requests", path=path), 0, "in flight")


@case("7.4", "Calls of the marble API are counted with grpc_server_*, all codes from the start.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    method = {"grpc_type": "unary", "grpc_service": "rpc.Marble", "grpc_method": "Activate"}
    codes = ["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
             "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss",
             "Unauthenticated"]
    found = metrics(c)
    same([value(found, "grpc_server_handled_total", grpc_code=code, **method) for code in codes], [0] * 17, "handled")
    m.refused(c, "FAILED_PRECONDITION")
    c.set(manifest())
    m.activate(c)
    found = metrics(c)
    same([value(found, f"grpc_server_{n}_total", **method) for n in ("started", "msg_received", "msg_sent")], [2, 2, 1], "calls and messages")
    same((value(found, "grpc_server_handled_total", grpc_code="OK", **method),
          value(found, "grpc_server_handled_total", grpc_code="FailedPrecondition", **method)), (1, 1), "handled")


@case("7.4", "The listener counts its own scrapes with promhttp_*.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    metrics(c)
    found = metrics(c)
    same(value(found, "promhttp_metric_handler_requests_total", code="200"), 1, "scrapes before")
    same(value(found, "promhttp_metric_handler_requests_in_flight"), 1, "in flight")
    same([value(found, "promhttp_metric_handler_errors_total", cause=c) for c in ("encoding", "gathering")], [0, 0], "errors")


@case("7.4", "Metrics of the process itself are not there (a registry of its own).")
def _(bench):
    true(not [k for k in metrics(bench.running()) if k[0].startswith(("go_", "process_"))], "go_ or process_")


@case("7.4", "promtool, where it is installed, finds nothing wrong with the format.")
def _(bench):
    import shutil
    if shutil.which("promtool"):
        page = observed(bench).page("/metrics").body
        done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
        lacks(done.stderr, b"error", "promtool")


@case("7.4", "healthz is 200 as long as the process answers.")
def _(bench):
    same(bench.running().page("/healthz").status, 200, "status")


@case("7.4", "readyz tells the states apart: 503 with the state, and 200 in state 3.")
def _(bench):
    from recovery import in_recovery, recoverable
    c, _ = recoverable(bench)
    c.settings["EDG_COORDINATOR_PROMETHEUS_ADDR"] = "127.0.0.1:0"
    in_recovery(c)
    found = [c.page("/readyz")]
    fresh = bench.start(MESH_SIM="none", EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    found += [fresh.page("/readyz"), bench.running().page("/readyz")]
    same([(a.status, a.json["state"], a.json["ready"]) for a in found], [(503, 1, False), (503, 2, False), (200, 3, True)], "answers")


@case("7.4", "Other paths of the listener are 404, other methods 405; the API is not served there.")
def _(bench):
    c = bench.running()
    same([c.page(p, check=False).status for p in ("/", "/api/v2/status", "/metrics/")], [404] * 3, "statuses")
    same([c.page("/metrics", method, check=False).status for method in ("POST", "PUT", "DELETE")], [405] * 3, "statuses")
    same(c.page("/metrics", "HEAD", check=False).body, b"", "body of HEAD")


# ---- memory


def resident(c):
    with open(f"/proc/{c.process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


@case("7.4", "Bad input does not let memory grow.")
def _(bench):
    if os.environ.get("MARBLEMESH_SANITIZE"):
        return  # a sanitizer keeps what was freed
    c = bench.mesh(running_manifest())
    def hundred():
        for _ in range(20):
            c.post("/api/v2/manifest", '{"manifest":"' + "A" * 200000)
            c.post("/api/v2/update", "[" * 50000, user=bert())
            c.get("/api/v2/secrets?" + "s=x&" * 1000, user=anna())
            c.post("/manifest", json.dumps(manifest()) + "x" * 100000)
    hundred()
    before = resident(c)
    for _ in range(3):
        hundred()
    true(resident(c) < before + 16 * 1024, f"{before} KiB before, {resident(c)} KiB after")
