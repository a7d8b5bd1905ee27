"""Baskets over the outcomes of one event: which legs, how many of each, and what they would come to. Pure.

A basket is bought leg by leg, the worst leg first: the one whose size stands least well in its book. So what fails,
fails before the rest is bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place, Tif
from engine.core.ids import EMBEDDED
from engine.core.units import TICKS_PER_UNIT, Leg, Money, Qty, Side, Ticks
from widgets import formats, protect
from widgets.ladder_keys import order_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import InstrumentId
    from engine.views.board import BoardRow, BoardView

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
MOST: Final = Ticks(9_900)


class Kind(Enum):
    """How a basket spreads its size."""

    EQUAL = "equal"
    """As many of each."""
    MODEL = "model"
    """By the model's probabilities, the likeliest outcome the whole size."""
    FLAT = "flat"
    """Whatever makes every outcome come to the same."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One leg of a basket."""

    instrument: InstrumentId
    label: str
    leg: Leg
    qty: Qty
    price: Ticks
    """The worst it may cost."""
    each: Decimal
    """Cost of a share at the touch, fee included."""
    depth: Qty
    """What stands at the touch."""

    @property
    def cost(self) -> Money:
        """What it costs at the touch."""
        return Money((self.qty * self.each).quantize(Decimal("0.0001")))

    def place(self, intent: str) -> Place:
        """Return the order that buys it."""
        return Place(
            instrument=self.instrument, side=Side.BUY, leg=self.leg, price=self.price, qty=self.qty, tif=Tif.IOC,
            intent=intent, origin="board",
        )  # fmt: skip

    @property
    def words(self) -> str:
        """Return it as it is named everywhere."""
        return order_words(self.place(""))


@dataclass(frozen=True, slots=True)
class Basket:
    """Legs in the order they are bought; `why` is set, and there are none, when there can be no such basket."""

    legs: tuple[Wanted, ...] = ()
    why: str = ""

    @property
    def cost(self) -> Money:
        """What all of it costs at the touch."""
        return Money(sum((leg.cost for leg in self.legs), ZERO))


def basket(view: BoardView, kind: Kind, ticked: Sequence[InstrumentId], size: int) -> Basket:
    """Return a basket over the ticked outcomes, all that are alive when none is; to hedge, over the whole event."""
    if kind is Kind.FLAT:
        return _flat(view)
    rows = [row for row in view.rows if not row.dead and (row.instrument in ticked or not ticked)]
    most = max((row.model or 0.0 for row in rows), default=0.0)
    if kind is Kind.MODEL and not most:
        return Basket(why="the model has no opinion of these outcomes")
    found: list[Wanted] = []
    for row in rows:
        share = 1.0 if kind is Kind.EQUAL else (row.model or 0.0) / most
        qty = Qty(Decimal(size * share).to_integral_value())
        if qty:
            leg = _wanted(row, Leg.YES, qty)
            if leg is None:
                return Basket(why=f"{formats.plain(row.label, 24)} has no ask")
            found.append(leg)
    return _ordered(found)


def results(view: BoardView, legs: Sequence[Wanted]) -> tuple[Money | None, ...]:
    """Return what every outcome of a board comes to with some legs bought at the touch, fees included.

    None for outcomes of which it is not known what is held comes to.
    """
    cost = sum((leg.cost for leg in legs), ZERO)
    found: list[Money | None] = []
    held = any(row.if_wins is not None for row in view.rows)
    for row in view.rows:
        base = row.if_wins if row.if_wins is not None else None if held else Money(ZERO)
        pays = sum((leg.qty for leg in legs if (leg.instrument == row.instrument) is (leg.leg is Leg.YES)), ZERO)
        found.append(None if base is None else Money(base + pays - cost))
    return tuple(found)


def span(values: Sequence[Money | None]) -> tuple[int, int] | None:
    """Return where the worst and the best of those results lie that are known; None where none is."""
    known = [(value, n) for n, value in enumerate(values) if value is not None]
    return (min(known)[1], max(known)[1]) if known else None


def _flat(view: BoardView) -> Basket:
    """Return the cheaper of two ways to make all outcomes come to the same: buy what lacks, or NO of what exceeds."""
    wins = [row.if_wins for row in view.rows]
    known = [value for value in wins if value is not None]
    if not known or len(known) < len(wins):
        return Basket(why="nothing is held in this event")
    ways: list[tuple[Decimal, Basket]] = []
    low, high = min(known), max(known)
    for leg in Leg:
        gaps = [high - value if leg is Leg.YES else value - low for value in known]
        found = _gaps(view.rows, gaps, leg)
        if found is None:
            continue
        owed = sum((wanted.qty for wanted in found), ZERO)
        level = high if leg is Leg.YES else low + owed
        ways.append((level - sum((wanted.cost for wanted in found), ZERO), _ordered(found)))
    if high - low < ONE:
        return Basket(why="every outcome comes to the same already, to a share")
    if not ways:
        return Basket(why="an outcome that the hedge needs has no price")
    return max(ways, key=lambda way: way[0])[1]


def _gaps(rows: Sequence[BoardRow], gaps: Sequence[Decimal], leg: Leg) -> list[Wanted] | None:
    """Return the purchases that close gaps, in whole shares; None where one has no price."""
    found: list[Wanted] = []
    for row, gap in zip(rows, gaps, strict=True):
        qty = Qty(gap.to_integral_value(ROUND_FLOOR))
        if qty <= 0 or (row.dead and leg is Leg.YES):  # what cannot happen needs no cover
            continue
        wanted = _wanted(row, leg, qty)
        if wanted is None:
            return None
        found.append(wanted)
    return found


def _wanted(row: BoardRow, leg: Leg, qty: Qty) -> Wanted | None:
    yes = leg is Leg.YES
    best, depth = (row.ask, row.ask_size) if yes else (row.bid, row.bid_size)
    each = row.all_in_yes if yes else row.all_in_no
    if best is None or each is None:
        return None
    price = Ticks(best if yes else TICKS_PER_UNIT - best)
    if row.instrument.venue == EMBEDDED:
        price = Ticks(min(MOST, price + protect.on_curve()))
    cost = (Decimal(each) / HUNDRED).quantize(Decimal("0.000001"))
    return Wanted(row.instrument, row.label, leg, qty, price, cost, depth or Qty(ZERO))


def _ordered(legs: Sequence[Wanted]) -> Basket:
    """Put the worst leg first: of whose size least stands at the touch."""
    if not legs:
        return Basket(why="no outcome to buy")
    return Basket(tuple(sorted(legs, key=lambda leg: leg.depth / leg.qty)))
