# SPDX-License-Identifier: Apache-2.0
"""A web service with its mesh certificate: Flask's, if Flask is installed, else the standard library's. Which port it
got stands in the file "port"."""
import os
import ssl
from wsgiref.simple_server import WSGIRequestHandler, make_server

GREETING = os.environ["GREETING"]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


try:
    from flask import Flask

    app = Flask(__name__)
    app.get("/")(lambda: GREETING + "\n")
except ImportError:

    def app(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [GREETING.encode() + b"\n"]


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("tls/chain.pem", "tls/key.pem")
server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
server.socket = context.wrap_socket(server.socket, server_side=True)
with open("port.new", "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
