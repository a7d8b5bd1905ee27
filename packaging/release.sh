#!/bin/sh
# Tries a release without making one: release.sh [VERSION]. What is wrong is named; nothing is tagged, sent or signed.
set -eu
cd "$(dirname "$0")/.."
version=${1:-$(.venv/bin/python -c 'import app; print(app.__version__)')}
wrong=0
say() { echo "$1"; }
bad() {
    echo "NO  $1"
    wrong=1
}
good() { echo "ok  $1"; }
[ "$(.venv/bin/python -c 'import app; print(app.__version__)')" = "$version" ] && good "the program says $version" ||
    bad "app/__init__.py says another version than $version"
[ -z "$(git status --porcelain)" ] && good "nothing is uncommitted" || bad "there are changes that are not committed"
git rev-parse -q --verify "refs/tags/v$version" >/dev/null && bad "v$version is tagged already" ||
    good "v$version is not tagged yet"
grep -q '^## \[Unreleased\]' CHANGELOG.md && good "CHANGELOG.md has a part to become $version" ||
    bad "CHANGELOG.md has no part [Unreleased]"
sed -n '/^## \[Unreleased\]/,/^## \[[0-9]/p' CHANGELOG.md | grep -q '^- ' && good "it says what is new" ||
    bad "its part [Unreleased] is empty"
for lock in core extras dev; do
    grep -q -- '--hash=sha256:' "locks/$lock.txt" && ! grep -q -e 'index-u[r]l' -e '^-f ' "locks/$lock.txt" &&
        good "locks/$lock.txt has hashes and names no index" || bad "locks/$lock.txt"
done
mkdir -p build
.venv/bin/python -m pip wheel --quiet --no-deps --no-build-isolation -w build/wheel . 2>/dev/null ||
    .venv/bin/python -m pip wheel --quiet --no-deps -w build/wheel . || bad "the wheel is not built"
.venv/bin/python -m zipfile -l "$(ls build/wheel/atmx-*.whl | tail -1)" | grep -q '^tests/' && bad "the wheel holds tests" ||
    good "the wheel holds the four packages"
if ls dist/*.run >/dev/null 2>&1; then
    .venv/bin/python packaging/manifest.py dist "$version" >build/manifest.txt && good "the manifest of dist is written"
    cat build/manifest.txt
else
    say "--  dist/ is empty: make package comes first"
fi
say "What is left to do by hand: set the version in app/__init__.py and CHANGELOG.md, tag v$version, let the workflow build,"
say "sign its manifest with packaging/manifest.py on a machine that has the key, and publish both."
exit $wrong
