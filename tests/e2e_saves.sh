#!/bin/sh
# Saves: what was read comes back word for word, after a kill too; a torn line is dropped; bad
# files are refused with exit status 3 and a sentence.
. "$(dirname "$0")/lib.sh"

save=$work/save.jsonl
printf '1\nAda\n\nthe attic\n1\n1\n' |
    "$FEVERDREAM" play --plain --seed s --no-dream --save "$save" >"$work/first" 2>/dev/null
check "a name is woven in" grep -q "Ada" "$work/first"
"$FEVERDREAM" replay "$save" >"$work/again" 2>/dev/null
check "replay tells the same words" cmp -s "$work/first" "$work/again"
printf '' | "$FEVERDREAM" play --plain --resume "$save" >"$work/resumed" 2>/dev/null
check "resume shows what was read" cmp -s "$work/first" "$work/resumed"

# Killed while it waits for a line: every turn that was shown is in the save.
mkfifo "$work/lines"
"$FEVERDREAM" play --plain --seed k --no-dream --save "$work/killed.jsonl" \
    <"$work/lines" >"$work/shown" 2>/dev/null &
reader=$!
exec 3>"$work/lines"
printf '1\n\n\n\n1\n' >&3
for _ in $(seq 100); do
    grep -q "^1) Look into" "$work/shown" && break
    sleep 0.1
done
kill -KILL $reader
wait $reader 2>/dev/null
exec 3>&-
check "a killed story was shown" test "$(wc -w <"$work/shown")" -gt 100
printf '' | "$FEVERDREAM" play --plain --resume "$work/killed.jsonl" >"$work/resumed" 2>/dev/null
check "nothing that was shown is lost" cmp -s "$work/shown" "$work/resumed"

head -c -20 "$save" >"$work/torn.jsonl"
check "a torn last line is left out" status 0 "$FEVERDREAM" replay "$work/torn.jsonl"

# A disk that is full from the beginning, and one that fills up while the story goes on.
on_full_disk() { # on_full_disk BLOCKS OPTIONS...: plays with files of at most so many 512-byte blocks
    blocks=$1
    shift
    (ulimit -f "$blocks"; "$FEVERDREAM" play --plain --seed f --no-dream "$@")
}
full_at_once() { printf '1\n' | on_full_disk 0 --save "$work/none.jsonl" 2>&1 | grep -q "could not be written"; }
check "a full disk is said" full_at_once
check "and leaves no broken save" test ! -e "$work/none.jsonl"
printf '1\nAda\n\n\n1\n1\n1\n1\n1\n' | on_full_disk 8 --save "$work/full.jsonl" 2>"$work/err" | cat >"$work/shown"
check "a disk that fills up is said" grep -q "could not be written" "$work/err"
printf '' | "$FEVERDREAM" play --plain --resume "$work/full.jsonl" >"$work/resumed" 2>/dev/null
check "nothing that was shown before is lost" cmp -s "$work/shown" "$work/resumed"
check "and something was" grep -q "Ada" "$work/shown"

check "no save yet is said" status 1 "$FEVERDREAM" play --resume --plain
printf '{"feverdream":7}\n' >"$work/bad.jsonl"
check "another header is refused" status 3 "$FEVERDREAM" replay "$work/bad.jsonl"
check "with file and line" grep -q "bad.jsonl:1" "$work/err"
{ head -n 1 "$save"; echo '{"action":"fly"}'; } >"$work/bad.jsonl"
check "a malformed turn is refused" status 3 "$FEVERDREAM" replay "$work/bad.jsonl"
check "with file and line" grep -q "bad.jsonl:2" "$work/err"
printf 'not twee\n' >"$work/bad.twee"
check "a malformed story is refused" status 3 "$FEVERDREAM" play "$work/bad.twee"
check "with file and line" grep -q "bad.twee:1" "$work/err"
printf ':: Start\nA door.\n\n[[Open it->Nowhere]]\n' >"$work/dead.twee"
check "a dead link is refused" status 3 "$FEVERDREAM" story check "$work/dead.twee"
check "with file and line" grep -q "dead.twee:4" "$work/err"
mkdir "$work/model" && printf '{}' >"$work/model/config.json"
check "a malformed model is refused" status 3 "$FEVERDREAM" generate --model "$work/model"
cp "$FEVERDREAM_ASSETS"/model/* "$work/model/"
head -c 100000 "$FEVERDREAM_ASSETS/model/model.safetensors" >"$work/model/model.safetensors"
check "cut-off weights are refused" status 3 "$FEVERDREAM" play --model "$work/model" --plain
check "with the file's name" grep -q "model.safetensors" "$work/err"
check "verify finds the damage" status 3 "$FEVERDREAM" model verify "$work/model"
check "a wrong option is wrong usage" status 2 "$FEVERDREAM" play --sead x
check "a wrong command is wrong usage" status 2 "$FEVERDREAM" plai
finish
