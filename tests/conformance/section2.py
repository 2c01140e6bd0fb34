# SPDX-License-Identifier: Apache-2.0
"""Section 2: the client REST API."""
import base64
import hashlib
import json
import os
import socket
import ssl
import subprocess

import marble as m
import pki
from coordinator import DOCUMENT, b64, unb64
from harness import case, cases, holds, lacks, same, true
from manifests import *

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


def recoverable(bench, number=1, threshold=0, **sections):
    """A coordinator with recovery keys, and a function that gives its recovery secrets."""
    keys = [pki.key("RSA") for _ in range(number)]
    upload = {**by_anna(**sections), "RecoveryKeys": {f"k{i}": pki.public_pem(k) for i, k in enumerate(keys)}}
    if threshold:
        upload["Config"] = {"RecoveryThreshold": threshold}
    c = bench.start()
    secrets = c.set(upload)["RecoverySecrets"]
    c.secrets = [(pki.oaep_decrypt(k, unb64(secrets[f"k{i}"])), k) for i, k in enumerate(keys)]
    def recover(pair=None):
        secret, key = pair or c.secrets[0]
        body = {"recoverySecret": b64(secret), "recoverySecretSignature": b64(pki.sign(key, secret))}
        return c.post("/api/v2/recover", json.dumps(body)).data
    c.recover = recover
    return c, c.secrets[0]


def in_recovery(c):
    c.kill()
    os.unlink(os.path.join(c.state_folder, "sealed_key"))
    c.begin()
    same(c.state(), 1, "state without sealed_key")


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


def start_recovery(bench):
    c, _ = recoverable(bench)
    in_recovery(c)
    return c


SHARED["recovery"] = start_recovery


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


# ---- 2.4 v2


@cases("2.4", [
    ("Status 1 begins with: Coordinator is in recovery mode", "recovery", 1, "Coordinator is in recovery mode"),
    ("Status 2 begins with: Coordinator is ready to accept a manifest", "fresh", 2, "Coordinator is ready to accept a manifest"),
    ("Status 3 begins with: Coordinator is running correctly and ready to accept marbles", "running", 3,
     "Coordinator is running correctly and ready to accept marbles"),
])
def _(bench, which, code, text):
    data = bench.shared.get(which).get("/api/v2/status").data
    same((data["code"], data["message"][:len(text)]), (code, text), "status")


@case("2.4", "The quote comes with the intermediate certificate first, then the root.")
def _(bench):
    first, second = [pki.Certificate(pki.der_of(pem)) for pem in bench.running().chain()]
    same((first.common_name(), second.common_name()), ("MarbleRun Coordinator - Intermediate CA", "MarbleRun Coordinator"))


def report_data(quote):
    """Of an SGX quote version 3 in Open Enclave's header."""
    same(quote[:8].hex(), "0100000002000000", "Open Enclave's header")
    same(int.from_bytes(quote[8:16], "little"), len(quote) - 16, "length in the header")
    same(quote[16:18], b"\3\0", "version of the quote")
    return quote[16 + 48 + 320:16 + 48 + 384]


def start_tee(bench):
    c = bench.start()
    return c


SHARED["tee"] = start_tee


@cases("2.4", [
    ("Report data without nonce is SHA-256 of the root certificate, then 32 zero bytes.", "", b""),
    ("Report data with a nonce is SHA-256 of root certificate and nonce, then 32 zero bytes.", "?nonce=bm9uY2U=", b"nonce"),
    ("The nonce is URL-safe base64.", "?nonce=-_-_", base64.urlsafe_b64decode("-_-_")),
    ("The nonce's padding may be percent-encoded.", "?nonce=bm9uY2U%3D", b"nonce"),
    ("An empty nonce is none.", "?nonce=", b""),
    ("A long nonce is taken.", "?nonce=" + base64.urlsafe_b64encode(b"n" * 3000).decode(), b"n" * 3000),
])
def _(bench, query, nonce):
    c = bench.shared.get("tee")
    quote = unb64(c.get("/api/v2/quote" + query).data["quote"])
    root = pki.der_of(c.chain()[1])
    same(report_data(quote), hashlib.sha256(root + nonce).digest() + bytes(32), "report data")


@case("2.4", "Report data of the contract's vector: certificate `cert`, nonce `nonce`.")
def _(bench):
    same(hashlib.sha256(b"certnonce").hexdigest(), "492b5219a37addf1a7014046abfa68c6328ca4e60badd091f5e8abb3d0b44b14")


@cases("2.4", [("A nonce without padding is 400.", "bm9uY2U"), ("A nonce in standard base64 is 400.", "%2B%2F%2B%2F"),
               ("A nonce with other characters is 400.", "%21"), ("A nonce that is badly percent-encoded is 400.", "%zz"),
               ("A nonce with white space is 400.", "bm9u+Y2U=")])
def _(bench, nonce):
    bench.running().get("/api/v2/quote?nonce=" + nonce).refused(400, "fail", reason="quote_nonce")


