#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: evidence.sh MESHD-SIM MESHSIM
#
# meshctl evidence and meshctl collateral, with evidence of every simulated kind: encodings, bundles and folders, times,
# policies, report data, roots, exit statuses and reasons, the form of the JSON; and collateral from a service that
# fails when told to, for the tool and for a running coordinator.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly meshctl=$BUILD_DIR/meshctl ctl=$BUILD_DIR/meshctl-sim
readonly kinds=(sgx tdx snp snp-aci az-snp az-tdx nitro)
export XDG_CACHE_HOME=$work/cache
cd "$work"

# ctl STATUS PROGRAM ARGUMENT...: what it says goes to out and log.
expect() { # STATUS PROGRAM ARGUMENT...
    local status=0
    "${@:2}" >"$work/out" 2>"$work/log" || status=$?
    checks=$((checks + 1))
    [[ $status == "$1" ]] || { fail "${*:2}: expected status $1, found $status"; cat "$work/out" "$work/log" >&2; }
}

verify() { # STATUS REASON ARGUMENT...: REASON - for none
    expect "$1" "$ctl" evidence verify "${@:3}"
    [[ $2 == - ]] || has_text "$work/log" "[$2]"
}

value() { # EXPRESSION on j, the JSON in out
    python3 -c 'import json,sys; j=json.load(open("out")); print(eval(sys.argv[1]))' "$1"
}

for kind in "${kinds[@]}"; do
    MESH_SIM_TEE=$kind "$meshsim" evidence --report-data 0102 -o "$kind"
done
"$meshsim" collateral -o bundle.json
"$meshsim" roots -o roots.pem

echo "== every kind: shown, accepted, in JSON"
for kind in "${kinds[@]}"; do
    expect 0 "$ctl" evidence show "$kind"
    has_text out "nothing was verified"
    [[ $kind == az-* ]] || has_text out "010200000000" # there it is in the TPM's quote, which is read later
    expect 0 "$ctl" evidence show --json "$kind"
    equal "verified, of $kind" "$(value 'j["verified"]')" False
    verify 0 - --collateral bundle.json "$kind"
    equal "last line of $kind" "$(tail -n 1 out)" accepted
    verify 0 - --collateral bundle.json --json "$kind"
    equal "members of $kind" "$(value 'sorted(j)')" \
        "['checks', 'claims', 'message', 'outcome', 'reason', 'tee', 'window']"
    equal "outcome of $kind" "$(value 'j["outcome"], j["reason"], j["message"]')" "('accepted', None, None)"
    equal "checks of $kind" "$(value '{c["outcome"] for c in j["checks"]}, j["checks"][-1]["name"]')" "({'passed'}, 'policy')"
    equal "window of $kind" "$(value 'sorted(j["window"])')" "['not_after', 'not_before']"
    equal "TEE of $kind" "$(value 'j["tee"] == j["claims"]["tee"] and j["claims"]["simulated"]')" True
done

echo "== encodings"
for kind in "${kinds[@]}"; do
    od -An -v -tx1 "$kind" | tr -d ' \n' >hex
    tr a-f A-F <hex | fold -w 60 >HEX
    base64 "$kind" >base64
    base64 --wrap=0 "$kind" | tr '+/' '-_' | tr -d = >base64url
    for encoding in hex HEX base64 base64url; do
        verify 0 - --collateral bundle.json --report-data 0102 "$encoding"
    done
done
printf 'neither fish nor flesh' >nothing
: >empty
verify 2 evidence_format nothing
verify 2 evidence_missing empty
verify 2 file_missing absent
expect 2 "$ctl" evidence show nothing
expect 2 "$ctl" evidence show absent
verify 2 evidence_format --json nothing
equal "outcome of nothing" "$(value 'j["outcome"], j["reason"], j["checks"], j["window"]')" \
    "('unjudged', 'evidence_format', [], None)"

