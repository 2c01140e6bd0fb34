# SPDX-License-Identifier: Apache-2.0
"""Section 5: state, sealing, recovery, update log, event log."""
import base64
import hashlib
import json
import os
import re
import signal
import stat
import threading

import marble as m
import pki
from coordinator import b64, unb64
from harness import case, cases, holds, lacks, same, true
from manifests import *
from recovery import in_recovery, recoverable, report_data

# ---- 5.1 files


@case("5.1", "The folder is made with mode 0700, its files with 0600.")
def _(bench):
    c = bench.mesh(manifest())
    same(stat.S_IMODE(os.stat(c.state_folder).st_mode), 0o700, "mode of the folder")
    modes = {stat.S_IMODE(os.stat(os.path.join(c.state_folder, f)).st_mode) for f in os.listdir(c.state_folder)}
    same(modes, {0o600}, "modes of the files")
    true({"sealed_data", "sealed_key"} <= set(os.listdir(c.state_folder)), f"files {os.listdir(c.state_folder)}")


@case("5.1", "Nothing is written until a manifest is set: a restart before it yields a new root certificate.")
def _(bench):
    c = bench.start()
    root = c.server_certificate()
    true(not os.path.exists(c.state_folder) or not os.listdir(c.state_folder), "files before a manifest")
    c.restart()
    true(c.server_certificate() != root, "the same root")


@case("5.1", "Nothing is written with SealMode Disabled: a restart is a fresh start.")
def _(bench):
    c = bench.mesh(by_anna(Config={"SealMode": "Disabled"}))
    c.update(by_anna(Config={"SealMode": "Disabled"}, TLS={}), anna()).data
    true(not os.path.exists(c.state_folder) or not os.listdir(c.state_folder), "files")
    c.restart()
    same(c.state(), 2, "state")


@case("5.1", "Nothing is written in recovery.")
def _(bench):
    c, _ = recoverable(bench)
    in_recovery(c)
    def files():
        return {f: open(os.path.join(c.state_folder, f), "rb").read() for f in os.listdir(c.state_folder)}
    before = files()
    c.post("/api/v2/recover", json.dumps({"recoverySecret": b64(b"x" * 32)}), check=False)
    same(files(), before, "files")


@case("5.1", "Secrets do not stand in the files in clear, nor the manifest.")
def _(bench):
    secrets = {"p": {"Type": "plain", "UserDefined": True}}
    c = bench.mesh(by_anna(Secrets=secrets), MESH_SIM=None)
    c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": b64("a very secret text")}}}), user=anna()).data
    for name in os.listdir(c.state_folder):
        with open(os.path.join(c.state_folder, name), "rb") as f:
            data = f.read()
        for part in (b"a very secret text", base64.b64encode(b"a very secret text")[:20], b"UniqueID", b"ResourceType"):
            lacks(data, part, name)


