#!/bin/sh
# The same seed and choices tell the same story, byte for byte: with one thread and with two, under
# OpenBLAS's oldest kernels, with every instruction set this machine has, with foresight and without;
# and the bare model dreams the same under every kernel of OpenBLAS that this machine can run. And the saved story verifies, until a word in it is changed.
. "$(dirname "$0")/lib.sh"

same() { cmp -s "$work/first" "$1"; }

check "a story is told" tell "$work/first" --threads 1
check "it has words" test "$(wc -w <"$work/first")" -gt 600
check "some of it is dreamed" grep -q '"voice":"dreamed"' "$work/first.jsonl"

tell "$work/threads" --threads 2
check "two threads tell the same" same "$work/threads"
tell "$work/nofore" --foresight off
check "without foresight it is the same" same "$work/nofore"
OPENBLAS_CORETYPE=Prescott tell "$work/Prescott"
check "OPENBLAS_CORETYPE=Prescott tells the same" same "$work/Prescott"
check "the bare model dreams" dream "$work/dream"
for core in Prescott:pni Nehalem:sse4_2 Sandybridge:avx Haswell:avx2 Zen:avx2 SkylakeX:avx512vl \
    Cooperlake:avx512_bf16; do
    grep -qw "${core#*:}" /proc/cpuinfo || continue
    OPENBLAS_CORETYPE=${core%:*} dream "$work/again"
    check "OPENBLAS_CORETYPE=${core%:*} dreams the same" cmp -s "$work/dream" "$work/again"
done
for isa in portable avx2 avx512 neon; do
    FEVERDREAM_ISA=$isa "$FEVERDREAM" generate --tokens 1 >/dev/null 2>&1 || continue
    FEVERDREAM_ISA=$isa tell "$work/$isa"
    check "FEVERDREAM_ISA=$isa tells the same" same "$work/$isa"
done
printf '1\n' | "$FEVERDREAM" play --plain --seed "another" --save "" >"$work/other" 2>/dev/null
differs() { ! same "$work/other"; }
check "another seed tells another story" differs

check "the save verifies" status 0 "$FEVERDREAM" replay "$work/first.jsonl" --verify --json
sed 's/"check":"[0-9a-f]*"/"check":"0123456789abcdef"/' "$work/first.jsonl" >"$work/changed.jsonl"
check "a changed save diverges" status 4 "$FEVERDREAM" replay "$work/changed.jsonl" --verify --json
check "and the turn is named" grep -q "Turn" "$work/err"
finish
