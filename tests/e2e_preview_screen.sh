#!/bin/sh
# The writer's desk in a real terminal, at three sizes: candidates, words, edits, keeping, following.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: the writer's desk (no tmux)"; exit 0; }

. "$(dirname "$0")/terminal.sh"
story=$work/s.twee
before=$work/before.twee
cp "$FEVERDREAM_ASSETS/stories/the-well-house.twee" "$story"
cp "$story" "$before"
same() { cmp -s "$1" "$2"; }
has() { grep -q -- "$2" "$1"; }
waits() { for _ in $(seq 100); do "$@" && return 0; sleep 0.1; done; return 1; }
desk() { # desk WIDTH HEIGHT OPTIONS...
    width=$1 height=$2
    shift 2
    $pane kill-server 2>/dev/null
    times=$((times + 1))
    pane="tmux -L feverdream-$$-$times"
    $pane new-session -d -s t -x "$width" -y "$height" \
        "env EDITOR='$work/editor' FEVERDREAM_HOME='$FEVERDREAM_HOME' LC_ALL=C.UTF-8 '$FEVERDREAM' preview '$story' --at '${at:-The Hall}' --seed w --words 20 --temperature 0.7 $*; echo left with \$?; sleep 60"
}
printf '#!/bin/sh\nprintf "Nobody writes this elsewhere.\\n" >"$1"\n' >"$work/editor"
chmod +x "$work/editor"
"$FEVERDREAM" preview "$story" --at "The Hall" --seed w --words 20 --temperature 0.7 -n 5 >"$work/plain" </dev/null
label() { # what the command proposes for a candidate
    cp "$before" "$work/labelled.twee"
    "$FEVERDREAM" preview "$work/labelled.twee" --at "The Hall" --seed w --words 20 \
        --temperature 0.7 -n 5 --keep "$1" --json </dev/null | sed 's/.*"label":"//; s/".*//'
}
first() { sed -n "/^$1) /{n;p;}" "$work/plain" | cut -c1-"$2"; }

# Taken back as soon as the model has stopped writing; there is one step to go back.
undone() { keys u; sleep 0.4; screen | grep -q -- "$(first 1 40)" && ! differs; }
differs() { screen | sed -n "/> 1 /p" | grep -q -v -- "$words"; }

desk 120 40 -n 4
check "the passage and candidates side by side" shows "The Hall .* 4 of 20 words at 0.70"
check "each with its likelihood" shows "^.*4  [0-9]* words  -[0-9.]* a word"
check "the words are those of the command" shows "$(first 2 40)"
keys +
check "one more is drawn" shows "$(first 5 40)"
keys h
check "hotter" shows "at 0.75"
keys c
check "and cooler again, to the same words" shows "$(first 3 40)"
keys l
check "longer" shows "of 40 words"
keys L
check "shorter" shows "of 20 words"
keys b
check "better ones, of chosen sentences" shows "0.70, best of 2"
check "are ranked as well" shows "ranked first"
keys B
check "and as they come again" shows "0.70  seed"
check "all are ranked" shows "ranked first"
words=$(screen | sed -n 's/.*\(> 1  [0-9]* words\).*/\1/p')
keys w
check "words are looked into" shows "arrows choose a word"
keys Right Right Enter
check "what else was weighed is listed" shows "In its place:"
keys j Enter
check "and gone on from" shows "> 1  [0-9]* words"
check "taken back" waits undone
keys ">"
check "a candidate goes on" waits differs
check "taken back, too" waits undone
keys E
check "it is changed in an editor" shows "Nobody writes this elsewhere"
check "which its head says" shows "> 1  4 words  edited"
keys w
check "its words are looked into as well" shows '"Nobody"   arrows choose a word'
keys Escape
check "and back" waits undone
keys K
check "keeping asks for a label first" shows "Label of the link: $(label 1)"
sed 's/Its latch has been wrapped/The latch is wrapped/' "$before" >"$story"
keys Enter
check "then for a name" shows "Name of the passage:"
keys Enter
check "and is refused after a change elsewhere" shows "was changed by another program"
keys r
check "until the story is read again" shows "latch is wrapped"
cp "$before" "$story"
sleep 0.3
keys r
check "and again" shows "latch has been"
check "the candidates, too" shows "$(first 4 40)"
check "which are ranked once they are whole" shows "ranked first"
keys K
check "keeping asks for a label" shows "Label of the link:"
keys C-u
paste "Look\nagain"
keys Enter
check "and a name" shows "Name of the passage:"
keys C-u "A Kept Room" Enter
check "and keeps" shows 'Kept as "A Kept Room"'
check "in the file" has "$story" '^\[\[Look again->A Kept Room\]\]$'
check "which the desk says, too" shows "> 1  [0-9]* words  -[0-9.]* a word  kept"
check "which is sound" status 0 "$FEVERDREAM" story check "$story"
check "beside a backup" same "$story.bak" "$before"
keys u
check "what was kept is taken back" shows "Taken back: A Kept Room"
check "byte for byte" same "$story" "$before"
keys o
check "an opening is typed" shows "The candidates begin with"
paste "You listen at"
keys C-s
check "and gone on from" shows "You listen at"
keys s
check "another seed" shows 'seed "w 2"'
check "with candidates of its own" shows "ranked first"
keys p
check "other ways lead here" shows "Before You Go In, The Gate, The Hall"
keys j
check "each with those before it" shows "The Gate, The Post Office, The Thursday Bread,"
keys Enter
check "one is taken" shows "The Hall  < The Thursday Bread"
check "with candidates after it" shows "ranked first"
keys g
check "passages are listed" shows "/ search"
keys / "wash H"
check "and narrowed by what is typed" shows "^ *› The Wash House"
keys Enter
check "Enter goes there" shows "The Wash House *< "
keys "?"
check "keys are told" shows "The writer's desk"
keys q
keys q
check "it leaves cleanly" shows "left with 0"

