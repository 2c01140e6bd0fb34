#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: meshctl_offline.sh BUILD-FOLDER
#
# What the operator's tool does without a coordinator: checks, comparisons, pictures, help, completion, manual pages.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
readonly reasons=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../base/reasons.def")
cd "$work"

# ---- manifest check
cat >good.yaml <<'END'
Packages:
  app:
    SignerID: "11"
    ProductID: 3
    SecurityVersion: 1
    Colour: red
Marbles:
  web:
    Package: app
    TLS: [front]
    Parameters:
      Env: {KEY: "{{ hex .Secrets.key }}"}
TLS:
  front:
    Incoming: [{Port: "8443", Cert: server, DisableClientAuth: true}]
    Outgoing: [{Addr: web, Port: "8443"}, {Addr: elsewhere, Port: "1"}]
Secrets:
  key: {Type: symmetric-key, Size: 128}
  spare: {Type: symmetric-key, Size: 128}
  server: {Type: cert-ecdsa, Size: 256, Shared: true}
END
run 0 manifest check good.yaml
has_line "$out" 'good.yaml:6:5: warning: $.Packages.app.Colour: unknown member, ignored'
has_line "$out" '        Colour: red'
has_line "$out" '        ^'
has_text "$out" 'good.yaml:19:3: warning: $.Secrets["spare"]: no marble gets this secret'
has_text "$out" 'DisableClientAuth: anybody can connect'
has_text "$out" 'good.yaml: accepted: 1 packages, 1 marbles, 3 secrets, 0 users; 4 warnings'
run 1 manifest check --strict good.yaml
has_text "$errors" "good.yaml: 4 warnings, and --strict takes none [manifest_warnings]"
run 0 manifest check good.yaml --json
equal "accepted, in JSON" "$(member "$out" 'v["accepted"], v["warnings"][0]["line"], v["warnings"][0]["column"]')" "(True, 6, 5)"

printf '{\n  "Packages": {"app": {"UniqueID": "00"}},\n  "Marbles": {\n    "web": {"Package": "other"}\n  }\n}\n' >bad.json
run 1 manifest check bad.json
has_text "$errors" 'bad.json:4:5: marble "web" names package "other", which the manifest does not define [manifest_package_unknown]'
has_line "$errors" '        "web": {"Package": "other"}'
has_line "$errors" '        ^'
run 1 manifest check bad.json --json
equal "refused, in JSON" "$(member "$out" 'v["accepted"], v["reason"], v["line"]')" "(False, 'manifest_package_unknown', 4)"
sed 's/ProductID: 3/ProductID: three/' good.yaml >typed.yaml
run 1 manifest check typed.yaml
has_text "$errors" 'typed.yaml:4:5: $.Packages.app.ProductID: expected'
lacks_text "$errors" "(line 1"
echo '{"Packages": }' >syntax.json
run 1 manifest check syntax.json
has_text "$errors" "syntax.json:1:14: "
has_text "$errors" "[json_syntax]"
printf 'a: [1\nb: 2\n' >syntax.yaml
run 1 manifest check syntax.yaml
has_text "$errors" "[yaml_syntax]"
run 2 manifest check missing.json
run 2 manifest check
run 2 manifest check good.yaml --colour
for rubbish in /dev/null "$build/meshctl-sim"; do
    code=0
    "$build/meshctl-sim" manifest check "$rubbish" >"$out" 2>"$errors" || code=$?
    checks=$((checks + 1))
    ((code == 1 || code == 2)) || fail "manifest check $rubbish: exit code $code"
done

# ---- manifest new: whatever it makes is accepted
make_user alice
make_recovery_key alice
run 0 manifest new --program "$build/meshd-sim" --package 'a "b": #c' --marble web --user alice=alice.crt --recovery-key alice=alice.pub -o new.yaml
run 0 manifest check new.yaml
has_text "$out" "1 packages, 1 marbles, 1 secrets, 1 users; 0 warnings"
unique=$("$build/meshctl-sim" package-info "$build/meshd-sim" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["UniqueID"])')
has_text new.yaml "UniqueID: \"$unique\""
run 0 manifest new
run 1 manifest new --user alice
has_text "$errors" "--user: expected NAME=FILE, found alice"
run 1 manifest new --user alice=alice.key
has_text "$errors" "--user alice=alice.key"

# ---- manifest diff, plan, graph
sed -e 's/SecurityVersion: 1/SecurityVersion: 2/' -e '/spare/d' -e 's/KEY:/TOKEN:/' good.yaml >next.yaml
echo '  fresh: {Type: symmetric-key, Size: 256}' >>next.yaml
run 0 manifest diff good.yaml next.yaml
has_line "$out" "~ Packages app"
has_text "$out" "SecurityVersion: 1 -> 2"
has_line "$out" "+ Secrets fresh"
has_line "$out" "- Secrets spare"
run 0 manifest diff good.yaml good.yaml
has_text "$out" "no difference"
run 0 manifest diff good.yaml next.yaml --json
equal "diff in JSON" "$(member "$out" 'v["kind"]')" full
run 0 manifest plan next.yaml good.yaml
has_text "$out" "Full update"
has_text "$out" "restart web"
run 1 manifest plan bad.json good.yaml
has_text "$errors" "bad.json would be refused"
run 0 manifest graph good.yaml
has_line "$out" "package app"
has_line "$out" "    marble web"
has_line "$out" "        gets key"
has_line "$out" "        calls web:8443"
has_line "$out" "        calls elsewhere:1 (no marble of this manifest)"
run 0 manifest graph good.yaml --format dot -o mesh.dot
has_line mesh.dot '    "package app" -> "marble web" [label="runs as"]'
has_line mesh.dot '    "marble web" -> "marble web" [label="calls"]'
run 1 manifest graph good.yaml --format png
has_text "$errors" "expected text or dot, found png"

