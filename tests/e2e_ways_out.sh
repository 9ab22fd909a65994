#!/bin/sh
# However the program ends, the terminal is as it was: its modes, its picture, its cursor and mouse.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: the ways out (no tmux)"; exit 0; }
. "$(dirname "$0")/terminal.sh"

cat >"$work/tale.twee" <<'END'
:: StoryData
{"start": "Hall"}

:: Hall
The hall is cold.

[[Go in->Hall]]
[[Stay->Hall]]
END

# A shell that plays once, in a terminal of its own, and stays.
enter() {
    $pane kill-server 2>/dev/null
    times=$((times + 1))
    pane="tmux -L feverdream-$$-$times"
    rm -f "$work/pid" "$work/after"
    $pane new-session -d -s t -x 80 -y 24 "env LC_ALL=C.UTF-8 TERM=xterm-256color sh -c '
        echo what stood here; stty -g >$work/before
        sh -c \"echo \\\$\\\$ >$work/pid; exec $FEVERDREAM play $work/tale.twee --no-dream --save \\\"\\\"\"
        echo left with \$?; stty -g >$work/after; sleep 60'"
    shows "FEVERDREAM\|F  E  V" >/dev/null && keys Enter && shows "Stay" >/dev/null
}
pastes() {
    paste "pasted$times" && shows "pasted$times" &&
        ! screen | grep -q '20[01]~'
}
terminal() { $pane display-message -p -t t "$1"; }
# restored NAME STATUS
restored() {
    check "$1 ends it with $2" shows "left with $2"
    check "  the modes are as before" cmp -s "$work/before" "$work/after"
    check "  and the picture" shows "what stood here"
    check "  no mouse, no other screen, a cursor" \
        [ "$(terminal '#{mouse_any_flag}#{alternate_on}#{cursor_flag}#{keypad_flag}')" = 0010 ]
    check "  what is pasted comes as it is" pastes
}

enter
check "the mouse is asked for" [ "$(terminal '#{mouse_any_flag}#{alternate_on}')" = 11 ]
keys q y
restored "q" 0
enter
keys C-c C-c
restored "Ctrl-C" 0
for signal in TERM HUP INT; do
    enter
    kill -"$signal" "$(cat "$work/pid")"
    restored "SIG$signal" 0
done
for signal in SEGV:139 ABRT:134 QUIT:131 XCPU:152 ALRM:142 USR1:138 SYS:159 RTMAX:192; do
    enter
    kill -"${signal%:*}" "$(cat "$work/pid")"
    restored "SIG${signal%:*}" "${signal#*:}"
done

# What only ends programs that do not expect it.
enter
kill -PIPE "$(cat "$work/pid")"
kill -XFSZ "$(cat "$work/pid")"
keys "?"
check "a pipe or file that takes no more does not end it" shows "another choice"
keys q q y
restored "q after them" 0

# Put aside in a shell with jobs, and taken up again at another size.
$pane kill-server 2>/dev/null
times=$((times + 1))
pane="tmux -L feverdream-$$-$times"
$pane new-session -d -s t -x 80 -y 24 "env LC_ALL=C.UTF-8 TERM=xterm-256color sh -mc '
    echo what stood here; stty -g >$work/before
    sh -c \"echo \\\$\\\$ >$work/pid; exec $FEVERDREAM play $work/tale.twee --no-dream --save \\\"\\\"\"
    echo put aside; stty -g >$work/aside; read -r line; fg
    echo once more; read -r line; fg; echo left with \$?
    stty -g >$work/after; sleep 60'"
shows "F  E  V" >/dev/null && keys Enter && shows "Stay" >/dev/null
keys C-z
check "Ctrl-Z puts it aside" shows "put aside"
check "  which shows what stood there" shows "what stood here"
check "  without a mouse" [ "$(terminal '#{mouse_any_flag}#{alternate_on}')" = 00 ]
check "  in the modes from before" cmp -s "$work/before" "$work/aside"
check "  pasting as before" pastes
$pane resize-window -t t -x 40 -y 12 2>/dev/null
keys Enter
check "fg goes on" shows "Stay"
check "  with its mouse" [ "$(terminal '#{mouse_any_flag}#{alternate_on}')" = 11 ]
kill -TSTP "$(cat "$work/pid")"
check "a signal puts it aside, too" shows "once more"
check "  pasting as before" pastes
keys Enter
shows "Stay" >/dev/null
keys q y
check "and q ends it" shows "left with 0"
check "  with the modes from before" cmp -s "$work/before" "$work/after"
finish
