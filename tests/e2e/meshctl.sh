#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: meshctl.sh BUILD-FOLDER
#
# The operator's tool against a real coordinator: what it believes, what it does not, and what it says then.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
cd "$work"

cat >manifest.json <<'END'
{"Packages": {"p": {"UniqueID": "00", "Colour": "red"}}, "Marbles": {"m": {"Package": "p"}}}
END
readonly fingerprint=$(sha256sum <manifest.json | cut -d' ' -f1)

start_coordinator

# Help and usage.
run 1 version now
has_text "$errors" "Error: version takes no arguments [usage]"
for words in "" "--help" "manifest" "manifest --help" "certificate -h" "manifest set --help" "version --help"; do
    # shellcheck disable=SC2086 # these are words
    run 0 $words
    has_text "$out" "Usage: meshctl-sim"
done
run 1 manifest sett
has_text "$errors" "Error: manifest sett: no such command (did you mean manifest set?) [usage]"
run 1 status
has_text "$errors" "Error: status wants: IP:PORT [usage]"
run 0 version
has_text "$out" "Trust domain: simulated"
run 0 version --json
equal "the trust domain in JSON" "$(member "$out" 'v["trustDomain"]')" simulated

# Without a cache the evidence decides.
run 0 status "$client"
has_text "$out" "2: Coordinator is ready to accept a manifest"
has_text "$errors" "Verifying the coordinator at $client against $build/coordinator-era.json"
checks=$((checks + 1))
[[ ! -e $cache ]] || fail "status wrote the cache"
run 1 manifest get "$client"
has_text "$errors" "server is not in expected state"
has_text "$errors" "[state_wrong]"

# Setting a manifest: bad ones first.
printf 'Packages:\n  p:\n    UniqueID: 00\n' >manifest.yaml
run 1 manifest set manifest.yaml "$client"
has_text "$errors" "UniqueID: expected a string, found a whole number"
echo '[1]' >list.yaml
run 1 manifest set list.yaml "$client"
has_text "$errors" "list.yaml: a manifest is an object, this is something else [json_syntax]"
run 1 manifest set missing.json "$client"
has_text "$errors" "missing.json"
has_text "$errors" "[file_missing]"
echo '{' >bad.json
run 1 manifest set bad.json "$client"
has_text "$errors" "bad.json: line 2, column 1: "
echo '{"Packages": {}, "Marbles": {}}' >empty.json
run 1 manifest set empty.json "$client"
has_text "$errors" "the coordinator refused (HTTP 500): setting the manifest:"
run 0 manifest set manifest.json "$client"
has_text "$out" "fingerprint $fingerprint"
has_text "$out" "Manifest successfully set"
has_text "$errors" "Colour"
equal "mode of the cache" "$(stat -c %a "$cache")" 600
equal "mode of its folder" "$(stat -c %a "$(dirname "$cache")")" 755
equal "certificates in the cache" "$(grep -c BEGIN "$cache")" 2
run 1 manifest set manifest.json "$client"
has_text "$errors" "server is not in expected state"

# Reading it back.
run 0 manifest signature manifest.json
equal "fingerprint" "$(cat "$out")" "$fingerprint"
run 0 manifest get "$client"
checks=$((checks + 1))
cmp -s "$out" manifest.json || fail "the manifest did not come back byte for byte"
run 0 manifest get -s "$client" -o wrapped.json
has_text wrapped.json "\"ManifestSignature\": \"$fingerprint\""
python3 -m json.tool wrapped.json >/dev/null || fail "the wrapped manifest is not JSON"
for known in manifest.json "$fingerprint" "${fingerprint^^}"; do
    run 0 manifest verify "$known" "$client"
    equal "manifest verify" "$(cat "$out")" OK
done
run 1 manifest verify "${fingerprint/[0-9]/x}0" "$client"
run 1 manifest verify empty.json "$client"
has_text "$errors" "the coordinator runs $fingerprint [manifest_other]"

# Certificates.
run 0 certificate root "$client"
run 0 certificate intermediate "$client" -o between.crt
run 0 certificate chain "$client"
openssl verify -CAfile marblerunRootCA.crt between.crt >/dev/null || fail "the intermediate does not come from the root"
checks=$((checks + 1))
cmp -s <(cat between.crt marblerunRootCA.crt) marblerunChainCA.crt || fail "the chain is not intermediate, then root"
equal "mode of a certificate" "$(stat -c %a between.crt)" 600

# Output goes where it is told to, also if that is no file.
mkfifo pipe
(timeout 120 cat pipe >from-pipe) &
run 0 manifest get "$client" -o pipe
wait $!
checks=$((checks + 1))
cmp -s from-pipe manifest.json && [[ -p pipe ]] || fail "the pipe was replaced and not written into"
: >target
ln -s target link
run 0 manifest get "$client" -o link
checks=$((checks + 1))
cmp -s target manifest.json && [[ -L link ]] || fail "the link was replaced and not followed"

