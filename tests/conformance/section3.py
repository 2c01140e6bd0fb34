# SPDX-License-Identifier: Apache-2.0
"""Sections 3 and 4: the marble gRPC API, certificates."""
import subprocess

import marble as m
import pki
from coordinator import b64, unb64
from harness import case, cases, holds, same, true
from manifests import *

# ---- 3.1 the wire


@case("3.1", "The method is /rpc.Marble/Activate; another one is Unimplemented.")
def _(bench):
    for method in ("/rpc.Marble/Deactivate", "/rpc.Other/Activate", "/grpc.health.v1.Health/Check"):
        try:
            m.call(bench.running(), b"", method=method)
            raise AssertionError(f"{method} was answered")
        except m.Refused as e:
            same(e.code.name, "UNIMPLEMENTED", method)


@cases("3.1", [("A message that is no ActivationReq is refused: a cut field.", b"\x0a\x7fx"),
               ("A message that is no ActivationReq is refused: a wrong wire type.", b"\x08\x01"),
               ("A message that is no ActivationReq is refused: a type that is not UTF-8.", b"\x1a\x01\xff")])
def _(bench, message):
    try:
        m.call(bench.running(), message)
    except m.Refused as e:
        true(e.code.name in ("INVALID_ARGUMENT", "INTERNAL"), f"status {e.code}")
        return
    raise AssertionError("it was answered")


@case("3.1", "Unknown fields of a message are ignored, as proto3 has it.")
def _(bench):
    who = m.default_asker()
    message = m.field(99, b"unknown") + m.field(2, who.csr) + m.field(3, "m") + m.field(4, m.UUID)
    m.Parameters(m.call(bench.running(), message))


@case("3.1", "A message of more than 4 MiB is refused as ResourceExhausted.")
def _(bench):
    m.refused(bench.running(), "RESOURCE_EXHAUSTED", quote=b"x" * (4 * 1024 * 1024 + 1))


@case("3.1", "Files may hold any bytes, and up to 4 MiB go in a response.")
def _(bench):
    data = bytes(range(256)) * 12000
    found = got(bench, values(files={"/big": {"Data": b64(data), "Encoding": "base64"}}))
    true(found.files["/big"] == data, "the file is another")


@case("3.1", "What does not fit a response is refused, not cut.")
def _(bench):
    files = {f"/{i}": {"Data": "x" * (1 << 20), "NoTemplates": True} for i in range(5)}
    m.refused(bench.mesh(values(files=files)), "INTERNAL", reason="activation_size")


# ---- 3.2 TLS


@case("3.2", "The server's certificate is the marble root certificate; the intermediate, of the same key, stands behind it.")
def _(bench):
    c = bench.running()
    user = m.default_asker().user
    server = c.server_certificate(c.mesh_port, user)
    same(pki.pem_of(server).encode(), pki.pem_of(pki.der_of(m.activate(c).env["MARBLE_PREDEFINED_ROOT_CA"])).encode())
    shown = subprocess.run(["openssl", "s_client", "-showcerts", "-alpn", "h2", "-cert", user[0], "-key", user[1], "-connect",
                            f"127.0.0.1:{c.mesh_port}"], input=b"", capture_output=True, check=False).stdout.decode()
    same(shown.count("BEGIN CERTIFICATE"), 2, "certificates")
    holds(shown, "ALPN protocol: h2", "ALPN")


@case("3.2", "The certificate is looked up anew for each handshake: after an update it is the new marble root.")
def _(bench):
    c = bench.mesh(by_anna())
    user = m.default_asker().user
    before = c.server_certificate(c.mesh_port, user)
    c.update(by_anna(TLS={}), anna()).data
    true(c.server_certificate(c.mesh_port, user) != before, "it is the old one")


@case("3.2", "A client without a certificate fails the handshake.")
def _(bench):
    done = subprocess.run(["openssl", "s_client", "-tls1_2", "-alpn", "h2", "-connect", f"127.0.0.1:{bench.running().mesh_port}"],
                          input=b"", capture_output=True, check=False)
    true(done.returncode != 0, "the handshake was made")


