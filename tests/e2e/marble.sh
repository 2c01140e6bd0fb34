#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble.sh MESHD-SIM MESHSIM
#
# Services linked to libmarble, against a real coordinator in the simulated TEE: what main() and constructors find,
# and what a service says that is not let in.
set -euo pipefail
readonly meshd=$1 meshsim=$2
readonly probes=$BUILD_DIR/tests
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- the mesh -------------------------------------------------------------------------------------------------------

readonly data=$work/data
mkdir "$data"
cp "$probes/probe-marble-sim" "$work/changed"
printf 'x' >>"$work/changed"

# One type for each case and each way of linking; "changed" is a package by another program's measurement.
write_manifest() {
    python3 - "$data" "$(unique_id "$probes/probe-marble-sim")" "$(unique_id "$probes/probe-marble-sim-shared")" <<'END'
import json, sys

data, archive, shared = sys.argv[1:]
probe = {"PROBE_ENV": "DELIVERED,EMPTY,KEPT,OVERWRITTEN,ABSENT", "PROBE_FILES": f"{data}/f,{data}/deep/er/f"}
cases = {
    "plain": {},
    "full": {
        "Argv": ["service", "one", "two words", "", "ü"],
        "Env": {"DELIVERED": "by the mesh", "EMPTY": "", "OVERWRITTEN": "new", **probe},
        "Files": {f"{data}/f": "text\n", f"{data}/deep/er/f": {"Data": "AP8=", "Encoding": "base64", "NoTemplates": True}},
    },
    "secret": {"Files": {f"{data}/secret": "remember-me-not-7391"}, "Env": {"VISIBLE": "remember-me-well-7391"}},
    "named": {"Files": {"/marble/secrets/a": "of-the-name-7391", f"{data}/f": "x"}, "Env": {"DELIVERED": "by the mesh"}},
    "short": {"Argv": ["only"]},
    "many": {"Argv": ["service"] + [f"argument {i}" for i in range(500)]},
    "unwritable": {"Files": {f"{data}/before": "x", "/proc/marblemesh": "x", f"{data}/new/after": "x"},
                   "Env": {"DELIVERED": "x"}},
    "escape": {"Files": {f"{data}/before": "x", f"{data}/../escaped": "x"}},
    "equals": {"Env": {"A=B": "x"}},
}
manifest = {
    "Packages": {"archive": {"UniqueID": archive}, "shared": {"UniqueID": shared}},
    "Marbles": {f"{case}-{way}": {"Package": way, "Parameters": parameters}
                for case, parameters in cases.items() for way in ("archive", "shared")},
}
manifest["Marbles"]["named"] = {"Package": "archive", "DNSNames": ["web.example", "*.web.example"],
                                "IPAddresses": ["10.0.0.9", "fe80::9"], "SPIFFE": True}
manifest["Marbles"]["nameless"] = {"Package": "archive", "DNSNames": []}
manifest["Config"] = {"SPIFFETrustDomain": "mesh.example"}
manifest["Marbles"]["once"] = {"Package": "archive", "MaxActivations": 1, "Parameters": {}}
# As a coordinator does that has been told to have the service's connections put into TLS.
manifest["Marbles"]["tls"] = {"Package": "archive", "Parameters": {"Env": {"MARBLE_TTLS_CONFIG": "{}"}}}
print(json.dumps(manifest))
END
}

# run TYPE PROGRAM [NAME=VALUE...]: what it says goes to $out and $log; sets $status.
run() {
    local type=$1 program=$2
    shift 2
    out=$work/out
    log=$work/log
    status=0
    (cd "$work" && timeout 60 env EDG_MARBLE_TYPE="$type" EDG_MARBLE_COORDINATOR_ADDR="${mesh-}" \
        EDG_MARBLE_UUID_FILE="$work/uuid" EDG_LOG_FORMAT=json KEPT=kept OVERWRITTEN=old MESH_PASS_ENV="KEPT,PROBE_*" "$@" \
        "$program" started with >"$out" 2>"$log") || status=$?
}

admitted() {
    equal "exit status of $1" "$status" 0
    equal "lines on standard error" "$(wc -l <"$log")" 1
}

