# SPDX-License-Identifier: Apache-2.0
"""Cases, and how they are run: each is a function under a section and a sentence of the contract."""
import concurrent.futures
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback

CASES = []


class Failed(AssertionError):
    pass


def case(section, sentence):
    """Registers a case. It gets a Bench; whatever it raises fails it."""
    def register(function):
        CASES.append((section, sentence, function))
        return function
    return register


def cases(section, rows):
    """Registers a case for each row (sentence, arguments...) of a table; the function gets the arguments too."""
    def register(function):
        for sentence, *arguments in rows:
            def run(bench, function=function, arguments=arguments):
                function(bench, *arguments)
            CASES.append((section, sentence, run))
        return function
    return register


def same(found, expected, what="it"):
    if found != expected:
        raise Failed(f"{what}: expected {expected!r}, found {found!r}")


def holds(text, part, what="the text"):
    if part not in text:
        raise Failed(f"{what}: expected {part!r} in {text!r}")


def lacks(text, part, what="the text"):
    if part in text:
        raise Failed(f"{what}: did not expect {part!r} in {text!r}")


def true(condition, what):
    if not condition:
        raise Failed(what)


class Bench:
    """What a case works with: a folder of its own, and coordinators that end with it."""

    def __init__(self, shared):
        self.shared = shared
        self.folder = tempfile.mkdtemp(prefix="marblemesh-conformance-")
        self.started = []

    def start(self, folder=None, **settings):
        from coordinator import Coordinator
        c = Coordinator(folder or os.path.join(self.folder, f"c{len(self.started)}"), **settings)
        self.started.append(c)
        return c

    def mesh(self, manifest, folder=None, **settings):
        """A coordinator, without evidence unless asked for, that runs this manifest."""
        settings.setdefault("MESH_SIM", "none")
        c = self.start(folder, **settings)
        c.set(manifest)
        return c

    def fresh(self):
        """A coordinator in state 2, shared by cases that leave it so."""
        return self.shared.get("fresh")

    def running(self):
        """A coordinator in state 3, shared by cases that change nothing that others look at."""
        return self.shared.get("running")

    def close(self):
        try:
            for c in self.started:
                c.end()
        finally:
            for c in self.started:
                c.stop()
            self.remove()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class Shared:
    """Coordinators that several cases use, each started when it is first asked for."""

    def __init__(self, makers):
        self.makers, self.made, self.lock = makers, {}, threading.Lock()
        self.bench = Bench(self)

    def get(self, name):
        with self.lock:
            if name not in self.made:
                self.made[name] = self.makers[name](self.bench)
            return self.made[name]

    def close(self):
        self.bench.close()


def _run(shared, function):
    bench = Bench(shared)
    begun = time.monotonic()
    try:
        function(bench)
        verdict = "pass"
    except Exception as e:
        where = traceback.extract_tb(e.__traceback__)
        at = next((f for f in reversed(where) if "section" in os.path.basename(f.filename)), where[-1])
        verdict = f"FAIL {os.path.basename(at.filename)}:{at.lineno}: {type(e).__name__}: {e}"
    finally:
        try:
            bench.close()
        except Exception as e:
            verdict = f"FAIL at its end: {e}"
    return verdict, time.monotonic() - begun


def _order(section):
    return [int(part) for part in section.split(".")]


def main(makers, pattern="", after=None):
    """`after`: of a whole run, gives what is still amiss."""
    chosen = sorted((c for c in CASES if re.search(pattern, c[0] + " " + c[1])), key=lambda c: _order(c[0]))
    shared = Shared(makers)
    width = max((len(c[1]) for c in chosen), default=0)
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=int(os.environ.get("JOBS", "4"))) as pool:
            futures = [pool.submit(_run, shared, c[2]) for c in chosen]
            print(f"{'section':<8} {'sentence':<{width}}  verdict")
            for (section, sentence, _), future in zip(chosen, futures):
                verdict, seconds = future.result()
                failed += verdict != "pass"
                slow = f"  ({seconds:.1f} s)" if os.environ.get("TIMES") else ""
                print(f"{section:<8} {sentence:<{width}}  {verdict}{slow}", flush=True)
    finally:
        shared.close()
    for fault in after() if after is not None and not pattern else []:
        print(f"FAIL {fault}")
        failed += 1
    print(f"\n{len(chosen)} sentences: {len(chosen) - failed} hold, {failed} do not")
    sys.exit(1 if failed or not chosen else 0)
