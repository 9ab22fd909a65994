#!/bin/sh
# Keys pressed before a page has wholly appeared, and pasted text, in a real terminal.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: keys typed ahead (no tmux)"; exit 0; }
. "$(dirname "$0")/terminal.sh"

# Every page takes ten seconds to appear.
page() {
    printf '\n:: %s\nThis is the %s. ' "$1" "$1"
    for _ in $(seq 45); do printf 'It is so long that it appears slowly, as a dream does. '; done
    printf '\n\n%s\n' "$2"
}
{
    printf ':: StoryData\n{"start": "hall"}\n'
    page hall '[[Go in->room]]
[[Go down->cellar]]'
    page cellar '[[Dig->name]]
[[Go up->hall]]'
    page room 'Nothing. [[Go back->hall]]'
    page name '{ask name "Who are you?" "Nobody"}'
    printf 'You are {$name}. [[Go on->hall]]\n'
} >"$work/slow.twee"
start() {
    begin 90 60 "'$work/slow.twee'" --no-dream --save "''"
    shows "F  E  V" >/dev/null
}
lacks() { ! screen | grep -q -- "$1"; }

start
keys Enter
shows "This is the hall" >/dev/null
check "a page appears slowly" lacks "1  Go in"
keys Enter
check "Enter shows all of it at once" shows "1  Go in"
sleep 0.3
check "and takes nothing that was not seen" lacks "> Go in"
keys Enter
check "once more takes the choice" shows "> Go in"
start
keys Enter 2 2 2 1 A d a Enter
check "choices and words may be typed ahead" shows "You are Ada"
keys T
check "a command, too, shows the page and is obeyed" shows "All that was told"
check "and every key did what it says" sh -c "$pane capture-pane -p -t t | grep -c 'turn [1-6]' | grep -q 6"

# Pasted text is words wherever words are taken, and no key anywhere.
start
keys Enter 2 1
shows "This is the name" >/dev/null
paste 'q\nAda\033[A\003\004 of\nthe well\n'
check "a paste shows the page and is one line of words" shows "^ *> q Ada of the well\$"
keys Enter
check "which Enter sends" shows "You are q Ada of the well"
keys G
shows "1  Go on" >/dev/null
keys /
paste 'this is\nthe ROOM'
check "what is searched for can be pasted" shows "^ */this is the ROOM\$"
keys Escape
paste '1\nqy'
sleep 0.3
check "on a page of choices it is no key" lacks "> Go on\|Leave"
finish
