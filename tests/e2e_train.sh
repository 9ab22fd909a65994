#!/bin/sh
# A writer's round: story to training text, text to model, model made small, story played on it.
. "$(dirname "$0")/lib.sh"

story="$FEVERDREAM_ASSETS/stories/the-well-house.twee"
teach() { "$FEVERDREAM" train "$work/prose.txt" --out "$work/model" --context 32 --batch 4 \
    --threads 2 --patience 0 --lr 5e-3 --optimizer muon --dev "$work/dev.txt" --json "$@" >"$work/out" 2>"$work/err"; }

"$FEVERDREAM" story corpus "$story" >"$work/prose.txt"
check "the story becomes text" test "$(wc -w <"$work/prose.txt")" -gt 5000
check "its dreams do not" sh -c "! grep -q 'counted the lamps' '$work/prose.txt'"
printf '# Notes\n\n\342\200\234I was here,\342\200\235 I said -- *once*.\nClick-clack, click-clack.\n' >"$work/notes.txt"
"$FEVERDREAM" story corpus "$work/notes.txt" "$story" "$work/notes.txt" --person second --explain \
    >"$work/both.txt" 2>"$work/err"
check "notes and stories are one corpus" test "$(grep -c '"I was here," you said.*once\.' "$work/both.txt")" = 1
check "what was dropped is explained" grep -q "notes.txt:4: Click-clack, click-clack\.$" "$work/err"
check "and counted" grep -q '^2 sound effects' "$work/err"
check "another person is refused" status 2 "$FEVERDREAM" story corpus "$story" --person third
check "a corpus of nothing but segments" sh -c '! sed "s/<|endoftext|>/\n/g" "$0" | awk "{ if (split(\$0, w, \" \") > 400) bad = 1 } END { exit !bad }"' "$work/both.txt"
tail -c 3000 "$work/prose.txt" >"$work/dev.txt"
check "a model is trained from nothing" teach --fresh 32x1x2 --vocab 400 --steps 10
first=$(value dev_bits_per_byte)
check "a run that ended goes on" teach --resume --steps 60
check "and learns" below "$(value dev_bits_per_byte)" "$first"
check "the model is made small" status 0 "$FEVERDREAM" model quantize "$work/model" --out "$work/small"
"$FEVERDREAM" model info "$work/small" --json >"$work/out"
check "and says what it is" grep -q '"layers":1,"heads":2,"width":32,.*"weights":"i8"' "$work/out"
check "a quantised model is not quantised twice" \
    status 3 "$FEVERDREAM" model quantize "$work/small" --out "$work/smaller"

# Adapters: beside the model, float or int8, then merged into it.
cp "$work/model/model.safetensors" "$work/base.safetensors"
adapt() {
    out=$1
    shift
    "$FEVERDREAM" train "$work/prose.txt" --out "$out" --context 32 --batch 4 --threads 2 \
        --patience 0 --dev "$work/dev.txt" --json "$@" >"$work/out" 2>"$work/err"
}
learned() { "$FEVERDREAM" perplexity "$work/dev.txt" --model "$1" --json >"$work/out" && value bits_per_byte; }
check "adapters are trained" adapt "$work/low" --from "$work/model" --lora 4 --steps 5 --keep-adapter
check "memory and time are foretold" grep -q '^5 steps of 128 tokens: about .* GB and .* s$' "$work/err"
check "and kept as PEFT names them" \
    grep -q 'base_model.model.transformer.h.0.attn.c_attn.lora_A.weight' "$work/low/adapter_model.safetensors"
check "without a model" test ! -e "$work/low/model.safetensors"
check "they go on" adapt "$work/low" --resume --merge --lr 1e-2 --steps 60
adapted=$(value dev_bits_per_byte)
merged=$(learned "$work/low")
before=$(learned "$work/model")
check "the model beside them stays" cmp -s "$work/model/model.safetensors" "$work/base.safetensors"
check "merged, they learned" below "$merged" "$before"
check "what was measured" below "$(echo "$merged $adapted" | awk '{ d = $1 - $2; print d * d }')" 0.0001
check "adapters go beside int8" adapt "$work/low8" --from "$work/small" --lora 4 --steps 2
check "with all but blocks frozen, a model is trained" \
    adapt "$work/frozen" --from "$work/model" --freeze --steps 2
check "and goes on" adapt "$work/frozen" --resume --steps 4
check "but not as another training" status 2 "$FEVERDREAM" train --out "$work/frozen" --resume --lora 4
check "nor on another text" status 3 "$FEVERDREAM" train "$story" --out "$work/frozen" --resume
check "adapters do not replace their model" status 2 "$FEVERDREAM" train "$work/prose.txt" \
    --out "$work/model" --from "$work/model" --lora 4
check "adapters want a model" status 2 "$FEVERDREAM" train "$work/prose.txt" \
    --out "$work/none" --fresh 32x1x2 --lora 4
check "what does not fit is refused" status 1 "$FEVERDREAM" train "$work/prose.txt" \
    --out "$work/none" --fresh 8192x64x64
check "with a way out" grep -q -- 'GB are free; a smaller --context' "$work/err"
check "before it begins" test ! -e "$work/none"

printf '1\n\n\n\n1\n' | "$FEVERDREAM" play --plain --model "$work/small" --seed x \
    --save "$work/save.jsonl" >/dev/null 2>&1
check "the story is played on it" status 0 "$FEVERDREAM" replay "$work/save.jsonl" --verify --json
check "another model's story does not verify" \
    status 4 "$FEVERDREAM" replay "$work/save.jsonl" --verify --json --model embedded
check "the embedded model is whole" status 0 "$FEVERDREAM" model verify
"$FEVERDREAM" perplexity "$work/dev.txt" --json >"$work/out"
check "and predicts" below "$(value bits_per_byte)" 3
printf 'The well, in caf\303\251s: 12 \360\237\225\257' >"$work/in"
"$FEVERDREAM" tokenize <"$work/in" | "$FEVERDREAM" tokenize --decode >"$work/out"
check "tokens are bytes again" cmp -s "$work/in" "$work/out"
finish
