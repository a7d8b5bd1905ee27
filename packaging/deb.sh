#!/bin/sh
# Packs dist/atmx as a .deb: deb.sh VERSION. /opt/atmx, two commands, a desktop entry, an icon; nothing else is touched.
set -eu
version=$1
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
Installed-Size: $(du -sk "$root" | cut -f 1)
Section: misc
Priority: optional
Description: Desktop trading terminal for weather, event and options markets
END
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zzstd -z10 --build "$root" "dist/atmx_${version}_$arch.deb" >/dev/null
echo "dist/atmx_${version}_$arch.deb"