@case("5.1", "The default folder is marblerun-coordinator-data in the working directory.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_SEAL_DIR=None)
    c.set(manifest())
    true(os.path.exists(os.path.join(c.folder, "marblerun-coordinator-data", "sealed_data")), "sealed_data")


# ---- 5.3 loading


@case("5.3", "No sealed_data is a fresh start.")
def _(bench):
    same(bench.fresh().state(), 2, "state")


@cases("5.3", [
    ("Without sealed_key the start is in recovery.", lambda path: os.unlink(path)),
    ("With a sealed_key that was changed the start is in recovery.",
     lambda path: open(path, "r+b").write(b"changed")),
    ("With an empty sealed_key the start is in recovery.", lambda path: open(path, "wb").close()),
    ("With another mesh's sealed_key the start is in recovery.", None),
])
def _(bench, change):
    c, pair = recoverable(bench)
    root = c.server_certificate()
    c.kill()
    path = os.path.join(c.state_folder, "sealed_key")
    if change is None:
        other, _ = recoverable(bench)
        other.kill()
        with open(os.path.join(other.state_folder, "sealed_key"), "rb") as f:
            data = f.read()
        with open(path, "wb") as f:
            f.write(data)
    else:
        change(path)
    c.begin()
    same(c.state(), 1, "state")
    true(c.server_certificate() != root, "the identity that it cannot have")
    holds(c.log(), "RECOVERY MODE", "log")
    same(c.recover(pair)["remaining"], 0, "remaining")
    same((c.server_certificate(), c.state()), (root, 3), "identity and state after recovery")


@cases("5.3", [("sealed_data that is empty ends the start with exit code 1.", lambda d: b""),
               ("sealed_data that is cut off ends the start, or loses nothing that is needed.", lambda d: d[:20]),
               ("sealed_data that was overwritten ends the start with exit code 1.", lambda d: d[:-40] + bytes(40)),
               ("sealed_data whose length is malformed ends the start with exit code 1.", lambda d: b"\xff\xff\xff\xff" + d[4:])])
def _(bench, change):
    c = bench.mesh(manifest(), MESH_SIM=None)
    root = c.server_certificate()
    c.kill()
    # Every file that holds the state: one copy that is good is enough to go on with.
    for name in os.listdir(c.state_folder):
        if name != "sealed_key" and not name.endswith(".lock"):
            path = os.path.join(c.state_folder, name)
            with open(path, "rb") as f:
                data = f.read()
            with open(path, "wb") as f:
                f.write(change(data))
    c.begin(wait=False)
    code = None
    try:
        code = c.exit_code(20)
    except Exception:
        c.wait_ready()
    if code is None:  # it runs: then with what it was, or in recovery, but never as somebody else silently
        true(c.state() == 1 or c.server_certificate() == root, f"state {c.state()} with another identity")
    else:
        same(code, 1, "exit code")
        holds(c.log_lines()[-1]["level"], "fatal", "last line of the log")
        true(c.log_lines()[-1]["reason"] in ("state_corrupt", "decrypt", "state_format"), c.log_lines()[-1])


@case("5.3", "One of the two copies of the state is enough: a start mends the other, and says so in the log.")
def _(bench):
    c = bench.mesh(manifest(), MESH_SIM=None)
    root = c.server_certificate()
    for name in ("sealed_data", "sealed_data.copy"):
        c.kill()
        path = os.path.join(c.state_folder, name)
        with open(path, "r+b") as f:
            f.seek(60)
            f.write(b"overwritten")
        c.begin()
        same((c.state(), c.server_certificate()), (3, root), f"state and identity without {name}")
    same([line["reason"] for line in c.log_lines() if "reason" in line], ["state_mended"] * 2, "reasons in the log")


@case("5.3", "After a good start the seal mode is the manifest's.")
def _(bench):
    for mode in ("ProductKey", "UniqueKey"):
        c = bench.mesh(manifest(Config={"SealMode": mode}), MESH_SIM=None)
        root = c.server_certificate()
        c.restart()
        same((c.state(), c.server_certificate()), (3, root), mode)


@case("5.3", "In recovery the identity is a temporary one, and the quote speaks of it.")
def _(bench):
    c, _ = recoverable(bench)
    in_recovery(c)
    quote = unb64(c.get("/api/v2/quote").data["quote"])
    same(report_data(quote), hashlib.sha256(c.server_certificate()).digest() + bytes(32), "report data")


@case("5.3", "After recovery the quote speaks of the restored root.")
def _(bench):
    c, pair = recoverable(bench)
    in_recovery(c)
    c.recover(pair)
    quote = unb64(c.get("/api/v2/quote").data["quote"])
    same(report_data(quote), hashlib.sha256(c.server_certificate()).digest() + bytes(32), "report data")


# ---- 5.4 commit: what was answered is there after kill -9


@case("5.4", "What was answered survives kill -9 right after the answer: every kind of change.")
def _(bench):
    secrets = {"p": {"Type": "plain", "UserDefined": True}}
    packages = {"pkg": {"SignerID": "aa", "ProductID": 1, "SecurityVersion": 1}}
    gates = {"FeatureGates": ["MonotonicCounter"]}
    upload = by_anna(Secrets=secrets, Packages=packages, Config=gates, Marbles=marble(MaxActivations=3))
    c = bench.mesh(upload, MESH_SIM="none")
    who = m.activate(c).credentials()
    c.restart()
    c.post("/api/v2/monotonic-counter", '{"name":"n","value":9}', user=who).data
    c.restart()
    same(c.post("/api/v2/monotonic-counter", '{"name":"n","value":1}', user=who).data["value"], 9, "counter")
    c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": b64("value")}}}), user=anna()).data
    c.restart()
    same(unb64(c.get("/api/v2/secrets?s=p", user=anna()).data["secrets"]["p"]["Private"]), b"value", "secret")
    c.update({"Packages": {"pkg": {"SecurityVersion": 2}}}, anna()).data
    c.restart()
    c.update({"Packages": {"pkg": {"SecurityVersion": 1}}}, anna()).refused(500, "error", reason="update_downgrade")
    m.activate(c)
    m.activate(c)
    c.restart()
    m.refused(c, "PERMISSION_DENIED", reason="marble_limit")
    same([e["update"] != "" for e in c.log_of_updates()], [True] * 3, "update log")


@case("5.4", "kill -9 while changes are made: each that was answered is there, and the rest whole or not at all.")
def _(bench):
    secrets = {f"s{i}": {"Type": "plain", "UserDefined": True} for i in range(30)}
    c = bench.mesh(by_anna(Secrets=secrets), MESH_SIM="none")
    for attempt in range(3):
        answered, begun = [], threading.Event()
        def upload(names):
            try:
                for name in names:
                    pair = {name: {"Key": b64(f"{name} {attempt}")}, "s0": {"Key": b64(f"{name} {attempt}")}}
                    c.post("/api/v2/secrets", json.dumps({"secrets": pair}), user=anna()).data
                    answered.append(name)
                    begun.set()
            except Exception:
                begun.set()  # the process is gone
        threads = [threading.Thread(target=upload, args=([f"s{i}" for i in range(k, 30, 3)],)) for k in (1, 2, 3)]
        for t in threads:
            t.start()
        begun.wait(60)
        c.kill()
        for t in threads:
            t.join()
        c.begin()
        query = "?" + "&".join("s=" + n for n in secrets)
        found = c.get("/api/v2/secrets" + query, user=anna()).data["secrets"]
        texts = {n: unb64(s["Private"]).decode() if s["Private"] else None for n, s in found.items()}
        for name in answered:
            same(texts[name], f"{name} {attempt}", "a secret whose upload was answered")
        last = texts["s0"].split(" ")[0]
        same(texts[last], texts["s0"], "both halves of the last change")


@case("5.4", "SIGTERM and SIGINT end it gracefully, with exit code 0.")
def _(bench):
    for number in (signal.SIGTERM, signal.SIGINT):
        c = bench.mesh(manifest())
        same(c.kill(number), 0, f"exit code after {number!r}")
        c.begin()
        same(c.state(), 3, "state afterwards")


# ---- 5.5 and 5.6 recovery


@case("5.5", "One recovery key: the recovery secret is the data key, 32 bytes, OAEP with SHA-256.")
def _(bench):
    _, (secret, _) = recoverable(bench)
    same(len(secret), 32, "length")


@case("5.5", "No recovery key: no recovery secrets, and no recovery.")
def _(bench):
    c = bench.mesh(manifest(), MESH_SIM=None)
    in_recovery(c)
    answer = c.post("/api/v2/recover", json.dumps({"recoverySecret": b64(b"x" * 32)}))
    true(answer.status == 500 or answer.data["remaining"] > 0, f"answer {answer.body}")
    same(c.state(), 1, "state")


@case("5.5", "Several recovery keys: each owner gets another share, 32 bytes with all needed, 33 below a threshold.")
def _(bench):
    all_, some = recoverable(bench, 3)[0].secrets, recoverable(bench, 3, 2)[0].secrets
    same([len(s) for s, _ in all_], [32] * 3, "lengths")
    same([len(s) for s, _ in some], [33] * 3, "lengths below a threshold")
    for shares in (all_, some):
        same(len({s for s, _ in shares}), 3, "different shares")
    same(len({s[-1] for s, _ in some} - {0}), 3, "different x, none 0")


@case("5.5", "A threshold of all keys is the XOR of all.")
def _(bench):
    same([len(s) for s, _ in recoverable(bench, 2, 2)[0].secrets], [32] * 2, "lengths")


@case("5.5", "The data key from the recovery secrets is new with every set of them.")
def _(bench):
    true(recoverable(bench)[1][0] != recoverable(bench)[1][0], "the same key twice")


def recovered(c, root):
    same((c.state(), c.server_certificate()), (3, root), "state and identity")
    c.restart()
    same((c.state(), c.server_certificate()), (3, root), "after a restart")


@case("5.6", "One key: its secret with its signature recovers the mesh, and the next start needs no recovery.")
def _(bench):
    c, pair = recoverable(bench)
    root = c.server_certificate()
    in_recovery(c)
    same(c.recover(pair)["remaining"], 0, "remaining")
    recovered(c, root)


@cases("5.6", [(f"All of {n} keys, in order {order}: remaining counts down to 0.", n, order) for n, order in
               ((2, (0, 1)), (2, (1, 0)), (3, (2, 0, 1)))])
def _(bench, n, order):
    c, _ = recoverable(bench, n)
    root = c.server_certificate()
    in_recovery(c)
    same([c.recover(c.secrets[i])["remaining"] for i in order], list(range(n - 1, -1, -1)), "remaining")
    recovered(c, root)


@cases("5.6", [(f"{t} of {n} keys, these: {used}. remaining counts from n, and is 0 when it is done.", n, t, used) for n, t, used in
               ((3, 2, (0, 1)), (3, 2, (2, 0)), (5, 3, (4, 1, 2)))])
def _(bench, n, t, used):
    c, _ = recoverable(bench, n, t)
    root = c.server_certificate()
    in_recovery(c)
    found = [c.recover(c.secrets[i])["remaining"] for i in used]
    same(found, [n - 1 - i for i in range(t - 1)] + [0], "remaining")
    recovered(c, root)


def upload_secret(c, secret, key=None):
    body = {"recoverySecret": b64(secret), "recoverySecretSignature": b64(pki.sign(key, secret)) if key else None}
    return c.post("/api/v2/recover", json.dumps(body))


@cases("5.6", [("A share that was used already is refused: all needed.", 2, 0), ("A share that was used already is refused: a threshold.", 3, 2)])
def _(bench, n, t):
    c, _ = recoverable(bench, n, t)
    in_recovery(c)
    c.recover(c.secrets[0])
    answer = upload_secret(c, *c.secrets[0]).refused(500, "error", reason="recovery_secret")
    true("already used" in answer.json["message"] or "invalid" in answer.json["message"], answer.json["message"])
    same(c.recover(c.secrets[1])["remaining"], 0 if n == 2 or t == 2 else n - 2, "remaining")


@cases("5.6", [("A share of another mesh is refused, and harms nothing: all needed.", 2, 0, 32),
               ("A share of another mesh is refused, and harms nothing: a threshold.", 3, 2, 33)])
def _(bench, n, t, length):
    c, _ = recoverable(bench, n, t)
    root = c.server_certificate()
    in_recovery(c)
    c.recover(c.secrets[0])
    upload_secret(c, b"z" * length, pki.key("RSA")).refused(500, "error", reason="recovery_secret")
    same(c.recover(c.secrets[1])["remaining"], 0, "remaining")
    recovered(c, root)


@case("5.6", "A share of 33 bytes where all are needed, and one of 32 below a threshold, is refused.")
def _(bench):
    for n, t, wrong in ((2, 0, 33), (3, 2, 32)):
        c, _ = recoverable(bench, n, t)
        in_recovery(c)
        upload_secret(c, b"y" * wrong, pki.key("RSA")).refused(500, "error", reason="recovery_secret")


@cases("5.6", [
    ("A missing signature: refused, and the recovery starts over.", lambda secret, key: None),
    ("A signature by another key: refused, and the recovery starts over.", lambda secret, key: pki.sign(pki.key("RSA"), secret)),
    ("A signature over something else: refused, and the recovery starts over.", lambda secret, key: pki.sign(key, b"other")),
])
def _(bench, sign):
    c, (secret, key) = recoverable(bench)
    root = c.server_certificate()
    in_recovery(c)
    signature = sign(secret, key)
    body = {"recoverySecret": b64(secret), "recoverySecretSignature": b64(signature) if signature else None}
    c.post("/api/v2/recover", json.dumps(body)).refused(500, "error", reason="recovery_signature")
    same(c.state(), 1, "state")
    same(c.recover((secret, key))["remaining"], 0, "remaining")
    recovered(c, root)


@case("5.6", "Each recovery key must have signed a secret of its own: one key for two secrets is refused.")
def _(bench):
    c, _ = recoverable(bench, 2)
    in_recovery(c)
    (one, key), (two, other) = c.secrets
    upload_secret(c, one, key)
    upload_secret(c, two, key).refused(500, "error", reason="recovery_signature")
    same(c.state(), 1, "state")
    upload_secret(c, one, key).data
    same(upload_secret(c, two, other).data["remaining"], 0, "remaining")


@case("5.6", "Garbage in between: after what is wrong, a retry with only correct secrets works.")
def _(bench):
    c, (secret, key) = recoverable(bench)
    root = c.server_certificate()
    in_recovery(c)
    upload_secret(c, b"garbage garbage garbage garbage.", pki.key("RSA"))
    if upload_secret(c, secret, key).status != 200:
        same(upload_secret(c, secret, key).data["remaining"], 0, "remaining at the second try")
    recovered(c, root)


@case("5.6", "One wrong secret of a single key is no dead end, and is not answered as if it were progress (MarbleRun does).")
def _(bench):
    c, (secret, key) = recoverable(bench)
    in_recovery(c)
    answer = upload_secret(c, b"w" * 32, pki.key("RSA"))
    true(answer.status == 500 or answer.data["remaining"] == 1, f"answer {answer.body}")
    same(c.state(), 1, "state")


@case("5.6", "Secrets, users, counters and the pending update are as before, after recovery.")
def _(bench):
    secrets = {"p": {"Type": "plain", "UserDefined": True}}
    c, pair = recoverable(bench, Secrets=secrets)
    c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": b64("value")}}}), user=anna()).data
    log = c.log_of_updates()
    in_recovery(c)
    c.recover(pair)
    same(unb64(c.get("/api/v2/secrets?s=p", user=anna()).data["secrets"]["p"]["Private"]), b"value", "secret")
    same(c.log_of_updates(), log, "update log")


@case("5.6", "A pending update survives recovery.")
def _(bench):
    key = pki.key("RSA")
    keys = {"k": pki.public_pem(key)}
    c = bench.start()
    secret = pki.oaep_decrypt(key, unb64(c.set(updatable(RecoveryKeys=keys))["RecoverySecrets"]["k"]))
    c.update(updatable(RecoveryKeys=keys, TLS={}), anna()).data
    in_recovery(c)
    same(upload_secret(c, secret, key).data["remaining"], 0, "remaining")
    same(c.get("/api/v2/update-manifest").data["missingUsers"], ["bert"], "missing users")


@case("5.6", "After new recovery keys the old secrets open nothing any more, and the new ones do.")
def _(bench):
    c, (old, old_key) = recoverable(bench)
    key = pki.key("RSA")
    result = c.update(by_anna(RecoveryKeys={"new": pki.public_pem(key)}), anna()).data
    new = pki.oaep_decrypt(key, unb64(result["recoverySecrets"]["new"]))
    true(new != old, "the same data key")
    root = c.server_certificate()
    in_recovery(c)
    answer = upload_secret(c, old, old_key)
    true(answer.status == 500 or answer.data["remaining"] > 0, "the old secret")
    same(c.state(), 1, "state")
    if upload_secret(c, new, key).status != 200:
        upload_secret(c, new, key).data
    recovered(c, root)


@case("5.6", "A recovery can be made by way of the ephemeral key, several shares, each encrypted.")
def _(bench):
    c, _ = recoverable(bench, 3, 2)
    root = c.server_certificate()
    in_recovery(c)
    spki = unb64(c.get("/api/v2/recover/public-key").data["ephemeralPublicKey"])
    for (secret, key), remaining in zip(c.secrets[:2], (2, 0)):
        body = {"recoverySecret": b64(pki.oaep_encrypt(spki, secret)), "recoverySecretSignature": b64(pki.sign(key, secret))}
        same(c.post("/api/v2/recover", json.dumps(body)).data["remaining"], remaining, "remaining")
    recovered(c, root)


@case("5.6", "A manifest that is refused in recovery does no harm to the shares that come (MarbleRun's does).")
def _(bench):
    c, _ = recoverable(bench, 2)
    root = c.server_certificate()
    in_recovery(c)
    c.recover(c.secrets[0])
    keys = {n: pki.public_pem(pki.key("RSA")) for n in "ab"}
    c.post_manifest(values(env={"A": "{{ hex .Secrets.x }}"}, RecoveryKeys=keys)).refused(500, "error")
    same(c.recover(c.secrets[1])["remaining"], 0, "remaining")
    recovered(c, root)


# ---- 5.8 update log


def entries(c):
    """(text, {other members in order}) of the log."""
    out = []
    for line in c.get("/api/v2/update").data["updateLog"]:
        entry = json.loads(line)
        same(list(entry)[:2], ["time", "update"], "first members")
        true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d{4})", entry["time"]), f"time {entry['time']}")
        out.append({k: v for k, v in entry.items() if k not in ("time", "update")})
    return out


