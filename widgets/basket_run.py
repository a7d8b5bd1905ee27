"""A basket being bought: one leg after the other, each only when the one before it is whole. Pure.

What was bought before a leg failed is the leg risk; it can be unwound, which sells it again at what the market pays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place, Tif
from engine.core.units import Qty, Side
from widgets.formats import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.views.account import OrderLine
    from widgets.basket_legs import Wanted

WAITS, SENT, DONE, FAILED = "waits", "sent", "bought", "failed"
UNWINDS, UNWOUND, STUCK = "unwinding", "unwound", "not sold"
ZERO: Final = Qty(Decimal(0))


@dataclass(slots=True)
class Going:
    """One leg and what became of it."""

    leg: Wanted
    intent: str
    state: str = WAITS
    filled: Qty = ZERO
    why: str = ""
    back: str = ""
    """Key of the order that sells it again."""
    sold: Qty = ZERO


@dataclass(slots=True)
class Run:
    """A basket on its way."""

    legs: list[Going] = field(default_factory=list)
    tries: int = 0

    @classmethod
    def of(cls, legs: Iterable[Wanted], key: str) -> Run:
        """Return a run of some legs, none of them sent."""
        return cls([Going(leg, f"{key}:{n}") for n, leg in enumerate(legs)])

    def start(self) -> tuple[Place, ...]:
        """Return the next leg's order where no other is out or has failed."""
        return () if self._stands() else self._next()

    def _stands(self) -> bool:
        """Whether nothing more may be bought: an answer is awaited, a leg failed, or it is being unwound."""
        return any(one.state not in {WAITS, DONE} for one in self.legs)

    def _next(self) -> tuple[Place, ...]:
        waiting = next((one for one in self.legs if one.state == WAITS), None)
        if waiting is None:
            return ()
        waiting.state = SENT
        return (waiting.leg.place(waiting.intent),)

    def retry(self) -> tuple[Place, ...]:
        """Return the order for what the failed leg still lacks, under a new key."""
        failed = next((one for one in self.legs if one.state == FAILED), None)
        if failed is None:
            return ()
        self.tries += 1
        failed.intent, failed.state, failed.why = f"{failed.intent}r{self.tries}", SENT, ""
        rest = Qty(failed.leg.qty - failed.filled)
        order = failed.leg.place(failed.intent)
        return (_sized(order, rest),)

    def unwind(self) -> tuple[Place, ...]:
        """Return the sales of all that was bought; nothing more is bought after that."""
        if self.open:
            return ()  # its answer first: what is being sold is not sold twice
        self.tries += 1
        found = []
        for one in self.legs:
            left = Qty(one.filled - one.sold)
            if left > 0:
                one.state, one.back = UNWINDS, f"{one.intent}u{self.tries}"
                sale = Place(
                    instrument=one.leg.instrument, side=Side.SELL, leg=one.leg.leg, qty=left, tif=Tif.IOC,
                    intent=one.back, reduce_only=True, origin="board",
                )  # fmt: skip
                found.append(sale)
            else:
                one.state = UNWOUND
        return tuple(found)

    def hear(self, rows: Iterable[OrderLine]) -> tuple[Place, ...]:
        """Take in how orders stand; return the next leg's order when the one before it is whole."""
        known = {row.intent: row for row in rows if row.intent}
        for one in self.legs:
            if one.state == SENT and (row := known.get(one.intent)) is not None and row.ends:
                before = one.filled
                one.filled = Qty(before + row.filled)
                one.state = DONE if one.filled >= one.leg.qty else FAILED
                one.why = "" if one.state == DONE else row.why or row.word
            elif one.state == UNWINDS and (row := known.get(one.back)) is not None and row.ends:
                one.sold = Qty(one.sold + row.filled)
                one.state = UNWOUND if one.sold >= one.filled else STUCK
                one.why = "" if one.state == UNWOUND else row.why or row.word
        begun = any(one.state == DONE for one in self.legs)
        return self._next() if begun and not self._stands() else ()

    @property
    def words(self) -> str:
        """How far it is, such as ``leg risk: 2 of 6 filled``."""
        total, done = len(self.legs), sum(one.state == DONE for one in self.legs)
        if any(one.state in {UNWINDS, UNWOUND, STUCK} for one in self.legs):
            left = sum((one.filled - one.sold for one in self.legs), Decimal(0))
            return "unwound: nothing is left of it" if not left else f"unwinding: {left.normalize():f} shares left"
        if done == total:
            return f"whole: {total} of {total} filled"
        if not done and not any(one.filled for one in self.legs):
            return "nothing is bought"
        return f"leg risk: {done} of {total} filled"

    @property
    def reason(self) -> str:
        """Why a leg failed, to be said after that; empty where none did."""
        failed = next((one for one in self.legs if one.state in {FAILED, STUCK} and one.why), None)
        return "" if failed is None else f" · {plain(failed.leg.label, 24)}: {plain(failed.why, 120)}"

    @property
    def open(self) -> bool:
        """Whether an answer is awaited."""
        return any(one.state in {SENT, UNWINDS} for one in self.legs)

    @property
    def failed(self) -> bool:
        """Whether a leg did not fill."""
        return any(one.state == FAILED for one in self.legs)

    @property
    def stuck(self) -> bool:
        """Whether a leg that was to be unwound is not sold; it can be tried again."""
        return any(one.state == STUCK for one in self.legs)

    @property
    def bought(self) -> bool:
        """Whether something is held that can be unwound."""
        return any(one.filled > one.sold for one in self.legs)


def _sized(order: Place, qty: Qty) -> Place:
    return Place(
        instrument=order.instrument, side=order.side, leg=order.leg, price=order.price, qty=qty, tif=order.tif,
        intent=order.intent, origin=order.origin,
    )  # fmt: skip
