#!/bin/sh
# The same words on ARM64: the program is compiled for it and run by qemu's user-mode emulation on
# Debian's ARM64 libraries, which are unpacked below the build folder; nothing is installed.
# usage: FEVERDREAM=PROGRAM tests/arm64.sh FOLDER DEVELOPMENT-PACKAGES
. "$(dirname "$0")/lib.sh"
build=$1
shift
root=$build/root

skip() {
    echo "skipped: ARM64 $1"
    exit 0
}
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) &&
    command -v aarch64-linux-gnu-gcc >/dev/null && command -v apt-get >/dev/null ||
    skip "needs Debian with gcc-aarch64-linux-gnu and qemu-user-static"

# apt with folders of its own, in which no package is installed yet.
apt() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$build/apt" \
        -o Dir::State::status="$build/apt/status" -o Dir::Cache="$build/apt" "$@"
}
unpack() {
    mkdir -p "$build/apt/lists/partial" "$build/apt/archives/partial" "$root.part"
    : >"$build/apt/status"
    apt update && apt install -y --download-only --no-install-recommends libc6-dev "$@" || return 1
    for package in "$build"/apt/archives/*.deb; do
        dpkg -x "$package" "$root.part" || return 1
    done
    rm -rf "$build/apt" && mv "$root.part" "$root"
}
if [ ! -d "$root" ]; then
    echo "Unpacking Debian's ARM64 libraries (27 MB to fetch) in $root"
    unpack "$@" >"$work/apt" 2>&1 || skip "because its libraries could not be fetched: $(tail -n 1 "$work/apt")"
fi

lib=usr/lib/aarch64-linux-gnu
export PKG_CONFIG_SYSROOT_DIR="$root"
export PKG_CONFIG_LIBDIR="$root/$lib/pkgconfig:$root/$lib/openblas-pthread/pkgconfig"
"${MAKE:-make}" -C "$(dirname "$0")/.." -j2 --no-print-directory BUILD="$build" SANITIZE= \
    CC="aarch64-linux-gnu-gcc --sysroot=$root" "$build/feverdream" >"$work/make" 2>&1
check "it compiles for ARM64" [ $? = 0 ] || tail "$work/make"
emulated() {
    "$qemu" -L "$root" -E LD_LIBRARY_PATH="/$lib/openblas-pthread" "$build/feverdream" "$@"
}
same() { cmp -s "$work/$1" "$work/$1.arm64"; }

dream "$work/dream"
tell "$work/story"
FEVERDREAM=emulated
for isa in portable neon; do
    FEVERDREAM_ISA=$isa dream "$work/dream.arm64"
    check "FEVERDREAM_ISA=$isa dreams the same on ARM64" same dream
done
tell "$work/story.arm64" --foresight off
check "the story is the same on ARM64" same story
check "the save verifies on ARM64" cmp -s "$work/story.jsonl" "$work/story.arm64.jsonl"
finish
