#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/e2e/stock_grpc.sh: a stock gRPC client (Python's grpcio) is activated by the real coordinator over mutual TLS.
# The client is installed into the build folder once, in the versions of requirements.txt.
set -euo pipefail

build=${BUILD_DIR:?} source=${SOURCE_DIR:?}
here=$source/tests/e2e
meshsim=$build/attestation/sim/meshsim
work=$(mktemp -d)
meshd=
trap 'kill $meshd 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

die() { echo "FAILED: $*" >&2; tail -n 20 "$work"/*.log >&2; exit 1; }

python=$("$here/python")
cd "$work"
export PYTHONPATH=$work
"$python" -m grpc_tools.protoc -I"$source/manifest" --python_out=. --grpc_python_out=. rpc.proto mesh.proto

echo "- the coordinator starts; its manifest admits meshsim, which stands for a service"
EDG_COORDINATOR_CLIENT_ADDR=127.0.0.1:0 EDG_COORDINATOR_MESH_ADDR=127.0.0.1:0 EDG_COORDINATOR_SEAL_DIR=$work/state \
    EDG_COORDINATOR_DNS_NAMES=localhost,mesh.example MESH_READY_FILE=$work/ready "$build/meshd-sim" 2>meshd.log &
meshd=$!
for _ in $(seq 1200); do [ -s ready ] && break; sleep 0.05; done
[ -s ready ] || die "meshd-sim did not start"
read -r client mesh < <(sed 's/client=\([0-9]*\) mesh=\([0-9]*\)/\1 \2/' ready)
unique_id=$("$meshsim" measure "$meshsim" | sed -n 's/.*"UniqueID":"\([0-9a-f]*\)".*/\1/p')
cat >manifest.json <<END
{"Packages": {"service": {"UniqueID": "$unique_id"}, "other": {"UniqueID": "$(printf '00%.0s' $(seq 32))"}},
 "Marbles": {
  "service": {"Package": "service", "MaxActivations": 2, "Parameters": {
   "Files": {"/key": "{{ raw .Secrets.key }}", "/text": "as it is"},
   "Env": {"OWN_CERT": "{{ pem .MarbleRun.MarbleCert.Cert }}", "MARBLE_PREDEFINED_ROOT_CA": "not this"},
   "Argv": ["service", "--flag"]}},
  "stranger": {"Package": "other"}},
 "Secrets": {"key": {"Type": "symmetric-key", "Size": 256}}}
END
request() { # request NAME: a key, a certificate, a request for a certificate, evidence over the certificate
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 2 \
        -subj "/CN=MarbleRun Marble" 2>/dev/null
    openssl req -new -key "$1.key" -outform der -out "$1.csr" -subj "/O=Not mine/L=Here" -addext "subjectAltName=DNS:${2:-localhost}"
    digest=$(openssl x509 -in "$1.pem" -outform der | sha256sum | cut -d' ' -f1)
    "$meshsim" quote --report-data "$digest" -o "$1.quote" >/dev/null
}
request good
request other
request greedy mesh.example
openssl s_client -connect "127.0.0.1:$mesh" -cert good.pem -key good.key -alpn h2 </dev/null 2>/dev/null | openssl x509 >server.pem

echo "- before there is a manifest: FAILED_PRECONDITION"
"$python" "$here/stock_grpc.py" "$mesh" early
curl -sk --fail -d "{\"manifest\":\"$(base64 -w0 <manifest.json)\"}" "https://127.0.0.1:$client/api/v2/manifest" >set.log || die "the manifest was not set"
"$python" "$here/stock_grpc.py" "$mesh" all

echo "- the certificates hold for OpenSSL"
openssl verify -CAfile MARBLE_PREDEFINED_ROOT_CA OWN_CERT >verify.log || die "leaf to marble root"
openssl verify -x509_strict -CAfile MARBLE_PREDEFINED_COORDINATOR_ROOT_CA -untrusted MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN \
    MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN >verify.log || die "leaf, intermediate, root"
cmp -s MARBLE_PREDEFINED_ROOT_CA server.pem || die "the marble root is the server's certificate"
[ "$(openssl pkey -in MARBLE_PREDEFINED_PRIVATE_KEY -pubout)" == "$(openssl x509 -in OWN_CERT -noout -pubkey)" ] || die "another key"
[ "$(openssl x509 -in OWN_CERT -noout -subject -nameopt oneline)" == "subject=L = Here, CN = 11111111-2222-4333-8444-555555555555" ] ||
    die "$(openssl x509 -in OWN_CERT -noout -subject)"
echo "stock gRPC: all is as it should be"
