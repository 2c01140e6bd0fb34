#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble_mesh.sh MESHD-SIM MESHSIM
#
# Services and mesh.v1, against a real coordinator in the simulated TEE: a coordinator that is pinned, and those that are
# not it; both ways to be activated; certificates, files and secrets that change while the service runs; revocation.
set -euo pipefail
readonly meshd=$1 meshsim=$2
readonly build=$BUILD_DIR probes=$BUILD_DIR/tests
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
readonly probe=$probes/probe-marble-sim launcher=$build/marble-run-sim
readonly shell=$(readlink -f /bin/sh) log=$work/log said=$work/said

# ---- the mesh -------------------------------------------------------------------------------------------------------

cd "$work"
make_user owner
manifest() { # LEAF-LIFETIME PACKAGE-OF-SHELL: the package named "gone" takes no program that there is
    cat <<END
{"Packages": {
  "probe": {"UniqueID": "$(unique_id "$probe")"},
  "pinned": {"UniqueID": "$(unique_id "$probes/probe-pinned")"},
  "shell": {"UniqueID": "$(unique_id "$shell")"},
  "gone": {"UniqueID": "$(printf '00%.0s' $(seq 32))"}},
 "Marbles": {
  "probe": {"Package": "probe", "Parameters": {"Argv": ["probe"]}},
  "pinned": {"Package": "pinned", "Parameters": {"Argv": ["pinned"]}},
  $(for type in shell stubborn; do
    cat <<MARBLE
  "$type": {"Package": "$2", "Parameters": {
   "Argv": ["sh", "-c", "trap 'echo told >>$work/$type/told' HUP; trap 'exit 5' TERM; echo \$\$ >$work/$type/pid; while :; do sleep 0.1; done"],
   "Env": {"MESH_RENEW_SIGNAL": "SIGHUP", "MESH_ON_REVOKE": "$([[ $type == shell ]] && echo exit || echo keep)"},
   "Files": {
    "relative/identity.pem": "{{ pem .MarbleRun.MarbleCert.Cert }}{{ pem .MarbleRun.MarbleCert.Private }}",
    "$work/$type/secret": "{{ hex .Secrets.given }}",
    "$work/$type/constant": "as it is"}}}
MARBLE
    [[ $type == stubborn ]] || echo ,
done)},
 "Secrets": {"given": {"Type": "symmetric-key", "Size": 128, "UserDefined": true}},
 "Users": {"owner": {"Certificate": $(json_text owner.crt), "Roles": ["updater", "writer"]}},
 "Roles": {
  "updater": {"ResourceType": "Manifest", "Actions": ["UpdateManifest"]},
  "writer": {"ResourceType": "Secrets", "ResourceNames": ["given"], "Actions": ["WriteSecret"]}},
 "Config": {"LeafLifetime": "$1"}}
END
}

# be TYPE PROGRAM [NAME=VALUE...]: a service that ends by itself; sets $status.
be() {
    local type=$1 program=$2
    shift 2
    status=0
    timeout 60 env EDG_MARBLE_TYPE="$type" EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_MARBLE_UUID_FILE="$work/uuid-$type" \
        EDG_LOG_FORMAT=json "$@" "$program" >"$said" 2>"$log" || status=$?
}

activated() { # VERIFIED WAY
    equal "exit status" "$status" 0
    has_text "$log" "\"coordinator_verified\":\"$1\",\"activation\":\"$2\""
}

refused() { # REASON WORDS
    equal "exit status" "$status" 1
    equal "standard output" "$(cat "$said")" ""
    equal "lines on standard error" "$(wc -l <"$log")" 1
    has_text "$log" "$2"
    has_text "$log" " [$1]. Next step: "
}

start_coordinator
manifest 10s shell >manifest.json
set_manifest manifest.json
printf '{"given": {"Key": "%s"}}' "$(printf 0123456789abcdef | base64)" >first.json
printf '{"given": {"Key": "%s"}}' "$(printf fedcba9876543210 | base64)" >second.json
run 0 manifest verify manifest.json "$client"
run 0 secret set first.json "$client" -c owner.crt -k owner.key

# ---- which coordinator ----------------------------------------------------------------------------------------------

echo "== pinned by a file"
readonly policy=$build/coordinator-era.json
be probe "$probe"
activated no mesh.v1
be probe "$probe" MESH_COORDINATOR_POLICY="$policy"
activated yes mesh.v1
be probe "$probe" MESH_COORDINATOR_POLICY="$policy" MESH_ACTIVATION=mesh
activated yes mesh.v1
be probe "$probe" MESH_ACTIVATION=marblerun
activated no rpc.Marble

echo "== pinned to another program"
before=$(wc -l <coordinator.log)
printf '{"UniqueID": "%s"}' "$(printf '11%.0s' $(seq 32))" >other.json
be probe "$probe" MESH_COORDINATOR_POLICY=other.json
refused unique_id "the coordinator at $mesh is not trusted, and nothing was sent to it"
equal "what the coordinator noticed of it" "$(tail -n +$((before + 1)) coordinator.log)" ""

echo "== pinned by the program itself"
be pinned "$probes/probe-pinned"
refused unique_id "the coordinator at $mesh is not trusted"
be pinned "$probes/probe-pinned" MESH_COORDINATOR_POLICY="$policy"
refused coordinator_policy "this program has its policy compiled in; MESH_COORDINATOR_POLICY cannot give another"
be pinned "$probes/probe-pinned" MESH_ACTIVATION=marblerun
refused coordinator_policy "MESH_ACTIVATION=marblerun cannot be met together with the policy of the coordinator (marble_coordinator_policy)"