desk 80 24 -n 2 --watch
check "one below the other on a narrow screen" shows "2 of 20 words"
check "with a candidate" shows "^ *> 1  [0-9]* words"
sleep 1.1
sed 's/^The front door opens without a click/The front door opens with a sigh/' "$before" >"$story"
check "a story changed elsewhere is read again" shows "read again"
sed 's/^\[\[Unlock the front door->The Hall\]\]/[[Unlock->Nowhere At All]]/' "$before" >"$story"
check "a broken one is told with its line" shows "s.twee:[0-9]*:"
cp "$before" "$story"
keys q
check "and leaves" shows "left with 0"

cp -r "$(dirname "$0")/twee/project" "$work/project"
story=$work/project at="The First Room" desk 80 24 -n 2 --watch
check "a folder is followed" shows "^ *> 1  [0-9]* words"
sleep 1.1
printf ':: A New Room [ending]\nIt is new.\n' >"$work/project/chapters/4-new.twee"
printf '\n[[Out->A New Room]]\n' >>"$work/project/chapters/1-first.tw"
check "with a file that appears in it" shows "read again"
keys q

desk 40 12 -n 2 --words 60
check "a long candidate on a small screen" shows "^ *> 1  [0-9]* words"
keys NPage
sleep 0.6
check "is scrolled to stay" sh -c "! $pane capture-pane -p -t t | grep -q '> 1  [0-9]* words'"
keys j
check "until another is chosen" shows "^ *> 2  [0-9]* words"
keys q
check "left" shows "left with 0"

desk 40 12 -n 2
check "a small screen still works" shows "> 1  [0-9]* words"
keys j
check "and moves" shows "> 2 "
keys g
check "passages are listed" shows "^ *› • *The Hall\|^ *› The Hall"
keys / pond
check "narrowed" shows "^ *› The Pond"
alone() { ! screen | grep -q "The Hall"; }
check "to it alone" waits alone
check "as the last row says" sh -c "$pane capture-pane -p -t t | tail -n 1 | grep -q '^ */pond'"
keys Escape
check "and all are there again around it" shows "The Foot of the Ladder"
keys / zzz
check "what is nowhere is said" shows "Nothing like that is here"
keys Escape
check "  and leads back" shows "^ *› The Pond"
keys q
check "no farther" shows "> 2 "
keys t
check "a tree is offered" shows "branches"
keys Enter
check "it grows" shows "^ *›.* 1 "
keys k q
keys q
check "leaves, too" shows "left with 0"
finish
