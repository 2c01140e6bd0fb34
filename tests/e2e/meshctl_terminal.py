#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the operator's tool behaves towards a person at a terminal, and how in a pipe: through a pseudo-terminal it asks
before what cannot be taken back, has colours and tells of its progress; in a pipe it does none of that. And what its exit
status means: each cell of the table in docs/meshctl.md.

usage: meshctl_terminal.py BUILD-FOLDER
"""
import base64
import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

build = Path(sys.argv[1]).resolve()
here = Path(__file__).resolve().parent
tool = str(build / "meshctl-sim")
work = Path(tempfile.mkdtemp(prefix="marblemesh-e2e-"))
os.chdir(work)
os.umask(0)  # what is secret is 0600 all the same
os.environ["XDG_CONFIG_HOME"] = str(work / "config")
for name in ("NO_COLOR", "EDG_COORDINATOR_SEAL_DIR"):
    os.environ.pop(name, None)

checks = 0
failures = []
started = []


def check(what, ok, found=""):
    global checks
    checks += 1
    if not ok:
        failures.append(what)
        print(f"FAILED: {what}\n    found: {found!r}", file=sys.stderr)


def wait_for(what, condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise SystemExit(f"waited in vain for {what}")


def environment(changes):
    env = {**os.environ, "TERM": "xterm", **{n: v for n, v in changes.items() if v is not None}}
    return {n: v for n, v in env.items() if changes.get(n, "") is not None}


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *arguments, **changes):
        self.said = ""
        self.status = None
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.execve(tool, [tool, *map(str, arguments)], environment(changes))

    def read(self, until=None):
        """What is said from here on, up to these words or the end."""
        begin = len(self.said)
        while until is None or until not in self.said[begin:]:
            if not select.select([self.end], [], [], 60)[0]:
                raise SystemExit(f"expected {until!r}, found {self.said!r}")
            try:
                got = os.read(self.end, 4096)
            except OSError:  # how Linux says that nobody has the other end any more
                got = b""
            if not got:
                break
            self.said += got.decode(errors="replace").replace("\r\n", "\n")
        return self.said[begin:]

    def answer(self, text):
        os.write(self.end, text.encode())

    def finish(self):
        self.read()
        os.close(self.end)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return self.status


def in_pipe(*arguments, status=0, **changes):
    """Runs it in pipes, and returns what it says on both."""
    done = subprocess.run([tool, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=environment(changes), check=False)
    check(f"exit status {status}: {arguments}", done.returncode == status, (done.returncode, done.stdout, done.stderr))
    return done.stdout, done.stderr


def on_terminal(*arguments, status=0, answers=(), **changes):
    """Runs it on a terminal, giving the answers to what it asks."""
    t = Terminal(*arguments, **changes)
    for text in answers:
        t.read("Type yes: ")
        t.answer(text)
    check(f"exit status {status} on a terminal: {arguments}", t.finish() == status, (t.status, t.said))
    return t.said


def shell(command):
    subprocess.run(command, shell=True, check=True, capture_output=True)


class Coordinator:
    def __init__(self):
        Path("ready").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [str(build / "meshd-sim")], stdout=open("coordinator.log", "ab"), stderr=subprocess.STDOUT,
            env={**os.environ, "EDG_COORDINATOR_CLIENT_ADDR": "localhost:0", "EDG_COORDINATOR_MESH_ADDR": "localhost:0",
                 "EDG_COORDINATOR_SEAL_DIR": str(work / "state"), "MESH_READY_FILE": str(work / "ready")})
        started.append(self.process)
        wait_for("the coordinator", lambda: Path("ready").exists() and Path("ready").stat().st_size > 0)
        self.address = "localhost:" + re.search(r"client=(\d+)", Path("ready").read_text())[1]

    def stop(self):
        self.process.terminate()
        self.process.wait()


def serve(script, *arguments):
    """Starts one of the servers beside this file; the last argument before `more` is its port file."""
    port = Path(f"{script}.port")
    process = subprocess.Popen([sys.executable, str(here / script), "alice.crt", "alice.key", str(port), *arguments])
    started.append(process)
    wait_for(script, port.exists)
    return "localhost:" + port.read_text()


# ---- colour ------------------------------------------------------------------------------------------------

def colours():
    red = "\033[31mError:\033[0m "
    for changes, coloured in (({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False),
                              ({"TERM": None}, False)):
        said = on_terminal("quux", status=1, **changes)
        check(f"colour with {changes}: {coloured}", (red in said) == coloured and ("\033[" in said) == coloured, said)
        check("the error is there", "quux: no such command [usage]" in said, said)
    Path("other.json").write_text('{"Packages": {"p": {"UniqueID": "00", "Colour": 1}}, "Marbles": {"m": {"Package": "p"}}}')
    for words in (("manifest", "check", "other.json"), ("manifest", "diff", "other.json", "manifest.json")):
        check(f"colour: {words}", "\033[" in on_terminal(*words), "none")
        check(f"no colour: {words}", "\033[" not in on_terminal(*words, NO_COLOR="1"), "some")
        check(f"no colour in a pipe: {words}", "\033[" not in "".join(in_pipe(*words)), "some")


# ---- questions ---------------------------------------------------------------------------------------------

def asked_first(words, question, is_done):
    """Only "yes" is a yes; --yes, and a pipe, are not asked."""
    before = is_done()
    for answer in ("no\n", "y\n", "\n", "yes please\n", "\x04"):
        said = on_terminal(*words, status=1, answers=[answer])
        check(f"{words}: asks", question in said, said)
        check(f"{words}: {answer!r} is no yes", "not confirmed: nothing was done [not_confirmed]" in said, said)
        check(f"{words}: {answer!r} changed something", is_done() == before)


def update_line_count(address):
    return len(json.loads(in_pipe("manifest", "log", address, "--json")[0]))


def pending(address):
    done = subprocess.run([tool, "manifest", "update", "get", address], stdin=subprocess.DEVNULL, capture_output=True,
                          check=False)
    return done.stdout


def questions(address):
    alice = ("-c", "alice.crt", "-k", "alice.key")
    bob = ("-c", "bob.crt", "-k", "bob.key")
    state = lambda: (update_line_count(address), pending(address))

    apply = ("manifest", "update", "apply", "next.json", address, *alice)
    asked_first(apply, "This changes the mesh, and there is no way back but another update", state)
    said = on_terminal(*apply, answers=["yes\n"])
    check("apply goes on", "1 user still needs to acknowledge the update" in said, said)

    cancel = ("manifest", "update", "cancel", address, *alice)
    asked_first(cancel, "This drops the pending update", state)
    said = on_terminal(*cancel, "--yes")
    check("--yes is not asked", "Type yes" not in said and "canceled" in said, said)
    out, errors = in_pipe(*apply)
    check("a pipe is not asked", "Type yes" not in out + errors, errors)

    acknowledge = ("manifest", "update", "acknowledge", "next.json", address, *bob)
    asked_first(acknowledge, "this puts the update in force", state)
    check("acknowledged", "Update successful" in on_terminal(*acknowledge, answers=["yes\n"]))

    secret = base64.b64encode(b"quite a secret").decode()
    Path("secrets.json").write_text(json.dumps({"text": {"Key": secret}}))
    give = ("secret", "set", "secrets.json", address, *alice)
    value = lambda: in_pipe("secret", "get", "text", address, *alice, "--json")[0]
    asked_first(give, "The values that these secrets have now, if any, are lost: text", value)
    said = on_terminal(*give, "-v", answers=["yes\n"])
    check("secrets are set", "Secrets successfully set" in said and secret in value(), said)
    check("a secret is not echoed", secret not in said, said)
    for words in (give[:2] + ("alice.key",) + give[3:], (*give[:3], address, *bob), ("secret", "set", "secrets.json", address)):
        said = on_terminal(*words, "-v", "-y", status=1)
        check("nor in errors", secret not in said and not any(
            line in said for line in Path("alice.key").read_text().splitlines() if "KEY" not in line), said)

    for name, words in (("got.json", ("secret", "get", "text", address, *alice, "-o", "got.json")),
                        ("quote.bin", ("manifest", "get", address, "--save-sgx-quote", "quote.bin")),
                        ("root.crt", ("certificate", "root", address, "-o", "root.crt")),
                        ("config/marblerun/coordinator-cert.pem", ("status", address))):
        in_pipe(*words)
        check(f"mode of {name}", stat.S_IMODE(Path(name).stat().st_mode) == 0o600, oct(Path(name).stat().st_mode))
    check("an older file gets the mode, too", Path("got.json").chmod(0o644) is None
          and in_pipe("secret", "get", "text", address, *alice, "-o", "got.json")
          and stat.S_IMODE(Path("got.json").stat().st_mode) == 0o600)


def recovery(coordinator):
    """In recovery: a new manifest in the place of the state; then the secret that brings it back."""
    coordinator.stop()
    for file in Path("state").glob("sealed_key*"):
        file.unlink()
    coordinator = Coordinator()
    address = coordinator.address
    none = ("--coordinator-cert", "none.pem")
    state = lambda: in_pipe("status", address, *none)[0]
    check("it waits for recovery", state().startswith("1: "), state())

    replace = ("manifest", "set", "manifest.json", address)
    asked_first(replace, "a new manifest destroys its present state for good", state)
    out, errors = in_pipe(*replace, status=1)
    check("nor does it go on in a pipe", "say --yes" in errors and "[not_confirmed]" in errors, errors)

    data = json.loads(Path("recovery.json").read_text())["RecoverySecrets"]["ann"]
    Path("secret").write_text(data)
    recover = ("recover", "secret", address, "--key", "ann.pem")
    asked_first(recover, f"This gives the recovery secret to the coordinator at {address}, which was verified", state)
    said = on_terminal(*recover, "-v", answers=["yes\n"])
    check("recovered", "Recovery successful" in said, said)
    check("the recovery secret is not echoed", data not in said, said)
    coordinator.stop()


# ---- progress ----------------------------------------------------------------------------------------------

def progress():
    """Shown on the terminal as soon as it has something to tell, then taken away; never in a pipe, which waits as long."""
    address = serve("slow_coordinator.py", "go")
    pipe = subprocess.Popen([tool, "status", address, "--coordinator-cert", "none.pem"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    t = Terminal("status", address, "--coordinator-cert", "none.pem")
    t.read(f"Asking {address} for evidence ... 2 s")
    Path("go").touch()
    t.finish()
    check("the line is taken away before the error",
          re.search(r"2 s[^\n]*\r +\r\033\[31mError:\033\[0m the coordinator refused", t.said), t.said)
    out, errors = pipe.communicate()
    check("no progress in a pipe", "..." not in out + errors and "\r" not in out + errors and "took its time" in errors, errors)
    Path("go").unlink()
    t = Terminal("collateral", "fetch", "quote", MESH_PCS_URL=f"https://{address}", MESH_COLLATERAL_INSECURE="1")
    t.read("Fetching collateral for quote ... 1 s")
    Path("go").touch()
    check("collateral is not there", t.finish() == 1 and "[collateral_source]" in t.said, t.said)
    check("and none for what is quick", " s\r" not in on_terminal("version") + on_terminal("manifest", "check", "manifest.json"))


# ---- exit statuses -----------------------------------------------------------------------------------------

def documented():
    """{(command, status)} of the table in docs/meshctl.md; cells with a dash are not there."""
    cells = set()
    for line in (here.parents[1] / "docs/meshctl.md").read_text().splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if len(row) == 4 and (row[0].startswith("`") or row[0] == "any other"):
            cells |= {(row[0].strip("`"), status) for status in range(3) if row[1 + status] != "–"}
    return cells


def statuses(address):
    shell("printf '{\"format\": 2, \"items\": []}' >nothing.json; echo '{\"UniqueID\": \"00\"}' >wrong.json; "
          "echo '{\"Packages\": {}}' >bad.json; echo '{' >faulty.json")
    full = ["sh", "-c", 'exec "$@" >/dev/full', "sh"]
    provoked = {
        ("any other", 0): [("version",), ("status", address), ("manifest", "verify", "manifest.json", address, "-i")],
        ("any other", 1): [("quux",), ("version", "now"), ("status", "localhost:1"), ("manifest", "signature", "missing"),
                           ("manifest", "verify", "bad.json", address), full + [tool, "version"], full + [tool, "status", address]],
        ("manifest check", 0): [("manifest", "check", "manifest.json"), ("manifest", "check", "other.json")],
        ("manifest check", 1): [("manifest", "check", "bad.json"), ("manifest", "check", "faulty.json"),
                                ("manifest", "check", "other.json", "--strict")],
        ("manifest check", 2): [("manifest", "check", "missing"), ("manifest", "check"), ("manifest", "check", "--quux"),
                                full + [tool, "manifest", "check", "manifest.json"],
                                full + [tool, "manifest", "check", "manifest.json", "--json"]],
        ("evidence show", 0): [("evidence", "show", "quote")],
        ("evidence show", 2): [("evidence", "show", "missing"), ("evidence", "show", "bundle.json"), ("evidence", "show"),
                               full + [tool, "evidence", "show", "quote"]],
        ("evidence verify", 0): [("evidence", "verify", "quote", "--collateral", "bundle.json")],
        ("evidence verify", 1): [("evidence", "verify", "quote", "--collateral", "bundle.json", "--policy", "wrong.json")],
        ("evidence verify", 2): [("evidence", "verify", "quote", "--collateral", "nothing.json"),
                                 ("evidence", "verify", "missing"), ("evidence", "verify", "quote", "--at", "noon"),
                                 full + [tool, "evidence", "verify", "quote", "--collateral", "bundle.json"]],
    }
    check("the table in docs/meshctl.md is what is provoked here", documented() == set(provoked),
          documented() ^ set(provoked))
    for (_, status), lines in provoked.items():
        for words in lines:
            if isinstance(words, tuple):
                out, errors = in_pipe(*words, status=status)
            else:
                done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
                check(f"exit status {status}: {words[4:]}", done.returncode == status, (done.returncode, done.stderr))
                errors = done.stderr
            reason = re.search(r"^Error: .* \[([a-z0-9_]+)\]$", errors, re.M)
            check(f"{words}: an error has a reason and a next step, and nothing else has",
                  bool(reason) == (status != 0) and ("\nNext: " in errors) == (status != 0) and "Cause: " not in errors, errors)
            if reason:
                in_pipe("explain", reason[1])


def main():
    shell("for n in alice bob; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
          "-subj /CN=$n -keyout $n.key -out $n.crt; done; openssl genrsa -out ann.pem 2048; openssl rsa -in ann.pem -pubout -out ann.pub")
    manifest = {
        "Packages": {"p": {"SignerID": "11", "ProductID": 3, "SecurityVersion": 1}},
        "Marbles": {"m": {"Package": "p", "Parameters": {"Env": {"TEXT": "{{ string .Secrets.text }}"}}}},
        "Secrets": {"text": {"Type": "plain", "UserDefined": True}},
        "RecoveryKeys": {"ann": Path("ann.pub").read_text()},
        "Users": {n: {"Certificate": Path(f"{n}.crt").read_text(), "Roles": roles}
                  for n, roles in (("alice", ["secrets", "manifest"]), ("bob", ["manifest"]))},
        "Roles": {"secrets": {"ResourceType": "Secrets", "ResourceNames": ["text"], "Actions": ["ReadSecret", "WriteSecret"]},
                  "manifest": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]}},
    }
    Path("manifest.json").write_text(json.dumps(manifest))
    manifest["Packages"]["p"]["ProductID"] = 4
    Path("next.json").write_text(json.dumps(manifest))
    coordinator = Coordinator()
    address = coordinator.address

    # Recovery data of another mesh are not replaced unasked.
    Path("recovery.json").write_text("those of another mesh")
    asked_first(("manifest", "set", "manifest.json", address, "-r", "recovery.json"),
                "New recovery data will take the place of what is in recovery.json",
                lambda: (Path("recovery.json").read_text(), in_pipe("status", address)[0]))
    in_pipe("manifest", "set", "manifest.json", address, "-r", "recovery.json")
    check("mode of recovery data", stat.S_IMODE(Path("recovery.json").stat().st_mode) == 0o600)

    meshsim = build / "attestation/sim/meshsim"
    shell(f"{meshsim} evidence --report-data 00 -o quote; {meshsim} collateral -o bundle.json")
    colours()
    progress()
    statuses(address)
    questions(address)
    recovery(coordinator)
    print(f"{checks} checks, {len(failures)} failures")
    return 1 if failures or checks == 0 else 0


try:
    status = main()
finally:
    for process in started:
        process.kill()
        process.wait()
    subprocess.run(["rm", "-rf", str(work)], check=False)
sys.exit(status)
