#!/bin/sh
# Editions: a save whose story was edited since is carried through it as far as it stands, into a
# save of its own that verifies; what does not stand can still be told and exported.
. "$(dirname "$0")/lib.sh"
says() { grep -q -- "$1" "$work/err" || { cat "$work/err"; return 1; }; }
prints() { grep -q -- "$1" "$work/out" || { cat "$work/out"; return 1; }; }
newest() { ls -t "$FEVERDREAM_HOME"/saves/*.jsonl | head -n 1; }
tale=$work/tale.twee save=$work/save.jsonl

cat >"$work/first.twee" <<'END'
:: Start
You stand at {~a grey|a red|a low|a wide|an iron} gate.

[[Go in->Hall]]
[[Stay->Start]]

:: Hall
The hall is cold. {dream 14 "You hear the": You hear nothing.}

[[Open the door->Ask]]
[[Go back->Start]]

:: Ask
{ask name "Who are you?" "nobody"}{~One|Two|Three|Four|Five} of the coats says {$name}. {dream 14 "It smells of": It smells of rain.}

[[Take the key->Pantry]]
[[Leave the key->Hall]]

:: Pantry
{~Flour|Salt|Sugar|Lard|Soap}, and a key. {dream 14 "On the shelf": On the shelf is nothing.}

[[Go on->Hall]]
END
play() { # play LINES OPTIONS...: plays them, and keeps what was shown
    lines=$1
    shift
    printf "$lines" | "$FEVERDREAM" play --plain "$@" >"$work/out" 2>"$work/err"
}
dreams() { grep -o '"voice":"[de][a-z]*ed","text":"[^"]*"' "$1"; }
edition() { sed "$@" "$work/first.twee" >"$tale"; }

edition ''
play '1\n1\nAda\n1\n1\ndo look at the key\n' "$tale" --seed s --save "$save"
cp "$save" "$work/kept.jsonl"
cp "$work/out" "$work/told"
check "a story was told with five dreams" test "$(dreams "$save" | wc -l)" = 5

# A word of the author's: everything stands, with the dreams that were dreamed.
edition 's/The hall is cold/The hall is old/'
play '' --resume "$save"
new=$(newest)
check "an edited word leaves all turns standing" prints "edited since; your telling stands, all 7 turns"
check "  told as it now is" prints "The hall is old"
check "  in a new save" grep -q '"carried":true' "$new"
check "  the old one is untouched" cmp -s "$save" "$work/kept.jsonl"
check "  the dreams are the old ones" test "$(dreams "$save")" = "$(dreams "$new")"
sed 's/The hall is cold/The hall is old/' "$work/told" >"$work/told_now"
grep -v "edited since" "$work/out" >"$work/out_now"
check "  and chance chose as before" diff -B "$work/told_now" "$work/out_now"
check "  it verifies" status 0 "$FEVERDREAM" replay "$new" --verify
play '2\nretry\n1\n' --resume "$new"
check "it is gone on with as itself" test "$(grep -c "edited since" "$work/out")" = 0
check "  and verifies with new dreams" status 0 "$FEVERDREAM" replay "$new" --verify
check "  all of it" says "All 9 turns"
cp "$new" "$work/second.jsonl"
sed '3s/The hall is old/The hall is odd/' "$new" >"$work/forged.jsonl"
check "a forged line of it diverges" status 4 "$FEVERDREAM" replay "$work/forged.jsonl" --verify
dream=$(sed -n '3s/.*"dreamed","text":"[ \\n]*\([^"]*\)".*/\1/p' "$new")
sed "3s/$dream/You hear the sea./" "$new" >"$work/forged.jsonl"
check "a forged dream of it, too" status 4 "$FEVERDREAM" replay "$work/forged.jsonl" --verify
check "  at its turn" says "Turn 2 (Hall)"

# A dream that was rewritten, carried over and rewritten again.
play 'undo\nundo\nundo\nretry\nedit\nIt smells of rain.\n.\n1\n' --resume "$save"
check "the first save still waits for its own edition" prints "edited since"
new=$(newest)
check "  a dream is rewritten there" grep -q '"edited","text":" It smells of rain."' "$new"
edition '1!s/coats/hats/'
play 'undo\nedit\nIt smells of snow.\n.\n1\n' --resume "$new"
check "what was rewritten is carried over" prints "of the hats says Ada. It smells of rain."
check "  and can be again" prints "of the hats says Ada. It smells of snow."
check "  it verifies" status 0 "$FEVERDREAM" replay "$(newest)" --verify

# A choice that is gone, one that is elsewhere in the list, a question that is not asked.
edition -e 's/^\[\[Go in/[[Look up->Start]]\n&/' -e 's/^.*Take the key.*$//'
play '2\n' --resume "$save"
check "the telling goes on where a choice is gone" prints "goes on from turn 4 of 7, Ask, where"
check "  which is named" prints 'where "Take the key" has changed'
check "  another number led there before" sh -c "sed -n 3p '$(newest)' | grep -q '\"choice\":2'"
check "  the dreams are the old ones" prints "$(dreams "$save" | sed -n '2s/.*"text":"[ \\n]*\(.*\)"/\1/p')"
check "  it verifies" status 0 "$FEVERDREAM" replay "$(newest)" --verify
edition -e 's/{ask name[^}]*}//'
play '' --resume "$save"
check "a question that is gone is said" prints "goes on from turn 3 of 7, Ask, where it asks something else now"
edition -e 's/Pantry/Larder/'
play '' --resume "$save"
check "a passage that has another name is another" prints "goes on from turn 4 of 7, Ask"
edition '1i :: StoryData\n{"closed": true}\n'
play '' --resume "$save"
check "where one can only choose now, it is said" prints "turn 6 of 7, Hall, where one can only choose now"

# Nothing stands.
printf ':: Start\nElsewhere.\n' | sed 's/Start/Begin/; 1i :: StoryData\n{"start": "Begin"}\n' >"$tale"
check "what begins elsewhere is refused" status 3 "$FEVERDREAM" play --plain --resume "$save"
check "  with what can be done" says "it begins elsewhere now.*replay.*still tells it.*export"
check "  replay tells it" status 0 "$FEVERDREAM" replay "$save"
check "  in its words" cmp -s "$work/out" "$work/told"
check "  export writes it" status 0 "$FEVERDREAM" export "$save"
check "  in its words" prints "The hall is cold"
check "  and the old save is untouched" cmp -s "$save" "$work/kept.jsonl"
finish
