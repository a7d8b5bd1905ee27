"""Writes the manifest of a release: manifest.py FOLDER VERSION [KEY]. The KEY file is an Ed25519 private key in PEM.

Without a key the manifest is unsigned, which `atmx` takes for no update at all. `manifest.py --new-key FILE` makes a
key outside of the checkout and prints the public half for `resources/release/channel.json`.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

GOOD_DAYS = 90
"""A manifest is good for so long: an old one that is shown again is no news."""
PACKED = ("*.run", "*.deb", "*.exe", "*.dmg")


def main(folder: Path, version: str, key: Path | None) -> int:
    """Write it, and its signature where there is a key."""
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    files = sorted(file for pattern in PACKED for file in folder.glob(pattern))
    artefacts = [{"name": f.name, "size": f.stat().st_size, "sha256": _digest(f)} for f in files]
    body = {"program": "atmx", "version": version, "made": made, "expires": made + GOOD_DAYS * 86_400,
            "artefacts": artefacts}  # fmt: skip
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    (folder / "manifest.json").write_bytes(text)
    for one in artefacts:
        print(f"{one['sha256']}  {one['size']:>11}  {one['name']}")
    if key is None:
        print("unsigned: no key was given")
        return 0
    private = load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        sys.stderr.write(f"{key} holds no Ed25519 key\n")
        return 2
    (folder / "manifest.sig").write_text(private.sign(text).hex() + "\n", encoding="ascii")
    print("signed:", _public(private))
    return 0


def new_key(path: Path) -> int:
    """Make a key; the file must not be there yet."""
    private = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    print(_public(private))
    return 0


def _public(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


if __name__ == "__main__":
    if sys.argv[1] == "--new-key":
        sys.exit(new_key(Path(sys.argv[2])))
    given = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("ATMX_RELEASE_KEY")
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(given) if given else None))
