# SPDX-License-Identifier: Apache-2.0
"""What a marble becomes that serves HTTPS with the identity it was given: answers each request with what it got.

usage: marble_server.py PORT-FILE, with MARBLE_PREDEFINED_* in the environment
"""
import http.server
import json
import os
import ssl
import sys
import tempfile
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        text = json.dumps({"method": self.command, "path": self.path, "body": body}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-marble")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer


server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.TemporaryDirectory() as folder:
    chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
    chain.write_text(os.environ["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
    key.touch(0o600)
    key.write_text(os.environ["MARBLE_PREDEFINED_PRIVATE_KEY"])
    context.load_cert_chain(chain, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
Path(sys.argv[1] + ".new").write_text(str(server.server_port))
Path(sys.argv[1] + ".new").rename(sys.argv[1])
server.serve_forever()
