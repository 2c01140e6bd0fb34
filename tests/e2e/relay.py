"""relay.py COORDINATOR PORT-FILE: who stands between a service and its coordinator, and ends both TLS connections.

What the one sends goes to the other as it is, but for the root certificate in a challenge, in whose place his own stands.
In the working directory: relay.pem and relay.key, his certificate; server.pem, the coordinator's. See marble_relay.sh.
"""
# SPDX-License-Identifier: Apache-2.0
#
import os
import ssl
import sys
from concurrent import futures

import grpc
import mesh_pb2


def read(name):
    with open(name, "rb") as f:
        return f.read()


CHANNEL = grpc.secure_channel(
    sys.argv[1],
    grpc.ssl_channel_credentials(read("server.pem"), read("relay.key"), read("relay.pem")),
    [("grpc.ssl_target_name_override", "localhost")],
)


def with_own_root(reply):
    message = mesh_pb2.ChallengeReply.FromString(reply)
    message.Root = ssl.PEM_cert_to_DER_cert(read("relay.pem").decode())
    return message.SerializeToString()


class Relay(grpc.GenericRpcHandler):
    def service(self, call):
        def forward(request, context):
            with open("relayed", "a") as f:
                print(call.method, file=f)
            try:
                reply = CHANNEL.unary_unary(call.method)(request, timeout=20)
            except grpc.RpcError as e:
                context.set_trailing_metadata(
                    [(k, v) for k, v in e.trailing_metadata() if k == "mesh-reason"]
                )
                context.abort(e.code(), e.details())
            return with_own_root(reply) if call.method.endswith("/Challenge") else reply

        return grpc.unary_unary_rpc_method_handler(forward)


server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Relay()])
port = server.add_secure_port(
    "127.0.0.1:0", grpc.ssl_server_credentials([(read("relay.key"), read("relay.pem"))])
)
server.start()
with open(sys.argv[2] + ".new", "w") as f:
    f.write(str(port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.wait_for_termination()
