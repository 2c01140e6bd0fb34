#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: client.sh MESHD-SIM MESHSIM
#
# libmeshclient against a real coordinator and a real service: whom it believes, whom it does not, and what it gets from
# them. examples/call-mesh, built in the tree and against what was installed and moved, as archive and as shared object.
set -euo pipefail
readonly meshd=$1 meshsim=$2 build=$BUILD_DIR
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
readonly here
# shellcheck source=tests/e2e/lib.sh
source "$here/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$here/meshctl_lib.sh"

use_compiler

echo "== install, move, build"
cmake --install "$build" --prefix "$work/first" >"$work/install.log" || die "cmake --install"
mv "$work/first" "$work/prefix"
lib=$(dirname "$(find "$work/prefix" -name libmeshclient.a)")
readonly example=$SOURCE_DIR/examples/call-mesh
checks=$((checks + 1))
(($(wc -l <"$example/call.c") < 60)) || fail "the example has grown to $(wc -l <"$example/call.c") lines"
cmake -S "$example" -B "$work/built" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="$flags" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; die "find_package"; }
cmake --build "$work/built" >"$work/make.log" 2>&1 || { cat "$work/make.log" >&2; die "the example's build"; }
export PKG_CONFIG_PATH=$lib/pkgconfig
equal "pkg-config's version" "$(pkg-config --modversion meshclient)" "$(cached CMAKE_PROJECT_VERSION)"
for twin in "" -sim; do
    # shellcheck disable=SC2046,SC2086 # lists of options
    "$compiler" $flags "$example/call.c" -o "$work/shared$twin" $(pkg-config --cflags --libs "meshclient$twin") -Wl,-rpath,"$lib"
    # shellcheck disable=SC2046,SC2086
    "$compiler" $flags "$example/call.c" -o "$work/archive$twin" $(pkg-config --cflags "meshclient$twin") \
        "$(pkg-config --variable=archive "meshclient$twin")" $(pkg-config --libs $(pkg-config --print-requires-private "meshclient$twin"))
done
loads() { ldd "$1" | sed -nE 's/^\s*(libmeshclient[^ ]*) .*/\1/p'; }
equal "what the shared one loads" "$(loads "$work/shared-sim")" libmeshclient-sim.so.0
equal "what the archive's loads" "$(loads "$work/archive-sim")" ""

echo "== the example"
cd "$work"
make_user alice
cat >manifest.json <<END
{"Packages": {"serve": {"UniqueID": "$(unique_id "$build/tests/marble_exec")"}},
 "Marbles": {
   "front": {"Package": "serve", "Parameters": {"Argv": ["serve", "python3", "$here/marble_server.py", "$work/port"]}}},
 "Secrets": {"text": {"Type": "plain", "UserDefined": true}},
 "Users": {"alice": {"Certificate": $(json_text alice.crt), "Roles": ["all"]}},
 "Roles": {"all": {"ResourceType": "Secrets", "ResourceNames": ["text"], "Actions": ["ReadSecret", "WriteSecret"]}}}
END
readonly fingerprint=$(sha256sum <manifest.json | cut -d' ' -f1) era=$build/coordinator-era.json
start_coordinator

called() { # STATUS PROGRAM ARGUMENT...
    local status=0
    "${@:2}" >"$out" 2>"$errors" || status=$?
    equal "status of ${*:2}" "$status" "$1"
}
readonly call=$build/examples/call-mesh/call-mesh
called 1 "$call" "$client" "$era" before.pem
has_text "$errors" "[state_wrong]" # believed, but it has no manifest yet
set_manifest manifest.json
for program in "$call" built/call-mesh ./shared-sim ./archive-sim; do
    rm -f pin.pem
    for time in verified pinned; do
        called 0 "$program" "$client" "$era" pin.pem "$fingerprint"
        has_line "$out" "manifest $fingerprint"
        has_text "$out" 'HTTP 200: {"status":"success","data":{"code":3,'
        equal "certificates in the pin, $time" "$(grep -c BEGIN pin.pem)" 2
    done
done
# It is the pin that is believed then: the policy is not asked any more.
echo '{"UniqueID": "00"}' >wrong.json
called 0 "$call" "$client" wrong.json pin.pem
called 1 "$call" "$client" wrong.json none.pem
has_text "$errors" "UniqueID: expected 00, found"
has_text "$errors" "[unique_id]"
checks=$((checks + 1))
[[ ! -s none.pem ]] || fail "what was refused was kept"
called 1 "$call" "$client" "$era" pin.pem "$(tr 0-9a-f 1-9a-f0 <<<"$fingerprint")"
has_text "$errors" "[manifest_other]"
for program in ./shared ./archive; do
    called 1 "$program" "$client" "$era" none.pem # the production library does not believe the simulation
    has_text "$errors" "[root]"
done

echo "== all of it"
readonly probe=$build/tests/client_probe
called 0 "$probe" "$client" -e "$era" -n fresh -KM -f "${fingerprint^^}"
has_line "$errors" "fingerprint $fingerprint"
has_line "$errors" "changed: signature"
checks=$((checks + 1))
[[ $(cat "$out") == "$(cat pin.pem manifest.json)" ]] || fail "pin and manifest are not those of the example"
"$meshsim" collateral -o bundle.json
called 0 "$probe" "$client" -e "$era" -b bundle.json -K
called 1 "$probe" "$client" -e "$era" -b "$era" -K
has_text "$errors" "options: collateral: "
called 0 "$probe" "$client" -p pin.pem -j 12 /api/v2/status
has_line "$out" "12 of 12"
called 0 "$probe" "$client" -p pin.pem "/api/v2/nothing?x=1"
has_line "$out" "status 405"
called 1 "$probe" "$client" -p pin.pem -X "GET /" /
has_text "$errors" "usage: request: "
called 1 "$probe" "$client" -p pin.pem $'/\r\nx: y'
has_text "$errors" "usage: request: "

