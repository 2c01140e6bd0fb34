# SPDX-License-Identifier: Apache-2.0
"""A coordinator that knows REST v1 only, as far as its answers have a shape: whatever is asked of v2 gets 405. It keeps
what it was given, proves nothing, and asks nobody who he is.

usage: old_coordinator.py CERTIFICATE KEY PORT-FILE
"""
import base64
import hashlib
import http.server
import json
import ssl
import sys
from pathlib import Path

certificate, key, port_file = sys.argv[1:]
state = {"manifest": b"", "pending": b"", "secrets": {}}


def b64(data):
    return base64.b64encode(data).decode()


def get_manifest(_):
    raw = state["manifest"]
    return {"ManifestSignatureRootECDSA": None, "ManifestSignature": hashlib.sha256(raw).hexdigest() if raw else "",
            "Manifest": b64(raw) if raw else None}


def set_manifest(body):
    state["manifest"] = body
    return {"RecoverySecrets": {"ann": b64(b"secret")}}


def apply(body):
    state["pending"] = body


def acknowledge(body):
    return "All users have acknowledged" if body == state["pending"] else "2 users still have to acknowledge"


def set_secrets(body):
    state["secrets"] = json.loads(body)


CALLS = {
    ("GET", "/status"): lambda _: {"StatusCode": 3 if state["manifest"] else 2, "StatusMessage": "an old one"},
    ("GET", "/quote"): lambda _: {"Cert": Path(certificate).read_text() * 2, "Quote": None},
    ("GET", "/manifest"): get_manifest,
    ("POST", "/manifest"): set_manifest,
    ("GET", "/update"): lambda _: '{"update":"set"}\n{"package":"p","new version":7}\n',
    ("POST", "/update"): apply,
    ("GET", "/update-manifest"): lambda _: {"manifest": b64(state["pending"]), "message": "m", "missingUsers": None},
    ("POST", "/update-manifest"): acknowledge,
    ("POST", "/update-cancel"): lambda _: "cancelled",
    ("GET", "/secrets"): lambda _: {"s": {"Type": "plain", "UserDefined": True, "Private": state["secrets"]["s"]["Key"]}},
    ("POST", "/secrets"): set_secrets,
}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = CALLS.get((self.command, self.path.split("?")[0]))
        envelope = {"status": "success", "data": call(body)} if call else {"status": "error", "data": None}
        text = (json.dumps(envelope) + "\n").encode()
        self.send_response(200 if call else 405)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer


server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
Path(port_file + ".new").write_text(str(server.server_port))
Path(port_file + ".new").rename(port_file)
server.serve_forever()
