# SPDX-License-Identifier: Apache-2.0
"""A server that holds a pinned root certificate's key, and still does not get a wrong manifest believed: the signature that
it sends is the root key's, but of other bytes; the fingerprint is whatever it likes.

usage: lying_coordinator.py CERTIFICATE KEY PORT-FILE [SIGNATURE-FILE]
"""
import base64
import json
import sys
from pathlib import Path

import tls_server

certificate, key, port_file = sys.argv[1:4]
signature = Path(sys.argv[4]).read_bytes() if len(sys.argv) > 4 else b""


class Handler(tls_server.Handler):
    def do_GET(self):
        data = {"manifestSignatureRootECDSA": base64.b64encode(signature).decode(), "manifestFingerprint": "00" * 32,
                "manifest": base64.b64encode(b'{"Packages": {}}').decode()}
        text = json.dumps({"status": "success", "data": data}).encode()
        self.reply(200, text)


tls_server.serve(Handler, certificate, key, port_file)
