# lib.sh - what the end-to-end tests share. Sourced with FEVERDREAM set to the program.
set -u
: "${FEVERDREAM:?the program under test}"
work=$(mktemp -d)
export FEVERDREAM_HOME="$work/home"
FEVERDREAM_ASSETS=$(cd "$(dirname "$0")/../assets" && pwd)
export FEVERDREAM_ASSETS
trap 'rm -rf "$work"' EXIT
failures=0

# check NAME COMMAND...: says whether the command succeeds.
check() {
    name=$1
    shift
    if "$@"; then echo "   ok  $name"; else
        echo "FAILED  $name"
        failures=$((failures + 1))
    fi
}

# status WANTED COMMAND...: whether it ends with that exit status.
status() {
    wanted=$1
    shift
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    [ "$got" = "$wanted" ] || { echo "exit status $got, expected $wanted: $(head -c 300 "$work/err")"; return 1; }
}

# python_with_torch: names one, or nothing.
python_with_torch() {
    for candidate in python3 /usr/bin/python3; do
        if "$candidate" -c 'import torch' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# value NAME [FILE]: a number or word of a JSON object, the last command's where no file is named.
value() { sed 's/.*"'"$1"'":\([0-9.a-z]*\).*/\1/' "${2:-$work/out}"; }

# near A B PART: whether they differ by less than that part of B.
near() { awk "BEGIN { d = ($1) / ($2) - 1; exit !(d < $3 && d > -($3)) }"; }

# below A B: whether both are there and A is less.
below() { [ -n "$1" ] && [ -n "$2" ] && awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

# tell FILE OPTIONS...: plays fixed choices, keeping the save beside the text.
tell() {
    file=$1
    shift
    printf '1\n\n\n\n1\n1\n1\n1\nretry\n2\n1\nundo\n1\n' |
        "$FEVERDREAM" play --plain --seed "the well" --save "$file.jsonl" "$@" >"$file" 2>"$file.err"
}

# dream FILE: three hundred tokens from the bare model, with the bits of their probability.
dream() {
    "$FEVERDREAM" generate --prompt "You go down to the well" --tokens 300 --seed "the well" --json |
        sed 's/,"timing".*//' >"$1" && [ -s "$1" ]
}

finish() {
    [ "$failures" = 0 ] || { echo "$failures failed"; exit 1; }
}