@case("3.2", "The list of authorities in the certificate request is empty.")
def _(bench):
    user = m.default_asker().user
    shown = subprocess.run(["openssl", "s_client", "-alpn", "h2", "-cert", user[0], "-key", user[1], "-connect",
                            f"127.0.0.1:{bench.running().mesh_port}"], input=b"", capture_output=True, check=False).stdout.decode()
    holds(shown, "No client certificate CA names sent", "what s_client says")


@cases("3.2", [("The client's certificate is not chain-verified: expired.", pki.expired),
               ("The client's certificate may be RSA.", lambda: pki.self_signed("/CN=x", pki.key("RSA"))),
               ("The client's certificate may be on P-384.",
                lambda: pki.self_signed("/CN=x", pki.key("EC", "-pkeyopt", "ec_paramgen_curve:P-384")))])
def _(bench, make):
    who = m.Asker()
    who.user = who.cert, who.key = make()
    m.activate(bench.running(), who=who)


# ---- 3.3 activation


@cases("3.3", [("In state 2 an activation is FailedPrecondition.", "fresh"), ("In state 1 an activation is FailedPrecondition.", "recovery")])
def _(bench, which):
    m.refused(bench.shared.get(which), "FAILED_PRECONDITION", "server is not in expected state", "state_wrong")


@case("3.3", "An unknown marble type is PermissionDenied.")
def _(bench):
    m.refused(bench.running(), "PERMISSION_DENIED", "nobody", "marble_unknown", type_="nobody")


@case("3.3", "A marble type is compared with regard to case; an empty one is unknown.")
def _(bench):
    for type_ in ("M", ""):
        m.refused(bench.running(), "PERMISSION_DENIED", reason="marble_unknown", type_=type_)


@case("3.3", "The message of a refusal carries the cause.")
def _(bench):
    program = m.default_program()
    c = bench.mesh(manifest(Packages={"pkg": {"UniqueID": "00" * 32}}), MESH_SIM=None)
    holds(m.refused(c, "PERMISSION_DENIED", reason="unique_id").text, program.properties["UniqueID"], "message")


@case("3.3", "The type is looked at before the UUID, and the UUID before the request for a certificate.")
def _(bench):
    m.refused(bench.running(), "PERMISSION_DENIED", type_="nobody", uuid="x", csr=b"")
    m.refused(bench.running(), "INVALID_ARGUMENT", uuid="x", csr=b"")


@cases("3.3", [("A UUID may have 36 characters.", m.UUID), ("A UUID may have urn:uuid: in front.", "urn:uuid:" + m.UUID),
               ("A UUID may be in braces.", "{" + m.UUID + "}"), ("A UUID may be 32 hex digits.", m.UUID.replace("-", "")),
               ("A UUID may be in upper case.", m.UUID.upper().replace("1111", "ABCD"))])
def _(bench, uuid):
    found = m.activate(bench.running(), uuid=uuid)
    digits = uuid.lower().removeprefix("urn:uuid:").strip("{}").replace("-", "")
    expected = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    same(found.certificate().common_name(), expected, "common name, normalised")


@cases("3.3", [("A UUID must not be empty.", ""), ("A UUID must not be cut off.", m.UUID[:-1]),
               ("A UUID must be of hex digits.", "g" + m.UUID[1:]), ("A UUID must have its dashes at their places.", m.UUID.replace("-", "1", 1) + "-"),
               ("A UUID must not have more behind it.", m.UUID + "0"), ("A UUID of all zeros is refused (MarbleRun takes it).",
                                                                       "00000000-0000-0000-0000-000000000000")])
def _(bench, uuid):
    m.refused(bench.running(), "INVALID_ARGUMENT", reason="uuid_invalid", uuid=uuid)


def broken_signature():
    csr = m.default_asker().csr
    return csr[:-1] + bytes([csr[-1] ^ 1])


@cases("3.3", [("A request for a certificate that is none is Internal.", lambda: b"nonsense"), ("An empty request is Internal.", lambda: b""),
               ("A request that is cut off is Internal.", lambda: m.default_asker().csr[:-1]),
               ("A request whose signature does not hold is Internal.", broken_signature)])
def _(bench, make):
    m.refused(bench.running(), "INTERNAL", reason="csr_format", csr=make())


