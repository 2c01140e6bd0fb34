#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# examples/hello-mesh/run, as a newcomer runs it: it ends well, and nothing that it started or made remains.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Descriptor 7 is inherited by all that is started: the pipe ends when the last of them does.
mkdir "$work/a folder"
mkfifo "$work/alive"
cat "$work/alive" >/dev/null &
reader=$!
started+=("$reader")
status=0
TMPDIR="$work/a folder" "$SOURCE_DIR/examples/hello-mesh/run" "$BUILD_DIR" >"$work/out" 2>&1 7>"$work/alive" || status=$?
equal "exit status" "$status" 0
equal "facts proven" "$(grep -c '^  ✓' "$work/out")" 7
equal "what it left" "$(ls -A "$work/a folder")" ""
has_ended() { ! kill -0 "$reader" 2>/dev/null; }
wait_for has_ended
report
