#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: attest.sh MESHD-SIM MESHSIM
#
# examples/verify-evidence, built against what was installed and moved, with CMake and with pkg-config, as archive and
# as shared object, says of each kind of evidence what meshctl says, word for word.
set -euo pipefail
readonly meshd=$1 meshsim=$2
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cached() { # VARIABLE of the build
    sed -nE "s/^$1:[A-Z]+=(.*)$/\1/p" "$BUILD_DIR/CMakeCache.txt"
}
compiler=$(cached CMAKE_C_COMPILER)
case $(cached MARBLEMESH_SANITIZE) in
address) flags="-fsanitize=address,undefined" ;;
thread) flags="-fsanitize=thread" ;;
*) flags="" ;;
esac
[[ $(cached MARBLEMESH_COVERAGE) != ON ]] || flags+=" --coverage"

echo "== install, move, build"
cmake --install "$BUILD_DIR" --prefix "$work/first" >"$work/install.log" || die "cmake --install"
mv "$work/first" "$work/prefix"
lib=$(dirname "$(find "$work/prefix" -name libmeshattest.a)")
readonly example=$SOURCE_DIR/examples/verify-evidence
cmake -S "$example" -B "$work/built" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_C_COMPILER="$compiler" \
    -DCMAKE_C_FLAGS="$flags" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; die "find_package"; }
cmake --build "$work/built" >"$work/make.log" 2>&1 || { cat "$work/make.log" >&2; die "the example's build"; }
export PKG_CONFIG_PATH=$lib/pkgconfig
equal "pkg-config's version" "$(pkg-config --modversion meshattest)" "$(cached CMAKE_PROJECT_VERSION)"
# shellcheck disable=SC2046,SC2086 # lists of options
"$compiler" $flags "$example/verify.c" -o "$work/shared" $(pkg-config --cflags --libs meshattest) -Wl,-rpath,"$lib"
# shellcheck disable=SC2046,SC2086
"$compiler" $flags "$example/verify.c" -o "$work/archive" $(pkg-config --cflags meshattest) \
    "$(pkg-config --variable=archive meshattest)" $(pkg-config --libs $(pkg-config --print-requires-private meshattest))
loads() { ldd "$1" | sed -nE 's/^\s*(libmeshattest[^ ]*) .*/\1/p'; }
equal "what the shared one loads" "$(loads "$work/shared")" libmeshattest.so.0
equal "what the archive's loads" "$(loads "$work/archive")" ""
equal "libraries of the network" "$(ldd "$work/archive" | grep -cE 'libuv|nghttp2' || true)" 0

cd "$work"
"$meshsim" collateral -o bundle.json
"$meshsim" roots -o roots.pem
echo '{}' >default.json
printf '{"format": 2, "items": []}' >none.json
# Whose endorsements of utility VMs count: with roots of one's own nobody's, unless the policy says.
python3 - "$("$BUILD_DIR/meshctl-sim" evidence verify --json <(MESH_SIM_TEE=snp-aci "$meshsim" evidence --report-data 00 -o aci && cat aci))" <<'END'
import json, sys

json.dump({"SNP": {"Measurement": json.loads(sys.argv[1])["claims"]["measurement"]},
           "UVM": {"Issuers": [json.loads(sys.argv[1])["claims"]["uvm"]["did"]]}}, open("uvm.json", "w"))
END

verify() { # STATUS PROGRAM ARGUMENT...
    local status=0
    "${@:2}" >out 2>log || status=$?
    equal "status of ${*:2}" "$status" "$1"
}
same() { # KIND POLICY: the tool's verdict and the library's
    "$BUILD_DIR/meshctl-sim" evidence verify --json --root roots.pem --collateral bundle.json --policy "$2" "$1" >tool 2>/dev/null
    python3 -c 'import json; a=json.load(open("out")); b=json.load(open("tool")); b["claims"].pop("simulated"); exit(a != b)' ||
        fail "$1: the tool and the library disagree: $(diff out tool)"
    checks=$((checks + 1))
}
for kind in sgx tdx snp snp-aci az-snp az-tdx nitro; do
    MESH_SIM_TEE=$kind "$meshsim" evidence --report-data 0102 -o "$kind"
    policy=default.json
    [[ $kind != snp-aci ]] || policy=uvm.json
    for program in built/verify-evidence shared archive; do
        verify 0 "./$program" "$kind" bundle.json $policy roots.pem
    done
    same "$kind" $policy
    verify 1 ./archive "$kind" bundle.json $policy
    has_text log "[root]"
done
verify 2 ./archive sgx none.json default.json roots.pem
has_text log "[collateral_missing]"
verify 1 ./archive snp-aci bundle.json default.json roots.pem
verify 2 ./archive sgx sgx
has_text log "[collateral_format]"
verify 2 ./archive bundle.json bundle.json
has_text log "[evidence_format]"
echo '{"UniqueID": "00"}' >other.json
verify 1 ./archive sgx bundle.json other.json roots.pem
has_text log "[unique_id]"
verify 2 ./archive

report
