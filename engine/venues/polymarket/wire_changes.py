"""Polymarket's usual frame, levels that changed, as levels of YES: what is read for nearly every message. Pure.

The venue tells of a level once for each token. Where it tells of one for both, the YES token's word counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from engine.core.events import BookDelta
from engine.core.ids import InstrumentId
from engine.core.units import TICKS_PER_UNIT, Leg, Lots, Side, Ticks
from engine.venues.polymarket.numbers import BESTS, LOTS, TICKS
from engine.venues.polymarket.wire_market import AGAINST, NO, SIDES, YES, Changes, Digits, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.units import Nanos
    from engine.venues.polymarket.wire_market import Change, Frame, Whose


class Usual(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What nearly every frame is: changed levels of a market, and nothing beside them."""

    market: Word
    price_changes: Changes
    timestamp: Digits | int
    event_type: Literal["price_change"]


USUAL: Final = msgspec.json.Decoder(Usual)


class Told(msgspec.Struct, frozen=True, gc=False):
    """One changed level as a level of YES."""

    instrument: InstrumentId
    leg: Leg
    """Whose word it is."""
    side: Side
    price: Ticks
    lots: Lots
    hash: str
    """Of the token's whole book after it; equal hashes are equal books."""
    best_bid: Ticks | None
    best_ask: Ticks | None
    stated: bool
    """Whether the venue said what is best; None then is an empty side."""


def told(frame: Frame | Usual, tokens: Mapping[str, Whose]) -> list[Told]:
    """Return the levels a price_change names, each once: where both tokens tell of a level, YES does.

    Raises ValueError for a number or a side that is none.
    """
    found: list[Told] = []
    of_no: list[tuple[Change, InstrumentId]] = []
    for change in frame.price_changes or ():
        whose = tokens.get(change.asset_id)
        if whose is None:
            continue
        instrument, leg = whose
        if leg is YES:
            found.append(_of_yes(change, instrument))
        else:
            of_no.append((change, instrument))
    if of_no:
        of_yes = found.copy() if len(of_no) > 1 else found
        for change, instrument in of_no:
            if not _mirrors(change, instrument, of_yes):
                found.append(_of_no(change, instrument))
    return found


def _mirrors(change: Change, instrument: InstrumentId, of_yes: list[Told]) -> bool:
    """Whether a level of NO is one that YES told of."""
    price, side = TICKS_PER_UNIT - TICKS[change.price], AGAINST.get(change.side)
    for one in of_yes:  # noqa: SIM110 - mostly the only one: a generator would cost more than what it looks at
        if one.price == price and one.side is side and one.instrument == instrument:
            return True
    return False


def delta(one: Told, at: Nanos, when: Nanos | None, final: bool) -> BookDelta:
    """Return a changed level as an event; only the last of a frame (`final`) can be held against the best prices."""
    return BookDelta(
        at=at,
        instrument=one.instrument,
        side=one.side,
        price=one.price,
        lots=one.lots,
        venue_time=when,
        best_bid=one.best_bid if final else None,
        best_ask=one.best_ask if final else None,
    )


def _of_yes(change: Change, instrument: InstrumentId) -> Told:
    side, price, bid, ask = SIDES.get(change.side), TICKS[change.price], change.best_bid, change.best_ask
    stated = bid is not None and ask is not None
    best_bid, best_ask = BESTS[bid], BESTS[ask]
    if side is None or not 0 < price < TICKS_PER_UNIT:
        raise _no_level(change)
    return Told(instrument, YES, side, price, LOTS[change.size], change.hash, best_bid, best_ask, stated)


def _of_no(change: Change, instrument: InstrumentId) -> Told:
    side, price, bid, ask = AGAINST.get(change.side), TICKS[change.price], change.best_bid, change.best_ask
    stated = bid is not None and ask is not None
    best_ask, best_bid = _flipped(BESTS[bid]), _flipped(BESTS[ask])
    if side is None or not 0 < price < TICKS_PER_UNIT:
        raise _no_level(change)
    price = Ticks(TICKS_PER_UNIT - price)
    return Told(instrument, NO, side, price, LOTS[change.size], change.hash, best_bid, best_ask, stated)


def _no_level(change: Change) -> ValueError:
    return ValueError(f"no level of a book: {change.side[:20]} {change.price}")


def _flipped(price: Ticks | None) -> Ticks | None:
    return None if price is None else Ticks(TICKS_PER_UNIT - price)
