#!/bin/sh
# Environments of their own for the venues' official clients, under the folder named in $1 and nowhere else.
# $2 is the Python for Polymarket's two and for Derive's. Kalshi's speaks the order API of today only on Python 3.13 or later:
# one that is installed is used, none is fetched; without one a note says so, and its test skips with that reason.
set -eu
here=$(dirname "$0")
target=$1
python=$2

fits() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; }

find_new() {
    for candidate in python3.13 python3.14 python3 \
        "${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/uv/python}"/cpython-3.1[34]*/bin/python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[34]*/bin/python3; do
        if command -v "$candidate" >/dev/null && fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

build() {
    rm -rf "$target/clients-$1"
    "$2" -m venv "$target/clients-$1"
    "$target/clients-$1/bin/python" -m pip install --quiet --no-compile --require-hashes -r "$here/locks/$1.txt"
}

build polymarket "$python" &
polymarket=$!
build derive "$python" &
derive=$!
kalshi=
if new=$(find_new); then
    build kalshi "$new" &
    kalshi=$!
else
    rm -rf "$target/clients-kalshi"
    mkdir -p "$target/clients-kalshi"
    echo "kalshi-python-sync 3.34 needs Python 3.13 or later, none is installed" | tee "$target/clients-kalshi/none"
fi
wait "$polymarket"
wait "$derive"
[ -z "$kalshi" ] || wait "$kalshi"
