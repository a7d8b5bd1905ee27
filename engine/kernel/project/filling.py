"""How likely an order that waits is filled in time, with what that was reckoned from.

Everything that stands before it must trade first: on a book better prices and older orders, on the embedded exchange
the curve up to its price too. Trades that reach its side arrive as they did in the last minute, each of the mean size
of the last ten. What is not known makes the chance unknown.

Source: Kalshi momentum sheet §3.4 (Poisson arrivals).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import MarketId, embedded
from engine.core.units import MINUTE, SECOND, Leg, Qty, Side, Ticks
from engine.kernel.state import TAPE_NS
from engine.maths import resting
from engine.views.ladder import FillOdds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.commands import Place
    from engine.core.units import Nanos
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.kernel.desks import Listing
    from engine.kernel.state import State
    from engine.orders.register import Order

HORIZON: Final = 10 * MINUTE
RATE_OVER: Final = MINUTE
HUNDREDTH: Final = Decimal("0.01")
ZERO: Final = Decimal(0)

Print = tuple["Nanos", bool, Decimal]
"""When, whether it lifted the price of YES, and shares."""


def of_rest(state: State, one: Rest) -> FillOdds:
    """Return the odds of an order that rests on the embedded exchange."""
    ahead = _shares(state.exchange.hybrid.ahead(one))
    return _odds(state, _embedded(state, one.market, one.outcome), ahead, one.qty, up=one.up, until=one.until)


def of_quote(state: State, market: Market, place: Place, outcome: int, rest: Qty) -> FillOdds:
    """Return the odds of what would rest of an order on the embedded exchange."""
    up = (place.side is Side.BUY) is (place.leg is Leg.YES)
    price = place.price or Ticks(0)
    ticks = price if place.leg is Leg.YES else Ticks(10_000 - price)
    ahead = _shares(state.exchange.hybrid.ahead_at(market, outcome, ticks, up=up))
    return _odds(state, _embedded(state, market.id, outcome), ahead, rest, up=up, until=place.until)


def of_listed(state: State, listing: Listing, place: Place, rest: Qty, own: Decimal = ZERO) -> FillOdds:
    """Return the odds of what would rest of an order on a venue, or of one that does, of which `own` is in the book.

    How many of its level are older the venue does not say, so that all of them count: the chance is at least this.
    """
    one = listing.instrument
    up = (place.side is Side.BUY) is (place.leg is Leg.YES)
    top = int(1 / one.unit)
    price = place.price or Ticks(0)
    ticks = price if place.leg is Leg.YES else top - price
    ahead: Qty | None = None
    if not listing.stale:
        levels = listing.book.levels(Side.BUY if up else Side.SELL)
        lots = sum(lots for at, lots in levels if (at >= ticks if up else at <= ticks))
        ahead = Qty(max(ZERO, lots * one.lot - own))
    prints = [
        (t.at, t.taker is Side.BUY, Decimal(t.lots * one.lot)) for t in reversed(listing.tape) if t.taker is not None
    ]
    return _odds(state, prints, ahead, rest, up=up, until=place.until, at_most=True)


def of_order(state: State, listing: Listing, order: Order) -> FillOdds | None:
    """Return the odds of an order of ours that works on a venue; None of one without a size."""
    rest = order.rest
    if rest is None or order.place.price is None:
        return None
    return of_listed(state, listing, order.place, rest, Decimal(rest))


def _embedded(state: State, market: str, outcome: int) -> list[Print]:
    newest_first = reversed(state.tapes.get(embedded(MarketId(market), outcome), ()))
    return [(one.at, one.bought, one.qty) for one in newest_first]


def _odds(
    state: State, prints: Iterable[Print], ahead: Qty | None, qty: Qty, *, up: bool, until: Nanos | None,
    at_most: bool = False,
) -> FillOdds:  # fmt: skip
    count, seen, size = 0, 0, ZERO
    for at, lifted, shares in prints:
        if state.now - at > TAPE_NS:
            break
        if lifted is up:
            continue  # it took the other side
        seen, size = seen + 1, size + shares
        count += state.now - at <= RATE_OVER
    left = HORIZON if until is None else max(0, min(HORIZON, until - state.now))
    per_s, horizon = count / (RATE_OVER / SECOND), left / SECOND
    mean = float(size / seen) if seen else None
    known = ahead is not None and mean is not None and mean > 0.0
    found = resting.fill_odds(float(ahead or 0), float(qty), per_s, mean or 1.0, horizon) if known else None
    return FillOdds(
        ahead=ahead,
        at_most=at_most,
        qty=qty,
        per_s=per_s,
        mean_size=mean,
        horizon_s=horizon,
        trades=None if found is None else found.trades,
        chance=None if found is None else found.chance,
    )


def _shares(amount: float) -> Qty:
    return Qty(Decimal(amount).quantize(HUNDREDTH))
