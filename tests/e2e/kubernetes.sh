#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: kubernetes.sh BUILD-FOLDER
#
# The commands that drive helm and kubectl. There is no cluster: in the place of both programs stands a script that writes
# down its arguments and its standard input, and answers what the test laid out. What is shown is which commands are run,
# with which words exactly, and what is made of a cluster's answers. The chart itself is chart.sh's.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
cd "$work"

# ---- the stand-in: a line for each run, each word in brackets; answers/NAME-WORD is printed, or answers/NAME-WORD.error is
# said and the run fails.
mkdir bin answers
cat >bin/helm <<'END'
#!/bin/bash
name=${0##*/}
{ printf '%s' "$name"; printf ' [%s]' "$@"; echo; } >>ran
[[ $name == kubectl ]] || cat >stdin
answer=answers/$name-$1-$2
[[ $name == helm ]] && answer=answers/helm-$1
if [[ -e $answer.error ]]; then cat "$answer.error" >&2; exit 3; fi
[[ ! -e $answer ]] || cat "$answer"
END
chmod +x bin/helm
cp bin/helm bin/kubectl
export PATH=$work/bin:$PATH
unset KUBECONFIG KUBERNETES_SERVICE_HOST
export HOME=$work
readonly chart=$build/helm

# try WANTED-EXIT-CODE ARGUMENT...: as run, with an empty record.
try() {
    : >ran
    rm -f stdin
    run "$@"
}

ran_exactly() { # LINE...
    checks=$((checks + 1))
    cmp -s ran <(for line in "$@"; do echo "$line"; done) || { fail "expected to have been run: $*"; sed 's/^/    found: /' ran >&2; }
}

nodes() { # CAPACITY...: a cluster with a node for each, a JSON object
    local list
    list=$(printf '{"status": {"capacity": %s}},' "$@")
    printf '{"items": [%s]}' "${list%,}" >answers/kubectl-get-nodes
}

readonly intel='{"cpu": "4", "sgx.intel.com/epc": "98566144", "sgx.intel.com/enclave": "10", "sgx.intel.com/provision": "10"}'
readonly azure='{"kubernetes.azure.com/sgx_epc_mem_in_MiB": "28"}' alibaba='{"alibabacloud.com/sgx_epc_MiB": 93}'
readonly ask_nodes='kubectl [get] [nodes] [--output] [json] [--request-timeout] [10s]'
readonly helm_install="helm [install] [marblerun] [$chart] [--namespace] [marblerun] [--create-namespace] [--wait] [--timeout] [5m0s] [--values] [-]"

# ---- install
nodes "$intel"
try 0 install
ran_exactly "$ask_nodes" "$helm_install"
has_text "$out" "MarbleRun installed successfully"
equal "values" "$(member stdin 'v')" "{'coordinator': {'meshServerPort': 2001, 'clientServerPort': 4433, 'resources': {'limits': {}}}, 'dcap': {'pccsUrl': 'https://global.acccache.azure.net/sgx/certification/v4/', 'useSecureCert': True}, 'tolerations': [{'key': 'sgx.intel.com/epc', 'operator': 'Exists', 'effect': 'NoSchedule'}]}"
cp stdin intel.json
nodes "$intel" "$azure"
try 0 install
equal "Azure's limits" "$(member stdin 'v["coordinator"]["resources"]["limits"]')" \
    "{'sgx.intel.com/epc': None, 'sgx.intel.com/enclave': None, 'sgx.intel.com/provision': None, 'kubernetes.azure.com/sgx_epc_mem_in_MiB': 10}"
nodes "$azure" "$alibaba"
try 0 install
equal "Alibaba's toleration" "$(member stdin 'v["tolerations"][0]["key"]')" alibabacloud.com/sgx_epc_MiB
nodes '{"sgx.intel.com/epc": "10Mi"}' # no device for enclaves: not a node with SGX, but Intel's key is the default
try 0 install
equal "the default" "$(member stdin 'v["tolerations"][0]["key"]')" sgx.intel.com/epc
try 0 install --resource-key example.com/epc
ran_exactly "$helm_install"
equal "a given key" "$(member stdin 'v["coordinator"]["resources"]["limits"]["example.com/epc"]')" 10
try 0 install --simulation --disable-auto-injection
ran_exactly "$helm_install"
equal "values of a simulation" "$(member stdin 'v["coordinator"]["simulation"], v["tolerations"], v["dcap"], v["coordinator"]["resources"]')" "(True, None, None, {'limits': None})"
lacks_text "$errors" "Note:"
printf 'PCCS_URL=https://localhost:8081/\n# it'"'"'s "mine"\n' >qcnl.conf
# Words that a shell would not leave alone arrive as they are.
try 0 install -n 'my mesh; $(touch evil)' --domain a.example.com,b.example.com --domain '`c`' --marblerun-chart-path 'other chart' \
    --values 'own values.yaml' --version v9 --resource-key sgx.intel.com/epc --dcap-qcnl-config-file qcnl.conf --mesh-server-port 2002 \
    --client-server-port 4434 --enterprise-access-token x --dcap-qpl intel
ran_exactly 'helm [install] [marblerun] [other chart] [--namespace] [my mesh; $(touch evil)] [--create-namespace] [--wait] [--timeout] [5m0s] [--values] [own values.yaml] [--values] [-]'
equal "given values" "$(member stdin 'v["coordinator"]["hostname"], v["coordinator"]["version"], v["coordinator"]["meshServerPort"], v["coordinator"]["clientServerPort"], v["dcap"]')" \
    "('a.example.com,b.example.com,\`c\`', 'v9', 2002, 4434, {'qcnlConfig': 'PCCS_URL=https://localhost:8081/\\n# it\\'s \"mine\"\\n'})"
checks=$((checks + 1))
[[ ! -e evil ]] || fail "a shell was between"
try 0 install --dcap-pccs-url https://localhost:8081/ --dcap-secure-cert FALSE
equal "another service" "$(member stdin 'v["dcap"]')" "{'pccsUrl': 'https://localhost:8081/', 'useSecureCert': False}"

# What cannot be installed is refused before anything is run.
for wrong in "--distributed-deployment" "--mesh-server-port 0" "--client-server-port 65536" "--client-server-port 4433x" \
    "--dcap-secure-cert maybe"; do
    # shellcheck disable=SC2086 # these are words
    try 1 install $wrong
    ran_exactly
done
try 1 install --distributed-deployment
has_text "$errors" "[unsupported]"
try 1 install --simulation=yes
has_text "$errors" "[usage]"
try 1 install --resource-key k --dcap-qcnl-config-file missing.conf
has_text "$errors" "missing.conf"
ran_exactly

# What helm says is told, its end at least.
printf 'WARNING: something\nError: INSTALLATION FAILED: cannot re-use a name that is still in use\n' >answers/helm-install.error
try 1 install --simulation
has_text "$errors" "Error: helm ended with status 3: WARNING: something Error: INSTALLATION FAILED: cannot re-use a name that is still in use [tool]"
{ seq 1000; echo the last line; } >answers/helm-install.error
try 1 install --simulation
has_text "$errors" "the last line [tool]"
: >answers/helm-install.error
try 1 install --simulation
has_text "$errors" "helm ended with status 3: it said nothing [tool]"
rm answers/helm-install.error
echo 'Unable to connect to the server' >answers/kubectl-get-nodes.error
try 1 install
ran_exactly "$ask_nodes"
has_text "$errors" "kubectl ended with status 3: Unable to connect to the server [tool]"
rm answers/kubectl-get-nodes.error

# --dry-run runs nothing, and what it prints can be typed: it is, here, and does the same.
nodes "$intel"
try 0 install --dry-run -n "it's mine"
ran_exactly
has_text "$out" "Would run: kubectl get nodes --output json --request-timeout 10s"
sed 's/^Would run: //' "$out" >typed
bash typed >/dev/null
ran_exactly "$ask_nodes" "${helm_install/\[marblerun\] \[--create/[it\'s mine] [--create}"
checks=$((checks + 1))
cmp -s stdin <(cat intel.json; echo) || fail "what is typed does not have the same values"
try 0 uninstall --dry-run
ran_exactly
has_line "$out" "Would run: helm uninstall marblerun --namespace marblerun --wait"
for words in precheck check; do
    try 0 $words --dry-run
    ran_exactly
    has_text "$out" "Would run: kubectl get "
done

# ---- uninstall
try 0 uninstall --namespace mesh
ran_exactly 'helm [uninstall] [marblerun] [--namespace] [mesh] [--wait]' \
    'kubectl [delete] [secret] [marble-injector-webhook-certs] [--ignore-not-found] [--namespace] [mesh]' \
    'kubectl [delete] [certificatesigningrequest] [marble-injector.mesh] [--ignore-not-found]'
has_text "$errors" "kubectl delete persistentvolumeclaim coordinator-pv-claim --namespace mesh"
echo 'Error from server (Forbidden): certificatesigningrequests is forbidden' >answers/kubectl-delete-certificatesigningrequest.error
try 0 uninstall --namespace mesh # whoever has rights in this namespace alone
has_text "$errors" "may have left was not removed"
has_text "$errors" "kubectl delete persistentvolumeclaim"
rm answers/kubectl-delete-certificatesigningrequest.error
try 1 install --values -
has_text "$errors" "--values: expected a file, found -"
ran_exactly
echo 'Error: uninstall: Release not loaded: marblerun: release: not found' >answers/helm-uninstall.error
try 1 uninstall --yes
ran_exactly 'helm [uninstall] [marblerun] [--namespace] [marblerun] [--wait]'
has_text "$errors" "release: not found [tool]"

# ---- precheck
nodes "$intel" "$azure" '{"cpu": "4"}'
try 0 precheck
ran_exactly "$ask_nodes"
has_line "$out" "Cluster supports SGX on 2 nodes"
try 0 precheck --json
equal "precheck in JSON" "$(member "$out" 'v')" "{'nodes': 3, 'resources': {'alibabacloud.com/sgx_epc_MiB': 0, 'kubernetes.azure.com/sgx_epc_mem_in_MiB': 1, 'sgx.intel.com/epc': 1}}"
nodes '{"sgx.intel.com/epc": "0", "sgx.intel.com/enclave": "0", "sgx.intel.com/provision": "0"}'
try 0 precheck
has_line "$out" "Cluster does not support SGX, you may still run MarbleRun in simulation mode"
for odd in '' '[]' '{"items": 7}' '{"items": [null, {"status": []}]}'; do
    echo "$odd" >answers/kubectl-get-nodes
    [[ -n $odd ]] || : >answers/kubectl-get-nodes
    try 0 precheck
    has_text "$out" "does not support SGX"
done
echo '{"items": [' >answers/kubectl-get-nodes
try 1 precheck
has_text "$errors" "kubectl's answer: line "
has_text "$errors" "[tool]"

# ---- check
readonly ask='kubectl [get] [deployment]' asked='[--ignore-not-found] [--namespace] [marblerun] [--output] [json] [--request-timeout] [10s]'
try 1 check
ran_exactly "$ask [marble-injector] $asked" "$ask [marblerun-coordinator] $asked"
has_text "$errors" "there is no deployment marblerun-coordinator in namespace marblerun [not_installed]"
echo '{"spec": {"replicas": 1}, "status": {"availableReplicas": 1}}' >answers/kubectl-get-deployment
try 0 check
has_line "$out" "marblerun-coordinator pods ready: 1/1"
try 0 check --json
equal "check in JSON" "$(member "$out" 'v["marblerun-coordinator"]')" "{'ready': 1, 'wanted': 1}"
echo '{"spec": {"replicas": 2}, "status": {"availableReplicas": 1}}' >answers/kubectl-get-deployment
try 1 check --timeout 0
has_text "$errors" "expected 2 pods ready, found 1 [not_ready]"
(while (($(wc -l <ran) < 3)); do sleep 0.1; done; echo '{"spec": {"replicas": 2}, "status": {"availableReplicas": 2}}' >answers/new; mv answers/new answers/kubectl-get-deployment) &
try 0 check --timeout 300
wait $!
has_line "$out" "marblerun-coordinator pods ready: 2/2"
for wrong in -1 1s '' 86401; do
    try 1 check --timeout "$wrong"
    has_text "$errors" "[usage]"
done

# ---- version: asks where a cluster is configured, and is no failure where it does not answer
echo '{"metadata": {"labels": {"app.kubernetes.io/version": "0.9.9"}}}' >answers/kubectl-get-deployment
try 0 version
ran_exactly
has_line "$out" "Coordinator in the cluster: unknown (no cluster is configured)"
KUBECONFIG=$work/kube try 0 version
ran_exactly "$ask [marblerun-coordinator] $asked"
has_line "$out" "Coordinator in the cluster: 0.9.9"
KUBECONFIG=$work/kube try 0 version --json
equal "the coordinator's version in JSON" "$(member "$out" 'v["coordinatorVersion"]')" 0.9.9
: >answers/kubectl-get-deployment
KUBECONFIG=$work/kube try 0 version
has_line "$out" "Coordinator in the cluster: unknown (none in namespace marblerun)"
echo 'no route' >answers/kubectl-get-deployment.error
KUBECONFIG=$work/kube try 0 version
has_line "$out" "Coordinator in the cluster: unknown (kubectl ended with status 3: no route)"

# ---- without the programs, or with some that end badly
mkdir none
code=0
PATH=$work/none "$build/meshctl-sim" precheck >"$out" 2>"$errors" || code=$?
equal "exit code without kubectl" "$code" 1
has_text "$errors" "Error: starting kubectl: No such file or directory [tool_missing]"
has_text "$errors" "Next: Install it where PATH finds it."
printf '#!/bin/bash\nkill -9 $$\n' >bin/kubectl
try 1 precheck
has_text "$errors" "kubectl was ended by signal 9 [tool]"
printf 'no program' >bin/kubectl
try 1 precheck

report
