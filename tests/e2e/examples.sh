#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: examples.sh EXAMPLE
#
# examples/EXAMPLE/run, as a newcomer runs it: it ends well, and nothing that it started or made remains. 77: something
# that it needs is not installed.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir "$work/a folder"
status=0
mkfifo "$work/alive"
cat "$work/alive" >/dev/null &
reader=$!
started+=("$reader")
TMPDIR="$work/a folder" "$SOURCE_DIR/examples/$1/run" "$BUILD_DIR" >"$work/out" 2>&1 7>"$work/alive" || status=$?
cat "$work/out"
((status != 77)) || exit 77
equal "exit status" "$status" 0
equal "facts proven" "$(($(grep -c '^✓' "$work/out") > 0))" 1
equal "what it left" "$(ls -A "$work/a folder")" ""
has_ended() { ! kill -0 "$reader" 2>/dev/null; }
wait_for has_ended
report