echo "== policies that are none"
be probe "$probe" MESH_COORDINATOR_POLICY="$work/not-there"
refused coordinator_policy "the policy of the coordinator ($work/not-there)"
echo '{}' >empty.json
be probe "$probe" MESH_COORDINATOR_POLICY=empty.json
refused coordinator_policy "the policy of the coordinator (empty.json)"

echo "== another coordinator at the address"
cp "$meshd" "$work/other-meshd"
printf x >>"$work/other-meshd"
(
    unset client_port mesh_port
    rm -f ready-other
    exec env EDG_COORDINATOR_CLIENT_ADDR=localhost:0 EDG_COORDINATOR_MESH_ADDR=localhost:0 \
        EDG_COORDINATOR_SEAL_DIR="$work/state-other" MESH_READY_FILE="$work/ready-other" "$work/other-meshd" >>other.log 2>&1
) &
started+=("$!")
wait_for test -s ready-other
other=localhost:$(sed -nE 's/.*mesh=([0-9]+).*/\1/p' ready-other)
be probe "$probe" MESH_COORDINATOR_POLICY="$policy" EDG_MARBLE_COORDINATOR_ADDR="$other"
refused unique_id "the coordinator at $other is not trusted, and nothing was sent to it"
lacks_text other.log "probe"

# ---- what changes while a service runs ------------------------------------------------------------------------------

# start TYPE: under the launcher that stays; sets $service, and the program's process is in TYPE/pid.
start() {
    mkdir -p "$1"
    (cd "$1" && exec env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_LOG_FORMAT=json \
        MESH_COORDINATOR_POLICY="$policy" "$launcher" --renew "$shell" 2>log) &
    service=$!
    started+=("$service")
    wait_for test -s "$1/pid"
}
serial() { openssl x509 -in "$1/relative/identity.pem" -noout -serial; }
has_secret() { [[ $(cat "$1/secret") == "$2" ]]; }
logged() { grep -qF -- "$2" "$1/log"; }

echo "== a new version of a secret reaches the file"
start shell
readonly shell_service=$service
has_text shell/log '"coordinator_verified":"yes","activation":"mesh.v1"'
equal "the secret" "$(cat shell/secret)" "$(printf 0123456789abcdef | od -An -tx1 | tr -d ' \n')"
serial=$(serial shell)
constant=$(stat -c %i shell/constant)
touch -d @0 shell/constant
run 0 secret set second.json "$client" -c owner.crt -k owner.key
wait_for has_secret shell "$(printf fedcba9876543210 | od -An -tx1 | tr -d ' \n')"
wait_for logged shell '"msg":"marble renewed"'
wait_for test -s shell/told
equal "a file that is as it was is left alone" "$(stat -c '%i %Y' shell/constant)" "$constant 0"
equal "mode of a file that was replaced" "$(stat -c %a shell/secret)" 600
checks=$((checks + 1))
[[ $(serial shell) != "$serial" ]] || fail "the certificate is the old one"
equal "certificate and key" "$(openssl x509 -in shell/relative/identity.pem -noout -pubkey)" "$(openssl pkey -in shell/relative/identity.pem -pubout)"

echo "== certificates of 10 seconds are renewed before they end, also after a coordinator that was away"
renewals() { (($(grep -c '"msg":"marble renewed"' "$1/log") >= $2)); }
wait_for renewals shell 3
stop_coordinator
wait_for logged shell '"msg":"marble not renewed yet"'
start_coordinator
renewed=$(grep -c '"msg":"marble renewed"' shell/log)
wait_for renewals shell $((renewed + 2))
checks=$((checks + 1))
openssl x509 -in shell/relative/identity.pem -noout -checkend 1 >/dev/null || fail "the certificate has ended"

echo "== a coordinator that was away for longer than a certificate lives: activated anew"
stop_coordinator
wait_for logged shell '"msg":"marble not renewed, and its certificate has ended"'
start_coordinator
renewed=$(grep -c '"msg":"marble renewed"' shell/log)
wait_for renewals shell $((renewed + 1))

echo "== signals reach the program, and its exit status the caller"
start stubborn
kill -HUP "$service"
wait_for test -s stubborn/told
equal "processes of ours in the program" "$(cat "/proc/$(cat stubborn/pid)/comm")" "$(basename "$shell")"

echo "== an update without the package: revoked"
manifest 10s gone >gone.json
run 0 manifest update apply gone.json "$client" -c owner.crt -k owner.key
status=0
wait "$shell_service" || status=$?
equal "exit status of what was told to end" "$status" 5
has_text shell/log '"msg":"marble revoked; it ends"'
has_text shell/log '"reason":"unique_id"'
wait_for logged stubborn '"msg":"marble revoked; it keeps running, as MESH_ON_REVOKE says"'
checks=$((checks + 1))
kill -0 "$(cat stubborn/pid)" || fail "it does not run any more"

echo "== taken back: a member again"
renewed=$(grep -c '"msg":"marble renewed"' stubborn/log || true)
run 0 manifest update apply manifest.json "$client" -c owner.crt -k owner.key
wait_for renewals stubborn $((renewed + 1))
kill -TERM "$service"
status=0
wait "$service" || status=$?
equal "exit status of what was asked to end" "$status" 5

report
