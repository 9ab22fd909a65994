#!/bin/sh
# A reader who chooses at random, and now and then turns back, through whole stories in plain mode:
# none crashes, leaks (in a build with sanitizers) or is told otherwise a second time.
# RANDOM_PLAYS=1000 plays as many; RANDOM_DREAMS=50, so many more with dreams.
. "$(dirname "$0")/lib.sh"
plays=${RANDOM_PLAYS:-40} dreams=${RANDOM_DREAMS:-1}
: "${ASAN_OPTIONS:=detect_leaks=1}"
export ASAN_OPTIONS

# lines SEED OFTEN MOST: what the reader types; questions are answered by it, too. So many of a
# hundred lines choose, and so do all of the last.
lines() {
    awk -v x="$1" -v often="$2" -v most="$3" 'BEGIN {
        x = (x * 7919 + 17) % 2147483647
        for (i = 0; i < most; i++) {
            x = (x * 16807) % 2147483647
            r = 85 + (x % 100 - often) * 15 / (100 - often)
            x = (x * 16807) % 2147483647
            if (r < 85 || i > most * 3 / 4) print x % 5 + 1
            else if (r < 89) print "undo"
            else if (r < 91) print "redo"
            else if (r < 93) print "retry"
            else if (r < 94) print "do go and look at the " (x % 2 ? "door" : "lamp")
            else if (r < 95.5) print "map\n" x % 9
            else if (r < 97) print "memory\nback"
            else if (r < 98) print "edit\nNobody came. " x "\n."
            else if (r < 99) print "\342\200\230what\342\200\231 " x
            else print ""
        }
        print "quit"
    }'
}

# play SEED OFTEN MOST STORY OPTIONS...
play() {
    seed=$1 often=$2 most=$3 story=$4
    shift 4
    rm -f "$work/save.jsonl"
    lines "$seed" "$often" "$most" | "$FEVERDREAM" play "$story" --plain --seed "random $seed" \
        --save "$work/save.jsonl" "$@" >"$work/out" 2>"$work/err"
}

fault() { # fault SEED WHAT
    echo "play $1: $2"
    tail -n 3 "$work/err"
    faults=$((faults + 1))
}

faults=0 ended=0 turns=0
for seed in $(seq $((plays + dreams))); do
    story=$FEVERDREAM_ASSETS/stories/the-well-house.twee
    [ $((seed % 7)) = 0 ] && story=$FEVERDREAM_ASSETS/stories/lip-service.twee
    if [ "$seed" -le "$plays" ]; then
        play "$seed" 85 240 "$story" --no-dream || fault "$seed" "ended with $?"
    else
        play "$seed" 97 80 "$story" --foresight off || fault "$seed" "ended with $?"
    fi
    grep -q "runtime error\|Sanitizer" "$work/err" && fault "$seed" "a sanitizer spoke"
    LC_ALL=C grep -q "$(printf '[\001-\010\016-\037]')" "$work/out" &&
        fault "$seed" "a control character was told"
    grep -q '"ending":true' "$work/save.jsonl" && ended=$((ended + 1))
    "$FEVERDREAM" replay "$work/save.jsonl" --verify --json >"$work/verdict" 2>"$work/err" ||
        fault "$seed" "replay --verify ended with $?: $(head -c 300 "$work/verdict")"
    told=$(sed -n 's/.*"turns":\([0-9]*\).*/\1/p' "$work/verdict")
    turns=$((turns + ${told:-0}))
    grep '"passage"' "$work/save.jsonl" | grep '"ending":true' |
        sed 's/.*"passage":"\([^"]*\)","told".*/\1/' >>"$work/endings"
done
echo "$plays plays and $dreams with dreams: $ended came to an ending, $turns turns stand;" \
    "$(sort -u "$work/endings" | wc -l) different endings"
check "no play crashed, leaked, or was told otherwise again" test "$faults" = 0
check "and nearly all came to an end" test "$((ended * 100))" -ge "$(((plays + dreams) * 90))"
finish
