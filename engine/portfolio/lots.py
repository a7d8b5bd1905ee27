"""Lots, first in, first out: what each share that was sold had cost, and when it was bought.

The basis of a lot has the fee of its purchase in it, proceeds are after the fee of the sale. Parts are rounded to the
micro-unit and the last part takes what is left, so that nothing is lost whatever is split: the sum over all parts is
the sum over all trades, to the last digit.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import MICRO, NO_MONEY, NOTHING, Money, Nanos, Qty
from engine.portfolio.position import NotHeld

if TYPE_CHECKING:
    from collections.abc import Hashable


class Lot(NamedTuple):
    """Shares bought together, as many of them as are still held."""

    opened_at: Nanos
    qty: Qty
    basis: Money


class Closed(NamedTuple):
    """Shares of one lot that were sold, or paid out, together."""

    key: Hashable
    opened_at: Nanos
    closed_at: Nanos
    qty: Qty
    basis: Money
    proceeds: Money
    how: str
    """``sold``, ``settled`` or ``void``."""

    @property
    def gain(self) -> Money:
        """Return what they brought."""
        return Money(self.proceeds - self.basis)


class Lots:
    """The open lots of an account, by key: an instrument and a leg of it."""

    def __init__(self) -> None:
        self._open: dict[Hashable, deque[Lot]] = {}

    def open(self, key: Hashable, at: Nanos, qty: Qty, basis: Money) -> None:
        """Take in a purchase of `qty` > 0 for `basis`, its fee included."""
        self._open.setdefault(key, deque()).append(Lot(at, qty, basis))

    def close(self, key: Hashable, at: Nanos, qty: Qty, proceeds: Money, how: str = "sold") -> list[Closed]:
        """Close the oldest `qty` > 0 shares for `proceeds`, after the fee.

        Raises
        ------
        NotHeld
            If there are fewer; nothing has changed then.
        """
        if qty > self.held(key):
            msg = f"cannot close {qty} of {key}: {self.held(key)} held"
            raise NotHeld(msg)
        lots, left, paid = self._open[key], qty, proceeds
        found = []
        while left:
            lot = lots[0]
            part = Qty(min(left, lot.qty))
            basis = lot.basis if part == lot.qty else _share(lot.basis, part, lot.qty)
            got = paid if part == left else _share(paid, part, left)
            found.append(Closed(key, lot.opened_at, at, part, basis, got, how))
            if part == lot.qty:
                lots.popleft()
            else:
                lots[0] = Lot(lot.opened_at, Qty(lot.qty - part), Money(lot.basis - basis))
            left, paid = Qty(left - part), Money(paid - got)
        return found

    def held(self, key: Hashable) -> Qty:
        """Return how many shares of a key are open."""
        return Qty(sum((lot.qty for lot in self._open.get(key, ())), NOTHING))

    def basis(self, key: Hashable) -> Money:
        """Return what the open shares of a key have cost."""
        return Money(sum((lot.basis for lot in self._open.get(key, ())), NO_MONEY))

    def open_keys(self) -> list[Hashable]:
        """Return the keys with open lots."""
        return [key for key, lots in self._open.items() if lots]

    def total(self) -> Money:
        """Return what all open shares have cost."""
        return Money(sum((self.basis(key) for key in self._open), NO_MONEY))


def _share(amount: Money, part: Qty, whole: Qty) -> Money:
    return Money((amount * part / whole).quantize(MICRO))
