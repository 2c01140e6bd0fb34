# SPDX-License-Identifier: Apache-2.0
"""A server that holds a pinned root certificate's key, and still does not get a wrong manifest believed: the signature that
it sends is the root key's, but of other bytes; the fingerprint is whatever it likes.

usage: lying_coordinator.py CERTIFICATE KEY PORT-FILE [SIGNATURE-FILE]
"""
import base64
import http.server
import json
import ssl
import sys
from pathlib import Path

certificate, key, port_file = sys.argv[1:4]
signature = Path(sys.argv[4]).read_bytes() if len(sys.argv) > 4 else b""


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        data = {"manifestSignatureRootECDSA": base64.b64encode(signature).decode(), "manifestFingerprint": "00" * 32,
                "manifest": base64.b64encode(b'{"Packages": {}}').decode()}
        text = json.dumps({"status": "success", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
Path(port_file + ".new").write_text(str(server.server_port))
Path(port_file + ".new").rename(port_file)
server.serve_forever()
