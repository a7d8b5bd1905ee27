"""Deribit's numbers: JSON numbers to ticks, lots and Decimals, exactly. Pure.

Prices and sizes of books come as floats, since a whole book is read in one go; a float within a billionth of a whole
number of ticks names that tick and no other. Money comes as Decimal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

from engine.core.units import Lots, Nanos, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable

MS: Final = 1_000_000
LATEST_MS: Final = 1 << 43
"""A time beyond the year 2248 is none."""
HIGHEST: Final = 1e12
"""No price or size is larger."""
CLOSE: Final = 1e-6
"""What a float may be off a whole number of ticks or lots."""
_DIGITS: Final = 30


@dataclass(frozen=True, slots=True)
class Scale:
    """What one tick and one lot of an instrument are, in the venue's own numbers."""

    unit: Decimal
    lot: Decimal
    per_tick: float = field(init=False)
    """Ticks in one."""
    per_lot: float = field(init=False)

    def __post_init__(self) -> None:
        """Reckon the floats once."""
        object.__setattr__(self, "per_tick", float(1 / self.unit))
        object.__setattr__(self, "per_lot", float(1 / self.lot))

    def ticks(self, price: float) -> Ticks:
        """Return a price in ticks.

        Raises
        ------
        ValueError
            If it is no whole number of ticks, or beyond reason.
        """
        return Ticks(_whole(price, self.per_tick, "price"))

    def lots(self, amount: float) -> Lots:
        """Return a size in lots; ValueError as `ticks`, and below 0."""
        found = _whole(amount, self.per_lot, "size")
        if found < 0:
            msg = f"a size of {amount}"
            raise ValueError(msg)
        return Lots(found)

    def near(self, price: float) -> Ticks:
        """Return the nearest tick: blocks and legs of combos trade between the prices where orders lie."""
        if not -HIGHEST < price < HIGHEST:
            msg = f"a price of {price}"
            raise ValueError(msg)
        return Ticks(round(price * self.per_tick))

    def levels(self, some: Iterable[tuple[float, float]]) -> tuple[tuple[Ticks, Lots], ...]:
        """Return levels of a book, those of size 0 left out; ValueError as `ticks`."""
        return tuple((self.ticks(price), self.lots(amount)) for price, amount in some if amount)


def _whole(value: float, per: float, what: str) -> int:
    if not -HIGHEST < value < HIGHEST:
        msg = f"a {what} of {value}"
        raise ValueError(msg)
    exact = value * per
    found = round(exact)
    if abs(exact - found) > CLOSE * max(1.0, abs(exact) * 1e-6):
        msg = f"a {what} of {value}, which is between two steps"
        raise ValueError(msg)
    return found


def nanos(ms: int) -> Nanos:
    """Return a time of the venue; ValueError for one that is none."""
    if not 0 <= ms < LATEST_MS:
        msg = f"a time of {ms} ms"
        raise ValueError(msg)
    return Nanos(ms * MS)


def exact(value: Decimal) -> Decimal:
    """Return a Decimal that is finite and of bearable length; ValueError otherwise."""
    if not value.is_finite() or not -_DIGITS <= value.adjusted() <= _DIGITS or len(value.as_tuple().digits) > _DIGITS:
        msg = "a number beyond reason"
        raise ValueError(msg)
    return value


def fraction(percent: float | None) -> float | None:
    """Return a volatility that came in percent; None for none, which the venue also writes as 0."""
    if percent is None or not isfinite(percent) or not 0 < percent < HIGHEST:
        return None
    return percent / 100.0
