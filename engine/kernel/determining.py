"""A venue opens, closes, determines, settles: what that does to our positions.

From `determined` on a position is worth its result, provisionally; once `settled` it is closed at it. Of a family
where exactly one outcome pays, exactly one must have been YES: anything else is flagged, and stays provisional.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.core.effects import Level
from engine.core.events import Filled, FillReversed
from engine.core.ids import StationId
from engine.core.units import DAY, NO_MONEY, Leg, Money, Nanos, Side
from engine.kernel import answering, exposing, feeding, inflight, journal, results, watching, weathering
from engine.kernel.strategies import accounts
from engine.maths import contracts
from engine.portfolio.netting import Traded
from engine.views import topics
from engine.weather import source_rules

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from engine.core.events import OrderEvent, StatusChanged
    from engine.core.ids import FamilyId, InstrumentId
    from engine.core.instrument import Family, Instrument, Strike
    from engine.core.source_terms import SourceTerms
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

DECIDED: Final = frozenset({"determined", "settled"})
SETTLED: Final = "settled"
OFFICIAL: Final = "expiration_value"
"""Fact of an instrument: the value that decided it, as the venue states it."""
ONE: Final = Decimal(1)


def status_changed(state: State, event: StatusChanged) -> None:
    """Take in where an instrument stands."""
    found = state.listings.get(event.instrument)
    if found is None:
        return
    before = found.status
    if before == SETTLED and event.status != SETTLED:
        return  # a late word of before
    if event.closes is not None:
        found.instrument = structs.replace(found.instrument, closes=event.closes)
    if before not in journal.CLOSED and event.status in journal.CLOSED:
        journal.closing(state, event.instrument)  # before its result is its price
    _result(state, found, event)
    found.status = event.status
    if event.status == SETTLED:
        close(state, found)
        feeding.let_go(found)
    if contracts.is_derivative(found.instrument):
        exposing.refresh(state, event.instrument)
        state.out.dirty(topics.EXPIRIES)
    exposing.remark(state, event.instrument)
    state.total = results.total(state)
    if found.instrument.family is not None and event.status in DECIDED:
        reconcile(state, found.instrument.family)
    desk = state.desks.get(event.instrument.venue)
    if desk is not None:
        watching.follow(state, desk)
    state.out.dirty_all(found.views)
    state.out.dirty(topics.MARKETS, topics.POSITIONS, topics.PNL, topics.SPINE)


def _result(state: State, found: Listing, event: StatusChanged) -> None:
    if not event.result or event.result == found.result:
        return
    if found.status == SETTLED:
        text = f"{found.instrument.title[:60]} was settled {found.result} and is said to be {event.result} now"
        state.out.notice(Level.DANGER, text, "RESETTLED", event.instrument.symbol)
        if found.instrument.family is not None:
            state.flagged[found.instrument.family] = text
        return
    found.result = event.result


def close(state: State, found: Listing) -> None:
    """Close what we hold of a settled instrument at what it pays; without a readable result it stays as it is."""
    instrument = found.instrument.id
    if contracts.is_derivative(found.instrument):
        _deliver(state, found)
        return
    pays = exposing.payoff(found.result)
    for leg in Leg:
        qty = state.book.get(instrument, leg).qty
        if not qty:
            continue
        if pays is None:
            text = f"{found.instrument.title[:60]} was settled without a result that can be read: {found.result[:40]!r}"
            state.out.notice(Level.DANGER, text, "SETTLED", instrument.symbol)
            return
        each = pays if leg is Leg.YES else ONE - pays
        worth = Money((qty * each).quantize(Decimal("0.000001")))
        key = _key(state, instrument, leg)
        made = answering.book(
            state, instrument, Traded(Side.SELL, leg, qty, worth), NO_MONEY, key=key, order="", tag=SETTLED,
            kind="payout",
        )  # fmt: skip
        text = f"{found.instrument.title[:60]}: {leg.value} settled at {100 * each:g}c, {made:+.2f} realised"
        state.out.notice(Level.INFO, text, "SETTLED", instrument.symbol)
    if pays is not None:
        accounts.settled(state, instrument, pays)
        journal.settled(state, instrument, pays)
    _take_back(state, instrument)


def late(state: State, event: OrderEvent) -> None:
    """Close what a fill left of an instrument that had settled before it was told, or before it was taken back."""
    if not isinstance(event, Filled | FillReversed):
        return
    one = state.register.get(event.order)
    found = None if one is None else state.listings.get(one.place.instrument)
    if found is not None and found.status == SETTLED:
        close(state, found)


def _key(state: State, instrument: InstrumentId, leg: Leg) -> str:
    """Return how the ledger names the fill that closes a leg; of two at one moment each by its own name."""
    key = f"{instrument.venue}:settled:{instrument.symbol}:{leg.value}:{state.now}"
    return f"{key}:{state.fills_known}" if key in state.traded else key


def _deliver(state: State, found: Listing) -> None:
    """Close what we hold of a derivative at what the delivery price, which is its result, makes of it."""
    one, price = found.instrument, contracts.delivery(found.result)
    paid = None if price is None else contracts.delivered(one, price)
    for leg in Leg:
        qty = state.book.get(one.id, leg).qty
        if not qty:
            continue
        worth = None if paid is None else contracts.cost(one, paid, qty, price)
        if paid is None or worth is None:
            text = f"{one.title[:60]} was settled without a delivery price that can be read: {found.result[:40]!r}"
            state.out.notice(Level.DANGER, text, "SETTLED", one.id.symbol)
            return
        key = _key(state, one.id, leg)
        traded = Traded(Side.SELL, leg, qty, worth, paid)
        fee = NO_MONEY if price is None else contracts.delivery_fee(one, qty, price)
        made = answering.book(state, one.id, traded, fee, key=key, order="", tag=SETTLED, kind="payout")
        held = f"{qty.normalize():f} {'long' if leg is Leg.YES else 'short'}"
        text = (
            f"{one.title[:60]}: {held} settled at {paid.normalize():f} with {found.result[:20]}, {made:+.2f} realised"
        )
        state.out.notice(Level.INFO, text, "SETTLED", one.id.symbol)
    if paid is not None and price is not None:
        accounts.delivered(state, one, paid, price)
    _take_back(state, one.id)


def _take_back(state: State, instrument: InstrumentId) -> None:
    for one in state.register.open():
        if one.place.instrument == instrument and one.id not in state.pending:
            inflight.take_back(state, one)


def reconcile(state: State, family: FamilyId) -> None:
    """Hold the results of a family against each other, once all are known."""
    known = state.families.get(family)
    if known is None or not known.exclusive:
        return
    some = [state.listings.get(one) for one in known.members]
    if any(one is None or one.status not in DECIDED for one in some):
        return
    won = [one for one in some if one is not None and exposing.payoff(one.result) == ONE]
    unread = [one for one in some if one is not None and exposing.payoff(one.result) is None]
    why = ""
    if unread:
        why = f"{unread[0].instrument.label or unread[0].instrument.id.symbol} has no result that can be read"
    elif len(won) > 1:
        names = ", ".join(one.instrument.label or one.instrument.id.symbol for one in won[:4])
        why = f"at most one can pay, and {len(won)} were determined YES: {names}"
    elif not won and known.exhaustive:
        why = "one of them must pay, and none was determined YES"
    else:
        members = [one.instrument for one in some if one is not None]
        why = misplaced(members, {one.instrument.id for one in won}) or disagrees(state, known, members, won)
        why = why or terms_of(state, known).doubt
    if why and state.flagged.get(family) != why:
        state.flagged[family] = why
        text = f"{known.title[:60]}: {why}. What it pays is provisional"
        state.out.notice(Level.DANGER, text, "RESULTS", family)
    elif not why:
        state.flagged.pop(family, None)


def misplaced(members: Sequence[Instrument], won: Container[InstrumentId]) -> str:
    """Return which bracket's result is not what the venue's own official value makes of it; empty when none is."""
    said = {text for one in members if (text := one.fact(OFFICIAL))}
    try:
        values = {Decimal(text) for text in said}
    except ArithmeticError:
        return ""  # a name, such as of a team: there is no bracket to hold it against
    if len(values) > 1:
        return f"different official values are named: {', '.join(sorted(said))[:80]}"
    for value in values:
        for one in members:
            if one.strike is not None and value.is_finite() and holds(one.strike, value) != (one.id in won):
                ended = "YES" if one.id in won else "NO"
                return f"{one.label or one.id.symbol} was determined {ended}, and the official value is {value}"
    return ""


def disagrees(state: State, family: Family, members: Sequence[Instrument], won: Sequence[Listing]) -> str:
    """Return which bracket our own reports say otherwise of; empty when they agree or have no official value yet."""
    values = our_values(state, family)
    if not values:
        return ""
    for one in members:
        ended = any(listing.instrument.id == one.id for listing in won)
        if one.strike is not None and all(holds(one.strike, Decimal(value)) != ended for value in values):
            name = one.label or one.id.symbol
            word, value = "YES" if ended else "NO", " or ".join(map(str, values))
            by = terms_of(state, family).kind.value
            return (
                f"{name} was determined {word} by {by}, and our reports of {family.station} give {value} {family.unit}"
            )
    return ""


def terms_of(state: State, family: Family) -> SourceTerms:
    """Return what a family's rules say of its source; of one listed before that was kept, read from its texts."""
    if family.terms is not None:
        return family.terms
    listing = next((found for one in family.members if (found := state.listings.get(one)) is not None), None)
    rules = "" if listing is None else listing.instrument.rules
    terms = source_rules.read(f"{family.title}. {rules}", "", [(family.source, "")])
    return terms if terms.station or not family.station else structs.replace(terms, station=family.station)


