#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble_relay.sh MESHD-SIM MESHSIM
#
# Somebody between a genuine service and the genuine coordinator, who relays what they say into connections of his own
# (a stock gRPC server and client, Python's grpcio): he is found out by the coordinator, and by a service that pins it.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly here=$SOURCE_DIR/tests/e2e probe=$BUILD_DIR/tests/probe-marble-sim log=$work/log said=$work/said

python=$("$here/python")
cd "$work"
PYTHONPATH=$work
export PYTHONPATH
"$python" -m grpc_tools.protoc -I"$SOURCE_DIR/manifest" --python_out=. --grpc_python_out=. rpc.proto mesh.proto
start_coordinator
printf '{"Packages": {"probe": {"UniqueID": "%s"}}, "Marbles": {"probe": {"Package": "probe", "Parameters": {"Argv": ["probe"]}}}}' \
    "$(unique_id "$probe")" >manifest.json
set_manifest manifest.json
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout relay.key -out relay.pem -days 2 \
    -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost" 2>/dev/null
openssl s_client -connect "$mesh" -cert relay.pem -key relay.key -alpn h2 -showcerts </dev/null 2>/dev/null |
    sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' >server.pem
"$python" "$here/relay.py" "$mesh" port 2>relay.log &
started+=("$!")
wait_for test -s port

be() { # ADDRESS [NAME=VALUE...]
    local address=$1
    shift
    status=0
    timeout 60 env EDG_MARBLE_TYPE=probe EDG_MARBLE_COORDINATOR_ADDR="$address" EDG_MARBLE_UUID_FILE="$work/uuid" \
        EDG_LOG_FORMAT=json "$@" "$probe" >"$said" 2>"$log" || status=$?
}

echo "== without anybody in between"
be "$mesh"
equal "exit status" "$status" 0
has_text "$log" '"activation":"mesh.v1"'

echo "== relayed: refused by the coordinator"
be "localhost:$(cat port)"
equal "exit status" "$status" 1
has_text "$log" "[evidence_relayed]"
equal "what went through him" "$(tr '\n' ' ' <relayed)" "/mesh.v1.Mesh/Challenge /mesh.v1.Mesh/Activate "

echo "== relayed, and the coordinator pinned: refused by the service, which sends nothing of its own"
rm relayed
be "localhost:$(cat port)" MESH_COORDINATOR_POLICY="$BUILD_DIR/coordinator-era.json"
equal "exit status" "$status" 1
has_text "$log" "is not trusted, and nothing was sent to it"
has_text "$log" "[report_data]"
equal "what went through him" "$(tr '\n' ' ' <relayed)" "/mesh.v1.Mesh/Challenge "

report
