#!/bin/sh
# The writer's desk on the command line: candidates, keeping, taking back, files of others, trees.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
story=$work/s.twee
before=$work/before.twee
cp "$FEVERDREAM_ASSETS/stories/the-well-house.twee" "$story"
chmod 640 "$story"
cp "$story" "$before"
preview() { "$FEVERDREAM" preview "$story" --at "The Hall" --words 20 --seed x "$@" </dev/null; }
same() { cmp -s "$1" "$2"; }
has() { grep -q -- "$2" "$1"; }

preview -n 3 >"$work/a" && preview -n 3 --threads 1 >"$work/b"
check "the same candidates with any threads" same "$work/a" "$work/b"
preview -n 3 --json >"$work/json"
check "JSON holds them, with every word's likelihood" has "$work/json" '"word_logprobs":\[\["'
check "JSON is one line" [ "$(wc -l <"$work/json")" = 1 ]
preview -n 3 --seed y >"$work/b"
check "another seed, other candidates" [ -s "$work/b" -a "$(cmp "$work/a" "$work/b" >/dev/null; echo $?)" = 1 ]
preview -n 1 --opening "You open the" >"$work/a"
check "an opening is gone on from" has "$work/a" "^You open the "

check "a candidate is kept" status 0 preview -n 3 --keep 2 --as "A New Room" --label "Look again" --json
check "what was kept is said" has "$work/out" '"kept":{"name":"A New Room","label":"Look again"}'
check "the story is sound with it" status 0 "$FEVERDREAM" story check "$story"
check "a backup is beside it" same "$story.bak" "$before"
check "its mode is kept" [ "$(stat -c %a "$story")" = 640 ]
diff "$before" "$story" >"$work/diff"
check "nothing else changed" [ "$(grep -c '^<' "$work/diff")" = 0 ]
check "the passage says how it was made" has "$work/diff" '^> :: A New Room \[dreamed ending\] {"dreamed":{"model":"embedded"'
check "it is linked" has "$work/diff" '^> \[\[Look again->A New Room\]\]$'
check "it can be made again" status 0 "$FEVERDREAM" preview "$story" --again "A New Room"
check "a name that is taken is refused" status 2 preview -n 3 --keep 1 --as "A New Room"
check "a passage is gone on from" status 0 "$FEVERDREAM" preview "$story" --at "A New Room" --words 20 -n 1 --keep 1 --as "Further In"
check "and is no ending any more" has "$story" '^:: A New Room \[dreamed\] {'
check "what was kept last is taken back" status 0 "$FEVERDREAM" preview "$story" --undo
check "and is an ending again" has "$story" '^:: A New Room \[dreamed ending\] {'
printf '\n:: Somebody Else Wrote This [ending]\nWords.\n' >>"$story"
check "so is what was kept before it" status 0 "$FEVERDREAM" preview "$story" --undo
printf '\n:: Somebody Else Wrote This [ending]\nWords.\n' | cat "$before" - >"$work/expected"
check "what others wrote meanwhile stays, the rest is as it was" same "$story" "$work/expected"
check "then there is nothing to take back" status 1 "$FEVERDREAM" preview "$story" --undo
cp "$before" "$story"

label() { preview -n 3 --keep 2 --as Labelled --json "$@" | sed 's/.*"label":"//; s/".*//'; }
check "a label is proposed" [ -n "$(label --threads 2 | tee "$work/a")" ]
check "with which it is linked" has "$story" "^\[\[$(cat "$work/a")->Labelled\]\]$"
cp "$before" "$story"
check "the same with any threads" [ "$(label --threads 1)" = "$(cat "$work/a")" ]
cp "$before" "$story"

check "the best of several sentences is kept" status 0 preview -n 2 --choice 4 --keep 2 --as Chosen
check "and says so" has "$story" '^:: Chosen .*"words":20,"choice":4,'
check "and can be made again" status 0 "$FEVERDREAM" preview "$story" --again Chosen
check "they have a limit" status 2 preview -n 2 --choice 1000
cp "$before" "$story"

