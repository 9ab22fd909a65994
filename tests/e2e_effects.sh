#!/bin/sh
# What moves on the screen by itself, in a real terminal: it happens, it ends, and --calm or the
# setting stills it.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: effects (no tmux)"; exit 0; }
. "$(dirname "$0")/terminal.sh"

{
    printf ':: StoryData\n{"start": "hall"}\n\n:: hall\nYou are here.\n\n[[Wait->dream]]\n[[Read->page]]\n\n'
    printf ':: dream\nYou wait.\n\n{dream 60 "You sleep and": Nothing.}\n\nYou wake.\n\n[[Go back->hall]]\n\n'
    printf ':: page\n'
    for _ in $(seq 60); do printf 'The house is not so far from the water, and the rain comes down. '; done
    printf '\n\n[[Go back->hall]]\n'
} >"$work/tale.twee"
play() { # play OPTIONS...: at the title, in colours that are known
    begin 80 24 "'$work/tale.twee'" --offline --seed effects --save "''" "$@"
    shows "Enter begins" >/dev/null
}
mkdir -p "$FEVERDREAM_HOME"
setting() { printf 'theme = dark\n%s\n' "$1" >"$FEVERDREAM_HOME/config"; }
styled() { $pane capture-pane -e -p -t t; }
inked() { styled | grep -q "38;5;$1m"; }
# within TIMES COMMAND...: whether it comes true, looked at often.
within() {
    looks=$1
    shift
    for _ in $(seq "$looks"); do # counted here, since what is looked at may look in its turn
        "$@" && return 0
        sleep 0.05
    done
    return 1
}
never() { ! within "$@"; }
ember=131 dusk=66
unchanged() { [ "$(screen)" = "$page" ]; }
changed() { ! unchanged; }
away_and_back() { keys g; within 100 scrolled && keys G && within 100 at_end && changed; }
scrolled() { screen | grep -q "You are here"; }
at_end() { ! scrolled; }
read_page() { # to its end, where every row is seen
    keys Enter
    shows "Read" >/dev/null
    keys 2
    shows "The house is" >/dev/null
    keys G
    shows "1  Go back" >/dev/null
    sleep 0.2
    keys Escape
    sleep 0.1
    page=$(screen)
}
dream() {
    keys Enter
    shows "Wait" >/dev/null
    keys 1
    shows "You sleep and" >/dev/null
}

setting ""
play
check "the title flickers" within 400 inked $ember
check "and burns on" within 400 never 3 inked $ember
dream
check "a dream surfaces out of the dusk" within 100 inked $dusk
check "which lifts" within 600 never 2 inked $dusk
check "and leaves the whole page" shows "1  Go back"
play
read_page
check "a word changes while nobody looks" within 40 away_and_back
keys Escape
check "and is as it was when somebody does" within 100 unchanged

for calm in --calm setting; do
    setting "$([ $calm = setting ] && echo "calm = on")"
    play $([ $calm = setting ] || echo $calm)
    check "$calm: the title stays" never 40 inked $ember
    dream
    check "  a dream is there at once" shows "1  Go back"
    check "  in its own colour" never 20 inked $dusk
    play $([ $calm = setting ] || echo $calm)
    read_page
    check "  and every word stays" never 8 away_and_back
done
finish
