# SPDX-License-Identifier: Apache-2.0
"""Sections 1.1 to 1.5: decoding, packages, infrastructures, marbles."""
import hashlib
import json

import marble as m
import pki
from coordinator import b64, unb64
from harness import case, cases, same, true
from manifests import *

# ---- 1.1 decoding


@cases("1.1", [
    ("Anything but white space after the manifest is an error: a word.", json.dumps(manifest()) + " x"),
    ("Anything but white space after the manifest is an error: a second manifest.", json.dumps(manifest()) * 2),
    ("Comments are errors.", "/* no */ " + json.dumps(manifest())),
    ("Trailing commas are errors.", json.dumps(manifest())[:-1] + ",}"),
    ("An empty manifest is an error.", ""),
    ("A manifest that is cut off is an error.", json.dumps(manifest())[:-1]),
    ("A manifest that is no object is an error.", "[]"),
    ("A number that is written as 1.0 is no uint.", text_with('"pkg"}', '"pkg", "MaxActivations": 1.0}')),
    ("A number that is written as 1e3 is no uint.", text_with('"pkg"}', '"pkg", "MaxActivations": 1e3}')),
    ("A negative number is no uint.", text_with('"pkg"}', '"pkg", "MaxActivations": -1}')),
    ("2^64 is out of range of a 64-bit uint.", text_with('"pkg"}', '"pkg", "MaxActivations": 18446744073709551616}')),
    ("A string is no uint.", text_with('"pkg"}', '"pkg", "MaxActivations": "1"}')),
    ("65536 is out of range of a 16-bit uint.", manifest(Infrastructures={"i": {"QESVN": 65536}})),
    ("A type mismatch anywhere is an error: ResourceNames is a string.",
     manifest(Roles={"r": {"ResourceType": "Manifest", "ResourceNames": "", "Actions": ["UpdateManifest"]}})),
    ("A type mismatch anywhere is an error: Packages is an array.", manifest(Packages=[])),
    ("A type mismatch anywhere is an error: Debug is a number.", manifest(Packages={"pkg": {"Debug": 1}})),
    ("A type mismatch anywhere is an error: UniqueID is a number.", manifest(Packages={"pkg": {"UniqueID": 7}})),
    ("A type mismatch anywhere is an error: Argv holds a number.", manifest(Marbles=marble(Parameters={"Argv": [1]}))),
    ("A type mismatch anywhere is an error: Config is a string.", manifest(Config="x")),
    ("A type mismatch anywhere is an error: in a package that no marble uses.",
     manifest(Packages={"pkg": {"UniqueID": UNIQUE_ID}, "other": {"SecurityVersion": "x"}})),
    ("A document nested deeper than 10000 is an error.",
     text_with('{"Packages"', '{"x": ' + "[" * 10001 + "]" * 10001 + ', "Packages"')),
    ("Names of map entries are case-sensitive.", manifest(Marbles={"m": {"Package": "PKG"}})),
    ("Bytes that are no base64 are an error.", manifest(Infrastructures={"i": {"CPUSVN": "?"}})),
    ("Bytes in base64 without its padding are an error.", manifest(Infrastructures={"i": {"CPUSVN": "YQ"}})),
    ("An array with a number above 255 is no bytes.", manifest(Infrastructures={"i": {"RootCA": [256]}})),
])
def _(bench, upload):
    refused(bench, upload, reason="manifest_package_unknown" if "PKG" in str(upload) else "manifest_syntax")


