"""What the host's charts read of the state: one look at a market, its book as a column, its tape, and the marks on it.

Nothing here changes the state. A chart that nobody looks at costs nothing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.core.contract import Unit
from engine.core.ids import EMBEDDED, FamilyId, InstrumentId, MarketId, outcome_of
from engine.core.units import HOUR, SECOND, TICKS_PER_CENT, TICKS_PER_UNIT, Leg, Side
from engine.kernel import answering, weathering
from engine.kernel.modelling import TO_MM, opinion
from engine.kernel.project import names, quotes, station
from engine.kernel.project.ladder import mood as own_mood
from engine.kernel.project.listed import instruments
from engine.kernel.project.listed.ladder import STATES, WORKS, yes_price, yes_side
from engine.kernel.state import Printed
from engine.maths.bars import Print, Quote
from engine.strategies.updown import UpDown
from engine.strategies.updown_window import PATH_STEPS
from engine.views.chart import FillMark, LevelMark, MomentMark, OrderMark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from engine.core.events import Trade
    from engine.exchange.market import Market
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.strategies.updown_window import Seen

HUNDRED: Final = 100.0
CENTS: Final = np.array(quotes.CENTS, np.float64) / TICKS_PER_CENT
FOREVER: Final = 2**62
"""Until when a price of our own exchange holds: until the next trade, which its tape and trail have."""
TRAIL_HOLDS: Final = 15 * SECOND
"""How long a point of a venue's trail is taken to hold: three of its steps."""


class Glance(NamedTuple):
    """A market as it stands."""

    ok: bool
    """What is seen can be trusted."""
    why: str
    mid: float | None
    bid: float | None
    ask: float | None
    fair: float | None


class Found(NamedTuple):
    """An instrument as charts know it: of a venue's listing, or an outcome of a market of our own."""

    id: InstrumentId
    listing: Listing | None
    market: Market | None
    outcome: int

    @property
    def binary(self) -> bool:
        """Whether it pays 1 or nothing."""
        return self.listing is None or self.listing.top > 0

    @property
    def scale(self) -> float:
        """Return what a tick is worth on a chart: in cents where it pays 1 or nothing."""
        if self.listing is None:
            return 1.0 / TICKS_PER_CENT
        unit = float(self.listing.instrument.unit)
        return HUNDRED * unit if self.binary else unit

    @property
    def lot(self) -> float:
        """Return the shares of a lot."""
        return 1.0 if self.listing is None else float(self.listing.instrument.lot)


def find(state: State, symbol: str) -> Found | None:
    """Return what a symbol stands for; None when there is no such instrument."""
    listing = instruments.find(state, symbol)
    if listing is not None:
        return Found(listing.instrument.id, listing, None, 0)
    one = InstrumentId(EMBEDDED, symbol)
    try:
        market_id, outcome = outcome_of(one)
    except ValueError:
        return None
    market = state.exchange.markets.get(market_id)
    if market is None or outcome not in market.contract.tradable:
        return None
    return Found(one, None, market, outcome)


def glance(state: State, one: Found) -> Glance:
    """Return how a market stands."""
    if one.listing is not None:
        return _glance_listed(state, one.listing)
    market = _market(one)
    quoted = quotes.best(state, market, one.outcome)
    formed = opinion(state, market)
    fair = None if formed is None else HUNDRED * formed.chances[one.outcome]
    ok = market.status == "open"
    why = "" if ok else f"the market is {market.status}"
    bid, ask = (None if ticks is None else ticks / TICKS_PER_CENT for ticks in (quoted.bid, quoted.ask))
    return Glance(ok, why, HUNDRED * market.prices[one.outcome], bid, ask, fair)


def _glance_listed(state: State, listing: Listing) -> Glance:
    one = listing.instrument
    desk = state.desks.get(one.id.venue)
    up = desk is not None and desk.market_up
    if not listing.top:  # its last trade is all that is known of it
        mid = None if listing.last is None else listing.last.price * float(one.unit)
        why = "" if up else "its link is down"
        return Glance(up and mid is not None, why, mid, None, None, None)
    chance = weathering.chance(state, listing)
    if chance is None:
        chance = _chance_up(state, one.id)
    why = listing.stale or ("" if listing.status == "open" else f"the market is {listing.status}")
    bid, ask = instruments.best_cents(listing)
    fair = None if chance is None else HUNDRED * chance
    return Glance(not why, why, instruments.mid(listing), bid, ask, fair)


def _market(one: Found) -> Market:
    if one.market is None:
        msg = f"{one.id.symbol} is no outcome of a market of our own"
        raise ValueError(msg)
    return one.market


def _window(state: State, instrument: InstrumentId) -> tuple[UpDown, Seen] | None:
    """Return the Up/Down window that an instrument is, and who follows it."""
    for engine in state.strategies.all:
        if isinstance(engine, UpDown) and instrument in engine.windows:
            return engine, engine.windows[instrument]
    return None