@case("5.8", "The initial set is one line without more fields; time has milliseconds and a zone.")
def _(bench):
    same(entries(bench.running()), [{}], "entries")


@case("5.8", "A package update adds a line for each package: user, package, new version.")
def _(bench):
    packages = {n: {"SignerID": "aa", "ProductID": 1, "SecurityVersion": 1} for n in ("one", "two")}
    c = bench.mesh(by_anna(Packages=packages, Marbles={"m": {"Package": "one"}}))
    c.update({"Packages": {"one": {"SecurityVersion": 2}, "two": {"SecurityVersion": 3}}}, anna()).data
    found = entries(c)[1:]
    same(sorted(found, key=lambda e: e["package"]), [{"user": "anna", "package": "one", "new version": 2},
                                                    {"user": "anna", "package": "two", "new version": 3}], "entries")
    same(list(found[0]), ["user", "package", "new version"], "order of members")
    holds(c.get("/update").data, '"package":"one"', "text")


@case("5.8", "A secret that is set adds a line: user, secret, type.")
def _(bench):
    c = bench.mesh(by_anna(Secrets={"p": {"Type": "plain", "UserDefined": True}}))
    c.post("/api/v2/secrets", json.dumps({"secrets": {"p": {"Key": "AA=="}}}), user=anna()).data
    found = entries(c)[1:]
    same((found, list(found[0])), ([{"user": "anna", "secret": "p", "type": "plain"}], ["user", "secret", "type"]), "entries")


