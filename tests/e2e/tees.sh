#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tees.sh MESHD-SIM MESHSIM MESHCTL-SIM
#
# One mesh with a service in each kind of TEE: SGX, TDX, SEV-SNP, a container group of Azure, confidential VMs of Azure on
# SNP and TDX (their virtual TPM in software, and a TPM of its own process, swtpm), AWS Nitro. Real processes; each has
# evidence of its own kind, is let in only as that, and only with the measurements that its package names.
set -euo pipefail
readonly meshd=$1 meshsim=$2 meshctl=$3
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- programs: one as it is, another, and one for debugging, which is what packages without identities accept --------

readonly service=$work/service other=$work/other debug=$work/debug
cp "$BUILD_DIR/tests/probe-marble-sim" "$service"
cp "$service" "$other"
printf 'changed' >>"$other"
cp "$service" "$debug"
"$meshsim" sign --debug "$debug"

readonly kinds=(sgx tdx snp snp-aci az-snp az-tdx nitro)

# Where another program shows in evidence of this kind, and so what refuses it.
declare -rA refusal=([sgx]=unique_id [tdx]=measurement [snp]=measurement [snp-aci]=host_data [az-snp]=runtime_measurement
    [az-tdx]=runtime_measurement [nitro]=runtime_measurement)

# What PROGRAM in a TEE of this kind shows: the evidence, and the verdict with its claims.
show() { # KIND PROGRAM
    MESH_SIM_TEE=$1 "$meshsim" evidence --report-data 00 -o "$work/$1.evidence" "$2"
    "$meshctl" evidence verify --json "$work/$1.evidence" >"$work/$1.json"
}

# A package of each kind with the measurements of $service, the same with one measurement of the TEE changed ("wrong-"), and
# one that wants debugging ("debug-").
write_manifest() {
    python3 - "$work" "${kinds[@]}" <<'END'
import copy, json, re, sys

work, *kinds = sys.argv[1:]


def claims(kind):
    return json.load(open(f"{work}/{kind}.json"))["claims"]


def pcr(kind, number):  # in the container as JSON, in order
    found = re.search(rb'\["[0-9a-f]{64}"(,"[0-9a-f]{64}"){23}\]', open(f"{work}/{kind}.evidence", "rb").read())
    return {str(number): json.loads(found.group())[number]}


def package(kind, c):
    return {
        "sgx": lambda: {"UniqueID": c["mrenclave"]},
        "tdx": lambda: {"TDX": {"MRTD": c["mrtd"], "MRSEAM": c["mrseam"], "RTMR0": c["rtmr0"]}},
        "snp": lambda: {"SNP": {"Measurement": c["measurement"], "VMPL": 0, "Products": [c["product"]]}},
        "snp-aci": lambda: {
            "SNP": {"Measurement": c["measurement"], "HostData": c["host_data"]},
            "UVM": {"Issuers": [c["uvm"]["did"]], "Feed": c["uvm"]["feed"], "MinimumSVN": int(c["uvm"]["svn"])},
        },
        "az-snp": lambda: {"SNP": {"Measurement": c["measurement"]}, "VTPM": {"PCRs": pcr(kind, 11)}},
        "az-tdx": lambda: {"TDX": {"MRTD": c["mrtd"]}, "VTPM": {"PCRs": pcr(kind, 11)}},
        "nitro": lambda: {"Nitro": {"PCRs": {"0": c["pcrs"]["0"]}}},
    }[kind]()


def wrong(package):  # one digit of what the hardware measured
    p = copy.deepcopy(package)
    for path in (["UniqueID"], ["TDX", "MRTD"], ["SNP", "Measurement"], ["Nitro", "PCRs", "0"]):
        at = p
        for name in path[:-1]:
            at = at.get(name, {})
        if path[-1] in at:
            value = at[path[-1]]
            at[path[-1]] = ("1" if value[0] == "0" else "0") + value[1:]
            return p
    raise SystemExit(f"no measurement in {package}")


packages = {}
for kind in kinds:
    packages[kind] = package(kind, claims(kind))
    packages[f"wrong-{kind}"] = wrong(packages[kind])
    packages[f"debug-{kind}"] = {"Debug": True}
marble = {"Parameters": {"Env": {"DELIVERED": "by the mesh", "PROBE_ENV": "DELIVERED"}}}
print(json.dumps({"Packages": packages, "Marbles": {name: {"Package": name, **marble} for name in packages}}))
END
}

