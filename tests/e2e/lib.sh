# SPDX-License-Identifier: Apache-2.0
#
# For scripts that try programs together: a folder to work in, a coordinator, assertions. To be sourced; expects
# $meshd and $meshsim. Everything that was started is ended when the script is.

work=$(mktemp -d "${TMPDIR:-/tmp}/marblemesh-e2e-XXXXXX")
started=()
checks=0
failures=0

finish() {
    local status=$? process
    for process in "${started[@]}"; do
        kill -- "$process" 2>/dev/null && wait "${process#-}" 2>/dev/null || true
    done
    if ((status != 0)) && [[ -s $work/coordinator.log ]]; then
        echo "--- the coordinator's last words:" >&2
        tail -n 15 "$work/coordinator.log" >&2
    fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT

die() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

wait_for() { # COMMAND...
    local i
    for ((i = 0; i < 600; i++)); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    die "waited in vain for: $*"
}

# Starts meshd-sim on free ports: sets $client and $mesh (host:port) and $coordinator (its process).
start_coordinator() { # [NAME=VALUE...]
    mkdir -p "$work/state"
    rm -f "$work/ready"
    env EDG_COORDINATOR_CLIENT_ADDR="localhost:${client_port:-0}" EDG_COORDINATOR_MESH_ADDR="localhost:${mesh_port:-0}" \
        EDG_COORDINATOR_SEAL_DIR="$work/state" MESH_READY_FILE="$work/ready" "$@" "$meshd" >>"$work/coordinator.log" 2>&1 &
    coordinator=$!
    started+=("$coordinator")
    wait_for test -s "$work/ready"
    client_port=$(sed -nE 's/.*client=([0-9]+).*/\1/p' "$work/ready")
    mesh_port=$(sed -nE 's/.*mesh=([0-9]+).*/\1/p' "$work/ready")
    client=localhost:$client_port
    mesh=localhost:$mesh_port
}

stop_coordinator() {
    kill "$coordinator"
    wait "$coordinator" || true
}

set_manifest() { # FILE
    local answer
    answer=$(printf '{"manifest":"%s"}' "$(base64 --wrap=0 "$1")" |
        curl --silent --show-error --insecure --data-binary @- "https://$client/api/v2/manifest")
    grep -q '"status":"success"' <<<"$answer" || die "the manifest was not set: $answer"
}

unique_id() { # PROGRAM
    "$meshsim" measure "$1" | sed -nE 's/.*"UniqueID": *"([0-9a-f]+)".*/\1/p'
}

# For programs that are built against what is installed: sets $compiler and $flags as in the build itself.
use_compiler() {
    compiler=$(cached CMAKE_C_COMPILER)
    case $(cached MARBLEMESH_SANITIZE) in
    address) flags="-fsanitize=address,undefined" ;;
    thread) flags="-fsanitize=thread" ;;
    *) flags="" ;;
    esac
    [[ $(cached MARBLEMESH_COVERAGE) != ON ]] || flags+=" --coverage"
}

cached() { # VARIABLE of the build
    sed -nE "s/^$1:[A-Z]+=(.*)$/\1/p" "$BUILD_DIR/CMakeCache.txt"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    failures=$((failures + 1))
}

has_line() { # FILE LINE
    checks=$((checks + 1))
    grep -qxF -- "$2" "$1" || { fail "expected the line: $2"; sed "s/^/    found: /" "$1" >&2; }
}

has_text() { # FILE TEXT
    checks=$((checks + 1))
    grep -qF -- "$2" "$1" || { fail "expected the words: $2"; sed "s/^/    found: /" "$1" >&2; }
}

lacks_text() { # FILE TEXT
    checks=$((checks + 1))
    ! grep -F -- "$2" "$1" >&2 || fail "not expected: $2"
}

equal() { # WHAT FOUND EXPECTED
    checks=$((checks + 1))
    [[ $2 == "$3" ]] || fail "$1: expected $3, found $2"
}

report() {
    printf '%d checks, %d failures\n' "$checks" "$failures"
    ((failures == 0 && checks > 0))
}
