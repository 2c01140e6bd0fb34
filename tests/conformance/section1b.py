# SPDX-License-Identifier: Apache-2.0
"""Sections 1.6 to 1.9: templates, dry run, secrets, previous secrets."""
import base64
import json
import time

import marble as m
import pki
from coordinator import b64, unb64
from harness import case, cases, holds, same, true
from manifests import *

KEYS = {"key": {"Type": "symmetric-key", "Size": 128, "Shared": True}, "own": {"Type": "symmetric-key", "Size": 128},
        "my-key": {"Type": "symmetric-key", "Size": 64, "Shared": True},
        "cert": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}, "plain": {"Type": "plain", "UserDefined": True}}


def rendered(bench, **texts):
    """What a marble with these secrets gets: the variables that are named like the arguments."""
    upload = values(env={k: v for k, v in texts.items() if k != "file"}, files={"f": texts.get("file", "")}, Secrets=KEYS)
    return got(bench, upload)


def pem_body(text, kind):
    lines = text.decode().split("\n")
    same((lines[0], lines[-2], lines[-1]), (f"-----BEGIN {kind}-----", f"-----END {kind}-----", ""), "frame of PEM")
    true(all(len(line) == 64 for line in lines[1:-3]) and 0 < len(lines[-3]) <= 64, "PEM has 64 columns")
    return base64.b64decode("".join(lines[1:-2]), validate=True)


# ---- 1.6 the data tree


@case("1.6", ".MarbleRun.RootCA.Cert is the marble root certificate.")
def _(bench):
    env = rendered(bench, A="{{ pem .MarbleRun.RootCA.Cert }}").env
    same(env["A"], env["MARBLE_PREDEFINED_ROOT_CA"], "certificate")


@case("1.6", ".MarbleRun.CoordinatorRoot.Cert and .CoordinatorIntermediate.Cert are the coordinator's.")
def _(bench):
    c = bench.mesh(values(env={"R": "{{ pem .MarbleRun.CoordinatorRoot.Cert }}",
                               "I": "{{ hex .MarbleRun.CoordinatorIntermediate.Cert }}"}))
    env, chain = m.activate(c).env, c.chain()
    same(pki.der_of(env["R"]), pki.der_of(chain[1]), "root")
    same(bytes.fromhex(env["I"].decode()), pki.der_of(chain[0]), "intermediate")


@case("1.6", ".MarbleRun.MarbleCert has the leaf, its public key and its private key.")
def _(bench):
    found = rendered(bench, C="{{ base64 .MarbleRun.MarbleCert.Cert }}", P="{{ pem .MarbleRun.MarbleCert.Public }}",
                     K="{{ pem .MarbleRun.MarbleCert.Private }}")
    leaf = found.certificate()
    same(unb64(found.env["C"]), leaf.der, "certificate")
    same(pem_body(found.env["P"], "PUBLIC KEY"), leaf.spki, "public key")
    same(found.env["K"], found.env["MARBLE_PREDEFINED_PRIVATE_KEY"], "private key")
    same(pki.spki_of_key(pem_body(found.env["K"], "PRIVATE KEY")), leaf.spki, "key of the private key")


@case("1.6", "pem writes CERTIFICATE, PUBLIC KEY and PRIVATE KEY with 64 columns and a final newline.")
def _(bench):
    env = rendered(bench, C="{{ pem .Secrets.cert.Cert }}", P="{{ pem .Secrets.cert.Public }}",
                   K="{{ pem .Secrets.cert.Private }}").env
    leaf = pki.Certificate(pem_body(env["C"], "CERTIFICATE"))
    same(pem_body(env["P"], "PUBLIC KEY"), leaf.spki, "public key")
    same(pki.spki_of_key(pem_body(env["K"], "PRIVATE KEY")), leaf.spki, "private key")


@case("1.6", "pem does not check that the bytes are such a key.")
def _(bench):
    env = rendered(bench, P="{{ pem .Secrets.key.Public }}", K="{{ hex .Secrets.key }}").env
    same(pem_body(env["P"], "PUBLIC KEY").hex(), env["K"].decode(), "the key")


@case("1.6", "hex and base64 of a whole secret are of its Public; lower case, padded.")
def _(bench):
    env = rendered(bench, H="{{ hex .Secrets.key }}", B="{{ base64 .Secrets.key }}", P="{{ hex .Secrets.key.Public }}",
                   K="{{ hex .Secrets.key.Private }}", C="{{ hex .Secrets.cert }}", D="{{ hex .Secrets.cert.Public }}").env
    same(env["H"], env["H"].lower(), "hex")
    same(unb64(env["B"]).hex().encode(), env["H"], "base64")
    same((env["P"], env["K"]), (env["H"], env["H"]), "both halves of a symmetric key")
    same(env["C"], env["D"], "of a certificate")


