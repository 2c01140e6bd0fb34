"""marblerun_peer.py PORT-FILE: a coordinator that knows rpc.Marble alone, as MarbleRun's; see marble_fallback.sh.

Speaks stock gRPC. In the working directory: server.pem and server.key, and what each variable of the identity holds.
"""
# SPDX-License-Identifier: Apache-2.0
#
import os
import sys
from concurrent import futures

import grpc
import rpc_pb2
import rpc_pb2_grpc


def read(name):
    with open(name, "rb") as f:
        return f.read()


class Coordinator(rpc_pb2_grpc.MarbleServicer):
    def Activate(self, request, context):
        with open("asked", "a") as f:
            print(request.MarbleType, len(request.Quote) > 0, file=f)
        names = [n for n in os.listdir() if n.startswith("MARBLE_PREDEFINED_")]
        return rpc_pb2.ActivationResp(
            Parameters=rpc_pb2.Parameters(Argv=["by", "another"], Env={n: read(n) for n in names})
        )


server = grpc.server(futures.ThreadPoolExecutor(2))
rpc_pb2_grpc.add_MarbleServicer_to_server(Coordinator(), server)
port = server.add_secure_port(
    "127.0.0.1:0", grpc.ssl_server_credentials([(read("server.key"), read("server.pem"))])
)
server.start()
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.wait_for_termination()
