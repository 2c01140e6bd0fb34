#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: meshctl_users.sh BUILD-FOLDER
#
# What the users of a manifest do with the operator's tool: update it, agree, read and write secrets.
set -euo pipefail
readonly build=$1 meshd=$1/meshd-sim
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/e2e/meshctl_lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/meshctl_lib.sh"
cd "$work"

for name in alice bob carol; do make_user "$name"; done
make_user mallory
cat >manifest.yaml <<END
Packages:
  app: {SignerID: "11", ProductID: 3, SecurityVersion: 1}
Marbles:
  web: {Package: app, Parameters: {Env: {KEY: "{{ hex .Secrets.key }}"}}}
Secrets:
  key: {Type: symmetric-key, Size: 128, Shared: true}
  given key/1: {Type: symmetric-key, Size: 128, UserDefined: true}
  text: {Type: plain, UserDefined: true}
  server: {Type: cert-ecdsa, Size: 256, UserDefined: true}
  own: {Type: cert-ecdsa, Size: 256, Shared: true, ValidFor: 30}
Users:
  alice: {Certificate: $(json_text alice.crt), Roles: [updater, writer, reader]}
  bob: {Certificate: $(json_text bob.crt), Roles: [updater]}
  carol: {Certificate: $(json_text carol.crt), Roles: [versions]}
Roles:
  updater: {ResourceType: Manifest, Actions: [UpdateManifest]}
  writer: {ResourceType: Secrets, ResourceNames: ["given key/1", text, server], Actions: [WriteSecret]}
  reader: {ResourceType: Secrets, ResourceNames: ["given key/1", text, server, key, own], Actions: [ReadSecret]}
  versions: {ResourceType: Packages, ResourceNames: [app], Actions: [UpdateSecurityVersion]}
END

# Offline: YAML has the fingerprint of the JSON that is uploaded.
run 0 manifest signature manifest.yaml
fingerprint=$(cat "$out")
start_coordinator
run 1 manifest log "$client"
has_text "$errors" "[state_wrong]"
run 0 manifest set manifest.yaml "$client"
has_text "$out" "Setting the manifest with fingerprint $fingerprint"
has_text "$out" "Manifest successfully set"
run 0 manifest get "$client" -o set.json
equal "fingerprint of what was set" "$(sha256sum <set.json | cut -d' ' -f1)" "$fingerprint"
run 0 manifest verify manifest.yaml "$client"
equal "manifest verify" "$(cat "$out")" OK

# The log: a heading on the terminal only.
run 0 manifest log "$client"
has_line "$out" "Update log:"
run 0 manifest log "$client" -o log
equal "lines of the log" "$(wc -l <log)" 1
lacks_text log "Update log"
run 0 manifest log "$client" --json
equal "entries of the log" "$(member "$out" 'len(v)')" 1

# Who one is.
run 1 secret get key "$client"
has_text "$errors" "needs a user of the manifest: --cert FILE and --key FILE"
run 1 secret get key "$client" --cert alice.crt
run 1 secret get key "$client" --cert alice.crt --key bob.key
has_text "$errors" "--key bob.key is not the private key of the certificate in --cert alice.crt [key_format]"
run 1 secret get key "$client" --cert missing.crt --key bob.key
has_text "$errors" "[file_missing]"
run 1 secret get key "$client" -c mallory.crt -k mallory.key
has_text "$errors" "unauthorized user"
has_text "$errors" "[user_unknown]"

# Secrets are written...
alice=(-c alice.crt -k alice.key)
printf '{"given key/1": {"Key": "%s"}, "text": {"Key": "%s"}}' "$(printf 0123456789abcdef | base64)" "$(echo hello | base64)" >secrets.json
run 0 secret set secrets.json "$client" "${alice[@]}"
has_text "$out" "Secrets successfully set"
cat mallory.crt mallory.key >server.pem
run 0 secret set server.pem "$client" --from-pem server "${alice[@]}"
echo '{"text": "hello"}' >wrong.json
run 1 secret set wrong.json "$client" "${alice[@]}"
has_text "$errors" 'wrong.json: $.text: expected an object with "Key"'
echo '{"given key/1": {"Key": "AAAA"}}' >short.json
run 1 secret set short.json "$client" "${alice[@]}"
has_text "$errors" "declared size and actual size don't match"
run 1 secret set alice.key "$client" --from-pem server "${alice[@]}"
has_text "$errors" 'expected a PEM block "CERTIFICATE"'
run 1 secret set secrets.json "$client" -c bob.crt -k bob.key
lacks_text "$errors" "MDEyMzQ1"

