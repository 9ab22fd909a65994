#!/bin/sh
# A model's way out of the program and back: exported, measured by PyTorch where there is one,
# imported, played on.
. "$(dirname "$0")/lib.sh"

oracle="$(dirname "$0")/oracle/torch_perplexity.py"
python=$(python_with_torch)
measure() { "$FEVERDREAM" perplexity "$work/text" --model "$1" --json >"$work/$2"; }

head -c 4000 "$FEVERDREAM_ASSETS/stories/the-well-house.twee" >"$work/text"
check "the embedded model is exported" \
    status 0 "$FEVERDREAM" model export embedded --out "$work/float"
check "with all its files" test -s "$work/float/model.safetensors" -a -s "$work/float/config.json" \
    -a -s "$work/float/vocab.json" -a -s "$work/float/merges.txt" \
    -a -s "$work/float/tokenizer_config.json" -a -s "$work/float/generation_config.json"
"$FEVERDREAM" model info "$work/float" --json >"$work/out"
check "as floats" grep -q '"weights":"f32"' "$work/out"
check "never over something" status 1 "$FEVERDREAM" model export embedded --out "$work/float"

measure "$work/float" ours
if [ -n "$python" ]; then
    "$FEVERDREAM" tokenize --model "$work/float" <"$work/text" | "$python" "$oracle" "$work/float" >"$work/theirs"
    check "PyTorch's GPT-2 measures the same" \
        near "$(value nll "$work/ours")" "$(cat "$work/theirs")" 1e-4
else
    echo "skipped: PyTorch's GPT-2 measures the same (no python3 with torch here)"
fi

check "it is imported under its own name" status 0 "$FEVERDREAM" model import "$work/float"
check "and under another, its floats kept" status 0 "$FEVERDREAM" model import \
    "$work/float/model.safetensors" --as kept.1 --keep-float
check "the first is whole" status 0 "$FEVERDREAM" model verify float
check "the second, too" status 0 "$FEVERDREAM" model verify kept.1
"$FEVERDREAM" model info float --json >"$work/out"
check "the first is int8" grep -q '"weights":"i8"' "$work/out"
measure float back
check "and predicts as its source does" near "$(value perplexity "$work/back")" \
    "$(value perplexity "$work/ours")" 5e-3
measure kept.1 back
check "the second exactly so" cmp -s "$work/ours" "$work/back"
check "text comes from it" status 0 "$FEVERDREAM" generate --model float --tokens 8 --prompt "The well"
printf '1\n\n' | "$FEVERDREAM" play --plain --model float --seed x --save "$work/save.jsonl" >/dev/null 2>&1
check "the story is played on it" status 0 "$FEVERDREAM" replay "$work/save.jsonl" --verify --model float
check "a name is given once" status 1 "$FEVERDREAM" model import "$work/float" --as kept.1
check "a published model's name is refused" status 2 "$FEVERDREAM" model import "$work/float" --as gpt2
check "a path is no name" status 2 "$FEVERDREAM" model import "$work/float" --as ../x

mkdir "$work/pickle"
cp "$work/float/config.json" "$work/pickle"
: >"$work/pickle/pytorch_model.bin"
check "a pickle is refused" status 3 "$FEVERDREAM" model import "$work/pickle"
check "with the way to convert it" grep -q 'save_pretrained' "$work/err"
head -c 3000000 "$work/float/model.safetensors" >"$work/pickle/model.safetensors"
cp "$work/float/vocab.json" "$work/float/merges.txt" "$work/pickle"
check "half a model is refused" status 3 "$FEVERDREAM" model import "$work/pickle"
check "and leaves nothing" test "$(ls -A "$FEVERDREAM_HOME/models" | tr '\n' ' ')" = "float kept.1 "
finish
