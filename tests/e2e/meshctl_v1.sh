#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: meshctl_v1.sh BUILD-FOLDER
#
# The operator's tool and a coordinator that is too old for REST v2.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source=tests/e2e/lib.sh
source "$here/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$here/meshctl_lib.sh"
cd "$work"

make_user old
python3 "$here/old_coordinator.py" old.crt old.key port &
started+=("$!")
wait_for test -s port
old=localhost:$(cat port)
user=(-i -c old.crt -k old.key)
echo '{"Packages": {"p": {"SecurityVersion": 1}}, "Marbles": {}}' >manifest.json

# What proves nothing is not believed.
run 1 manifest set manifest.json "$old"
has_text "$errors" "is an old one: its evidence may not be fresh"
has_text "$errors" "[evidence_missing]"
run 1 manifest set manifest.json "$old" -i --nonce fresh
has_text "$errors" "[http_method]"

run 0 status "$old" -i
equal "status" "$(cat "$out")" "2: an old one"
run 1 manifest get "$old" -i
has_text "$errors" "has no manifest yet [state_wrong]"
run 0 manifest set manifest.json "$old" -i
has_text "$errors" "NOT verified"
has_line "$out" "Manifest successfully set"
has_line "$out" '{"RecoverySecrets":{"ann":"c2VjcmV0"}}'
run 0 manifest get "$old" -i
checks=$((checks + 1))
cmp -s "$out" manifest.json || fail "the manifest did not come back byte for byte"
run 0 manifest get "$old" -i -u
equal "the raised version" "$(member "$out" 'v["Packages"]["p"]["SecurityVersion"]')" 7
run 0 manifest log "$old" -i -o log
equal "lines of the log" "$(wc -l <log)" 2
run 0 manifest update apply manifest.json "$old" "${user[@]}"
has_line "$out" "Update successful"
run 0 manifest update get "$old" -i
checks=$((checks + 1))
cmp -s "$out" manifest.json || fail "the pending manifest did not come back byte for byte"
run 0 manifest update get "$old" -i --missing
equal "nobody is missing" "$(cat "$out")" "[]"
run 0 manifest update acknowledge manifest.json "$old" "${user[@]}"
has_line "$out" "Update successful"
echo '{}' >other.json
run 0 manifest update acknowledge other.json "$old" "${user[@]}"
has_line "$out" "2 users still need to acknowledge the update"
run 0 manifest update cancel "$old" "${user[@]}"
echo '{"s": {"Key": "aGVsbG8="}}' >secrets.json
run 0 secret set secrets.json "$old" "${user[@]}"
run 0 secret get s "$old" "${user[@]}"
has_line "$out" "    Data:         aGVsbG8="

# Recovery is a matter of v2 alone.
openssl genrsa -out rsa.pem 2048 2>/dev/null
head -c 32 /dev/zero >secret
run 1 recover secret "$old" -i -k rsa.pem
has_text "$errors" "[http_method]"

report