def not_compared(state: State, family: Family) -> str:
    """Return why a family's result is not held against our own reports; empty when it is."""
    if why := terms_of(state, family).not_comparable:
        return why
    station = state.stations.get(StationId(family.station))
    if station is None:
        return f"no station {family.station} is known here"
    if family.closes is None or not family.unit.startswith("°F"):
        return "its brackets are no whole degrees Fahrenheit of a day"
    return "" if our_values(state, family) else f"no official value of {family.station} has come yet"


def our_values(state: State, family: Family) -> tuple[int, ...]:
    """Return what our own reports leave the official extreme of a family's station and day, °F.

    Empty without an official value, and where the rules let something else than the official extreme decide.
    """
    station = state.stations.get(StationId(family.station))
    if station is None or family.closes is None or not family.unit.startswith("°F"):
        return ()
    if terms_of(state, family).not_comparable:
        return ()
    day = weathering.day_of(family, station.utc_offset_hours)
    low = weathering.is_low(family)
    extreme = (state.observed.low if low else state.observed.high)(StationId(family.station), day, Nanos(day + DAY))
    if extreme.official is None:
        return ()
    return extreme.left(-1 if low else 1) if extreme.climate is None else (extreme.climate,)


def holds(strike: Strike, value: Decimal) -> bool:
    """Whether a bracket holds a value; a strike counts in the step that its unit begins with, such as ``0.01 $``."""
    step = strike.unit.partition(" ")[0]
    try:
        counted = value / Decimal(step)
    except ArithmeticError:
        counted = value
    return (strike.low is None or counted >= strike.low) and (strike.high is None or counted <= strike.high)


def provisional(state: State, found: Listing) -> str:
    """Return why what an instrument pays may still change; empty when it is final, or not decided at all."""
    if found.instrument.family is not None and found.instrument.family in state.flagged:
        return state.flagged[found.instrument.family]
    return "determined, not settled yet" if found.status == "determined" else ""