@cases("1.1", [
    ("White space after the manifest is no error.", json.dumps(manifest()) + " \n\t\r\n"),
    ("Unknown keys are ignored at the top.", manifest(Unknown=[1, {"a": None}])),
    ("Unknown keys are ignored in a package.", manifest(Packages={"pkg": {"UniqueID": UNIQUE_ID, "Unknown": 1}})),
    ("Unknown keys are ignored in a marble.", manifest(Marbles=marble(Unknown={}))),
    ("Unknown keys are ignored in parameters.", manifest(Marbles=marble(Parameters={"Unknown": 1.5}))),
    ("Unknown keys are ignored in a value.",
     values(env={"A": {"Data": "x", "Encoding": "string", "Unknown": 1}})),
    ("Unknown keys are ignored in a secret.",
     manifest(Secrets={"s": {"Type": "symmetric-key", "Size": 128, "Unknown": [2]}})),
    ("Unknown keys are ignored in a user and a role.",
     manifest(Users={"anna": {**user("anna", "r"), "Unknown": 1}}, Roles={"r": {**UPDATER, "Unknown": 1}})),
    ("Unknown keys are ignored in a TLS tag and in Config.",
     manifest(TLS={"t": {"Incoming": [{"Port": "1", "Unknown": 1}], "Unknown": 2}}, Config={"Unknown": 3})),
    ("Null leaves a section empty.",
     manifest(Infrastructures=None, Users=None, Secrets=None, RecoveryKeys=None, Roles=None, TLS=None, Config=None)),
    ("Null leaves a field at its zero value.",
     manifest(Packages={"pkg": {"UniqueID": UNIQUE_ID, "Debug": None, "SignerID": None, "ProductID": None,
                                "SecurityVersion": None, "AcceptedTCBStatuses": None, "AcceptedAdvisories": None}},
              Marbles=marble(MaxActivations=None, TLS=None, DisableSecretBinding=None,
                             Parameters={"Files": None, "Env": None, "Argv": None}))),
    ("Null parameters are empty parameters.", manifest(Marbles=marble(Parameters=None))),
    ("Of a scalar that is given twice the later one counts.",
     text_with('"Package": "pkg"', '"Package": "nobody", "Package": "pkg"')),
    ("Of a scalar in two spellings the later one counts.",
     text_with('"Package": "pkg"', '"package": "nobody", "PACKAGE": "pkg"')),
    ("The largest 64-bit number is a uint.", text_with('"pkg"}', '"pkg", "MaxActivations": 18446744073709551615}')),
    ("The largest 16-bit number is a uint.", manifest(Infrastructures={"i": {"QESVN": 65535, "PCESVN": 0}})),
    ("Field names are matched without regard to case.",
     {"packages": {"pkg": {"UNIQUEID": UNIQUE_ID, "debug": False}},
      "MARBLES": {"m": {"pACKAGE": "pkg", "parameters": {"env": {"A": {"data": "x", "ENCODING": "string"}}}}},
      "secrets": {"s": {"type": "symmetric-key", "SIZE": 128}}, "config": {"sealmode": "ProductKey"}}),
    ("Bytes may be an array of numbers.", manifest(Infrastructures={"i": {"CPUSVN": list(range(16)), "RootCA": []}})),
    ("Bytes may be base64 with line ends inside.", manifest(Infrastructures={"i": {"CPUSVN": "AAEC\r\nAwQF\n"}})),
    ("Bytes may be null.", manifest(Infrastructures={"i": {"CPUSVN": None}})),
])
def _(bench, upload):
    accepted(bench, upload)


@case("1.1", "Two objects of one map are merged; an entry with the same name is replaced whole.")
def _(bench):
    secrets = ('"Secrets": {"a": {"Type": "symmetric-key", "Size": 128}, "b": {"Type": "symmetric-key", "Size": 8, "Shared": true}},'
               '"Secrets": {"b": {"Type": "symmetric-key", "Size": 256}}, "Packages"')
    text = text_with('"Packages"', secrets, values(env={"A": "{{ hex .Secrets.a }}", "B": "{{ hex .Secrets.b }}"}))
    found = got(bench, text).env
    same((len(found["A"]), len(found["B"])), (32, 64), "lengths of both secrets")


@case("1.1", "Invalid UTF-8 and lone surrogates in strings become U+FFFD.")
def _(bench):
    upload = json.dumps(manifest(Marbles=marble(Parameters={"Argv": ["-X-", "-Y-"]}))).encode()
    found = got(bench, upload.replace(b"X", b"\xff").replace(b"Y", b"\\ud800"))
    same(found.argv, ["-\ufffd-", "-\ufffd-"], "argv")