# ---- explain
for code in state_wrong '[state_wrong]'; do
    run 0 explain "$code"
    has_text "$out" "What to do:"
done
run 0 explain
equal "one line for each reason" "$(wc -l <"$out")" "$(grep -c '^REASON(' "$reasons")"
run 0 explain tcb_revoked --json
equal "explain in JSON" "$(member "$out" 'v["reason"]')" tcb_revoked
run 1 explain tcb_revokde
has_text "$errors" "did you mean tcb_revoked?"

# ---- doctor
run 0 doctor
has_text "$out" "sgx-simulated: here, used"
has_text "$out" "Next: meshctl-sim "
run 0 doctor --json
equal "doctor in JSON" "$(member "$out" 'v["trustDomain"], v["cached"]')" "('simulated', False)"
env -u HOME -u XDG_CONFIG_HOME "$build/meshctl-sim" doctor >"$out" || fail "doctor without HOME"
has_text "$out" "Next: set HOME, or give --coordinator-cert FILE"
tool=$build/meshctl run 0 doctor

# ---- mistyped
run 1 manifset set
has_text "$errors" "manifset: no such command (did you mean manifest?)"
run 1 manifest udpate
has_text "$errors" "did you mean manifest update?"
run 1 status --jsn
has_text "$errors" "did you mean --json?"
run 1 quux
lacks_text "$errors" "did you mean"
run 1 manifest signature missing.json -v
has_line "$errors" "Cause: A file that is needed does not exist."

# ---- colour: on a terminal only, and not with NO_COLOR
on_terminal() { # COMMAND: its output through a pseudo-terminal
    script --quiet --return --command "$1" /dev/null </dev/null || true
}
if command -v script >/dev/null; then
    TERM=xterm on_terminal "$build/meshctl-sim quux" >"$out"
    has_text "$out" $'\033[31mError:'
    NO_COLOR=1 TERM=xterm on_terminal "$build/meshctl-sim quux" >"$out"
    lacks_text "$out" $'\033['
    TERM=dumb on_terminal "$build/meshctl-sim quux" >"$out"
    lacks_text "$out" $'\033['
fi
TERM=xterm run 1 quux
lacks_text "$errors" $'\033['

# ---- completion
complete_bash() { # WORD...: what bash would offer for the last one
    bash -c 'source <("$0" completion bash); shift 0; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _meshctl_sim; echo "${COMPREPLY[*]}"' \
        "$build/meshctl-sim" "$@"
}
equal "completion of manifest u" "$(complete_bash meshctl-sim manifest u)" update
equal "completion of manifest update a" "$(complete_bash meshctl-sim manifest update a)" "apply acknowledge"
equal "completion of secret" "$(complete_bash meshctl-sim secret '')" "set get"
equal "completion of an option" "$(complete_bash meshctl-sim manifest set --rec)" "--recoverydata"
equal "completion of a longer command's option" "$(complete_bash meshctl-sim recover-with-signature encrypt-secret --coordinator-p)" --coordinator-pub-key
equal "completion of a file" "$(complete_bash meshctl-sim manifest check good)" good.yaml
for shell in zsh fish; do
    run 0 completion "$shell"
    has_text "$out" "recover-with-signature"
    if command -v "$shell" >/dev/null; then "$shell" -n "$out" || fail "$shell does not read its completions"; fi
done
run 1 completion csh
has_text "$errors" "expected bash, zsh or fish, found csh"

# ---- manual pages: one for each command, and none that a formatter grumbles about
pages=$build/cli/man1
"$build/meshctl-sim" --help | sed -n '/^Commands:/,/^$/p' | sed -nE 's/^  (.{38}).*/\1/p' | sed -E 's/ +$//; s/ /-/g' >commands
checks=$((checks + 1))
(($(wc -l <commands) > 30)) || fail "the help lists only $(wc -l <commands) commands"
while read -r name; do
    checks=$((checks + 1))
    [[ -s $pages/meshctl-$name.1 ]] || fail "no manual page for $name"
done <commands
if command -v groff >/dev/null; then
    equal "what the formatter says" "$(groff -ww -man -Tutf8 "$pages"/*.1 2>&1 >/dev/null | head -n 3)" ""
fi

# ---- every command helps, with an example
while read -r words; do
    # shellcheck disable=SC2086 # these are words
    run 0 $words --help
    has_text "$out" "Examples:"
    has_text "$out" "  meshctl "
done < <("$build/meshctl-sim" --help | sed -n '/^Commands:/,/^$/p' | sed -nE 's/^  (.{38}).*/\1/p' | sed -E 's/ +$//')

report
