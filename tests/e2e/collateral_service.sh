#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: collateral_service.sh MESHCTL-SIM MESHSIM
#
# scripts/collateral-service as its text says: the variables it prints are set, the commands it prints are run, and it is
# ended, after which nothing is left.
set -euo pipefail
readonly meshctl=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$work"
mkdir temporary
export XDG_CACHE_HOME=$work/cache
MESH_NO_BUILD=1 TMPDIR=$work/temporary "$SOURCE_DIR/scripts/collateral-service" "$BUILD_DIR" 0 >said 2>log &
service=$!
started+=("$service")
wait_for grep -q 'Ctrl-C ends the service' said
eval "$(cat said)"
command_of() { # WORDS: the command that was printed and has these words
    sed -nE "s/^#   (curl .*$1.*)/\1 --silent --show-error --fail/p" said
}

echo "== the variables"
has_text said "export MESH_PCS_URL=https://localhost:"
MESH_SIM_TEE=sgx "$meshsim" evidence --report-data 00 -o sgx
"$meshctl" collateral fetch sgx -o bundle.json
"$meshctl" evidence verify --collateral bundle.json sgx >verdict
has_text verdict accepted

echo "== the commands"
eval "$(command_of data-binary)"
rm -rf "$XDG_CACHE_HOME"
! "$meshctl" collateral fetch sgx -o never.json 2>refusal || fail "fetched although the service answers 503"
has_text refusal "answered 503"
eval "$(command_of DELETE)"
"$meshctl" collateral fetch sgx -o again.json
eval "$(command_of counts)" >counts
has_text counts tcb

echo "== its end"
kill "$service"
status=0
wait "$service" || status=$?
equal "exit status" "$status" 0
equal "files left" "$(ls -A temporary)" ""
! curl --silent --insecure --max-time 5 "$MESH_PCS_URL/sim/counts" >answer || fail "it still answers"

report
