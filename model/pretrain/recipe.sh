#!/bin/sh
# recipe.sh - the last stages of the embedded storyteller's training, those that MODEL_CARD.md
# numbers 6 to 8: from an earlier model to the files of assets/model. About two hours on two cores.
#
# usage: recipe.sh FEVERDREAM FROM_DIR BOOKS_DIR WORK_DIR
#
# FEVERDREAM is the program, run from the repository's root; FROM_DIR the model to begin with;
# BOOKS_DIR has public-domain fiction, a text a file. WORK_DIR is made. With what is there already
# nothing is done twice: a stage that was stopped goes on. STEPS=N makes every stage N steps long, to
# try the rest.
set -eu
[ $# = 4 ] || { sed -n '2,10p' "$0"; exit 2; }
program=$1 from=$2 books=$3 work=$4
here=$(dirname "$0")
mkdir -p "$work"

# stage NAME FROM STEPS RATE TEXT...: trains unless that was done, in 8 windows of 512 tokens.
stage() {
    name=$1 begin=$2 steps=${STEPS:-$3} rate=$4
    shift 4
    [ ! -e "$work/$name/done" ] || return 0
    if [ -e "$work/$name/training.safetensors" ]; then
        "$program" train --resume --out "$work/$name/" --yes
    else
        "$program" train "$@" --from "$begin" --out "$work/$name/" --held-out 0 --steps "$steps" \
            --batch 8 --context 512 --optimizer muon --lr "$rate" --yes
    fi
    touch "$work/$name/done"
}

# once FILE COMMAND...: what the command prints, in a file that is whole or not there.
once() {
    file=$1
    shift
    [ -e "$file" ] || { "$@" >"$file.new" && mv "$file.new" "$file"; }
}

once "$work/raw.txt" cat "$books"/*.txt
once "$work/retold.txt" "$program" story corpus --person second "$books"/*.txt
once "$work/told.txt" python3 "$here/select.py" "$work/retold.txt"
once "$work/prose.txt" "$program" story corpus assets/stories/the-well-house.twee \
    assets/stories/lip-service.twee
once "$work/some.txt" head -c 5000000 "$work/raw.txt"
prose=$work/prose.txt

# 6: the books, as they are and retold.
stage books "$from" 3400 1e-3 "$work/raw.txt" "$work/retold.txt"
# 7, 8: towards what dreams are like, and the mean of both, made int8.
stage told "$work/books/" 150 3e-4 "$work/told.txt" "$work/some.txt" "$prose" "$prose" "$prose"
stage last "$work/told/" 110 3e-4 "$work/told.txt" "$prose" "$prose" "$prose" "$prose"
if [ ! -e "$work/mean" ]; then
    rm -rf "$work/mean.new"
    python3 "$here/mean.py" "$work/told" "$work/last" 0.4 "$work/mean.new"
    mv "$work/mean.new" "$work/mean"
fi
"$program" model quantize "$work/mean/" --out "$work/model/"
