#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: find_package.sh MESHD-SIM MESHSIM
#
# What is installed suffices to build a service, with CMake and with pkg-config, also after it was moved; and that
# service is let into a mesh.
set -euo pipefail
meshd=$1
readonly meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here

use_compiler

echo "== install, and move what was installed"
cmake --install "$BUILD_DIR" --prefix "$work/first" >"$work/install.log" || die "cmake --install"
mv "$work/first" "$work/prefix"
lib=$(dirname "$(find "$work/prefix" -name libmarble.a)")
equal "headers" "$(cd "$work/prefix/include" && echo *)" "attestation.h marble.h marble_mbedtls.h marble_openssl.h meshclient.h"
lacks_text <(grep -rF -e "$BUILD_DIR" -e "$SOURCE_DIR" -e "$work/first" "$lib/cmake" "$lib/pkgconfig" || true) /

echo "== the installed tool believes the installed coordinator, stripped too"
for strip in "" --strip; do
    tree="$work/with a space$strip"
    DESTDIR="$tree/dest" cmake --install "$BUILD_DIR" --prefix /opt/mesh $strip >"$work/install.log" 2>&1 ||
        { cat "$work/install.log" >&2; die "cmake --install $strip"; }
    mv "$tree/dest/opt/mesh" "$tree/moved"
    meshd=$tree/moved/bin/meshd-sim
    start_coordinator
    equal "installed meshctl-sim $strip" \
        "$(XDG_CONFIG_HOME=$tree "$tree/moved/bin/meshctl-sim" status "$client" 2>"$work/log" | cut -c1-2)" 2:
    has_text "$work/log" "against $tree/moved/bin/../share/marblemesh/coordinator-era.json"
    stop_coordinator
done
meshd=$1

echo "== build with CMake"
cmake -S "$here/find_package" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="$flags" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; die "find_package"; }
cmake --build "$work/consumer" >"$work/make.log" 2>&1 || { cat "$work/make.log" >&2; die "the consumer's build"; }

echo "== build with pkg-config"
export PKG_CONFIG_PATH=$lib/pkgconfig
equal "pkg-config's version" "$(pkg-config --modversion marblemesh)" "$(cached CMAKE_PROJECT_VERSION)"
# shellcheck disable=SC2046,SC2086 # lists of options
"$compiler" $flags $(pkg-config --cflags marblemesh-sim) "$here/find_package/main.c" -o "$work/consumer/service-pc" \
    $(pkg-config --libs marblemesh-sim) -Wl,-rpath,"$lib"
# shellcheck disable=SC2046,SC2086
"$compiler" $flags $(pkg-config --cflags marblemesh-sim) "$here/find_package/main.c" -o "$work/consumer/service-pc-archive" \
    "$(pkg-config --variable=archive marblemesh-sim)" $(pkg-config --libs $(pkg-config --print-requires-private marblemesh-sim))

needs() { # PROGRAM: the libmarble that it loads
    ldd "$work/consumer/$1" | sed -nE 's/^\s*(libmarble[^ ]*) .*/\1/p'
}
equal "what the archive's service loads" "$(needs service-marble-sim)" ""
equal "what the pkg-config archive's service loads" "$(needs service-pc-archive)" ""
equal "what the shared one's service loads" "$(needs service-marble-sim-shared)" libmarble-sim.so.0
equal "what the pkg-config one's service loads" "$(needs service-pc)" libmarble-sim.so.0

echo "== run"
run() { # PROGRAM
    status=0
    (cd "$work" && EDG_MARBLE_TYPE=$1 EDG_MARBLE_COORDINATOR_ADDR=$mesh timeout 60 "$work/consumer/$1") \
        >"$work/out" 2>"$work/log" || status=$?
}
readonly admitted="service-marble-sim service-marble-sim-shared service-pc service-pc-archive"
start_coordinator
{
    printf '{"Packages":{'
    separator=
    for program in $admitted; do
        printf '%s"%s":{"UniqueID":"%s"}' "$separator" "$program" "$(unique_id "$work/consumer/$program")"
        separator=,
    done
    printf '},"Marbles":{'
    separator=
    for program in $admitted; do
        printf '%s"%s":{"Package":"%s","Parameters":{"Env":{"DELIVERED":"yes"},"Argv":["argument"]}}' "$separator" "$program" "$program"
        separator=,
    done
    printf '}}\n'
} >"$work/manifest.json"
set_manifest "$work/manifest.json"
for program in $admitted; do
    run "$program"
    equal "exit status of $program" "$status" 0
    has_line "$work/out" "$program, version $(cached CMAKE_PROJECT_VERSION): 1 argument, argument; DELIVERED=yes"
done
for program in service-marble service-marble-shared; do
    run "$program"
    equal "exit status of $program" "$status" 1
    has_text "$work/log" "[no_tee]"
done

report
