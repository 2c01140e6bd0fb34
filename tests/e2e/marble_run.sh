#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: marble_run.sh MESHD-SIM MESHSIM
#
# Programs that know nothing of a mesh, as the distribution has them, become services: preloaded (Python, Node, nginx,
# redis-server, and C in Go) and under the launcher (a static program of Go, Python, a script). What is not installed
# is left out, and that is said.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
readonly launcher=$BUILD_DIR/marble-run-sim preload=$BUILD_DIR/marble/libmarble-preload-sim.so
PATH=$PATH:/usr/sbin:/usr/local/go/bin

missing=()
have() { # PROGRAM: sets $program to its file, links and a version manager's wrappers followed
    program=/usr/bin/$1
    [[ -x $program ]] || program=$(command -v "$1") || {
        missing+=("$1")
        return 1
    }
    program=$(readlink -f "$program")
}

# ---- the mesh -------------------------------------------------------------------------------------------------------

declare -A programs=([script]=$work/script [linked]=$BUILD_DIR/tests/probe-marble-sim)
printf '#!/bin/sh\necho "$1 $DELIVERED"\n' >"$work/script"
chmod +x "$work/script"
for name in python3 node nginx redis-server sh sleep; do
    if have "$name"; then programs[$name]=$program; fi
done
if have go; then
    for kind in static cgo; do
        mkdir "$work/go-$kind"
        cp "$SOURCE_DIR/tests/support/marble_program.go" "$work/go-$kind/main.go"
        # A package that calls C is linked dynamically, and starts from the C library's start code.
        [[ $kind == static ]] || printf '\nimport "C"\n' | sed -i '/^package main/r /dev/stdin' "$work/go-$kind/main.go"
        (cd "$work/go-$kind" && CGO_ENABLED=$([[ $kind == cgo ]] && echo 1 || echo 0) GOFLAGS=-mod=mod GO111MODULE=off \
            GOCACHE="${GOCACHE:-$HOME/.cache/go-build}" go build -o "$work/go-$kind/program" main.go)
        programs[go-$kind]=$work/go-$kind/program
    done
fi

start_coordinator
for name in "${!programs[@]}"; do
    [[ $name == script ]] || printf '%s %s\n' "$name" "$(unique_id "${programs[$name]}")"
done | python3 -c '
import hashlib, json, sys
work = sys.argv[1]
ids = dict(line.split() for line in sys.stdin)
# A script has no package-info, but is measured like any file.
with open(work + "/script", "rb") as script:
    ids["script"] = hashlib.sha256(b"marblemesh simulated enclave v1" + script.read()).hexdigest()
env = {"DELIVERED": "by the mesh"}
code = "import os, sys; print(sys.argv, len(os.environ), os.environ[\"DELIVERED\"], open(\"%s/file\").read(), len(os.listdir(\"/proc/self/task\")))" % work
parameters = {
    "python3": {"Argv": ["python3", "-I", "-c", code, "one", "two"], "Files": {work + "/file": "delivered"}},
    "node": {"Argv": ["node", "-e", "console.log(process.argv.slice(1), Object.keys(process.env).length, process.env.DELIVERED)", "one", "two"]},
    "nginx": {"Argv": ["nginx", "-p", work, "-c", work + "/nginx.conf", "-g", "daemon off;"]},
    "redis-server": {"Argv": ["redis-server", work + "/redis.conf"], "Files": {work + "/redis.conf":
        "port 0\nunixsocket %s/redis.sock\nsave \"\"\ndir %s\nset-proc-title yes\n" % (work, work)}},
    "script": {"Argv": ["name", "argument"]},
    "go-static": {"Argv": ["service", "one", "two words", ""]},
    "go-cgo": {"Argv": ["service", "one", "two words", ""]},
    "linked": {}, "sleep": {"Argv": ["sleep", "0"]}, "sh": {"Argv": ["sh", "-c", "env; exit 7"]},
}
print(json.dumps({
    "Packages": {name: {"UniqueID": ids[name]} for name in ids},
    "Marbles": {name: {"Package": name, "Parameters": {"Env": env, **parameters[name]}} for name in ids},
}))' "$work" >"$work/manifest.json"
set_manifest "$work/manifest.json"

