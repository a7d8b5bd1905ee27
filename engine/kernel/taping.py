"""What every trade of the embedded exchange leaves behind: its number, the tape, the trail, the views it makes old."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.ids import embedded
from engine.core.trade import Between, Booked
from engine.core.units import TICK, Leg, Side, plain
from engine.kernel import results
from engine.kernel.modelling import opinion
from engine.kernel.outbox import named
from engine.kernel.state import Printed, Shown
from engine.maths import contracts
from engine.views import topics

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.core.ids import MarketId
    from engine.core.trade import Ours
    from engine.exchange.answers import Quote, Traded
    from engine.kernel.state import State
    from engine.orders.register import Order

ACCOUNT_VIEWS: Final = (topics.ORDERS, topics.FILLS, topics.POSITIONS, topics.PNL, topics.GATES, topics.SPINE)
HELD: Final = (topics.POSITIONS, topics.PNL)
HELD_VIEWS: Final = named(*HELD)
BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a function."""
RESTED: Final = 1
"""In `Between.via`: the side of who had rested."""
HUNDREDTH: Final = Decimal("0.01")
LONGEST: Final = 40
"""Digits before or after the point of an amount that is looked at."""
INFO: Final = Level.INFO


def booked(
    state: State, traded: Traded, intent: str, ours: Ours | None = None, via: int | None = None, *, mine: bool = False
) -> Booked:
    """Number a trade and put it on the tape and the trail of its market.

    `ours` is of an order of ours that traded at once and for good, `mine` of any other. `via` is that of `Between`.
    """
    mine = mine or ours is not None
    seq, now = state.next_trade, state.now
    state.conduct.traded(traded)
    state.next_trade = seq + 1
    market, outcome, qty = traded.market, traded.outcome, traded.qty
    shown = state.shown.get(market) or shown_of(state, market)
    bought = (traded.side is BUY) is (traded.leg is YES)
    if via != RESTED:  # else it is the other side of the trade that was just printed
        state.turnover[bought] += 1
        shown.tapes[outcome].append(Printed(now, traded.after, qty, bought, mine))
    elif mine and shown.tapes[outcome]:
        shown.tapes[outcome][-1].mine = True
    prices = shown.market.prices
    if len(shown.trails) == 1:
        shown.trails[0].append((now, 100.0 * prices[0]))
    else:
        for trail, price in zip(shown.trails, prices, strict=True):
            trail.append((now, 100.0 * price))
    if market in state.worth:
        results.remark(state, market)
        state.total = results.total(state)
    if mine:
        state.out.views.update(shown.ours[outcome])
    else:
        state.out.views.update(shown.traded[outcome])
        if market in state.losses:
            state.out.dirty_all(HELD_VIEWS)
    return Booked(seq, traded, intent, ours) if via is None else Between(seq, traded, intent, ours, via)


def shown_of(state: State, market: MarketId) -> Shown:
    """Return what every trade of a market touches on the screen."""
    found = state.shown.get(market)
    if found is None:
        listed = state.exchange.markets[market]
        each = [embedded(market, outcome) for outcome in listed.contract.tradable]
        ladders = [topics.ladder(instrument.symbol) for instrument in each]
        board = topics.board(market)
        views = (topics.MARKETS, board, topics.cells(market), topics.SPINE, *ladders)
        found = state.shown[market] = Shown(
            listed,
            named(*views),
            traded=tuple([named(topics.tape(one.symbol), *views) for one in each]),
            ours=tuple([named(topics.tape(one.symbol), *views, *HELD, topics.ORDERS) for one in each]),
            filled=tuple([named(*ACCOUNT_VIEWS, topics.MARKETS, ladder, board) for ladder in ladders]),
            trails=tuple([state.trail(instrument) for instrument in each]),
            tapes=tuple([state.tape(instrument) for instrument in each]),
        )
    return found


def moved(state: State, market: MarketId) -> None:
    """Note the views that show a market's prices."""
    state.out.dirty_all(shown_of(state, market).views)
    if market in state.losses:
        state.out.dirty_all(HELD_VIEWS)


def slippage(one: Order, average: Decimal) -> float | None:
    """Return cents a share lost against the price before the trade; negative was better."""
    if one.mid is None:
        return None
    paid = 100.0 * float(average)
    return paid - one.mid if one.place.side is BUY else one.mid - paid


def edge_of(state: State, asked: Place, traded: Traded) -> float | None:
    """Return cents a share between the model and what was paid, fees counted; None without a model."""
    formed = opinion(state, state.exchange.markets[traded.market])
    if formed is None:
        return None
    model = formed.chances[traded.outcome]
    fair = model if asked.leg is YES else 1.0 - model
    total = traded.cost + traded.fee if asked.side is BUY else traded.cost - traded.fee
    paid = float(total / traded.qty)
    return 100.0 * (fair - paid if asked.side is BUY else paid - fair)


def edge_at(state: State, quote: Quote) -> float | None:
    """Return the same of an order that is only quoted, what would rest of it at its limit."""
    formed = opinion(state, state.exchange.markets[quote.market])
    qty = quote.qty + quote.rest
    if formed is None or not qty:
        return None
    model = formed.chances[quote.outcome]
    fair = model if quote.leg is YES else 1.0 - model
    paid = float((quote.total + quote.rest * quote.price * TICK) / qty)
    return 100.0 * (fair - paid if quote.side is BUY else paid - fair)


def tell(state: State, side: Side, leg: Leg, qty: Decimal, average: Decimal, symbol: str) -> None:
    """Say that an order of ours traded."""
    did = "Bought" if side is BUY else "Sold"
    cents, size = str((100 * average).quantize(HUNDREDTH)), str(qty)  # two places: never in exponent form
    if not size.isdecimal():
        size = plain(qty.normalize())
    state.out.notice(INFO, f"{did} {size} {leg._value_} at {cents}c", "FILL", symbol)


def words(asked: Place) -> str:
    """Return an order in words, such as ``BUY 10 YES @ 43``."""
    at = "" if asked.price is None else f" @ {asked.price / 100:g}"
    return f"{asked.side.value.upper()} {_size(asked)} {asked.leg.value}{at}"


def told(state: State, asked: Place) -> str:
    """Return the same; of a derivative at the price that it is quoted at: ``BUY 2 @ 0.0505``."""
    listing = state.listings.get(asked.instrument)
    if listing is None or not contracts.is_derivative(listing.instrument):
        return words(asked)
    at = "" if asked.price is None else f" @ {plain((asked.price * listing.instrument.unit).normalize())}"
    return f"{asked.side.value.upper()} {_size(asked)}{at}"


def _size(asked: Place) -> str:
    return f"{asked.qty.normalize():f}" if asked.qty is not None else f"${asked.budget}" if asked.budget else "to price"