@case("2.4", "Without nonce the quote is that of the start: the same each time.")
def _(bench):
    c = bench.shared.get("tee")
    same(c.get("/api/v2/quote").data["quote"], c.get("/api/v2/quote").data["quote"], "quote")


@case("2.4", "Without a TEE the quote is null, still 200, with a nonce too.")
def _(bench):
    for query in ("", "?nonce=bm9uY2U="):
        same(bench.running().get("/api/v2/quote" + query).data["quote"], None, "quote")
    same(bench.running().get("/quote").data["Quote"], None, "quote of v1")


@cases("2.4", [
    ("An undecodable body of POST manifest is 400: empty.", ""), ("An undecodable body is 400: cut off.", '{"manifest":"'),
    ("An undecodable body is 400: no JSON.", "manifest"), ("An undecodable body is 400: an array.", "[]"),
    ("An undecodable body is 400: a string.", '"x"'), ("An undecodable body is 400: bytes that are no base64.", '{"manifest":"?"}'),
    ("An undecodable body is 400: base64 without padding.", '{"manifest":"e30"}'),
    ("An undecodable body is 400: bytes that are an object.", '{"manifest":{}}'),
    ("An undecodable body is 400: bytes that are a number.", '{"manifest":1}'),
    ("An undecodable body is 400: an array with a negative number.", '{"manifest":[-1]}'),
    ("An undecodable body is 400: an array with 256.", '{"manifest":[256]}'),
    ("An undecodable body is 400: not UTF-8.", b"\x80"),
])
def _(bench, body):
    bench.fresh().post("/api/v2/manifest", body).refused(400, "fail", reason="manifest_body")


@cases("2.4", [
    ("A body without manifest is an empty manifest: setting it fails with 500.", "{}"),
    ("A body that is null is an empty manifest: setting it fails with 500.", "null"),
    ("A manifest that is null is an empty manifest: setting it fails with 500.", '{"manifest":null}'),
    ("A manifest that is empty fails with 500.", '{"manifest":""}'),
    ("An invalid manifest fails with 500.", json.dumps({"manifest": b64("{}")})),
])
def _(bench, body):
    bench.fresh().post("/api/v2/manifest", body).refused(500, "error")


@case("2.4", "POST manifest answers RecoverySecrets with a capital R, {} without recovery keys.")
def _(bench):
    answer = bench.start(MESH_SIM="none").post_manifest(manifest())
    same(answer.body, b'{"status":"success","data":{"RecoverySecrets":{}}}\n', "body")


