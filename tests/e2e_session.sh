#!/bin/sh
# What a player may do beside choosing, in plain mode: back and forward, other tellings, free play,
# rewriting, pinned facts, the map, saves, transcripts; and that all of it replays word for word.
. "$(dirname "$0")/lib.sh"

go_on() { "$FEVERDREAM" play --plain --offline "$@" >"$work/shown" 2>"$work/said"; }
play() { go_on --seed "the well" "$@"; }
begin='1\nAda\n\n\n1\n'

# From the hall on: each word, and what is then shown.
printf "${begin}undo\nundo\nredo\n2\nundo\nredo\n" | play --no-dream --save "$work/a.jsonl"
check "undo as far as the questions, and forward again" grep -q "Which place" "$work/shown"
printf "${begin}undo\nredo\nredo\n" | play --no-dream --save "$work/b.jsonl"
check "nothing is told after the newest" grep -q "Nothing was told after this" "$work/said"

printf "${begin}do open the window\nsay who is there?\ngo\nundo\nretry\nothers\n2\nmap\nback\nedit\nYou wrote it.\n.\n1\n" |
    play --save "$work/free.jsonl"
check "a deed is told" grep -q "^You open the window\.$" "$work/shown"
check "what was said is told" grep -q '^You say, "Who is there?"$' "$work/shown"
check "the choices stay" test "$(grep -c "^1) Look into the parlour" "$work/shown")" -gt 3
check "others are drawn" grep -q "^Other tellings" "$work/shown"
check "the map has branches" grep -q "told anew" "$work/shown"
check "the dream is rewritten" grep -q "^You wrote it\.$" "$work/shown"
check "the save says so" grep -q '"voice":"edited","text":"\\n\\nYou wrote it."' "$work/free.jsonl"
check "all of it replays" status 0 "$FEVERDREAM" replay "$work/free.jsonl" --verify
sed 's/You wrote it\./You wrote it!/' "$work/free.jsonl" >"$work/changed.jsonl"
check "another rewriting does not" status 4 "$FEVERDREAM" replay "$work/changed.jsonl" --verify

printf "${begin}memory\n1\nThe lamp in the hall is green.\n.\n1\nThe lamp is red.\n.\n2\nNobody knows.\n.\nd 2\nback\ngo\ncontext\n" |
    play --save "$work/pinned.jsonl"
check "a fact is pinned, with its tokens" grep -q "^1) The lamp in the hall is green. ([0-9]* tokens)" "$work/shown"
check "the budget is shown" grep -q "^Pinned facts: [0-9]* of 128 tokens" "$work/shown"
check "it is changed" grep -q "^1) The lamp is red" "$work/shown"
check "the context begins with it" grep -q "^The lamp is red\.$" "$work/shown"
check "and counts" grep -q "^The next dream reads [0-9]* tokens, of at most [0-9]*" "$work/shown"
check "pinned turns replay" status 0 "$FEVERDREAM" replay "$work/pinned.jsonl" --verify
sed 's/"pinned":"The lamp/"pinned":"The Lamp/' "$work/pinned.jsonl" >"$work/changed.jsonl"
check "other facts do not" status 4 "$FEVERDREAM" replay "$work/changed.jsonl" --verify

printf "${begin}do wait\nmemory\ncontext\n" | play --no-dream --save "$work/none.jsonl"
check "without a model it is said that nobody answers" grep -q "Without a model nobody could answer" "$work/said"
check "and that nobody remembers" grep -q "nobody to remember" "$work/said"

printf ':: StoryData\n{"closed":true}\n\n:: Start\nA.\n\n[[B->C]]\n\n:: C\nD.\n' >"$work/closed.twee"
printf 'do wait\n' | play "$work/closed.twee" --save "$work/closed.jsonl"
check "a closed story says so" grep -q "Here only the story goes on" "$work/said"

# Saves by name.
printf "${begin}" | play --no-dream
printf "saves\nr 1\nfirst\n.\nc 1\nsecond\n.\nback\nexport\n1\nexport\n2\n" | go_on --no-dream --resume
check "a save is renamed and copied" test -f "$FEVERDREAM_HOME/saves/second.jsonl"
check "the page is written" test -f "$FEVERDREAM_HOME/transcripts/first.html"
check "and replays" status 0 "$FEVERDREAM" replay "$FEVERDREAM_HOME/transcripts/first.html" --verify
check "text is written" grep -q "^> Unlock the front door" "$FEVERDREAM_HOME/transcripts/first.txt"
printf "saves\nd 1\n1\nd 1\n2\nback\n" | go_on --no-dream --resume first
"$FEVERDREAM" saves >"$work/out"
check "a save is deleted after asking" test "$(ls "$FEVERDREAM_HOME/saves")" = first.jsonl
check "the list has turns and title" grep -q "^first  The Well House, 6 turns, 20" "$work/out"
"$FEVERDREAM" saves --json >"$work/out"
check "as JSON" grep -q '^{"saves":\[{"name":"first",.*"turns":6,' "$work/out"
printf "" | go_on --no-dream --seed other
printf "saves\n2\n" | go_on --no-dream --resume
check "another save is gone on with" grep -q "Look into the parlour" "$work/shown"

check "Markdown goes to a pipe" status 0 "$FEVERDREAM" export first --format markdown
check "with what was done" grep -q "^> Unlock the front door" "$work/out"
check "or to a file" status 0 "$FEVERDREAM" export "$work/free.jsonl" --format html --out "$work/free.html"
check "which tells edited words apart" grep -q '<span class="edited">You wrote it.</span>' "$work/free.html"
check "and replays" status 0 "$FEVERDREAM" replay "$work/free.html" --verify
check "another format is wrong usage" status 2 "$FEVERDREAM" export first --format pdf

# One save, two programs.
mkfifo "$work/lines"
"$FEVERDREAM" play --plain --no-dream --resume first <"$work/lines" >"$work/shown" 2>/dev/null &
reader=$!
exec 3>"$work/lines"
for _ in $(seq 100); do
    grep -q "Look into the parlour" "$work/shown" && break
    sleep 0.1
done
check "a save that is played cannot be played twice" status 1 "$FEVERDREAM" play --plain --resume first
check "and why is said" grep -q "played by another Feverdream" "$work/err"
exec 3>&-
wait $reader
finish
