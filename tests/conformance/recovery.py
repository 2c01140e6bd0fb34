# SPDX-License-Identifier: Apache-2.0
"""Coordinators with recovery keys, and what they quote."""
import json
import os

import pki
from coordinator import b64, unb64
from harness import same
from manifests import SHARED, by_anna


def recoverable(bench, number=1, threshold=0, **sections):
    """A coordinator with recovery keys, and a function that gives its recovery secrets."""
    keys = [pki.key("RSA") for _ in range(number)]
    upload = {**by_anna(**sections), "RecoveryKeys": {f"k{i}": pki.public_pem(k) for i, k in enumerate(keys)}}
    if threshold:
        upload["Config"] = {"RecoveryThreshold": threshold}
    c = bench.start()
    secrets = c.set(upload)["RecoverySecrets"]
    c.secrets = [(pki.oaep_decrypt(k, unb64(secrets[f"k{i}"])), k) for i, k in enumerate(keys)]
    def recover(pair=None):
        secret, key = pair or c.secrets[0]
        body = {"recoverySecret": b64(secret), "recoverySecretSignature": b64(pki.sign(key, secret))}
        return c.post("/api/v2/recover", json.dumps(body)).data
    c.recover = recover
    return c, c.secrets[0]


def in_recovery(c):
    c.kill()
    os.unlink(os.path.join(c.state_folder, "sealed_key"))
    c.begin()
    same(c.state(), 1, "state without sealed_key")


def start_recovery(bench):
    c, _ = recoverable(bench)
    in_recovery(c)
    return c


SHARED["recovery"] = start_recovery


def report_data(quote):
    """Of an SGX quote version 3 in Open Enclave's header."""
    same(quote[:8].hex(), "0100000002000000", "Open Enclave's header")
    same(int.from_bytes(quote[8:16], "little"), len(quote) - 16, "length in the header")
    same(quote[16:18], b"\3\0", "version of the quote")
    return quote[16 + 48 + 320:16 + 48 + 384]
