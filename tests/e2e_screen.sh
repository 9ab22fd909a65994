#!/bin/sh
# The program in a real terminal: title, reading, choosing, help, resize, undo, quit, resume.
. "$(dirname "$0")/lib.sh"
command -v tmux >/dev/null 2>&1 || { echo "skipped: the screen (no tmux)"; exit 0; }

. "$(dirname "$0")/terminal.sh"

begin 80 24 --offline --seed tmux
check "the title is shown" shows "The Well House"
keys Enter
check "the first passage is told" shows "death in the family"
keys Space
check "a choice is offered" shows "Go in"
keys "?"
check "help is shown" shows "back one turn"
keys "?"
sleep 0.3
keys Enter
check "the first question is asked" shows "What are you called"
keys "  Ada " Enter
check "the second question is asked" shows "afraid of"
check "the ends of an answer are cut" shows "^ *> Ada$"
check "what was asked can still be read" shows "What are you called"
keys Enter
check "the third question is asked" shows "place"
keys Enter
check "the answer is woven in" shows "Ada"
keys Space Space
$pane resize-window -t t -x 40 -y 12 2>/dev/null
sleep 0.5
check "a small screen still tells" shows "[a-z]"
$pane resize-window -t t -x 200 -y 60 2>/dev/null
check "a large one shows the choices" shows "Unlock the front door"
keys 1
check "a number chooses" shows "> Unlock the front door"
keys Space
check "choices are offered again" shows "1  Look into the parlour"
keys b
check "a letter chooses, too" shows "> Climb the stairs"
keys G
keys q
check "leaving is asked about" shows "Leave"
keys y
check "it leaves cleanly" shows "left with 0"
begin 80 24 --offline --resume
shows "The Well House" >/dev/null
keys Enter
sleep 0.5
keys g
check "resume shows what was read" shows "death in the family"
finish
