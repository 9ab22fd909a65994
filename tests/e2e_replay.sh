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
finish
