#!/bin/sh
# The scripts of model/pretrain: what they make of a model, and of a text.
. "$(dirname "$0")/lib.sh"
pretrain=$(dirname "$0")/../model/pretrain
command -v python3 >/dev/null 2>&1 || { echo "skipped: model/pretrain (no python3)"; exit 0; }
printf 'You stand at the door of the house and listen to the water.\n' >"$work/text"
perplexity() { "$FEVERDREAM" perplexity "$work/text" --model "$1" --json; }

check "a model is written as floats" status 0 "$FEVERDREAM" model export embedded --out "$work/float"
check "the mean of a model and itself" status 0 python3 "$pretrain/mean.py" \
    "$work/float=1" "$work/float=3" "$work/same"
said=$(perplexity "$work/same/")
check "is that model" test -n "$said" -a "$said" = "$(perplexity "$work/float/")"

told='You had come to the door. You put your hand on it.'
printf '%s<|endoftext|>%s<|endoftext|>%s<|endoftext|>' 'He had come. His hand was cold.' "$told" \
    '"You had your hat," you said, and you put it on your head.' >"$work/corpus"
check "segments are chosen" status 0 python3 "$pretrain/select.py" "$work/corpus"
check "as dreams are told" test "$(cat "$work/out")" = "$told<|endoftext|>"

printf 'One.<|endoftext|>Two.<|endoftext|>Three.<|endoftext|>' >"$work/prose"
seq 11 | sed 's/.*/You had & hats.\n/' >"$work/fragments"
check "fragments are set among prose" status 0 python3 "$pretrain/mix.py" "$work/prose" \
    "$work/fragments" 1
sed 's/<|endoftext|>/\n/g' "$work/out" >"$work/mixed"
check "two segments and ten of them" sh -c 'sed -n "1p;2p;13p;14p" "$1" | tr "\n" " " |
    grep -qx "One. Two. Three. One. "' - "$work/mixed"
check "each of them once" sh -c '[ "$(grep "^You had" "$1" | sort -u | wc -l)" = 11 ] &&
    [ "$(wc -l <"$1")" = 15 ]' - "$work/mixed"

mkdir "$work/books"
for n in $(seq 100); do
    printf 'I had come to the door of house %s. I put my hand on it, and my lamp went out.\n\n' "$n"
done >"$work/books/one.txt"
begin() { # begin DIR STEPS: a small model, the same but for how far it was taught
    status 0 "$FEVERDREAM" train "$work/books/one.txt" --fresh 32x2x2 --vocab 300 --context 512 \
        --batch 2 --steps "$2" --held-out 0 --out "$1/" --yes
}
one=$work/one two=$work/two
check "a small model to begin with" begin "$one" 1
check "and one that learned more" begin "$two" 2
says() { "$FEVERDREAM" perplexity "$work/text" --model "$1"; }
same_words() { [ -n "$(says "$1")" ] && [ "$(says "$1")" = "$(says "$2")" ]; }
check "it is made twice as wide" status 0 python3 "$pretrain/widen.py" "$two" "$work/wide"
check "and says what it said" same_words "$work/wide/" "$two/"

# Means of two models.
says_as() { # says_as SHARE SHARE DIR: with those shares of one and two
    rm -rf "$work/mean"
    python3 "$pretrain/mean.py" "$one=$1" "$two=$2" "$work/mean" &&
        said=$(perplexity "$work/mean/") && [ "$said" = "$(perplexity "$3/")" ]
}
check "all of one is that one" says_as 2 0 "$one"
check "and none of it the other" says_as 0 1 "$two"
check "in which they differ" sh -c '[ "$1" != "$2" ]' - "$(perplexity "$one/")" "$(perplexity "$two/")"
check "half of each is neither" sh -c '[ -n "$1" ] && [ "$1" != "$2" ]' - "$said" \
    "$(python3 "$pretrain/mean.py" "$one=1" "$two=1" "$work/half" && perplexity "$work/half/")"

# By PyTorch, where there is one.
python=$(python_with_torch)
if [ -z "$python" ]; then
    echo "skipped: training by PyTorch (no python3 with torch here)"
    finish
    exit 0
fi
teach() { # teach DIR: on that book
    "$python" "$pretrain/pretrain.py" "$FEVERDREAM" "$work/books/one.txt" --from "$work/float" \
        --to "$1" --batch 2 --context 64 --rate 1e-3 --steps 12 --save 0
}
taught=$work/taught halved=$work/halved
bits() { "$FEVERDREAM" perplexity "$work/books/one.txt" --model "$1" --json >"$work/out" && value bits_per_byte; }
"$FEVERDREAM" tokenize <"$work/text" >"$work/tokens"
check "its network computes what PyTorch does" status 0 "$python" \
    "$(dirname "$0")/oracle/torch_network.py" "$pretrain" "$work/float" "$work/tokens"
nats=$(cat "$work/out")
perplexity "$work/float/" >"$work/ours"
check "and what the program does" near "$nats" "$(value nll "$work/ours")" 1e-2
check "a model is taught" status 0 teach "$taught"
check "and has learned" below "$(bits "$taught/")" "$(bits "$work/float/")"
teach "$halved" 2>/dev/null | sed '/^step 5/q' >/dev/null
check "it goes on" status 0 teach "$halved"
check "from there" sh -c '! grep -q "^step 5/" "$1" && grep -q "^step 6/" "$1"' - "$work/out"
check "to the same bits" cmp "$halved/model.safetensors" "$taught/model.safetensors"

# The whole of it, a step of each stage.
recipe() { (cd "$pretrain/../.." && PYTHON=$python STEPS=1 sh model/pretrain/recipe.sh "$FEVERDREAM" \
    "$one/" "$work/books" "$work/made"); }
check "the recipe is followed" status 0 recipe
check "to a model in whole numbers" status 0 "$FEVERDREAM" model info "$work/made/model/"
check "of that shape" grep -q 'stored as i8' "$work/out"
check "and again, nothing being done twice" status 0 recipe
check "its stages widen a model" same_words "$work/made/begun/" "$work/made/calmer/"
finish
