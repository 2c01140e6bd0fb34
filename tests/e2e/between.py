# SPDX-License-Identifier: Apache-2.0
"""Stands between a client and a coordinator: passes questions for evidence on as they are, nonce and all, and the answer
back with a certificate of its own in the place of the intermediate.

usage: between.py CERTIFICATE KEY PORT-FILE COORDINATOR
"""
import http.client
import json
import ssl
import sys
from pathlib import Path

import tls_server

certificate, key, port_file, coordinator = sys.argv[1:]


def ask(path):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(coordinator, context=context, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().read()


class Handler(tls_server.Handler):
    def do_GET(self):
        answer = json.loads(ask(self.path))
        begin = "-----BEGIN CERTIFICATE-----"
        answer["data"]["cert"] = Path(certificate).read_text() + begin + answer["data"]["cert"].split(begin)[2]
        text = json.dumps(answer).encode()
        self.reply(200, text)


tls_server.serve(Handler, certificate, key, port_file)
