#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: transcripts.py BUILD-FOLDER MESHSIM [--write]

Every command of the operator's tool against a real coordinator, twice: in a pipe and on a terminal (a pseudo-terminal of
100 columns), each in a mesh of its own. What it says is compared with tests/e2e/transcripts/SCENE.pipe and SCENE.terminal,
and what of it is shown to readers with docs/screens.md. --write writes these files anew.

In a transcript a line that begins with "$ " was typed, with "< " answered; "! " stands before what came from standard error
in a pipe (on a terminal nobody can tell); \\e is the escape character; [exit N] follows where N is not 0. What differs from
run to run is replaced, by the patterns below and nowhere else.
"""
import difflib
import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GOLDEN = HERE / "transcripts"
SCREENS = ROOT / "docs" / "screens.md"
MESHSIM = Path(sys.argv[2]).resolve()  # makes evidence
PICTURE = ROOT / "docs" / "pictures" / "mesh.svg"

# ---- what differs from run to run -----------------------------------------------------------------------------

PATTERNS = [
    (r"(?s)(-----BEGIN [A-Z ]+-----)(\\n|\n).*?(-----END [A-Z ]+-----)", r"\1\2<base64>\2\3"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>"),
    (r"\b(?=[0-9a-f]*[1-9a-f])[0-9a-f]{64}\b", "<sha256>"),
    (r"\b(?=[0-9a-f]*[1-9a-f])[0-9a-f]{24,}\b", "<hex>"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
    (r"\b1[67]\d{8}(\.\d+)?\b", "<time>"),
    (r"(?<![\w/.+-])(?=[0-9a-f]*[g-zA-Z+/])[A-Za-z0-9+/]{40,}={0,2}(?![\w/.-])", "<base64>"),
    (r"(?<![\w/.+-])[A-Za-z0-9+/]{22}==", "<base64>"),
    (r"\b\d+ (seconds|minutes|hours|days|bytes)\b", r"<n> \1"),
    (r'"bytes": ?\d+', '"bytes":<n>'),
]


def project_version():
    return re.search(r"project\(marblemesh VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


# ---- one run of a command ---------------------------------------------------------------------------------------

def in_pipe(argv, env, cwd, answers):
    done = subprocess.run(argv, env=env, cwd=cwd, input=answers.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, check=False)
    said = done.stdout.decode(errors="replace")
    if said and not said.endswith("\n"):
        said += "\n"
    return said + "".join(f"! {line}\n" for line in done.stderr.decode(errors="replace").splitlines()), done.returncode


def on_terminal(argv, env, cwd, answers):
    """An answer is typed when the tool has said something and waits: its question ends without a newline. Who has nothing more
    to answer says yes. How long a slow machine had to be waited for is left out."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(cwd)
        os.execve(argv[0], argv, env)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    said, lines = b"", answers.splitlines(keepends=True)
    until = time.monotonic() + 120
    while True:
        if time.monotonic() > until:
            os.kill(process, signal.SIGKILL)
        ready, _, _ = select.select([terminal], [], [], 0.2)
        try:
            if ready:
                got = os.read(terminal, 65536)
                if not got:
                    break
                said += got
            elif said.endswith((b": ", b"? ")):
                os.write(terminal, lines.pop(0).encode() if lines else b"yes\n")
        except OSError:  # the other end is closed
            break
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    text = said.decode(errors="replace").replace("\r\n", "\n").replace("\x1b", "\\e")
    text = re.sub(r"\r[^\r\n]+ \.\.\. \d+ s|\r +\r", "", text)
    return text + ("" if not text or text.endswith("\n") else "\n"), status


# ---- a mesh to play in ------------------------------------------------------------------------------------------

