# SPDX-License-Identifier: Apache-2.0
"""Stands between a client and a coordinator: passes questions for evidence on as they are, nonce and all, and the answer
back with a certificate of its own in the place of the intermediate.

usage: between.py CERTIFICATE KEY PORT-FILE COORDINATOR
"""
import http.client
import http.server
import json
import ssl
import sys
from pathlib import Path

certificate, key, port_file, coordinator = sys.argv[1:]


def ask(path):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(coordinator, context=context, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().read()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        answer = json.loads(ask(self.path))
        begin = "-----BEGIN CERTIFICATE-----"
        answer["data"]["cert"] = Path(certificate).read_text() + begin + answer["data"]["cert"].split(begin)[2]
        text = json.dumps(answer).encode()
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
