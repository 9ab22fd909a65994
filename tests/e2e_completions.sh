#!/bin/sh
# What a shell completes, and that every option is told of: in --help and in the manual.
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/.." && pwd)
mkdir "$work/bin" && ln -s "$FEVERDREAM" "$work/bin/feverdream"
PATH="$work/bin:$PATH"
cd "$work" || exit 1
: >"$work/a tale.twee"

for shell in bash zsh fish; do feverdream completions $shell >"$work/$shell"; done
check "another shell is wrong usage" status 2 "$FEVERDREAM" completions csh
mkdir -p "$FEVERDREAM_HOME/saves" "$FEVERDREAM_HOME/models/mine"
: >"$FEVERDREAM_HOME/saves/night.jsonl"

# offers SHELL LINE WORD...: the line's last word can be completed to each of the words.
in_bash() {
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _feverdream 2>/dev/null
             printf "%s\n" "${COMPREPLY[@]}"' bash "$work/bash" "$@"
}
in_zsh() { # what the script offers, before zsh cuts it down to what fits the word begun
    zsh -fc 'compadd() { shift; print -l -- "$@"; }; _files() { print -l -- *; }
             script=$1; shift; words=("$@"); CURRENT=$#; source $script' zsh "$work/zsh" "$@"
}
in_fish() { fish -c 'source $argv[1]; complete -C "$argv[2..]"' "$work/fish" "$@" | cut -f1; }
offers() {
    shell=$1 word=$2
    shift 2
    "in_$shell" feverdream "$@" >"$work/offered" || return 1
    grep -qx -- "$word" "$work/offered" || { echo "no \"$word\" among:"; head -40 "$work/offered"; return 1; }
}
not() { ! "$@" >/dev/null; }
for shell in bash zsh fish; do
    command -v $shell >/dev/null 2>&1 || { echo "skipped: completion in $shell (not installed)"; continue; }
    check "$shell reads its script" $shell -n "$work/$shell"
    check "$shell: a command" offers $shell replay re
    check "$shell: an option" offers $shell --foresight play --fo
    check "$shell: of this command alone" not offers $shell --lora play --l
    check "$shell: a word that an option takes" offers $shell muon train --optimizer mu
    check "$shell: a model" offers $shell mine play --model mi
    check "$shell: a save" offers $shell night play --resume ni
    check "$shell: what a command begins with" offers $shell check story ch
    check "$shell: a setting" offers $shell network settings net
    check "$shell: a file" offers $shell "a tale.twee" story check a
done

# Every option that a command reads, by the tables it reads them with.
"$FEVERDREAM" --help >"$work/help"
sed 's/\\-/-/g; s/\\f[BIRP]//g' "$top/feverdream.1" >"$work/manual"
grep -ho '{"--*[a-z-]*", FD_[A-Z]' "$top"/game/*.c | sed 's/{"//; s/".*//' | sort -u >"$work/options"
check "there are options" test "$(wc -l <"$work/options")" -gt 40
grep -vx -e --resume-latest "$work/options" >"$work/known" # --resume without a name, inside
missing() { # missing FILE: the options that it does not tell of
    while read -r option; do
        grep -q -e "$option\([^a-z-]\|\$\)" "$1" || echo "$option is not in the ${1##*/}"
    done <"$work/known" | tee "$work/missing"
    [ ! -s "$work/missing" ]
}
check "--help tells of every option" missing "$work/help"
check "the manual tells of every option" missing "$work/manual"
commands() { # commands FILE
    for command in $(in_bash feverdream "" | grep -v -e '^-' -e ' '); do
        [ -e "$work/$command" ] || grep -q -e "$command" "$1" || { echo "$command"; return 1; }
    done
}
check "and of every command" commands "$work/manual"
settings() { # NAME = VALUE (VALUES), as the list of settings has them
    rm -f "$FEVERDREAM_HOME/config"
    feverdream settings | awk '/^[a-z]/ { printf "%s ", $0 } /^ / { sub(/.* \(/, "("); sub(/\.$/, ""); print }' >"$work/settings"
    [ -s "$work/settings" ] || return 1
    while read -r setting; do
        grep -qxF -e "$setting" "$work/manual" || { echo "no \"$setting\""; return 1; }
    done <"$work/settings"
}
check "and of every setting, its value and values" settings
check "a command's help is its own" test "$("$FEVERDREAM" replay --help | grep -c '^  [a-z]')" = 1
if command -v mandoc >/dev/null 2>&1; then
    check "the manual is well made" test -z "$(mandoc -Tlint -W warning "$top/feverdream.1" 2>&1 | tee /dev/stderr)"
elif command -v man >/dev/null 2>&1; then
    check "the manual is well made" test -z "$(LC_ALL=C.UTF-8 man --warnings -l "$top/feverdream.1" 2>&1 >/dev/null | tee /dev/stderr)"
else
    echo "skipped: the manual's form (neither mandoc nor man)"
fi
finish