# The program's main() and constructors have not run, nothing was installed, and one line says why.
refused() { # REASON WORDS
    equal "exit status" "$status" 1
    equal "standard output" "$(cat "$out")" ""
    equal "lines on standard error" "$(wc -l <"$log")" 1
    has_text "$log" "marblemesh: not started: "
    has_text "$log" "$2"
    has_text "$log" " [$1]. Next step: "
    equal "times that the reason is named" "$(grep -oF "[$1]" "$log" | wc -l)" 1
    equal "what was installed" "$(ls -A "$data")" ""
}

# ---- without a coordinator ------------------------------------------------------------------------------------------

echo "== no coordinator"
readonly archive=$probes/probe-marble-sim shared=$probes/probe-marble-sim-shared
for program in "$archive" "$shared"; do
    run "" "$program"
    refused marble_config "EDG_MARBLE_TYPE is not set"
    run some "$program" EDG_MARBLE_COORDINATOR_ADDR=nowhere
    refused marble_config 'EDG_MARBLE_COORDINATOR_ADDR: expected host:port, such as localhost:2001 or [::1]:2001, found "nowhere"'
    run some "$program" EDG_MARBLE_COORDINATOR_ADDR=localhost:1 MESH_ACTIVATE_TIMEOUT=1
    refused connect "after 1 seconds: the coordinator at localhost:1 cannot be reached"
done
rm "$work/uuid"
echo "no uuid" >"$work/uuid"
run some "$archive"
refused marble_uuid_file "$work/uuid: expected a UUID other than zero, found \"no uuid?\""
rm "$work/uuid"
for program in "$probes/probe-marble" "$probes/probe-marble-shared"; do
    run some "$program" MESH_SIM=none
    refused no_tee "none of the TEEs of the production trust domain is here"
done

# ---- with one -------------------------------------------------------------------------------------------------------

echo "== a coordinator without a manifest"
start_coordinator
run full-archive "$archive"
refused state_wrong "the coordinator at $mesh refused this service"

write_manifest >"$work/manifest.json"
set_manifest "$work/manifest.json"