# What cannot be printed is an error, unless the reader has seen enough.
full() { # ARGUMENT...
    local code=0
    "$build/meshctl-sim" "$@" >/dev/full 2>"$errors" </dev/null || code=$?
    equal "exit code with a full disk: $*" "$code" 1
    has_text "$errors" "Error: writing to standard output: No space left on device [file_write]"
}
full --help
full version
full status "$client"
full manifest get "$client"
full manifest signature manifest.json
full package-info "$meshd" --json
for words in "--help" "manifest signature manifest.json" "manifest get $client"; do
    # shellcheck disable=SC2086 # these are words
    { sleep 0.3; "$build/meshctl-sim" $words 2>"$errors" || fail "a closed pipe: $words"; } | true
    lacks_text "$errors" "Error"
done

# Nor does it matter which of the standard descriptors are open.
for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&- 2>&-'; do
    code=0
    eval "\"\$build/meshctl-sim\" manifest verify manifest.json \"\$client\" $closed" >/dev/null 2>&1 || code=$?
    equal "exit code with $closed" "$code" 0
done

# With a cache, the certificate decides.
run 0 status "$client"
has_text "$out" "3: Coordinator is running correctly and ready to accept marbles"
lacks_text "$errors" "Verifying"
run 0 status "$client" --json
equal "the code in JSON" "$(member "$out" 'v["code"]')" 3

# What was not verified is said, and not kept.
run 0 manifest verify manifest.json "$client" --insecure --coordinator-cert kept.pem
has_text "$errors" "NOT verified: neither its evidence nor its identity"
has_text "$errors" "the certificate of $client is NOT cached: it was not verified"
run 1 manifest get "$client" --insecure --keep-cert --coordinator-cert kept.pem
has_text "$errors" "--insecure verifies nothing: give one of both [usage]"
has_text "$errors" "Next: meshctl-sim manifest get --help"
equal "what --insecure cached" "$(cat kept.pem 2>/dev/null)" ""
run 0 certificate root "$client" --insecure -o root.crt
has_text "$errors" "the root certificate was NOT compared with the cached one"
run 0 manifest get "$client" --keep-cert --coordinator-cert kept.pem
equal "certificates that were kept" "$(grep -c BEGIN kept.pem)" 2

# Another coordinator under the same address is not believed by the cache.
stop_coordinator
mv state state.first
start_coordinator
run 1 status "$client"
has_text "$errors" "is not the coordinator that was attested"
has_text "$errors" "[coordinator_other]"
has_text "$errors" "Next: If it was set up anew on purpose, verify it anew: meshctl manifest verify"
run 1 certificate root "$client"
has_text "$errors" "another root certificate than the cached one [coordinator_other]"
run 1 certificate root "$client" --coordinator-cert "$work/elsewhere.pem"
has_text "$errors" "no certificate of the coordinator is cached yet [cache_missing]"
run 0 status "$client" --insecure
has_text "$errors" "NOT verified"
echo rubbish >rubbish.pem
run 1 status "$client" --coordinator-cert rubbish.pem
has_text "$errors" "cached certificate rubbish.pem (remove it to attest anew): "
run 0 status "$client" --coordinator-cert "$work/elsewhere.pem"
has_text "$out" "2: "

# What the policy demands.
era() { # JSON TEXT REASON: a policy that the coordinator does not satisfy
    echo "$1" >era.json
    run 1 manifest set manifest.json "$client" --era-config era.json
    has_text "$errors" "$2"
    has_text "$errors" "[$3]"
}
era '{"UniqueID":"00"}' "UniqueID: expected 00, found" unique_id
era '{"SignerID":"00","ProductID":1,"SecurityVersion":1}' "SignerID: expected 00" signer_id
lacks_text "$errors" "report_data"
run 1 manifest set manifest.json "$client" --era-config era.json -v # each step, for who asks
has_text "$errors" "report_data"
era '{"SignerID":"00"}' "without UniqueID, ProductID and SecurityVersion must be given" package_incomplete
era '{' "policy file era.json: line 2" json_syntax
run 1 manifest set manifest.json "$client" --era-config none.json
has_text "$errors" "none.json"
measured=$("$build/meshctl-sim" package-info "$build/meshd-sim" --json)
echo "$measured" >era-config.json
run 0 status "$client" --coordinator-cert "$work/elsewhere.pem"
has_text "$errors" "against era-config.json"
cp era-config.json debug.json
sed -i 's/"Debug":false/"Debug":true/' debug.json
run 0 status "$client" --coordinator-cert "$work/elsewhere.pem" --era-config debug.json
rm era-config.json

# The quote and the nonce.
run 0 manifest set manifest.json "$client" --nonce fresh --save-sgx-quote quote.bin
equal "the saved quote begins as Open Enclave's" "$(head -c 8 quote.bin | od -An -tx1 | tr -d ' ')" 0100000002000000
root_der() { openssl x509 -in <(tac "$cache" | sed '/BEGIN/q' | tac) -outform der; }
digest=$( (root_der; printf fresh) | sha256sum | cut -d' ' -f1)
grep -q "$digest" <(od -An -v -tx1 quote.bin | tr -d ' \n') || fail "the quote does not speak of root certificate and nonce"