@case("1.6", "raw writes the bytes of a whole secret or of a part into a file.")
def _(bench):
    found = rendered(bench, H="{{ hex .Secrets.key }}", file="{{ raw .Secrets.key }}{{ raw .Secrets.cert.Cert }}")
    size = len(found.env["H"]) // 2
    key, cert = found.files["f"][:size], found.files["f"][size:]
    same(key.hex().encode(), found.env["H"], "key")
    same(cert[0], 0x30, "DER of the certificate")


@case("1.6", "string writes a plain secret into a variable.")
def _(bench):
    secrets = {"plain": {"Type": "plain", "UserDefined": True}}
    c = bench.mesh(by_anna(Marbles=marble(Parameters={"Env": {"A": "<{{ string .Secrets.plain }}>"}}), Secrets=secrets))
    c.post("/api/v2/secrets", json.dumps({"secrets": {"plain": {"Key": b64("text \u00e4")}}}), user=anna())
    same(m.activate(c).env["A"].decode(), "<text \u00e4>", "variable")


@case("1.6", "The parts .Type, .Size, .Shared, .UserDefined and .ValidFor can be printed.")
def _(bench):
    text = "{{ .Secrets.cert.Type }} {{ .Secrets.cert.Size }} {{ .Secrets.cert.Shared }} {{ .Secrets.cert.UserDefined }}"
    env = rendered(bench, A=text, V="{{ .Secrets.cert.ValidFor }}").env
    same((env["A"], env["V"]), (b"cert-ecdsa 256 true false", b"365"), "text")


@cases("1.6", [
    ("A whole secret is an error for pem.", {"env": {"A": "{{ pem .Secrets.key }}"}}),
    ("raw is not there in variables.", {"env": {"A": "{{ raw .Secrets.key }}"}}),
    ("string is not there in files.", {"files": {"A": "{{ string .Secrets.plain }}"}}),
    ("string takes secrets of type plain alone.", {"env": {"A": "{{ string .Secrets.key }}"}}),
    ("Functions fail on names that do not exist.", {"env": {"A": "{{ hex .Secrets.nobody }}"}}),
    ("Functions fail on parts that do not exist.", {"env": {"A": "{{ hex .Secrets.key.Nothing }}"}}),
    ("Functions fail on empty values: a key has no certificate.", {"env": {"A": "{{ hex .Secrets.key.Cert }}"}}),
    (".Public of .MarbleRun.RootCA is empty, so encoding it is an error.",
     {"env": {"A": "{{ hex .MarbleRun.RootCA.Public }}"}}),
    (".Private of .MarbleRun.CoordinatorRoot is empty, so encoding it is an error.",
     {"files": {"A": "{{ pem .MarbleRun.CoordinatorRoot.Private }}"}}),
    (".Public of .MarbleRun.CoordinatorIntermediate is empty, so encoding it is an error.",
     {"env": {"A": "{{ base64 .MarbleRun.CoordinatorIntermediate.Public }}"}}),
    ("A missing key of index is an empty secret, hence an error.", {"env": {"A": '{{ hex (index .Secrets "nobody") }}'}}),
    ("A function that does not exist is an error.", {"env": {"A": "{{ upper .Secrets.key }}"}}),
    ("A template that does not end is an error.", {"env": {"A": "{{ hex .Secrets.key"}}),
    ("A name with a dash needs index.", {"env": {"A": "{{ hex .Secrets.my-key }}"}}),
    ("What is not understood is refused, never passed through: define.", {"env": {"A": '{{define "x"}}y{{end}}'}}),
    ("A trim marker needs its space.", {"env": {"A": "a {{-hex .Secrets.key}}"}}),
    ("An action without its end is an error.", {"env": {"A": "{{ if .Secrets.key }}x"}}),
    ("A string constant must end.", {"env": {"A": '{{ "x }}'}}),
    ("An unknown root is an error for a function.", {"env": {"A": "{{ hex .Nothing.key }}"}}),
])
def _(bench, texts):
    upload = values(Secrets=KEYS, **texts)
    c = bench.fresh()
    reason = c.post_manifest(upload).refused(500, "error").json["reason"]
    true(reason.startswith("template_") or reason == "unsupported", f"reason {reason}")
    same(c.state(), 2, "state")