for way in archive shared; do
    program=${!way}
    echo "== linked with the $way library"
    rm -rf "${data:?}"/* "$work/uuid"
    run "full-$way" "$program"
    admitted "full-$way"
    uuid=$(cat "$work/uuid")
    for where in constructor main; do
        has_line "$out" "$where argc: 5"
        has_line "$out" "$where argv 0: service"
        has_line "$out" "$where argv 2: two words"
        has_line "$out" "$where argv 3: "
        has_line "$out" "$where argv 4: \\xc3\\xbc"
        has_line "$out" "$where argv ends: yes"
        has_line "$out" "$where env argument is environ: yes"
        has_line "$out" "$where env DELIVERED: by the mesh"
        has_line "$out" "$where env EMPTY: "
        has_line "$out" "$where env KEPT: kept"
        has_line "$out" "$where env OVERWRITTEN: new"
        has_line "$out" "$where no env ABSENT"
        has_line "$out" "$where mode $data/f: 600"
        has_line "$out" "$where file $data/f: text\\x0a"
        has_line "$out" "$where file $data/deep/er/f: \\x00\\xff"
        has_line "$out" "$where type: full-$way"
        has_line "$out" "$where uuid: $uuid"
    done
    # Its own, and the one that renews; ThreadSanitizer begins one of its own with the first.
    has_line "$out" "main threads: $([[ ${MARBLEMESH_SANITIZE:-} == thread ]] && echo 3 || echo 2)"
    has_line "$out" "main signals as they were: yes"
    has_line "$out" "main simulated: 1"
    equal "mode of the new folder" "$(stat -c %a "$data/deep/er")" 700
    equal "mode of the UUID file" "$(stat -c %a "$work/uuid")" 600
    equal "files that were installed" "$(cd "$data" && find . -type f | sort | tr '\n' ' ')" "./deep/er/f ./f "
    has_text "$log" "SIMULATED TEE"
    has_text "$log" "\"type\":\"full-$way\",\"uuid\":\"$uuid\",\"coordinator\":\"$mesh\",\"coordinator_verified\":\"no\",\"activation\":\"mesh.v1\",\"files\":\"2\""
    has_text "$log" '"argv":"5","trust_domain":"simulated"'

    run "full-$way" "$program" EDG_LOG_FORMAT=text
    admitted "full-$way, in text"
    has_text "$log" "  uuid=$uuid"

    # A restart has the same UUID; argv shrinks and grows; files of another type stay.
    rm -rf "${data:?}"/*
    run "short-$way" "$program"
    admitted "short-$way"
    has_line "$out" "main argc: 1"
    has_line "$out" "main argv 0: only"
    has_line "$out" "main uuid: $uuid"
    run "plain-$way" "$program"
    admitted "plain-$way"
    has_line "$out" "main argc: 1"
    has_line "$out" "main argv 0: ./marble"
    run "many-$way" "$program"
    admitted "many-$way"
    has_line "$out" "main argc: 501"
    has_line "$out" "main argv 500: argument 499"
    has_line "$out" "main argv ends: yes"

    # What was delivered as a file is there only. The probe can find things: a variable stays, in one place.
    # (Reading all of its own memory is a race to the thread sanitizer, whose memory is among it.)
    if [[ ${MARBLEMESH_SANITIZE:-} != thread ]]; then
        run "secret-$way" "$program" PROBE_REVERSED=1937-ton-em-rebmemer
        admitted "secret-$way"
        equal "the file" "$(cat "$data/secret")" remember-me-not-7391
        has_line "$out" "main remains: 0"
        run "secret-$way" "$program" PROBE_REVERSED=1937-llew-em-rebmemer
        has_line "$out" "main remains: 1"
        rm "$data/secret"
    fi

    # A secret with a name is in memory, once, and on no disk; a child of fork() has it, and a program it becomes has not.
    run "named-$way" "$program" PROBE_SECRETS=a,b
    admitted "named-$way"
    for where in constructor main child; do
        has_line "$out" "$where secret a: of-the-name-7391"
        has_line "$out" "$where no secret b: the manifest delivers no /marble/secrets/b to this marble [marble_identity]"
    done
    has_line "$out" "child uuid: $uuid"
    has_line "$out" "exec env DELIVERED: by the mesh"
    equal "files" "$(ls -A "$data")" f
    equal "/marble" "$(ls -d /marble 2>/dev/null || true)" ""
    if [[ ${MARBLEMESH_SANITIZE:-} != thread ]]; then
        run "named-$way" "$program" PROBE_REVERSED=1937-eman-eht-fo
        has_line "$out" "main remains: 1"
    fi
    rm -rf "${data:?}"/*

    run "unwritable-$way" "$program"
    refused marble_apply "installing /proc/marblemesh: making a file in /proc"
    run "escape-$way" "$program"
    refused marble_path "$data/../escaped: \"..\" leads out of the folder"
    run "equals-$way" "$program"
    refused marble_env 'expected the name of a variable, found "A=B"'
    run unknown "$program"
    refused marble_unknown "the coordinator at $mesh refused this service"
done

echo "== what the mesh gives every service"
run plain-archive "$archive" PROBE_ENV=MARBLE_PREDEFINED_ROOT_CA,MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN,MARBLE_PREDEFINED_PRIVATE_KEY,MARBLE_PREDEFINED_COORDINATOR_ROOT_CA
admitted plain-archive
for name in ROOT_CA MARBLE_CERTIFICATE_CHAIN COORDINATOR_ROOT_CA; do
    has_text "$out" "main env MARBLE_PREDEFINED_$name: -----BEGIN CERTIFICATE-----"
done
has_text "$out" "main env MARBLE_PREDEFINED_PRIVATE_KEY: -----BEGIN PRIVATE KEY-----"
lacks_text "$log" "BEGIN"

echo "== names in the certificate"
# The leaf as openssl reads it: its subject, and its alternative names in one line.
certificate_of() { # TYPE
    run "$1" "$archive" PROBE_ENV=MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN EDG_MARBLE_DNS_NAMES=asked.example,10.1.2.3
    admitted "$1"
    printf '%b' "$(sed -nE 's/^main env MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN: //p' "$out")" >"$work/leaf.pem"
    openssl x509 -in "$work/leaf.pem" -noout -subject -nameopt oneline
    openssl x509 -in "$work/leaf.pem" -noout -ext subjectAltName 2>&1 | sed -n 's/^ *\(DNS\|IP\|URI\)/\1/p'
}
certificate_of plain-archive >"$work/names"
uuid=$(cat "$work/uuid")
has_line "$work/names" "subject=CN = $uuid"
has_line "$work/names" "DNS:asked.example, IP Address:10.1.2.3, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"
certificate_of named >"$work/names"
has_line "$work/names" "subject=CN = $uuid"
has_line "$work/names" "DNS:web.example, DNS:*.web.example, IP Address:10.0.0.9, IP Address:FE80:0:0:0:0:0:0:9, URI:spiffe://mesh.example/marble/named/$uuid"
certificate_of nameless >"$work/names"
equal "of a marble without names" "$(cat "$work/names")" "subject=CN = $uuid"

echo "== refusals"
run plain-archive "$work/changed"
refused unique_id "the coordinator at $mesh refused this service"
run plain-shared "$archive"
refused unique_id "the coordinator at $mesh refused this service"
run plain-archive "$archive" MESH_SIM=none
refused evidence_missing "the coordinator at $mesh refused this service"
run once "$archive"
admitted "once, the first time"
run once "$archive"
refused marble_limit "the coordinator at $mesh refused this service"
run tls "$archive"
refused marble_tls "the manifest gives this service TLS tags"

echo "== started with standard input, output, error closed"
for closed in 0 1 2 012; do
    status=0
    (
        cd "$work"
        [[ $closed != *0* ]] || exec 0<&-
        [[ $closed != *1* ]] || exec 1>&-
        [[ $closed != *2* ]] || exec 2>&-
        EDG_MARBLE_TYPE=plain-archive EDG_MARBLE_COORDINATOR_ADDR=$mesh EDG_MARBLE_UUID_FILE=$work/uuid PROBE_CLOSED=$closed MESH_PASS_ENV=PROBE_CLOSED \
            timeout 60 "$archive"
    ) >"$work/out" 2>"$work/log" || status=$?
    equal "exit status with $closed closed" "$status" 0
done

echo "== the environment is the manifest's"
run full-archive "$archive" MESH_PASS_ENV= NOT_OURS=secret-of-nobody
admitted "full-archive, with nothing handed on"
has_line "$out" "main no env KEPT"
has_line "$out" "main env OVERWRITTEN: new"
has_text "$log" '"env_dropped":"'
has_text "$log" 'NOT_OURS'
lacks_text "$log" secret-of-nobody
rm -rf "${data:?}"/*

echo "== linked and preloaded: refused, unless the loader makes one of the two"
cp "$BUILD_DIR/marble/libmarble-sim.so" "$work/other.so"
preload=$work/other.so
if [[ $(nm -D "$archive" 2>/dev/null) == *" __asan_init"* ]]; then
    preload=$(ldd "$archive" | sed -nE 's/.* => (.*libasan[^ ]*) .*/\1/p'):$preload
fi
run plain-archive "$archive" LD_PRELOAD="$preload"
refused marble_twice "this process holds libmarble twice"
run plain-shared "$shared" LD_PRELOAD="$preload"
admitted "plain-shared, preloaded as well"
has_line "$out" "main type: plain-shared"
if [[ -z ${MARBLEMESH_SANITIZE:-} ]]; then
    run plain-shared "$shared" LD_PRELOAD="$BUILD_DIR/marble/libmarble-preload-sim.so"
    refused marble_twice "this process holds libmarble twice"
fi

echo "== a coordinator that comes back"
stop_coordinator
(
    sleep 2
    exec env EDG_COORDINATOR_CLIENT_ADDR="$client" EDG_COORDINATOR_MESH_ADDR="$mesh" EDG_COORDINATOR_SEAL_DIR="$work/state" \
        "$meshd" >>"$work/coordinator.log" 2>&1
) &
started+=($!)
run plain-archive "$archive"
admitted "plain-archive, started before the coordinator"

report