@case("3.3", "A template that fails, because a user-defined secret is not set, is Internal.")
def _(bench):
    upload = values(env={"A": "{{ hex .Secrets.k }}"}, Secrets={"k": {"Type": "symmetric-key", "Size": 8, "UserDefined": True}})
    m.refused(bench.mesh(upload), "INTERNAL")


@case("3.3", "Without evidence of its own, which only a simulated coordinator can be, any marble of a known type is admitted.")
def _(bench):
    m.activate(bench.running(), quote=b"")


@case("3.3", "The predefined variables are always there, and override the manifest's.")
def _(bench):
    c = bench.mesh(values(env={"MARBLE_PREDEFINED_ROOT_CA": "not this", "MARBLE_PREDEFINED_PRIVATE_KEY": "nor this", "MINE": "mine"}))
    found = m.activate(c)
    same(set(found.env), {"MARBLE_PREDEFINED_ROOT_CA", "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", "MARBLE_PREDEFINED_PRIVATE_KEY",
                          "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", "MINE"}, "variables")
    chain = found.chain()
    same(len(chain), 2, "certificates of the chain")
    same([pki.der_of(chain[1]), pki.der_of(found.env["MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"])],
         [pki.der_of(pem) for pem in c.chain()], "intermediate and coordinator root")
    same(pki.der_of(found.env["MARBLE_PREDEFINED_ROOT_CA"]), c.server_certificate(c.mesh_port, m.default_asker().user), "marble root")
    true(found.env["MARBLE_PREDEFINED_PRIVATE_KEY"].startswith(b"-----BEGIN PRIVATE KEY-----\n"), "the key is PKCS#8")


@case("3.3", "The coordinator makes the key; the request's is not certified.")
def _(bench):
    found = m.activate(bench.running())
    csr_key = pki.openssl("req", "-inform", "der", "-noout", "-pubkey", data=m.default_asker().csr)
    true(pki.openssl("pkey", "-pubin", "-outform", "der", data=csr_key) != found.certificate().spki, "the request's key")
    same(pki.spki_of_key(pki.openssl("pkey", "-outform", "der", data=found.env["MARBLE_PREDEFINED_PRIVATE_KEY"])),
         found.certificate().spki, "the key that was delivered")


@case("3.3", "An activation is logged once, with type and UUID, and so is a refused one, with its reason.")
def _(bench):
    c = bench.mesh(manifest())
    m.activate(c, uuid=m.UUID)
    m.refused(c, "PERMISSION_DENIED", type_="nobody")
    same([(line["type"], line["uuid"]) for line in c.log_lines("marble activated")], [("m", m.UUID)], "activations")
    same([(line["type"], line["reason"]) for line in c.log_lines("marble refused")], [("nobody", "marble_unknown")], "refusals")


# ---- 4.1 certificates of the coordinator


def authority(c):
    """intermediate, root, marble root."""
    user = m.default_asker().user
    return [pki.Certificate(d) for d in (*map(pki.der_of, c.chain()), c.server_certificate(c.mesh_port, user))]


NAMES = ["root", "intermediate", "marble root"]


def each(bench):
    intermediate, root, marble_root = authority(bench.running())
    return zip(NAMES, (root, intermediate, marble_root))


@case("4.1", "Certificates are X.509 v3 on an elliptic curve, P-256 here, signed with ECDSA.")
def _(bench):
    for name, c in each(bench):
        same((c.version, c.curve, c.algorithm), (3, pki.P256, "1.2.840.10045.4.3.2"), name)


@case("4.1", "Serial numbers are random and below 2^128.")
def _(bench):
    serials = [c.serial for _, c in each(bench)]
    true(len(set(serials)) == 3 and all(2**64 < s < 2**128 for s in serials), f"serials {serials}")


@case("4.1", "Certificates are valid for 2^63-1 nanoseconds, with GeneralizedTime after 2049.")
def _(bench):
    for name, c in each(bench):
        same((c.lifetime(), len(c.not_before), len(c.not_after)), (9223372036, 13, 15), name)