@case("1.6", "A refusal of a template says line and column.")
def _(bench):
    answer = bench.fresh().post_manifest(values(files={"/f": "one\ntwo {{ nothing }}"})).refused(500, "error")
    holds(answer.json["message"], "line 2, column ", "message")


@cases("1.6", [
    ("Literal text is itself.", "a { b } }} c", "a { b } }} c"),
    ("A constant string in quotes.", '{{ "a\\n\\"\\u00e4" }}', 'a\n"\u00e4'),
    ("A constant string in back quotes.", "{{ `a\\n` }}", "a\\n"),
    ("Literal braces are written as a constant.", '{{"{{"}} x {{"}}"}}', "{{ x }}"),
    ("White space inside an action is free.", '{{   "a"   }}{{"b"}}{{\t"c"\t}}', "abc"),
    ("A trim marker on the left takes white space before it.", 'a \n\t{{- "b" }} c', "ab c"),
    ("A trim marker on the right takes white space after it.", 'a {{ "b" -}} \n c', "a bc"),
    ("Comments are nothing.", "a{{/* no {{ end */}}b", "ab"),
    ("Comments may have trim markers.", "a {{- /* no */ -}} b", "ab"),
    ("A pipeline hands its value on.", "{{ .Secrets.key | hex | len }}", "32"),
    ("Parentheses group.", "{{ len (hex .Secrets.key) }}", "32"),
    ("index finds names with dashes.", '{{ len (hex (index .Secrets "my-key")) }}', "16"),
    ("if and else.", "{{ if .Secrets.key.Shared }}yes{{ else }}no{{ end }}{{ if .Secrets.own.Shared }}yes{{ else }}no{{ end }}",
     "yesno"),
    ("else if.", "{{ if .Secrets.own.Shared }}1{{ else if .Secrets.key.Shared }}2{{ else }}3{{ end }}", "2"),
    ("with sets the dot.", "{{ with .Secrets.key }}{{ .Size }}{{ end }}", "128"),
    ("Comparisons: eq, ne, lt, le, gt, ge.",
     "{{ eq .Secrets.key.Size 128 }}{{ ne .Secrets.key.Type `x` }}{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge 1 2 }}",
     "truetruetruetruefalsefalse"),
    ("Logic: and, or, not.", "{{ and true false }}{{ or false true }}{{ not true }}", "falsetruefalse"),
    ("print and printf.", '{{ print "a" 1 }}{{ printf "%s-%d" "b" 2 }}', "a1b-2"),
])
def _(bench, text, expected):
    same(rendered(bench, A=text).env["A"].decode(), expected, "text")


@case("1.6", "range runs over the secrets by name.")
def _(bench):
    text = "{{ range $name, $secret := .Secrets }}{{ $name }}:{{ $secret.Size }} {{ end }}"
    secrets = {"b": {"Type": "symmetric-key", "Size": 64}, "a": {"Type": "symmetric-key", "Size": 8}}
    same(got(bench, values(env={"A": text}, Secrets=secrets)).env["A"], b"a:8 b:64 ", "text")


# ---- 1.7 dry run


@cases("1.7", [
    ("A variable with a NUL byte is refused.", {"Data": b64(b"a\0b"), "Encoding": "base64"}),
    ("A variable with a NUL byte is refused with NoTemplates too.",
     {"Data": "00", "Encoding": "hex", "NoTemplates": True}),
    ("A variable that becomes one with a NUL byte is refused.", '{{ "a\\x00b" }}'),
])
def _(bench, value):
    refused(bench, values(env={"A": value}), reason="manifest_env_nul")


@case("1.7", "A file may hold NUL bytes.")
def _(bench):
    same(got(bench, values(files={"f": {"Data": "0001", "Encoding": "hex"}})).files["f"], b"\0\1", "file")


@case("1.7", "Every template of every marble is run, also of one that nobody asks for.")
def _(bench):
    marbles = {"m": {"Package": "pkg"}, "n": {"Package": "pkg", "Parameters": {"Env": {"A": "{{ hex .Secrets.x }}"}}}}
    refused(bench, manifest(Marbles=marbles), "n", "template_value")


@case("1.7", "User-defined secrets are dummies in the dry run, so that a manifest can use them before they are there.")
def _(bench):
    secrets = {"k": {"Type": "symmetric-key", "Size": 128, "UserDefined": True},
               "c": {"Type": "cert-rsa", "UserDefined": True}, "p": {"Type": "plain", "UserDefined": True}}
    env = {"A": "{{ hex .Secrets.k }}", "B": "{{ pem .Secrets.c.Cert }}{{ pem .Secrets.c.Private }}",
           "C": "{{ string .Secrets.p }}"}
    c = accepted(bench, values(env=env, Secrets=secrets))
    m.refused(c, "INTERNAL")