# In a user's name.
called 0 "$probe" "$client" -p pin.pem "/api/v2/secrets?s=text"
has_line "$out" "status 401"
called 0 "$probe" "$client" -p pin.pem -u alice.crt -k alice.key -d '{"secrets":{"text":{"Key":"aGVsbG8="}}}' /api/v2/secrets
has_line "$out" "status 200"
called 0 "$probe" "$client" -p pin.pem -u alice.crt -k alice.key "/api/v2/secrets?s=text"
has_line "$out" "status 200"
has_line "$out" "type application/json"
has_text "$out" '"Private":"aGVsbG8="'
make_user mallory
called 1 "$probe" "$client" -p pin.pem -u alice.crt -k mallory.key /
has_text "$errors" "key_format: user_key is not the private key of the certificate in user_certificate"

echo "== a service of the mesh"
(cd "$work" && EDG_MARBLE_TYPE=front EDG_MARBLE_COORDINATOR_ADDR=$mesh exec "$build/tests/marble_exec") >served 2>&1 &
started+=("$!")
wait_for test -s port
marble=localhost:$(cat port)
readonly marble
for type in "-t front" ""; do
    # shellcheck disable=SC2086 # these are words
    called 0 "$probe" "$client" -p pin.pem -m "$marble" $type -d hello "/some/path?q"
    has_line "$out" "type application/x-marble"
    has_line "$out" '{"method": "POST", "path": "/some/path?q", "body": "hello"}'
done
called 1 "$probe" "$client" -p pin.pem -m "$marble" -t back /
has_text "$errors" "marble_other: "
has_text "$errors" "expected a service of the type back, found front"
called 1 "$probe" "$client" -p pin.pem -m "$client" / # the coordinator is none
has_text "$errors" "marble_other: "
has_text "$errors" "it has no marble type"
# Nor is a service the coordinator, although its certificate comes from it.
called 1 "$probe" "$marble" -p pin.pem /
has_text "$errors" "$marble is not the coordinator that was attested"
run 1 status "$marble" --coordinator-cert pin.pem
has_text "$errors" "[coordinator_other]"

echo "== somebody else at the address"
openssl ecparam -name prime256v1 -genkey -noout -out liar.key
openssl req -x509 -new -key liar.key -days 30 -subj "/CN=liar" -addext basicConstraints=critical,CA:TRUE -out liar.crt 2>/dev/null
printf 'something else' | openssl dgst -sha256 -sign liar.key -out liar.sig
python3 "$here/lying_coordinator.py" liar.crt liar.key liar.port liar.sig &
started+=("$!")
wait_for test -s liar.port
liar=localhost:$(cat liar.port)
called 1 "$probe" "$liar" -p pin.pem /
has_text "$errors" "$liar is not the coordinator that was attested"
called 1 "$probe" "$liar" -e "$era" -K
has_text "$errors" "coordinator: "
called 1 "$probe" "$liar" -p liar.crt -M # the key is right, the signature is not
has_text "$errors" "signature: the coordinator at $liar: the manifest's signature by the coordinator's root key"
called 1 "$call" "$liar" "$era" liar.crt
has_text "$errors" "[signature]"
lacks_text "$out" manifest
called 1 "$probe" "$client" -p liar.crt -m "$marble" /
has_text "$errors" "$marble is no service of this mesh"

# Somebody in between can pass evidence on, but put in no certificate of his own.
python3 "$here/between.py" liar.crt liar.key between.port "$client" &
started+=("$!")
wait_for test -s between.port
between=localhost:$(cat between.port)
called 1 "$probe" "$between" -e "$era" -K
has_text "$errors" "cert_chain: the intermediate certificate that came with the evidence of $between"
run 1 certificate intermediate "$between" --era-config "$era" --coordinator-cert pin.pem -o stolen.crt
has_text "$errors" "[cert_chain]"
checks=$((checks + 1))
[[ ! -e stolen.crt ]] || fail "a certificate that nobody vouches for was saved"
called 0 "$probe" "$client" -e "$era" -K
checks=$((checks + 1))
cmp -s "$out" pin.pem || fail "the coordinator itself is not believed any more"

stop_coordinator
mv state state.first
start_coordinator
called 1 "$call" "$client" "$era" pin.pem
has_text "$errors" "is not the coordinator that was attested"
has_text "$errors" "[coordinator_other]"

echo "== what is no value at all"
called 1 "$probe" "$client" -p wrong.json /
has_text "$errors" "cert_format: pin: "
called 1 "$probe" "$client" -K
has_text "$errors" "json_syntax: options: policy: "
echo '{"ProductID": 1, "SecurityVersion": 1}' >anybody.json
called 1 "$probe" "$client" -e anybody.json -K
has_text "$errors" "package_incomplete: options: policy: neither UniqueID nor SignerID is given"
called 1 "$probe" -e "$era" -K
has_text "$errors" "usage: options: address is missing"
called 1 "$probe" localhost:1 -e "$era" -K
has_text "$errors" "connect: "

report
