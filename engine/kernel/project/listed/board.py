"""The bracket board of a family a venue lists: its books side by side, what they imply, what whole sets pay."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.book import brackets, sets
from engine.book.sets import SetKind
from engine.core.ids import MarketId
from engine.core.order import Status
from engine.core.units import Leg, Money, Nanos, Qty, Side
from engine.kernel import weathering
from engine.kernel.project import migration, names, odds, quotes
from engine.kernel.project.listed import instruments
from engine.maths import contracts, pmf
from engine.views.board import BoardRow, BoardView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.book.brackets import Implied, Row, Stake, WhatIf
    from engine.book.sets import SetTrade
    from engine.core.contract import Contract
    from engine.core.ids import FamilyId
    from engine.core.instrument import Family
    from engine.kernel.desks import Listing
    from engine.kernel.modelling import Opinion
    from engine.kernel.state import State

DEPTH: Final = 40
"""Levels of a book that a set trade may walk."""
HUNDRED: Final = Decimal(100)
TAIL: Final = 0.5
"""An open bracket counts this far beyond its edge, as on our own exchange's board."""


class Asked(NamedTuple):
    """A family as terms of a station's day, and the model's opinion of it."""

    contract: Contract | None
    formed: Opinion | None


def view(state: State, family_id: FamilyId) -> BoardView | None:
    """Return the board of a family; None when it is not known or none of its members is."""
    family = state.families.get(family_id)
    listings = instruments.members(state, family_id)
    if family is None or not listings or contracts.is_derivative(listings[0].instrument):
        return None
    rows = [brackets.row(one.instrument, one.book, DEPTH) for one in listings]
    sums = brackets.sums(rows)
    implied = brackets.implied(rows) if len(rows) > 1 else _alone(rows[0])
    several = len(listings) > 1
    if_happens = _what_if(state, family, listings)
    buy = _set(rows, SetKind.BUY_YES, family)
    sell = _set(rows, SetKind.BUY_NO, family)
    dock, why = _mood(state, listings)
    if dock == "live" and family_id in state.flagged:
        dock, why = "stale", f"Results do not fit: {state.flagged[family_id]}"
    ends = _ends(if_happens, listings)
    asked = Asked(weathering.terms_of(state, family), weathering.opinion(state, family_id))
    made = odds.inputs(state, *asked)
    moved = _moved(state, listings)
    shown = tuple(
        _row(state, asked, listing, index, row, implied, if_happens)
        for index, (listing, row) in enumerate(zip(listings, rows, strict=True))
    )
    return BoardView(
        market=MarketId(family.id),
        title=family.title,
        subtitle=family.id.partition(":")[2],
        unit=family.unit,
        status=_status(listings),
        state=dock,
        why=why,
        rows=shown,
        sum_bid=float(sums.bid * HUNDRED) if several and sums.bids == sums.of else None,
        sum_mid=float(sums.mid * HUNDRED) if several and sums.mids == sums.of else None,
        sum_ask=float(sums.ask * HUNDRED) if several and sums.asks == sums.of else None,
        mids_used=sums.mids,
        buy_set=None if not several or buy.price is None or buy.fee is None else float(buy.price + buy.fee),
        sell_set=_sold(rows, sell) if several else None,
        buy_qty=buy.qty,
        buy_profit=buy.profit,
        sell_qty=sell.qty,
        sell_profit=sell.profit,
        proven_buy=buy.proven,
        proven_sell=sell.proven,
        proof=family.why,
        mean=_mean(listings, implied),
        mean_per_hour=migration.per_hour(moved),
        mean_trail=moved,
        running="" if asked.contract is None else odds.running(state, asked.contract),
        closes=family.closes or listings[0].instrument.closes or state.now,
        worst=None if ends is None else ends[0],
        worst_label="" if ends is None else ends[1],
        best=None if ends is None else ends[2],
        best_label="" if ends is None else ends[3],
        age_s=_age(state, listings),
        refusing="KILL" if state.session.halted_by else "",
        report=made.report,
        report_at=made.report_at,
        run=made.run,
        run_at=made.run_at,
        doubt=_doubt(family) if any(row.model is not None for row in shown) else "",
        asked_at=state.now,
    )


def _doubt(family: Family) -> str:
    """Return why the official extreme, which the model is of, is not what the family settles by."""
    told = family.terms
    return "" if told is None else told.doubt or told.not_comparable


def _alone(row: Row) -> Implied:
    """Return what one question of YES and NO implies: its mid, with nothing to take out of it."""
    p = None if row.mid is None else float(row.mid)
    return brackets.Implied((p,), (None,), 0 if p is None else 1)


def _set(rows: Sequence[Row], kind: SetKind, family: Family) -> SetTrade:
    return sets.complete_set(rows, kind, exclusive=family.exclusive, exhaustive=family.exhaustive)


def _sold(rows: Sequence[Row], sell: SetTrade) -> float | None:
    """Return what one of each sold brings after fees, from the price of all NO: n - 1 of them is what they pay."""
    if sell.price is None or sell.fee is None:
        return None
    return float(len(rows) - sell.price - sell.fee)


def _mood(state: State, listings: Sequence[Listing]) -> tuple[str, str]:
    """Return the board's state: that of its worst member, named."""
    moods = [(instruments.mood(state, one), names.bracket(one.instrument)) for one in listings]
    for name in ("halted", "stale", "loading"):
        found = [(why, label) for (mood, why), label in moods if mood == name]
        if not found:
            continue
        if name == "halted":
            return name, found[0][0]
        if name == "loading":
            return name, f"Waiting for books: {len(found)} of {len(moods)} have not come"
        some = f" ({len(found)} of {len(moods)})" if len(found) < len(moods) else ""
        return name, f"{found[0][0]}{some}"
    return "live", ""