@case("4.1", "Names are those of EDG_COORDINATOR_DNS_NAMES, and always 127.0.0.1 and ::1.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_DNS_NAMES="one.example,10.0.0.1,two.example,fe80::1")
    for name, cert in zip(NAMES, authority(c)):
        dns, ips = cert.alternative_names()
        same((dns, set(ips)), (["one.example", "two.example"], {"0a000001", "fe80" + "0" * 27 + "1", "7f000001", "0" * 31 + "1"}), name)


@case("4.1", "Without EDG_COORDINATOR_DNS_NAMES the name is localhost.")
def _(bench):
    for name, c in each(bench):
        same(c.alternative_names(), (["localhost"], ["7f000001", "0" * 31 + "1"]), name)


@case("4.1", "Key usage is digitalSignature and keyCertSign, critical; extended: serverAuth and clientAuth.")
def _(bench):
    for name, c in each(bench):
        same((c.key_usage(), c.extensions["2.5.29.15"][0], c.extended_usages()), (33, True, [pki.SERVER_AUTH, pki.CLIENT_AUTH]), name)


@case("4.1", "Basic constraints are CA:TRUE, critical, without path length.")
def _(bench):
    for name, c in each(bench):
        same((c.is_authority(), c.path_length(), c.extensions["2.5.29.19"][0]), (True, None, True), name)


@case("4.1", "A subject key id is there; an authority key id only when the issuer is another.")
def _(bench):
    intermediate, root, marble_root = authority(bench.running())
    true(all(c.subject_key_id() for c in (intermediate, root, marble_root)), "a subject key id is missing")
    same([c.authority_key_id() for c in (root, intermediate, marble_root)], [None, root.subject_key_id(), None], "authority key ids")


@case("4.2", "The root is self-signed, with the common name MarbleRun Coordinator.")
def _(bench):
    root = authority(bench.running())[1]
    same((root.common_name(), root.issuer), ("MarbleRun Coordinator", root.subject), "names")
    true(pki.verify(root.der, [root.der]), "its own signature")


@case("4.2", "The root is new on every fresh start before a manifest is set, and never changes afterwards.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    first = c.server_certificate()
    c.restart()
    second = c.server_certificate()
    true(first != second, "the same root after a restart without a manifest")
    c.set(by_anna())
    same(c.server_certificate(), second, "root after the manifest")
    c.update(by_anna(TLS={}), anna()).data
    c.restart()
    same(c.server_certificate(), second, "root after an update and a restart")


@case("4.3", "The intermediate is issued by the root, with the common name MarbleRun Coordinator - Intermediate CA.")
def _(bench):
    intermediate, root, _ = authority(bench.running())
    same((intermediate.common_name(), intermediate.issuer), ("MarbleRun Coordinator - Intermediate CA", root.subject), "names")
    true(intermediate.spki != root.spki, "its own key")
    true(pki.verify(intermediate.der, [root.der]), "the root's signature")


@case("4.4", "The marble root has the intermediate's key and subject, and is self-signed.")
def _(bench):
    intermediate, _, marble_root = authority(bench.running())
    same((marble_root.spki, marble_root.subject, marble_root.issuer, marble_root.subject_key_id()),
         (intermediate.spki, intermediate.subject, intermediate.subject, intermediate.subject_key_id()), "marble root")
    true(pki.verify(marble_root.der, [marble_root.der]), "its own signature")


@case("4.4", "Marbles verify a leaf under the marble root; outsiders through the intermediate under the root.")
def _(bench):
    c = bench.running()
    intermediate, root, marble_root = authority(c)
    leaf = m.activate(c).certificate()
    true(pki.verify(leaf.der, [marble_root.der]), "leaf under marble root")
    true(pki.verify(leaf.der, [root.der], [intermediate.der]), "leaf, intermediate, root")
    true(pki.verify(leaf.der, [root.der], [intermediate.der], "-x509_strict", "-purpose", "sslserver"), "the same, strictly")


# ---- 4.5 the leaf


def leaf(bench, **asker):
    c = bench.running()
    return m.activate(c, who=m.Asker(**asker) if asker else None).certificate()


@case("4.5", "The leaf's key is fresh at each activation.")
def _(bench):
    true(leaf(bench).spki != leaf(bench).spki, "the same key")


@case("4.5", "The issuer is the marble root.")
def _(bench):
    one, marble_root = leaf(bench), authority(bench.running())[2]
    same((one.issuer, one.authority_key_id()), (marble_root.subject, marble_root.subject_key_id()), "issuer")


@case("4.5", "The subject is the request's with the common name set to the UUID, and without O.")
def _(bench):
    names = pki.Certificate.names(leaf(bench, csr_subject="/C=DE/O=Not mine/OU=Unit/L=Here/CN=other").subject)
    same(sorted(names), sorted([("2.5.4.6", "DE"), ("2.5.4.11", "Unit"), ("2.5.4.7", "Here"), ("2.5.4.3", m.UUID)]), "subject")


@case("4.5", "An empty subject of the request is fine.")
def _(bench):
    same(pki.Certificate.names(leaf(bench, csr_subject="/").subject), [("2.5.4.3", m.UUID)], "subject")


@case("4.5", "Alternative names are the request's DNS names and addresses.")
def _(bench):
    one = leaf(bench, names="DNS:a.example,DNS:b.example,IP:10.1.1.1,IP:fe80::2,email:x@example.com,URI:http://x")
    same(one.alternative_names(), (["a.example", "b.example"], ["0a010101", "fe80" + "0" * 27 + "2"]), "names")


@case("4.5", "A name of the coordinator's own is refused, but localhost and the loopback addresses.")
def _(bench):
    c = bench.mesh(manifest(), EDG_COORDINATOR_DNS_NAMES="mesh.example,localhost,10.9.9.9")
    m.activate(c, who=m.Asker(names="DNS:localhost,IP:127.0.0.1,IP:::1,DNS:other.example"))
    for names in ("DNS:mesh.example", "DNS:MESH.example", "IP:10.9.9.9"):
        m.refused(c, "PERMISSION_DENIED", reason="name_reserved", who=m.Asker(names=names))


@case("4.5", "Names that the manifest gives (ours; MarbleRun ignores these members) are the only ones: nothing is the request's.")
def _(bench):
    named = {"Package": "pkg", "DNSNames": ["*.web.example"], "IPAddresses": ["10.0.0.9"], "SPIFFE": True}
    c = bench.mesh(manifest(Marbles={"m": named, "none": {"Package": "pkg", "DNSNames": []}}, Config={"SPIFFETrustDomain": "mesh.example"}),
                   EDG_COORDINATOR_DNS_NAMES="mesh.example,localhost")
    who = m.Asker(names="DNS:mesh.example,IP:10.1.1.1", csr_subject="/C=DE/CN=other")
    one = m.activate(c, who=who).certificate()
    same(pki.Certificate.names(one.subject), [("2.5.4.3", m.UUID)], "subject")
    same(one.alternative_names(), (["*.web.example"], ["0a000009"]), "names")
    holds(one.extensions["2.5.29.17"][1], f"spiffe://mesh.example/marble/m/{m.UUID}".encode(), "alternative names")
    one = m.activate(c, type_="none", who=who).certificate()
    true("2.5.29.17" not in one.extensions, "an empty list is a list of names too")


@cases("4.5", [("A manifest gives no name of the coordinator's to a marble.", {"DNSNames": ["ok", "MESH.example"]}),
               ("A manifest gives no wildcard to a marble that covers the coordinator.", {"DNSNames": ["*.example"]}),
               ("A manifest gives no address of the coordinator's to a marble, in any guise.", {"IPAddresses": ["::ffff:10.9.9.9"]})])
def _(bench, names):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_DNS_NAMES="mesh.example,10.9.9.9")
    c.post_manifest(manifest(Marbles=marble(**names))).refused(500, "error", 'marble "m": ', reason="name_reserved")
    c.set(by_anna())
    c.update(by_anna(Marbles=marble(**names)), anna()).refused(500, "error", 'marble "m": ', reason="name_reserved")


@case("4.5", "Key usage is digitalSignature and keyAgreement; extended: serverAuth and clientAuth.")
def _(bench):
    one = leaf(bench)
    same((one.key_usage(), one.extended_usages()), (17, [pki.SERVER_AUTH, pki.CLIENT_AUTH]), "usages")


@case("4.5", "Basic constraints are CA:FALSE.")
def _(bench):
    same(leaf(bench).is_authority(), False, "authority")


@case("4.5", "The leaf is valid as long as the others.")
def _(bench):
    same(leaf(bench).lifetime(), 9223372036, "seconds")


@case("4.5", "Extension 1.3.9903.2.1, not critical, holds the raw bytes of the marble type.")
def _(bench):
    same(leaf(bench).extensions["1.3.9903.2.1"], (False, b"m"), "extension")
    type_ = "t\u00fcpe with spaces"
    found = got(bench, manifest(Marbles={type_: {"Package": "pkg"}}), type_=type_)
    same(found.certificate().extensions["1.3.9903.2.1"], (False, type_.encode()), "extension of another type")


@case("4.5", "Extensions of the request are not copied.")
def _(bench):
    who = m.Asker()
    who.csr = pki.openssl("req", "-new", "-key", who.key, "-outform", "der", "-subj", "/", "-addext", "basicConstraints=critical,CA:TRUE",
                          "-addext", "1.3.9903.2.1=DER:78")
    one = m.activate(bench.running(), who=who).certificate()
    same((one.is_authority(), one.extensions["1.3.9903.2.1"]), (False, (False, b"m")), "authority and type")


@case("4.6", "Certificates of secrets are issued by the marble root.")
def _(bench):
    c = bench.running()
    cert = unb64(c.get("/api/v2/secrets?s=cert", user=anna()).data["secrets"]["cert"]["Cert"])
    intermediate, root, marble_root = authority(c)
    true(pki.verify(cert, [marble_root.der]), "under the marble root")
    true(pki.verify(cert, [root.der], [intermediate.der]), "under the root")


# ---- 4.8 what rotates when


def rotation_manifest(**sections):
    secrets = {"cert": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}, "shared": {"Type": "symmetric-key", "Size": 128, "Shared": True},
               "private": {"Type": "symmetric-key", "Size": 128}}
    env = {"CERT": "{{ hex .Secrets.cert.Cert }}", "SHARED": "{{ hex .Secrets.shared }}", "PRIVATE": "{{ hex .Secrets.private }}"}
    return by_anna(Packages={"pkg": {"SignerID": "aa", "ProductID": 1, "SecurityVersion": 1}}, Secrets=secrets,
                   Marbles=marble(Parameters={"Env": env}), **sections)


