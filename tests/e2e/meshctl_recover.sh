#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: meshctl_recover.sh BUILD-FOLDER
#
# A coordinator that cannot unseal its state is brought back with the operator's tool: by one key, by shares of several,
# and by keys that never leave where they are.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
cd "$work"

for name in ann ben cy; do make_recovery_key "$name"; done

# set_up THRESHOLD NAME...: a new mesh with these recovery keys, which then wakes up without its key.
set_up() {
    local threshold=$1 name
    shift
    rm -rf state "$cache"
    {
        printf '{"Packages":{"p":{"UniqueID":"00"}},"Marbles":{"m":{"Package":"p"}},"Config":{"RecoveryThreshold":%s},' "$threshold"
        printf '"RecoveryKeys":{'
        for name in "$@"; do printf '%s"%s":%s' "$([[ $name == "$1" ]] || echo ,)" "$name" "$(json_text "$name.pub")"; done
        printf '}}'
    } >manifest.json
    start_coordinator
    run 0 manifest set manifest.json "$client" --recoverydata recovery.json
    equal "mode of the recovery data" "$(stat -c %a recovery.json)" 600
    lacks_text "$out" RecoverySecrets
    for name in "$@"; do
        member recovery.json "v['RecoverySecrets']['$name']" >"$name.base64"
        base64 -d <"$name.base64" >"$name.secret"
    done
    stop_coordinator
    rm state/sealed_key*
    start_coordinator
    run 0 status "$client" --coordinator-cert none.pem # it has another certificate for now: its evidence decides
    has_text "$out" "1: Coordinator is in recovery mode"
}

recovered() {
    run 0 status "$client"
    has_text "$out" "3: Coordinator is running correctly"
    run 0 manifest verify manifest.json "$client"
    stop_coordinator
}

# One key; the secret decoded, and as it stands in the recovery data.
set_up 0 ann
run 1 manifest set manifest.json "$client"
has_text "$errors" "say --yes"
run 1 recover ann.secret "$client"
has_text "$errors" "needs --key FILE"
run 1 recover ann.secret "$client" --key ben.pem
has_text "$errors" "ann.secret does not open with the key in ben.pem"
run 1 recover ann.pem "$client" --key ann.pem
run 0 recover ann.base64 "$client" --key ann.pem
has_line "$out" "Recovery successful"
recovered

# Two of three: shares of 33 bytes.
set_up 2 ann ben cy
run 0 recover cy.secret "$client" -k cy.pem --json
has_text "$out" '{"recovered":false,"remaining":'
run 0 recover ann.secret "$client" -k ann.pem
has_line "$out" "Recovery successful"
recovered

# All of two, with signatures and encryption apart from the network.
set_up 0 ann ben
run 0 recover-with-signature public-key "$client" -o coordinator.pem
has_text coordinator.pem "BEGIN PUBLIC KEY"
run 1 recover-with-signature public-key "$client" -o coordinator.pem
has_text "$errors" "coordinator.pem exists already and is not overwritten"
for name in ann ben; do
    run 0 recover-with-signature encrypt-secret "$name.secret" -k "$name.pem" --coordinator-pub-key coordinator.pem -o "$name.enc"
    run 0 recover-with-signature sign-secret "$name.secret" -k "$name.pem" -o "$name.sig"
    equal "mode of the signature" "$(stat -c %a "$name.sig")" 600
done
run 1 recover-with-signature sign-secret ann.secret -k ann.pem -o ann.sig
has_text "$errors" "exists already"
run 1 recover-with-signature sign-secret ann.secret -k ann.pem
has_text "$errors" "needs --output FILE"
run 1 recover-with-signature ann.enc "$client"
has_text "$errors" "needs --signature FILE"
run 0 recover-with-signature ann.enc "$client" --signature ann.sig
has_text "$out" "Remaining secrets: 1"
run 0 recover-with-signature ben.enc "$client" -s ben.sig
has_line "$out" "Recovery successful"
recovered

# A new manifest in the place of the old state: only for who says so.
set_up 0 ann
run 0 manifest set manifest.json "$client" --yes
has_text "$out" '{"RecoverySecrets":{"ann":"'
run 0 status "$client"
has_text "$out" "3: "
stop_coordinator

report
