#!/bin/sh
# Freezes the program into dist/atmx and packs it for this system: a self-extracting archive, and a .deb where dpkg-deb
# is; with the bill of materials, the licences of all that is in it, and a manifest of the artefacts.
set -eu
cd "$(dirname "$0")/.."
version=$(.venv/bin/python -c 'import app; print(app.__version__)')
machine=$(uname -m)
name="atmx-$version-$machine"

packaging/system.sh screen # PyInstaller carries along the X libraries it finds here

# the time of the last commit, not of the build: the same sources give the same archives
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH PYTHONHASHSEED=1
rm -rf dist
.venv/bin/python -m PyInstaller --noconfirm --clean --log-level WARN --distpath dist --workpath build atmx.spec
.venv/bin/cyclonedx-py requirements --output-reproducible --spec-version 1.6 --of JSON -o dist/atmx/sbom.cdx.json \
    locks/core.txt
.venv/bin/python packaging/licences.py locks/core.txt dist/atmx/licences

find dist/atmx -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C dist -cf - atmx |
    gzip -n -6 >"build/$name.tar.gz"
packaging/selfextract.sh "build/$name.tar.gz" "dist/$name.run"
echo "dist/$name.run"

if command -v dpkg-deb >/dev/null; then
    packaging/deb.sh "$version"
fi
.venv/bin/python packaging/manifest.py dist "$version"
