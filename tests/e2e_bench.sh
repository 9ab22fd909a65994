#!/bin/sh
# The bench measures the embedded model and says what it measured; shapes are made and removed.
. "$(dirname "$0")/lib.sh"

figures='load_ms read_gb_per_s prefill_tokens_per_s decode_tokens_per_s decode_share_of_read
    decode_4_tokens_per_s decode_8_tokens_per_s draw_us tokenize_mb_per_s train_tokens_per_s peak_mb'

check "the embedded model is measured" status 0 "$FEVERDREAM" bench --json --threads 2
positive() { grep -Eq "\"$1\":[0-9.e-]*[1-9]" "$work/out"; }
for figure in $figures; do
    check "$figure is above 0" positive "$figure"
done
check "it says with what" grep -Eq '"isa":"(portable|avx2|avx512|neon)","threads":2' "$work/out"

check "an unknown shape is refused" status 2 "$FEVERDREAM" bench --shape 125M
check "a model and a shape are too much" status 2 "$FEVERDREAM" bench --shape 124M --model embedded
check "there is no place for a shape" status 1 env TMPDIR="$work/none" "$FEVERDREAM" bench --shape 124M
finish