echo "== certificates"
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
key=$(openssl pkey -in key.pem -pubout -outform der | sha256sum | cut -d' ' -f1)
"$meshsim" quote --report-data "$key" -o quote
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
{ printf '\x01\0\0\0\x02\0\0\0'; python3 -c 'import sys,os,struct; sys.stdout.buffer.write(struct.pack("<Q",os.path.getsize("quote")))'; cat quote; } >oe
certificate() { # FILE OID HEX
    openssl req -x509 -new -key key.pem -subj /CN=service -days 2 -out "$1" -config /dev/stdin <<END
[req]
distinguished_name = name
x509_extensions = extensions
[name]
[extensions]
$2 = DER:$3
END
}
certificate oe.pem 1.3.6.1.4.1.311.105.1 "$(hex oe)"
certificate gramine.pem 0.6.9.42.840.113741.1337.6 "$(hex quote)"
openssl x509 -in oe.pem -outform der -out oe.der
for file in oe.pem oe.der; do
    verify 0 - --collateral bundle.json --json "$file"
    equal "framing of $file" "$(value 'j["claims"]["framing"]')" oe-report
    verify 0 - --collateral bundle.json --framing oe-report "$file"
    verify 1 evidence_missing --collateral bundle.json --framing dice-tagged-evidence "$file"
done
verify 1 evidence_missing --collateral bundle.json gramine.pem
verify 0 - --collateral bundle.json --framing gramine-legacy gramine.pem
verify 2 usage --framing gramine gramine.pem
has_text log "--framing: expected usual, dice-tagged-evidence"

echo "== report data"
for kind in "${kinds[@]}"; do
    verify 0 - --collateral bundle.json --report-data 0102 "$kind"
    verify 1 report_data --collateral bundle.json --report-data 0103 "$kind"
    verify 1 report_data --collateral bundle.json --report-data "" "$kind"
done
verify 2 usage --report-data 01zz sgx
verify 2 usage --report-data "$(printf '%0130d' 0)" sgx

echo "== times, at the edges of the window"
for kind in "${kinds[@]}"; do
    verify 0 - --collateral bundle.json --json "$kind"
    read -r first last <<<"$(value "j['window']['not_before'] + ' ' + j['window']['not_after']")"
    for edge in "$first -1" "$last +1"; do
        at=${edge% *}
        out_of_it=$(date -u -d "@$(($(date -d "$at" +%s) ${edge#* }))" +%Y-%m-%dT%H:%M:%SZ)
        expect 0 "$ctl" evidence verify --collateral bundle.json --at "$at" "$kind"
        expect 1 "$ctl" evidence verify --collateral bundle.json --at "$out_of_it" "$kind"
        checks=$((checks + 1))
        grep -qE '\[(crl_expired|collateral_expired|cert_expired)\]' log || { fail "$kind at $out_of_it"; cat log >&2; }
    done
done
verify 2 usage --at yesterday sgx
verify 2 usage --at 2026-02-30T00:00:00Z sgx

echo "== collateral: what is missing, what is spoilt, a folder"
printf '{"format": 2, "items": []}' >none.json
for kind in sgx tdx snp az-snp az-tdx; do
    verify 2 collateral_missing --collateral none.json "$kind"
    has_text log "is needed to judge the evidence, and is not in none.json"
    verify 2 collateral_missing --collateral none.json --json "$kind"
    equal "outcome of $kind" "$(value 'j["outcome"], j["reason"], j["window"]')" "('unjudged', 'collateral_missing', None)"
