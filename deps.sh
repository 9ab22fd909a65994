#!/bin/sh
# Installs the Debian packages that the build needs and pkg-config does not find.
# usage: deps.sh "PKG-CONFIG NAMES" "DEBIAN PACKAGES"
missing=
if command -v pkg-config >/dev/null 2>&1; then
    for name in $1 cmocka; do
        pkg-config --exists "$name" || missing="$missing $name"
    done
else
    missing=pkg-config
fi
command -v tmux >/dev/null 2>&1 || missing="$missing tmux"
[ -n "$missing" ] || exit 0
echo "Not found:$missing." >&2
line="apt-get install -y --no-install-recommends $2"
if [ "$(id -u)" = 0 ]; then
    echo "Installing with apt-get: $2" >&2
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive $line && exit 0
elif command -v sudo >/dev/null 2>&1; then
    echo "Installing with sudo apt-get: $2" >&2
    sudo apt-get update -qq && sudo $line && exit 0
fi
echo "The packages could not be installed from here. Please run, as root:" >&2
echo "    apt-get update && $line" >&2
exit 1
