#!/bin/sh
# Tells whether a frozen build is whole, by running it away from the checkout: check.sh [FOLDER]
set -eu
built=$(cd "${1:-dist/atmx}" && pwd)
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT
cd "$away"

say() {
    echo "== $*"
    began=$(date +%s)
    env -i HOME="$away" PATH=/usr/bin:/bin LANG=C.UTF-8 QT_QPA_PLATFORM=offscreen \
        PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring "$built/atmx" "$@" >out 2>err || {
        code=$?
        cat out err
        echo "left with $code"
        exit 1
    }
    head -c 2000 out | sed "s|$away|.|g" # a result file names no folder of one machine
    echo
    echo "($(($(date +%s) - began)) s)"
}

echo "load of the machine: $(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null || echo unknown)"
for made in "$built"/../*.run "$built"/../*.deb; do
    [ ! -e "$made" ] || echo "${made##*/}: $(wc -c <"$made") bytes, sha256 $(sha256sum "$made" | cut -d ' ' -f 1)"
done
echo "folder: $(du -sm "$built" | cut -f 1) MB in $(find "$built" -type f | wc -l) files"
if find "$built" -iname '*webengine*' | grep -q .; then
    echo "WebEngine came along"
    exit 1
fi
# milliseconds from the start of the process to the first painted window; cold where root can empty the page cache
first_window() {
    began=$(date +%s%N)
    env -i HOME="$away" PATH=/usr/bin:/bin LANG=C.UTF-8 QT_QPA_PLATFORM=offscreen \
        PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring \
        "$built/atmx" --demo --headless --exit-after 1 --json --profile start >out 2>err
    painted=$(sed -n 's/.*"painted_at_ns": *\([0-9]*\).*/\1/p' out)
    cpu=$(sed -n 's/.*"painted_cpu_s": *\([0-9.]*\).*/\1/p' out)
    echo "first painted window, $1: $(((painted - began) / 1000000)) ms, of which $cpu s on a processor"
}
for turn in 1 2 3 4 5; do
    if [ "$(id -u)" = 0 ] && sync && (echo 3 >/proc/sys/vm/drop_caches) 2>/dev/null; then
        first_window cold
    fi
done
for turn in 1 2 3 4 5; do first_window warm; done
echo "load of the machine: $(cut -d ' ' -f 1-3 /proc/loadavg 2>/dev/null || echo unknown)"
say --version
say doctor --json --profile "profile"
say bench lmsr_maths --json
say --demo --headless --exit-after 90 --speed 1200 --json --profile "profile"
grep -q '"chain_ok": *true' out || { echo "the chain does not verify"; exit 1; }
say chain verify --json "profile/ledger-paper.db"
echo "the frozen program is whole"
