#!/bin/sh
# What writers ask of a story: is it whole, how big is it, what do many readings meet; asked of the
# stories that come with the program, too.
. "$(dirname "$0")/lib.sh"

between() { awk -v n="$2" -v low="$1" -v high="$3" 'BEGIN { exit !(n >= low && n <= high) }'; }
# Every ending is met, and none by more than two readings of five.
endings_share() {
    sed 's/.*"ending_shares":{\(.*\)}}/\1/; s/,"/\n"/g' "$work/out" |
        awk -F: '{ if ($NF <= 0 || $NF > 0.4) { print "ending", $0; bad = 1 } } END { exit bad }'
}

for story in "$FEVERDREAM_ASSETS"/stories/*.twee; do
    check "$(basename "$story") is whole" status 0 "$FEVERDREAM" story check "$story"
done

house=$FEVERDREAM_ASSETS/stories/the-well-house.twee
"$FEVERDREAM" story stats "$house" --json >"$work/out"
check "the house has 25,000 words of prose" between 25000 "$(value words)" 100000
check "and more in its dreams" between 2500 "$(value dream_words)" 10000
"$FEVERDREAM" story play "$house" --times 150 --seed e2e --json >"$work/out"
check "every reading ends" between 150 "$(value endings)" 150
check "after 15 to 30 turns" between 15 "$(value turns_median)" 30
check "a third to a half of them dream" between 0.33 "$(value dreaming_share)" 0.5
"$FEVERDREAM" story play "$FEVERDREAM_ASSETS/stories/lip-service.twee" --times 150 --json >"$work/out"
check "the studio's endings are all met, none too often" endings_share

printf '%s\n' ':: Start' '{~a|b} {?never: c} {?not never: d|e}' '[[go->A]]' '{?never: [[no->A]]}' \
    ':: A [ending]' '{dream 9 "You": You end.}' >"$work/small.twee"
check "readings are counted" status 0 "$FEVERDREAM" story play "$work/small.twee" --times 30
cp "$work/out" "$work/counts"
never() { grep -q "small.twee:$1" "$work/counts"; }
check "with the ending's share" grep -q "100.0%  A" "$work/counts"
check "and the share that dreams" grep -q "50.0% of the turns dream" "$work/counts"
check "an untold alternative is named" never "2: Alternative 1 was never told."
check "and an else that is never told" never "2: Alternative 2 was never told."
check "an untaken link is named" never "4: This link was never taken."
check "what was met is not" sh -c "! grep -q 'small.twee:3' '$work/counts'"
check "so many and no more" grep -q "1 links were never taken, 3 alternatives never told" "$work/counts"

mkdir -p "$work/project/chapters"
printf ':: StoryData\n{"start": "Gate", "format": "SugarCube"}\n\n:: Gate\n<<set $x to 1>>\n[[In->Hall][$x to 2]]\n' >"$work/project/a.twee"
printf ':: Hall\nA hall.\n\n[[Out|Lane]]\n' >"$work/project/chapters/hall.tw"
printf ':: Lane [ending]\nA lane.\n' >"$work/project/chapters/z.twee"
printf 'not a story\n' >"$work/project/notes.txt"
check "a folder of files is one story" status 0 "$FEVERDREAM" story check "$work/project/"
printf '1\n1\n' | "$FEVERDREAM" play --plain --no-dream "$work/project" >"$work/told" 2>&1
check "that plays, macros and setters read over" grep -q "A lane." "$work/told"
printf ':: Lane\n[[x->Hal]]\n' >"$work/project/chapters/y.twee"
check "a name told twice is refused" status 3 "$FEVERDREAM" story check "$work/project"
check "with both places" grep -q "z.twee:1: There is a passage \"Lane\" in line 1 of .*/y.twee" "$work/err"
rm "$work/project/chapters/z.twee"
check "a dead link is weak in a story of another format" status 3 "$FEVERDREAM" story check "$work/project"
check "in its own file and line" grep -q "chapters/y.twee:2: The link leads to \"Hal\"" "$work/out"
sed -i 's/, "format": "SugarCube"//; s/<<set.*//' "$work/project/a.twee"
check "and refused in ours" status 3 "$FEVERDREAM" story check "$work/project"
check "with its place" grep -q "chapters/y.twee:2: The link names \"Hal\"" "$work/err"
mkdir "$work/empty"
check "a folder without a story is refused" status 3 "$FEVERDREAM" story check "$work/empty"
finish
