"""What Deribit knows us by."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """A client id and its secret. `repr` and `str` do not show the secret."""

    client_id: str
    client_secret: str = field(repr=False)
    source: str = "session"
    """Where it comes from: ``keyring``, ``file``, ``session`` or ``environment``."""
    plain: bool = False
    """Whether the secret itself is sent to log in (``client_credentials``); else a signature is."""
