# SPDX-License-Identifier: Apache-2.0
#
# For the examples' run scripts, to be sourced with the build folder as argument: a folder to work in, a coordinator, and
# `marble` to become a service. All that was started ends with the script.

build=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../build}" && pwd)
example=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

die() {
    printf 'This should not have happened: %s\n' "$*" >&2
    tail -n 20 "$work"/*.log >&2 || true
    exit 1
}

# Prints where a program of the distribution is, links followed; exits with 77, "left out", if it is not installed.
program() { # NAME
    local file=/usr/bin/$1
    [[ -x $file ]] || file=$(PATH=$PATH:/usr/sbin:/usr/local/go/bin command -v "$1") || {
        echo "left out: $1 is not installed" >&2
        exit 77
    }
    readlink -f "$file"
}

wait_for() { # COMMAND...
    local i
    for ((i = 0; i < 1200; i++)); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    die "waited in vain for: $*"
}

measurement() { "$build/meshctl-sim" package-info --json "$1" | sed -n 's/.*"UniqueID": *"\([0-9a-f]*\)".*/\1/p'; }

# Starts a coordinator, verifies it, and sets the example's manifest with NAMEs replaced: @NAME@ -> VALUE.
start_mesh() { # NAME=VALUE...
    local pair arguments=(-e "s|@WORK@|$work|g")
    mkdir "$work/state"
    EDG_COORDINATOR_CLIENT_ADDR=localhost:0 EDG_COORDINATOR_MESH_ADDR=localhost:0 EDG_COORDINATOR_SEAL_DIR="$work/state" \
        MESH_READY_FILE="$work/ready" "$build/meshd-sim" >"$work/meshd.log" 2>&1 &
    wait_for test -s "$work/ready"
    client=localhost:$(sed -n 's/.*client=\([0-9]*\).*/\1/p' "$work/ready")
    mesh=localhost:$(sed -n 's/.*mesh=\([0-9]*\).*/\1/p' "$work/ready")
    for pair in "$@"; do arguments+=(-e "s|@${pair%%=*}@|${pair#*=}|g"); done
    sed "${arguments[@]}" "$example/manifest.json" >"$work/manifest.json"
    XDG_CONFIG_HOME=$work/config "$build/meshctl-sim" manifest set "$work/manifest.json" "$client" >"$work/set.log" 2>&1 ||
        die "the manifest was not set"
}

# The mesh's root, as a client from outside gets it: from the coordinator, whose quote is verified first.
mesh_root() {
    XDG_CONFIG_HOME=$work/config "$build/meshctl-sim" certificate root "$client" --output "$work/root.pem" >"$work/root.log" 2>&1 ||
        die "no root certificate"
}

# Becomes a service; to be called with & or in a subshell.
marble() { # TYPE [NAME=VALUE...] PROGRAM [ARGUMENT...]
    local type=$1
    shift
    cd "$work"
    exec env EDG_MARBLE_TYPE="$type" EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_MARBLE_UUID_FILE="$work/uuid-$type" \
        EDG_MARBLE_DNS_NAMES=localhost "$@"
}
preload=$build/marble/libmarble-preload-sim.so
launcher=$build/marble-run-sim
