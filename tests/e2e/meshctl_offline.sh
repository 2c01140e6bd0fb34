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
sed 's/  web:/&\n    DNSNames: [web,\n      "a b"]/' good.yaml >names.yaml
run 1 manifest check names.yaml
has_text "$errors" 'names.yaml:10:7: $.Marbles.web.DNSNames[1]: "a b" is not a DNS name'
has_text "$errors" '[manifest_names]'
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
cat alice.key >>alice.crt # in one file with what everybody may read
cat alice.pub alice.key >both.pem
run 0 manifest new --user alice=alice.crt --recovery-key alice=both.pem -o new.yaml
lacks_text new.yaml PRIVATE
run 0 manifest check new.yaml
sed -i '/BEGIN.*PRIVATE/,$d' alice.crt
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
has_line "$out" "    marble web"
lacks_text "$out" "named"
{ sed 's/  web:/&\n    DNSNames: [web.example]\n    IPAddresses: ["10.0.0.1"]\n    SPIFFE: true/' good.yaml; echo 'Config: {SPIFFETrustDomain: mesh}'; } >named.yaml
run 0 manifest graph named.yaml
has_line "$out" "        named web.example"
has_line "$out" "        named 10.0.0.1"
has_line "$out" "        named spiffe://mesh/marble/web/UUID"
run 0 manifest diff good.yaml named.yaml
has_text "$out" "DNSNames: none -> web.example"
run 0 manifest graph good.yaml --format dot -o mesh.dot
has_line mesh.dot '    "package app" -> "marble web" [label="runs as"]'
has_line mesh.dot '    "marble web" -> "marble web" [label="calls"]'
run 1 manifest graph good.yaml --format png
has_text "$errors" "expected text, dot or svg, found png"
run 0 manifest graph good.yaml --svg -o mesh.svg
run 0 manifest graph good.yaml --format svg
checks=$((checks + 1))
cmp -s mesh.svg "$out" || fail "the same manifest gives another picture"
has_text mesh.svg '<title>web calls web:8443</title>'
has_text mesh.svg '<title>web gets key</title>'
has_text mesh.svg '>calls elsewhere:1</text>'
has_text mesh.svg 'prefers-color-scheme: dark'
cat >calls.yaml <<'END'
Packages: {p: {UniqueID: "00"}}
Marbles: {front: {Package: p, TLS: [out]}, back: {Package: mistyped, TLS: [in]}}
TLS: {out: {Outgoing: [{Addr: back, Port: "8080"}]}, in: {Incoming: [{Port: "8080"}]}}
END
run 0 manifest graph calls.yaml --svg
has_text "$out" "calls back:8080"
run 0 manifest graph calls.yaml
run 0 manifest graph good.yaml --json
equal "graph in JSON" "$(member "$out" 'v["packages"], [c["marble"] for c in v["marbles"][0]["calls"]], v["marbles"][0]["secrets"]')" "(['app'], ['web', None], ['key', 'server'])"

# Names are text, whatever stands in them; every line that is drawn belongs to something in the manifest.
cat >names.json <<'END'
{"Packages": {"<p>&\"'": {"UniqueID": "00"}}, "Marbles": {"]]>\u0007\ufffe é漢": {"Package": "<p>&\"'",
 "Parameters": {"Env": {"A": "{{ hex .Secrets.s }}"}}}, "two": {"Package": "<p>&\"'", "Parameters": {"Env": {"A": "{{ hex .Secrets.s }}"}}}},
 "Secrets": {"s": {"Type": "symmetric-key", "Size": 128, "Shared": true}}}
END
run 0 manifest graph names.json --svg -o names.svg
drawn() { # FILE: texts, then the numbers of boxes and of lines, as an XML parser sees them
    python3 - "$1" <<'END'
import sys, xml.etree.ElementTree as tree
svg = "{http://www.w3.org/2000/svg}"
root = tree.parse(sys.argv[1]).getroot()
width, height = int(root.get("width")), int(root.get("height"))
for box in root.iter(svg + "rect"):
    x, y, w, h = (int(box.get(k)) for k in ("x", "y", "width", "height"))
    assert x >= 0 and y >= 0 and x + w <= width and y + h <= height, "a box outside of the picture"
print([" ".join(t.itertext()) for t in root.iter(svg + "text")][2:5], len(list(root.iter(svg + "rect"))),
      len([p for p in root.iter(svg + "path") if p.find(svg + "title") is not None]))
END
}
equal "what is drawn" "$(drawn names.svg)" "['package  <p>&\"\\'', 'marble  ]]>?? é漢', 'marble  two'] 4 2"
run 0 manifest graph names.json --json

# ---- explain
for code in state_wrong '[state_wrong]' 'rpc error: code = Internal desc = [1] no: [state_wrong]'; do
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
has_line "$errors" "Next: meshctl-sim --help"
run 1 manifest diff one
has_line "$errors" "Next: meshctl-sim manifest diff --help"
for words in help "help manifest set"; do
    # shellcheck disable=SC2086 # these are words
    run 0 $words
    has_text "$out" "Usage: meshctl-sim"
done
run 1 manifest signature missing.json -v
has_line "$errors" "Cause: A file that is needed does not exist."

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