def _status(listings: Sequence[Listing]) -> str:
    return "open" if any(one.status == "open" for one in listings) else listings[0].status


def _age(state: State, listings: Sequence[Listing]) -> float | None:
    """Return how long ago any of its books last changed: one quiet bracket makes no board old."""
    ages = [age for age in (instruments.age_s(state, one) for one in listings) if age is not None]
    return min(ages, default=None)


def _row(
    state: State, asked: Asked, listing: Listing, index: int, row: Row, implied: Implied, if_happens: WhatIf | None
) -> BoardRow:
    one = listing.instrument
    book = listing.book
    yes, no = instruments.held(state, one.id)
    larger = yes if yes.qty >= no.qty else no
    price, _ = instruments.mark(listing)
    gain = instruments.gain(yes, no, price)
    band = implied.bands[index]
    model = weathering.chance(state, listing)
    low, high = (None, None) if asked.contract is None else odds.band(asked.contract, asked.formed, index)
    bid, ask = instruments.best_cents(listing)
    edge_yes, edge_no = instruments.edges(one, model, bid, ask, state.now)
    told = None if one.family is not None and weathering.by_readings(state, one.family) else asked.contract
    return BoardRow(
        instrument=one.id,
        label=names.bracket(one),
        dead=_dead(state, told, listing, index),
        bid=book.best_bid,
        bid_size=instruments.qty(one, row.bids[0][1]) if row.bids else None,
        ask=book.best_ask,
        ask_size=instruments.qty(one, row.asks[0][1]) if row.asks else None,
        mid=instruments.mid(listing),
        change_5m=_change(state, listing),
        implied=implied.p[index],
        implied_low=None if band is None else band.low,
        implied_high=None if band is None else band.high,
        model=model,
        model_low=low,
        model_high=high,
        all_in_yes=None if ask is None else ask + instruments.fee_cents(one, Side.BUY, ask, state.now),
        all_in_no=None if bid is None else 100 - bid + instruments.fee_cents(one, Side.BUY, 100 - bid, state.now),
        edge_yes=edge_yes,
        edge_no=edge_no,
        position=Qty(yes.qty - no.qty),
        average=None if larger.average is None else 100.0 * float(larger.average),
        pnl=gain,
        if_wins=None if if_happens is None else Money(if_happens.worst[index]),
        locked=_locked(state, told, listing, index),
    )


def _dead(state: State, contract: Contract | None, listing: Listing, index: int) -> str:
    """Return why it cannot win any more, as far as the venue has said or its station reported."""
    if listing.result == "no":
        return f"{listing.status}: NO"
    return "" if contract is None else odds.dead(state, contract, index)


def _locked(state: State, contract: Contract | None, listing: Listing, index: int) -> str:
    """Return why it has won, as far as the venue has said or its station reported."""
    if listing.result == "yes":
        return f"{listing.status}: YES"
    return "" if contract is None else odds.locked(state, contract, index)


def _change(state: State, listing: Listing) -> float | None:
    """Return cents the mid moved in five minutes; None when the trail does not reach back so far."""
    since = state.now - quotes.FIVE_MINUTES
    old = [price for at, price in listing.trail if at <= since]
    return listing.trail[-1][1] - old[-1] if old else None


def _what_if(state: State, family: Family, listings: Sequence[Listing]) -> WhatIf | None:
    """Return our result by what happens, working orders at their worst; None where nothing is held or works."""
    held: list[Stake] = []
    working: list[Stake] = []
    for index, listing in enumerate(listings):
        one = listing.instrument
        for leg, position in zip((Leg.YES, Leg.NO), instruments.held(state, one.id), strict=True):
            if position.qty:
                held.append(brackets.Stake(index, leg, position.qty, Money(position.cost + position.fees)))
        for order in state.register.working(one.id):
            asked, rest = order.place, order.rest
            if asked.price is not None and rest and order.status is not Status.FILLED:
                each = asked.price * one.unit
                working.append(brackets.stake(index, asked.side, asked.leg, each, rest, one.fee, maker=False))
    if not held and not working:
        return None
    return brackets.what_if(len(listings), held, working, exhaustive=family.exhaustive)


def _ends(found: WhatIf | None, listings: Sequence[Listing]) -> tuple[Money, str, Money, str] | None:
    """Return worst and best result with the outcome's name."""
    if found is None:
        return None
    labels = [names.bracket(one.instrument) for one in listings] + ["none of them"]
    results = found.worst
    low, high = min(results), max(results)
    return Money(low), labels[results.index(low)], Money(high), labels[results.index(high)]


def _mean(listings: Sequence[Listing], implied: Implied) -> float | None:
    """Return the centre of the implied distribution where every bracket has a strike and a probability."""
    centres, weights = [], []
    for listing, p in zip(listings, implied.p, strict=True):
        strike = listing.instrument.strike
        if p is None or strike is None or (strike.low is None and strike.high is None):
            return None
        centres.append(_centre(strike.low, strike.high))
        weights.append(p)
    return pmf.centre(centres, weights).mean if weights else None


def _moved(state: State, listings: Sequence[Listing]) -> tuple[tuple[Nanos, float], ...]:
    """Return where the implied centre has been, where every bracket has a strike."""
    strikes = [one.instrument.strike for one in listings]
    known = [s for s in strikes if s is not None and (s.low is not None or s.high is not None)]
    if len(known) < 2 or len(known) != len(listings):
        return ()
    trails = [tuple(state.trail(one.instrument.id)) for one in listings]
    return migration.trail(trails, [_centre(s.low, s.high) for s in known], state.now)


def _centre(low: int | None, high: int | None) -> float:
    if low is None:
        return (high or 0) - TAIL
    return low + TAIL if high is None else (low + high) / 2
