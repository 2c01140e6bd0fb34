#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Other people's clients before our server: curl, OpenSSL, Go,
# nghttp and h2load. A tool that is not installed is named and left out; curl and openssl have to be there.
set -euo pipefail

readonly echo_server=$BUILD_DIR/tests/net_echo
folder=$(mktemp -d)
server=
failures=0
checks=0

end() {
    stop_server
    rm -rf "$folder"
}
trap end EXIT

start_server() { # ADDRESS ARGUMENT...
    rm -f "$folder/port" # the last one's
    "$echo_server" "$@" >"$folder/port" 2>"$folder/log" &
    server=$!
    for _ in $(seq 100); do
        [[ ! -s $folder/port ]] || break
        sleep 0.1
    done
    port=$(<"$folder/port")
}

stop_server() {
    if [[ -n $server ]]; then
        kill "$server"
        wait "$server" || fail "the server ended with $?"
        server=
    fi
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    tail -n 3 "$folder/log" | sed 's/^/    /' >&2
    failures=$((failures + 1))
}

expect() { # NAME EXPECTED FOUND
    checks=$((checks + 1))
    if [[ $2 != "$3" ]]; then
        fail "$1: expected \"$2\", found \"$3\""
    fi
}

has() {
    command -v "$1" >/dev/null || {
        printf 'left out, not installed: %s\n' "$1"
        return 1
    }
}

make_key() { # NAME OPENSSL-ARGUMENT...
    local name=$folder/$1
    shift
    [[ " $* " == *" -subj "* ]] || set -- -subj /CN=localhost "$@"
    openssl req -x509 -nodes -days 2 -keyout "$name.key" -out "$name.pem" "$@" 2>/dev/null
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
    openssl pkcs8 -topk8 -nocrypt -in "$name.key" -outform DER -out "$name.key.der"
}

with_curl() { # SCHEME CURL-ARGUMENT... : all answers over one protocol
    local base=$1://localhost:$port
    shift
    local call=(curl -sk --max-time 20 "$@")
    expect "curl $* echo" hello "$("${call[@]}" -d hello "$base/echo")"
    expect "curl $* status" 400 "$("${call[@]}" -o /dev/null -w '%{http_code}' "$base/nowhere")"
    expect "curl $* download" 10000000 "$("${call[@]}" -o /dev/null -w '%{size_download}' "$base/size?bytes=10000000")"
    expect "curl $* upload" 3000000 "$(head -c 3000000 /dev/zero |
        "${call[@]}" -o /dev/null -w '%{size_download}' --data-binary @- "$base/echo")"
    expect "curl $* chunks" 3000000 "$(head -c 3000000 /dev/zero |
        "${call[@]}" -o /dev/null -w '%{size_download}' -T - "$base/echo")"
    for how in "--data-binary @$folder/huge" "-X POST -T $folder/huge -H Transfer-Encoding:chunked"; do
        # shellcheck disable=SC2086
        expect "curl $* $how, too large" 413 "$("${call[@]}" $how -H Expect: -o /dev/null -w '%{http_code}' "$base/echo" || true)"
    done
    expect "curl $* HEAD" "200 0" "$("${call[@]}" -I -o /dev/null -w '%{http_code} %{size_download}' "$base/echo")"
    expect "curl $* two on one connection" "0 0" "$("${call[@]}" -o /dev/null -o /dev/null "$base/echo" \
        "$base/slow?ms=10" -w '%{exitcode} ' | sed 's/ $//')"
}

with_openssl() { # REQUEST OPENSSL-ARGUMENT...
    local request=$1
    shift
    # shellcheck disable=SC2059
    printf "$request" | timeout 20 openssl s_client -quiet -connect "localhost:$port" "$@" 2>/dev/null | tr -d '\r' || true
}

head -c 40000000 /dev/zero >"$folder/huge"
make_key server -newkey ec -pkeyopt ec_paramgen_curve:P-256
make_key ec -newkey ec -pkeyopt ec_paramgen_curve:P-384
make_key rsa -newkey rsa:2048
make_key ca -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext keyUsage=critical,digitalSignature,keyCertSign

for identity in server rsa ca; do
    start_server :0 "$folder/$identity.der" "$folder/$identity.key.der" optional
    with_curl https --http1.1
    with_curl https --http2
    for client in ec rsa; do
        for version in --tls-max\ 1.2 --tlsv1.3; do
            # shellcheck disable=SC2086
            expect "curl $version with a certificate ($client)" 1 \
                "$(curl -sk $version --cert "$folder/$client.pem" --key "$folder/$client.key" "https://localhost:$port/client")"
        done
    done
    stop_server
done

start_server :0 "$folder/server.der" "$folder/server.key.der" required
expect "a required certificate is there" 1 \
    "$(curl -sk --cert "$folder/ec.pem" --key "$folder/ec.key" "https://localhost:$port/client")"
expect "a required certificate is missing" "" "$(curl -sk "https://localhost:$port/client" || true)"
stop_server

