"""What an account on an exchange needs. No representation shows a secret."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CcxtKeys:
    """An API key."""

    key: str
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)
    """What some exchanges call a passphrase."""
    source: str = ""
