#!/bin/sh
# Opens the terminal in demo mode, or, where there is no display, runs the same session offscreen. $1: where pictures go.
set -eu
shots=$1
shift
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "$(uname -s)" = Darwin ]; then
    packaging/system.sh # a screen wants libraries that the set-up of a bare machine did not
    exec .venv/bin/python -m app --demo "$@"
fi
echo "No display here: a demo session trades offscreen through the same widgets, until a contract has settled."
began=$(date +%s)
QT_QPA_PLATFORM=offscreen .venv/bin/python -m app --demo --headless --shots "$shots" "$@"
echo "Done after $(($(date +%s) - began)) s; pictures:" "$shots"/*.png