class Mesh:
    def __init__(self, build, terminal):
        self.build, self.terminal = build, terminal
        self.work = Path(tempfile.mkdtemp(prefix="marblemesh-transcripts-"))
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.work), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.coordinator = None
        self.client = self.mesh = "localhost:1"
        self.used = set()
        self.faults = []
        self.lay_out()

    def run(self, *argv):
        return subprocess.run(argv, cwd=self.work, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def lay_out(self):
        """People, keys, manifests."""
        for name in ("alice", "bob"):
            self.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-days", "30", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        self.run("openssl", "genrsa", "-out", "ann.pem", "2048")
        self.run("openssl", "rsa", "-in", "ann.pem", "-pubout", "-out", "ann.pub")
        text = (HERE / "transcripts" / "mesh.yaml").read_text()
        for name in ("alice.crt", "bob.crt", "ann.pub"):
            text = text.replace(f"@{name}", json.dumps((self.work / name).read_text()))
        self.write("mesh.yaml", text)
        self.write("next.yaml", text.replace("spare:", "fresh:").replace("Size: 128", "Size: 256"))
        self.write("typo.yaml", text.replace("Package: shop", "Package: shpo"))
        self.write("update.json", '{"Packages": {"shop": {"SecurityVersion": 2}}}')
        self.write("secrets.json", '{"database": {"Key": "cGFzc3dvcmQ="}}')
        self.write("wrong.json", '{"database": "password"}')
        self.write("notes.txt", "neither fish nor flesh\n")
        shutil.copy(self.build / "coordinator-era.json", self.work / "era-config.json")
        self.write("other-era.json", '{"UniqueID": "' + "00" * 32 + '"}')

    def write(self, name, text):
        (self.work / name).write_text(text)

    def start(self):
        ready = self.work / "ready"
        ready.unlink(missing_ok=True)
        ports = [address.rpartition(":")[2] for address in (self.client, self.mesh)]
        ports = ["0" if port == "1" else port for port in ports]
        env = dict(self.env, EDG_COORDINATOR_CLIENT_ADDR=f"localhost:{ports[0]}",
                   EDG_COORDINATOR_MESH_ADDR=f"localhost:{ports[1]}", EDG_COORDINATOR_SEAL_DIR=str(self.work / "state"),
                   MESH_READY_FILE=str(ready))
        with open(self.work / "coordinator.log", "ab") as log:
            self.coordinator = subprocess.Popen([str(self.build / "meshd-sim")], env=env, stdout=log, stderr=log)
        while not ready.exists() or not ready.read_text().endswith("\n"):
            if self.coordinator.poll() is not None:
                sys.exit("the coordinator did not start: " + (self.work / "coordinator.log").read_text())
            time.sleep(0.05)
        found = re.match(r"client=(\d+) mesh=(\d+)", ready.read_text())
        self.client, self.mesh = (f"localhost:{port}" for port in found.groups())

    def stop(self):
        if self.coordinator is not None:
            self.coordinator.send_signal(signal.SIGTERM)
            self.coordinator.wait()
            self.coordinator = None

    def close(self):
        self.stop()
        shutil.rmtree(self.work)

    def normal(self, text):
        for found, shown in ((self.client, "localhost:4433"), (self.mesh, "localhost:2001"), (str(self.work), "~"),
                             (str(self.build), "/usr/bin"), (project_version(), "<version>")):
            text = text.replace(found, shown)
        for pattern, shown in PATTERNS:
            text = re.sub(pattern, shown, text)
        return text

    def type(self, line, answers=""):
        """A line as it is typed; a word beginning with @ is a place that differs. Returns what is to be read of it."""
        places = {"@host": self.client, "@mesh": self.mesh, "@meshd": str(self.build / "meshd-sim")}
        words = shlex.split(line)
        short = words[-1].startswith("#")
        lines = int(words.pop()[1:]) if short else None
        argv = [str(self.build / words[0])] + [places.get(word, word) for word in words[1:]]
        self.used.add(line)
        said, status = (on_terminal if self.terminal else in_pipe)(argv, self.env, self.work, answers)
        typed = re.sub(r" #\d+$", "", line)
        for place, shown in (("@host", "localhost:4433"), ("@meshd", "/usr/bin/meshd-sim"), ("@mesh", "localhost:2001")):
            typed = typed.replace(place, shown)
        if status != 0:
            self.check_error(line, said, argv[0])
        said = self.normal(said)
        if lines is not None:
            said = "".join(said.splitlines(keepends=True)[:lines]) + "[...]\n"
        answered = "".join(f"< {answer}\n" for answer in answers.splitlines()) if answers and not self.terminal else ""
        return f"$ {typed}\n{answered}{said}" + (f"[exit {status}]\n" if status != 0 else "") + "\n"

    def check_error(self, line, said, tool):
        """Every error ends with a reason that explain knows."""
        plain = re.sub(r"\\e\[[0-9;]*m", "", said)
        reason = re.search(r"^(?:! )?Error: .*\[([a-z0-9_]+)\]$", plain, re.M)
        if reason is None:
            self.faults.append(f"{line}: no error with a reason: {said}")
        elif subprocess.run([tool, "explain", reason.group(1)], env=self.env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.faults.append(f"{line}: explain does not know {reason.group(1)}")


# ---- the scenes -------------------------------------------------------------------------------------------------

ALICE = "--cert alice.crt --key alice.key"
BOB = "--cert bob.crt --key bob.key"


def play_help(mesh):
    for line in ("--help", "manifest update --help", "manifest set --help", "version", "version --json", "doctor",
                 "doctor --json", "explain state_wrong", "explain tcb_revoked --json",
                 "explain 'activation refused: no such marble [marble_unknown]'", "explain #5", "explain --json #8",
                 "completion bash #6", "completion zsh #6", "completion fish #6",
                 # mistyped
                 "manifset get", "manifest udpate", "status", "status --jsn @host", "version now", "explain stat_wrong",
                 "completion csh", "-x", "manifest get @host --output"):
        yield f"meshctl-sim {line}"


def play_manifests(mesh):
    for line in ("manifest check mesh.yaml", "manifest check mesh.yaml --json", "manifest check --strict mesh.yaml",
                 "manifest check typo.yaml", "manifest check typo.yaml --json", "manifest check notes.txt",
                 "manifest check missing.yaml", "manifest signature mesh.yaml", "manifest signature mesh.yaml --json",
                 "manifest signature notes.txt", "manifest diff mesh.yaml next.yaml", "manifest diff mesh.yaml mesh.yaml",
                 "manifest diff mesh.yaml next.yaml --json", "manifest diff mesh.yaml missing.yaml",
                 "manifest plan next.yaml mesh.yaml", "manifest plan next.yaml mesh.yaml --json",
                 "manifest plan typo.yaml mesh.yaml", "manifest graph mesh.yaml", "manifest graph mesh.yaml --format dot",
                 "manifest graph mesh.yaml --svg -o mesh.svg", "manifest graph mesh.yaml --json",
                 "manifest graph mesh.yaml --format png", "manifest graph missing.yaml",
                 "manifest new --yes", "manifest new --program @meshd --package shop --marble front "
                 "--user alice=alice.crt --recovery-key ann=ann.pub -o new.yaml", "manifest check new.yaml",
                 "manifest new --user alice=ann.pub", "manifest new --user alice",
                 "package-info @meshd", "package-info @meshd --json", "package-info notes.txt", "package-info missing"):
        yield f"meshctl-sim {line}"
    if mesh.terminal:
        yield ("meshctl-sim manifest new -o asked.yaml",
               f"notes.txt\n{mesh.build}/meshd-sim\nshop\n\nalice=ann.pub\nalice=alice.crt\n\nann=ann.pub\n\n")
        yield "meshctl-sim manifest check asked.yaml"


def play_mesh(mesh):
    yield "meshctl-sim status localhost:1"
    yield "meshctl-sim status nonsense"
    mesh.start()
    for line in ("meshctl-sim status @host", "meshctl-sim status @host --json", "meshctl-sim status @host --insecure",
                 "meshctl-sim manifest get @host", "meshctl-sim manifest set typo.yaml @host",
                 "meshctl-sim manifest set mesh.yaml @host --era-config other-era.json",
                 "meshctl-sim certificate root @host",
                 "meshctl-sim manifest set mesh.yaml @host --recoverydata recovery.json",
                 "meshctl-sim manifest set mesh.yaml @host", "meshctl-sim status @host",
                 "meshctl-sim manifest get @host -o got.json", "meshctl-sim manifest get @host --signature #2",
                 "meshctl-sim manifest get @host --display-update #3", "meshctl-sim manifest get @host --json #1",
                 "meshctl-sim manifest get @host --keep-cert --nonce fresh --save-sgx-quote quote.bin -o /dev/null",
                 "meshctl-sim manifest verify mesh.yaml @host", "meshctl-sim manifest verify mesh.yaml @host --json",
                 "meshctl-sim manifest verify next.yaml @host", "meshctl-sim manifest log @host",
                 "meshctl-sim manifest log @host --json",
                 "meshctl-sim manifest plan next.yaml @host", "meshctl-sim manifest graph @host #3",
                 "meshctl-sim certificate root @host", "meshctl-sim certificate intermediate @host -o between.crt",
                 "meshctl-sim certificate chain @host", "meshctl-sim certificate chain @host --json",
                 "meshctl manifest verify mesh.yaml @host"):
        yield line


def play_users(mesh):
    mesh.start()
    yield "meshctl-sim manifest set mesh.yaml @host --recoverydata recovery.json --json"
    for line in ("secret set secrets.json @host", f"secret set wrong.json @host {ALICE}", f"secret set secrets.json @host {ALICE}",
                 f"secret get database api_key @host {ALICE}", f"secret get database api_key @host {ALICE} --json",
                 f"secret get database @host {ALICE} -o secrets.out", f"secret get nothing @host {ALICE}",
                 f"secret get api_key @host {BOB}", "secret get api_key @host --cert alice.crt --key bob.key",
                 f"secret get api_key @host {ALICE} --pkcs11-config token.json",
                 "manifest update get @host", f"manifest update apply update.json @host {ALICE}",
                 f"manifest update apply update.json @host {ALICE}", f"manifest update apply typo.yaml @host {ALICE}",
                 f"manifest update apply next.yaml @host {ALICE}", "manifest update get @host -o pending.json",
                 "manifest update get @host --missing", "manifest update get @host --missing --json",
                 f"manifest update acknowledge mesh.yaml @host {BOB}", f"manifest update cancel @host {BOB}",
                 f"manifest update cancel @host {BOB}", f"manifest update apply next.yaml @host {ALICE} --json",
                 f"manifest update acknowledge next.yaml @host {BOB} --recoverydata recovery2.json", "manifest log @host"):
        yield f"meshctl-sim {line}"


def play_recovery(mesh):
    mesh.start()
    yield "meshctl-sim manifest set mesh.yaml @host --recoverydata recovery.json"
    secrets = json.loads((mesh.work / "recovery.json").read_text())["RecoverySecrets"]
    mesh.write("secret", secrets["ann"])
    for line in ("recover secret @host --key ann.pem", "recover-with-signature public-key @host"):
        yield f"meshctl-sim {line}"
    mesh.stop()
    for key in (mesh.work / "state").glob("sealed_key*"):
        key.unlink()
    mesh.start()
    for line in ("status @host --coordinator-cert none.pem", "recover secret @host", "recover notes.txt @host --key ann.pem",
                 "recover secret @host --key alice.key", "recover-with-signature public-key @host --json",
                 "recover-with-signature public-key @host -o coordinator.pem",
                 "recover-with-signature public-key @host -o coordinator.pem",
                 "recover-with-signature encrypt-secret secret --key ann.pem --coordinator-pub-key coordinator.pem",
                 "recover-with-signature encrypt-secret secret --key ann.pem --coordinator-pub-key coordinator.pem -o encrypted",
                 "recover-with-signature sign-secret secret --key ann.pem -o signature",
                 "recover-with-signature sign-secret secret --key ann.pem -o signature",
                 "recover-with-signature encrypted @host", "recover-with-signature secret @host --signature signature"):
        yield f"meshctl-sim {line}"
    yield ("meshctl-sim manifest set next.yaml @host", "no\n")
    yield "meshctl-sim recover-with-signature encrypted @host --signature signature --json"
    yield "meshctl-sim status @host"


def play_evidence(mesh):
    mesh.run(str(MESHSIM), "evidence", "--report-data", "0102", "-o", "evidence")
    mesh.run(str(MESHSIM), "collateral", "-o", "bundle.json")
    mesh.write("old.json", '{"UniqueID": "' + "00" * 32 + '"}')
    for line in ("evidence show evidence #12", "evidence show evidence --json #6", "evidence show notes.txt",
                 "evidence verify --collateral bundle.json evidence #8",
                 "evidence verify --collateral bundle.json --json evidence #6",
                 "evidence verify --collateral bundle.json --report-data 0303 evidence",
                 "evidence verify --collateral bundle.json --policy old.json evidence #4",
                 "evidence verify --collateral missing.json evidence", "evidence verify", "evidence verify --at noon evidence",
                 "collateral show bundle.json #6", "collateral show bundle.json --json #4", "collateral show notes.txt",
                 "collateral import bundle.json --into cache", "collateral import bundle.json --into cache --json",
                 "collateral import bundle.json"):
        yield f"meshctl-sim {line}"
    mesh.env["MESH_PCS_URL"] = "https://localhost:1"
    yield "meshctl-sim collateral fetch evidence"
    yield "meshctl-sim collateral fetch notes.txt -o fetched.json"


def play_kubernetes(mesh):
    """There is no cluster: what would be run, and what is refused. tests/e2e/kubernetes.sh has the rest."""
    for line in ("install --dry-run --simulation --domain mesh.example.com", "install --dry-run --namespace mesh",
                 "install --distributed-deployment", "install --mesh-server-port none", "uninstall --dry-run",
                 "precheck --dry-run", "check --dry-run", "check --timeout soon"):
        yield f"meshctl-sim {line}"
    mesh.env["PATH"] = str(mesh.work)
    for line in ("precheck", "check"):
        yield f"meshctl-sim {line}"


SCENES = {"help": play_help, "manifests": play_manifests, "mesh": play_mesh, "users": play_users,
          "recovery": play_recovery, "evidence": play_evidence, "kubernetes": play_kubernetes}

# What readers get to see of it, as it looks on a terminal.
SHOWN = [
    ("A manifest is checked", "manifests", ["manifest check mesh.yaml", "manifest check typo.yaml"]),
    ("An update is planned", "manifests", ["manifest diff mesh.yaml next.yaml", "manifest plan next.yaml mesh.yaml"]),
    ("A manifest is begun", "manifests", ["manifest new -o asked.yaml"]),
    ("A coordinator gets its manifest", "mesh",
     ["manifest set mesh.yaml localhost:4433 --era-config other-era.json",
      "manifest set mesh.yaml localhost:4433 --recoverydata recovery.json", "manifest verify mesh.yaml localhost:4433"]),
    ("Two users replace it", "users",
     [f"manifest update apply next.yaml localhost:4433 {ALICE}", "manifest update get localhost:4433 --missing",
      f"manifest update acknowledge next.yaml localhost:4433 {BOB} --recoverydata recovery2.json"]),
    ("A coordinator is recovered", "recovery",
     ["status localhost:4433 --coordinator-cert none.pem",
      "recover-with-signature sign-secret secret --key ann.pem -o signature",
      "manifest set next.yaml localhost:4433"]),
    ("Evidence is judged", "evidence", ["evidence verify --collateral bundle.json --report-data 0303 evidence"]),
    ("A cluster gets a coordinator", "kubernetes", ["install --dry-run --simulation --domain mesh.example.com"]),
    ("A refusal is explained", "help", ["manifest udpate", "explain state_wrong"]),
]


# ---- playing, comparing -----------------------------------------------------------------------------------------

def play(build, name, terminal):
    mesh = Mesh(build, terminal)
    try:
        text = ""
        for step in SCENES[name](mesh):
            text += mesh.type(*((step,) if isinstance(step, str) else step))
        picture = mesh.work / "mesh.svg"
        return text, mesh, picture.read_text() if picture.exists() else None
    finally:
        mesh.close()


def screens(transcripts):
    """docs/screens.md: the first time that each of the commands was typed."""
    text = ("# Screens\n\nWhat `meshctl` says, taken from the transcripts that the tests compare with\n"
            "(`tests/e2e/transcripts.py`); what differs from run to run stands in angle brackets.\n\n"
            "![What belongs to a mesh, drawn by meshctl manifest graph --svg](pictures/mesh.svg)\n")
    for title, scene, lines in SHOWN:
        text += f"\n## {title}\n\n```\n"
        shown = []
        for line in lines:
            found = re.search(rf"(?ms)^\$ meshctl-sim {re.escape(line)}\n.*?(?=^\$ |\Z)", transcripts[scene])
            if found is None:
                sys.exit(f"docs/screens.md: nobody typed {line}")
            shown.append(re.sub(r"\\e\[[0-9;]*m", "", found.group(0)).strip("\n"))
        text += "\n\n".join(shown).replace("meshctl-sim", "meshctl") + "\n```\n"
    return text


def compare(path, text, write):
    """How many files differ: 0 or 1."""
    if write:
        path.write_text(text)
        return 0
    golden = path.read_text() if path.exists() else ""
    if golden == text:
        return 0
    print(f"FAILED: {path.relative_to(ROOT)} (scripts/transcripts, if this is what is wanted):")
    sys.stdout.writelines(difflib.unified_diff(golden.splitlines(True), text.splitlines(True), "expected", "found", n=1))
    return 1


def commands(build):
    listed = subprocess.run([build / "meshctl-sim", "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    part = listed[listed.index("\nCommands:\n"):].split("\n\n")[0]
    return [line[2:40].strip() for line in part.splitlines() if line.startswith("  ")]


def check_explain(build):
    """Each reason of the table is explained."""
    faults = 0
    for name in re.findall(r'^REASON\(\w+, "(\w+)"', (ROOT / "base" / "reasons.def").read_text(), re.M):
        said = subprocess.run([build / "meshctl-sim", "explain", name], stdout=subprocess.PIPE, check=False)
        text = said.stdout.decode()
        if said.returncode != 0 or not re.match(rf"{name}\n\nWhat it means: \w.+\nWhat to do:    \w.+\n", text):
            print(f"FAILED: explain {name}: {text}")
            faults += 1
    return faults


def main():
    build, write = Path(sys.argv[1]).resolve(), sys.argv[3:] == ["--write"]
    faults, terminals, typed = check_explain(build), {}, set()
    for name in SCENES:
        for terminal, suffix in ((False, "pipe"), (True, "terminal")):
            text, mesh, picture = play(build, name, terminal)
            faults += compare(GOLDEN / f"{name}.{suffix}", text, write)
            if picture is not None and terminal:
                faults += compare(PICTURE, picture, write)
            if terminal:
                terminals[name] = text
            typed |= mesh.used
            for fault in mesh.faults:
                print(f"FAILED: {fault}")
            faults += len(mesh.faults)
    faults += compare(SCREENS, screens(terminals), write)
    for command in commands(build):
        if not any(re.match(rf"meshctl(-sim)? {command}( |$)", line) for line in typed):
            print(f"FAILED: no transcript has the command {command}")
            faults += 1
    print(f"{len(typed)} command lines, {faults} faults")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