@case("1.1", "The raw bytes as uploaded are stored, hashed, signed and returned.")
def _(bench):
    raw = (json.dumps(manifest(), indent=3) + "\n\n ").replace("\n", "\r\n").encode()
    c = accepted(bench, raw)
    data = c.get("/api/v2/manifest").data
    same(unb64(data["manifest"]), raw, "manifest")
    same(data["manifestFingerprint"], hashlib.sha256(raw).hexdigest(), "fingerprint")
    root = pki.der_of(c.chain()[1])
    true(pki.signature_holds(root, unb64(data["manifestSignatureRootECDSA"]), raw), "the root's signature")


@case("1.1", "REST v2 bodies are read as a stream: data after the first value is ignored.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    c.post("/api/v2/manifest", json.dumps({"manifest": b64(json.dumps(manifest()))}) + " } nonsense \x00").data
    same(c.state(), 3, "state")


@case("1.1", "The manifest inside a v2 body, and a manifest of REST v1, are read strictly.")
def _(bench):
    refused(bench, json.dumps(manifest()) + "{}", reason="manifest_syntax")


@case("1.1", "A member that is given twice, or is unknown, is told of as a warning with its path.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    warnings = c.set(manifest(Marbles=marble(Unheard="of"))).get("Warnings", [])
    true(any("Marbles.m.Unheard" in w for w in warnings), f"no warning of it in {warnings}")


# ---- 1.2 the top


@cases("1.2", [
    ("Packages needs one entry: none.", manifest(Packages={}), "manifest_empty"),
    ("Packages needs one entry: absent.", {"Marbles": marble()}, "manifest_empty"),
    ("Marbles needs one entry: none.", manifest(Marbles={}), "manifest_empty"),
    ("Marbles needs one entry: absent.", {"Packages": {"pkg": {"UniqueID": UNIQUE_ID}}}, "manifest_empty"),
])
def _(bench, upload, reason):
    refused(bench, upload, reason=reason)


@case("1.2", "Names are free strings; a colon in a name is harmless.")
def _(bench):
    name = "a:b/c d\u00fc\u4e16<&>\""
    upload = {"Packages": {name: {"UniqueID": UNIQUE_ID}},
              "Marbles": {name: {"Package": name, "MaxActivations": 2,
                                 "Parameters": {"Env": {"S": '{{ hex (index .Secrets "x:y-z") }}'}}},
                          "a": {"Package": name, "MaxActivations": 1}},
              "Secrets": {"x:y-z": {"Type": "symmetric-key", "Size": 128, "Shared": True}}}
    c = accepted(bench, upload)
    before = m.activate(c, name).env["S"]
    c.restart()
    same(m.activate(c, name).env["S"], before, "the secret after a restart")
    m.refused(c, "PERMISSION_DENIED", type_=name, reason="marble_limit")


@case("1.2", "A secret's name may be a Go identifier with letters of Unicode.")
def _(bench):
    found = got(bench, values(env={"A": "{{ hex .Secrets.Schl\u00fcssel_1 }}"},
                              Secrets={"Schl\u00fcssel_1": {"Type": "symmetric-key", "Size": 64}}))
    same(len(found.env["A"]), 16, "length")


# ---- 1.3 packages


def package(**members):
    return manifest(Packages={"front": members}, Marbles={"m": {"Package": "front"}})


@cases("1.3", [
    ("UniqueID together with SignerID is an error.", dict(UniqueID="aa", SignerID="bb"), "package_conflict", "front"),
    ("UniqueID together with ProductID is an error.", dict(UniqueID="aa", ProductID=0), "package_conflict", "front"),
    ("UniqueID together with SecurityVersion is an error.", dict(UniqueID="aa", SecurityVersion=0),
     "package_conflict", "front"),
    ("Without UniqueID a SignerID is required.", dict(ProductID=1, SecurityVersion=1), "package_incomplete", "SignerID"),
    ("Without UniqueID a ProductID is required.", dict(SignerID="aa", SecurityVersion=1), "package_incomplete",
     "ProductID"),
    ("Without UniqueID a SecurityVersion is required.", dict(SignerID="aa", ProductID=1), "package_incomplete",
     "SecurityVersion"),
    ("What is missing is looked for in this order: SignerID first.", {}, "package_incomplete", "SignerID"),
    ("What is missing is looked for in this order: ProductID second.", dict(SignerID="aa"), "package_incomplete",
     "ProductID"),
])
def _(bench, members, reason, text):
    refused(bench, package(**members), text, reason)


@cases("1.3", [
    ("In a debug package UniqueID together with the others is only warned about.",
     package(Debug=True, UniqueID="aa", SignerID="bb", ProductID=1, SecurityVersion=1)),
    ("In a debug package missing values are only warned about.", package(Debug=True)),
    ("A debug package may have ProductID and SecurityVersion alone.",
     package(Debug=True, ProductID=1, SecurityVersion=1)),
    ("ProductID and SecurityVersion that are 0 are there.", package(SignerID="aa", ProductID=0, SecurityVersion=0)),
    ("Packages that no marble names are not checked at all.",
     manifest(Packages={"pkg": {"UniqueID": "aa"}, "other": {}, "third": {"UniqueID": "a", "SignerID": "b"}})),
    ("Syntax and length of IDs are not checked.", package(UniqueID="no hex")),
    ("Names of TCB statuses are not checked.", package(UniqueID="aa", AcceptedTCBStatuses=["Nonsense"])),
])
def _(bench, upload):
    accepted(bench, upload)


def evidence(members, *options):
    """A coordinator that demands evidence, and who asks with that of a program signed with these options."""
    program = m.Program(*options) if options else m.default_program()
    fill = {k: v(program.properties) if callable(v) else v for k, v in members.items()}
    return package(**fill), (m.Asker(program) if options else m.default_asker())


UNIQUE = {"UniqueID": lambda p: p["UniqueID"]}
SIGNED = {"SignerID": lambda p: p["SignerID"], "ProductID": lambda p: p["ProductID"],
          "SecurityVersion": lambda p: p["SecurityVersion"]}
OPTIONS = ("--product-id", "7", "--security-version", "5")
DEBUG = ("--debug", *OPTIONS)


@cases("1.3", [
    ("A quote of the very program is accepted.", UNIQUE),
    ("UniqueID is compared without regard to case.", {"UniqueID": lambda p: p["UniqueID"].upper()}),
    ("A program of the signer, product and version is accepted.", SIGNED, *OPTIONS),
    ("SignerID is compared without regard to case.", {**SIGNED, "SignerID": lambda p: p["SignerID"].upper()}, *OPTIONS),
    ("SecurityVersion may be below the program's.", {**SIGNED, "SecurityVersion": 4}, *OPTIONS),
    ("UpToDate is accepted always; AcceptedTCBStatuses is not consulted.",
     {**UNIQUE, "AcceptedTCBStatuses": ["OutOfDate"]}),
    ("AcceptedAdvisories are looked at only with SWHardeningNeeded.", {**UNIQUE, "AcceptedAdvisories": ["NONE-1"]}),
    ("A debug package accepts a debug program.", {"Debug": True}, *DEBUG),
    ("In a debug package all constraints that are given hold together.",
     {"Debug": True, **UNIQUE, "SignerID": lambda p: p["SignerID"], "ProductID": 7}, *DEBUG),
])
def _(bench, members, *options):
    upload, who = evidence(members, *options)
    m.activate(bench.mesh(upload, MESH_SIM=None), who=who)


@cases("1.3", [
    ("A quote of another program is refused.", {"UniqueID": "00" * 32}, "unique_id"),
    ("A program of another signer is refused.", {**SIGNED, "SignerID": "00" * 32}, "signer_id", *OPTIONS),
    ("ProductID must be equal.", {**SIGNED, "ProductID": 6}, "product_id", *OPTIONS),
    ("SecurityVersion must not be above the program's.", {**SIGNED, "SecurityVersion": 6}, "security_version", *OPTIONS),
    ("A debug package refuses a production program.", {"Debug": True}, "debug", *OPTIONS),
    ("A production package refuses a debug program.", SIGNED, "debug", *DEBUG),
    ("In a debug package a wrong UniqueID is refused, whatever else fits.",
     {"Debug": True, **SIGNED, "UniqueID": "00" * 32}, "unique_id", *DEBUG),
    ("In a debug package a wrong SignerID is refused, whatever else fits.",
     {"Debug": True, **UNIQUE, "SignerID": "00" * 32}, "signer_id", *DEBUG),
])
def _(bench, members, reason, *options):
    upload, who = evidence(members, *options)
    m.refused(bench.mesh(upload, MESH_SIM=None), "PERMISSION_DENIED", who=who, reason=reason)


@case("1.3", "Report data must be SHA-256 of the client's certificate.")
def _(bench):
    upload, who = evidence(UNIQUE)
    c = bench.mesh(upload, MESH_SIM=None)
    m.refused(c, "PERMISSION_DENIED", who=who, quote=m.default_program().quote(b"\1" * 32), reason="report_data")


@cases("1.3", [
    ("A quote that was changed is refused: its report.", lambda q: q[:200] + bytes([q[200] ^ 1]) + q[201:]),
    ("A quote that is cut off is refused.", lambda q: q[:-1]),
    ("Bytes that are no quote are refused.", lambda q: b"no quote"),
    ("A missing quote is refused.", lambda q: b""),
])
def _(bench, change):
    upload, who = evidence(UNIQUE)
    m.refused(bench.mesh(upload, MESH_SIM=None), "PERMISSION_DENIED", who=who, quote=change(who.quote))


# ---- 1.4 infrastructures


@case("1.4", "The properties of infrastructures have no effect on an activation.")
def _(bench):
    upload, who = evidence(UNIQUE)
    upload["Infrastructures"] = {"a": {"CPUSVN": [255] * 16, "QESVN": 65535, "PCESVN": 65535, "RootCA": [1, 2, 3]},
                                 "b": {}}
    m.activate(bench.mesh(upload, MESH_SIM=None), who=who)


# ---- 1.5 marbles


@cases("1.5", [
    ("Package must name an entry of Packages.", manifest(Marbles={"m": {"Package": "none"}}),
     "manifest_package_unknown", "none"),
    ("Package must be there.", manifest(Marbles={"m": {}}), "manifest_package_unknown", ""),
    ("Each name in TLS must name a tag.", manifest(Marbles=marble(TLS=["web"])), "manifest_tls", "web"),
    ("A value that is null is an error.", values(env={"A": None}), "manifest_syntax", ""),
    ("A value that is a number is an error.", values(files={"A": 1}), "manifest_syntax", ""),
    ("A value that is an array is an error.", values(env={"A": ["x"]}), "manifest_syntax", ""),
    ("An encoding that does not exist is an error.", values(env={"A": {"Data": "x", "Encoding": "base32"}}),
     "manifest_syntax", ""),
    ("Hex with an odd number of digits is an error.", values(env={"A": {"Data": "abc", "Encoding": "hex"}}),
     "manifest_syntax", ""),
    ("Hex with other letters is an error.", values(env={"A": {"Data": "xy", "Encoding": "hex"}}),
     "manifest_syntax", ""),
    ("Base64 without its padding is an error.", values(files={"A": {"Data": "YQ", "Encoding": "base64"}}),
     "manifest_syntax", ""),
    ("URL-safe base64 is an error.", values(files={"A": {"Data": "-_-_", "Encoding": "base64"}}),
     "manifest_syntax", ""),
])
def _(bench, upload, reason, text):
    refused(bench, upload, text, reason)


@cases("1.5", [
    ("A value that is a string is the content.", "text", b"text"),
    ("A value may be an object with Data.", {"Data": "text"}, b"text"),
    ("The encoding string is the default, and may be named.", {"Data": "text", "Encoding": "string"}, b"text"),
    ("An empty encoding is the default.", {"Data": "text", "Encoding": ""}, b"text"),
    ("Data in base64 is decoded.", {"Data": "AP8B", "Encoding": "base64"}, b"\x00\xff\x01"),
    ("Data in hex is decoded, of either case.", {"Data": "00fFAb", "Encoding": "hex"}, b"\x00\xff\xab"),
    ("The encoding's name is compared without regard to case.", {"Data": "6869", "Encoding": "HeX"}, b"hi"),
    ("Decoding comes first; templates run on what was decoded.",
     {"Data": b64('{{ "decoded" }}'), "Encoding": "base64"}, b"decoded"),
    ("With NoTemplates what was decoded is the content.",
     {"Data": b64("{{ .Nonsense"), "Encoding": "base64", "NoTemplates": True}, b"{{ .Nonsense"),
    ("NoTemplates works with a plain string as well.", {"Data": "{{ .A }}", "NoTemplates": True}, b"{{ .A }}"),
    ("An empty value is an empty file.", "", b""),
])
def _(bench, value, expected):
    same(got(bench, values(files={"/f": value})).files, {"/f": expected}, "files")


@case("1.5", "Argv is passed verbatim, without templates.")
def _(bench):
    argv = ["program", "{{ .Secrets.x }}", "", "--flag=\u00e4 b"]
    same(got(bench, manifest(Marbles=marble(Parameters={"Argv": argv}))).argv, argv, "argv")


@case("1.5", "MaxActivations limits the activations of a type; one more is refused.")
def _(bench):
    c = bench.mesh(manifest(Marbles=marble(MaxActivations=2)))
    m.activate(c)
    m.activate(c, uuid="21111111-2222-4333-8444-555555555555")
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")


@case("1.5", "A restart with the same UUID consumes an activation.")
def _(bench):
    c = bench.mesh(manifest(Marbles=marble(MaxActivations=1)))
    m.activate(c)
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")


@case("1.5", "MaxActivations of 0 is no limit, and so is none at all.")
def _(bench):
    c = bench.mesh(manifest(Marbles={"m": {"Package": "pkg", "MaxActivations": 0}, "n": {"Package": "pkg"}}))
    for _ in range(3):
        m.activate(c, "m")
        m.activate(c, "n")


@case("1.5", "Refused activations are not counted.")
def _(bench):
    c = bench.mesh(manifest(Marbles=marble(MaxActivations=1)))
    m.refused(c, "INVALID_ARGUMENT", uuid="x")
    m.refused(c, "INTERNAL", csr=b"")
    m.activate(c)


@case("1.5", "The counter is persisted: it survives kill -9.")
def _(bench):
    c = bench.mesh(manifest(Marbles=marble(MaxActivations=2)))
    m.activate(c)
    c.restart()
    m.activate(c)
    c.restart()
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")


@case("1.5", "The counter is not reset by an update, nor by removing and adding the marble.")
def _(bench):
    two = {"m": {"Package": "pkg", "MaxActivations": 1}, "n": {"Package": "pkg"}}
    c = bench.mesh(by_anna(Marbles=two))
    m.activate(c)
    c.update(by_anna(Marbles=two, TLS={}), anna()).data
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")
    c.update(by_anna(Marbles={"n": two["n"]}), anna()).data
    m.refused(c, "PERMISSION_DENIED", reason="marble_unknown")
    c.update(by_anna(Marbles=two), anna()).data
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")


@case("1.5", "MaxActivations is exact when many marbles ask at once.")
def _(bench):
    import concurrent.futures
    c = bench.mesh(manifest(Marbles=marble(MaxActivations=7)))
    def ask(_):
        try:
            m.activate(c)
            return 1
        except m.Refused as e:
            same(e.reason, "marble_limit", "reason")
            return 0
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        same(sum(pool.map(ask, range(24))), 7, "activations")
    c.restart()
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")


@case("1.5", "DisableSecretBinding derives private keys without the type's name.")
def _(bench):
    env = {"Parameters": {"Env": {"K": "{{ hex .Secrets.k }}"}}}
    marbles = {name: {"Package": "pkg", "DisableSecretBinding": unbound, **env}
               for name, unbound in (("a", True), ("b", True), ("c", False), ("d", False))}
    c = bench.mesh(manifest(Marbles=marbles, Secrets={"k": {"Type": "symmetric-key", "Size": 256}}))
    keys = {name: m.activate(c, name).env["K"] for name in marbles}
    same(keys["a"], keys["b"], "keys of both types without binding")
    same(len(set(keys.values())), 3, "different keys otherwise")
