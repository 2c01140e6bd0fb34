# SPDX-License-Identifier: Apache-2.0
"""A server that answers nothing before the file GO is there, and then only that it knows nothing.

usage: slow_coordinator.py CERTIFICATE KEY PORT-FILE GO
"""
import sys
import time
from pathlib import Path

import tls_server

certificate, key, port_file, go = sys.argv[1:]


class Handler(tls_server.Handler):
    def do_GET(self):
        while not Path(go).exists():
            time.sleep(0.05)
        text = b'{"status":"error","data":null,"message":"it took its time"}\n'
        self.reply(500, text)


tls_server.serve(Handler, certificate, key, port_file)
