#!/bin/sh
# Freezes the program into dist/atmx and packs it for this system: a tar archive, and a .deb where dpkg-deb is.
set -eu
cd "$(dirname "$0")/.."
version=$(.venv/bin/python -c 'import app; print(app.__version__)')
machine=$(uname -m)

packaging/system.sh screen # PyInstaller carries along the X libraries it finds here

# the time of the last commit, not of the build: the same sources give the same archive dates
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH PYTHONHASHSEED=1
.venv/bin/python -m PyInstaller --noconfirm --clean --log-level WARN --distpath dist --workpath build atmx.spec

tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    -C dist -czf "dist/atmx-$version-$machine.tar.gz" atmx
echo "dist/atmx-$version-$machine.tar.gz"

command -v dpkg-deb >/dev/null || exit 0
arch=$(dpkg --print-architecture)
root=build/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/opt" "$root/usr/bin" "$root/usr/share/applications" \
    "$root/usr/share/icons/hicolor/scalable/apps" "$root/usr/share/doc/atmx"
cp -a dist/atmx "$root/opt/atmx"
ln -s /opt/atmx/atmx "$root/usr/bin/atmx"
ln -s /opt/atmx/atmx-terminal "$root/usr/bin/atmx-terminal"
cp packaging/atmx.desktop "$root/usr/share/applications/"
cp resources/icons/atmx.svg "$root/usr/share/icons/hicolor/scalable/apps/"
cp LICENSE "$root/usr/share/doc/atmx/copyright"
cat >"$root/DEBIAN/control" <<END
Package: atmx
Version: $version
Architecture: $arch
Maintainer: The atmx authors <noreply@atmx.invalid>
Depends: libc6 (>= 2.35), libgl1, libegl1, libxcb1, fonts-dejavu-core | fonts-liberation
Section: misc
Priority: optional
Description: Desktop trading terminal for weather, event and options markets
END
dpkg-deb --root-owner-group -Zxz -z3 --build "$root" "dist/atmx_${version}_$arch.deb" >/dev/null
echo "dist/atmx_${version}_$arch.deb"