@case("1.7", "An upload that breaks a template is refused, and nothing is kept of it.")
def _(bench):
    secrets = {"p": {"Type": "plain", "UserDefined": True}, "q": {"Type": "plain", "UserDefined": True}}
    c = bench.mesh(by_anna(Secrets=secrets, Marbles=marble(Parameters={"Env": {"A": "{{ string .Secrets.p }}"}})))
    body = {"secrets": {"p": {"Key": b64(b"a\0b")}, "q": {"Key": b64("fine")}}}
    c.post("/api/v2/secrets", json.dumps(body), user=anna()).refused(500, "error")
    for secret in c.get("/api/v2/secrets?s=p&s=q", user=anna()).data["secrets"].values():
        same((secret["Private"], secret["Public"]), (None, None), "a secret after the refusal")


# ---- 1.8 secrets


def secret(**members):
    return manifest(Secrets={"the_secret": members})


@cases("1.8", [
    ("A type that does not exist is an error.", dict(Type="symmetric", Size=128)),
    ("A type is compared with regard to case.", dict(Type="Symmetric-Key", Size=128)),
    ("A secret needs a type.", dict(Size=128)),
    ("Size of a symmetric key must be above 0.", dict(Type="symmetric-key", Shared=True)),
    ("Size of a symmetric key must be a multiple of 8.", dict(Type="symmetric-key", Size=127, Shared=True)),
    ("Size of a private symmetric key must be above 0.", dict(Type="symmetric-key")),
    ("A private symmetric key has 8160 bytes at most.", dict(Type="symmetric-key", Size=65288)),
    ("Size of cert-rsa must be 1024 at least.", dict(Type="cert-rsa", Size=1016, Shared=True)),
    ("cert-rsa needs a Size.", dict(Type="cert-rsa", Shared=True)),
    ("Size of cert-ecdsa is 224, 256, 384 or 521.", dict(Type="cert-ecdsa", Size=255, Shared=True)),
    ("cert-ecdsa needs a Size.", dict(Type="cert-ecdsa")),
    ("Size of cert-ed25519 must be 0.", dict(Type="cert-ed25519", Size=256)),
    ("plain must be user-defined.", dict(Type="plain", Shared=True)),
    ("ValidFor together with Cert.NotAfter is an error.",
     dict(Type="cert-ecdsa", Size=256, Shared=True, ValidFor=1, Cert={"NotAfter": "2040-01-01T00:00:00Z"})),
])
def _(bench, members):
    refused(bench, secret(**members), "the_secret")


CERT_SECRETS = {
    "cert-rsa": ("1.2.840.113549.1.1.1", 2048), "cert-ecdsa": ("1.2.840.10045.2.1", 256),
    "cert-ed25519": ("1.3.101.112", 0)}


def cert_of(bench, **members):
    """Certificate and private key of a shared secret."""
    members = {"Type": "cert-ecdsa", "Size": 256, "Shared": True, **members}
    env = got(bench, values(env={"C": "{{ hex .Secrets.s.Cert }}", "K": "{{ hex .Secrets.s.Private }}",
                                 "P": "{{ hex .Secrets.s.Public }}"}, Secrets={"s": members})).env
    leaf = pki.Certificate(bytes.fromhex(env["C"].decode()))
    same(bytes.fromhex(env["P"].decode()), leaf.spki, "Public")
    same(pki.spki_of_key(bytes.fromhex(env["K"].decode())), leaf.spki, "Private, as PKCS#8")
    leaf.root = pki.der_of(env["MARBLE_PREDEFINED_ROOT_CA"])
    return leaf


@cases("1.8", [(f"A shared {kind} is a key with its certificate.", kind, size, oid)
               for kind, (oid, size) in CERT_SECRETS.items()])
def _(bench, kind, size, oid):
    leaf = cert_of(bench, Type=kind, Size=size)
    same(leaf.key_algorithm, oid, "algorithm of the key")
    true(pki.verify(leaf.der, [leaf.root], (), "-purpose", "any"), "it verifies under the marble root")


@cases("1.8", [(f"cert-ecdsa of {size} bits.", size, curve) for size, curve in
               ((224, "1.3.132.0.33"), (256, pki.P256), (384, pki.P384), (521, "1.3.132.0.35"))])
def _(bench, size, curve):
    same(cert_of(bench, Size=size).curve, curve, "curve")