check "a tree says what it takes" status 0 preview --depth 2 --breadth 2 --as Tree
check "before it grows" has "$work/err" "^6 passages, about 120 words, about"
check "its branches are shown" has "$work/out" "^    2.2 "
preview --depth 2 --breadth 2 --as Tree --json >"$work/a" 2>"$work/err"
check "one that has grown is not grown again" [ ! -s "$work/err" ]
texts() { sed 's/"name":"[^"]*"//g' "$1"; }
preview --depth 2 --breadth 2 --json >"$work/b" 2>"$work/err"
check "called otherwise it is the same tree" [ "$(texts "$work/a")" = "$(texts "$work/b")" -a ! -s "$work/err" ]
check "and a label for each" [ "$(grep -o '"label":"[^"]' "$work/a" | wc -l)" = 6 ]
check "JSON holds the tree" has "$work/a" '"passages":6,"tree":\[{"id":"1","name":"Tree 1"'
check "it is kept in parts" status 0 preview --depth 2 --breadth 2 --as Tree --keep all,-1.2
check "linked from above" has "$story" '->Tree 2.1\]\]$'
check "without what was left out" [ "$(grep -c '^:: Tree ' "$story")" = 5 ]
check "the story is sound with the tree" status 0 "$FEVERDREAM" story check "$story"
check "a branch can be made again" status 0 "$FEVERDREAM" preview "$story" --again "Tree 2.1"
sed 's/^\(:: Tree 2 .*\)"hash":"[0-9a-f]*"/\1"hash":"00000000000000000000000000000000"/' "$story" >"$work/other.twee"
check "one that would be told differently is noticed" status 4 "$FEVERDREAM" preview "$work/other.twee" --again "Tree 2"
check "another tree has names of its own" status 0 preview --depth 1 --breadth 2 --keep all
check "and another" status 0 preview --depth 1 --breadth 2 --keep 2
check "told by their number" has "$story" '->The Hall, dreamed 2 2\]\]$'
"$FEVERDREAM" preview "$story" --undo >/dev/null
"$FEVERDREAM" preview "$story" --undo >/dev/null
check "all of it is taken back" status 0 "$FEVERDREAM" preview "$story" --undo
check "byte for byte" same "$story" "$before"

# A tree that is stopped goes on, to the same tree.
export FEVERDREAM_HOME="$work/other-home"
"$FEVERDREAM" preview "$story" --at "The Hall" --seed z --words 60 --depth 5 --breadth 2 >"$work/a" 2>"$work/err" </dev/null &
pid=$!
for _ in $(seq 100); do ls "$FEVERDREAM_HOME"/preview/tree-*.json >/dev/null 2>&1 && break; sleep 0.02; done
kill -INT $pid
wait $pid
check "Ctrl-C stops a tree" [ $? = 1 ]
check "and says how far it is" has "$work/err" "Stopped with .* of 62 passages; the same command goes on"

# A project of several files and folders, with Windows line ends in one.
cp -r "$here/twee/project" "$work/project"
check "a folder is a story" status 0 "$FEVERDREAM" preview "$work/project" --at "The Second Room" -n 2 --words 20 --keep 1 --as "Behind It"
check "kept in the file of its passage" has "$work/project/chapters/2-second.twee" ':: Behind It \[dreamed'
check "with its line ends" [ "$(grep -c "$(printf '\r')\$" "$work/project/chapters/2-second.twee")" = "$(wc -l <"$work/project/chapters/2-second.twee")" ]
check "the other files are as they were" same "$work/project/chapters/1-first.tw" "$here/twee/project/chapters/1-first.tw"
check "taken back" status 0 "$FEVERDREAM" preview "$work/project" --undo
check "every byte of it" same "$work/project/chapters/2-second.twee" "$here/twee/project/chapters/2-second.twee"

# Stories of other formats: their markup is no part of what is read, and stays in the file.
for one in "sugarcube.tw|The Corridor" "twine-harlowe.twee|Harbour wall" "chapbook.twee|Opposite"; do
    foreign=${one%%|*}
    { cat "$here/twee/$foreign" && echo; } >"$work/original" # one of them has no last line end
    cp "$work/original" "$work/$foreign"
    check "$foreign: one is kept" status 0 "$FEVERDREAM" preview "$work/$foreign" --at "${one#*|}" -n 2 --words 20 --keep 1 --as "Kept Here" --json
    diff "$work/original" "$work/$foreign" >"$work/diff"
    check "$foreign: nothing else changed" [ "$(grep -c '^<' "$work/diff")" = 0 ]
    check "$foreign: it is linked" has "$work/diff" '->Kept Here\]\]'
    check "$foreign: it can be made again" status 0 "$FEVERDREAM" preview "$work/$foreign" --again "Kept Here"
    check "$foreign: taken back" status 0 "$FEVERDREAM" preview "$work/$foreign" --undo
    check "$foreign: byte for byte" same "$work/$foreign" "$work/original"
    "$FEVERDREAM" story corpus "$work/$foreign" >"$work/corpus" 2>/dev/null
    check "$foreign: a corpus holds none of its markup" [ -s "$work/corpus" -a "$(sed 's/<|endoftext|>//g' "$work/corpus" | grep -c '[<>$@{}]')" = 0 ]
done

check "a passage that is not there is told" status 2 "$FEVERDREAM" preview "$story" --at "The Hell" -n 1
check "so is a candidate" status 2 preview -n 2 --keep 3
check "and a bad story" status 3 "$FEVERDREAM" preview "$here/twee/odd.twee" --at Last
check "with its line" has "$work/err" "odd.twee:[0-9]*: "
finish
