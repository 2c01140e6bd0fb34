# SPDX-License-Identifier: Apache-2.0
"""Sections 1.10 to 1.16: users, roles, recovery keys, TLS tags, Config, updates, fingerprint."""
import hashlib
import json

import marble as m
import pki
from coordinator import b64, unb64
from harness import case, cases, holds, lacks, same, true
from manifests import *

SECRETS = {"shared": {"Type": "symmetric-key", "Size": 128, "Shared": True},
           "private": {"Type": "symmetric-key", "Size": 128}, "up": {"Type": "plain", "UserDefined": True}}


def with_role(kind, actions, names=None):
    return manifest(Secrets=SECRETS, Users=users(anna=["r"]), Roles={"r": role(kind, actions, names)})


# ---- 1.10 users and roles


@cases("1.10", [
    ("A user needs a certificate.", {"Certificate": "", "Roles": []}),
    ("A user's certificate must be PEM.", {"Certificate": "nonsense", "Roles": []}),
    ("A user's certificate must parse as X.509.",
     {"Certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "Roles": []}),
    ("A user's role must be defined.", lambda: user("anna", "nobody")),
])
def _(bench, one):
    refused(bench, manifest(Users={"the_user": one() if callable(one) else one}), reason="manifest_user")


@case("1.10", "Two users with the identical PEM string are an error.")
def _(bench):
    refused(bench, manifest(Users={"a": user("anna"), "b": user("anna")}), reason="manifest_user")


@case("1.10", "Of a user's PEM the first block is used.")
def _(bench):
    two = {"Certificate": person("anna").pem + person("bert").pem, "Roles": ["r"]}
    c = bench.mesh(manifest(Users={"x": two}, Roles={"r": role("Secrets", ["ReadSecret"], ["shared"])}, Secrets=SECRETS))
    c.get("/api/v2/secrets?s=shared", user=anna()).data
    c.get("/api/v2/secrets?s=shared", user=bert()).refused(401, "fail")


@cases("1.10", [
    ("ResourceType must exist.", ("Nothing", ["ReadSecret"], [])),
    ("ResourceType is compared with regard to case.", ("secrets", ["ReadSecret"], ["shared"])),
    ("An action must exist.", ("Secrets", ["Nothing"], ["shared"])),
    ("An action must go with its resource type: UpdateManifest on Secrets.", ("Secrets", ["UpdateManifest"], ["shared"])),
    ("An action must go with its resource type: ReadSecret on Packages.", ("Packages", ["ReadSecret"], ["pkg"])),
    ("An action must go with its resource type: UpdateSecurityVersion on Manifest.",
     ("Manifest", ["UpdateSecurityVersion"], [])),
    ("A package in a role must be defined.", ("Packages", ["UpdateSecurityVersion"], ["other"])),
    ("A secret in a role must be defined.", ("Secrets", ["ReadSecret"], ["other"])),
    ("WriteSecret needs a user-defined secret.", ("Secrets", ["WriteSecret"], ["shared"])),
    ("ReadSecret needs a shared or user-defined secret.", ("Secrets", ["ReadSecret"], ["private"])),
    ("ResourceNames of Manifest must be empty.", ("Manifest", ["UpdateManifest"], ["x"])),
])
def _(bench, one):
    refused(bench, with_role(*one), reason="manifest_role")


@cases("1.10", [
    ("Actions are compared without regard to case.", ("Secrets", ["rEADsECRET", "WRITESECRET"], ["up"])),
    ("ResourceNames of Manifest may be null.", ("Manifest", ["UpdateManifest"], None)),
    ("A role may name several secrets.", ("Secrets", ["ReadSecret"], ["shared", "up"])),
    ("A role may have several packages.", ("Packages", ["UpdateSecurityVersion"], ["pkg"])),
])
def _(bench, one):
    accepted(bench, with_role(*one))


@case("1.10", "Permissions are the union over a user's roles.")
def _(bench):
    roles = {"a": role("Secrets", ["ReadSecret"], ["shared"]), "b": role("Secrets", ["ReadSecret"], ["up"])}
    c = bench.mesh(manifest(Secrets=SECRETS, Users=users(anna=["a", "b"], bert=["a"]), Roles=roles))
    c.get("/api/v2/secrets?s=shared&s=up", user=anna()).data
    c.get("/api/v2/secrets?s=shared", user=bert()).data


@case("1.10", "A request for several resources is granted only if all are in the set.")
def _(bench):
    c = bench.running()
    c.get("/api/v2/secrets?s=shared&s=cert", user=anna()).data
    c.get("/api/v2/secrets?s=shared&s=hidden", user=anna()).refused(500, "error", reason="user_denied")


# ---- 1.11 recovery keys


def rsa_pem(bits=2048):
    return pki.public_pem(pki.key("RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}"))


@cases("1.11", [
    ("A recovery key must be PEM.", lambda: "nonsense"),
    ("A recovery key in PKCS#1 (RSA PUBLIC KEY) is refused.",
     lambda: pki.openssl("rsa", "-in", pki.key("RSA"), "-RSAPublicKey_out").decode()),
    ("A recovery key must be an RSA key.", lambda: pki.public_pem(pki.key())),
    ("A certificate is no recovery key.", lambda: person("anna").pem),
    ("A recovery key must not be empty.", lambda: ""),
])
def _(bench, make):
    refused(bench, manifest(RecoveryKeys={"the_key": make()}), reason="manifest_recovery_key")


@case("1.11", "The same recovery key may appear under several names.")
def _(bench):
    pem = rsa_pem()
    same(set(bench.start(MESH_SIM="none").set(manifest(RecoveryKeys={"a": pem, "b": pem}))["RecoverySecrets"]), {"a", "b"})


# ---- 1.12 TLS tags


def tag(**members):
    return manifest(TLS={"web": members}, Secrets={"c": {"Type": "cert-ecdsa", "Size": 256, "Shared": True}},
                    Marbles=marble(TLS=["web"]))


@cases("1.12", [
    ("Incoming needs a Port.", dict(Incoming=[{}])),
    ("Cert of Incoming must name a secret.", dict(Incoming=[{"Port": "1", "Cert": "none", "DisableClientAuth": True}])),
    ("Cert of Incoming needs DisableClientAuth.", dict(Incoming=[{"Port": "1", "Cert": "c"}])),
    ("DisableClientAuth needs Cert.", dict(Incoming=[{"Port": "1", "DisableClientAuth": True}])),
    ("Outgoing needs an Addr.", dict(Outgoing=[{"Port": "1"}])),
    ("Outgoing needs a Port.", dict(Outgoing=[{"Addr": "a"}])),
])
def _(bench, members):
    refused(bench, tag(**members), "web", "manifest_tls")


@case("1.12", "Port is a string: a number is a type mismatch.")
def _(bench):
    refused(bench, tag(Incoming=[{"Port": 1}]), reason="manifest_syntax")


@cases("1.12", [
    ("Incoming with a Port.", dict(Incoming=[{"Port": "8443"}])),
    ("Incoming with Cert and DisableClientAuth.", dict(Incoming=[{"Port": "1", "Cert": "c", "DisableClientAuth": True}])),
    ("Addr of Incoming is ignored.", dict(Incoming=[{"Port": "1", "Addr": "nowhere"}])),
    ("Outgoing with Addr and Port.", dict(Outgoing=[{"Port": "1", "Addr": "a.example"}])),
    ("Cert and DisableClientAuth of Outgoing are ignored.",
     dict(Outgoing=[{"Port": "1", "Addr": "a", "Cert": "none", "DisableClientAuth": True}])),
])
def _(bench, members):
    accepted(bench, tag(**members))


@case("1.12", "A marble with TLS tags gets MARBLE_TTLS_CONFIG with its endpoints and credentials (6.6).")
def _(bench):
    found = got(bench, tag(Incoming=[{"Port": "2000"}, {"Port": "2001", "Cert": "c", "DisableClientAuth": True}],
                           Outgoing=[{"Port": "3000", "Addr": "peer.example"}]))
    text = found.env["MARBLE_TTLS_CONFIG"].decode()
    true(text.startswith('{"tls":{"Incoming":{"*:2000":{"cacrt":"-----BEGIN CERTIFICATE-----'), text[:100])
    tls = json.loads(text)["tls"]
    same((set(tls["Incoming"]), set(tls["Outgoing"])), ({"*:2000", "*:2001"}, {"peer.example:3000"}), "endpoints")
    own = tls["Incoming"]["*:2000"]
    same(own["cacrt"].encode(), found.env["MARBLE_PREDEFINED_ROOT_CA"], "cacrt")
    same(own["clicrt"], found.chain()[0], "clicrt")
    same(own["clikey"].encode(), found.env["MARBLE_PREDEFINED_PRIVATE_KEY"], "clikey")
    same((own["clientAuth"], tls["Incoming"]["*:2001"]["clientAuth"]), (True, False), "clientAuth")
    true(tls["Incoming"]["*:2001"]["clicrt"] != own["clicrt"], "the secret's certificate")
    same(set(tls["Outgoing"]["peer.example:3000"]), {"cacrt", "clicrt", "clikey"}, "members of Outgoing")


@case("1.12", "Both sides of MARBLE_TTLS_CONFIG are always there; without tags there is no such variable.")
def _(bench):
    found = got(bench, tag(Incoming=[{"Port": "1"}]))
    same(json.loads(found.env["MARBLE_TTLS_CONFIG"])["tls"]["Outgoing"], {}, "Outgoing")
    lacks(got(bench, manifest()).env, "MARBLE_TTLS_CONFIG", "variables without tags")


# ---- 1.13 Config


def config(**members):
    return updatable(Config=members)


@cases("1.13", [
    ("SealMode must exist.", config(SealMode="Other")),
    ("SealMode is compared with regard to case.", config(SealMode="productkey")),
    ("A feature gate must exist.", config(FeatureGates=["Nothing"])),
    ("UpdateThreshold must not be above the number of users who may update.", config(UpdateThreshold=3)),
    ("UpdateThreshold needs users who may update.", manifest(Config={"UpdateThreshold": 1})),
    ("RecoveryThreshold must not be above the number of recovery keys.", config(RecoveryThreshold=2)),
    ("AzureHSMSealing needs its environment.", config(FeatureGates=["AzureHSMSealing"])),
])
def _(bench, upload):
    c = bench.fresh()
    reason = c.post_manifest(upload).refused(500, "error").json["reason"]
    true(reason in ("manifest_config", "unsupported"), f"reason {reason}")


@case("1.13", "RecoveryThreshold of 1 is an error.")
def _(bench):
    refused(bench, manifest(RecoveryKeys={"a": rsa_pem(), "b": rsa_pem()}, Config={"RecoveryThreshold": 1}),
            reason="manifest_config")


@cases("1.13", [
    ("SealMode may be empty.", config(SealMode="")), ("SealMode may be ProductKey.", config(SealMode="ProductKey")),
    ("SealMode may be UniqueKey.", config(SealMode="UniqueKey")),
    ("SealMode may be Disabled.", config(SealMode="Disabled")),
    ("Feature gates are compared without regard to case.", config(FeatureGates=["signquoteENDPOINT", "monotoniccounter"])),
    ("UpdateThreshold may be the number of users who may update.", config(UpdateThreshold=2)),
    ("UpdateThreshold of 0 means all.", config(UpdateThreshold=0)),
    ("RecoveryThreshold of 0 means all.", config(RecoveryThreshold=0)),
    ("RotateRootSecret may be set from the start.", config(RotateRootSecret=True)),
])
def _(bench, upload):
    accepted(bench, upload)


@case("1.13", "For UpdateThreshold each user counts once, also with two roles.")
def _(bench):
    roles = {"up": UPDATER, "also": UPDATER}
    refused(bench, manifest(Users=users(anna=["up", "also"]), Roles=roles, Config={"UpdateThreshold": 2}),
            reason="manifest_config")


# ---- 1.14 setting


@case("1.14", "A manifest that is refused at any step leaves nothing: the next good one is set as the first.")
def _(bench):
    c = bench.start(MESH_SIM="none")
    recovery = {"a": rsa_pem(), "b": rsa_pem()}
    c.post_manifest(values(env={"A": "{{ hex .Secrets.none }}"}, RecoveryKeys=recovery)).refused(500, "error")
    true(not __import__("os").path.exists(c.state_folder) or not __import__("os").listdir(c.state_folder), "files were written")
    same(c.set(manifest())["RecoverySecrets"], {}, "recovery secrets of the good one")
    same(len(c.log_of_updates()), 1, "lines of the update log")


@case("1.14", "A second manifest is refused: the server is not in expected state.")
def _(bench):
    c = bench.running()
    c.post_manifest(manifest()).refused(500, "error", "server is not in expected state", "state_wrong")
    c.post("/manifest", json.dumps(manifest())).refused(400, "error", "server is not in expected state", "state_wrong")


@case("1.14", "When two set a manifest at once, one of them wins and the other is refused.")
def _(bench):
    import concurrent.futures
    c = bench.start(MESH_SIM="none")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        uploads = [manifest(Marbles={f"m{i}": {"Package": "pkg"}}) for i in range(6)]
        answers = list(pool.map(c.post_manifest, uploads))
    won = [i for i, a in enumerate(answers) if a.status == 200]
    same(len(won), 1, "manifests that were set")
    same(json.loads(unb64(c.get("/api/v2/manifest").data["manifest"])), uploads[won[0]], "the manifest in force")


# ---- 1.15 package updates

SIGNED = {"SignerID": "aa" * 32, "ProductID": 1, "SecurityVersion": 5}


def packages(**more):
    return by_anna(Packages={"pkg": dict(SIGNED), "bare": {"UniqueID": UNIQUE_ID}, **more},
                   Secrets={"c": {"Type": "cert-ecdsa", "Size": 256, "Shared": True},
                            "k": {"Type": "symmetric-key", "Size": 128, "Shared": True}})


def svn(number, name="pkg", **more):
    return {"Packages": {name: {"SecurityVersion": number}}, **more}


@cases("1.15", [
    ("A package update may raise the security version.", svn(6)),
    ("A package update may keep the security version.", svn(5)),
    ("Config beside Packages is ignored: it is a package update.", svn(6, Config={"SealMode": "Disabled"})),
    ("AcceptedTCBStatuses and AcceptedAdvisories of a package update are ignored.",
     {"Packages": {"pkg": {"SecurityVersion": 6, "AcceptedTCBStatuses": ["x"], "AcceptedAdvisories": ["y"]}}}),
    ("If no security version was set any value is fine.", svn(1, "none")),
])
def _(bench, upload):
    c = bench.mesh(packages(none={"Debug": True}))
    same(c.update(upload, anna()).data, {"missingAcknowledgments": 0, "missingUsers": None}, "result")


@cases("1.15", [
    ("A package update must not lower the security version.", svn(4),
     "update manifest tries to downgrade SecurityVersion of the original manifest", "update_downgrade"),
    ("A package update needs a package.", {}, "", "update_package"),
    ("A package update needs packages that exist.", svn(9, "nobody"), "nobody", None),
    ("A package update needs SecurityVersion.", {"Packages": {"pkg": {}}}, "pkg", "update_package"),
    ("A package update must not set Debug.", {"Packages": {"pkg": {"SecurityVersion": 6, "Debug": True}}}, "",
     "update_package"),
    ("A package update must not set UniqueID.", {"Packages": {"pkg": {"SecurityVersion": 6, "UniqueID": "aa"}}}, "",
     "update_package"),
    ("A package update must not set SignerID.", {"Packages": {"pkg": {"SecurityVersion": 6, "SignerID": "aa" * 32}}}, "",
     "update_package"),
    ("A package update must not set ProductID.", {"Packages": {"pkg": {"SecurityVersion": 6, "ProductID": 1}}}, "",
     "update_package"),
    ("An update that is no JSON is refused.", "nonsense", "", "manifest_syntax"),
])
def _(bench, upload, text, reason):
    c = bench.mesh(packages())
    before = c.log_of_updates()
    c.update(upload, anna()).refused(500, "error", text, reason)
    same(c.log_of_updates(), before, "update log after a refusal")
    c.call("POST", "/update", __import__("coordinator").as_bytes(upload), user=anna()).refused(400, "error", text, reason)


@case("1.15", "A package update needs UpdateSecurityVersion on every package that it names.")
def _(bench):
    upload = packages(other=dict(SIGNED))
    upload["Roles"]["svn"]["ResourceNames"] = ["pkg"]
    c = bench.mesh(upload)
    both = {"Packages": {"pkg": {"SecurityVersion": 6}, "other": {"SecurityVersion": 6}}}
    c.update(both, anna()).refused(500, "error", reason="user_denied")
    c.update(svn(6), anna()).data


@case("1.15", "A package update that names one downgrade among others changes nothing.")
def _(bench):
    c = bench.mesh(packages(other=dict(SIGNED)))
    c.update({"Packages": {"pkg": {"SecurityVersion": 6}, "other": {"SecurityVersion": 4}}}, anna()).refused(500, "error")
    c.update(svn(5), anna()).data


@case("1.15", "The effective security version of a package update is remembered, over restarts too.")
def _(bench):
    c = bench.mesh(packages())
    c.update(svn(8), anna()).data
    c.restart()
    c.update(svn(7), anna()).refused(500, "error", reason="update_downgrade")
    c.update(svn(8), anna()).data


@case("1.15", "A raised security version is demanded of the next activation.")
def _(bench):
    program = m.Program("--product-id", "7", "--security-version", "5")
    properties = {k: program.properties[k] for k in ("SignerID", "ProductID", "SecurityVersion")}
    c = bench.mesh(by_anna(Packages={"pkg": properties}), MESH_SIM=None)
    who = m.Asker(program)
    m.activate(c, who=who)
    c.update(svn(6), anna()).data
    m.refused(c, "PERMISSION_DENIED", who=who, reason="security_version")


@case("1.15", "A package update makes a new intermediate and marble root, and shared certificates; keys stay.")
def _(bench):
    upload = packages()
    upload["Marbles"]["m"]["Parameters"] = {"Env": {"K": "{{ hex .Secrets.k }}", "C": "{{ hex .Secrets.c.Cert }}"}}
    c = bench.mesh(upload)
    before, chain, fingerprint = m.activate(c).env, c.chain(), c.get("/api/v2/manifest").data
    c.update(svn(6), anna()).data
    after, new_chain = m.activate(c).env, c.chain()
    same((after["K"], new_chain[1]), (before["K"], chain[1]), "symmetric key and root certificate")
    true(new_chain[0] != chain[0], "the intermediate is new")
    for name in ("C", "MARBLE_PREDEFINED_ROOT_CA"):
        true(after[name] != before[name], f"{name} is new")
    leaf = bytes.fromhex(after["C"].decode())
    true(pki.verify(leaf, [pki.der_of(after["MARBLE_PREDEFINED_ROOT_CA"])]), "the new certificate under the new root")
    same(c.get("/api/v2/manifest").data, fingerprint, "manifest, fingerprint and signature")


@case("1.15", "A new intermediate after a package update has all names of the root certificate.")
def _(bench):
    c = bench.mesh(packages(), EDG_COORDINATOR_DNS_NAMES="a.example,10.1.2.3")
    c.update(svn(6), anna()).data
    names = [pki.Certificate(pki.der_of(pem)).alternative_names() for pem in c.chain()]
    same(names[0], names[1], "names of intermediate and root")
    holds(names[0][1], "0a010203", "addresses")


# ---- 1.15 full updates


def full(bench, before, after):
    c = bench.mesh(before)
    return c, c.update(after, anna())


@case("1.15", "A full update by one who suffices is applied at once.")
def _(bench):
    after = by_anna(Marbles={"n": {"Package": "pkg"}})
    c, answer = full(bench, by_anna(), after)
    same(answer.data, {"missingAcknowledgments": 0, "missingUsers": None}, "result")
    same(json.loads(unb64(c.get("/api/v2/manifest").data["manifest"])), after, "manifest in force")
    m.activate(c, "n")
    m.refused(c, "PERMISSION_DENIED", reason="marble_unknown")


@cases("1.15", [(f"An upload with {name} beside Packages is a full update.", name) for name in
                ("Marbles", "Users", "Secrets", "Roles", "TLS", "Infrastructures", "RecoveryKeys")])
def _(bench, name):
    value = {"Marbles": marble(), "Users": users(anna=[]), "Secrets": {"s": {"Type": "symmetric-key", "Size": 8}},
             "Roles": {"r": UPDATER}, "TLS": {"t": {}}, "Infrastructures": {"i": {}}, "RecoveryKeys": {"k": "x"}}[name]
    c = bench.mesh(manifest(Users=users(anna=["svn"]), Roles={"svn": role("Packages", ["UpdateSecurityVersion"], ["pkg"])},
                            Packages={"pkg": dict(SIGNED)}))
    c.update({**svn(6), name: value}, anna()).refused(500, "error", reason="user_denied")


@case("1.15", "A full update needs UpdateManifest.")
def _(bench):
    bench.running().update(running_manifest(), anna()).refused(500, "error", reason="user_denied")


@case("1.15", "The new manifest of a full update must pass all checks, and a refused one changes nothing.")
def _(bench):
    c = bench.mesh(by_anna())
    chain, log = c.chain(), c.log_of_updates()
    c.update(by_anna(Marbles={"m": {"Package": "none"}}), anna()).refused(500, "error", reason="manifest_package_unknown")
    c.update(by_anna(Marbles=marble(Parameters={"Env": {"A": "{{ hex .Secrets.x }}"}})), anna()).refused(
        500, "error", reason="template_value")
    same((c.chain(), c.log_of_updates()), (chain, log), "chain and log")


@case("1.15", "Updates are refused while another full update is pending: package updates and full ones.")
def _(bench):
    upload = updatable(Packages={"pkg": dict(SIGNED)})
    upload["Roles"]["svn"] = role("Packages", ["UpdateSecurityVersion"], ["pkg"])
    upload["Users"]["anna"]["Roles"].append("svn")
    c = bench.mesh(upload)
    c.update({**upload, "TLS": {}}, anna()).data
    c.update(svn(6), anna()).refused(500, "error", reason="update_pending")
    c.update({**upload, "Infrastructures": {}}, anna()).refused(500, "error", reason="update_pending")
    c.update({**upload, "TLS": {}}, bert()).refused(500, "error", reason="update_pending")


@case("1.15", "All users who may update must acknowledge; the submitter is counted at once.")
def _(bench):
    c = bench.mesh(updatable())
    after = updatable(TLS={})
    same(c.update(after, anna()).data, {"missingAcknowledgments": 1, "missingUsers": ["bert"]}, "result")
    same(json.loads(unb64(c.get("/api/v2/manifest").data["manifest"])), updatable(), "manifest while it is pending")
    done = c.post_manifest(after, "/api/v2/update-manifest", user=bert()).data
    same((done["missingAcknowledgments"], done["missingUsers"]), (0, None), "result of the acknowledgment")
    same(json.loads(unb64(c.get("/api/v2/manifest").data["manifest"])), after, "manifest in force")
    c.get("/api/v2/update-manifest").refused(404, "error", "no update in progress", "update_none")


def three(**sections):
    return manifest(Users=users(anna=["up"], bert=["up"], carl=["up"], dora=[]), Roles={"up": UPDATER}, **sections)


@case("1.15", "UpdateThreshold says how many must acknowledge.")
def _(bench):
    c = bench.mesh(three(Config={"UpdateThreshold": 2}))
    after = three(Config={"UpdateThreshold": 1})
    same(c.update(after, anna()).data, {"missingAcknowledgments": 1, "missingUsers": ["bert", "carl"]}, "result")
    same(c.post_manifest(after, "/api/v2/update-manifest", user=person("carl").files).data["missingAcknowledgments"], 0)
    same(c.update(three(), bert()).data["missingAcknowledgments"], 0, "with the threshold 1 of the new manifest")


@case("1.15", "Acknowledging again is accepted and changes nothing.")
def _(bench):
    c = bench.mesh(three())
    after = three(TLS={})
    c.update(after, anna()).data
    for _ in range(2):
        again = c.post_manifest(after, "/api/v2/update-manifest", user=anna()).data
        same((again["missingAcknowledgments"], again["missingUsers"]), (2, ["bert", "carl"]), "result")


@case("1.15", "Acknowledging takes byte-identical manifest bytes.")
def _(bench):
    c = bench.mesh(updatable())
    after = json.dumps(updatable(TLS={}))
    c.update(after, anna()).data
    c.post_manifest(after + " ", "/api/v2/update-manifest", user=bert()).refused(500, "error", reason="update_other")
    c.post_manifest(after, "/api/v2/update-manifest", user=bert()).data


@case("1.15", "A user who may not update cannot acknowledge, nor cancel.")
def _(bench):
    c = bench.mesh(three())
    after = three(TLS={})
    c.update(after, anna()).data
    dora = person("dora").files
    c.post_manifest(after, "/api/v2/update-manifest", user=dora).refused(500, "error", reason="user_denied")
    c.post("/api/v2/update-cancel", "", user=dora).refused(500, "error", reason="user_denied")
    same(c.get("/api/v2/update-manifest").data["missingUsers"], ["bert", "carl"], "missing users")


@case("1.15", "A pending update survives a restart, with its acknowledgments.")
def _(bench):
    c = bench.mesh(three())
    after = three(TLS={})
    c.update(after, anna()).data
    c.post_manifest(after, "/api/v2/update-manifest", user=bert()).data
    c.restart()
    pending = c.get("/api/v2/update-manifest").data
    same((json.loads(unb64(pending["manifest"])), pending["missingUsers"]), (after, ["carl"]), "pending update")
    same(c.post_manifest(after, "/api/v2/update-manifest", user=person("carl").files).data["missingAcknowledgments"], 0)


@case("1.15", "Any user who may update may cancel; another update can be submitted then.")
def _(bench):
    c = bench.mesh(three())
    c.update(three(TLS={}), anna()).data
    c.post("/api/v2/update-cancel", "", user=bert()).data
    c.get("/api/v2/update-manifest").refused(404, "error", reason="update_none")
    c.post("/api/v2/update-cancel", "", user=bert()).refused(404, "error", "no update in progress", "update_none")
    c.post_manifest(three(TLS={}), "/api/v2/update-manifest", user=bert()).refused(404, "error", reason="update_none")
    same(c.update(three(TLS={}), person("carl").files).data["missingUsers"], ["anna", "bert"], "missing users")


@case("1.15", "A security version that a package update raised stays, if a full update does not know of it (MarbleRun lowers it).")
def _(bench):
    c = bench.mesh(packages())
    c.update(svn(9), anna()).data
    c.update({**packages(), "TLS": {}}, anna()).data
    c.update(svn(8), anna()).refused(500, "error", reason="update_downgrade")


@case("1.15", "A full update may lower a security version that only the manifest said.")
def _(bench):
    c = bench.mesh(packages())
    lower = packages()
    lower["Packages"]["pkg"]["SecurityVersion"] = 3
    c.update(lower, anna()).data
    c.update(svn(4), anna()).data


@case("1.15", "A removed secret is gone; a new user-defined one is empty; an unchanged one is kept.")
def _(bench):
    one = {"old": {"Type": "plain", "UserDefined": True}, "kept": {"Type": "plain", "UserDefined": True}}
    two = {"kept": one["kept"], "new": {"Type": "plain", "UserDefined": True}}
    c = bench.mesh(by_anna(Secrets=one))
    body = {"secrets": {"old": {"Key": b64("old")}, "kept": {"Key": b64("kept")}}}
    c.post("/api/v2/secrets", json.dumps(body), user=anna()).data
    c.update(by_anna(Secrets=two), anna()).data
    found = c.get("/api/v2/secrets?s=kept&s=new", user=anna()).data["secrets"]
    same((found["kept"]["Private"], found["new"]["Private"]), (b64("kept"), None), "values")
    c.get("/api/v2/secrets?s=old", user=anna()).refused(500, "error")
    c.update(by_anna(Secrets=one), anna()).data
    same(c.get("/api/v2/secrets?s=old", user=anna()).data["secrets"]["old"]["Private"], None, "value after its return")


@cases("1.15", [
    ("A secret with another Size is a new one.", {"Size": 256}),
    ("A secret that is not shared any more is another one.", {"Shared": False, "UserDefined": True}),
])
def _(bench, change):
    before = {"Type": "symmetric-key", "Size": 128, "Shared": True}
    c = bench.mesh(by_anna(Secrets={"k": before}))
    first = c.get("/api/v2/secrets?s=k", user=anna()).data["secrets"]["k"]["Private"]
    c.update(by_anna(Secrets={"k": {**before, **change}}), anna()).data
    true(c.get("/api/v2/secrets?s=k", user=anna()).data["secrets"]["k"]["Private"] != first, "another value")


@case("1.15", "The Cert template is no part of a secret's definition; certificates are made from the new one.")
def _(bench):
    def upload(name):
        return by_anna(Secrets={"c": {"Type": "cert-ecdsa", "Size": 256, "Shared": True, "Cert": {"Subject": {"CommonName": name}}}},
                       Marbles=marble(Parameters={"Env": {"NOW": "{{ hex .Secrets.c.Cert }}",
                                                          "WAS": "{{ hex .Previous.Secrets.c.Cert }}"}}))
    c = bench.mesh(upload("one"))
    c.update(upload("two"), anna()).data
    env = m.activate(c).env
    names = [pki.Certificate(bytes.fromhex(env[k].decode())).common_name() for k in ("WAS", "NOW")]
    same(names, ["one", "two"], "common names")


@case("1.15", "A full update makes a new intermediate and marble root; the root certificate never changes.")
def _(bench):
    c = bench.mesh(by_anna())
    root, chain, server = c.server_certificate(), c.chain(), c.server_certificate(c.mesh_port, m.default_asker().user)
    c.update(by_anna(TLS={}), anna()).data
    same((c.server_certificate(), c.chain()[1]), (root, chain[1]), "root")
    true(c.chain()[0] != chain[0], "the intermediate is new")
    true(c.server_certificate(c.mesh_port, m.default_asker().user) != server, "the marble root is new")


@case("1.15", "Users, and what they may do, change with a full update.")
def _(bench):
    c = bench.mesh(by_anna())
    after = manifest(Users=users(bert=["up"]), Roles={"up": UPDATER})
    c.update(after, anna()).data
    c.update(by_anna(), anna()).refused(401, "fail")
    c.update(by_anna(), bert()).data


@case("1.15", "New recovery keys: the recovery secrets go to who completed the update.")
def _(bench):
    keys = [pki.key("RSA") for _ in range(2)]
    c = bench.mesh(updatable(RecoveryKeys={"a": pki.public_pem(keys[0])}))
    after = updatable(RecoveryKeys={"a": pki.public_pem(keys[0]), "b": pki.public_pem(keys[1])})
    lacks(c.update(after, anna()).data, "recoverySecrets", "result of the submission")
    done = c.post_manifest(after, "/api/v2/update-manifest", user=bert()).data
    same({n: len(pki.oaep_decrypt(k, unb64(done["recoverySecrets"][n]))) for n, k in zip("ab", keys)}, {"a": 32, "b": 32})


@cases("1.15", [
    ("Recovery keys that are taken away are a change: the map is there, and empty.", {}, {}),
])
def _(bench, after, expected):
    c = bench.mesh(by_anna(RecoveryKeys={"a": rsa_pem()}))
    same(c.update(by_anna(RecoveryKeys=after), anna()).data["recoverySecrets"], expected, "recovery secrets")


@case("1.15", "Unchanged recovery keys: no new recovery secrets; a threshold of 0 and of all are the same.")
def _(bench):
    keys = {n: rsa_pem() for n in "ab"}
    c = bench.mesh(by_anna(RecoveryKeys=keys))
    lacks(c.update(by_anna(RecoveryKeys=keys, Config={"RecoveryThreshold": 2}), anna()).data, "recoverySecrets", "result")


@case("1.15", "Another recovery threshold makes new recovery secrets.")
def _(bench):
    keys = {n: rsa_pem() for n in "abc"}
    c = bench.mesh(by_anna(RecoveryKeys=keys))
    result = c.update(by_anna(RecoveryKeys=keys, Config={"RecoveryThreshold": 2}), anna()).data
    same(set(result["recoverySecrets"]), set("abc"), "recovery secrets")


@case("1.15", "Marbles that run keep working among themselves after an update: their certificates still verify.")
def _(bench):
    c = bench.mesh(by_anna())
    found = m.activate(c)
    c.update(by_anna(TLS={}), anna()).data
    leaf, root = pki.der_of(found.chain()[0]), pki.der_of(found.env["MARBLE_PREDEFINED_ROOT_CA"])
    true(pki.verify(leaf, [root]), "the old leaf under the old marble root")
    intermediate = pki.der_of(found.chain()[1])
    true(pki.verify(leaf, [pki.der_of(c.chain()[1])], [intermediate]), "the old leaf through the old intermediate")


# ---- 1.16


@case("1.16", "The fingerprint is the lower-case hex SHA-256 of the raw bytes; v1 calls it ManifestSignature.")
def _(bench):
    c, expected = bench.running(), hashlib.sha256(json.dumps(running_manifest()).encode()).hexdigest()
    same(c.get("/api/v2/manifest").data["manifestFingerprint"], expected, "v2")
    same(c.get("/manifest").data["ManifestSignature"], expected, "v1")


@case("1.16", "ManifestSignatureRootECDSA is the root key's ECDSA signature over SHA-256 of the raw bytes.")
def _(bench):
    c = bench.running()
    data = c.get("/manifest").data
    root = c.server_certificate()
    true(pki.signature_holds(root, unb64(data["ManifestSignatureRootECDSA"]), unb64(data["Manifest"])), "signature")


@case("1.16", "After a full update fingerprint and signature are the new manifest's.")
def _(bench):
    c, after = bench.mesh(by_anna()), json.dumps(by_anna(TLS={}))
    c.update(after, anna()).data
    data = c.get("/api/v2/manifest").data
    same(data["manifestFingerprint"], hashlib.sha256(after.encode()).hexdigest(), "fingerprint")
    true(pki.signature_holds(c.server_certificate(), unb64(data["manifestSignatureRootECDSA"]), after.encode()), "signature")
