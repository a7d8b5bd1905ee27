#!/bin/sh
# Freezes, signs, packs and notarises on macOS: build.sh. Not run by us yet; the workflow runs it on arm64 and x86_64.
# SIGN_AS names the identity, NOTARY the profile of notarytool; without them the image is unsigned.
set -eu
cd "$(dirname "$0")/../.."
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --require-hashes -r locks/core.txt
.venv/bin/python -m pip install --quiet --require-hashes -r locks/dev.txt
export PYTHONHASHSEED=1
version=$(.venv/bin/python -c 'import app; print(app.__version__)')
.venv/bin/python -m PyInstaller --noconfirm --clean --log-level WARN --distpath dist --workpath build atmx.spec
bundle=dist/atmx.app
.venv/bin/cyclonedx-py requirements --output-reproducible --of JSON -o "$bundle/Contents/Resources/sbom.cdx.json" locks/core.txt
.venv/bin/python packaging/licences.py locks/core.txt "$bundle/Contents/Resources/licences"
if [ -n "${SIGN_AS:-}" ]; then # inside out; the hardened runtime is what notarisation asks for
    find "$bundle" -type f \( -name '*.dylib' -o -name '*.so' -o -perm -u+x \) -print0 |
        xargs -0 codesign --force --timestamp --options runtime --sign "$SIGN_AS"
    codesign --force --timestamp --options runtime --entitlements packaging/macos/entitlements.plist \
        --sign "$SIGN_AS" "$bundle"
    codesign --verify --deep --strict "$bundle"
fi
QT_QPA_PLATFORM=offscreen "$bundle/Contents/MacOS/atmx" --demo --headless --json --exit-after 45 --profile "$(mktemp -d)"
image="dist/atmx-$version-$(uname -m).dmg"
hdiutil create -quiet -fs HFS+ -format UDZO -volname atmx -srcfolder "$bundle" "$image"
if [ -n "${SIGN_AS:-}" ] && [ -n "${NOTARY:-}" ]; then
    codesign --timestamp --sign "$SIGN_AS" "$image"
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY" --wait
    xcrun stapler staple "$image"
    spctl -a -vv -t install "$image"
fi
.venv/bin/python packaging/manifest.py dist "$version"
