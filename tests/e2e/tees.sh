#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tees.sh MESHD-SIM MESHSIM
#
# One mesh with a service in each kind of TEE: SGX, TDX, SEV-SNP, a container group of Azure, confidential VMs of Azure on
# SNP and TDX (their virtual TPM in software, and a TPM of its own process, swtpm), AWS Nitro. Real processes; each has
# evidence of its own kind, and is let in only as that.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ---- programs: one as it is, one for debugging, which is what packages without identities accept --------------------

readonly service=$work/service debug=$work/debug
cp "$BUILD_DIR/tests/probe-marble-sim" "$service"
cp "$service" "$debug"
"$meshsim" sign --debug "$debug"

readonly kinds=(tdx snp snp-aci az-snp az-tdx nitro)

write_manifest() {
    python3 - "$(unique_id "$service")" "${kinds[@]}" <<'END'
import json, sys

unique_id, *kinds = sys.argv[1:]
marble = {"Parameters": {"Env": {"DELIVERED": "by the mesh", "PROBE_ENV": "DELIVERED"}}}
manifest = {
    "Packages": {"sgx": {"UniqueID": unique_id}, **{kind: {"Debug": True} for kind in kinds}},
    "Marbles": {kind: {"Package": kind, **marble} for kind in ["sgx", *kinds]},
}
print(json.dumps(manifest))
END
}

# run KIND PROGRAM [NAME=VALUE...]: what it says goes to $out and $log; sets $status.
run() {
    local kind=$1 program=$2
    shift 2
    out=$work/out
    log=$work/log
    status=0
    (cd "$work" && timeout 60 env EDG_MARBLE_TYPE="$kind" EDG_MARBLE_COORDINATOR_ADDR="$mesh" \
        EDG_MARBLE_UUID_FILE="$work/uuid-$kind" EDG_LOG_FORMAT=json MESH_SIM_TEE="$kind" "$@" \
        "$program" >"$out" 2>"$log") || status=$?
}

admitted() { # KIND
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

start_coordinator
write_manifest >"$work/manifest.json"
set_manifest "$work/manifest.json"

echo "== a service of each kind"
run sgx "$service"
admitted sgx
for kind in "${kinds[@]}"; do
    run "$kind" "$debug"
    admitted "$kind"
done

echo "== none for production where a package wants debugging"
for kind in "${kinds[@]}"; do
    run "$kind" "$service"
    refused debug
done

echo "== an SGX package takes nothing else"
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
    run "$kind" "$debug" MESH_SIM_TPM="swtpm:path=$work/$kind/tpm"
    admitted "$kind"
    # A TPM that is not the one whose key the paravisor named.
    "$vtpm" start "$work/$kind-other" "$meshsim" "${options[@]}"
    started+=("$(cat "$work/$kind-other/pid")")
    TPM2TOOLS_TCTI=swtpm:path=$work/$kind-other/tpm tpm2_nvwrite -Q 0x01400001 -C o -i "$work/$kind/report"
    run "$kind" "$debug" MESH_SIM_TPM="swtpm:path=$work/$kind-other/tpm"
    refused tpm_signature
done

# ---- a coordinator in a TEE without sealing keys --------------------------------------------------------------------

echo "== a coordinator whose TEE gives no sealing key"
stop_coordinator
rm -rf "$work/state"
start_coordinator MESH_SIM_TEE=tdx
has_text "$work/coordinator.log" "this TEE gives no sealing key: after each restart the state has to be recovered"
set_manifest "$work/manifest.json"
run snp "$debug"
admitted snp
stop_coordinator
start_coordinator MESH_SIM_TEE=tdx
has_text "$work/coordinator.log" "gives no sealing key, so the state has to be recovered"
equal "state after a restart" "$(curl -ks "https://$client/api/v2/status" | sed -nE 's/.*"code":([0-9]).*/\1/p')" 1

report
