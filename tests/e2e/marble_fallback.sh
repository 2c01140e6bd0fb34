#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble_fallback.sh MESHD-SIM MESHSIM
#
# Services and a coordinator that knows rpc.Marble alone, which a stock gRPC server (Python's grpcio) stands for: they
# are activated that way, unless somebody has said that they must not be.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly here=$SOURCE_DIR/tests/e2e probe=$BUILD_DIR/tests/probe-marble-sim log=$work/log said=$work/said

python=$("$here/python")
cd "$work"
PYTHONPATH=$work
export PYTHONPATH
"$python" -m grpc_tools.protoc -I"$SOURCE_DIR/manifest" --python_out=. --grpc_python_out=. rpc.proto
issue() { # NAME OPTION...
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 2 -subj "/CN=$1" \
        "${@:2}" 2>/dev/null
}
issue server
issue root
issue leaf -CA root.pem -CAkey root.key 2>/dev/null ||
    { # OpenSSL 3.0 has no -CA here
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -subj /CN=leaf -out leaf.csr 2>/dev/null
        openssl x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 -out leaf.pem 2>/dev/null
    }
cp root.pem MARBLE_PREDEFINED_ROOT_CA
cp root.pem MARBLE_PREDEFINED_COORDINATOR_ROOT_CA
cat leaf.pem root.pem >MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN
cp leaf.key MARBLE_PREDEFINED_PRIVATE_KEY
"$python" "$here/marblerun_peer.py" port 2>peer.log &
started+=("$!")
wait_for test -s port
mesh=localhost:$(cat port)

be() { # [NAME=VALUE...]
    status=0
    timeout 60 env EDG_MARBLE_TYPE=probe EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_MARBLE_UUID_FILE="$work/uuid" \
        EDG_LOG_FORMAT=json "$@" "$probe" >"$said" 2>"$log" || status=$?
}

refused() { # REASON WORDS
    equal "exit status" "$status" 1
    equal "standard output" "$(cat "$said")" ""
    has_text "$log" "$2"
    has_text "$log" " [$1]. Next step: "
}

echo "== nothing is said"
be
equal "exit status" "$status" 0
has_text "$log" '"coordinator_verified":"no","activation":"rpc.Marble"'
has_line "$said" "main argv 0: by"
has_line "$said" "main threads: 1"
equal "what was asked" "$(cat asked)" "probe True"
be MESH_ACTIVATION=marblerun
equal "exit status" "$status" 0
equal "what was asked" "$(wc -l <asked)" 2

echo "== it must be mesh.v1, or the pinned coordinator"
be MESH_ACTIVATION=mesh
refused coordinator_old "the coordinator at $mesh does not know mesh.v1, and MESH_ACTIVATION=mesh demands it"
be MESH_COORDINATOR_POLICY="$BUILD_DIR/coordinator-era.json"
refused coordinator_old "the coordinator at $mesh does not know mesh.v1, so it cannot prove what it is"
equal "what was asked" "$(wc -l <asked)" 2

report