# marble TYPE [NAME=VALUE...] COMMAND...: becomes it.
marble() {
    local type=$1
    shift
    cd "$work"
    exec timeout 60 env EDG_MARBLE_TYPE="$type" EDG_MARBLE_COORDINATOR_ADDR="$mesh" EDG_MARBLE_UUID_FILE="$work/uuid-$type" \
        EDG_LOG_FORMAT=json "$@"
}
run() { # as marble: what it says goes to $out and $log; sets $status
    out=$work/out
    log=$work/log
    status=0
    (marble "$@") >"$out" 2>"$log" || status=$?
}
preloaded() { # TYPE [ARGUMENT...]
    local type=$1
    shift
    run "$type" LD_PRELOAD="$preload" "${programs[$type]}" "$@"
}
admitted() { # TYPE
    equal "exit status of $1" "$status" 0
    has_text "$log" "\"type\":\"$1\""
    ((status == 0)) || cat "$log" >&2
}
refused() { # REASON WORDS
    equal "exit status" "$status" 1
    equal "standard output" "$(cat "$out")" ""
    has_text "$log" "marblemesh: not started: "
    has_text "$log" "$2"
    has_text "$log" " [$1]"
}

# ---- preloaded ------------------------------------------------------------------------------------------------------

# Four variables of the mesh and DELIVERED, Python adds LC_CTYPE; its threads: one of libmarble's, if that is in the process.
readonly python_says="['-c', 'one', 'two'] 6 by the mesh delivered"
if [[ -f $preload ]]; then
    echo "== preloaded"
    preloaded python3 ignored
    admitted python3
    has_line "$out" "$python_says 2"
    equal "mode of the file" "$(stat -c %a "$work/file")" 600
    has_text "$log" '"env_dropped":"'
    has_text "$log" 'LD_PRELOAD'
    if [[ -n ${programs[node]-} ]]; then
        preloaded node a b c d e f
        admitted node
        has_line "$out" "[ 'one', 'two' ] 5 by the mesh"
    fi
    if [[ -n ${programs[go-cgo]-} ]]; then
        preloaded go-cgo started
        admitted go-cgo
        has_line "$out" "argv 0: service"
        has_line "$out" "argv 2: two words"
        has_line "$out" "argv 3: "
        has_line "$out" "DELIVERED: by the mesh"
        has_line "$out" "variables: 5"
    fi
    if [[ -n ${programs[redis-server]-} ]]; then
        (marble redis-server LD_PRELOAD="$preload" "${programs[redis-server]}") >"$work/redis.log" 2>&1 &
        started+=($!)
        pongs() { [[ $(redis-cli -s "$work/redis.sock" ping 2>/dev/null) == PONG ]]; }
        wait_for pongs
        equal "Redis" "$(redis-cli -s "$work/redis.sock" ping)" PONG
        redis-cli -s "$work/redis.sock" shutdown nosave || true
    fi
    if [[ -n ${programs[nginx]-} ]]; then
        printf 'pid %s/nginx.pid; error_log stderr; events {} env DELIVERED;\nhttp { access_log off; server { listen unix:%s/nginx.sock; location / { return 200 "served"; } } }\n' \
            "$work" "$work" >"$work/nginx.conf"
        (marble nginx LD_PRELOAD="$preload" "${programs[nginx]}") >"$work/nginx.log" 2>&1 &
        started+=($!)
        serves() { [[ $(curl -s --unix-socket "$work/nginx.sock" http://localhost/) == served ]]; }
        wait_for serves
        equal "nginx" "$(curl -s --unix-socket "$work/nginx.sock" http://localhost/)" served
        kill -QUIT "$(cat "$work/nginx.pid")"
    fi

    echo "== children do not inherit the preloading"
    run sh LD_PRELOAD="$preload" "${programs[sh]}"
    equal "exit status of sh" "$status" 7
    has_line "$out" "DELIVERED=by the mesh"
    lacks_text "$out" LD_PRELOAD
    run sh LD_PRELOAD="$preload" MESH_PASS_ENV=LANG,X LANG=C X=1 Y=2 "${programs[sh]}"
    has_line "$out" LANG=C
    has_line "$out" X=1
    lacks_text "$out" Y=2

    echo "== refusals of what cannot be preloaded"
    run linked LD_PRELOAD="$preload" "${programs[linked]}"
    refused marble_twice "this process holds libmarble twice"
    printf 'void _start(void) { __asm__ volatile("mov $60, %%eax; xor %%edi, %%edi; syscall"); }\n' >"$work/no-main.c"
    if [[ $(uname -m) == x86_64 ]] && "${CC:-cc}" -nostartfiles -o "$work/no-main" "$work/no-main.c" 2>"$work/log"; then
        run sh LD_PRELOAD="$preload" "$work/no-main"
        refused marble_start "this program does not call __libc_start_main()"
    fi
    equal "what the library needs" "$(readelf -d "$preload" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' | grep -v '^ld-')" libc.so.6
    rm -f "$work/file"
fi

# ---- under the launcher ---------------------------------------------------------------------------------------------

echo "== launched"
run python3 "$launcher" "${programs[python3]}" ignored
admitted python3
has_line "$out" "$python_says 1"
if [[ -n ${programs[go-static]-} ]]; then
    run go-static "$launcher" -- "${programs[go-static]}"
    admitted go-static
    has_line "$out" "argv 0: service"
    has_line "$out" "argv 2: two words"
    has_line "$out" "DELIVERED: by the mesh"
    has_line "$out" "variables: 5"
fi
run script PATH="$work:$PATH" "$launcher" script given
admitted script
has_line "$out" "argument by the mesh"
run sleep "$launcher" "${programs[sleep]}" 0
admitted "sleep"
run sh "$launcher" "${programs[sh]}" -c "exit 3"
equal "exit status of sh" "$status" 7

echo "== refusals of the launcher"
run sleep "$launcher"
refused marble_program "expected a program to start"
run sleep "$launcher" no-such-program
refused marble_program "the program no-such-program is in no folder of PATH"
run sleep "$launcher" /etc/passwd
refused marble_program "the program /etc/passwd may not be executed"
run sleep "$launcher" "$work"
refused marble_program "expected a file, found something else"
run sleep "$launcher" "${programs[script]}"
refused unique_id "refused this service"
run nobody "$launcher" "${programs[sleep]}" 0
refused marble_unknown "refused this service"
cp "$work/script" "$work/broken"
printf '\0' >"$work/broken"
run sleep "$launcher" "$work/broken"
refused unique_id "refused this service"
run sleep EDG_MARBLE_COORDINATOR_ADDR=localhost:1 MESH_ACTIVATE_TIMEOUT=1 "$launcher" "${programs[sleep]}" 0
refused connect "cannot be reached"
(marble sleep EDG_MARBLE_COORDINATOR_ADDR=localhost:1 MESH_ACTIVATE_TIMEOUT=5 "$launcher" "${programs[sleep]}" 0) >"$work/waiting" 2>&1 &
launched=$!
started+=("$launched")
threads=0
for _ in {1..20}; do # while it waits for a coordinator
    for task in $(pgrep -P "$launched" || true); do threads=$(($(ls "/proc/$task/task" | wc -l) > threads ? $(ls "/proc/$task/task" | wc -l) : threads)); done
    sleep 0.1
done
[[ -n ${MARBLEMESH_SANITIZE:-} ]] || equal "threads of the launcher" "$threads" 1
run sleep "$BUILD_DIR/marble-run" "${programs[sleep]}" 0
refused no_tee "none of the TEEs of the production trust domain is here"

if [[ -z ${MARBLEMESH_SANITIZE:-} ]]; then
    echo "== it is small"
    # The kernel's own count, in KiB, of the launcher: sleep's is far below it.
    (marble sleep "$BUILD_DIR/tests/starts" 1 "$launcher" "${programs[sleep]}" 0) >"$work/out" 2>"$work/log"
    read -r _ _ peak <"$work/out"
    printf 'marble-run-sim: a peak of %d KiB\n' "$peak"
    equal "marble-run-sim needs at most 16 MiB" "$((peak <= 16 * 1024))" 1
fi

((${#missing[@]} == 0)) || printf 'NOT TRIED, because not installed: %s\n' "${missing[*]}"
report