def fingerprint(upload):
    return hashlib.sha256(json.dumps(upload).encode()).hexdigest()


@case("5.8", "A full update by one user adds two lines: initiated and complete, applied.")
def _(bench):
    c = bench.mesh(by_anna())
    after = by_anna(TLS={})
    c.update(after, anna()).data
    same(entries(c)[1:], [{"user": "anna", "manifestFingerprint": fingerprint(after)}, {"manifestFingerprint": fingerprint(after)}])


@case("5.8", "A pending update, its acknowledgments and its application each add a line.")
def _(bench):
    c = bench.mesh(updatable())
    after = updatable(TLS={})
    c.update(after, anna()).data
    c.post_manifest(after, "/api/v2/update-manifest", user=bert()).data
    print_ = {"manifestFingerprint": fingerprint(after)}
    same(entries(c)[1:], [{"user": "anna", "missingAcknowledgments": 1, "missingUsers": ["bert"], **print_},
                          {"user": "bert", "missingAcknowledgments": 0, "missingUsers": entries(c)[2]["missingUsers"], **print_}, print_])
    true(not entries(c)[2]["missingUsers"], "missing users of the last acknowledgment")
    same(list(entries(c)[1]), ["user", "missingAcknowledgments", "missingUsers", "manifestFingerprint"], "order of members")


