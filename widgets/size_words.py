"""Sizes as ladders and boards write them: one number of decimals a column, so that their points stand over one another.

Whole sizes have none. Where one has a part of a share, all of its column are written to three digits of the largest;
what would round to nothing is ``<0.1``. From 10 000 on thousands are a ``k``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.units import Qty

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
LEAST: Final = (Decimal(1), Decimal("0.1"), Decimal("0.01"))
"""What the last digit stands for, by the number of decimals."""


def places_of(sizes: Iterable[Qty | Decimal | None]) -> int:
    """Return how many decimals a column of sizes is written with: 0, 1 or 2."""
    known = list(filter(None, sizes))
    largest = max(known, default=ZERO)
    if largest >= HUNDRED or not any(one % 1 for one in known):
        return 0
    return 1 if largest >= 10 or not any(10 * one % 1 for one in known) else 2


def _writer(places: int) -> Callable[[Qty | Decimal | None], str]:
    least = LEAST[places]
    half = least / 2

    def write(qty: Qty | Decimal | None) -> str:
        if not qty:
            return ""
        if qty >= 1:
            return formats.number(qty, places) if qty < 10_000 else _thousands(qty)
        return f"<{formats.number(least, places)}" if qty < half else formats.number(qty, places)

    return write


def sized(qty: Qty | Decimal | None, places: int) -> str:
    """Return a size with the decimals of its column; empty where there is none."""
    return WRITERS[places](qty)


def size_text(qty: Qty | Decimal | None) -> str:
    """Return a size that stands alone: below a hundred with a decimal if it comes with any."""
    if not qty:
        return ""
    if qty >= 10_000:
        return _thousands(qty)
    if qty >= 100 or not qty % 1:
        return formats.number(qty)
    return formats.number(qty, 1) if qty >= 1 else formats.number(qty, 2).lstrip("0")


def _thousands(qty: Qty | Decimal) -> str:
    if qty >= 1_000_000:
        return f"{formats.number(qty / 1_000_000, 1)}M"
    return f"{formats.number(qty / 1000, 1)}k" if qty < 100_000 else f"{qty / 1000:.0f}k"


WRITERS: Final = tuple(map(_writer, range(len(LEAST))))
"""What writes the sizes of a column, by its decimals."""
