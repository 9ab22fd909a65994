#!/bin/sh
# Runs tests, as many at a time as there are processors, and counts their checks.
# usage: run.sh PROGRAM TEST...    a TEST is a cmocka program or an e2e script for PROGRAM
FEVERDREAM=$1
export FEVERDREAM
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# Each test's output is kept until it ended: what runs beside it shall not be mixed in.
one='case $1 in *.sh) sh "$1" ;; *) "$1" ;; esac >"$0/${1##*/}.log" 2>&1
status=$?
[ $status = 0 ] || echo "ended with $status" >>"$0/${1##*/}.log"
flock "$0" sh -c "echo \"== \$1\"; cat \"\$0\"" "$0/${1##*/}.log" "$1"'
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c "$one" "$logs" '{}'

# cmocka lists failures a second time after its "[==========] N test(s) run."
awk '
    FNR == 1 { again = 0; before = failed }
    /^\[==========\].* run/ { again = 1 }
    /^\[ +OK \]/ || /^   ok  / { passed++ }
    (/^\[  FAILED  \]/ && !again) || /^FAILED  / { failed++ }
    (/^\[  SKIPPED \]/ && !again) || /^skipped: / { skipped++; print }
    /^ended with / && failed == before { failed++; print "FAILED  " FILENAME ", which " $0 }
    END {
        printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
        exit failed > 0 || passed == 0
    }' "$logs"/*.log