done
verify 0 - --collateral none.json nitro
verify 2 file_missing --collateral absent.json sgx
verify 2 collateral_format --collateral sgx sgx
edit() { # OUT EXPRESSION on items
    python3 -c 'import json,sys; b=json.load(open("bundle.json")); i={x["name"]:x for x in b["items"]}; exec(sys.argv[2]); b["items"]=[i[n] for n in sorted(i)]; json.dump(b,open(sys.argv[1],"w"))' "$1" "$2"
}
edit spoilt.json '[x.update(body=x["body"].replace("UpToDate","OutOfDate")) for n,x in i.items() if n.startswith("tcb/")]'
verify 1 collateral_signature --collateral spoilt.json sgx
verify 1 collateral_signature --collateral spoilt.json tdx
verify 0 - --collateral spoilt.json snp
edit partial.json 'i.pop("qe/sgx")'
verify 2 collateral_missing --collateral partial.json sgx
has_text log "qe/sgx is needed"
mkdir folder
python3 - <<'END'
import base64, json

items = {i["name"].split("/")[0] + ("/tdx" if "/tdx" in i["name"] else ""): i for i in json.load(open("bundle.json"))["items"]}
def put(name, item, member="body"):
    body = base64.b64decode(item["bodyBase64"]) if member == "body" and "bodyBase64" in item else item[member].encode()
    open("folder/" + name, "wb").write(body)
put("tcb_info.json", items["tcb"])
put("tcb_issuer_chain.pem", items["tcb"], "chain")
put("qe_identity.json", items["qe"])
put("qe_issuer_chain.pem", items["qe"], "chain")
put("pck_crl.der", items["pckcrl"])
put("root_ca_crl.der", items["rootcacrl"])
put("vek.der", items["vcek"])
put("vek_chain.pem", items["vcek-chain"])
END
for kind in sgx snp snp-aci az-snp nitro; do
    verify 0 - --collateral folder "$kind"
done
verify 1 collateral_mismatch --collateral folder tdx
rm folder/qe_identity.json
verify 2 collateral_missing --collateral folder sgx
has_text log "qe/sgx is needed to judge the evidence, and is not in folder"

echo "== policies"
policy() { printf '%s' "$1" >policy.json; }
claim() { # KIND NAME
    "$ctl" evidence verify --collateral bundle.json --json "$1" >out
    value "j['claims']$2"
}
part() { # KIND NAME: of evidence in a container (attestation/evidence.h)
    python3 - "$@" <<'END'
import struct, sys

data = open(sys.argv[1], "rb").read()
at = 16
while at < len(data):
    name = data[at + 1:at + 1 + data[at]].decode()
    at += 1 + data[at]
    (length,) = struct.unpack_from("<I", data, at)
    if name == sys.argv[2]:
        sys.stdout.buffer.write(data[at + 4:at + 4 + length])
    at += 4 + length
END
}
both() { # KIND REASON GOOD BAD
    policy "$3"
    verify 0 - --collateral bundle.json --policy policy.json "$1"
    policy "$4"
    verify 1 "$2" --collateral bundle.json --policy policy.json "$1"
}
zeroes() { printf "%0${1}d" 0; }
both sgx unique_id "{\"UniqueID\": \"$(claim sgx '["mrenclave"]')\"}" "{\"UniqueID\": \"$(zeroes 64)\"}"
both sgx security_version "{\"SignerID\": \"$(claim sgx '["mrsigner"]')\", \"ProductID\": 1, \"SecurityVersion\": 1}" \
    "{\"SignerID\": \"$(claim sgx '["mrsigner"]')\", \"ProductID\": 1, \"SecurityVersion\": 2}"
both sgx debug '{}' '{"Debug": true}'
both tdx measurement "{\"TDX\": {\"MRTD\": \"$(claim tdx '["mrtd"]')\"}}" "{\"TDX\": {\"MRTD\": \"$(zeroes 96)\"}}"
both snp measurement "{\"SNP\": {\"Measurement\": \"$(claim snp '["measurement"]')\"}}" \
    "{\"SNP\": {\"Measurement\": \"$(zeroes 96)\"}}"