# Certificates that mbedTLS would refuse reach the program to the byte: without names, of Ed25519, with extensions and
# algorithms that nobody knows.
odd_clients() {
    local nameless=(-subj / -set_serial 42)
    make_key nameless_rsa -newkey rsa:3096 "${nameless[@]}"
    make_key nameless_ec -newkey ec -pkeyopt ec_paramgen_curve:P-256 "${nameless[@]}"
    make_key critical -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext '1.2.3.4=critical,DER:0500'
    make_key bad_usage -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext 'keyUsage=critical,DER:0500'
    make_key sha1 -newkey rsa:2048 -sha1
    make_key pss -newkey rsa:2048 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20
    make_key p521 -newkey ec -pkeyopt ec_paramgen_curve:P-521
    make_key ed25519 -newkey ed25519
    make_key nameless_ed25519 -newkey ed25519 "${nameless[@]}"
    for client in nameless_rsa nameless_ec critical bad_usage sha1 pss p521 ed25519 nameless_ed25519; do
        for version in tls1_2 tls1_3; do
            # TLS 1.2 has no Ed25519 here: the client is not asked for such a proof and shows nothing.
            [[ $client$version != *ed25519tls1_2 ]] || : >"$folder/$client.der"
            printf 'GET /certificate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' |
                timeout 20 openssl s_client -quiet -connect "localhost:$port" "-$version" -cert "$folder/$client.pem" \
                    -key "$folder/$client.key" -cipher DEFAULT@SECLEVEL=0 >"$folder/answer" 2>/dev/null || true
            expect "openssl -$version as $client" "$(sha256sum <"$folder/$client.der")" \
                "$(python3 -c 'import sys; sys.stdout.buffer.write(sys.stdin.buffer.read().partition(b"\r\n\r\n")[2])' \
                    <"$folder/answer" | sha256sum)"
            openssl x509 -in "$folder/$client.pem" -outform DER -out "$folder/$client.der"
        done
    done
}

# As Go programs make certificates for themselves, and present them.
go_clients() {
    (cd "$folder" && GO111MODULE=off GOTOOLCHAIN=local go build -o go_peer "$SOURCE_DIR/tests/support/go_peer.go")
    for kind in rsa3096 p256 ed25519; do
        "$folder/go_peer" make "$kind" "$folder/go_$kind"
        "$folder/go_peer" make "$kind" "$folder/thief"
        for version in 12 13; do
            [[ $kind$version != ed2551912 ]] || : >"$folder/go_$kind.der"
            expect "Go, TLS $version as $kind" "$(sha256sum <"$folder/go_$kind.der")" \
                "$("$folder/go_peer" get "https://localhost:$port/certificate" "$folder/go_$kind" "$version" | sha256sum)"
            openssl x509 -in "$folder/go_$kind.pem" -outform DER -out "$folder/go_$kind.der"
            [[ $kind$version == ed2551912 ]] || expect "Go, TLS $version, $kind, with another's key" "" \
                "$("$folder/go_peer" get "https://localhost:$port/certificate" "$folder/go_$kind" "$version" \
                    "$folder/thief" 2>/dev/null || true)"
        done
    done
}

start_server :0 "$folder/server.der" "$folder/server.key.der" optional
odd_clients
! has go || go_clients
stop_server
start_server :0 "$folder/nameless_ec.der" "$folder/nameless_ec.key.der" optional
expect "a server without a name" hello "$(curl -sk -d hello "https://localhost:$port/echo")"
stop_server

start_server :0 "$folder/server.der" "$folder/server.key.der" optional
readonly get='GET /client HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
for version in -tls1_2 -tls1_3; do
    for group in P-256 X25519:P-256 P-384:P-256; do # the last one is the certificate's, which must be among them
        expect "openssl $version $group" "HTTP/1.1 200 OK" "$(with_openssl "$get" $version -groups $group | head -n 1)"
    done
done
for suite in ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305; do
    expect "openssl $suite" "HTTP/1.1 200 OK" "$(with_openssl "$get" -tls1_2 -cipher $suite | head -n 1)"
done
expect "openssl, an old version" "" "$(with_openssl "$get" -tls1_1 -cipher ALL@SECLEVEL=0)"
expect "openssl, an old cipher" "" "$(with_openssl "$get" -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA)"
expect "garbage inside TLS" "HTTP/1.1 400 Bad Request" "$(with_openssl 'garbage garbage\r\n\r\n' | head -n 1)"
expect "an unknown ALPN" "" "$(with_openssl "$get" -alpn smtp)"
expect "our CA list is empty" "No client certificate CA names sent" \
    "$(openssl s_client -connect "localhost:$port" </dev/null 2>/dev/null | grep -o 'No client certificate CA names sent')"
head -c 4096 /dev/urandom >"$folder/noise"
timeout 5 bash -c "cat $folder/noise >/dev/tcp/localhost/$port" 2>/dev/null || true
expect "after garbage instead of TLS" hello "$(curl -sk -d hello "https://localhost:$port/echo")"
if has nghttp; then
    expect "nghttp" 5 "$(printf hello >"$folder/body" && nghttp -d "$folder/body" "https://localhost:$port/echo" | wc -c)"
fi
if has h2load; then
    expect "h2load" "2000 succeeded" "$(h2load -n 2000 -c 20 -m 20 "https://localhost:$port/echo" | grep -o '[0-9]* succeeded')"
    expect "h2load over HTTP/1.1" "500 succeeded" \
        "$(h2load --h1 -n 500 -c 10 "https://localhost:$port/echo" | grep -o '[0-9]* succeeded')"
fi
stop_server

start_server :0 plain
with_curl http --http1.1
with_curl http --http2 # asks for an upgrade that is not made
expect "IPv4" hello "$(curl -s -d hello "http://127.0.0.1:$port/echo")"
expect "a port that is taken" 1 "$("$echo_server" ":$port" plain >/dev/null 2>&1 || echo $?)"
stop_server

printf '%d checks, %d failures\n' "$checks" "$failures"
exit $((failures > 0))
