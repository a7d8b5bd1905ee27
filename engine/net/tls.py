"""The one way our connections are encrypted: certificates are checked, against the system's store.

Some Pythons (python.org's on macOS, frozen builds) know no store at all; then the list that came with the HTTP
library is used. There is no way to switch the check off.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

import certifi


@lru_cache(maxsize=1)
def context() -> ssl.SSLContext:
    """Return the process's TLS context; reading the store takes some ten milliseconds, so once."""
    made = ssl.create_default_context()
    if not made.cert_store_stats()["x509_ca"] and not _folder():
        made.load_verify_locations(certifi.where())
    return made


def _folder() -> bool:
    """Whether the system keeps its certificates in a folder, from which they are read one by one when needed."""
    folder: str | None = ssl.get_default_verify_paths().capath  # None where there is none, whatever its stub says
    return any(Path(folder).glob("*.0")) if folder else False
