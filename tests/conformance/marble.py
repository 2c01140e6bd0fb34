# SPDX-License-Identifier: Apache-2.0
"""A marble: a stock gRPC client (grpcio) with the messages of rpc.Marble written and read by hand."""
import hashlib
import os
import shutil
import subprocess
import threading

import grpc

import pki
from coordinator import BUILD
from harness import Failed, holds, same

_made, _lock = {}, threading.RLock()

METHOD = "/rpc.Marble/Activate"
UUID = "11111111-2222-4333-8444-555555555555"
MESHSIM = os.path.join(BUILD, "attestation/sim/meshsim")


# ---- protobuf


def varint(n):
    out = b""
    while n > 0x7F:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def field(number, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value if value else b""


def fields(data):
    """(number, bytes) of a message whose fields are all length-delimited."""
    at = 0
    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value
    while at < len(data):
        tag = number()
        if tag & 7 != 2:
            raise Failed(f"a field of wire type {tag & 7} in the response")
        length = number()
        yield tag >> 3, data[at:at + length]
        at += length


class Parameters:
    def __init__(self, message):
        self.files, self.env, self.argv = {}, {}, []
        for number, content in fields(message):
            same(number, 1, "field of ActivationResp")
            for kind, entry in fields(content):
                if kind == 3:
                    self.argv.append(entry.decode())
                    continue
                pair = dict(fields(entry))
                (self.files if kind == 1 else self.env)[pair.get(1, b"").decode()] = pair.get(2, b"")

    def certificate(self):
        """The marble's own."""
        return pki.Certificate(pki.der_of(self.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"].decode()))

    def chain(self):
        """PEM texts of leaf and intermediate."""
        text = self.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"].decode()
        return ["-----BEGIN" + part for part in text.split("-----BEGIN")[1:]]

    def credentials(self):
        """(certificate chain, key) as files: what the marble connects with."""
        return (pki.scratch(self.env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"]),
                pki.scratch(self.env["MARBLE_PREDEFINED_PRIVATE_KEY"]))


# ---- who asks


class Program:
    """A program of the simulated TEE: a copy of meshsim, signed as wanted, that makes its own quotes."""

    def __init__(self, *options):
        self.path = MESHSIM
        if options:
            self.path = os.path.join(pki.SCRATCH, "meshsim-" + hashlib.sha256(repr(options).encode()).hexdigest()[:16])
            with _lock:
                self.sign(options)
        import json
        self.properties = json.loads(subprocess.run([MESHSIM, "measure", self.path], check=True,
                                                    capture_output=True).stdout)

    def sign(self, options):
        if not os.path.exists(self.path + ".sim-sig"):
            shutil.copy(MESHSIM, self.path)
            subprocess.run([MESHSIM, "sign", *options, self.path], check=True, capture_output=True)

    def quote(self, report_data):
        out = pki.scratch(b"")
        subprocess.run([MESHSIM, "quote", "--report-data", report_data.hex(), "-o", out, self.path], check=True,
                       capture_output=True)
        with open(out, "rb") as f:
            return f.read()


class Asker:
    """A marble before its activation: a throw-away certificate, a request, evidence."""

    def __init__(self, program=None, subject="/CN=MarbleRun Marble", names="DNS:localhost", csr_subject="/"):
        self.cert, self.key = pki.self_signed(subject)
        options = ["-addext", f"subjectAltName={names}"] if names else []
        self.csr = pki.openssl("req", "-new", "-key", self.key, "-outform", "der", "-subj", csr_subject, *options)
        self.digest = hashlib.sha256(pki.der_of(pki.text_of(self.cert))).digest()
        self.quote = (program or default_program()).quote(self.digest)
        self.user = (self.cert, self.key)


def _once(name, make):
    with _lock:
        if name not in _made:
            _made[name] = make()
        return _made[name]


def default_program():
    return _once("program", Program)


def default_asker():
    return _once("asker", Asker)


class Refused(Exception):
    def __init__(self, error):
        self.code, self.text = error.code(), error.details() or ""
        self.reason = dict(error.trailing_metadata() or ()).get("mesh-reason")
        super().__init__(f"{self.code}: {self.text}")


def call(coordinator, message, who=None, method=METHOD, timeout=120):
    """The bytes of the response to these bytes."""
    who = who or default_asker()
    server = pki.pem_of(coordinator.server_certificate(coordinator.mesh_port, who.user)).encode()
    credentials = grpc.ssl_channel_credentials(server, open(who.key, "rb").read(), open(who.cert, "rb").read())
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.max_receive_message_length", 64 << 20),
               ("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
    with grpc.secure_channel(f"127.0.0.1:{coordinator.mesh_port}", credentials, options) as channel:
        stub = channel.unary_unary(method, request_serializer=lambda m: m, response_deserializer=lambda m: m)
        try:
            return stub(message, timeout=timeout)
        except grpc.RpcError as e:
            raise Refused(e) from None


def activate(coordinator, type_="m", uuid=UUID, who=None, quote=None, csr=None):
    who = who or default_asker()
    message = (field(1, who.quote if quote is None else quote) + field(2, who.csr if csr is None else csr) +
               field(3, type_) + field(4, uuid))
    return Parameters(call(coordinator, message, who))


def refused(coordinator, code, text="", reason=None, **arguments):
    """The activation must be refused with this."""
    try:
        activate(coordinator, **arguments)
    except Refused as e:
        same(e.code.name, code, f"status of {e.text!r}")
        holds(e.text, text, "message")
        if reason is not None:
            same(e.reason, reason, "reason")
        return e
    raise Failed("it was activated")
