# SPDX-License-Identifier: Apache-2.0
"""The real meshd-sim as a process, and a client of its REST API that is Python's own ssl and http.client."""
import base64
import http.client
import json
import os
import signal
import ssl
import subprocess
import time

import openapi
from harness import Failed, holds, same

BUILD = os.environ["BUILD_DIR"]
SOURCE = os.environ["SOURCE_DIR"]
DOCUMENT = openapi.Document(os.path.join(SOURCE, "docs/api/openapi.yaml"))
SEEN = set()  # (method, path, status) of all answers, for the case that asks whether all of the document was seen

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def as_bytes(manifest):
    if isinstance(manifest, bytes):
        return manifest
    return (manifest if isinstance(manifest, str) else json.dumps(manifest)).encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        """The data of a success."""
        if self.status != 200 or self.json["status"] != "success":
            raise Failed(f"expected a success, found {self.status}: {self.body.decode(errors='replace')}")
        return self.json["data"]

    def refused(self, status, kind, text="", reason=None):
        """The same, if it is this refusal."""
        same(self.status, status, f"status of {self.body[:300]!r}")
        same(self.json["status"], kind, "kind of refusal")
        holds(self.json["message"], text, "message")
        if reason is not None:
            same(self.json["reason"], reason, "reason")
        return self


class Coordinator:
    def __init__(self, folder, program="meshd-sim", wait=True, **settings):
        self.folder, self.program, self.settings = folder, program, settings
        self.state_folder = os.path.join(folder, "state")
        self.log_path = os.path.join(folder, "log")
        self.process = None
        os.makedirs(folder, exist_ok=True)
        self.begin(wait)

    # ---- the process

    def begin(self, wait=True, **more):
        self.ready = os.path.join(self.folder, "ready")
        if os.path.exists(self.ready):
            os.unlink(self.ready)
        environment = {
            "PATH": os.environ["PATH"],
            "EDG_COORDINATOR_CLIENT_ADDR": "127.0.0.1:0", "EDG_COORDINATOR_MESH_ADDR": "127.0.0.1:0",
            "EDG_COORDINATOR_SEAL_DIR": self.state_folder, "MESH_READY_FILE": self.ready,
            "EDG_LOG_FORMAT": "json", **{k: v for k, v in self.settings.items()}, **more,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        environment = {k: v for k, v in environment.items() if v is not None}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, self.program)], env=environment, cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        deadline = time.monotonic() + 60
        while not (os.path.exists(self.ready) and os.path.getsize(self.ready) > 0):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Failed(f"the coordinator did not start: {self.log()[-2000:]}")
            time.sleep(0.01)
        with open(self.ready, encoding="ascii") as f:
            ports = dict(p.split("=") for p in f.read().split())
        self.client_port, self.mesh_port = int(ports["client"]), int(ports["mesh"])
        self.metrics_port = int(ports.get("metrics", 0))

    def exit_code(self, timeout=30):
        return self.process.wait(timeout)

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        return self.process.wait(30)

    def restart(self, number=signal.SIGKILL, **more):
        self.kill(number)
        return self.begin(**more)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def end(self):
        """Stops it; it must not have crashed, nor a sanitizer have found anything."""
        self.stop()
        if self.process.returncode not in (0, 1, 2, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT):
            raise Failed(f"the coordinator ended with {self.process.returncode}: {self.log()[-2000:]}")
        for word in ("Sanitizer", "runtime error:"):
            if word in self.log():
                raise Failed(self.log()[self.log().index(word):][:3000])

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def log_lines(self, message=None):
        lines = [json.loads(line) for line in self.log().splitlines()]
        return [line for line in lines if message is None or line["msg"] == message]

    # ---- REST

    def call(self, method, path, body=None, user=None, headers=None, check=True, tls=None):
        """One request on a connection of its own. `user`: paths of certificate and key."""
        context = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if user is not None:
            context.load_cert_chain(*user)
        connection = http.client.HTTPSConnection("127.0.0.1", self.client_port, context=context, timeout=120)
        try:
            connection.request(method, path, body=as_bytes(body) if body is not None else None, headers=headers or {})
            response = connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        if check:
            where = path.split("?")[0]
            if method != "HEAD":
                DOCUMENT.check(method, where, answer.status, answer.headers, answer.body)
            SEEN.add((method, where, answer.status))
        return answer

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body, **more):
        return self.call("POST", path, body=body, **more)

    def post_manifest(self, manifest, path="/api/v2/manifest", **more):
        return self.post(path, json.dumps({"manifest": b64(as_bytes(manifest))}), **more)

    def set(self, manifest):
        return self.post_manifest(manifest).data

    def update(self, manifest, user):
        return self.post_manifest(manifest, "/api/v2/update", user=user)

    def state(self):
        return self.get("/api/v2/status").data["code"]

    def chain(self):
        """The certificates of the quote endpoint: intermediate and root, PEM."""
        pem = self.get("/api/v2/quote").data["cert"]
        return ["-----BEGIN" + part for part in pem.split("-----BEGIN")[1:]]

    def server_certificate(self, port=None, user=None):
        """DER of what the server presents."""
        import socket
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"] if port else ["http/1.1"])
        if user is not None:
            context.load_cert_chain(*user)
        with socket.create_connection(("127.0.0.1", port or self.client_port), timeout=30) as s:
            with context.wrap_socket(s) as t:
                return t.getpeercert(binary_form=True)

    def log_of_updates(self):
        return [json.loads(line) for line in self.get("/api/v2/update").data["updateLog"]]

    # ---- the listener of metrics

    def page(self, path, method="GET", check=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=30)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        if check:
            DOCUMENT.check(method, path, answer.status, answer.headers, answer.body, page=True)
            SEEN.add((method, path, answer.status))
        return answer
