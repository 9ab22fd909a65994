#!/bin/sh
# The keys for what a player may do beside choosing, in a real terminal.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: the keys (no tmux)"; exit 0; }
. "$(dirname "$0")/terminal.sh"

printf '1\nAda\n\n\n1\n' | "$FEVERDREAM" play --plain --offline --seed keys >/dev/null 2>&1
begin 90 60 --offline --resume
shows "The Well House" >/dev/null
keys Enter
check "the story is there" shows "Look into the parlour"
keys G u
check "u undoes" shows "Unlock the front door"
keys U
check "U redoes" shows "1  Look into the parlour"
keys T
check "T shows the map" shows "the house by the canal  *turn 5"
keys Escape
keys M
check "M shows the pinned facts" shows "Pinned facts: 0 of"
keys Enter
shows "A fact to be remembered" >/dev/null
paste "The lamp is green.\n"
keys C-s
check "a fact is pinned" shows "The lamp is green. .* tokens"
keys Escape
keys C
check "C shows what the model is given" shows "The next dream reads"
keys Escape
keys E
check "E rewrites the dream" shows "Rewrite the dream"
paste "Mine,\nit is."
keys C-s
check "which is then told" shows "Mine,\$"
keys O
check "O draws other tellings" shows "Other tellings"
all_told() { screen | grep -c '[0-9] words$' | grep -q 6; } # told, rewritten, and four more
for _ in $(seq 100); do all_told && break || sleep 0.1; done
check "which come one after the other" all_told
keys Escape
keys Tab
shows "do >" >/dev/null
paste "open the\nwindow\n"
keys Enter
check "a deed is told" shows "You open the window\."
shows "Tab: your own words" >/dev/null
keys G # shows at once what is still being told
sleep 0.5
keys L
check "L lists the saves" shows "Saved stories"
keys Escape
keys X
check "X offers files" shows "A page for a browser"
keys Enter
check "and writes them" shows "Written to"
keys q
shows "Leave" >/dev/null
keys y
check "it leaves cleanly" shows "left with 0"

# A key that has no use now says so; while a dream is awaited, which is slow here, too.
export FEVERDREAM_ISA=portable
begin 80 24 --offline --resume --threads 1 --foresight off
shows "The Well House" >/dev/null
keys Enter
shows "Tab: your own words" >/dev/null
keys G 9
check "a choice that is not there" shows "There is no such choice here"
keys n
check "a match of no search" shows "Nothing is searched for"
for key in T O L 1; do
    keys Tab
    shows "do >" >/dev/null
    paste "look about"
    keys Enter $key
    check "$key while a dream is awaited" shows "A dream is being told; u gives up\."
    check "  beside how far it is" shows "dreaming"
    keys u
    check "  which u gives up" shows "Tab: your own words"
done
keys q
shows "Leave" >/dev/null
keys y
check "it leaves cleanly" shows "left with 0"
unset FEVERDREAM_ISA

# Hints that are wider than the screen take two rows.
begin 40 12 --offline --resume
shows "The Well House" >/dev/null
keys Enter
shows "  more ↓" >/dev/null
hints() { # hints KEY WORDS...: a view's last two rows have them all, uncut
    keys "$1"
    shift
    for words in "$@"; do
        shows "$words" >/dev/null && screen | tail -n 2 | grep -q -- "$words" || { screen; return 1; }
    done
    ! screen | tail -n 2 | grep -q "…"
}
check "all hints of the saves" hints L "Enter plays one, r renames," "c copies, d deletes, Esc goes back"
keys Escape
check "of the facts" hints M "Enter changes or adds, d takes out," "Esc goes back"
keys Escape
check "of the settings" hints S "Enter changes it   d as it was made" "q back"
keys q
check "of the other tellings" hints O "Enter takes one," "Esc keeps what was told"
keys Escape
check "of the editor" hints E "Ctrl-S keeps   Esc leaves" "Ctrl-Y undoes"
keys x Escape
check "of its question" hints "" "Keep the changes? y keeps," "n does not, Esc goes on"
keys n
shows "more ↓" >/dev/null
save=$(ls "$FEVERDREAM_HOME"/saves/*.jsonl)
check "all of it replays" status 0 "$FEVERDREAM" replay "$save" --verify

# A save whose story was edited since, taken from the list: where the two part is said to its end.
cat >"$work/tale.twee" <<'END'
:: Start
You stand at a gate in the rain.

[[Go in by the kitchen door->Hall]]
[[Wait->Start]]

:: Hall
The hall is cold. {ask name "Who are you?" "nobody"}Somebody calls for {$name}.

[[Take the key from its hook->Pantry]]

:: Pantry
Flour, and a key.

[[Go on->Hall]]
END
export FEVERDREAM_HOME="$work/editions"
mkdir -p "$FEVERDREAM_HOME/saves"
told() { # told NAME LINES
    printf "$2" | "$FEVERDREAM" play "$work/tale.twee" --plain --offline --no-dream \
        --save "$FEVERDREAM_HOME/saves/$1.jsonl" >/dev/null 2>&1
}
told far '1\nAda\n1\n'
told asked '1\n'
sed -i 's/Pantry/Larder/; s/in the rain/in the snow/' "$work/tale.twee"
told now '2\n'
said() { # said SENTENCE: over several rows, whole
    for _ in $(seq 100); do
        screen | tr -s ' \n' ' ' | grep -q -- "$1" && return 0
        sleep 0.1
    done
    screen
    return 1
}
for size in "40 12" "80 24"; do
    begin $size --offline --resume now
    shows "The Well House\|Enter begins" >/dev/null
    keys Enter
    shows "1  Go in" >/dev/null
    keys L
    shows "Saved stories" >/dev/null
    keys / far Enter
    check "where a telling parts from its story at $size" said \
        'The story was edited since; your telling goes on from turn 3 of 4, Hall, where "Take the key from its hook" has changed\.'
    keys L
    shows "Saved stories" >/dev/null
    keys / asked Enter
    check "that it stands, above what is asked" said \
        'The story was edited since; your telling stands, all 2 turns, and goes on in a new save\. > nobody .*Enter takes it'
    keys Escape q
    shows "Leave" >/dev/null
    keys y
    check "it leaves cleanly" shows "left with 0"
done
finish