# run TYPE PROGRAM [NAME=VALUE...]: in a TEE of the kind behind the type's first word, if that is wrong or debug. What it says
# goes to $out and $log; sets $status.
run() {
    local type=$1 program=$2 kind=${1#wrong-}
    kind=${kind#debug-}
    shift 2
    out=$work/out
    log=$work/log
    status=0
    (cd "$work" && timeout 60 env EDG_MARBLE_TYPE="$type" EDG_MARBLE_COORDINATOR_ADDR="$mesh" \
        EDG_MARBLE_UUID_FILE="$work/uuid-$type" EDG_LOG_FORMAT=json MESH_SIM_TEE="$kind" "$@" \
        "$program" >"$out" 2>"$log") || status=$?
}

admitted() { # TYPE
    equal "exit status of $1" "$status" 0
    has_text "$out" "main env DELIVERED: by the mesh"
    has_text "$log" "\"type\":\"$1\""
    ((status == 0)) || cat "$log" >&2
}

refused() { # REASON
    equal "exit status" "$status" 1
    has_text "$log" "[$1]"
}

# ---- one mesh -------------------------------------------------------------------------------------------------------

for kind in "${kinds[@]}"; do
    show "$kind" "$service"
done
start_coordinator
write_manifest >"$work/manifest.json"
set_manifest "$work/manifest.json"

for kind in "${kinds[@]}"; do
    echo "== $kind: the program that the package names, and no other"
    run "$kind" "$service"
    admitted "$kind"
    run "$kind" "$other"
    refused "${refusal[$kind]}"
    echo "== $kind: a TEE that measures something else"
    run "wrong-$kind" "$service"
    case $kind in
    sgx | nitro) refused "${refusal[$kind]}" ;;
    *) refused measurement ;;
    esac
    echo "== $kind: debugging only where the package wants it, and nothing else there"
    run "debug-$kind" "$debug"
    admitted "debug-$kind"
    run "debug-$kind" "$service"
    refused debug
    run "$kind" "$debug"
    refused debug
done

echo "== evidence of another kind than the package's"
run sgx "$service" MESH_SIM_TEE=tdx
refused tee_kind
run sgx "$service" MESH_SIM_TEE=nothing
refused no_tee

# ---- a TPM of its own -----------------------------------------------------------------------------------------------

readonly vtpm=$SOURCE_DIR/tests/support/azure_vtpm
for kind in az-snp az-tdx; do
    echo "== $kind with swtpm"
    options=(--debug)
    [[ $kind == az-snp ]] || options+=(--tdx)
    "$vtpm" start "$work/$kind" "$meshsim" "${options[@]}"
    tpm=$(cat "$work/$kind/pid")
    started+=("$tpm")
    run "debug-$kind" "$debug" MESH_SIM_TPM="swtpm:path=$work/$kind/tpm"
    admitted "debug-$kind"
    # A TPM that is not the one whose key the paravisor named.
    "$vtpm" start "$work/$kind-other" "$meshsim" "${options[@]}"
    started+=("$(cat "$work/$kind-other/pid")")
    TPM2TOOLS_TCTI=swtpm:path=$work/$kind-other/tpm tpm2_nvwrite -Q 0x01400001 -C o -i "$work/$kind/report"
    run "debug-$kind" "$debug" MESH_SIM_TPM="swtpm:path=$work/$kind-other/tpm"
    refused tpm_signature
done

# ---- a coordinator in a TEE without sealing keys --------------------------------------------------------------------

echo "== a coordinator whose TEE gives no sealing key"
stop_coordinator
rm -rf "$work/state"
start_coordinator MESH_SIM_TEE=tdx
has_text "$work/coordinator.log" "this TEE gives no sealing key: after each restart the state has to be recovered"
set_manifest "$work/manifest.json"
run snp "$service"
admitted snp
stop_coordinator
start_coordinator MESH_SIM_TEE=tdx
has_text "$work/coordinator.log" "gives no sealing key, so the state has to be recovered"
equal "state after a restart" "$(curl -ks "https://$client/api/v2/status" | sed -nE 's/.*"code":([0-9]).*/\1/p')" 1

report
