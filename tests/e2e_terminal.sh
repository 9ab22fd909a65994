#!/bin/sh
# Nothing that a terminal would obey reaches one: not from a story, a model's tokens, a name in an
# error message or what the player types. To a file everything goes as it is.
. "$(dirname "$0")/lib.sh"
script -qec true /dev/null </dev/null >/dev/null 2>&1 ||
    { echo "skipped: a terminal's output (script makes none)"; exit 0; }

evil=$(printf '\033]0;owned\007\033[31mred')
printf ':: Start\nA %s room.\n\n[[On->Next]]\n\n:: Next [ending]\nThe end.\n' "$evil" >"$work/evil.twee"
printf ':: Start\n{ask name "Who?" "Nobody"}A room, {$name}.\n' >"$work/ask.twee"
on_terminal() { # on_terminal COMMAND: its output as a terminal gets it
    script -qec "$1" /dev/null <"${2:-/dev/null}" >"$work/seen" 2>&1
    true
}
obeyed() { LC_ALL=C grep -q "$(printf '[\033\007]')" "$1"; }
clean() { test -s "$work/seen" && ! obeyed "$work/seen"; }

for what in "story check" "story map" "play --no-dream --save ''"; do
    on_terminal "'$FEVERDREAM' $what '$work/evil.twee'"
    check "a terminal gets $what clean" clean
done
printf '%s\nquit\n' "$evil" >"$work/typed"
on_terminal "stty -echo; '$FEVERDREAM' play '$work/ask.twee' --plain --no-dream --save ''" "$work/typed"
check "and what was typed" clean
check "whose words stay" grep -q "A room, red" "$work/seen"
printf 'Ada\nquit\n' >"$work/typed"
for terminal in dumb "" no-such-terminal; do
    on_terminal "TERM='$terminal' '$FEVERDREAM' play '$work/ask.twee' --no-dream --save ''" "$work/typed"
    check "the terminal \"$terminal\" gets lines" grep -q "A room, Ada" "$work/seen"
done
on_terminal "'$FEVERDREAM' play '$work/no such $evil'"
check "and an error message" clean
printf '%s' "$evil" | "$FEVERDREAM" tokenize >"$work/ids"
"$FEVERDREAM" tokenize --decode <"$work/ids" >"$work/file"
check "a file gets tokens as they are" obeyed "$work/file"
on_terminal "'$FEVERDREAM' tokenize --decode <'$work/ids'"
check "a terminal gets them clean" clean
for command in "" play replay story generate perplexity tokenize model train; do
    check "$command --version" status 0 "$FEVERDREAM" $command --version
    check "$command --help" status 0 "$FEVERDREAM" $command --help
    check "$command --sead is wrong usage" status 2 "$FEVERDREAM" $command --sead
done
finish
