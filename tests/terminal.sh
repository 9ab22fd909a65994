# terminal.sh - the program in a real terminal, by tmux. Sourced after lib.sh.
times=0
pane="tmux -L feverdream-$$-0" # a server of its own for each beginning
screen() { $pane capture-pane -p -t t 2>/dev/null; }
keys() { $pane send-keys -t t "$@"; }
paste() { $pane set-buffer "$(printf "$@")" && $pane paste-buffer -p -t t; }
# Waits, as long as a slow build may take, until the screen shows a text.
shows() {
    for _ in $(seq 600); do
        screen | grep -q -- "$1" && return 0
        sleep 0.1
    done
    echo "--- \"$1\" is not on the screen:"
    screen
    return 1
}
begin() { # begin WIDTH HEIGHT OPTIONS...
    width=$1 height=$2
    shift 2
    $pane kill-server 2>/dev/null
    times=$((times + 1))
    pane="tmux -L feverdream-$$-$times"
    $pane new-session -d -s t -x "$width" -y "$height" \
        "env FEVERDREAM_HOME='$FEVERDREAM_HOME' LC_ALL=C.UTF-8 '$FEVERDREAM' play $*; echo left with \$?; sleep 60"
}
trap '$pane kill-server 2>/dev/null; rm -rf "$work"' EXIT
