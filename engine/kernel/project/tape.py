"""The trades of one instrument, of its whole event, or of all that is followed; filtered and gathered as was asked."""

from __future__ import annotations

import heapq
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import EMBEDDED, FamilyId, InstrumentId, embedded, outcome_of
from engine.core.units import TICKS_PER_CENT, Qty, Side, Ticks
from engine.kernel.project import names, quotes
from engine.kernel.project.listed import instruments
from engine.kernel.state import TAPE_NS
from engine.views.tape import TapeRow, TapeView
from engine.views.topics import AT, TapeFilter, tape_filter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.events import Trade
    from engine.kernel.desks import Listing
    from engine.kernel.state import Printed, State

ROWS: Final = 300
SOURCES: Final = 64
"""Instruments of one tape; those that traded last."""
SEARCHED: Final = 20_000
"""Trades looked at for one view, however few of them pass."""
AT_ONCE: Final = 100_000_000
"""Trades of one instrument and side within a tenth of a second are one order's, as a rule: they are gathered."""
ZERO: Final = Decimal(0)


class Source(NamedTuple):
    """An instrument's tape."""

    id: InstrumentId
    listing: Listing | None
    label: str
    ours: frozenset[str]
    """Ids of our fills, on a venue."""


def view(state: State, key: str) -> TapeView | None:
    """Return the newest trades that a key asks for; None when there is no such instrument.

    Parameters
    ----------
    key : str
        A symbol, or that and a filter as `topics.tape_of` writes them.
    """
    symbol, _, asked = key.rpartition(AT) if AT in key else (key, "", "")
    wanted = tape_filter(asked)
    one = _instrument(state, symbol)
    if one is None or wanted is None:
        return None
    sources = _sources(state, one, wanted.scope)
    own = _source(state, one)
    rows = _gathered(_passing(state, sources, wanted), together=wanted.together)
    sums = _sums(state, own)
    return TapeView(
        instrument=one,
        utc_offset_hours=state.utc_offset_hours,
        rows=tuple(islice(rows, ROWS)),
        bought=sums[0],
        sold=sums[1],
    )


def _instrument(state: State, symbol: str) -> InstrumentId | None:
    listing = instruments.find(state, symbol)
    if listing is not None:
        return listing.instrument.id
    one = InstrumentId(EMBEDDED, symbol)
    try:
        market, outcome = outcome_of(one)
    except ValueError:
        return None
    found = state.exchange.markets.get(market)
    return one if found is not None and outcome in found.contract.tradable else None


def _source(state: State, one: InstrumentId) -> Source:
    listing = state.listings.get(one)
    ours = frozenset(fill.trade_id for fill in state.fills if fill.instrument == one) if listing else frozenset()
    return Source(one, listing, names.instrument(state, one), ours)


def _sources(state: State, one: InstrumentId, scope: str) -> list[Source]:
    """Return the instruments of a tape: one, those of its event, or all that has traded."""
    if scope == "market":
        return [_source(state, one)]
    if scope == "all":
        known = [*state.tapes, *state.listings]
    elif one.venue == EMBEDDED:
        market, _ = outcome_of(one)
        known = [embedded(market, outcome) for outcome in state.exchange.markets[market].contract.tradable]
    else:
        family = state.families.get(FamilyId(names.market_id(state, one)))
        known = [one] if family is None else list(family.members)
    last = {each: tape[-1].at for each in known if (tape := _tape(state, each))}
    newest = sorted(last, key=lambda each: (-last[each], each))[:SOURCES]
    return [_source(state, each) for each in newest]


def _tape(state: State, one: InstrumentId) -> list[Printed] | list[Trade]:
    listing = state.listings.get(one)
    return listing.tape if listing is not None else state.tapes.get(one, [])  # type: ignore[return-value]


def _passing(state: State, sources: list[Source], wanted: TapeFilter) -> Iterator[TapeRow]:
    """Yield the trades that pass, newest first."""
    tapes = [_rows(state, source) for source in sources]
    merged = tapes[0] if len(tapes) == 1 else heapq.merge(*tapes, key=lambda row: -row.at)
    for row in islice(merged, SEARCHED):
        if wanted.side and row.bought is not (wanted.side == "buy"):
            continue
        if (wanted.mine and not row.mine) or row.qty < wanted.least:
            continue
        yield row


def _rows(state: State, source: Source) -> Iterator[TapeRow]:
    if source.listing is None:
        for one in reversed(state.tapes.get(source.id, ())):
            yield TapeRow(
                at=one.at,
                price=Ticks(one.ticks),
                qty=quotes.shares(float(one.qty)),
                bought=one.bought,
                mine=one.mine,
                instrument=source.id,
                label=source.label,
                value=one.ticks / TICKS_PER_CENT,
            )
        return
    terms, binary = source.listing.instrument, source.listing.top > 0
    scale = float(terms.unit) * (100.0 if binary else 1.0)
    for trade in reversed(source.listing.tape):
        yield TapeRow(
            at=trade.at,
            price=trade.price,
            qty=instruments.qty(terms, trade.lots),
            bought=None if trade.taker is None else trade.taker is Side.BUY,
            mine=bool(trade.trade_id) and trade.trade_id in source.ours,
            instrument=source.id,
            label=source.label,
            value=trade.price * scale,
            binary=binary,
        )


def _gathered(rows: Iterator[TapeRow], *, together: bool) -> Iterator[TapeRow]:
    """Yield rows, those that traded at once as one at their last price."""
    last: TapeRow | None = None
    oldest = 0
    for row in rows:
        if last is None:
            last, oldest = row, row.at
            continue
        same = (row.instrument, row.bought, row.mine) == (last.instrument, last.bought, last.mine)
        if together and same and oldest - row.at <= AT_ONCE:
            last = _both(last, row)
        else:
            yield last
            last = row
        oldest = row.at
    if last is not None:
        yield last


def _both(newer: TapeRow, older: TapeRow) -> TapeRow:
    return TapeRow(
        at=newer.at,
        price=newer.price,
        qty=Qty(newer.qty + older.qty),
        bought=newer.bought,
        mine=newer.mine,
        instrument=newer.instrument,
        label=newer.label,
        value=newer.value,
        binary=newer.binary,
        count=newer.count + older.count,
    )


def _sums(state: State, source: Source) -> tuple[Qty, Qty]:
    """Return what was bought and sold in ten minutes; trades of which nobody names a side are in neither."""
    sums = {True: ZERO, False: ZERO}
    if source.listing is None:
        for one in reversed(state.tapes.get(source.id, ())):
            if state.now - one.at > TAPE_NS:
                break
            sums[one.bought] += one.qty
        return Qty(sums[True]), Qty(sums[False])
    lots = {True: 0, False: 0}
    for trade in reversed(source.listing.tape):
        if state.now - trade.at > TAPE_NS:
            break
        if trade.taker is not None:
            lots[trade.taker is Side.BUY] += trade.lots
    terms = source.listing.instrument
    return instruments.qty(terms, lots[True]), instruments.qty(terms, lots[False])