@case("1.8", "cert-rsa has Size bits and the exponent 65537.")
def _(bench):
    leaf = cert_of(bench, Type="cert-rsa", Size=1536)
    bits = pki.tlv(leaf.spki_content(), pki.tlv(leaf.spki_content())[2])[1][1:]
    modulus, exponent = [int.from_bytes(p[1], "big") for p in pki.parts(pki.tlv(bits)[1])]
    same((modulus.bit_length(), exponent), (1536, 65537), "modulus and exponent")


@case("1.8", "A shared symmetric key is random, made once, and the same for all.")
def _(bench):
    upload = values(env={"K": "{{ hex .Secrets.k }}"}, Secrets={"k": {"Type": "symmetric-key", "Size": 200, "Shared": True}})
    c = bench.mesh(upload)
    first = m.activate(c).env["K"]
    same(m.activate(c, uuid="21111111-2222-4333-8444-555555555555").env["K"], first, "for another marble")
    same(len(first), 50, "hex digits")
    c.restart()
    same(m.activate(c).env["K"], first, "after a restart")
    true(got(bench, upload).env["K"] != first, "another mesh has another key")


@case("1.8", "A private symmetric key is the same for the same marble, and another for each UUID, type and name.")
def _(bench):
    marbles = {t: {"Package": "pkg", "Parameters": {"Env": {"K": "{{ hex .Secrets.k }}", "L": "{{ hex .Secrets.l }}"}}}
               for t in ("m", "n")}
    secrets = {s: {"Type": "symmetric-key", "Size": 256} for s in ("k", "l")}
    c = bench.mesh(manifest(Marbles=marbles, Secrets=secrets))
    first = m.activate(c, "m").env
    c.restart()
    again, upper = m.activate(c, "m").env, m.activate(c, "m", uuid="{" + m.UUID.upper() + "}").env
    same((again["K"], upper["K"]), (first["K"], first["K"]), "for the same marble, in another spelling too")
    other, type_ = m.activate(c, "m", uuid=m.UUID[:-1] + "6").env["K"], m.activate(c, "n").env["K"]
    same(len({first["K"], first["L"], other, type_}), 4, "different keys")


@case("1.8", "A shorter private key is the beginning of a longer one of the same name (HKDF).")
def _(bench):
    secrets = {"k": {"Type": "symmetric-key", "Size": 128}}
    env = {"K": "{{ hex .Secrets.k }}"}
    parameters = marble(Parameters={"Env": env})
    c = bench.mesh(by_anna(Marbles=parameters, Secrets=secrets))
    short = m.activate(c).env["K"]
    c.update(by_anna(Marbles=parameters, Secrets={"k": {"Type": "symmetric-key", "Size": 65280}}), anna()).data
    long = m.activate(c).env["K"]
    same((len(long), long[:32]), (16320, short), "length and beginning")


@case("1.8", "A private certificate is made anew at every activation; a shared one stays.")
def _(bench):
    secrets = {"p": {"Type": "cert-ecdsa", "Size": 256}, "s": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}}
    c = bench.mesh(values(env={"P": "{{ hex .Secrets.p.Cert }}", "K": "{{ hex .Secrets.p.Private }}",
                               "S": "{{ hex .Secrets.s.Cert }}", "T": "{{ hex .Secrets.p.Cert }}"}, Secrets=secrets))
    one, two = m.activate(c).env, m.activate(c).env
    same(one["S"], two["S"], "shared")
    true(one["P"] != two["P"] and one["K"] != two["K"], "private ones differ")
    same(one["T"], one["P"], "the same within one activation")
    leaf = pki.Certificate(bytes.fromhex(one["P"].decode()))
    same(pki.spki_of_key(bytes.fromhex(one["K"].decode())), leaf.spki, "key and certificate belong together")


@cases("1.8", [(f"A private {kind} is made at the activation.", kind, size, oid)
               for kind, (oid, size) in CERT_SECRETS.items()])
def _(bench, kind, size, oid):
    leaf = cert_of(bench, Type=kind, Size=size, Shared=False)
    same(leaf.key_algorithm, oid, "algorithm of the key")


@case("1.8", "A user-defined secret may carry initial values in the manifest.")
def _(bench):
    secrets = {"k": {"Type": "symmetric-key", "Size": 16, "UserDefined": True, "Private": "AAE=", "Public": [0, 1]}}
    same(got(bench, values(env={"A": "{{ hex .Secrets.k }}"}, Secrets=secrets)).env["A"], b"0001", "variable")


