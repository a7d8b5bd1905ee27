"""What an account on Derive needs to trade. No representation shows a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

ADDRESS: Final = re.compile(r"0[xX][0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class DeriveKeys:
    """A session key (or the owner's own), whose account it signs for, and which subaccount trades."""

    private_key: int = field(repr=False)
    """The secp256k1 scalar of the session key."""
    owner: str
    """Address of the account: 0x and 40 hexadecimal digits. It need not be the key's own."""
    subaccount: int
    source: str = ""
    """Where the keys come from, for the Connections page."""

    def __post_init__(self) -> None:
        """Refuse an address that is none, or a subaccount that cannot be."""
        if not ADDRESS.fullmatch(self.owner):
            msg = "the owner's address is 0x and 40 hexadecimal digits"
            raise ValueError(msg)
        if not 0 <= self.subaccount < 1 << 63:
            msg = f"a subaccount is a whole number, was {self.subaccount}"
            raise ValueError(msg)