# ...and read.
run 0 secret get "given key/1" text own key server "$client" "${alice[@]}"
has_line "$out" "given key/1:"
has_line "$out" "    Key:          MDEyMzQ1Njc4OWFiY2RlZg=="
has_line "$out" "    Data:         aGVsbG8K"
has_line "$out" "    Valid For:    30"
has_text "$out" "-----BEGIN CERTIFICATE-----"
run 0 secret get text "$client" "${alice[@]}" -o text.json
equal "mode of a file with secrets" "$(stat -c %a text.json)" 600
touch elsewhere.json
chmod 644 elsewhere.json
ln -s elsewhere.json link.json
run 0 secret get text "$client" "${alice[@]}" -o link.json
equal "mode of one behind a link" "$(stat -c %a elsewhere.json)" 600
equal "the secret in the file" "$(member text.json 'v["text"]["Private"]')" aGVsbG8K
run 0 secret get own "$client" "${alice[@]}" --json
equal "type in JSON" "$(member "$out" 'v["own"]["Type"]')" cert-ecdsa
run 1 secret get nothing "$client" "${alice[@]}"

# A package update takes effect at once.
echo '{"Packages": {"app": {"SecurityVersion": 5}}}' >raise.json
run 0 manifest plan raise.json "$client"
has_text "$out" "Package update"
has_text "$out" "1 -> 5"
run 0 manifest update apply raise.json "$client" -c carol.crt -k carol.key
equal "manifest update apply" "$(cat "$out")" "Update successful"
run 0 manifest get "$client"
checks=$((checks + 1))
cmp -s "$out" set.json || fail "the manifest itself was changed by a package update"
run 0 manifest get "$client" -u
equal "the raised version" "$(member "$out" 'v["Packages"]["app"]["SecurityVersion"]')" 5
has_text "$out" '    "Marbles": {'
run 0 manifest get "$client" -s --display-update
equal "the wrapped one" "$(member "$out" 'v["ManifestSignature"]')" "$fingerprint"
equal "the raised version, wrapped" "$(member "$out" 'v["Manifest"]["Packages"]["app"]["SecurityVersion"]')" 5
echo '{"Packages": {"app": {"SecurityVersion": 2}}}' >lower.json
run 1 manifest update apply lower.json "$client" -c carol.crt -k carol.key
has_text "$errors" "update manifest tries to downgrade SecurityVersion of the original manifest"
run 1 manifest plan lower.json "$client"
has_text "$errors" "would be refused"

# A full one waits for the others.
sed 's/ProductID: 3/ProductID: 4/' manifest.yaml >next.yaml
run 1 manifest update get "$client"
has_text "$errors" "no update in progress"
run 0 manifest plan next.yaml "$client"
has_text "$out" "Full update"
run 0 manifest update apply next.yaml "$client" "${alice[@]}"
has_line "$out" "1 user still needs to acknowledge the update"
has_line "$out" "Who can: bob"
run 0 manifest update get "$client" --missing
equal "who is missing" "$(cat "$out")" "[bob]"
run 0 manifest update get "$client" --missing --json
equal "who is missing, in JSON" "$(member "$out" 'v')" "['bob']"
run 0 manifest update get "$client" -o pending.json
run 0 manifest signature next.yaml
equal "the pending manifest" "$(sha256sum <pending.json | cut -d' ' -f1)" "$(cat "$out")"
run 0 manifest update cancel "$client" "${alice[@]}"
run 1 manifest update acknowledge pending.json "$client" -c bob.crt -k bob.key
has_text "$errors" "no update in progress"
run 0 manifest update apply next.yaml "$client" "${alice[@]}" --json
equal "in JSON" "$(member "$out" 'v["applied"], v["missingAcknowledgments"], v["missingUsers"]')" "(False, 1, ['bob'])"
run 1 manifest update acknowledge raise.json "$client" -c bob.crt -k bob.key
run 0 manifest update acknowledge pending.json "$client" -c bob.crt -k bob.key
has_line "$out" "Update successful"
run 0 manifest verify next.yaml "$client"
# What the old manifest's package updates had raised does not show in the new one.
run 0 manifest get "$client" -u
equal "the version of the new manifest" "$(member "$out" 'v["Packages"]["app"]["SecurityVersion"]')" 1

report
