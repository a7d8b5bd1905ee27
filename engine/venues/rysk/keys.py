"""What a maker on Rysk needs to quote. No representation shows a secret."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RyskKeys:
    """The maker's own key: its address is who pays premiums and holds the options."""

    private_key: int = field(repr=False)
    """The secp256k1 scalar."""
    source: str = ""
    """Where it comes from, for the Connections page."""