def _chance_up(state: State, instrument: InstrumentId) -> float | None:
    found = _window(state, instrument)
    if found is None:
        return None
    engine, seen = found
    looks = seen.look(state.now, float(engine.values[engine.specs[0].name]["oracle_delay_s"]))
    return seen.sight.p_up if looks and seen.spot.volatility.valid else None


def depth(state: State, one: Found, bids: NDArray[np.float32], asks: NDArray[np.float32]) -> None:
    """Put what stands at each whole cent into a column: shares, finer prices at their cent."""
    if one.listing is not None:
        grid = one.listing.instrument
        lot = float(grid.lot)
        for side, column in ((Side.BUY, bids), (Side.SELL, asks)):
            for price, lots in one.listing.book.walk(side):
                column[instruments.row_of(price, grid, up=side is Side.SELL) // _per_cent(one) - 1] += lots * lot
        return
    market = _market(one)
    curve = np.array(state.exchange.depth(market.id, one.outcome, quotes.CENTS))
    up = HUNDRED * market.prices[one.outcome] < CENTS
    above, below = np.where(up, curve, 0.0), np.where(up, 0.0, -curve)
    asks += np.maximum(np.diff(np.maximum(above, 0.0), prepend=0.0), 0.0) * up
    bids += np.maximum(-np.diff(np.maximum(below, 0.0), append=0.0), 0.0) * ~up
    for column, is_bid in ((bids, True), (asks, False)):
        for ticks, qty in quotes.resting(market, one.outcome, up=is_bid).items():
            column[ticks // TICKS_PER_CENT - 1] += float(qty)


def _per_cent(one: Found) -> int:
    unit = instruments.CENT if one.listing is None else one.listing.instrument.unit
    return int(instruments.CENT / unit) if unit <= instruments.CENT else TICKS_PER_CENT


def prints(state: State, one: Found, after: object | None) -> tuple[list[Print], object | None, bool]:
    """Return the trades that came after one that was seen, oldest first.

    Returns
    -------
    (trades, newest, whole) : the newest to be given the next time; `whole` is false where some may have been lost.
    """
    tape: list[Printed | Trade] = []
    kept: Sequence[Printed | Trade] = one.listing.tape if one.listing is not None else state.tapes.get(one.id, ())
    for item in reversed(kept):
        if item is after:
            break
        tape.append(item)
    else:
        if after is not None or (kept and len(kept) == getattr(kept, "maxlen", None)):
            return [_print(one, item) for item in reversed(tape)], tape[0] if tape else after, False
    return [_print(one, item) for item in reversed(tape)], tape[0] if tape else after, True


def _print(one: Found, item: Printed | Trade) -> Print:
    if isinstance(item, Printed):
        return Print(item.at, item.ticks * one.scale, float(item.qty), item.bought)
    bought = None if item.taker is None else item.taker is Side.BUY
    return Print(item.at, item.price * one.scale, item.lots * one.lot, bought)


def trail(state: State, one: Found, after: int) -> list[Quote]:
    """Return what is remembered of a market's middle since a moment, oldest first.

    The price of a market of our own holds until the next; a point of a venue's trail only so long as points come.
    """
    if one.listing is None:
        return [Quote(at, FOREVER, cents) for at, cents in state.trails.get(one.id, ()) if at > after]
    found = _window(state, one.id)
    if found is not None and found[1].path:
        return list(_path(found[1], after))
    return [Quote(at, at + TRAIL_HOLDS, cents) for at, cents in one.listing.trail if at > after and one.binary]


def _path(seen: Seen, after: int) -> Iterator[Quote]:
    """Yield the steps of an Up/Down window."""
    holds = 3 * (seen.window.end - seen.window.start) // PATH_STEPS
    for step in seen.path:
        if step.at > after:
            mid, fair = (None if chance is None else HUNDRED * chance for chance in (step.mid, step.p_up))
            yield Quote(step.at, step.at + holds, mid, fair, step.at + holds)


def mood(state: State, one: Found) -> tuple[str, str]:
    """Return a dock's state and why."""
    if one.listing is None:
        return own_mood(state, _market(one))
    if not one.listing.top:
        seen = _glance_listed(state, one.listing)
        return ("live", "") if seen.ok else ("stale" if seen.mid is not None else "loading", seen.why)
    return instruments.mood(state, one.listing)


def title(state: State, one: Found) -> str:
    """Return an instrument's name for its dock."""
    return names.instrument(state, one.id)


def orders(state: State, one: Found) -> tuple[OrderMark, ...]:
    """Return our orders that work or are on their way; those without a price have no place on a chart."""
    top = TICKS_PER_UNIT if one.listing is None else one.listing.top
    found = []
    for order in state.register.working(one.id):
        place = order.place
        price = yes_price(place, top) if top else place.price
        if price is None:
            continue
        status = STATES.get(order.status, "")
        own = "" if place.price is None else f" @ {place.price * one.scale:g}"
        size = "" if order.rest is None else f"{order.rest.normalize():f} "
        words = f"{place.side.value.upper()} {size}{place.leg.value}{own}, {status or order.status.value}"
        found.append(
            OrderMark(
                order.id, price * one.scale, yes_side(place), place.leg, place.price, order.quantity, order.rest,
                status, words, order.status in WORKS and one.binary,  # a drag says cents: a derivative has none
            )
        )  # fmt: skip
    return tuple(found)


def fills(state: State, one: Found) -> tuple[FillMark, ...]:
    """Return our last fills, settlements and what the venue took back left out."""
    found = []
    for row in answering.of_instrument(state, one.id):
        yes = row.leg is Leg.YES
        price = float(row.price) * (HUNDRED if one.binary else 1.0)
        did = "Bought" if row.side is Side.BUY else "Sold"
        words = f"{did} {row.qty.normalize():f} {row.leg.value} at {round(price, 2):g}"
        shown = price if yes or not one.binary else HUNDRED - price
        found.append(FillMark(row.at, shown, (row.side is Side.BUY) is yes, float(row.qty), words))
    return tuple(found)


def moments(state: State, one: Found) -> tuple[MomentMark, ...]:
    """Return when a market opens and closes, as far as its terms say."""
    if one.listing is not None:
        terms = one.listing.instrument
        found = [(terms.opens, "opens"), (terms.closes, "closes"), (terms.expires, "settles")]
        window = _window(state, one.id)
        if window is not None:
            found = [(window[1].window.start, "starts"), (window[1].window.end, "ends")]
        return tuple(MomentMark(at, words) for at, words in found if at is not None)
    contract = _market(one).contract
    marks = [MomentMark(contract.closes, "closes")]
    settled = state.settled_at.get(MarketId(contract.id))
    return (*marks, MomentMark(settled, "settled")) if settled is not None else tuple(marks)


class Under(NamedTuple):
    """What an instrument is decided by: readings of a station, or another instrument's price."""

    name: str
    unit: str
    points: tuple[tuple[int, float], ...]
    """Of a station."""
    holds: int
    """Nanoseconds that a reading is taken to speak of."""
    instrument: InstrumentId | None
    levels: tuple[LevelMark, ...]


def under(state: State, one: Found) -> Under | None:
    """Return what decides an instrument, as far as it is followed."""
    window = _window(state, one.id)
    if window is not None:
        seen = window[1]
        strike = (LevelMark(seen.sight.strike, f"strike, {seen.source}", True),) if seen.source else ()
        return Under(seen.asset.upper(), "$", (), 0, seen.spot.instrument, strike)
    market = names.market_id(state, one.id)
    code = station_of(state, market)
    view = station.view(state, f"{code}/{market}") if code else None
    if view is None:
        return None
    unit, scale = _measured_in(state, market, view.unit)
    points = sorted({(point.at, point.value * scale) for point in (*view.trace, *view.often)})
    levels: list[LevelMark] = []
    own = names.instrument(state, one.id)
    for label, low, high in view.levels:
        strong = own.endswith(f"{label} {view.unit}")
        edges = [value for value in (low, high) if value is not None]
        levels += [LevelMark(value, "" if at else label, strong) for at, value in enumerate(edges)]
    if view.threshold is not None:
        levels.append(LevelMark(view.threshold * scale, f"> {round(view.threshold * scale, 3):g}", True))
    return Under(view.id, unit, tuple(points), _holds(points), None, tuple(levels))


def _measured_in(state: State, market: MarketId, unit: str) -> tuple[str, float]:
    """Return the unit a market is decided in, and how many of it the station's unit is: rain is reported in inches."""
    found = state.exchange.markets.get(market)
    if found is not None and found.contract.unit is Unit.MM and unit == names.UNITS[Unit.INCH]:
        return names.UNITS[Unit.MM], TO_MM[Unit.INCH]
    return unit, 1.0


def _holds(points: Sequence[tuple[int, float]]) -> int:
    """Return how far apart two readings may be for a line between them: hourly reports come with some delay."""
    return HOUR * 5 // 4 if len(points) < 2 else max(HOUR * 5 // 4, 3 * min(b[0] - a[0] for a, b in pairwise(points)))


def station_of(state: State, market: MarketId) -> str:
    """Return the station that decides a market; empty where none does."""
    found = state.exchange.markets.get(market)
    if found is not None:
        return found.contract.stations[0].id if found.contract.stations else ""
    family = state.families.get(FamilyId(market))
    return "" if family is None else family.station


def standard_hours(state: State, one: Found) -> tuple[str, int] | None:
    """Return the station that decides an instrument and its local standard time; None where none does."""
    row = state.stations.get(station_of(state, names.market_id(state, one.id)))  # type: ignore[call-overload]
    return None if row is None else (row.id, row.utc_offset_hours)
