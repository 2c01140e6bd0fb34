# SPDX-License-Identifier: Apache-2.0
"""What the servers beside this file have in common: HTTPS on a free port of localhost, which is told in a file."""
import http.server
import ssl
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, body, content_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def request_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


def serve(handler, certificate, key, port_file):
    server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Path(port_file + ".new").write_text(str(server.server_port))
    Path(port_file + ".new").rename(port_file)
    server.serve_forever()
