"""What Kalshi knows us by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """A key id and its private key. `repr` and `str` show neither the key nor its passphrase."""

    key_id: str
    private_key: str = field(repr=False)
    """PEM text, RSA or Ed25519; the text itself says which."""
    source: str = "session"
    """Where it comes from: ``keyring``, ``file``, ``session`` or ``environment``."""
