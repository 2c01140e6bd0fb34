#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble_api.sh MESHD-SIM MESHSIM
#
# Marbles talk to each other over mutual TLS: each server with each client, with OpenSSL, with the distribution's
# mbedTLS and with what libmarble brings along; and nobody else is served.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kinds=()
for kind in plain openssl mbedtls; do
    if [[ -x $BUILD_DIR/tests/marble-peer-$kind ]]; then kinds+=("$kind"); fi
done
start_coordinator
{
    printf '{"Packages":{"other":{"UniqueID":"%064d"}' 1
    for kind in "${kinds[@]}"; do printf ',"%s":{"UniqueID":"%s"}' "$kind" "$(unique_id "$BUILD_DIR/tests/marble-peer-$kind")"; done
    printf '},"Marbles":{"other":{"Package":"other"}'
    for kind in "${kinds[@]}"; do
        for role in server client; do
            for peer in "${kinds[@]}" other; do
                printf ',"%s-%s-%s":{"Package":"%s","Parameters":{"Argv":["%s","%s","%s/port","%s"]}}' "$kind" "$role" "$peer" \
                    "$kind" "$kind" "$role" "$work" "$peer-$([[ $role == server ]] && echo client || echo server)-$kind"
            done
        done
    done
    printf '}}\n'
} >"$work/manifest.json"
set_manifest "$work/manifest.json"

marble() { # TYPE: becomes it
    exec timeout 60 env EDG_MARBLE_TYPE="$1" EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_MARBLE_UUID_FILE="$work/uuid-$1" \
        "$BUILD_DIR/tests/marble-peer-${1%%-*}"
}

for server in "${kinds[@]}"; do
    for client in "${kinds[@]}"; do
        echo "== a server with $server, a client with $client"
        rm -f "$work/port"
        (marble "$server-server-$client") >"$work/server.out" 2>"$work/server.log" &
        process=$!
        started+=("$process")
        wait_for test -s "$work/port"
        # A stranger, with a certificate of his own making; and a marble of a type that this server is not for.
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/stranger.key" -out "$work/stranger.pem" \
            -subj "/CN=0d5c3f4e-1111-4222-8333-444455556666" 2>/dev/null
        # Its end of the input ends the connection, should it be let in.
        said=$(printf 'hello' | timeout 10 openssl s_client -connect "localhost:$(cat "$work/port")" -cert "$work/stranger.pem" \
            -key "$work/stranger.key" -quiet 2>/dev/null || true)
        lacks_text <(echo "$said") hello
        if [[ $client != plain ]]; then (marble "$client-client-other") >"$work/out" 2>"$work/log" && fail "the client took another server"; fi
        status=0
        (marble "$client-client-$server") >"$work/client.out" 2>"$work/client.log" || status=$?
        equal "exit status of the client" "$status" 0
        ((status == 0)) || cat "$work/client.log" "$work/server.log" >&2
        status=0
        wait "$process" || status=$?
        equal "exit status of the server" "$status" 0
        has_line "$work/client.out" "peer $server-server-$client $(cat "$work/uuid-$server-server-$client")"
        has_line "$work/server.out" "peer $client-client-$server $(cat "$work/uuid-$client-client-$server")"
        has_text "$work/server.log" "refused: "
    done
done

((${#kinds[@]} == 3)) || echo "NOT TRIED, because its development files are not installed: the distribution's mbedTLS"
report
