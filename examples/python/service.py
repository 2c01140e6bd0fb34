# SPDX-License-Identifier: Apache-2.0
"""A Flask application with its mesh certificate. Which port it got stands in the file "port"."""
import os
import ssl

from flask import Flask
from werkzeug.serving import make_server

app = Flask(__name__)


@app.get("/")
def greet():
    return os.environ["GREETING"] + "\n"


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("tls/chain.pem", "tls/key.pem")
server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=context)
with open("port.new", "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
