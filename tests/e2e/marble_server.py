# SPDX-License-Identifier: Apache-2.0
"""What a marble becomes that serves HTTPS with the identity it was given: answers each request with what it got.

usage: marble_server.py PORT-FILE, with MARBLE_PREDEFINED_* in the environment
"""
import json
import os
import sys
from pathlib import Path

import tls_server


class Handler(tls_server.Handler):
    def answer(self):
        body = self.request_body().decode()
        text = json.dumps({"method": self.command, "path": self.path, "body": body}).encode()
        self.reply(200, text, "application/x-marble")

    do_GET = do_POST = do_PUT = answer


chain, key = Path(sys.argv[1] + ".chain.pem"), Path(sys.argv[1] + ".key.pem")
chain.write_text(os.environ["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"])
key.touch(0o600)
key.write_text(os.environ["MARBLE_PREDEFINED_PRIVATE_KEY"])
tls_server.serve(Handler, chain, key, sys.argv[1])
