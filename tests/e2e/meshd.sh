#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/e2e/meshd.sh: the real coordinator as its users meet it: curl on one side, signals on the other.
set -euo pipefail

build=${BUILD_DIR:?}
work=$(mktemp -d)
meshd=
trap 'kill $meshd 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

export EDG_COORDINATOR_CLIENT_ADDR=127.0.0.1:0 EDG_COORDINATOR_MESH_ADDR=127.0.0.1:0 EDG_LOG_FORMAT=json
export EDG_COORDINATOR_SEAL_DIR=$work/state MESH_READY_FILE=$work/ready

die() { echo "FAILED: $*" >&2; tail -n 20 ./*.log >&2; exit 1; }
same() { [ "$1" == "$2" ] || die "$3: expected '$2', found '$1'"; }
holds() { [[ $1 == *"$2"* ]] || die "$3: expected '$2' in '$1'"; }

start() {
    rm -f ready
    "$build/meshd-sim" >>meshd.log 2>&1 &
    meshd=$!
    for _ in $(seq 200); do
        [ -s ready ] && break
        kill -0 "$meshd" 2>/dev/null || die "meshd-sim did not start"
        sleep 0.05
    done
    client=$(sed -n 's/^client=\([0-9]*\) mesh=[0-9]*$/\1/p' ready)
    [ -n "$client" ] || die "the ready file holds '$(cat ready)'"
}

# Ends it with this signal; the exit code is in $code.
finish() {
    kill "-$1" "$meshd"
    code=0
    wait "$meshd" || code=$?
}

# A program that must not start: refused TEXT COMMAND... (within five seconds, with exit code 1)
refused() {
    code=0
    timeout 5 "${@:2}" >refused.log 2>&1 || code=$?
    same "$code" 1 "exit code of a coordinator that cannot start"
    holds "$(cat refused.log)" "$1" "its log"
}

api() { curl -sk --max-time 30 "${@:2}" "https://127.0.0.1:$client/api/v2/$1"; }
status() { api "$1" -o body -w '%{http_code} %{content_type}' "${@:2}"; }
root() { openssl s_client -connect "127.0.0.1:$client" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256; }
post() { printf '{"manifest":"%s"}' "$(base64 -w0 <"$1")" | api manifest --data-binary @-; }

cat >manifest.json <<'END'
{"Packages": {"p": {"UniqueID": "00"}}, "Marbles": {"m": {"Package": "p", "MaxActivations": 3}},
 "Secrets": {"s": {"Type": "symmetric-key", "Size": 128, "Shared": true}}}
END

echo "- a production coordinator does not start outside a TEE"
refused '"reason":"no_tee"' "$build/meshd"
[ ! -e state ] || die "it touched the state"
refused 'EDG_COORDINATOR_CLIENT_ADDR: expected HOST:PORT' env EDG_COORDINATOR_CLIENT_ADDR=x "$build/meshd-sim"

echo "- a fresh one waits for a manifest"
start
holds "$(cat meshd.log)" '"trustDomain":"simulated"' "the log"
same "$(status status)" "200 application/json" "status"
holds "$(cat body)" '{"status":"success","data":{"code":2,"message":"Coordinator is ready to accept a manifest' "status"
same "$(tail -c1 body | od -An -tx1 | tr -d " ")" 0a "the last byte"
holds "$(api status -i)" 'mesh-trust-domain: simulated' "status"
same "$(status manifest)" "500 text/plain; charset=utf-8" "manifest before it is set"
holds "$(cat body)" 'server is not in expected state' "manifest before it is set"
same "$(ls -A state)" "" "the seal folder"

echo "- HTTP/1.1 and HTTP/2, as the client likes"
same "$(api status --http1.1 -o body -w '%{http_version}')" 1.1 "version"
same "$(api status --http2 -o body -w '%{http_version}')" 2 "version"

echo "- what does not exist is 405"
for call in "GET nope" "GET status/" "PUT manifest" "DELETE status" "POST quote"; do
    same "$(status "${call#* }" -X "${call% *}")" "405 text/plain; charset=utf-8" "$call"
    same "$(cat body)" '{"status":"error","data":null}' "$call"
done

echo "- the quote speaks of the root certificate and the nonce"
same "$(status 'quote?nonce=bm9uY2U=')" "200 application/json" "quote"
sed -n 's/.*"cert":"\([^"]*\)".*/\1/p' body | sed 's/\\n/\n/g' >chain.pem
sed -n 's/.*"quote":"\([^"]*\)".*/\1/p' body | base64 -d >quote.bin
csplit -s -z -f cert- chain.pem '/BEGIN/' '{*}'
openssl verify -CAfile cert-01 cert-00 >/dev/null || die "the intermediate does not come from the root"
same "$(openssl x509 -in cert-01 -noout -fingerprint -sha256)" "$(root)" "the server's certificate"
digest=$( (openssl x509 -in cert-01 -outform der; printf nonce) | sha256sum | cut -d' ' -f1)
holds "$(od -An -v -tx1 quote.bin | tr -d " \n")" "$digest$(printf '00%.0s' $(seq 32))" "report data"
same "$(status 'quote?nonce=bm9uY2U')" "400 application/json" "a nonce without padding"

echo "- malformed requests are refused and change nothing"
for body in '' '{' '[]' '{"manifest":"e30"}' '{"manifest":[-1]}' '{"manifest":{}}' $'\x80'; do
    same "$(printf %s "$body" | status manifest --data-binary @-)" "400 application/json" "body '$body'"
    holds "$(cat body)" '{"status":"fail","data":null,"message":"' "body '$body'"
done
echo '{"Packages": {}}' >bad.json
holds "$(post bad.json)" '{"status":"error","data":null,"message":"setting the manifest: ' "a bad manifest"
raw() { timeout 5 openssl s_client -quiet -alpn http/1.1 -connect "127.0.0.1:$client" >raw 2>/dev/null || true; }
printf 'POST /api/v2/manifest HTTP/1.1\r\nHost: x\r\nContent-Length: 17000000\r\n\r\n' | raw
holds "$(cat raw)" "HTTP/1.1 413" "a body beyond the limit, as soon as it is announced"
holds "$(cat raw)" '"reason":"http_too_large"}' "a body beyond the limit"
printf 'GET / HTTP/9.9\r\n\r\n' | raw
holds "$(cat raw)" "HTTP/1.1 400" "bytes that are not HTTP"
holds "$(api status)" '"code":2' "status afterwards"
same "$(ls -A state)" "" "the seal folder afterwards"

echo "- a manifest is set, and survives a kill right after the answer"
before=$(root)
same "$(post manifest.json)" '{"status":"success","data":{"RecoverySecrets":{}}}' "the manifest"
finish KILL
start
same "$(root)" "$before" "the root certificate after kill -9"
holds "$(api status)" '"code":3,"message":"Coordinator is running correctly and ready to accept marbles' "status"
same "$(api manifest | sed -n 's/.*"manifest":"\([^"]*\)".*/\1/p' | base64 -d | sha256sum)" "$(sha256sum <manifest.json)" "the manifest"
holds "$(api manifest)" "\"manifestFingerprint\":\"$(sha256sum <manifest.json | cut -d' ' -f1)\"" "its fingerprint"
api manifest | sed -n 's/.*ECDSA":"\([^"]*\)".*/\1/p' | base64 -d >signature
openssl x509 -in cert-01 -noout -pubkey >root.pub
openssl dgst -sha256 -verify root.pub -signature signature manifest.json >/dev/null || die "the signature does not hold"
holds "$(post manifest.json)" 'server is not in expected state' "a second manifest"

echo "- a second coordinator is refused: on the same folder, on the same ports"
refused '"reason":"state_locked"' "$build/meshd-sim"
refused '"reason":"listen"' env EDG_COORDINATOR_SEAL_DIR="$work/other" EDG_COORDINATOR_CLIENT_ADDR="127.0.0.1:$client" "$build/meshd-sim"

echo "- it stops gracefully"
for signal in TERM INT; do
    finish "$signal"
    same "$code" 0 "exit code after SIG$signal"
    start
done

echo "- a startup manifest that is in force already is fine, another is not"
finish TERM
export EDG_STARTUP_MANIFEST=$work/manifest.json
start
holds "$(cat meshd.log)" 'startup manifest is in force already' "the log"
finish TERM
refused 'another manifest is in force' env EDG_STARTUP_MANIFEST="$work/bad.json" "$build/meshd-sim"
refused '"reason":"file_missing"' env EDG_STARTUP_MANIFEST="$work/none.json" "$build/meshd-sim"

echo "- without its key it is in recovery, and never somebody else silently"
mv state/sealed_key key
start
holds "$(api status)" '"code":1,"message":"Coordinator is in recovery mode' "status"
holds "$(cat meshd.log)" 'RECOVERY MODE' "the log"
[ "$(root)" != "$before" ] || die "it has the root key that it cannot have"
finish TERM
mv key state/sealed_key
start
same "$(root)" "$before" "the root certificate with the key back"
finish TERM

echo "- it runs with standard input, output and error closed; the ready file may be a pipe"
rm ready
MESH_READY_FILE=/dev/fd/5 "$build/meshd-sim" 5> >(cat >ready) <&- >&- 2>&- &
meshd=$!
for _ in $(seq 200); do [ -s ready ] && break; sleep 0.05; done
client=$(sed -n 's/^client=\([0-9]*\) mesh=[0-9]*$/\1/p' ready)
holds "$(api status)" '"code":3' "status"
finish TERM
same "$code" 0 "its exit code"

echo "- one damaged copy of the state is made anew; with both damaged the start ends, and the log says how to go on"
damage() { printf overwritten | dd of="state/$1" bs=1 seek=100 conv=notrunc status=none; }
damage sealed_data
start
holds "$(cat meshd.log)" '"reason":"state_mended"' "the log"
same "$(root)" "$before" "the root certificate"
finish KILL
damage sealed_data
damage sealed_data.copy
refused '"reason":"state_corrupt"' "$build/meshd-sim"
holds "$(cat refused.log)" 'from a backup' "the log"
holds "$(cat refused.log)" '"level":"fatal"' "the log"
meshd=
echo "meshd: all is as it should be"