# Behind a paravisor the hardware's measurement is the paravisor's; the guest is in the PCRs of its virtual TPM.
for kind in az-snp az-tdx; do
    both $kind runtime_measurement "{\"VTPM\": {\"PCRs\": {\"11\": \"$(part $kind tpm_pcrs | python3 -c 'import json,sys; print(json.load(sys.stdin)[11])')\"}}}" \
        "{\"VTPM\": {\"PCRs\": {\"11\": \"$(zeroes 64 | tr 0 f)\"}}}"
done
policy "{\"VTPM\": {\"PCRs\": {\"11\": \"$(zeroes 64)\"}}}"
for kind in sgx snp tdx nitro; do
    expect 1 "$ctl" evidence verify --collateral bundle.json --policy policy.json "$kind"
done
policy "{\"TDX\": {\"MRTD\": \"$(claim az-tdx '["mrtd"]')\"}}"
verify 1 tee_kind --collateral bundle.json --policy policy.json az-tdx
both snp-aci host_data "{\"SNP\": {\"HostData\": \"$(claim snp-aci '["host_data"]')\", \"Measurement\": \"$(claim snp-aci '["measurement"]')\"}}" \
    "{\"SNP\": {\"HostData\": \"$(zeroes 64)\", \"Measurement\": \"$(claim snp-aci '["measurement"]')\"}}"
both nitro runtime_measurement "{\"Nitro\": {\"PCRs\": {\"0\": \"$(claim nitro '["pcrs"]["0"]')\"}}}" \
    "{\"Nitro\": {\"PCRs\": {\"0\": \"$(zeroes 96)\"}}}"
policy "{\"TDX\": {\"MRTD\": \"$(zeroes 96)\"}}"
for kind in sgx snp nitro; do
    verify 1 tee_kind --collateral bundle.json --policy policy.json "$kind"
done
for faulty in '{' '[]' '{"UniqueId2": "00"}' '{"TDX": {"MRTDD": "00"}}' '{"Debug": 1}' '{"Debug": true, "Debug": true}'; do
    policy "$faulty"
    verify 2 json_syntax --collateral bundle.json --policy policy.json sgx
    has_text log "policy policy.json"
done
verify 2 file_missing --policy absent.json sgx

echo "== roots"
for kind in sgx tdx snp nitro; do
    verify 0 - --root roots.pem --collateral bundle.json "$kind"
    verify 1 root --root oe.pem --collateral bundle.json "$kind"
done
verify 2 cert_format --root sgx sgx
expect 2 "$meshctl" evidence verify --root roots.pem sgx
has_text log "[usage]"
for kind in "${kinds[@]}"; do
    expect 1 "$meshctl" evidence verify --collateral bundle.json "$kind"
    has_text log "[root]"
done

echo "== usage"
expect 2 "$ctl" evidence verify
expect 2 "$ctl" evidence verify sgx tdx
expect 2 "$ctl" evidence verify --frobnicate sgx
expect 2 "$ctl" evidence show

# ---- collateral from a service ---------------------------------------------------------------------------------------

"$meshsim" serve --address localhost:0 --certificate ca.pem --ready port >serve.log 2>&1 &
service=$!
started+=("$service")
wait_for test -s port
url=https://localhost:$(cat port)
export MESH_PCS_URL=$url MESH_KDS_URL=$url MESH_COLLATERAL_CA=$work/ca.pem
faults() { # LINES
    curl --silent --cacert ca.pem -X DELETE "$url/sim/faults" >/dev/null
    [[ -z $1 ]] || curl --silent --cacert ca.pem --data-binary "$1" "$url/sim/faults" >/dev/null
}
fresh() { rm -rf "$XDG_CACHE_HOME"; }

echo "== fetched, shown, imported"
expect 0 "$ctl" collateral fetch sgx tdx snp snp-aci az-snp az-tdx nitro -o fetched.json
expect 0 "$ctl" collateral show fetched.json
for item in tcb/sgx/ tcb/tdx/ qe/sgx qe/tdx pckcrl/platform rootcacrl vcek/Milan/ vcek-chain/Milan vcek-crl/Milan; do
    has_text out "$item"
