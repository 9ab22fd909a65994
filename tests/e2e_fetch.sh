#!/bin/sh
# Fetching by command and while playing, from a server on this machine.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terminal.sh"
models="$FEVERDREAM_HOME/models"
config="$FEVERDREAM_HOME/config"

server=$(dirname "$FEVERDREAM")/tests/server
[ -x "$server" ] || { echo "FAILED  $server is not built"; exit 1; }
mkfifo "$work/alive" # the server ends with its standard input
"$server" "$work/certificate.pem" <"$work/alive" >"$work/ports" &
exec 9>"$work/alive"
while [ ! -s "$work/ports" ]; do sleep 0.05; done
read -r port _ <"$work/ports"
trap '$pane kill-server 2>/dev/null; exec 9>&-; rm -rf "$work"' EXIT

times_told=0
mirror() { # mirror HOW: a server that behaves so
    times_told=$((times_told + 1))
    FEVERDREAM_MIRROR="http://127.0.0.1:$port/$times_told/$1"
    export FEVERDREAM_MIRROR
}
says() { grep -q -- "$1" "$work/err" || { cat "$work/err"; return 1; }; }
prints() { grep -q -- "$1" "$work/out" || { cat "$work/out"; return 1; }; }
not() { ! "$@"; }
set_to() { grep -q "^$1\$" "$config" || { cat "$config"; return 1; }; }

mirror size=664
check "a wrong length is refused" status 3 "$FEVERDREAM" model fetch gpt2
check "  with a sentence" says "has 664 bytes there, expected 665"
mirror size=665
check "a wrong sum is refused" status 3 "$FEVERDREAM" model fetch gpt2
check "  with a sentence" says "SHA-256"
check "  and nothing is there" not test -e "$models/gpt2"
mirror status=404
check "what is not there is a failure" status 1 "$FEVERDREAM" model fetch gpt2-xl
check "  with a sentence" says "404: there is no such file"
FEVERDREAM_MIRROR=http://example.invalid
check "http to elsewhere is wrong usage" status 2 "$FEVERDREAM" model fetch gpt2
mirror plain
check "an unknown model is wrong usage" status 2 "$FEVERDREAM" model fetch gpt3
check "a model that is not here" status 1 "$FEVERDREAM" play --plain --model gpt2
check "  says how to fetch it" says "model fetch gpt2"

mirror size=665,always-stall=300
"$FEVERDREAM" model fetch gpt2 2>"$work/err" &
fetch=$!
for _ in $(seq 100); do
    [ "$(wc -c <"$models/.gpt2.fetch/config.json.part" 2>/dev/null)" = 300 ] && break
    sleep 0.05
done
kill -INT $fetch
wait $fetch
check "Ctrl-C stops a fetch" test $? = 1
check "  with a sentence" says "goes on from there"
check "  and keeps what came" test "$(wc -c <"$models/.gpt2.fetch/config.json.part")" = 300
status 0 "$FEVERDREAM" model list
check "  which is listed" prints "of 550 MB fetched"
check "what was begun can be removed" status 0 "$FEVERDREAM" model remove gpt2
check "  whole" not test -e "$models/.gpt2.fetch"

mkdir -p "$models"
cp -r "$FEVERDREAM_ASSETS/model" "$models/mine"
check "any directory of models is one" status 0 "$FEVERDREAM" model verify mine
status 0 "$FEVERDREAM" model list
check "  and is listed" prints "^mine .* MB"
status 0 "$FEVERDREAM" model list --json
check "  as one JSON object, too" prints '^{"models":\[{.*"name":"mine","about":"".*"bytes":[1-9].*]}$'
status 0 "$FEVERDREAM" model path mine --json
check "its place is one" prints "^{\"name\":\"mine\",\"directory\":\"$models/mine\"}\$"
status 0 "$FEVERDREAM" model verify mine --json
check "what was verified is one" prints '^{"name":"mine",.*"whole":true}$'
printf x >>"$models/mine/vocab.json"
check "  whose damage is noticed" status 3 "$FEVERDREAM" model verify mine
check "  and which can be removed" status 0 "$FEVERDREAM" model remove mine
check "  whole" not test -e "$models/mine"
check "the embedded one cannot" status 2 "$FEVERDREAM" model remove embedded
check "nor what is outside" status 2 "$FEVERDREAM" model remove ../saves
printf 'network = never\nnonsense\n' >"$config"
check "a bad settings file is named" status 3 "$FEVERDREAM" settings
check "  with its line" says "config:2"
check "  and keeps nobody from playing" status 0 "$FEVERDREAM" play --plain --no-dream
check "  who is told" prints "config:2"
check "an option that is no value is wrong usage" status 2 "$FEVERDREAM" play --foresight many
rm "$config"

if ! command -v tmux >/dev/null 2>&1; then
    echo "skipped: the question of the first play (no tmux)"
    finish
    exit
fi
printf 'quit\n' >"$work/typed"
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    script -qec "TERM=dumb '$FEVERDREAM' play" /dev/null \
        <"$work/typed" >"$work/seen" 2>&1
    check "where there is no screen nothing is asked" not test -e "$config"
else
    echo "skipped: a terminal without a screen (script makes none)"
fi
mirror size=665,always-stall=300
begin 80 24 --offline
check "--offline asks nothing" shows "Enter begins"
keys q
begin 80 24 --no-dream
check "nor does --no-dream" shows "Enter begins"
keys q
begin 80 24
check "the first play asks" shows "550 MB"
keys Enter
check "  and plays after a no" shows "Enter begins"
keys q
shows "left with 0" >/dev/null
check "  which is kept" set_to "fetch = no"
begin 80 24
check "  so that it is not asked again" shows "Enter begins"
keys q
rm "$config"
begin 80 24 --seed fetch
shows "550 MB" >/dev/null
keys Down Enter
check "a yes fetches" shows "is being fetched while you play"
check "  and is kept" set_to "fetch = gpt2"
keys Enter
shows "death in the family" >/dev/null
keys Space
check "  while the story is told" shows "gpt2 0 %"
keys q y
check "  and lets go at once" shows "left with 0"
check "  keeping what came" test -s "$models/.gpt2.fetch/config.json.part"
begin 80 24 --seed fetch
shows "is being fetched" >/dev/null
keys Enter
shows "gpt2 0 %" >/dev/null
keys S
shows "network = ask" >/dev/null
keys j j Enter
shows "network = never" >/dev/null
keys q
check "network = never stops it at once" shows "gpt2 is not fetched"
keys q y
shows "left with 0" >/dev/null
"$FEVERDREAM" settings network ask >/dev/null
mirror size=664
begin 80 24 --seed fetch
check "the next play goes on without asking" shows "is being fetched while you play"
keys Enter
shows "death in the family" >/dev/null
keys Space
check "  and tells when it cannot" shows "gpt2 is not fetched"
keys q y
check "  and leaves cleanly" shows "left with 0"
printf 'network = never\n' >"$config"
rm -rf "$models/.gpt2.fetch"
begin 80 24
check "network = never asks and fetches nothing" shows "Enter begins"
keys q
shows "left with 0" >/dev/null
check "  at all" not test -e "$models/.gpt2.fetch"
finish