@case("1.8", "Initial values of a generated secret are overwritten.")
def _(bench):
    secrets = {"k": {"Type": "symmetric-key", "Size": 256, "Shared": True, "Private": "AAE=", "Public": "AAE="}}
    same(len(got(bench, values(env={"A": "{{ hex .Secrets.k }}"}, Secrets=secrets)).env["A"]), 64, "length")


@case("1.8", "A user-defined secret is one value for all, whatever Shared says.")
def _(bench):
    secrets = {"k": {"Type": "symmetric-key", "Size": 16, "UserDefined": True, "Shared": False}}
    c = bench.mesh(by_anna(Secrets=secrets, Marbles=marble(Parameters={"Env": {"A": "{{ hex .Secrets.k }}"}})))
    c.post("/api/v2/secrets", json.dumps({"secrets": {"k": {"Key": "q80="}}}), user=anna()).data
    same([m.activate(c, uuid=m.UUID[:-1] + d).env["A"] for d in "12"], [b"abcd"] * 2, "variables")


# ---- 1.8 the template of a certificate

SUBJECT = {"Country": ["DE", "FR"], "Organization": ["Org"], "OrganizationalUnit": ["Unit"], "Locality": ["Here"],
           "Province": ["There"], "StreetAddress": ["Street 1"], "PostalCode": ["12345"], "SerialNumber": "42",
           "CommonName": "Name"}


@case("1.8", "The subject of the template is honoured.")
def _(bench):
    names = pki.Certificate.names(cert_of(bench, Cert={"Subject": SUBJECT}).subject)
    expected = {("2.5.4.6", "DE"), ("2.5.4.6", "FR"), ("2.5.4.10", "Org"), ("2.5.4.11", "Unit"), ("2.5.4.7", "Here"),
                ("2.5.4.8", "There"), ("2.5.4.9", "Street 1"), ("2.5.4.17", "12345"), ("2.5.4.5", "42"), ("2.5.4.3", "Name")}
    same(set(names), expected, "subject")


@case("1.8", "ExtraNames of the subject are honoured.")
def _(bench):
    subject = {"CommonName": "Name", "ExtraNames": [{"Type": [1, 2, 3, 4], "Value": "extra"}]}
    holds(pki.Certificate.names(cert_of(bench, Cert={"Subject": subject}).subject), ("1.2.3.4", "extra"), "subject")


@case("1.8", "An unknown key in the subject, as DNSNames, is ignored.")
def _(bench):
    leaf = cert_of(bench, Cert={"Subject": {"CommonName": "Name", "DNSNames": ["x.example"]}})
    same((leaf.common_name(), leaf.alternative_names()[0]), ("Name", ["localhost"]), "name")


@case("1.8", "Keys of the template are matched without regard to case.")
def _(bench):
    same(cert_of(bench, Cert={"subject": {"commonname": "Name"}}).common_name(), "Name", "common name")


@case("1.8", "DNSNames, IPAddresses, EmailAddresses and URIs become alternative names.")
def _(bench):
    leaf = cert_of(bench, Cert={"DNSNames": ["a.example", "b.example"], "IPAddresses": ["10.0.0.1", "fe80::1"],
                                "EmailAddresses": ["a@example.com"], "URIs": [{"Scheme": "spiffe", "Host": "mesh", "Path": "/x"}]})
    same(leaf.alternative_names(), (["a.example", "b.example"], ["0a000001", "fe80" + "0" * 27 + "1"]), "names")
    general = pki.parts(pki.tlv(leaf.extensions["2.5.29.17"][1])[1])
    same({v for t, v, _ in general if t in (0x81, 0x86)}, {b"a@example.com", b"spiffe://mesh/x"}, "mail and URI")


@case("1.8", "KeyUsage is Go's bit mask.")
def _(bench):
    same(cert_of(bench, Cert={"KeyUsage": 5}).key_usage(), 5, "digitalSignature and keyEncipherment")


@case("1.8", "ExtKeyUsage and UnknownExtKeyUsage are honoured.")
def _(bench):
    leaf = cert_of(bench, Cert={"ExtKeyUsage": [3, 4, 8, 9], "UnknownExtKeyUsage": [[1, 3, 6, 1, 4, 1, 1]]})
    base = "1.3.6.1.5.5.7.3."
    same(leaf.extended_usages(), [base + "3", base + "4", base + "8", base + "9", "1.3.6.1.4.1.1"], "usages")