# The production tool does not believe the simulation; nor anyone who is no coordinator.
tool=$build/meshctl run 1 manifest get "$client"
has_text "$errors" "[root]"
has_text "$errors" "Simulated evidence is refused by production programs and the reverse"
lacks_text "$out" "Packages"
run 1 manifest get localhost:1
has_text "$errors" "[connect]"
run 1 manifest get nonsense
has_text "$errors" "[address]"
run 1 manifest get "$mesh"
has_text "$errors" "Error: "

# HOME may be missing.
homeless() { # STATUS ARGUMENT...
    local code=0
    env -u HOME -u XDG_CONFIG_HOME -u XDG_CACHE_HOME "$build/meshctl-sim" "${@:2}" >"$out" 2>"$errors" </dev/null || code=$?
    equal "exit code without HOME: ${*:2}" "$code" "$1"
}
homeless 0 status "$client" # there is no cache, so the evidence decides
has_text "$errors" "Verifying the coordinator"
homeless 0 manifest verify manifest.json "$client"
has_text "$out" "OK"
has_text "$errors" "Warning: the coordinator's certificate is not cached: neither HOME nor XDG_CONFIG_HOME is set: give --coordinator-cert FILE"
homeless 0 manifest get "$client"
homeless 0 manifest log "$client"
homeless 1 manifest get "$client" --keep-cert
has_text "$errors" "[config]"
homeless 1 certificate root "$client" # there is nothing to compare it with
has_text "$errors" "give --coordinator-cert FILE"

# What a program is.
run 0 package-info "$build/meshd-sim"
has_text "$out" "UniqueID (MRENCLAVE)"
for no_program in manifest.json /dev/zero "$work"; do
    run 1 package-info "$no_program"
    has_text "$errors" "expected a program (ELF), found something else [package_file]"
done
run 1 package-info "$work/missing"
has_text "$errors" "missing"
tool=$build/meshctl run 1 package-info "$build/meshd"
has_text "$errors" "[package_file]"

# A policy may describe another TEE.
stop_coordinator
rm -rf state
start_coordinator MESH_SIM_TEE=snp
run 0 manifest set manifest.json "$client" --insecure --save-sgx-quote report.bin
run 0 evidence show report.bin --json
measurement=$(member "$out" 'v["claims"]["measurement"]')
echo "{\"SNP\": {\"Measurement\": \"$measurement\"}}" >snp.json
run 0 manifest verify manifest.json "$client" --era-config snp.json
era "{\"SNP\": {\"Measurement\": \"00${measurement:2}\"}}" "expected 00" measurement
era '{"SNP": {"MinimumGuestSVN": 1}}' "SNP" package_incomplete
run 1 manifest verify manifest.json "$client" # the policy of the build describes SGX

# Whatever talks to a coordinator says what it did not check, each time, before anything else...
make_user alice
user=(--cert alice.crt --key alice.key)
head -c 32 /dev/zero >secret
openssl genrsa -out rsa.pem 2048 2>/dev/null
echo '{"s": {"Key": "aGVsbG8="}}' >secrets.json
every() { # VISIT ADDRESS: calls VISIT with each command that talks to a coordinator
    "$1" status "$2"
    for words in "manifest set manifest.json" "manifest get" "manifest log" "manifest verify manifest.json" \
        "manifest plan manifest.json" "manifest graph" "manifest update get" "certificate root" "certificate intermediate" \
        "certificate chain" "recover secret --key rsa.pem" "recover-with-signature secret --signature secret" \
        "recover-with-signature public-key"; do
        # shellcheck disable=SC2086 # these are words
        "$1" $words "$2"
    done
    for words in "manifest update apply manifest.json" "manifest update acknowledge manifest.json" "manifest update cancel" \
        "secret set secrets.json" "secret get s"; do
        # shellcheck disable=SC2086
        "$1" $words "$2" "${user[@]}"
    done
}
not_checked() {
    run 1 "$@" --insecure
    equal "first words of $*" "$(head -n 1 "$errors" | cut -d: -f1,2)" "Warning: --insecure"
    has_text "$errors" "NOT verified"
}
every not_checked localhost:1
# ...and believes nobody else: not by evidence of another program, not by the certificate that was cached.
echo '{"UniqueID": "00"}' >era.json
not_by_evidence() {
    run 1 "$@" --era-config era.json --coordinator-cert "$work/elsewhere.pem"
    grep -qE '\[(tee_kind|unique_id)\]' "$errors" || fail "$*: believed without evidence: $(cat "$errors")"
}
rm -f elsewhere.pem
every not_by_evidence "$client"
not_by_cache() {
    run 1 "$@" --era-config snp.json --coordinator-cert kept.pem
    case $1-$2 in
    status-* | manifest-log | manifest-update | secret-* | certificate-*) has_text "$errors" "[coordinator_other]" ;;
    esac
}
cache_commands() { case $1-$2 in status-* | manifest-log | manifest-update | secret-* | certificate-*) not_by_cache "$@" ;; esac; }
every cache_commands "$client"

report
