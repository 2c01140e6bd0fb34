"""stock_grpc.py PORT early|all: asks rpc.Marble/Activate as any gRPC client would; see stock_grpc.sh."""
# SPDX-License-Identifier: Apache-2.0
#
import sys

import grpc
import mesh_pb2
import mesh_pb2_grpc
import rpc_pb2
import rpc_pb2_grpc

UUID = "11111111-2222-4333-8444-555555555555"


def read(name):
    with open(name, "rb") as f:
        return f.read()


def ask(port, who, type_="service", uuid=UUID, quote=None, csr=None):
    """As `who`: with this certificate, request and evidence, unless others are given."""
    credentials = grpc.ssl_channel_credentials(read("server.pem"), read(who + ".key"), read(who + ".pem"))
    options = [("grpc.ssl_target_name_override", "localhost")]
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
        request = rpc_pb2.ActivationReq(
            Quote=read(who + ".quote") if quote is None else quote,
            CSR=read(who + ".csr") if csr is None else csr,
            MarbleType=type_,
            UUID=uuid,
        )
        return rpc_pb2_grpc.MarbleStub(channel).Activate(request, timeout=20).Parameters


def refused(what, code, reason, *args, **kwargs):
    try:
        ask(*args, **kwargs)
    except grpc.RpcError as e:
        found = dict(e.trailing_metadata() or ()).get("mesh-reason")
        assert e.code() == code and found == reason, f"{what}: {e.code()} {found}: {e.details()}"
        assert e.details(), f"{what}: no cause"
        print(f"- {what}: {code.name}, {e.details()}")
        return
    raise AssertionError(f"{what}: admitted")


def admitted(port):
    got = ask(port, "good")
    assert set(got.Files) == {"/key", "/text"} and got.Files["/text"] == b"as it is", got.Files
    assert len(got.Files["/key"]) == 32
    assert list(got.Argv) == ["service", "--flag"], got.Argv
    assert set(got.Env) == {
        "OWN_CERT",
        "MARBLE_PREDEFINED_ROOT_CA",
        "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN",
        "MARBLE_PREDEFINED_PRIVATE_KEY",
        "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA",
    }, got.Env.keys()
    for name, value in got.Env.items():
        with open(name, "wb") as f:
            f.write(value)
    chain = got.Env["MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"]
    assert chain.startswith(got.Env["OWN_CERT"]) and chain.count(b"BEGIN CERTIFICATE") == 2
    print("- a service with good evidence is admitted")
    return got.Files["/key"]


def on_mesh(port, call):
    credentials = grpc.ssl_channel_credentials(read("server.pem"), read("good.key"), read("good.pem"))
    options = [("grpc.ssl_target_name_override", "localhost")]
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:
        return call(mesh_pb2_grpc.MeshStub(channel))


def mesh_refused(port, call, code, reason):
    try:
        on_mesh(port, call)
    except grpc.RpcError as e:
        found = dict(e.trailing_metadata() or ()).get("mesh-reason")
        assert e.code() == code and found == reason, f"{e.code()} {found}: {e.details()}"
        return
    raise AssertionError(f"{reason}: admitted")


def mesh_v1(port):
    """What a stock client can do of mesh.v1: Challenge, and see evidence refused that is of no connection."""
    code = grpc.StatusCode
    plain = on_mesh(port, lambda m: m.Challenge(mesh_pb2.ChallengeRequest(), timeout=20))
    assert len(plain.Nonce) == 32 and plain.Root and not plain.Evidence, plain
    proven = on_mesh(port, lambda m: m.Challenge(mesh_pb2.ChallengeRequest(Nonce=bytes(32)), timeout=20))
    assert proven.Root == plain.Root and len(proven.Evidence) > 1000, proven
    assert proven.Nonce != plain.Nonce

    def request(nonce):
        return mesh_pb2.ActivateRequest(
            Nonce=nonce, Evidence=read("good.quote"), CSR=read("good.csr"), MarbleType="service", UUID=UUID)

    def honest(m, method):
        return method(m)(request(m.Challenge(mesh_pb2.ChallengeRequest(), timeout=20).Nonce), timeout=20)

    mesh_refused(port, lambda m: m.Challenge(mesh_pb2.ChallengeRequest(Nonce=b"x"), timeout=20), code.INVALID_ARGUMENT, "grpc_format")
    mesh_refused(port, lambda m: m.Activate(request(plain.Nonce), timeout=20), code.UNAUTHENTICATED, "challenge")
    mesh_refused(port, lambda m: honest(m, lambda s: s.Activate), code.PERMISSION_DENIED, "evidence_relayed")
    mesh_refused(port, lambda m: honest(m, lambda s: s.Renew), code.UNAUTHENTICATED, "marble_cert")
    print("- mesh.v1: a challenge with evidence; nonces, evidence and leaves of others are refused")


def main(port, what):
    code = grpc.StatusCode
    if what == "early":
        refused("no manifest", code.FAILED_PRECONDITION, "state_wrong", port, "good")
        return
    mesh_v1(port)
    denied = code.PERMISSION_DENIED
    refused("unknown type", denied, "marble_unknown", port, "good", type_="nobody")
    refused("another program", denied, "unique_id", port, "good", type_="stranger")
    refused("no evidence", denied, "evidence_missing", port, "good", quote=b"")
    refused("evidence of another connection", denied, "report_data", port, "good", quote=read("other.quote"))
    refused("a name of the coordinator", denied, "name_reserved", port, "greedy")
    refused("no UUID", code.INVALID_ARGUMENT, "uuid_invalid", port, "good", uuid="x")
    refused("the zero UUID", code.INVALID_ARGUMENT, "uuid_invalid", port, "good", uuid="0" * 32)
    refused("no CSR", code.INTERNAL, "csr_format", port, "good", csr=b"")
    key = admitted(port)
    assert admitted(port) == key, "a private key changed"
    refused("beyond the limit", denied, "marble_limit", port, "good")


main(int(sys.argv[1]), sys.argv[2])
