#!/bin/sh
# The scripts of model/pretrain: what they make of a model, and of a text.
. "$(dirname "$0")/lib.sh"
pretrain=$(dirname "$0")/../model/pretrain
command -v python3 >/dev/null 2>&1 || { echo "skipped: model/pretrain (no python3)"; exit 0; }
printf 'You stand at the door of the house and listen to the water.\n' >"$work/text"
perplexity() { "$FEVERDREAM" perplexity "$work/text" --model "$1" --json; }

check "a model is written as floats" status 0 "$FEVERDREAM" model export embedded --out "$work/float"
check "the mean of a model and itself" status 0 python3 "$pretrain/mean.py" "$work/float" \
    "$work/float" 0.25 "$work/same"
said=$(perplexity "$work/same/")
check "is that model" test -n "$said" -a "$said" = "$(perplexity "$work/float/")"

told='You had come to the door. You put your hand on it.'
printf '%s<|endoftext|>%s<|endoftext|>%s<|endoftext|>' 'He had come. His hand was cold.' "$told" \
    '"You had your hat," you said, and you put it on your head.' >"$work/corpus"
check "segments are chosen" status 0 python3 "$pretrain/select.py" "$work/corpus"
check "as dreams are told" test "$(cat "$work/out")" = "$told<|endoftext|>"

# The whole of it, a step of each stage.
mkdir "$work/books"
for n in $(seq 100); do
    printf 'I had come to the door of house %s. I put my hand on it, and my lamp went out.\n\n' "$n"
done >"$work/books/one.txt"
recipe() { (cd "$pretrain/../.." && STEPS=1 sh model/pretrain/recipe.sh "$FEVERDREAM" assets/model/ \
    "$work/books" "$work/made"); }
check "the recipe is followed" status 0 recipe
check "to a model in whole numbers" status 0 "$FEVERDREAM" model info "$work/made/model/"
check "of that shape" grep -q 'stored as i8' "$work/out"
check "and again, nothing being done twice" status 0 recipe

# Means of two of those stages.
says_as() { # says_as SHARE STAGE: with that share of `told`, the rest of `last`
    rm -rf "$work/mean"
    python3 "$pretrain/mean.py" "$work/made/told" "$work/made/last" "$1" "$work/mean" &&
        said=$(perplexity "$work/mean/") && [ "$said" = "$(perplexity "$work/made/$2/")" ]
}
check "all of one is that one" says_as 1 told
check "and none of it the other" says_as 0 last
check "in which they differ" sh -c '[ "$1" != "$2" ]' - "$(perplexity "$work/made/told/")" \
    "$(perplexity "$work/made/last/")"
check "half of each is neither" sh -c '[ -n "$1" ] && [ "$1" != "$2" ]' - "$said" \
    "$(python3 "$pretrain/mean.py" "$work/made/told" "$work/made/last" 0.5 "$work/half" && perplexity "$work/half/")"
finish
