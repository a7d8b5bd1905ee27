"""How an answer may be packed: once. What is packed twice grows a million times from one read to the next.

A library unpacks each part as it comes, before anybody can count: 64 kB packed once become 64 MB at most, packed
twice they are more than there is memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def bearable(codings: Iterable[str]) -> bool:
    """Return whether an answer's content codings, each by itself, are one at most; ``identity`` is none."""
    return len([one for one in codings if one.strip().lower() not in {"", "identity"}]) <= 1
