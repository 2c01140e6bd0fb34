# SPDX-License-Identifier: Apache-2.0
"""A server that answers nothing before the file GO is there, and then only that it knows nothing.

usage: slow_coordinator.py CERTIFICATE KEY PORT-FILE GO
"""
import http.server
import ssl
import sys
import time
from pathlib import Path

certificate, key, port_file, go = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        while not Path(go).exists():
            time.sleep(0.05)
        text = b'{"status":"error","data":null,"message":"it took its time"}\n'
        self.send_response(500)
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
