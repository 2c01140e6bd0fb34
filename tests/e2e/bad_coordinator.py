# SPDX-License-Identifier: Apache-2.0
"""A coordinator of the marble API alone that gives a bad answer, which one the marble's type says.

usage: bad_coordinator.py CERTIFICATE KEY PORT-FILE FOLDER IDENTITY
       IDENTITY: a folder with chain.pem, key.pem and root.pem, for the answers that are bad in another way
"""
import concurrent.futures
import os
import sys
import time

import grpc
import rpc_pb2

certificate, key, port_file, folder, identity = sys.argv[1:]


def read(name):
    with open(name, "rb") as file:
        return file.read()


PARTS = {name: read(f"{identity}/{name}.pem") for name in ("chain", "key", "root")}
ENV = {
    "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN": PARTS["chain"],
    "MARBLE_PREDEFINED_PRIVATE_KEY": PARTS["key"],
    "MARBLE_PREDEFINED_ROOT_CA": PARTS["root"],
    "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA": PARTS["root"],
}


def response(files=None, env=None, argv=()):
    parameters = rpc_pb2.Parameters(Files=files or {}, Env={**ENV, **(env or {})}, Argv=argv)
    return rpc_pb2.ActivationResp(Parameters=parameters).SerializeToString()


def abort(context, code):
    context.abort(code, "so it is")


BEFORE = {f"{folder}/before": b"x"}
ANSWERS = {
    "good": lambda _: response(BEFORE),
    "oversized": lambda _: response({f"{folder}/large": bytes(40 << 20)}),
    "garbage": lambda _: b"\xff" * 100,
    "no-identity": lambda _: rpc_pb2.ActivationResp(
        Parameters=rpc_pb2.Parameters(Files=BEFORE)).SerializeToString(),
    "other-key": lambda _: response(BEFORE, {"MARBLE_PREDEFINED_PRIVATE_KEY": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}),
    "nul": lambda _: response(BEFORE, {"NUL": b"a\0b"}),
    "escapes": lambda _: response({**BEFORE, f"{folder}/../escaped": b"x"}),
    "is-folder": lambda _: response({**BEFORE, folder: b"x"}),
    "too-much": lambda _: response({**BEFORE, f"{folder}/large": bytes(2 << 20)}),
    "silent": lambda _: time.sleep(30),
    "refuses": lambda context: abort(context, grpc.StatusCode.PERMISSION_DENIED),
    "unavailable": lambda context: abort(context, grpc.StatusCode.UNAVAILABLE),
}


class Handler(grpc.GenericRpcHandler):
    def service(self, details):
        if details.method != "/rpc.Marble/Activate":
            return None
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: ANSWERS[request.MarbleType](context),
            request_deserializer=rpc_pb2.ActivationReq.FromString, response_serializer=lambda raw: raw)


server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), (Handler(),),
                     options=[("grpc.max_send_message_length", -1)])
port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(read(key), read(certificate))]))
server.start()
with open(port_file + ".new", "w", encoding="ascii") as file:
    file.write(str(port))
os.rename(port_file + ".new", port_file)
server.wait_for_termination()
