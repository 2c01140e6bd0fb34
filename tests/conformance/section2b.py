# SPDX-License-Identifier: Apache-2.0
"""Section 2.4: REST v2."""
import base64
import hashlib
import json

import marble as m
import pki
from coordinator import b64, unb64
from harness import case, cases, holds, same, true
from manifests import *
from recovery import in_recovery, recoverable, report_data


# ---- the calls that need no user


def start_tee(bench):
    c = bench.start()
    return c


SHARED["tee"] = start_tee


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

