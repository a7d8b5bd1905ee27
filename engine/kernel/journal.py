"""The journal: what each order was sent on, and what came of it. Written at the beat, off the way of an order.

An entry is made within a second of its order, of what the order itself remembers of its moment: price, middle and
edge, and when its book was last heard of. The fair value is the edge taken back from the price. Five minutes later the
price is looked at again; at the close the closing line; at the settlement what it paid.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engine.core.effects import Level, Row
from engine.core.ids import EMBEDDED, InstrumentId, OrderId, StationId, embedded, outcome_of
from engine.core.instrument import Payoff
from engine.core.order import Status
from engine.core.snapshot import JournalRow
from engine.core.units import MINUTE, Leg, Nanos, Side
from engine.kernel import exposing
from engine.kernel.rows import text
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Annotate
    from engine.core.ids import MarketId
    from engine.exchange.market import Market
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.orders.register import Order

LATER: Final = Nanos(5 * MINUTE)
LONGEST_NOTE: Final = 1_000
LONGEST_TAG: Final = 24
MOST_TAGS: Final = 8
CLOSED: Final = frozenset({"closed", "determined", "settled"})
ONE: Final = Decimal(1)


def restore(state: State, some: tuple[JournalRow, ...]) -> None:
    """Take up what the ledger knows."""
    diary = state.diary
    for one in some:
        diary.put(one)
        waits = diary.of if one.paid is None else diary.done
        waits[one.instrument].append(OrderId(one.order))
    diary.counted = len(state.register)


def beat(state: State) -> None:
    """Make entries of the orders since the last beat, and look at prices again whose time has come."""
    diary = state.diary
    fresh = len(state.register) - diary.counted
    if fresh > 0:
        diary.counted += fresh
        made = [_entry(state, one) for one in state.register.newest(fresh) if one.status is not Status.REFUSED]
        for one in made:
            diary.put(one)
            diary.of[one.instrument].append(OrderId(one.order))
            diary.waiting.append(OrderId(one.order))
        _keep(state, made)
    changed = []
    while diary.waiting:
        known = diary.entries.get(diary.waiting[0])
        if known is not None and state.now - known.at < LATER:
            break
        diary.waiting.popleft()
        price = None if known is None else _price(state, known.instrument)
        if known is not None and price is not None:
            changed.append(structs.replace(known, later=_of_leg(price, known.leg)))
    if changed:
        _update(state, changed)


def closing(state: State, instrument: InstrumentId) -> None:
    """A market closes: its last price is the closing line."""
    known = _waiting(state, instrument)
    price = _price(state, instrument) if known else None
    if price is not None:
        _update(state, [structs.replace(one, close=_of_leg(price, one.leg)) for one in known if one.close is None])


def settled(state: State, instrument: InstrumentId, pays: Decimal) -> None:
    """A market is settled: each order of it is scored by what its leg pays, once more if that or its fills changed."""
    diary = state.diary
    known = [*diary.done.pop(instrument, ()), *diary.of.pop(instrument, ())]
    if not known:
        return
    diary.done[instrument] = known
    changed = []
    for before in [diary.entries[one] for one in known if one in diary.entries]:
        scored = _scored(state, before, pays)
        if scored != before:
            changed.append(scored)
    _update(state, changed)


def _scored(state: State, one: JournalRow, pays: Decimal) -> JournalRow:
    paid, order = _of_leg(float(pays), one.leg), state.register.get(OrderId(one.order))
    at = one.settled_at if one.paid == paid else state.now
    if order is None:  # of an earlier session
        return structs.replace(one, paid=paid, settled_at=at)
    average = None if order.average is None else float(order.average)
    return structs.replace(one, paid=paid, settled_at=at, average=average, filled=order.filled, fee=order.fee)


def _void(state: State, instrument: InstrumentId) -> None:
    """A market whose orders were scored is void: they wait again."""
    diary = state.diary
    known = [one for one in diary.done.pop(instrument, ()) if one in diary.entries]
    diary.of[instrument] = [*known, *diary.of[instrument]]
    _update(state, [structs.replace(diary.entries[one], paid=None, settled_at=None) for one in known])


def market_closing(state: State, market: Market) -> None:
    """A market of the embedded exchange closes."""
    for outcome in range(len(market.prices)):
        closing(state, embedded(market.id, outcome))


def market_settled(state: State, market: MarketId, winner: int | None) -> None:
    """A market of the embedded exchange is settled; one that is void or disputed scores nothing."""
    diary = state.diary
    for instrument in [one for one in dict.fromkeys((*diary.of, *diary.done)) if one.venue == EMBEDDED]:
        whose, outcome = outcome_of(instrument)
        if whose != market:
            continue
        if winner is not None:
            settled(state, instrument, ONE if outcome == winner else Decimal(0))
        elif instrument in diary.done:
            _void(state, instrument)


def annotate(state: State, asked: Annotate) -> None:
    """Write the trader's note and tags to an order."""
    known = state.diary.entries.get(asked.order)
    if known is None:
        state.out.notice(Level.WARN, f"the journal has no order {asked.order[:40]!r}", "JOURNAL")
        return
    tags = tuple(dict.fromkeys(tag.strip() for tag in asked.tags if tag.strip()))
    if len(asked.note) > LONGEST_NOTE or not all(c.isprintable() or c == "\n" for c in asked.note):
        state.out.notice(Level.WARN, f"a note is at most {LONGEST_NOTE} printable characters", "JOURNAL")
    elif len(tags) > MOST_TAGS or any(len(tag) > LONGEST_TAG or not _word(tag) for tag in tags):
        said = f"at most {MOST_TAGS} tags of {LONGEST_TAG} letters, digits, dashes"
        state.out.notice(Level.WARN, said, "JOURNAL")
    else:
        _update(state, [structs.replace(known, note=asked.note.strip(), tags=tags)])


