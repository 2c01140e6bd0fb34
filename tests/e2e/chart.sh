#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: chart.sh BUILD-FOLDER
#
# The chart, rendered by helm with what `meshctl install` would give it. Needs helm; exits with 77 where there is none.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
readonly source_folder=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
command -v helm >/dev/null || { echo "helm is not here: the chart is not rendered"; exit 77; }
cd "$work"
readonly chart=$build/helm

render() { # NAME HELM-ARGUMENT...
    local name=$1
    shift
    checks=$((checks + 1))
    helm template marblerun "$chart" --namespace mesh "$@" >"$name.yaml" || fail "helm template: $name"
}

render_install() { # NAME OPTION...: with the values of `install OPTION...`
    local name=$1
    shift
    run 0 install --dry-run "$@"
    sed -n "/<<'END'/,/^END/{//!p}" "$out" >"$name.json"
    render "$name" --values "$name.json"
}

checks=$((checks + 1))
helm lint --strict "$chart" >lint || { fail "helm lint"; cat lint >&2; }
version=$(sed -nE 's/^project\(marblemesh VERSION ([0-9.]+).*/\1/p' "$source_folder/CMakeLists.txt")
has_line "$chart/Chart.yaml" "version: $version"
has_line "$chart/Chart.yaml" "appVersion: $version"
render defaults
render_install intel --resource-key sgx.intel.com/epc
checks=$((checks + 1))
cmp -s defaults.yaml intel.yaml || fail "what install gives on Intel's nodes is not what the chart has by default"
has_line defaults.yaml '          image: "meshd:'"$version"'"'
has_line defaults.yaml '              sgx.intel.com/epc: 10Mi'
has_text defaults.yaml 'helm.sh/resource-policy: keep'
has_text defaults.yaml '{"pccs_url": "https://global.acccache.azure.net/sgx/certification/v4/", "use_secure_cert": true}'
equal "probes of the health listener" "$(grep -c 'httpGet: {path: /healthz, port: ops}' defaults.yaml)" 3
equal "kinds" "$(sed -nE 's/^kind: //p' defaults.yaml | sort | tr '\n' ' ')" "ConfigMap Deployment PersistentVolumeClaim Service Service ServiceAccount "
render_install azure --resource-key kubernetes.azure.com/sgx_epc_mem_in_MiB --dcap-pccs-url 'https://x.example.com/"' --dcap-secure-cert false
has_line azure.yaml '              kubernetes.azure.com/sgx_epc_mem_in_MiB: 10'
lacks_text azure.yaml 'sgx.intel.com'
has_line azure.yaml '    {"pccs_url": "https://x.example.com/\"", "use_secure_cert": false}'
printf 'PCCS_URL=https://localhost:8081/\n# {{ .Values }}\n' >qcnl.conf
render_install verbatim --resource-key sgx.intel.com/epc --dcap-qcnl-config-file qcnl.conf --client-server-port 4434 --version v9
has_line verbatim.yaml '    # {{ .Values }}'
has_line verbatim.yaml '    - {name: http, port: 4434, targetPort: http}'
has_line verbatim.yaml '          image: "meshd:v9"'
render_install simulation --simulation --domain a.example.com
render simulation --values simulation.json --set coordinator.pvcName=mine,coordinator.repository=registry.example.com/mesh,coordinator.hash=sha256:00
has_line simulation.yaml '          image: "registry.example.com/mesh/meshd-sim:'"$version"'@sha256:00"'
has_text simulation.yaml 'value: "a.example.com,localhost,coordinator-mesh-api,coordinator-mesh-api.mesh,coordinator-mesh-api.mesh.svc.cluster.local,coordinator-client-api,'
has_line simulation.yaml '            claimName: mine'
for absent in dcap tolerations limits 'kind: PersistentVolumeClaim'; do lacks_text simulation.yaml "$absent"; done
report
