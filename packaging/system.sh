#!/bin/sh
# Qt's system libraries on Debian and Ubuntu: installs what is missing when root, else prints the one line and leaves
# with 3. With a screen, or asked as `system.sh screen`, the libraries of the xcb plugin are wanted too;
# `system.sh python` wants Python itself too, so that whoever must ask an administrator asks once.
set -eu

has() { "$ldconfig" -p 2>/dev/null | grep -q "$1"; }
want() { has "$1" || missing="$missing $2"; }

install() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing:$1"
        apt-get update -qq
        # shellcheck disable=SC2086  # one word a package
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 >/dev/null
    else
        echo "atmx needs system packages. As root, run:" >&2
        echo "    apt-get update && apt-get install -y --no-install-recommends$1" >&2
        exit 3
    fi
}

[ "$(uname -s)" = Linux ] || exit 0

missing=
if [ "${1:-}" = python ]; then
    missing=" python3 python3-venv"
fi
ldconfig=$(command -v ldconfig || echo /sbin/ldconfig) # not on everybody's path
want libGL.so.1 libgl1
want libEGL.so.1 libegl1
want libX11.so.6 libx11-6
want libdbus-1.so.3 libdbus-1-3
want libfontconfig.so.1 libfontconfig1
want libglib-2.0.so.0 libglib2.0-0
want libxkbcommon.so.0 libxkbcommon0
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [ "${1:-}" = screen ]; then
    want libxcb-cursor.so.0 libxcb-cursor0
    want libxcb-icccm.so.4 libxcb-icccm4
    want libxcb-image.so.0 libxcb-image0
    want libxcb-keysyms.so.1 libxcb-keysyms1
    want libxcb-randr.so.0 libxcb-randr0
    want libxcb-render-util.so.0 libxcb-render-util0
    want libxcb-render.so.0 libxcb-render0
    want libxcb-shape.so.0 libxcb-shape0
    want libxcb-shm.so.0 libxcb-shm0
    want libxcb-sync.so.1 libxcb-sync1
    want libxcb-util.so.1 libxcb-util1
    want libxcb-xfixes.so.0 libxcb-xfixes0
    want libxcb-xkb.so.1 libxcb-xkb1
    want libxkbcommon-x11.so.0 libxkbcommon-x11-0
    want libX11-xcb.so.1 libx11-xcb1
    want libxcb-glx.so.0 libxcb-glx0
fi
if [ -n "$missing" ]; then
    install "$missing"
fi
