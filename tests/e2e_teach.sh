#!/bin/sh
# A training by its name: held out, stopped and taken up again, kept at its best, and playable.
. "$(dirname "$0")/lib.sh"

"$FEVERDREAM" story corpus "$FEVERDREAM_ASSETS/stories/the-well-house.twee" | head -c 40000 >"$work/prose.txt"
small="--fresh 32x1x2 --vocab 400 --context 32 --batch 4 --threads 2"
train() { "$FEVERDREAM" train "$@" --json >"$work/out" 2>"$work/err"; }
same() { for file in training.safetensors model.safetensors adapter_model.safetensors loss.csv; do
    [ ! -e "$1/$file" ] || cmp "$1/$file" "$2/$file" || return 1
done; }
# stopped NAME OPTIONS...: begins a training, asks it to stop once it made some steps, goes on. Where
# it was done before it could be asked, another is begun.
stopped() {
    into=$1
    shift
    for _ in 1 2 3 4 5; do
        rm -rf "${work:?}/$into"
        "$FEVERDREAM" train "$@" --out "$work/$into" --steps 100 >/dev/null 2>"$work/err" &
        while kill -0 $! 2>/dev/null && ! grep -q '^7,' "$work/$into/loss.csv" 2>/dev/null; do sleep 0.02; done
        kill -TERM $!
        wait $!
        ended=$?
        grep -q 'Stopped after step' "$work/err" && break
    done
    [ $ended = 1 ] && grep -q 'Stopped after step' "$work/err" && train --resume --out "$work/$into"
}

models="$FEVERDREAM_HOME/models"
# shellcheck disable=SC2086
check "a model is taught by a name" train "$work/prose.txt" $small --out mine --steps 30
check "a tenth is held out" sh -c 'awk "/held out; /{ s = \$6 / (\$1 + \$6); exit !(s > 0.08 && s < 0.12) }" "$0"' "$work/err"
check "it says what it copies" test "$(value runs)" -gt 500
check "it is in the catalogue, as int8" sh -c '"$0" model info mine --json | grep -q "\"weights\":\"i8\""' "$FEVERDREAM"
check "whole" status 0 "$FEVERDREAM" model verify mine
check "and played on" sh -c 'echo 1 | "$0" play --plain --model mine --seed x >/dev/null' "$FEVERDREAM"
check "its losses are kept" test "$(wc -l <"$models/mine-f32/loss.csv")" = 32
check "and drawn" grep -q '</svg>' "$models/mine-f32/loss.svg"
cp "$models/mine-f32/loss.csv" "$work/before.csv"
check "a name is not taken twice" status 2 "$FEVERDREAM" train "$work/prose.txt" --from mine --out mine
check "nor a published one" status 2 "$FEVERDREAM" train "$work/prose.txt" --from mine --out gpt2
check "an ended training goes on" train --resume --out mine --steps 40
check "without what was made again" sh -c 'head -n 32 "$1" | cmp - "$2"' - "$models/mine-f32/loss.csv" "$work/before.csv"
check "to another model of that name" status 0 "$FEVERDREAM" model verify mine
check "what was never begun does not go on" status 1 "$FEVERDREAM" train --resume --out none

for kind in "$small" "$small --optimizer adamw" "--from mine --freeze --context 32 --batch 4" \
    "--from mine --lora 4 --context 32 --batch 4"; do
    # shellcheck disable=SC2086
    train "$work/prose.txt" $kind --out "$work/whole" --steps 100
    # shellcheck disable=SC2086
    check "stopped and taken up, the same bits: $kind" stopped parts "$work/prose.txt" $kind
    check "in every file" same "$work/whole" "$work/parts"
    rm -r "$work/whole" "$work/parts"
done

# A sentence over and over is learned by heart; the loss of a text unlike it only gets worse.
i=0
while [ $i -lt 300 ]; do echo "You go down to the well and the well is waiting for you in the dark."; i=$((i + 1)); done >"$work/same.txt"
head -c 2000 "$FEVERDREAM_ASSETS/stories/lip-service.twee" >"$work/other.txt"
# shellcheck disable=SC2086
train "$work/same.txt" $small --vocab 280 --out "$work/heart" --steps 150 --held-out 0 --lr 1e-2
check "copying is found" awk -v share="$(value share)" 'BEGIN { exit !(share > 0.1) }'
check "and shown" grep -q 'words: "' "$work/err"
train "$work/same.txt" --from "$work/heart" --out "$work/worse/" --dev "$work/other.txt" --context 32 --steps 100 --lr 1e-3 --patience 2
check "training stops when it gets no better" test "$(value stopped_early)$(value steps)" = "true$(($(value kept_step) + 10))"
best=$("$FEVERDREAM" perplexity "$work/other.txt" --model "$work/worse" --json | sed 's/.*"bits_per_byte":\([0-9.]*\).*/\1/')
check "and the best is kept" awk -v a="$best" -v b="$(value dev_bits_per_byte)" 'BEGIN { exit !((a - b) ^ 2 < 1e-6) }'
finish
