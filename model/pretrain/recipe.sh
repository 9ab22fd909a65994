#!/bin/sh
# recipe.sh - the last stages of the embedded storyteller's training, those that MODEL_CARD.md
# numbers 6 to 13: from an earlier model, half as wide, to the files of assets/model. About eight
# hours on two cores.
#
# usage: recipe.sh FEVERDREAM FROM_DIR BOOKS_DIR WORK_DIR
#
# FEVERDREAM is the program, run from the repository's root; FROM_DIR the model to begin with;
# BOOKS_DIR has public-domain fiction, a text a file. WORK_DIR is made. With what is there already
# nothing is done twice: a stage that was stopped goes on. STEPS=N makes every stage N steps long, to
# try the rest. PYTHON names a python3 with PyTorch.
set -eu
[ $# = 4 ] || { sed -n '2,12p' "$0"; exit 2; }
program=$1 from=$2 books=$3 work=$4 python=${PYTHON:-python3}
here=$(dirname "$0")
mkdir -p "$work"
# Memory that is given back to the system and asked for again costs a third of PyTorch's time.
export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592

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

# torch NAME FROM STEPS BATCH RATE TEXT...: the same by pretrain.py, in so many windows.
torch() {
    name=$1 begin=$2 steps=${STEPS:-$3} batch=$4 rate=$5
    shift 5
    [ ! -e "$work/$name/done" ] || return 0
    "$python" "$here/pretrain.py" "$program" "$@" --from "$begin" --to "$work/$name" \
        --steps "$steps" --batch "$batch" --rate "$rate"
    touch "$work/$name/done"
}

# once FILE COMMAND...: what the command prints, in a file that is whole or not there.
once() {
    file=$1
    shift
    [ -e "$file" ] || { "$@" >"$file.new" && mv "$file.new" "$file"; }
}

# made DIR COMMAND...: what the command makes of a new directory, its last argument; DIR is it when
# it is whole.
made() {
    directory=$1
    shift
    [ ! -e "$directory" ] || return 0
    rm -rf "$directory.new"
    "$@" "$directory.new" && mv "$directory.new" "$directory"
}

once "$work/raw.txt" cat "$books"/*.txt
once "$work/retold.txt" "$program" story corpus --person second "$books"/*.txt
once "$work/prose.txt" "$program" story corpus assets/stories/the-well-house.twee \
    assets/stories/lip-service.twee
once "$work/told.txt" python3 "$here/select.py" "$work/retold.txt"
once "$work/some.txt" head -c 5000000 "$work/raw.txt"
once "$work/few.txt" head -c 1600000 "$work/raw.txt"
once "$work/mixed.txt" python3 "$here/mix.py" "$work/prose.txt" "$here/fragments.txt" 1
once "$work/fragments.txt" awk 'BEGIN { RS = "" } { printf "%s<|endoftext|>", $0 }' \
    "$here/fragments.txt"
raw=$work/raw.txt retold=$work/retold.txt told=$work/told.txt prose=$work/prose.txt

# 6: the books, as they are and retold.
stage books "$from" 3400 1e-3 "$raw" "$retold"
# 7, 8: towards what dreams are like, and the mean of both, made int8.
stage told "$work/books/" 150 3e-4 "$told" "$work/some.txt" "$prose" "$prose" "$prose"
stage last "$work/told/" 110 3e-4 "$told" "$prose" "$prose" "$prose" "$prose"
made "$work/small" python3 "$here/mean.py" "$work/told=0.4" "$work/last=0.6"
[ -e "$work/narrow" ] || "$program" model quantize "$work/small/" --out "$work/narrow/"
# 9, 10: the books again.
stage again "$work/narrow/" 3400 1e-3 "$raw" "$retold"
stage calmer "$work/again/" 1500 6e-4 "$raw" "$retold"
# 11, 12: the same, twice as wide.
made "$work/begun" python3 "$here/widen.py" "$work/calmer"
stage wide "$work/begun/" 1600 4e-4 "$raw" "$retold"
torch wider "$work/wide" 1230 16 3e-4 "$raw" "$retold"
# 13: towards dreams, and the mean of what was before and after, made int8.
torch dreams "$work/wider" 380 16 3e-4 "$work/mixed.txt" "$work/fragments.txt" "$work/few.txt"
made "$work/mean" python3 "$here/mean.py" "$work/wider=0.15" "$work/dreams=0.85"
"$program" model quantize "$work/mean/" --out "$work/model/"
