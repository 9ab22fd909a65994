#!/bin/sh
# Plain mode for a person on a terminal: what only a screen would show is said. And play's options.
. "$(dirname "$0")/lib.sh"
says() { grep -q -- "$1" "$work/err" || { cat "$work/err"; return 1; }; }

for bad in "--threads 0" "--threads many" "--foresight x" "--foresight 65" "--foresight" "--sead x" \
    "a.twee b.twee" "--resume --seed x" "--resume last --save x" "--resume last a.twee"; do
    # shellcheck disable=SC2086
    check "play $bad is wrong usage" status 2 "$FEVERDREAM" play $bad
done
check "  which is explained" says "stands without STORY, --seed and --save"
check "a value that is none is explained" status 2 "$FEVERDREAM" play --foresight x
check "  by those there are" says 'foresight is off|1..64, not "x"'
check "a story that is not there is told of" status 3 "$FEVERDREAM" play "$work/none.twee"
check "  by its name" says "none.twee"
check "an unknown model, too" status 2 "$FEVERDREAM" play --model none
check "  by its name" says "none"

command -v tmux >/dev/null 2>&1 || { echo "skipped: plain mode on a terminal (no tmux)"; finish; exit; }
. "$(dirname "$0")/terminal.sh"
"$FEVERDREAM" settings voices on
begin 120 50 --plain --offline --seed s
check "it is said how to choose" shows "(Type a number, then Enter. help says what else"
keys help Enter
check "help says what else" shows "back one turn"
keys 1 Enter
check "it is said what Enter alone answers" shows "called? (Enter alone answers: Robin)"
keys Enter
shows "afraid of? (Enter" >/dev/null
keys Enter
shows "sleep? (Enter" >/dev/null
keys Enter
check "what was dreamed is named" shows "^(dreamed) You came up this lane"
keys 1 Enter
shows "Climb the stairs" >/dev/null
keys undo Enter
check "it is said where undo leads" shows "(Turn 5, as before.)"
keys retry Enter
check "and that it is told anew" shows "(Turn 5, told anew.)"
keys quit Enter
check "it leaves" shows "left with 0"
printf '1\n' | "$FEVERDREAM" play --plain --no-dream --seed s >"$work/piped" 2>&1
check "through a pipe nothing of this is said" test "$(grep -c '^(\|(Enter' "$work/piped")" = 0
check "  and questions keep their form" grep -q "called? \[Robin\]" "$work/piped"
finish
