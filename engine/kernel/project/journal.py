"""The journal and its scorecard as the dock shows them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.ids import OrderId
from engine.core.units import SECOND, Money, Side
from engine.kernel.project import names
from engine.kernel.project.listed import derivative, greeks
from engine.maths import scorecard
from engine.maths.scorecard import Told
from engine.views.journal import CalibrationBin, JournalLine, JournalView, Scorecard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.snapshot import JournalRow
    from engine.kernel.state import State

ROWS: Final = 500
MOST_CARDS: Final = 24


def view(state: State) -> JournalView:
    """Return the newest orders, and the scorecards of all that is in memory."""
    entries = [_fresh(state, one) for one in state.diary.entries.values()]
    newest = entries[-ROWS:]
    shares = [one if derivative.of(state, one.instrument) is None else _unscored(one) for one in entries]
    rows = tuple(_line(state, one) for one in reversed(newest))
    return JournalView(rows=rows, cards=cards(shares), older=state.diary.gone + len(entries) - len(rows))


def _unscored(one: JournalRow) -> JournalRow:
    """Return an entry without later prices: what a derivative moved by is not cents of a share."""
    return replace(one, later=None, close=None)


def cards(entries: Sequence[JournalRow]) -> tuple[Scorecard, ...]:
    """Return the scorecard of all, of each strategy or place of pressing, and of each tag."""
    shelves: dict[str, list[JournalRow]] = {"all": list(entries)}
    for one in entries:
        shelves.setdefault(one.who, []).append(one)
    for one in entries:
        for tag in one.tags:
            shelves.setdefault(f"#{tag}", []).append(one)
    return tuple(_card(name, some) for name, some in list(shelves.items())[:MOST_CARDS])


def _fresh(state: State, one: JournalRow) -> JournalRow:
    """Return an entry with what has filled by now."""
    if one.paid is not None:
        return one
    order = state.register.get(OrderId(one.order))
    if order is None or not order.filled:
        return one
    average = None if order.average is None else float(order.average)
    return type(one)(
        **{name: getattr(one, name) for name in one.__struct_fields__}
        | {"average": average, "filled": order.filled, "fee": order.fee}
    )


def _line(state: State, one: JournalRow) -> JournalLine:
    listing = derivative.of(state, one.instrument)
    line = _of_share(state, one)
    if listing is None:
        return line
    order = state.register.get(OrderId(one.order))
    price = None if order is None or order.place.price is None else order.place.price * listing.instrument.unit
    return replace(
        line, side=derivative.side(one.side, one.leg), price=None if price is None else float(price),
        average=None if order is None else derivative.average_of(order), later=None, line=None,
        currency=greeks.currency(listing.instrument),
    )  # fmt: skip


def _of_share(state: State, one: JournalRow) -> JournalLine:
    return JournalLine(
        order=OrderId(one.order), at=one.at, who=one.who, instrument=one.instrument,
        market=names.instrument(state, one.instrument), side=f"{one.side.value.upper()} {one.leg.value}",
        price=_cents(one.price), fair=_cents(one.fair), middle=_cents(one.market), edge=one.edge,
        average=_cents(one.average), qty=one.qty, filled=one.filled, fee=Money(one.fee),
        book_age_s=None if one.book_age is None else one.book_age / SECOND,
        report_age_s=None if one.report_age is None else one.report_age / SECOND, reason=one.reason,
        later=_gain(one, one.later), line=_gain(one, one.close),
        won=None if one.paid is None or 0.0 < one.paid < 1.0 else (one.paid == 1.0) == (one.side is Side.BUY),
        result=_result(one), brier=None if one.paid is None or one.fair is None else (one.fair - one.paid) ** 2,
        note=one.note, tags=one.tags,
    )  # fmt: skip


def _card(name: str, some: Sequence[JournalRow]) -> Scorecard:
    told = [Told(one.fair, one.market, one.paid) for one in some if one.fair is not None and one.paid is not None]
    found = scorecard.skill(told)
    results = [(one, value) for one in some if (value := _result(one)) is not None]
    gross = math.fsum(abs(value + float(one.fee)) for one, value in results)
    fees = math.fsum(float(one.fee) for one, _ in results)
    return Scorecard(
        name=name, orders=len(some), scored=found.n, brier=found.brier, brier_market=found.market, skill=found.skill,
        line=_weighted([(_gain(one, one.close), float(one.filled)) for one in some]),
        later=_weighted([(_gain(one, one.later), float(one.filled)) for one in some]),
        fee_share=fees / gross if gross > 0.0 else None,
        result=math.fsum(value for _, value in results) if results else None,
        bins=tuple(CalibrationBin(n=b.n, said=b.said, came=b.came, low=b.low, high=b.high) for b in found.bins),
    )  # fmt: skip


def _cents(value: float | None) -> float | None:
    return None if value is None else 100.0 * value


def _gain(one: JournalRow, price: float | None) -> float | None:
    """Return the cents that a later price of the leg is better than what was paid; None where nothing filled."""
    if price is None or one.average is None:
        return None
    gain = price - one.average if one.side is Side.BUY else one.average - price
    return 100.0 * gain


def _result(one: JournalRow) -> float | None:
    if one.paid is None or one.average is None or not one.filled:
        return None
    each = one.paid - one.average if one.side is Side.BUY else one.average - one.paid
    return each * float(one.filled) - float(one.fee)


def _weighted(pairs: Sequence[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in pairs if value is not None and weight > 0.0]
    whole = math.fsum(weight for _, weight in known)
    return math.fsum(value * weight for value, weight in known) / whole if whole > 0.0 else None
