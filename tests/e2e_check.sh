#!/bin/sh
# Proof-reading: each kind finds its slip in its line, and says nothing of what only looks like one.
. "$(dirname "$0")/lib.sh"

# found STORY LINE WORDS: whether that line is found fault with, in those words.
found() { "$FEVERDREAM" story check "$1" 2>&1 | grep -q "^$1:$2: .*$3"; }
quiet() { out=$("$FEVERDREAM" story check "$1" --strict 2>&1) || { echo "$out"; return 1; }; }

for story in "$FEVERDREAM_ASSETS"/stories/*.twee; do
    check "$(basename "$story") is clean" quiet "$story"
done

cat >"$work/slips.twee" <<'END'
:: Start
Your mother Alice keeps the lamp. Then Margaret came, with Margaret and old Margaret, and so did Margaret.

You open the door. You went in. You see the lamp.

You take the lamp and I hold the door.

[[on->Kept]]

:: Kept [dreamed]
"Stay, he says.

It is cold, says Margret. By the well stands Harold. My hand is wet on my knee, and your mother Ellen sees it.

[[on->Copy]]

:: Copy
The water is black and it goes down past the stones that the boys laid there in the year of the drought, and nobody has ever let a line down far enough to know.

[[on->Other]]

:: Other [ending]
The water is black and it goes down past the stones that the boys laid there in the year of the drought, and nobody has ever been asked.
END
check "two names of your mother" found "$work/slips.twee" 13 'called "Ellen" here, and "Alice"'
check "a name spelt twice" found "$work/slips.twee" 13 'is it "Margaret", which stands 4 times'
check "a stranger in a dream" found "$work/slips.twee" 13 '"Harold" stands nowhere but'
check "the past among the present" found "$work/slips.twee" 4 '"You went" stands in the past'
check "I in a sentence of yours" found "$work/slips.twee" 6 '"I" stands outside'
check "my in a kept dream" found "$work/slips.twee" 13 '"My" stands outside'
check "once in its sentence" [ "$("$FEVERDREAM" story check "$work/slips.twee" --only person 2>&1 | grep -c 'slips.twee:13: ')" = 1 ]
check "and a name once" [ "$("$FEVERDREAM" story check "$work/slips.twee" --only name 2>&1 | grep -c 'Margret')" = 1 ]
check "an open quotation" found "$work/slips.twee" 11 'not closed'
check "two passages alike" found "$work/slips.twee" 22 '"Other" and "Copy"'
check "they are warnings" status 0 "$FEVERDREAM" story check "$work/slips.twee"
check "but with --strict" status 3 "$FEVERDREAM" story check "$work/slips.twee" --strict
check "or of kinds not asked for" status 0 "$FEVERDREAM" story check "$work/slips.twee" --strict --only length,loop
check "--only takes the kinds" status 2 "$FEVERDREAM" story check "$work/slips.twee" --only spelling
check "as one object" status 0 "$FEVERDREAM" story check "$work/slips.twee" --json
check "on one line" sh -c "[ \$(wc -l <'$work/out') = 1 ]"
check "with kind, line and passage" grep -q '"kind":"tense","file":"[^"]*","line":4,"passage":"Start"' "$work/out"

cat >"$work/fine.twee" <<'END'
:: Start
{~"Go," he says.|"Stay," he says.} “And then,” she says, “no.” Six foot of "rope".

"This goes on

"and is closed." The letter says: You were kind and I was not. I am sorry.

You were here once. You came by the ford. You had a dog. You walk past the mine, and America is far, say the Americans.

Mr Pask and Mrs Pask; the Pasks, in Pask and near Pask. You think, I have been here. You go on.

[[on->End]]

:: End [ending]
It ends.
END
check "what is no slip is left alone" quiet "$work/fine.twee"

{
    printf ':: Start\n[[on->P1]]\n\n'
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
        printf ':: P%s\n' "$i"
        for word in $(seq $((i == 7 ? 90 : i == 9 ? 3 : 20 + i % 3))); do printf 'w%s%s ' "$i" "$word"; done
        printf '\n\n[[on->P%s]]\n\n' $((i + 1))
    done
    printf ':: P22 [ending]\nEnd.\n'
} >"$work/long.twee"
check "a passage far longer" found "$work/long.twee" 34 '"P7" has 90 words, far more'
check "and one far shorter" found "$work/long.twee" 44 '"P9" has 3 words, far fewer'
check "and no other" sh -c "[ \$('$FEVERDREAM' story check '$work/long.twee' | wc -l) = 2 ]"
finish
