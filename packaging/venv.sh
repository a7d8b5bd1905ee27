#!/bin/sh
# Makes the environment named in $1 with the first Python from 3.11 to 3.14 that can; PYTHON=... names one.
set -eu
here=$(dirname "$0")

fits() { "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
        if command -v "$candidate" >/dev/null && fits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

if ! python=$(find_python); then
    "$here/system.sh" python
    if ! python=$(find_python); then
        echo "atmx needs Python 3.11 to 3.14 with venv; none was found (PYTHON=/path/to/python names one)." >&2
        exit 3
    fi
fi
echo "Making $1 with $("$python" --version)"
"$python" -m venv "$1"
