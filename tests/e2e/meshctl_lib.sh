# SPDX-License-Identifier: Apache-2.0
#
# For scripts that try meshctl: to be sourced behind lib.sh, with $build set, in $work.

export XDG_CONFIG_HOME=$work/config
readonly cache=$work/config/marblerun/coordinator-cert.pem
readonly out=$work/out errors=$work/errors

# run WANTED-EXIT-CODE ARGUMENT...: stdout goes to $out, stderr to $errors.
run() {
    local wanted=$1 code=0
    shift
    "${tool:-$build/meshctl-sim}" "$@" >"$out" 2>"$errors" </dev/null || code=$?
    checks=$((checks + 1))
    [[ $code == "$wanted" ]] || { fail "exit code $code, expected $wanted: meshctl-sim $*"; cat "$out" "$errors" >&2; }
    # Every error path ends with a reason that explain knows.
    if ((code != 0)); then
        "$build/meshctl-sim" explain "$(sed -nE 's/^Error: .*\[([a-z_0-9]+)\]$/\1/p' "$errors")" >/dev/null ||
            { fail "no reason that explain knows: meshctl-sim $*"; cat "$errors" >&2; }
    fi
}

# make_user NAME [EC-CURVE]: NAME.crt and NAME.key, in PEM.
make_user() {
    openssl req -x509 -newkey ec -pkeyopt "ec_paramgen_curve:${2:-prime256v1}" -nodes -days 30 -subj "/CN=$1" \
        -keyout "$1.key" -out "$1.crt" 2>/dev/null
}

# make_recovery_key NAME: NAME.pem (private) and NAME.pub.
make_recovery_key() {
    openssl genrsa -out "$1.pem" 2048 2>/dev/null
    openssl rsa -in "$1.pem" -pubout -out "$1.pub" 2>/dev/null
}

json_text() { # FILE: its contents as a JSON string
    python3 -c 'import json, sys; print(json.dumps(open(sys.argv[1]).read()))' "$1"
}

member() { # FILE EXPRESSION: of the JSON value `v` in the file
    python3 -c 'import json, sys; v = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}