def row(one: JournalRow) -> Row:
    """Return the row of an entry."""
    return Row(
        "journal",
        {
            "order_id": one.order, "at": one.at, "who": one.who, "venue": one.instrument.venue,
            "symbol": one.instrument.symbol, "side": one.side.value, "leg": one.leg.value, "price": one.price,
            "qty": text(one.qty), "fair": one.fair, "market": one.market, "edge": one.edge, "book_age": one.book_age,
            "report_age": one.report_age, "reason": one.reason, "average": one.average, "filled": text(one.filled),
            "fee": text(one.fee), "later": one.later, "close": one.close, "paid": one.paid,
            "settled_at": one.settled_at, "note": one.note, "tags": ",".join(one.tags),
        },
    )  # fmt: skip


def _word(tag: str) -> bool:
    return all(c.isalnum() or c in "-_" for c in tag)


def _waiting(state: State, instrument: InstrumentId) -> list[JournalRow]:
    entries = state.diary.entries
    return [entries[one] for one in state.diary.of.get(instrument, ()) if one in entries]


def _update(state: State, changed: list[JournalRow]) -> None:
    for one in changed:
        state.diary.put(one)
    _keep(state, changed)


def _keep(state: State, some: list[JournalRow]) -> None:
    if some:
        state.out.keep(tuple(row(one) for one in some))
        state.out.dirty(topics.JOURNAL)


def _entry(state: State, one: Order) -> JournalRow:
    place = one.place
    listing = state.listings.get(place.instrument)
    price = fair = market = None
    if listing is None or listing.instrument.payoff is Payoff.BINARY:  # of options nothing is a chance
        price = _paid(one, listing)
        fair = one.fair if one.fair is not None else _fair(state, one, listing, price)
        market = None if one.mid is None else one.mid / 100.0
    return JournalRow(
        order=one.id, at=one.sent_at, who=str(place.strategy or place.origin), instrument=place.instrument,
        side=place.side, leg=place.leg, price=price, qty=one.quantity, fair=fair, market=market, edge=one.edge,
        book_age=None if one.book_at is None else one.sent_at - one.book_at,
        report_age=_report_age(state, one, listing),
        reason=_reason(one, price, fair, market), filled=one.filled, fee=one.fee,
    )  # fmt: skip


def _paid(one: Order, listing: Listing | None) -> float | None:
    """Return the price of a share of its leg that an order was sent at: its limit, or what it traded at."""
    if one.place.price is not None:
        unit = Decimal("0.0001") if listing is None else listing.instrument.unit
        return float(unit * one.place.price)
    return None if one.average is None else float(one.average)


def _fair(state: State, one: Order, listing: Listing | None, price: float | None) -> float | None:
    """Return the worth of its leg that an order's edge was told from; None without an edge."""
    if one.edge is None:
        return None
    if listing is None:  # of the embedded exchange: an edge counts from what was paid, fee included
        if not one.filled:
            return None
        fee = float(one.fee / one.filled)
        price = float(one.average or 0)
    elif price is None or not one.quantity:
        return None
    else:
        each = listing.instrument.unit * (one.place.price or 0)
        whole = exposing.fee_of(listing.instrument, one.place.side, each, one.quantity, one.sent_at)
        if whole is None:
            return None
        fee = float(whole / one.quantity)
    gain = one.edge / 100.0
    worth = price + fee + gain if one.place.side is Side.BUY else price - fee - gain
    return min(max(worth, 0.0), 1.0)


def _report_age(state: State, one: Order, listing: Listing | None) -> int | None:
    """Return how old the newest report of the station was that decides the market."""
    station = ""
    if listing is not None and listing.instrument.family is not None:
        family = state.families.get(listing.instrument.family)
        station = "" if family is None else family.station
    elif one.place.instrument.venue == EMBEDDED:
        market = state.exchange.markets.get(outcome_of(one.place.instrument)[0])
        station = "" if market is None or not market.contract.stations else market.contract.stations[0].id
    found = state.observed.latest(StationId(station)) if station else None
    return None if found is None or found.measured_at > one.sent_at else one.sent_at - found.measured_at


def _reason(one: Order, price: float | None, fair: float | None, market: float | None) -> str:
    """Return in one line what an order was sent on; what nobody knows is left out."""
    did = "buy" if one.place.side is Side.BUY else "sell"
    qty = "" if one.quantity is None else f" {one.quantity.normalize():f}"
    parts = [f"{did}{qty} {one.place.leg.value}" + ("" if price is None else f" at {100 * price:g}c")]
    if one.why_sent:
        parts.append(one.why_sent)
    if fair is not None:
        parts.append(f"worth {100 * fair:.1f}c")
    if market is not None:
        parts.append(f"market {100 * market:.1f}c")
    if one.edge is not None:
        parts.append(f"edge {one.edge:+.1f}c")
    return ", ".join(parts)


def _price(state: State, instrument: InstrumentId) -> float | None:
    """Return the price of YES as it stands."""
    if instrument.venue == EMBEDDED:
        market, outcome = outcome_of(instrument)
        found = state.exchange.markets.get(market)
        return None if found is None else float(found.prices[outcome])
    listing = state.listings.get(instrument)
    if listing is None or (listing.stale and not listing.result):
        return None
    price = exposing.mark(listing)
    return None if price is None else float(price)


def _of_leg(yes: float, leg: Leg) -> float:
    return yes if leg is Leg.YES else 1.0 - yes
