#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble_bad.sh MESHD-SIM MESHSIM
#
# Coordinators that are none, or answer badly, and disks that are full: a marble says in one line what is wrong, does not
# start, and leaves nothing behind.
set -euo pipefail
# shellcheck disable=SC2034 # lib.sh's
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly here=$SOURCE_DIR/tests/e2e data=$work/data
readonly ways=("$BUILD_DIR/tests/probe-marble-sim" "$BUILD_DIR/marble-run-sim -- /bin/true")

python=$("$here/python")
mkdir "$data" "$work/identity"
cd "$work"
PYTHONPATH=$work
export PYTHONPATH
"$python" -m grpc_tools.protoc -I"$SOURCE_DIR/manifest" --python_out=. rpc.proto

certificate() { # NAME [OPTION...]
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=localhost" "${@:2}" \
        2>/dev/null
}
certificate coordinator
certificate identity/chain
mv identity/chain.key identity/key.pem
cp identity/chain.pem identity/root.pem
"$python" "$here/bad_coordinator.py" coordinator.pem coordinator.key port "$data" identity >bad.log 2>&1 &
started+=("$!")
wait_for test -s port
bad=localhost:$(cat port)

run() { # TYPE WAY [NAME=VALUE...]: sets $status; what it says goes to $work/out and $work/log
    status=0
    # shellcheck disable=SC2086 # a way is words
    timeout 60 env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="$bad" EDG_MARBLE_UUID_FILE="$work/uuid" "${@:3}" $2 \
        >"$work/out" 2>"$work/log" || status=$?
}
refused() { # REASON WORDS
    equal "exit status" "$status" 1
    equal "standard output" "$(cat "$work/out")" ""
    equal "lines on standard error" "$(wc -l <"$work/log")" 1
    has_text "$work/log" "marblemesh: not started: "
    has_text "$work/log" "$2"
    has_text "$work/log" " [$1]. Next step: "
    equal "what was installed" "$(ls -A "$data")" ""
}

for way in "${ways[@]}"; do
    echo "== $(basename "${way%% *}")"
    run good "$way"
    equal "exit status of what is good" "$status" 0
    rm -f "$data"/*

    run oversized "$way"
    refused http_too_large "the coordinator at $bad"
    run garbage "$way"
    refused grpc_format "the answer of the coordinator at $bad"
    run no-identity "$way"
    refused marble_identity "the coordinator's answer holds no MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"
    run other-key "$way"
    refused marble_identity "the identity in the coordinator's answer"
    run nul "$way"
    refused marble_env "the value of NUL holds a NUL byte"
    run escapes "$way"
    refused marble_path "$data/../escaped: \"..\" leads out of the folder"
    run is-folder "$way"
    refused marble_apply "$data"
    run silent "$way" MESH_ACTIVATE_TIMEOUT=10
    refused timeout "the coordinator at $bad did not answer"
    run unavailable "$way" MESH_ACTIVATE_TIMEOUT=10
    refused peer_unavailable "after 10 seconds"
    run refuses "$way"
    refused peer_denied "the coordinator at $bad refused this service"

    # The size of files has a limit, and then the disk is full: both are told, and nothing stays.
    status=0
    # shellcheck disable=SC2086
    (ulimit -f 1024 && exec timeout 60 env EDG_MARBLE_TYPE=too-much EDG_MARBLE_COORDINATOR_ADDR="$bad" \
        EDG_MARBLE_UUID_FILE="$work/uuid" $way) >"$work/out" 2>"$work/log" || status=$?
    refused marble_apply "$data/large"
    # shellcheck disable=SC2016 # for the inner shell
    if unshare --user --map-root-user --mount true 2>/dev/null; then
        status=0
        unshare --user --map-root-user --mount bash -c 'mount -t tmpfs -o size=1m none "$1" || exit 77
            env EDG_MARBLE_TYPE=too-much EDG_MARBLE_COORDINATOR_ADDR="$2" EDG_MARBLE_UUID_FILE="$3" $4
            status=$?; ls -A "$1" >"$5"; exit "$status"' -- "$data" "$bad" "$work/uuid" "$way" "$work/left" \
            >"$work/out" 2>"$work/log" || status=$?
        if ((status != 77)); then
            refused marble_apply "No space left on device"
            equal "what is on the full disk" "$(cat "$work/left")" ""
        else
            echo "NOT TRIED, because nothing can be mounted here: a full disk"
        fi
    fi
done

echo "== what is no coordinator"
readonly probe=${ways[0]}
run_at() { # ADDRESS
    bad=$1 run good "$probe" MESH_ACTIVATE_TIMEOUT=20
}
exec 8< <(exec "$python" -c 'import socket, sys
s = socket.create_server(("localhost", 0))
print(s.getsockname()[1], flush=True)
while True:
    c = s.accept()[0]
    c.sendall(b"SSH-2.0-something\r\n")
    c.recv(1000)
    c.close()')
started+=("$!")
read -r port <&8
run_at "localhost:$port"
refused tls_handshake "the coordinator at localhost:$port cannot be reached"
run_at "no-such-host.invalid:1"
refused address "no-such-host.invalid"
start_coordinator
run_at "$client"
refused grpc_format "the coordinator at $client"

report