@case("2.4", "Names in a body are matched without regard to case; bytes may be an array of numbers.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    c.post("/api/v2/manifest", json.dumps({"MANIFEST": list(json.dumps(manifest()).encode())})).data


@case("2.4", "GET update: one JSON text per entry, in an array.")
def _(bench):
    log = bench.running().get("/api/v2/update").data["updateLog"]
    same((len(log), set(json.loads(log[0]))), (1, {"time", "update"}), "log")


@case("2.4", "POST update: a pending full update names who is missing; one that is applied has null.")
def _(bench):
    c = bench.mesh(updatable())
    answer = c.update(updatable(TLS={}), anna())
    same(answer.data, {"missingAcknowledgments": 1, "missingUsers": ["bert"]}, "result")


@cases("2.4", [("POST update with a bad body is 400.", "/api/v2/update"),
               ("POST update-manifest with a bad body is 400.", "/api/v2/update-manifest")])
def _(bench, path):
    for body in ("", "{", '{"manifest":1}', "[]"):
        bench.running().post(path, body, user=bert()).refused(400, "fail", reason="manifest_body")


@case("2.4", "GET update-manifest: manifest, message and who is missing; v1 the same.")
def _(bench):
    c = bench.mesh(updatable())
    after = json.dumps(updatable(TLS={}))
    c.update(after, anna()).data
    for path in ("/api/v2/update-manifest", "/update-manifest"):
        data = c.get(path).data
        same((unb64(data["manifest"]).decode(), data["missingUsers"]), (after, ["bert"]), path)


@cases("2.4", [("Nothing pending is 404: no update in progress.", "GET", "/api/v2/update-manifest"),
               ("Nothing to acknowledge is 404.", "POST", "/api/v2/update-manifest"),
               ("Nothing to cancel is 404.", "POST", "/api/v2/update-cancel"),
               ("In v1 nothing pending is 404: no update in progress.", "GET", "/update-manifest"),
               ("In v1 nothing to acknowledge is 404.", "POST", "/update-manifest"),
               ("In v1 nothing to cancel is 404.", "POST", "/update-cancel")])
def _(bench, method, path):
    body = json.dumps({"manifest": b64("{}")}) if method == "POST" else None
    bench.running().call(method, path, body, user=bert()).refused(404, "error", "no update in progress", "update_none")


@case("2.4", "The body of update-cancel is ignored.")
def _(bench):
    c = bench.mesh(updatable())
    c.update(updatable(TLS={}), anna()).data
    same(set(c.post("/api/v2/update-cancel", b"\xff{nonsense", user=bert()).data), {"message"}, "data")


@cases("2.4", [("POST recover with a bad body is 400: empty.", ""), ("POST recover with a bad body is 400: cut off.", "{"),
               ("POST recover with a bad body is 400: no base64.", '{"recoverySecret":"?"}'),
               ("Of POST recover 20480 bytes are read: a value that goes on is cut off.",
                json.dumps({"x": "y" * 20480, "recoverySecret": b64(b"z" * 32)}))])
def _(bench, body):
    bench.shared.get("recovery").post("/api/v2/recover", body).refused(400, "fail", reason="request_body")


@case("2.4", "Of POST recover what stands behind the value is not read, however long it is.")
def _(bench):
    c, (secret, key) = recoverable(bench)
    in_recovery(c)
    body = json.dumps({"recoverySecret": b64(secret), "recoverySecretSignature": b64(pki.sign(key, secret))})
    same(c.post("/api/v2/recover", body + " " * 30000 + "x").data["remaining"], 0, "remaining")


@case("2.4", "The recovery public key is RSA-4096, the same until the recovery is over.")
def _(bench):
    c = bench.shared.get("recovery")
    one, two = c.get("/api/v2/recover/public-key").data, c.get("/api/v2/recover/public-key").data
    same(one, two, "key")
    same(one["algorithm"], "RSA", "algorithm")
    text = pki.openssl("pkey", "-pubin", "-inform", "der", "-noout", "-text", data=unb64(one["ephemeralPublicKey"]))
    holds(text, b"Public-Key: (4096 bit)", "key")


@case("2.4", "A recovery secret of another length is decrypted with the ephemeral key first.")
def _(bench):
    c, (secret, key) = recoverable(bench)
    in_recovery(c)
    spki = unb64(c.get("/api/v2/recover/public-key").data["ephemeralPublicKey"])
    body = {"recoverySecret": b64(pki.oaep_encrypt(spki, secret)), "recoverySecretSignature": b64(pki.sign(key, secret))}
    same(c.post("/api/v2/recover", json.dumps(body)).data["remaining"], 0, "remaining")


@cases("2.4", [("A recovery secret that does not decrypt is 400.", b"x" * 512), ("An empty recovery secret is 400.", b""),
               ("A recovery secret of 31 bytes is taken as encrypted: 400.", b"x" * 31),
               ("A recovery secret of 15000 bytes is 400.", b"x" * 15000)])
def _(bench, secret):
    bench.shared.get("recovery").post("/api/v2/recover", json.dumps({"recoverySecret": b64(secret)})).refused(
        400, "fail", reason="recovery_decrypt")


# ---- 2.4 secrets


@case("2.4", "GET secrets: the names as asked for, each with exactly its eight members.")
def _(bench):
    found = bench.running().get("/api/v2/secrets?s=shared&s=cert&s=upload", user=anna()).data["secrets"]
    same(list(found), ["cert", "shared", "upload"], "names, in Go's order")
    same(list(found["shared"]), ["Type", "Size", "Shared", "UserDefined", "Cert", "ValidFor", "Private", "Public"], "members")
    key = found["shared"]
    same((key["Type"], key["Size"], key["Shared"], key["UserDefined"], key["Cert"], key["Private"]),
         ("symmetric-key", 128, True, False, None, key["Public"]), "a key")
    cert = found["cert"]
    leaf = pki.Certificate(unb64(cert["Cert"]))
    same((unb64(cert["Public"]), pki.spki_of_key(unb64(cert["Private"])), cert["ValidFor"]), (leaf.spki, leaf.spki, 10), "a certificate")


@case("2.4", "An unset user-defined secret is answered with nulls, not as an error.")
def _(bench):
    one = bench.running().get("/api/v2/secrets?s=upload", user=anna()).data["secrets"]["upload"]
    same((one["Cert"], one["Private"], one["Public"]), (None, None, None), "values")


@cases("2.4", [("GET secrets without a name is 400.", ""), ("GET secrets with an empty name is 400.", "?s="),
               ("GET secrets with one empty name among others is 400.", "?s=shared&s="),
               ("GET secrets with another parameter alone is 400.", "?name=shared")])
def _(bench, query):
    bench.running().get("/api/v2/secrets" + query, user=anna()).refused(400, "fail", reason="request_query")
    bench.running().get("/secrets" + query, user=anna()).refused(400, "error", reason="request_query")


@cases("2.4", [("GET secrets without the permission is 500.", "?s=hidden"),
               ("GET secrets of one that does not exist is 500.", "?s=nothing"),
               ("GET secrets of a private one is 500.", "?s=private"),
               ("GET secrets is granted for all names or none.", "?s=shared&s=nothing")])
def _(bench, query):
    bench.running().get("/api/v2/secrets" + query, user=anna()).refused(500, "error")
    bench.running().get("/secrets" + query, user=anna()).refused(400, "error")


@case("2.4", "A name in the query may be percent-encoded; one that is given twice is answered once.")
def _(bench):
    c = bench.mesh(by_anna(Secrets={"a b&c/\u00e4": {"Type": "plain", "UserDefined": True}}))
    same(list(c.get("/api/v2/secrets?s=a%20b%26c%2F%C3%A4&s=a+b%26c%2F%C3%A4", user=anna()).data["secrets"]), ["a b&c/\u00e4"])


UPLOADS = {"key": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
           "cert": {"Type": "cert-ecdsa", "Size": 256, "UserDefined": True},
           "plain": {"Type": "plain", "UserDefined": True}, "generated": {"Type": "symmetric-key", "Size": 128, "Shared": True}}


def start_uploads(bench):
    upload = by_anna(Secrets=UPLOADS)
    upload["Users"]["bert"] = user("bert")
    return bench.mesh(upload)


SHARED["uploads"] = start_uploads
KEY = b64(b"k" * 16)


def upload_cert():
    return b64(pki.der_of(person("carl").pem))


@cases("2.4", [
    ("A symmetric key is uploaded as Key.", "key", {"Key": KEY, "Cert": None, "Private": None}),
    ("A plain secret is uploaded as Key.", "plain", {"Key": b64("text"), "Cert": None, "Private": None}),
    ("Absent members are like null.", "plain", {"Key": b64("text")}),
    ("Names of members are matched without regard to case.", "key", {"key": KEY}),
    ("Key may be an array of numbers, or base64 with line ends.", "key", {"Key": list(b"k" * 16)}),
    ("Base64 with line ends inside is taken.", "key", {"Key": KEY[:4] + "\r\n" + KEY[4:] + "\n"}),
    ("A certificate is uploaded as Cert and Private.", "cert", lambda: {"Cert": upload_cert(), "Private": b64("key")}),
    ("Private of a certificate is optional.", "cert", lambda: {"Cert": upload_cert()}),
    ("Key that is null beside Cert is absent.", "cert", lambda: {"Key": None, "Cert": upload_cert(), "Private": None}),
    ('An empty object as Cert is none.', "plain", {"Key": b64("x"), "Cert": {}}),
    ("A plain secret without Key is an empty value.", "plain", {}),
])
def _(bench, name, body):
    c = bench.mesh(by_anna(Secrets=UPLOADS))
    body = body() if callable(body) else body
    c.post("/api/v2/secrets", json.dumps({"secrets": {name: body}}), user=anna()).data
    found = c.get("/api/v2/secrets?s=" + name, user=anna()).data["secrets"][name]
    if name == "cert":
        same((found["Cert"], found["Private"]), (body["Cert"], body.get("Private")), "certificate")
        same(unb64(found["Public"]), pki.Certificate(unb64(body["Cert"])).spki, "Public, computed from the certificate")
    elif body.get("Key", body.get("key")) is not None:
        expected = b"k" * 16 if name == "key" else unb64(body["Key"])
        same((unb64(found["Private"]), unb64(found["Public"])), (expected, expected), "value")
    c.restart()
    same(c.get("/api/v2/secrets?s=" + name, user=anna()).data["secrets"][name], found, "after a restart")


@cases("2.4", [
    ("Key of another length: declared size and actual size don't match.", {"key": {"Key": b64(b"k" * 15)}},
     "declared size and actual size don't match"),
    ("A symmetric key needs Key.", {"key": {}}, ""),
    ("A symmetric key takes no Cert.", lambda: {"key": {"Key": KEY, "Cert": upload_cert()}}, ""),
    ("A symmetric key takes no Private.", {"key": {"Key": KEY, "Private": KEY}}, ""),
    ("A symmetric key takes no empty Private either: it counts as there.", {"key": {"Key": KEY, "Private": ""}}, ""),
    ("A certificate needs Cert.", {"cert": {"Private": KEY}}, ""),
    ("A certificate takes no Key.", lambda: {"cert": {"Key": KEY, "Cert": upload_cert()}}, ""),
    ("A certificate takes no empty Key either.", lambda: {"cert": {"Key": "", "Cert": upload_cert()}}, ""),
    ("An empty object as Cert of a certificate is none: an error.", {"cert": {"Cert": {}}}, ""),
    ("A plain secret takes no Private.", {"plain": {"Key": KEY, "Private": KEY}}, ""),
    ("A plain secret takes no Cert.", lambda: {"plain": {"Key": KEY, "Cert": upload_cert()}}, ""),
    ("A secret that is not user-defined cannot be uploaded.", {"generated": {"Key": KEY}}, ""),
    ("A secret that does not exist cannot be uploaded.", {"nothing": {"Key": KEY}}, ""),
    ("At least one secret must be uploaded.", {}, ""),
])
def _(bench, secrets, text):
    secrets = secrets() if callable(secrets) else secrets
    c = bench.shared.get("uploads")
    before = c.get("/api/v2/secrets?s=key&s=cert&s=plain", user=anna()).data, c.log_of_updates()
    c.post("/api/v2/secrets", json.dumps({"secrets": secrets}), user=anna()).refused(500, "error", text)
    c.post("/secrets", json.dumps(secrets), user=anna()).refused(400, "error", text)
    same((c.get("/api/v2/secrets?s=key&s=cert&s=plain", user=anna()).data, c.log_of_updates()), before, "secrets and log")


@cases("2.4", [
    ("POST secrets with bad JSON is 400: empty.", ""), ("POST secrets with bad JSON is 400: cut off.", '{"secrets":{'),
    ("POST secrets with bad JSON is 400: an array.", '{"secrets":[]}'),
    ("POST secrets with bad JSON is 400: a number as Key.", '{"secrets":{"key":{"Key":1}}}'),
    ("POST secrets with bad JSON is 400: Key that is no base64.", '{"secrets":{"key":{"Key":"?"}}}'),
    ("POST secrets with bad JSON is 400: a string as secret.", '{"secrets":{"key":"x"}}'),
    ("An empty string as Cert is a parse error: 400.", '{"secrets":{"cert":{"Cert":""}}}'),
    ("A Cert that is base64 but no certificate is a parse error: 400.", '{"secrets":{"cert":{"Cert":"AAAA"}}}'),
    ("A Cert that is no base64 is a parse error: 400 (MarbleRun takes it for none).", '{"secrets":{"cert":{"Cert":"?"}}}'),
])
def _(bench, body):
    bench.shared.get("uploads").post("/api/v2/secrets", body, user=anna()).refused(400, "fail")


@case("2.4", "Of a secret that is given twice in an upload the later one counts.")
def _(bench):
    c = bench.mesh(by_anna(Secrets=UPLOADS))
    c.post("/api/v2/secrets", '{"secrets":{"plain":{"Key":"YQ=="},"plain":{"Key":"Yg=="}}}', user=anna()).data
    same(c.get("/api/v2/secrets?s=plain", user=anna()).data["secrets"]["plain"]["Private"], "Yg==", "value")
    same(len(c.log_of_updates()), 2, "lines of the update log")


@case("2.4", "An upload is all or nothing: one bad secret keeps the others out.")
def _(bench):
    c = bench.shared.get("uploads")
    body = {"secrets": {"plain": {"Key": b64("good")}, "key": {"Key": b64("bad")}}}
    c.post("/api/v2/secrets", json.dumps(body), user=anna()).refused(500, "error")
    same(c.get("/api/v2/secrets?s=plain", user=anna()).data["secrets"]["plain"]["Private"], None, "the good one")


@case("2.4", "An upload needs write permission for each secret; without it nobody learns which names exist.")
def _(bench):
    c = bench.shared.get("uploads")
    texts = {c.post("/api/v2/secrets", json.dumps({"secrets": {n: {"Key": KEY}}}), user=bert()).refused(
        500, "error", reason="user_denied").json["message"].replace(n, "NAME") for n in ("key", "nothing", "generated")}
    same(len(texts), 1, "different answers for what exists and what does not")


# ---- 2.4 sign-quote and counters


def features(**sections):
    return manifest(Config={"FeatureGates": ["SignQuoteEndpoint", "MonotonicCounter"]},
                    Marbles={"m": {"Package": "pkg"}, "n": {"Package": "pkg"}}, **sections)


def start_features(bench):
    program = m.default_program()
    return bench.mesh(features(Packages={"pkg": {"UniqueID": program.properties["UniqueID"]}}), MESH_SIM=None)


SHARED["features"] = start_features


def sign_quote(c, quote):
    return c.post("/api/v2/sign-quote", json.dumps({"sgxQuote": b64(quote)}))


@cases("2.4", [("sign-quote takes a raw SGX quote.", lambda q: q),
               ("sign-quote takes a quote in Open Enclave's header.",
                lambda q: bytes.fromhex("0100000002000000") + len(q).to_bytes(8, "little") + q)])
def _(bench, frame):
    c = bench.shared.get("features")
    quote = frame(m.default_asker().quote)
    data = sign_quote(c, quote).data
    same(data["tcbStatus"], "UpToDate", "TCB status")
    signed = b64(quote) + data["tcbStatus"]
    true(pki.signature_holds(c.server_certificate(), unb64(data["verificationSignature"]), signed.encode()), "signature")


@case("2.4", "The digest that sign-quote signs, of the contract's vector.")
def _(bench):
    same(hashlib.sha256((b64("quote") + "SWHardeningNeeded").encode()).hexdigest(),
         "cfbb733899ddc36c1624d2431d3b3763c100e544ee7f24f053888e14e5bdfd15")


@case("2.4", "sign-quote does no matching of packages: a quote of any program is signed.")
def _(bench):
    who = m.Asker(m.Program("--debug", "--product-id", "7", "--security-version", "5"))
    sign_quote(bench.shared.get("features"), who.quote).data


@cases("2.4", [("sign-quote with a quote that does not verify is 400, its text under sgxQuote.", lambda q: q[:-1]),
               ("sign-quote with a quote that was changed is 400.", lambda q: q[:100] + bytes([q[100] ^ 1]) + q[101:]),
               ("sign-quote without a quote is 400.", lambda q: b"")])
def _(bench, change):
    answer = sign_quote(bench.shared.get("features"), change(m.default_asker().quote))
    same((answer.status, answer.json["status"], set(answer.json["data"])), (400, "fail", {"sgxQuote"}), "answer")


@cases("2.4", [("sign-quote with bad JSON is 400, its text under sgxQuote.", "{"), ("sign-quote with a bad type is 400.", '{"sgxQuote":1}'),
               ("sign-quote with an empty body is 400.", "")])
def _(bench, body):
    answer = bench.shared.get("features").post("/api/v2/sign-quote", body)
    same((answer.status, answer.json["status"], set(answer.json["data"])), (400, "fail", {"sgxQuote"}), "answer")


@cases("2.4", [("sign-quote is 403 without its feature gate.", "/api/v2/sign-quote"),
               ("monotonic-counter is 403 without its feature gate, before anything else.", "/api/v2/monotonic-counter")])
def _(bench, path):
    bench.running().post(path, "{").refused(403, "error", reason="feature_off")


def counter(c, who, name, value):
    return c.post("/api/v2/monotonic-counter", json.dumps({"name": name, "value": value}), user=who)


@case("2.4", "A counter is 0 when new, is set only if the value is greater, and answers the value before.")
def _(bench):
    c = bench.mesh(features())
    who = m.activate(c).credentials()
    found = [counter(c, who, "n", v).data["value"] for v in (5, 3, 5, 7, 0)]
    same(found, [0, 5, 5, 5, 7], "values before")


@case("2.4", "A counter holds a whole uint64.")
def _(bench):
    c = bench.mesh(features())
    who = m.activate(c).credentials()
    same([counter(c, who, "n", v).data["value"] for v in (2**63, 2**64 - 1, 1)], [0, 2**63, 2**64 - 1], "values before")


@case("2.4", "A counter belongs to type, UUID and name.")
def _(bench):
    c = bench.mesh(features())
    one, type_ = m.activate(c).credentials(), m.activate(c, "n").credentials()
    uuid = m.activate(c, uuid=m.UUID[:-1] + "6").credentials()
    counter(c, one, "n", 5).data
    same([counter(c, who, name, 1).data["value"] for who, name in
          ((type_, "n"), (uuid, "n"), (one, "other"), (one, ""), (one, "N"))], [0] * 5, "values of other counters")
    again = m.activate(c).credentials()
    same(counter(c, again, "n", 1).data["value"], 5, "of the same marble after its restart")


@case("2.4", "Counters survive kill -9 and updates.")
def _(bench):
    upload = {**by_anna(), "Config": {"FeatureGates": ["MonotonicCounter"]}}
    c = bench.mesh(upload)
    counter(c, m.activate(c).credentials(), "n", 5).data
    c.restart()
    c.update({**upload, "TLS": {}}, anna()).data
    same(counter(c, m.activate(c).credentials(), "n", 1).data["value"], 5, "value")


@cases("2.4", [
    ("monotonic-counter without a certificate is 401.", lambda c: None),
    ("monotonic-counter with a stranger's certificate is 401.", lambda c: anna()),
    ("monotonic-counter with a certificate that looks like a marble's is 401.",
     lambda c: pki.self_signed("/CN=" + m.UUID, None, "-addext", "1.3.9903.2.1=DER:6d", "-addext", "extendedKeyUsage=serverAuth")),
])
def _(bench, make):
    c = bench.shared.get("features")
    counter(c, make(c), "n", 1).refused(401, "fail", reason="marble_cert")


@case("2.4", "A marble of before an update is none for monotonic-counter: the marble root is another.")
def _(bench):
    upload = {**by_anna(), "Config": {"FeatureGates": ["MonotonicCounter"]}}
    c = bench.mesh(upload)
    who = m.activate(c).credentials()
    c.update({**upload, "TLS": {}}, anna()).data
    counter(c, who, "n", 1).refused(401, "fail", reason="marble_cert")


@case("2.4", "A certificate of a secret is no marble's, though the marble root issued it.")
def _(bench):
    secrets = {"s": {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "Cert": {"Subject": {"CommonName": m.UUID}}}}
    upload = features(Secrets=secrets)
    upload["Marbles"]["m"]["Parameters"] = {"Env": {"C": "{{ pem .Secrets.s.Cert }}", "K": "{{ pem .Secrets.s.Private }}"}}
    c = bench.mesh(upload)
    env = m.activate(c).env
    counter(c, (pki.scratch(env["C"]), pki.scratch(env["K"])), "n", 1).refused(401, "fail", reason="marble_cert")


@cases("2.4", [("monotonic-counter with bad JSON is 400: empty.", ""), ("monotonic-counter with bad JSON is 400: cut off.", '{"name":'),
               ("monotonic-counter with bad JSON is 400: a negative value.", '{"name":"n","value":-1}'),
               ("monotonic-counter with bad JSON is 400: 2^64.", '{"name":"n","value":18446744073709551616}'),
               ("monotonic-counter with bad JSON is 400: 1.0.", '{"name":"n","value":1.0}'),
               ("monotonic-counter with bad JSON is 400: a string.", '{"name":"n","value":"1"}'),
               ("monotonic-counter with bad JSON is 400: a number as name.", '{"name":1,"value":1}')])
def _(bench, body):
    c = bench.shared.get("features")
    who = m.activate(c).credentials()
    c.post("/api/v2/monotonic-counter", body, user=who).refused(400, "fail", reason="request_body")


# ---- 2.5 v1


@case("2.5", "GET /status: StatusCode and StatusMessage.")
def _(bench):
    data = bench.fresh().get("/status").data
    same((data["StatusCode"], data["StatusMessage"][:20]), (2, "Coordinator is ready"), "status")


@case("2.5", "GET /quote: Cert and Quote, no nonce: the query is ignored.")
def _(bench):
    c = bench.shared.get("tee")
    same(c.get("/quote?nonce=?").data, {"Cert": c.get("/api/v2/quote").data["cert"], "Quote": c.get("/api/v2/quote").data["quote"]})


@case("2.5", "GET /manifest without a manifest: null, empty text, null.")
def _(bench):
    same(bench.fresh().get("/manifest").data, {"ManifestSignatureRootECDSA": None, "ManifestSignature": "", "Manifest": None})


@case("2.5", "POST /manifest takes the raw manifest; data is null without recovery keys.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    same(c.post("/manifest", json.dumps(manifest())).body, b'{"status":"success","data":null}\n', "body")


@case("2.5", "POST /manifest with recovery keys answers RecoverySecrets.")
def _(bench):
    key = pki.key("RSA")
    data = bench.start(MESH_SIM="none").post("/manifest", json.dumps(manifest(RecoveryKeys={"k": pki.public_pem(key)}))).data
    same(len(pki.oaep_decrypt(key, unb64(data["RecoverySecrets"]["k"]))), 32, "length of the recovery secret")


@case("2.5", "GET /update: one string, entries joined by newlines, with a final newline.")
def _(bench):
    c = bench.mesh(by_anna())
    c.update(by_anna(TLS={}), anna()).data
    text = c.get("/update").data
    same(text, "".join(line + "\n" for line in c.get("/api/v2/update").data["updateLog"]), "text")


@case("2.5", "POST /update takes the raw manifest; data is null, also of a pending update.")
def _(bench):
    c = bench.mesh(updatable())
    same(c.post("/update", json.dumps(updatable(TLS={})), user=anna()).data, None, "data")
    same(c.get("/update-manifest").data["missingUsers"], ["bert"], "missing users")


@case("2.5", "POST /update does not lose new recovery secrets (MarbleRun does).")
def _(bench):
    key = pki.key("RSA")
    c = bench.mesh(by_anna())
    data = c.post("/update", json.dumps(by_anna(RecoveryKeys={"k": pki.public_pem(key)})), user=anna()).data
    same(len(pki.oaep_decrypt(key, unb64(data["RecoverySecrets"]["k"]))), 32, "length")


@case("2.5", "POST /update-manifest answers a string: the number that is missing, then All.")
def _(bench):
    c = bench.mesh(three_people())
    after = json.dumps(three_people(TLS={}))
    c.post("/update", after, user=anna()).data
    words = [c.post("/update-manifest", after, user=who).data.split()[0] for who in (anna(), bert(), person("carl").files)]
    same(words, ["2", "1", "All"], "first words")


def three_people(**sections):
    return manifest(Users=users(anna=["up"], bert=["up"], carl=["up"]), Roles={"up": UPDATER}, **sections)


@case("2.5", "POST /update-cancel answers a string.")
def _(bench):
    c = bench.mesh(updatable())
    c.post("/update", json.dumps(updatable(TLS={})), user=anna()).data
    true(isinstance(c.post("/update-cancel", "", user=anna()).data, str), "data is no string")


@case("2.5", "GET /secrets: name to secret, without a wrapper; POST /secrets takes the same map.")
def _(bench):
    c = bench.mesh(by_anna(Secrets=UPLOADS))
    same(c.post("/secrets", json.dumps({"key": {"Key": KEY}}), user=anna()).data, None, "data of POST")
    same(c.get("/secrets?s=key", user=anna()).data["key"]["Private"], KEY, "value")


@cases("2.5", [("POST /recover is 410 and points to v2, in state 1.", "recovery"), ("POST /recover is 410, in state 2.", "fresh"),
               ("POST /recover is 410, in state 3.", "running")])
def _(bench, which):
    bench.shared.get(which).post("/recover", b"x" * 32).refused(410, "error", "/api/v2/recover", "api_gone")


@case("2.5", "Each use of v1 is logged, but for update-manifest and update-cancel.")
def _(bench):
    c = bench.mesh(updatable())
    for path in ("/status", "/quote", "/manifest", "/update", "/update-manifest", "/secrets"):
        c.get(path, check=False)
    for path in ("/manifest", "/update", "/update-manifest", "/update-cancel", "/secrets", "/recover"):
        c.post(path, "{}", check=False)
    c.get("/api/v2/status")
    logged = [line["path"] for line in c.log_lines() if "deprecated" in line["msg"]]
    same(sorted(logged), sorted(["/status", "/quote", "/manifest", "/update", "/secrets"] + ["/manifest", "/update", "/secrets", "/recover"]))


# ---- 2.5 and 2.6 users

USER_CALLS = [("GET", "/api/v2/secrets?s=shared"), ("POST", "/api/v2/secrets"), ("POST", "/api/v2/update"),
              ("POST", "/api/v2/update-manifest"), ("POST", "/api/v2/update-cancel"), ("GET", "/secrets?s=shared"),
              ("POST", "/secrets"), ("POST", "/update"), ("POST", "/update-manifest"), ("POST", "/update-cancel")]


@cases("2.6", [(f"Without a certificate {method} {path} is 401: unauthorized user.", method, path) for method, path in USER_CALLS])
def _(bench, method, path):
    kind = "fail" if path.startswith("/api") else "error"
    bench.running().call(method, path, "{}" if method == "POST" else None).refused(401, kind, "unauthorized user", "user_unknown")


@cases("2.6", [
    ("A certificate that no user has is 401.", lambda: pki.self_signed("/CN=anna")),
    ("Another certificate of a user's key is 401: the bytes are compared.", lambda: pki.self_signed("/CN=anna", anna()[1])),
])
def _(bench, make):
    bench.running().get("/api/v2/secrets?s=shared", user=make()).refused(401, "fail", "unauthorized user", "user_unknown")


TLS_13 = (ssl.TLSVersion.TLSv1_3,)


@cases("2.6", [
    ("No expiry check: an expired certificate is its user's.", pki.expired),
    ("No usage check: a certificate for code signing is its user's.",
     lambda: pki.self_signed("/CN=x", None, "-addext", "extendedKeyUsage=critical,codeSigning", "-addext", "keyUsage=critical,keyCertSign")),
    ("A certificate as Go programs make it: empty subject and issuer, RSA-3096.", pki.go_certificate),
    ("An Ed25519 certificate is its user's, in TLS 1.3.", lambda: pki.self_signed("/CN=x", pki.key("ED25519")), TLS_13),
    ("An RSA certificate is its user's.", lambda: pki.self_signed("/CN=x", pki.key("RSA"))),
    ("A certificate on P-384 is its user's.",
     lambda: pki.self_signed("/CN=x", pki.key("EC", "-pkeyopt", "ec_paramgen_curve:P-384"))),
    ("A certificate on P-521 is its user's.",
     lambda: pki.self_signed("/CN=x", pki.key("EC", "-pkeyopt", "ec_paramgen_curve:P-521"))),
])
def _(bench, make, versions=(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)):
    files = make()
    c = bench.mesh(manifest(Users={"x": {"Certificate": pki.text_of(files[0]), "Roles": ["r"]}},
                            Roles={"r": role("Secrets", ["ReadSecret"], ["k"])},
                            Secrets={"k": {"Type": "symmetric-key", "Size": 8, "Shared": True}}))
    for version in versions:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = context.maximum_version = version
        c.get("/api/v2/secrets?s=k", user=files, tls=context).data


@case("2.6", "Every certificate of the client's chain is compared, not the leaf alone.")
def _(bench):
    leaf, key = pki.self_signed("/CN=leaf")
    chain = pki.scratch(pki.text_of(leaf) + person("anna").pem)
    bench.running().get("/api/v2/secrets?s=shared", user=(chain, key)).data


# ---- 2.7 concurrency


@case("2.7", "Many requests at once, over many connections, are all answered.")
def _(bench):
    import concurrent.futures
    c = bench.running()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        states = list(pool.map(lambda _: c.state(), range(100)))
    same(states, [3] * 100, "states")


@case("2.7", "Changes made at once are all made: each upload of a secret is in the update log.")
def _(bench):
    import concurrent.futures
    secrets = {f"s{i}": {"Type": "plain", "UserDefined": True} for i in range(8)}
    c = bench.mesh(by_anna(Secrets=secrets))
    def upload(name):
        return c.post("/api/v2/secrets", json.dumps({"secrets": {name: {"Key": b64(name)}}}), user=anna()).data
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, secrets))
    c.restart()
    same(sorted(e["secret"] for e in c.log_of_updates() if "secret" in e), sorted(secrets), "secrets in the log")
    query = "?" + "&".join("s=" + name for name in secrets)
    found = c.get("/api/v2/secrets" + query, user=anna()).data["secrets"]
    same({n: unb64(s["Private"]).decode() for n, s in found.items()}, {n: n for n in secrets}, "values")


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


@case("2.1", "A client that sends nothing holds up nobody else.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    idle = [socket.create_connection(("127.0.0.1", c.client_port)) for _ in range(100)]
    same(c.state(), 2, "state")
    c.set(manifest())
    for s in idle:
        s.close()
