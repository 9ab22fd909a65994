#!/bin/sh
# Replay: where and why a story parts from the saved one.
. "$(dirname "$0")/lib.sh"
says() { grep -q -- "$1" "$work/err" || { cat "$work/err"; return 1; }; }
prints() { grep -q -- "$1" "$work/out" || { cat "$work/out"; return 1; }; }
replay() { "$FEVERDREAM" replay "$@"; }

save=$work/save.jsonl
cat >"$work/tale.twee" <<'END'
:: Start
You stand at {~a grey|a red|a low} gate.

[[Go in->Hall]]
[[Stay->Hall]]

:: Hall
The hall is cold. {dream 12 "You heard the": You hear nothing.}

[[Go on->Hall]]
END
printf '1\n1\n1\n' | "$FEVERDREAM" play "$work/tale.twee" --plain --seed s --save "$save" >/dev/null 2>&1
check "a story verifies" status 0 replay "$save" --verify
check "and says so" says "All 4 turns are the same"
check "as JSON" status 0 replay "$save" --verify --json
check "  in one object" prints '^{"turns":4,"verified":true,"check":"[0-9a-f]*"}$'
check "without --verify it is not verified" status 0 replay "$save" --json
check "  and says so" prints '"verified":false'

# One word of the third turn edited; its check value stays.
sed '4s/The hall is cold/The hall is warm/' "$save" >"$work/edited.jsonl"
check "an edited line diverges" status 4 replay "$work/edited.jsonl" --verify
check "  at its turn" says "^feverdream replay: Turn 3 (Hall) differs"
check "  since it does not fit its check" says "changed after it was written"
check "  with the saved words" says "saved: The hall is warm\."
check "  and those told again" says "again: The hall is cold\."
check "  from the first that differs" says "from word 4 on"
check "  also as JSON" status 4 replay "$work/edited.jsonl" --verify --json
check "  with turn, passage and words" prints '"turn":3,"passage":"Hall","word":4,"saved":"The hall is warm'
check "  and nothing else" test "$(wc -l <"$work/out")" = 1

sed '1s/"seed":"s"/"seed":"t"/' "$save" >"$work/seed.jsonl"
check "another seed diverges" status 4 replay "$work/seed.jsonl" --verify
check "  at the first turn" says "Turn 1 (Start)"
check "  since the seed was changed" says "or the seed, was changed"

cp -r "$FEVERDREAM_ASSETS/model" "$work/other"
chmod -R u+w "$work/other"
printf ' ' | dd of="$work/other/model.safetensors" bs=1 seek=3000000 conv=notrunc 2>/dev/null
check "another model diverges" status 4 replay "$save" --verify --model "$work/other"
check "  named with both sums" says 'another model: "embedded", whose weights. SHA-256 begins [0-9a-f]\{12\}; here ".*other" begins'
sed -i 's/The hall is cold/The hall is old/' "$work/tale.twee"
check "another version of the story diverges" status 4 replay "$save" --verify
check "  named with both sums" says "another version of the story: its SHA-256 begins [0-9a-f]\{12\}, that of .*tale.twee now"

# On a terminal it is told at reading speed.
command -v tmux >/dev/null 2>&1 || { echo "skipped: replay on a terminal (no tmux)"; finish; exit; }
. "$(dirname "$0")/terminal.sh"
sed -i 's/The hall is old/The hall is cold/' "$work/tale.twee"
on_terminal() { # on_terminal WIDTH HEIGHT OPTIONS...
    width=$1 height=$2
    shift 2
    $pane kill-server 2>/dev/null
    times=$((times + 1))
    pane="tmux -L feverdream-$$-$times"
    $pane new-session -d -s t -x "$width" -y "$height" \
        "stty -g >'$work/before'; env LC_ALL=C.UTF-8 '$FEVERDREAM' replay $*; stty -g >'$work/after'; echo left; sleep 60"
}
on_terminal 80 24 "$save"
check "a replay begins with the first turn" shows "turn 1/4"
keys Space
check "it pauses" shows "turn ./4 . paused"
keys Home
check "Home leads to the first" shows "turn 1/4 . paused"
sleep 1
check "where it stays" shows "turn 1/4 . paused"
check "with the whole turn" shows "Stay"
check "with what was taken marked" shows "›.* Go in"
keys n
check "the next step the next turn" shows "turn 2/4"
check "with what was done" shows "> Go in"
keys g 4 Enter
check "a number leads to its turn" shows "turn 4/4"
keys b
check "and back" shows "turn 3/4"
keys g 9 9 Enter
check "there is none past the last" shows "turn 4/4"
keys Home Space + + + + + +
check "faster" shows "2000 words/min"
check "it goes on by itself" shows "turn 2/4"
keys - - - - - - - - - - -
check "slower" shows " 60 words/min"
keys "?"
check "help names the keys" shows "faster and slower"
keys q
check "and gives way" shows "words/min"
$pane resize-window -t t -x 40 -y 12 2>/dev/null
keys Space g 2 Enter
check "a small screen tells" shows "turn 2/4 . paused"
check "  the words" shows "hall is cold"
keys q
check "it leaves" shows "^left"
check "and the terminal is as before" cmp -s "$work/before" "$work/after"
on_terminal 80 24 "$save" --plain
check "--plain prints it" shows "The hall is cold"
check "  and ends" shows "^left"
finish