@case("1.8", "IsCA and MaxPathLen are honoured; basic constraints are there and critical.")
def _(bench):
    leaf = cert_of(bench, Cert={"IsCA": True, "MaxPathLen": 3})
    same((leaf.is_authority(), leaf.path_length(), leaf.extensions["2.5.29.19"][0]), (True, 3, True), "authority")
    plain = cert_of(bench)
    same((plain.is_authority(), plain.extensions["2.5.29.19"][0]), (False, True), "basic constraints of another")


@case("1.8", "SubjectKeyId, OCSPServer, IssuingCertificateURL and CRLDistributionPoints are honoured.")
def _(bench):
    leaf = cert_of(bench, Cert={"SubjectKeyId": "AQID", "OCSPServer": ["http://o.example"],
                                "IssuingCertificateURL": ["http://i.example"], "CRLDistributionPoints": ["http://c.example"]})
    same(leaf.subject_key_id(), b"\1\2\3", "subject key id")
    holds(leaf.extensions["1.3.6.1.5.5.7.1.1"][1], b"http://o.example", "authority information")
    holds(leaf.extensions["1.3.6.1.5.5.7.1.1"][1], b"http://i.example", "authority information")
    holds(leaf.extensions["2.5.29.31"][1], b"http://c.example", "distribution points")


@case("1.8", "ExtraExtensions are honoured.")
def _(bench):
    leaf = cert_of(bench, Cert={"ExtraExtensions": [{"Id": [1, 2, 3, 4, 5], "Critical": False, "Value": "BQA="}]})
    same(leaf.extensions["1.2.3.4.5"], (False, b"\x05\x00"), "extension")


@case("1.8", "Name constraints are honoured.")
def _(bench):
    leaf = cert_of(bench, Cert={"IsCA": True, "PermittedDNSDomains": ["in.example"], "ExcludedDNSDomains": ["out.example"],
                                "PermittedDNSDomainsCritical": True})
    critical, content = leaf.extensions["2.5.29.30"]
    true(critical and b"in.example" in content and b"out.example" in content, "name constraints")


@case("1.8", "The serial number is random, whatever the template says, and below 2^128.")
def _(bench):
    serials = {cert_of(bench, Cert={"SerialNumber": 7}).serial for _ in range(2)}
    true(len(serials) == 2 and all(2**64 < s < 2**128 for s in serials), f"serials {serials}")


@case("1.8", "The issuer is the marble root; NotBefore is now.")
def _(bench):
    leaf = cert_of(bench)
    root = pki.Certificate(leaf.root)
    same((leaf.issuer, leaf.authority_key_id()), (root.subject, root.subject_key_id()), "issuer")
    age = time.time() - __import__("calendar").timegm(time.strptime(leaf.not_before, "%y%m%d%H%M%SZ"))
    true(-5 <= age <= 300, f"NotBefore is {age} seconds ago")


@case("1.8", "What the template does not say is filled in: names, usages, common name.")
def _(bench):
    leaf = cert_of(bench)
    same(leaf.alternative_names(), (["localhost"], ["7f000001", "0" * 31 + "1"]), "names")
    same(leaf.key_usage(), 1 + 32, "digitalSignature and certSign")
    same(leaf.extended_usages(), [pki.SERVER_AUTH, pki.CLIENT_AUTH], "extended usages")
    same(leaf.common_name(), "localhost", "common name")


@cases("1.8", [
    ("The common name is the DNS name if there is exactly one.", ["one.example"], "one.example"),
    ("With several DNS names the common name is MarbleRun Generated Certificate.", ["a.example", "b.example"],
     "MarbleRun Generated Certificate"),
])
def _(bench, names, expected):
    same(cert_of(bench, Cert={"DNSNames": names}).common_name(), expected, "common name")


@cases("1.8", [
    ("Without NotAfter and ValidFor a certificate is valid for 365 days.", {}, 365),
    ("Without NotAfter a certificate is valid for ValidFor days.", {"ValidFor": 7}, 7),
    ("NotAfter that is Go's zero time is not set.", {"ValidFor": 9, "Cert": {"NotAfter": "0001-01-01T00:00:00Z"}}, 9),
    ("A private certificate is valid for ValidFor days too.", {"ValidFor": 11, "Shared": False}, 11),
])
def _(bench, members, days):
    seconds = cert_of(bench, **members).lifetime()
    true(abs(seconds - days * 86400) <= 7200, f"{seconds / 86400} days, expected {days}")


@case("1.8", "NotAfter of the template is kept.")
def _(bench):
    same(cert_of(bench, Cert={"NotAfter": "2041-02-03T04:05:06Z"}).not_after, "410203040506Z", "NotAfter")


