#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tour of the README, as it stands there, on free ports and in a folder of its own. The prose between its blocks is
# the time that a coordinator needs to start.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly home="$work/a home"
mkdir "$home"
ln -s "$BUILD_DIR" "$home/build"
cd "$home"

free_ports() {
    python3 -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*[x.getsockname()[1] for x in s])'
}
read -r client mesh greeter < <(free_ports)
export EDG_COORDINATOR_CLIENT_ADDR=localhost:$client EDG_COORDINATOR_MESH_ADDR=localhost:$mesh
export EDG_MARBLE_COORDINATOR_ADDR=localhost:$mesh MESH_READY_FILE=$work/ready XDG_CONFIG_HOME=$work/config

# The blocks of the section, one file each.
awk -v folder="$work" '/^## /{ on = /^## The tour/ } !on { next }
    /^```sh/{ file = folder "/block." ++n; next } /^```/{ file = ""; next } file { print > file }' "$SOURCE_DIR/README.md"
sed -i -e "s|/tmp/|$work/|g; s|/tmp |$work |g; s|localhost:4433|localhost:$client|g; s|\"8443\"|\"$greeter\"|g" "$work"/block.*
equal "blocks of the tour" "$(ls "$work"/block.* | wc -l)" 4
lacks_text <(cat "$work"/block.*) 4433

block() { # NUMBER: in this shell, as a reader would
    echo "== block $1"
    # shellcheck disable=SC1090
    source "$work/block.$1"
}

block 1 >"$work/coordinator.log" 2>&1
started+=($!)
wait_for test -s "$work/ready"
block 2 >"$work/out" 2>&1
has_text "$work/out" "Verifying the coordinator at localhost:$client against $BUILD_DIR/coordinator-era.json"
has_text "$work/out" "2: Coordinator is ready to accept a manifest"
has_text "$work/out" '{"status":"success","data":{"code":2,'
block 3 >"$work/out" 2>&1
has_text "$work/out" "Manifest successfully set"
setsid bash -c ". '$work/block.4'" >"$work/greeter.log" 2>&1 & # a group of its own: the service is the shell's child
started+=("-$!")
wait_for test -s "$work/greeter.port"
has_text "$work/greeter.log" "marble activated in a SIMULATED TEE"
equal "the file" "$(cat "$work/greeting.txt")" "Good morning"

report
