#!/bin/sh
# One story on every kind of terminal and at every size: told, searched, clicked through and left.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: the kinds of terminals (no tmux)"; exit 0; }
. "$(dirname "$0")/terminal.sh"

{
    printf ':: StoryData\n{"start": "Hall"}\n\n:: Hall\nThe hall is cold. It was built around the stairs, and the stairs go on for longer.\n\n'
    for i in $(seq 30); do
        printf 'There are so many doors that the corridor is counted by them; door %s is shut.\n\n' "$i"
    done
    printf '[[Go in->Room]]\n[[Stay->Hall]]\n\n:: Room [ending]\n'
    printf 'A caf\303\251, \344\272\225\346\210\270, e\314\201, \360\237\225\257.\n'
} >"$work/tale.twee"

on() { # on TERM WIDTH HEIGHT [VARIABLE=VALUE...]
    term=$1 width=$2 height=$3
    shift 3
    $pane kill-server 2>/dev/null
    times=$((times + 1))
    pane="tmux -L feverdream-$$-$times"
    $pane new-session -d -s t -x "$width" -y "$height" \
        "env FEVERDREAM_HOME='$FEVERDREAM_HOME' LC_ALL=C.UTF-8 TERM=$term $* '$FEVERDREAM' play '$work/tale.twee' --calm --no-dream --save ''; echo left with \$?; sleep 60"
}
styled() { $pane capture-pane -e -p -t t; }
colours() { styled | grep -q "$(printf '\033')\[[0-9;]*[349][0-8][;m]"; }
plain_of_colour() { ! colours; }

for term in xterm-256color tmux-256color xterm-direct screen linux vt100; do
    infocmp "$term" >/dev/null 2>&1 || { echo "skipped: the terminal $term is not known here"; continue; }
    on $term 80 24
    check "$term: the title is shown" shows "F  E  V"
    keys Enter
    check "  the story begins" shows "hall is cold"
    keys G
    check "  it is read to the end" shows "1  Go in"
    keys / DOOR Space 7 Enter
    check "  a word is found" shows "^ *7 is shut"
    keys n
    check "  and found no second time" shows "On from the beginning"
    keys G 1
    check "  a choice is taken" shows "The end"
    check "  and any script shown" shows "A café, 井戸, .*, 🕯"
    keys q y
    check "  it leaves" shows "left with 0"
done

for size in "80 24" "40 12" "200 60" "20 5"; do
    on xterm-256color $size
    sleep 0.3
    keys Enter
    check "$size: the story begins" shows "hall is"
    check "  no line is wider than 66 columns" \
        sh -c "! $pane capture-pane -p -t t | sed 's/^ *//; s/ *\$//' | grep -q '.\{67\}'"
    keys "?"
    check "  help is shown" shows "Keys"
    keys G
    check "  and scrolls to its end" shows "leave; it"
    keys q G
    check "  the choices are reached" shows "Go in"
    keys q y
done

# The mouse, and what is left without colours.
on xterm-256color 80 24
shows "F  E  V" >/dev/null && check "the title is coloured" colours
keys Enter
shows "hall is" >/dev/null
click() { $pane send-keys -t t -l "$(printf '\033[<%s;%s;%sM\033[<%s;%s;%sm' "$@" "$@")"; }
for _ in $(seq 30); do click 65 20 10; done
check "the wheel scrolls" shows "Go in"
click 64 20 10
check "both ways" shows "more ↓"
keys G
for _ in $(seq 100); do # the page has come to rest where nothing lies below it
    screen | grep -q "more ↓" || break
    sleep 0.1
done
row=$(screen | grep -n "Go in" | cut -d: -f1)
click 0 16 "$row"
check "a click takes a choice" shows "The end"
on xterm-256color 80 24 NO_COLOR=1
shows "F  E  V" >/dev/null && check "NO_COLOR has no colour" plain_of_colour
keys Enter G / cold Enter
check "and finds all the same" shows "hall is cold"
mkdir -p "$FEVERDREAM_HOME"
printf 'mouse = off\njustify = on\ntheme = none\n' >"$FEVERDREAM_HOME/config"
on xterm-256color 80 24
shows "F  E  V" >/dev/null && check "no theme has no colour" plain_of_colour
check "the mouse can be the terminal's" [ "$($pane display-message -p -t t '#{mouse_any_flag}')" = 0 ]
keys Enter
check "lines can be of one length" shows "hall is.*[a-z,]  [a-z].* and the  stairs\$"

# A setting changed on the screen holds at once.
rm "$FEVERDREAM_HOME/config"
on xterm-256color 80 24
shows "F  E  V" >/dev/null && keys Enter
shows "hall is.* and the stairs\$" >/dev/null
keys S
check "the settings are listed" shows "› theme = auto\|› model = embedded"
keys j j j j j j Enter
check "a theme is picked from" shows "none"
check "on a coloured page" colours
keys G Enter
check "it is taken" shows "theme = none"
check "and no colour is left" plain_of_colour
keys G k Enter
check "lines become of one length" shows "justify = on"
keys G Enter
check "the mouse becomes the terminal's" shows "mouse = off"
check "  which it is" [ "$($pane display-message -p -t t '#{mouse_any_flag}')" = 0 ]
keys q
check "and the page is as was set" shows "hall is.*[a-z,]  [a-z].* and the  stairs\$"
on dumb 80 24
check "a terminal without a page gets lines" shows "2) Stay"
finish
