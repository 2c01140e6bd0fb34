# SPDX-License-Identifier: Apache-2.0
"""Sections 2.5 to 2.7: REST v1, users, concurrency."""
import json
import ssl

import pki
from coordinator import b64, unb64
from harness import case, cases, same, true
from manifests import *
from section2b import KEY, UPLOADS


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


@case("2.5", "A user who may not update is 400 in update, and 500 in update-manifest and update-cancel.")
def _(bench):
    c = bench.mesh(manifest(Users=users(anna=["up"], bert=["up"], dora=[]), Roles={"up": UPDATER}))
    after, dora = json.dumps(manifest()), person("dora").files
    c.post("/update", after, user=dora).refused(400, "error", reason="user_denied")
    c.post("/update", after, user=anna()).data
    c.post("/update-manifest", after, user=dora).refused(500, "error", reason="user_denied")
    c.post("/update-cancel", "", user=dora).refused(500, "error", reason="user_denied")


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


@case("2.6", "Not the leaf alone is compared: a user is who has a certificate that the user's key signed.")
def _(bench):
    leaf, key = pki.issued("/CN=leaf", *anna())
    chain = pki.scratch(pki.text_of(leaf) + person("anna").pem)
    bench.running().get("/api/v2/secrets?s=shared", user=(chain, key)).data


@case("2.6", "Decided otherwise: who shows a user's certificate behind a stranger's is 401. Its key he has not.")
def _(bench):
    leaf, key = pki.self_signed("/CN=leaf")
    chain = pki.scratch(pki.text_of(leaf) + person("anna").pem)
    bench.running().get("/api/v2/secrets?s=shared", user=(chain, key)).refused(401, "fail", "unauthorized user", "user_unknown")


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