@case("5.8", "A cancelled update adds a line: user, manifestFingerprint.")
def _(bench):
    c = bench.mesh(updatable())
    after = updatable(TLS={})
    c.update(after, anna()).data
    c.post("/api/v2/update-cancel", "", user=bert()).data
    same(entries(c)[2:], [{"user": "bert", "manifestFingerprint": fingerprint(after)}], "entries")


@case("5.8", "Counts: 1 after set, +1 for a package update, +2 for a full update by one user.")
def _(bench):
    packages = {"pkg": {"SignerID": "aa", "ProductID": 1, "SecurityVersion": 1}}
    c = bench.mesh(by_anna(Packages=packages))
    counts = [len(entries(c))]
    c.update({"Packages": {"pkg": {"SecurityVersion": 2}}}, anna()).data
    counts.append(len(entries(c)))
    c.update(by_anna(Packages=packages, TLS={}), anna()).data
    counts.append(len(entries(c)))
    c.restart()
    counts.append(len(entries(c)))
    same(counts, [1, 2, 4, 4], "counts")


# ---- 5.9 event log


@case("5.9", "Events are null before the first activation.")
def _(bench):
    c = bench.start(MESH_SIM="none", EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    same(c.page("/events").body, b"null\n", "events")


@case("5.9", "An activation is an event with time, type, UUID as sent and quote; a refused one is none.")
def _(bench):
    program = m.default_program()
    c = bench.mesh(manifest(Packages={"pkg": {"UniqueID": program.properties["UniqueID"]}}), MESH_SIM=None,
                   EDG_COORDINATOR_PROMETHEUS_ADDR="127.0.0.1:0")
    m.activate(c, uuid="{" + m.UUID + "}")
    m.refused(c, "PERMISSION_DENIED", quote=b"")
    event, = c.page("/events").json
    same(event["activation"], {"marbleType": "m", "uuid": "{" + m.UUID + "}", "quote": b64(m.default_asker().quote)}, "activation")
    true(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", event["time"]), f"time {event['time']}")


@case("5.9", "Without the listener there are no events to ask for.")
def _(bench):
    same(bench.fresh().metrics_port, 0, "port of the listener")
