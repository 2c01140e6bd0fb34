#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: soak.sh [SECONDS [LEAF-LIFETIME]]
#
# Two services with certificates of 10 seconds talk over mutual TLS without a pause, while the coordinator is stopped
# and started half-way: no request may fail. 60 seconds if nothing is said.
set -euo pipefail
seconds=${1:-60} life=${2:-10}
if [[ -n ${MARBLEMESH_SANITIZE:-} && $# == 1 ]]; then # a coordinator takes seconds to start then
    seconds=40 life=30
fi
readonly seconds life
readonly BUILD_DIR=${BUILD_DIR:-build} SOURCE_DIR=${SOURCE_DIR:-$PWD}
readonly meshd=$BUILD_DIR/meshd-sim meshsim=$BUILD_DIR/attestation/sim/meshsim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly python=$(readlink -f /usr/bin/python3)
start_coordinator
cat >"$work/manifest.json" <<END
{"Packages": {"python": {"UniqueID": "$(unique_id "$python")"}},
 "Marbles": {
  $(for role in server client; do
    mkdir -p "$work/$role"
    cat <<MARBLE
  "$role": {"Package": "python", "Parameters": {
   "Argv": ["python3", "-I", "$SOURCE_DIR/tests/e2e/soak_peer.py", "$role", "$work/port", "$work/report"],
   "Env": {"MESH_RENEW_SIGNAL": "HUP"},
   "Files": {
    "$work/$role/identity.pem": "{{ pem .MarbleRun.MarbleCert.Cert }}{{ pem .MarbleRun.MarbleCert.Private }}",
    "$work/$role/root.pem": "{{ pem .MarbleRun.RootCA.Cert }}"}}}
MARBLE
    [[ $role == client ]] || echo ,
done)},
 "Config": {"LeafLifetime": "${life}s"}}
END
set_manifest "$work/manifest.json"

start_service() { # ROLE: sets $service
    (cd "$work/$1" && exec env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_LOG_FORMAT=json \
        "$BUILD_DIR/marble-run-sim" --renew "$python" 2>"$work/$1.log") &
    service=$!
    started+=("$service")
}

start_service server
readonly server=$service
wait_for test -s "$work/port"
start_service client
sleep "$((seconds / 2))"
echo "== the coordinator is stopped, and started"
stop_coordinator
sleep 1
start_coordinator
sleep "$((seconds - seconds / 2))"
kill -TERM "$service"
status=0
wait "$service" || status=$?
cat "$work/report"
equal "exit status of the client" "$status" 0
has_line "$work/report" "failures: 0"
((failures == 0)) || tail -n 12 "$work/server.log" "$work/client.log" >&2
for role in server client; do
    renewals=$(grep -c '"msg":"marble renewed"' "$work/$role.log" || true)
    echo "$role: $renewals renewals"
    checks=$((checks + 1))
    ((renewals >= seconds / life)) || { fail "expected $((seconds / life)) renewals of $role, found $renewals"; cat "$work/$role.log" >&2; }
done
checks=$((checks + 1))
(($(sed -n 's/^requests: //p' "$work/report") > seconds)) || fail "expected more requests"
kill -TERM "$server"
status=0
wait "$server" || status=$?
equal "exit status of the server, which a signal ended" "$status" 143
report
