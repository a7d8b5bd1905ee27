"""Fees that cannot be told in dollars: how a fill that bore one is marked, so that nobody takes it for free.

Such a fee is in a coin whose price is not at hand. It counts for nothing in sums, which are marked as provisional.
"""

from __future__ import annotations

from typing import Final

MARK: Final = "fee not in dollars: "
SHOWN: Final = 40
"""Characters of a fee that are kept."""


def marked(tag: str, fee_in: str) -> str:
    """Return a fill's tag with what its fee came to, such as ``fee not in dollars: 0.0001 BNB``."""
    if not fee_in:
        return tag
    return f"{tag} {MARK}{fee_in[:SHOWN]}".strip()


def fee_of(tag: str) -> str:
    """Return what the fee of a fill of this tag came to, in its coin; empty where it is known in dollars."""
    return tag.partition(MARK)[2]
