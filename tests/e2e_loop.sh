#!/bin/sh
# From a writer's story to a model that knows it, to branches that are kept, to a story that is played.
. "$(dirname "$0")/lib.sh"
story=$work/mine.twee
cp "$FEVERDREAM_ASSETS/stories/lip-service.twee" "$story"
at="$(sed -n 's/^:: \([^[{]*[^[{ ]\).*/\1/p' "$story" | grep -v '^Story' | head -n 1)"
has() { grep -q -- "$2" "$1"; }
passages() { grep -c '^:: ' "$story"; }

check "prose is taken from the story" status 0 "$FEVERDREAM" story corpus "$story"
mv "$work/out" "$work/prose.txt"
check "in segments" test "$(grep -c '<|endoftext|>' "$work/prose.txt")" -gt 20
check "a model is taught it" status 0 "$FEVERDREAM" train "$work/prose.txt" --fresh 32x1x2 --vocab 400 \
    --context 64 --batch 4 --steps 20 --out mine
check "it writes after a passage" status 0 "$FEVERDREAM" preview "$story" --at "$at" --model mine -n 2 \
    --words 12 --seed x --json
check "and is named as the writer" has "$work/out" '"model":"mine"'
before=$(passages)
check "what it wrote is kept" status 0 "$FEVERDREAM" preview "$story" --at "$at" --model mine -n 2 \
    --words 12 --seed x --keep 1 --as "Kept From Mine" --label "Go the new way"
check "as one passage more" test "$(passages)" = $((before + 1))
check "that can be made again" status 0 "$FEVERDREAM" preview "$story" --again "Kept From Mine" --model mine
check "the story is sound" status 0 "$FEVERDREAM" story check "$story"
check "its corpus holds what was kept" sh -c '"$0" story corpus "$1" | cmp -s - "$2"; [ $? = 1 ]' \
    "$FEVERDREAM" "$story" "$work/prose.txt"
play() { "$FEVERDREAM" play --plain "$story" --model mine --seed x 2>/dev/null; }
echo | play >"$work/first"
choice=$(sed -n 's/^\([0-9]*\)) Go the new way.*/\1/p' "$work/first" | head -n 1)
check "the kept branch is offered" test -n "$choice"
printf '%s\n' "$choice" | play | tr '\n' ' ' >"$work/second"
kept=$(sed -n '/^:: Kept From Mine/{n;p;}' "$story" | cut -d ' ' -f 1-3)
check "and told to who takes it" grep -qF -- "$kept" "$work/second"
finish