def snapshot(c):
    intermediate, root, marble_root = authority(c)
    env = m.activate(c).env
    return {"root": root.der, "intermediate": intermediate.der, "marble root": marble_root.der,
            **{k.lower(): env[k] for k in ("CERT", "SHARED", "PRIVATE")}}


@cases("4.8", [
    ("An activation rotates nothing.", lambda c: m.activate(c), set()),
    ("A restart rotates nothing.", lambda c: c.restart(), set()),
    ("A package update rotates intermediate, marble root and shared certificates.",
     lambda c: c.update({"Packages": {"pkg": {"SecurityVersion": 2}}}, anna()).data, {"intermediate", "marble root", "cert"}),
    ("A full update rotates intermediate, marble root and shared certificates.",
     lambda c: c.update(rotation_manifest(TLS={}), anna()).data, {"intermediate", "marble root", "cert"}),
    ("A full update with RotateRootSecret rotates symmetric keys too.",
     lambda c: c.update(rotation_manifest(Config={"RotateRootSecret": True}), anna()).data,
     {"intermediate", "marble root", "cert", "shared", "private"}),
])
def _(bench, change, expected):
    c = bench.mesh(rotation_manifest())
    before = snapshot(c)
    change(c)
    after = snapshot(c)
    same({k for k in before if before[k] != after[k]}, expected, "what is new")


@case("4.8", "A shared certificate that a package update made anew has a new term (MarbleRun keeps the old expiry).")
def _(bench):
    c = bench.mesh(rotation_manifest())
    c.update({"Packages": {"pkg": {"SecurityVersion": 2}}}, anna()).data
    leaf_of = pki.Certificate(bytes.fromhex(m.activate(c).env["CERT"].decode()))
    true(abs(leaf_of.lifetime() - 365 * 86400) < 7200, f"{leaf_of.lifetime()} seconds")
