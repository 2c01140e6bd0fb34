# SPDX-License-Identifier: Apache-2.0
"""Sections 2.1 to 2.3: transport, envelope, states; and what every client does wrong at some time."""
import json
import os
import socket
import ssl
import subprocess

import pki
from coordinator import b64
from harness import case, cases, holds, lacks, same, true
from manifests import *
from recovery import in_recovery, recoverable

V2_GET = ["/api/v2/status", "/api/v2/quote", "/api/v2/manifest", "/api/v2/update", "/api/v2/update-manifest",
          "/api/v2/recover/public-key", "/api/v2/secrets"]
V2_POST = ["/api/v2/manifest", "/api/v2/update", "/api/v2/update-manifest", "/api/v2/update-cancel", "/api/v2/recover",
           "/api/v2/secrets", "/api/v2/sign-quote", "/api/v2/monotonic-counter"]
V1_GET = ["/status", "/quote", "/manifest", "/update", "/update-manifest", "/secrets"]
V1_POST = ["/manifest", "/update", "/update-manifest", "/update-cancel", "/secrets", "/recover"]


def curl(c, path, *options):
    """(status, version, headers, body) as curl sees it."""
    done = subprocess.run(["curl", "-sk", "-i", "--max-time", "60", *options, f"https://127.0.0.1:{c.client_port}{path}"],
                          capture_output=True, check=True).stdout
    head, _, body = done.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
    return int(first.split()[1]), first.split()[0], headers, body


