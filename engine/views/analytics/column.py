"""What a computed column is: a name, what it says, and a function of the rows of a market. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from engine.views.market import MarketRow

LONGEST: Final = 9
"""Letters of a header."""


class Column(NamedTuple):
    """One computed column.

    `of` is given all rows of a market, in outcome order, or the one row of an outcome. It returns None where what it
    needs is missing: nothing is invented, and the screen shows a dash.
    """

    key: str
    """As the setting names it: small letters and underscores."""
    header: str
    """Over the column, at most `LONGEST` letters."""
    exported: str
    """Header of an export, unit included."""
    help: str
    """One sentence."""
    of: Callable[[Sequence[MarketRow]], float | None]
    places: int = 1
    """Decimals on screen; an export has all."""
    signed: bool = False
    width: int = 42
    """Pixels."""


def value(column: Column, rows: Sequence[MarketRow]) -> float | None:
    """Return what a column says of some rows; None where it cannot be said."""
    try:
        found = column.of(rows)
    except ArithmeticError:
        return None
    return found if found is not None and math.isfinite(found) else None
