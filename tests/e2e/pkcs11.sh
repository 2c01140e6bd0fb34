#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: pkcs11.sh BUILD-FOLDER
#
# Keys that stay in a PKCS#11 token (SoftHSM's): users' keys of every kind in TLS 1.3 and 1.2, recovery, and what can go wrong.
# Needs softhsm2 and opensc; exits with 77 where they are not.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
module=$(find /usr/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
readonly module
if [[ -z $module ]] || ! command -v softhsm2-util pkcs11-tool >/dev/null; then
    echo "softhsm2 or opensc is not here: nothing was tried"
    exit 77
fi
cd "$work"
export SOFTHSM2_CONF=$work/softhsm.conf
mkdir tokens
echo "directories.tokendir = $work/tokens" >softhsm.conf
softhsm2-util --init-token --free --label mesh --pin 1234 --so-pin 5678 >/dev/null
softhsm2-util --init-token --free --label other --pin 1234 --so-pin 5678 >/dev/null

# into_token NAME ID [CERTIFICATE]: NAME.key, and the certificate. The key's file is gone then.
into_token() {
    openssl pkcs8 -topk8 -nocrypt -in "$1.key" -out "$1.p8"
    softhsm2-util --import "$1.p8" --token mesh --label "$1" --id "$2" --pin 1234 >/dev/null
    rm "$1.key" "$1.p8"
    [[ -z ${3-} ]] || certificate_into_token "$1" "$2" "$3"
}

certificate_into_token() { # LABEL ID CERTIFICATE
    openssl x509 -in "$3" -outform der -out certificate.der
    pkcs11-tool --module "$module" --token-label mesh --login --pin 1234 --write-object certificate.der --type cert \
        --label "$1" --id "$2" >/dev/null 2>&1
}

make_user p256
make_user p384 secp384r1
make_user p521 secp521r1
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=rsa -keyout rsa.key -out rsa.crt 2>/dev/null
readonly users=(p256 p384 p521 rsa)
make_recovery_key ann
cp ann.pem ann.key
id=10
for name in "${users[@]}"; do into_token "$name" $((id++)) "$name.crt"; done
into_token ann 20
make_user stranger
certificate_into_token stranger 30 stranger.crt
rm -f ann.pem

config() { # NAME [MEMBER...]: a configuration without a token, and more members
    local name=$1
    shift
    printf '{"Path": "%s"%s}' "$module" "$(printf ', %s' "$@")" >"$name"
}
config token.json '"Pin": "1234"' '"TokenLabel": "mesh"'
serial=$(pkcs11-tool --module "$module" --list-token-slots 2>/dev/null | grep -A 12 'token label *: mesh' | sed -nE 's/.*serial num *: ([0-9a-f]+).*/\1/p' | head -n 1)
config serial.json '"Pin": "1234"' "\"TokenSerial\": \"$serial\""

{
    echo 'Packages: {app: {UniqueID: "00"}}'
    echo 'Marbles: {web: {Package: app}}'
    echo 'Secrets: {word: {Type: plain, UserDefined: true}}'
    echo 'Users:'
    for name in "${users[@]}"; do echo "  $name: {Certificate: $(json_text "$name.crt"), Roles: [all, owner]}"; done
    echo 'Roles:'
    echo '  all: {ResourceType: Secrets, ResourceNames: [word], Actions: [ReadSecret, WriteSecret]}'
    echo '  owner: {ResourceType: Manifest, Actions: [UpdateManifest]}'
    echo "RecoveryKeys: {ann: $(json_text ann.pub)}"
} >manifest.yaml
start_coordinator
run 0 manifest set manifest.yaml "$client" --recoverydata recovery.json
printf '{"word": {"Key": "%s"}}' "$(printf hello | base64)" >secrets.json

# ---- users, with every kind of key (TLS 1.3)
id=10
for name in "${users[@]}"; do
    run 0 secret set secrets.json "$client" --pkcs11-config token.json --pkcs11-key-label "$name" --pkcs11-cert-label "$name"
    run 0 secret get word "$client" --pkcs11-config serial.json --pkcs11-key-id $((id++)) # the certificate has the same id
    has_text "$out" "aGVsbG8="
done
run 0 manifest update apply manifest.yaml "$client" --pkcs11-config token.json --pkcs11-key-label p256
run 0 manifest update cancel "$client" --pkcs11-config token.json --pkcs11-key-label rsa
run 1 manifest update acknowledge manifest.yaml "$client" --pkcs11-config token.json --pkcs11-key-label p384
has_text "$errors" "the coordinator refused"

# ---- the same in TLS 1.2: a server that wants a certificate and speaks nothing newer. It is no coordinator, and that it was
# found out to be none means that the handshake, the client's proof included, was over.
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout server.key -out server.crt 2>/dev/null
for version in tls1_2 tls1_3; do
    for suite in ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384; do
        : >server.log
        openssl s_server -accept 0 -"$version" -cipher "$suite" -cert server.crt -key server.key -Verify 1 -www >server.log 2>&1 </dev/null &
        server=$!
        started+=("$server")
        wait_for grep -q '^ACCEPT' server.log
        port=$(sed -nE 's/^ACCEPT .*:([0-9]+)$/\1/p' server.log | head -n 1)
        for name in "${users[@]}"; do
            # With a P-521 key from a file OpenSSL ends a TLS 1.2 handshake too: it is not the token.
            [[ $version/$name != tls1_2/p521 ]] || continue
            run 1 secret get word "localhost:$port" --insecure --pkcs11-config token.json --pkcs11-key-label "$name"
            has_text "$errors" "is not the coordinator's JSON [coordinator]"
        done
        kill "$server"
        wait "$server" 2>/dev/null || true
    done
done

# ---- what can go wrong
failing() { # TEXT REASON OPTION...
    run 1 secret get word "$client" "${@:3}"
    has_text "$errors" "$1"
    has_text "$errors" "[$2]"
    lacks_text "$errors" 1234
    lacks_text "$errors" 4321
}
failing "has no private key with label nobody" token_object --pkcs11-config token.json --pkcs11-key-label nobody
failing "has no private key with id 99" token_object --pkcs11-config token.json --pkcs11-key-id 99
failing "has no certificate with label ann" token_object --pkcs11-config token.json --pkcs11-key-label ann
failing "is not that of the certificate" key_format --pkcs11-config token.json --pkcs11-key-label p256 --pkcs11-cert-label stranger
failing "is not that of the certificate" key_format --pkcs11-config token.json --pkcs11-key-label p256 --pkcs11-cert-label p384
failing "is not that of the certificate" key_format --pkcs11-config token.json --pkcs11-key-label rsa --pkcs11-cert-label p384
failing "needs --pkcs11-key-id ID or --pkcs11-key-label LABEL" usage --pkcs11-config token.json
failing "--pkcs11-key-label needs --pkcs11-config FILE" usage --pkcs11-key-label p256
failing "exclude each other" usage --pkcs11-config token.json --pkcs11-key-label p256 --cert p256.crt
failing "missing.json" file_missing --pkcs11-config missing.json --pkcs11-key-label p256
config wrong.json '"Pin": "4321"' '"TokenLabel": "mesh"'
failing "logging in: the PIN is wrong" token --pkcs11-config wrong.json --pkcs11-key-label p256
config wrong.json '"Pin": "1234"' '"TokenLabel": "none"'
failing 'none has the label "none"' token --pkcs11-config wrong.json --pkcs11-key-label p256
config wrong.json '"Pin": "1234"' '"TokenLabel": "other"'
failing "has no private key with label p256" token_object --pkcs11-config wrong.json --pkcs11-key-label p256
config wrong.json '"Pin": "1234"' '"SlotNumber": 99'
failing "none is in slot 99" token --pkcs11-config wrong.json --pkcs11-key-label p256
config wrong.json '"TokenLabel": "mesh"' '"LoginNotSupported": true'
failing "has no private key" token_object --pkcs11-config wrong.json --pkcs11-key-label p256
config wrong.json '"TokenLabel": "mesh"'
failing "expected the user's PIN, or LoginNotSupported: true" config --pkcs11-config wrong.json --pkcs11-key-label p256
for path in missing.so "$work/secrets.json"; do
    printf '{"Path": "%s", "Pin": "1234", "TokenLabel": "mesh"}' "$path" >wrong.json
    failing "PKCS#11 module $path: " token --pkcs11-config wrong.json --pkcs11-key-label p256
done
printf '{"Path": "%s", "Pin": "1234", "TokenLabel": "mesh"}' "$(find /lib /usr/lib -name 'libm.so.6' | head -n 1)" >wrong.json
failing "is no PKCS#11 module" token --pkcs11-config wrong.json --pkcs11-key-label p256
openssl ecparam -name prime256v1 -genkey -noout -out twin.key
openssl pkcs8 -topk8 -nocrypt -in twin.key -out twin.p8
softhsm2-util --import twin.p8 --token mesh --label p256 --id 40 --pin 1234 >/dev/null
failing "has more than one private key with label p256" token_object --pkcs11-config token.json --pkcs11-key-label p256
run 0 secret get word "$client" --pkcs11-config token.json --pkcs11-key-label p256 --pkcs11-key-id 10

# ---- recovery: the owner's key opens and signs where it is
stop_coordinator
rm state/sealed_key*
start_coordinator
member recovery.json 'v["RecoverySecrets"]["ann"]' >secret
readonly owner=(--pkcs11-config token.json --pkcs11-key-label ann)
run 0 recover-with-signature public-key "$client" -o coordinator.pem
run 0 recover-with-signature sign-secret secret "${owner[@]}" -o signature
run 0 recover-with-signature encrypt-secret secret "${owner[@]}" --coordinator-pub-key coordinator.pem -o encrypted
run 1 recover secret "$client" --pkcs11-config token.json --pkcs11-key-label rsa
has_text "$errors" "does not open with the key in token.json"
has_text "$errors" "[decrypt]"
run 1 recover secret "$client" --pkcs11-config token.json --pkcs11-key-label p384
has_text "$errors" "expected an RSA key [key_format]"
run 1 recover secret "$client" "${owner[@]}" --key ann.pub
has_text "$errors" "exclude each other"
head -c 100 secret >cut
run 1 recover cut "$client" "${owner[@]}"
run 0 recover-with-signature encrypted "$client" --signature signature
has_text "$out" "Recovery successful"
stop_coordinator
rm state/sealed_key*
start_coordinator
run 0 recover secret "$client" "${owner[@]}"
has_text "$out" "Recovery successful"
run 0 status "$client"
has_text "$out" "3: "

report