def raw(c, text, alpn="http/1.1", wait=30):
    """What comes back for these bytes until the server closes or says no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    got = b""
    with socket.create_connection(("127.0.0.1", c.client_port), timeout=wait) as s, context.wrap_socket(s) as t:
        t.sendall(text)
        try:
            while part := t.recv(65536):
                got += part
                if b"content-length: " in got and len(got.split(b"\r\n\r\n", 1)[1]) >= int(
                        got.split(b"content-length: ", 1)[1].split(b"\r\n")[0]):
                    break
        except TimeoutError:
            pass
    return got


# ---- 2.1 transport


@case("2.1", "The server presents one certificate: the coordinator root certificate.")
def _(bench):
    c = bench.running()
    shown = subprocess.run(["openssl", "s_client", "-showcerts", "-connect", f"127.0.0.1:{c.client_port}"],
                           input=b"", capture_output=True, check=False).stdout.decode()
    same(shown.count("BEGIN CERTIFICATE"), 1, "certificates")
    same(c.server_certificate(), pki.der_of(c.chain()[1]), "the certificate")


@case("2.1", "The certificate is looked up anew for each handshake: it changes when the coordinator is recovered.")
def _(bench):
    c, key = recoverable(bench)
    root = c.server_certificate()
    in_recovery(c)
    true(c.server_certificate() != root, "a temporary identity in recovery")
    c.recover(key)
    same(c.server_certificate(), root, "the root certificate after recovery")


@cases("2.1", [("TLS 1.2 is spoken.", ssl.TLSVersion.TLSv1_2), ("TLS 1.3 is spoken.", ssl.TLSVersion.TLSv1_3)])
def _(bench, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = version
    same(bench.running().get("/api/v2/status", tls=context).status, 200, "status")


@case("2.1", "Older versions of TLS are refused.")
def _(bench):
    done = subprocess.run(["openssl", "s_client", "-tls1_1", "-cipher", "ALL@SECLEVEL=0", "-connect",
                           f"127.0.0.1:{bench.running().client_port}"], input=b"", capture_output=True, check=False)
    true(done.returncode != 0 and b"BEGIN CERTIFICATE" not in done.stdout, "a handshake with TLS 1.1")


@cases("2.1", [("ALPN offers h2.", "--http2", "HTTP/2"), ("ALPN offers http/1.1.", "--http1.1", "HTTP/1.1"),
               ("HTTP/1.1 is spoken to who offers no ALPN.", "--no-alpn", "HTTP/1.1")])
def _(bench, option, version):
    status, spoken, _, body = curl(bench.running(), "/api/v2/status", option)
    same((status, spoken, json.loads(body)["data"]["code"]), (200, version, 3), "answer")


@case("2.1", "HTTP/2 gives the same answers as HTTP/1.1: successes, refusals, 405.")
def _(bench):
    c = bench.running()
    for path, *options in (["/api/v2/manifest"], ["/api/v2/secrets"], ["/nowhere"], ["/api/v2/quote?nonce=?"],
                           ["/api/v2/status", "-X", "PUT"], ["/api/v2/update", "-d", "{}"], ["/recover", "-d", ""]):
        one, two = curl(c, path, "--http1.1", *options), curl(c, path, "--http2", *options)
        same((two[0], two[3], two[2]), (one[0], one[3], one[2]), f"answer of {path}")


@case("2.1", "A client certificate is requested with an empty list of authorities, but not required.")
def _(bench):
    shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{bench.running().client_port}"], input=b"",
                           capture_output=True, check=False).stdout.decode()
    holds(shown, "No client certificate CA names sent", "what s_client says")
    holds(shown, "Requested Signature Algorithms", "what s_client says")


@cases("2.1", [
    ("A client certificate is not verified: of nobody, expired.", pki.expired),
    ("A client certificate is not verified: RSA-3096, empty subject and issuer, no extensions, serial 42.",
     pki.go_certificate),
    ("A client certificate may be on P-384.",
     lambda: pki.self_signed("/CN=x", pki.key("EC", "-pkeyopt", "ec_paramgen_curve:P-384"))),
    ("A client certificate may be Ed25519.", lambda: pki.self_signed("/CN=x", pki.key("ED25519"))),
])
def _(bench, make):
    same(bench.running().get("/api/v2/status", user=make()).status, 200, "status")


@cases("2.1", [(f"Paths are exact: {path}", path) for path in
               ("/", "/api/v2/status/", "/api/v2", "/api/v2/", "/api/v2/Status", "//status", "/api/v2//status",
                "/api/v3/status", "/api/v2/nothing", "/status/", "/api/v1/status", "/manifest.json",
                "/api/v2/recover/public-key/", "/api/v2/%73tatus", "/api/v2/../v2/status", "/metrics", "/events")])
def _(bench, path):
    answer = bench.running().get(path)
    same((answer.status, answer.body), (405, b'{"status":"error","data":null}\n'), "answer")


METHODS = ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"]


@cases("2.1", [(f"A known path with {method} is 405.", method) for method in METHODS])
def _(bench, method):
    c = bench.running()
    for path in V2_GET + V2_POST + V1_GET + V1_POST:
        answer = c.call(method, path)
        same((answer.status, answer.headers["content-type"]), (405, "text/plain; charset=utf-8"), f"{method} {path}")
        same(answer.body, b"" if method == "HEAD" else b'{"status":"error","data":null}\n', f"{method} {path}")


@cases("2.1", [("GET of a path that has only POST is 405.", "GET", sorted(set(V2_POST + V1_POST) - set(V2_GET + V1_GET))),
               ("POST to a path that has only GET is 405.", "POST", sorted(set(V2_GET + V1_GET) - set(V2_POST + V1_POST)))])
def _(bench, method, paths):
    true(paths, "no paths")
    for path in paths:
        same(bench.running().call(method, path, b"{}" if method == "POST" else None).status, 405, f"{method} {path}")


@cases("2.1", [(f"A method that nobody knows is 405 too, over {name}: BREW.", option, version) for name, option, version in
               (("HTTP/1.1", "--http1.1", "HTTP/1.1"), ("HTTP/2", "--http2", "HTTP/2"))])
def _(bench, option, version):
    for method in ("BREW", "get", "X-Y"):
        status, spoken, headers, body = curl(bench.running(), "/api/v2/status", option, "-X", method)
        same((status, spoken, body), (405, version, b'{"status":"error","data":null}\n'), method)


@case("2.1", "A method of another path is told by Allow.")
def _(bench):
    same(bench.running().call("PUT", "/api/v2/manifest").headers["allow"], "GET, POST", "Allow")
    lacks(bench.running().get("/nowhere").headers, "allow", "headers of an unknown path")


@case("2.1", "With metrics switched on an unknown path is 405 all the same.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    same(c.get("/nowhere").status, 405, "status")


@cases("2.1", [(f"No authentication on {what}.", path) for what, path in
               (("status", "/api/v2/status"), ("quote", "/api/v2/quote"), ("manifest", "/api/v2/manifest"),
                ("the update log", "/api/v2/update"), ("v1 status", "/status"), ("v1 quote", "/quote"),
                ("v1 manifest", "/manifest"), ("the v1 update log", "/update"))])
def _(bench, path):
    bench.running().get(path).data


# ---- 2.2 the envelope


@case("2.2", "Success: 200, application/json, status and data.")
def _(bench):
    answer = bench.running().get("/api/v2/status")
    same((answer.status, answer.headers["content-type"], set(answer.json)), (200, "application/json", {"status", "data"}))


@case("2.2", "fail (v2): application/json, with a message; data is null.")
def _(bench):
    answer = bench.running().get("/api/v2/quote?nonce=?").refused(400, "fail")
    same((answer.headers["content-type"], answer.json["data"]), ("application/json", None), "type and data")


@case("2.2", "error: text/plain; charset=utf-8 and nosniff.")
def _(bench):
    for answer in (bench.running().post_manifest(manifest()), bench.running().post("/recover", "")):
        same(answer.json["status"], "error", "kind")
        same((answer.headers["content-type"], answer.headers["x-content-type-options"]),
             ("text/plain; charset=utf-8", "nosniff"), "headers")


@case("2.2", "REST v1 has errors only, no fail.")
def _(bench):
    c = bench.running()
    for answer in (c.get("/secrets?s=x"), c.post("/update", "{}"), c.get("/secrets", user=anna())):
        same(answer.json["status"], "error", "kind")


@case("2.2", "The order of members is status, data, message.")
def _(bench):
    same(list(bench.running().get("/api/v2/secrets").json)[:3], ["status", "data", "message"], "members")


@case("2.2", "Bodies end with a newline.")
def _(bench):
    for path in ("/api/v2/status", "/nowhere", "/secrets", "/api/v2/secrets"):
        true(bench.running().get(path).body.endswith(b"}\n"), path)


@case("2.2", "<, > and & are escaped as Go does.")
def _(bench):
    body = bench.running().get("/api/v2/quote?nonce=%3C%3E%26").body
    holds(body, rb"\u003c\u003e\u0026", "body")
    for byte in b"<>&":
        lacks(body, bytes([byte]), "body")


@case("2.2", "U+2028 and U+2029 are escaped as Go does; other letters are not.")
def _(bench):
    c = bench.mesh(manifest(Users={"a\u2028\u00e4": user("anna", "up"), "b": user("bert", "up")}, Roles={"up": UPDATER}))
    c.update(updatable(), bert()).data
    body = c.get("/api/v2/update-manifest").body
    holds(body, b"a\\u2028\xc3\xa4", "body")


@case("2.2", "Data is always there, null if there is none.")
def _(bench):
    c = bench.mesh(by_anna(Secrets={"p": {"Type": "plain", "UserDefined": True}}))
    answer = c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": "AA=="}}}), user=anna())
    same(answer.body, b'{"status":"success","data":null}\n', "body")


@case("2.2", "A refusal carries a stable reason beside the message, which docs/errors.md explains.")
def _(bench):
    reason = bench.running().get("/api/v2/secrets").json["reason"]
    with open(os.path.join(os.environ["SOURCE_DIR"], "docs/errors.md"), encoding="utf-8") as f:
        holds(f.read(), f"`{reason}`", "docs/errors.md")


# ---- 2.3 states


@case("2.3", "Fresh is state 2, AcceptingManifest; with a manifest it is state 3, AcceptingMarbles.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    same(c.state(), 2, "state")
    c.set(manifest())
    same(c.state(), 3, "state")


STATE_TABLE = [
    # call, body, statuses in states 1, 2, 3 (without certificate)
    ("GET", "/api/v2/status", None, 200, 200, 200), ("GET", "/status", None, 200, 200, 200),
    ("GET", "/api/v2/quote", None, 200, 200, 200), ("GET", "/quote", None, 200, 200, 200),
    ("GET", "/api/v2/manifest", None, 500, 500, 200), ("GET", "/manifest", None, 200, 200, 200),
    ("GET", "/api/v2/recover/public-key", None, 200, 500, 500),
    ("POST", "/api/v2/recover", {"recoverySecret": b64(b"x" * 32)}, 500, 500, 500),
    ("POST", "/api/v2/recover", {"recoverySecret": b64(b"x" * 512)}, 400, 400, 400),
    ("POST", "/recover", {}, 410, 410, 410),
    ("GET", "/api/v2/secrets?s=shared", None, 401, 401, 401), ("GET", "/secrets?s=shared", None, 401, 401, 401),
    ("POST", "/api/v2/secrets", {}, 401, 401, 401), ("POST", "/secrets", {}, 401, 401, 401),
    ("POST", "/api/v2/update", {}, 401, 401, 401), ("POST", "/update", {}, 401, 401, 401),
    ("POST", "/api/v2/update-manifest", {}, 401, 401, 401), ("POST", "/update-manifest", {}, 401, 401, 401),
    ("POST", "/api/v2/update-cancel", {}, 401, 401, 401), ("POST", "/update-cancel", {}, 401, 401, 401),
    ("GET", "/api/v2/update", None, 500, 500, 200), ("GET", "/update", None, 500, 500, 200),
    ("GET", "/api/v2/update-manifest", None, 404, 404, 404), ("GET", "/update-manifest", None, 404, 404, 404),
    ("POST", "/api/v2/sign-quote", {}, 403, 403, 403), ("POST", "/api/v2/monotonic-counter", {}, 403, 403, 403),
]


@cases("2.3", [(f"In state 1, 2 and 3: {method} {path} is {one}, {two}, {three}"
                + (" (encrypted secret)." if body and len(str(body)) > 500 else "."), method, path, body, one, two, three)
               for method, path, body, one, two, three in STATE_TABLE])
def _(bench, method, path, body, one, two, three):
    body = None if body is None else json.dumps(body)
    c = bench.shared.get("recovery")
    if (method, path, one) != ("POST", "/api/v2/recover", 500):  # a wrong secret is kept: not in what others share
        same(c.call(method, path, body).status, one, "status in state 1")
    same(bench.fresh().call(method, path, body).status, two, "status in state 2")
    same(bench.running().call(method, path, body).status, three, "status in state 3")


@cases("2.3", [("A wrong state is told with: server is not in expected state, update log.", "/api/v2/update"),
               ("A wrong state is told with: server is not in expected state, manifest.", "/api/v2/manifest"),
               ("A wrong state is told with: server is not in expected state, public key.", "/api/v2/recover/public-key")])
def _(bench, path):
    bench.fresh().get(path).refused(500, "error", "server is not in expected state", "state_wrong")


@case("2.3", "In recovery a new manifest overwrites the old state; the old files are kept beside.")
def _(bench):
    c, _ = recoverable(bench)
    root = c.server_certificate()
    in_recovery(c)
    c.set(manifest())
    same(c.state(), 3, "state")
    true(c.server_certificate() != root, "another identity")
    c.restart()
    same(c.state(), 3, "state after a restart")


# ---- what every client does wrong at some time


@cases("2.1", [
    ("Bytes that are no HTTP are 400.", b"\x16\x03\x01 nonsense\r\n\r\n", 400, "http_format"),
    ("A version of HTTP that does not exist is 400.", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400, "http_format"),
    ("A body that is announced as too large is 413 before it is sent.",
     b"POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413, "http_too_large"),
    ("Header fields that are too long are 413.", b"GET /api/v2/status HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70000 + b"\r\n\r\n", 413,
     "http_too_large"),
    ("A target that is too long is 413.", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 413, "http_too_large"),
    ("Two lengths of a body are 400.",
     b"POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "http_format"),
])
def _(bench, text, status, reason):
    got = raw(bench.running(), text)
    holds(got.split(b"\r\n")[0], f"HTTP/1.1 {status}".encode(), "status line")
    same(json.loads(got.split(b"\r\n\r\n", 1)[1])["reason"], reason, "reason")


@case("2.1", "A chunked body is taken.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    body = json.dumps({"manifest": b64(json.dumps(manifest()))}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 50]), body[i:i + 50]) for i in range(0, len(body), 50)) + b"0\r\n\r\n"
    got = raw(c, b"POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    holds(got, b'{"status":"success"', "answer")


@case("2.1", "A connection that ends within a body changes nothing.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    body = json.dumps({"manifest": b64(json.dumps(manifest()))}).encode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", c.client_port), timeout=30) as s, context.wrap_socket(s) as t:
        t.sendall(b"POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:-1])
    same(c.state(), 2, "state")
    c.set(manifest())


@cases("2.4", [("JSON that is nested too deep is refused: 400.", "[" * 100000), ("JSON of too many values is refused: 400.",
                                                                                '{"manifest":[' + "1," * 600000 + "1]}")])
def _(bench, body):
    bench.fresh().post("/api/v2/manifest", body).refused(400, "fail", reason="manifest_body")


@case("2.1", "A request that does not come to its end is answered with 408 in time, and holds up nobody else.")
def _(bench):
    got = raw(bench.running(), b"POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", wait=120)
    holds(got.split(b"\r\n")[0], b"HTTP/1.1 408", "status line")
    same(json.loads(got.split(b"\r\n\r\n", 1)[1])["reason"], "timeout", "reason")


@case("2.1", "A client that sends nothing holds up nobody else.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    idle = [socket.create_connection(("127.0.0.1", c.client_port)) for _ in range(100)]
    same(c.state(), 2, "state")
    c.set(manifest())
    for s in idle:
        s.close()