@case("1.8", "The 365 days of a certificate without ValidFor are stored as its ValidFor.")
def _(bench):
    secrets = {"c": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}}
    c = bench.mesh(by_anna(Secrets=secrets))
    same(c.get("/api/v2/secrets?s=c", user=anna()).data["secrets"]["c"]["ValidFor"], 365, "ValidFor")


@case("1.8", "SignatureAlgorithm of the template selects the digest.")
def _(bench):
    same(cert_of(bench, Cert={"SignatureAlgorithm": 12}).algorithm, "1.2.840.10045.4.3.4", "ECDSA with SHA-512")


# ---- 1.9 previous secrets

BOTH = {"NOW": "{{ hex .Secrets.k }}", "WAS": "{{ hex .Previous.Secrets.k }}"}


def rotating(shared, rotate, **config):
    return by_anna(Marbles=marble(Parameters={"Env": BOTH}), Config={"RotateRootSecret": rotate, **config},
                   Secrets={"k": {"Type": "symmetric-key", "Size": 128, "Shared": shared}})


@cases("1.9", [("At set, the previous value of a shared secret is the current one.", True),
               ("At set, the previous value of a private secret is the current one.", False)])
def _(bench, shared):
    env = m.activate(bench.mesh(rotating(shared, False))).env
    same(env["WAS"], env["NOW"], "previous value")


@cases("1.9", [
    ("RotateRootSecret at an update: a shared key is new, and the old one is its previous value.", True),
    ("RotateRootSecret at an update: a private key is new, and the old one is its previous value.", False),
])
def _(bench, shared):
    c = bench.mesh(rotating(shared, False))
    first = m.activate(c).env
    c.update(rotating(shared, True), anna()).data
    second = m.activate(c).env
    true(second["NOW"] != first["NOW"], "the key is new")
    same(second["WAS"], first["NOW"], "previous value")
    c.restart()
    third = m.activate(c).env
    same([third[k] for k in BOTH], [second[k] for k in BOTH], "after a restart")


@case("1.9", "Without RotateRootSecret an update keeps symmetric keys, and their previous values.")
def _(bench):
    c = bench.mesh(rotating(True, False))
    first = m.activate(c).env
    c.update(rotating(True, False, SealMode="UniqueKey"), anna()).data
    second = m.activate(c).env
    same((second["NOW"], second["WAS"]), (first["NOW"], first["WAS"]), "values")


@case("1.9", "RotateRootSecret has no effect when a manifest is first set.")
def _(bench):
    env = m.activate(bench.mesh(rotating(False, True))).env
    same(env["WAS"], env["NOW"], "previous value")


@case("1.9", "A full update makes certificates anew, and keeps the old one as previous value.")
def _(bench):
    parameters = {"Env": {"NOW": "{{ hex .Secrets.c.Cert }}", "WAS": "{{ hex .Previous.Secrets.c.Cert }}"}}
    secrets = {"c": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}}
    upload = by_anna(Marbles=marble(Parameters=parameters), Secrets=secrets)
    c = bench.mesh(upload)
    first = m.activate(c).env
    same(first["WAS"], first["NOW"], "previous at set")
    c.update({**upload, "TLS": {}}, anna()).data
    second = m.activate(c).env
    true(second["NOW"] != first["NOW"], "the certificate is new")
    same(second["WAS"], first["NOW"], "previous value")


@case("1.9", "A redefined secret is new, and its own previous value.")
def _(bench):
    parameters = marble(Parameters={"Env": BOTH})
    def upload(size):
        return by_anna(Marbles=parameters, Secrets={"k": {"Type": "symmetric-key", "Size": size, "Shared": True}})
    c = bench.mesh(upload(128))
    c.update(upload(256), anna()).data
    env = m.activate(c).env
    same((len(env["NOW"]), env["WAS"]), (64, env["NOW"]), "length and previous value")


@case("1.9", "A package update and an upload do not touch previous values.")
def _(bench):
    secrets = {"k": {"Type": "symmetric-key", "Size": 16, "UserDefined": True, "Private": "AAE=", "Public": "AAE="}}
    packages = {"pkg": {"SignerID": "aa", "ProductID": 1, "SecurityVersion": 1}}
    c = bench.mesh(by_anna(Packages=packages, Secrets=secrets, Marbles=marble(Parameters={"Env": BOTH})))
    c.post("/api/v2/secrets", json.dumps({"secrets": {"k": {"Key": "q80="}}}), user=anna()).data
    c.update({"Packages": {"pkg": {"SecurityVersion": 2}}}, anna()).data
    env = m.activate(c).env
    same((env["NOW"], env["WAS"]), (b"abcd", b"0001"), "values")