done
has_text out "$url/sgx/certification/v4/tcb?fmspc="
expect 0 "$ctl" collateral show --json fetched.json
equal "states" "$(value '{i["state"] for i in j}')" "{'valid'}"
expect 0 "$ctl" collateral show --at 2049-01-01T00:00:00Z --json fetched.json
has_text out '"state":"expired"'
expect 1 "$ctl" collateral show sgx
expect 0 "$ctl" collateral fetch sgx
has_text out '"format": 2'
(
    unset MESH_PCS_URL MESH_KDS_URL
    for kind in "${kinds[@]}"; do
        "$ctl" evidence verify --collateral fetched.json "$kind" >/dev/null || exit 1
    done
) || fail "what was fetched does not do"
expect 0 "$ctl" collateral import fetched.json --into imported
has_text out "items imported into imported"
expect 1 "$ctl" collateral import fetched.json
has_text log "--into FOLDER is missing"
expect 1 "$ctl" collateral import spoilt.json --into spoilt
has_text log "[collateral_signature]"
expect 1 "$meshctl" collateral import fetched.json --into production
has_text log "[root]"

echo "== faults of the service"
failing() { # FAULTS REASON WORDS
    fresh
    faults "$1"
    expect 1 "$ctl" collateral fetch sgx -o never.json
    has_text log "$3"
    has_text log "[$2]"
    [[ ! -e never.json ]] || fail "$1: a bundle was written"
}
failing '429:7 tcb' collateral_source 'answered 429'
failing '503 qe/identity' collateral_source 'answered 503'
failing '404 pckcrl' collateral_source 'answered 404'
failing 'truncate tcb' collateral_format ''
failing 'truncate rootcacrl' crl ''
failing 'issuer pckcrl' crl ''
failing 'expired tcb' collateral_expired 'was valid until'
fresh
faults 'delay:300 tcb'
expect 0 "$ctl" collateral fetch sgx -o slow.json
faults ''

# ---- a coordinator that fetches ---------------------------------------------------------------------------------------

readonly service_program=$work/service
cp "$BUILD_DIR/tests/probe-marble-sim" "$service_program"
printf '{"Packages": {"p": {"UniqueID": "%s"}}, "Marbles": {"m": {"Package": "p", "Parameters": {"Env": {"PROBE_ENV": "DELIVERED", "DELIVERED": "yes"}}}}}' \
    "$(unique_id "$service_program")" >manifest.json
activate() { # STATUS [REASON]
    local status=0
    EDG_MARBLE_TYPE=m EDG_MARBLE_COORDINATOR_ADDR=$mesh EDG_MARBLE_UUID_FILE=$work/uuid MESH_ACTIVATE_TIMEOUT=3 \
        timeout 60 "$service_program" >out 2>log || status=$?
    equal "status of an activation" "$status" "$1"
    [[ -z ${2-} ]] || has_text log "[$2]"
}
fresh_coordinator() { # [NAME=VALUE...]
    rm -rf "$work/state"
    start_coordinator "$@"
    set_manifest manifest.json
}

echo "== a service that goes down after the first activation; one that was never up"
fresh_coordinator MESH_COLLATERAL_CACHE="$work/meshd-cache"
activate 0
kill "$service"
wait "$service" || true
activate 0
stop_coordinator
start_coordinator MESH_COLLATERAL_CACHE="$work/meshd-cache"
activate 0
stop_coordinator
fresh_coordinator
activate 1 collateral_source
stop_coordinator

echo "== without a network, from what was imported"
fresh_coordinator MESH_PCS_URL=none MESH_KDS_URL=none MESH_COLLATERAL_CACHE="$work/imported"
activate 0
stop_coordinator
fresh_coordinator MESH_PCS_URL=none MESH_KDS_URL=none MESH_COLLATERAL="$work/fetched.json"
activate 0

report
