"""Builds what the gates look at, from the state in the moment an order is asked for.

Exposure is read from the exchange, not from the book: a trade that is not on disk yet counts already.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place
from engine.core.ids import YOU, MarketId
from engine.core.order import Status
from engine.core.units import MINUTE, NO_MONEY, SECOND, Leg, Money, Nanos, Side
from engine.exchange.answers import Declined, Quote
from engine.exchange.market import lots_of
from engine.kernel import results, standing
from engine.risk.probe import Probe

if TYPE_CHECKING:
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.kernel.state import State

ZERO: Final = Decimal(0)
TWO_SECONDS: Final = 2 * SECOND
BUY: Final = Side.BUY
YES: Final = Leg.YES
LOST: Final = Status.LOST
"""Here because looking a member up costs as much as a function."""


def market_of(state: State, place: Place) -> Market | None:
    """Return the embedded market an order is for, or None."""
    listed = state.exchange.listed(place.instrument)
    return None if listed is None else listed[0]


def likeness(place: Place) -> tuple[object, ...]:
    """Return what makes two orders the same order sent twice."""
    return (place.instrument, place.side, place.leg, place.price, place.qty, place.budget)


def probe(
    state: State, place: Place, pressed_at: Nanos, *, whole: bool = False, but: Rest | None = None
) -> tuple[Probe, Quote | None]:
    """Return the probe of an order, and what the exchange would do with it.

    `whole` as in `Probe`; `but` is the resting order that it takes the place of.
    """
    session = state.session
    found = Probe(
        place,
        state.now,
        pressed_at,
        session.mode,
        session.storage_ok,
        session.chain_ok,
        session.halted_by,
        session.reduce_only,
        place.side is not BUY,
        None,
        day=results.day(state),
        week=results.week(state),
        whole=whole,
    )
    _pace(state, found, but)
    market = market_of(state, place)
    if market is None:
        found.status = state.exchange.gone.get(MarketId(place.instrument.symbol.rpartition("/")[0]))
        return found, None
    found.status = market.status
    found.closes = market.contract.closes
    found.cash = state.exchange.free(YOU)
    found.source_age_s = source_age(state, market)
    return found, _quoted(state, found, market, but)


def _quoted(state: State, found: Probe, market: Market, but: Rest | None) -> Quote | None:
    if found.status != "open":
        return None
    place = found.place
    if but is None:
        quote = state.exchange.quote(place, state.now)
    else:
        lots = lots_of(place.qty or ZERO)
        quote = state.exchange.hybrid.requote(but.order, place.price or but.price, lots, state.now)
        found.cash = None if found.cash is None else Money(found.cash + but.reserved)
    if isinstance(quote, Declined):
        found.declined, found.declined_text = quote.code, quote.text
        return None
    found.qty, found.cost, found.fee = quote.qty, quote.cost, quote.fee
    if market.book is None:
        _exposure(state, found, market, quote)
    else:
        standing.expose(state, found, market, quote, but)
        found.crossing = standing.crossing(state, found, market, quote.outcome, but)
    return quote


def _pace(state: State, found: Probe, but: Rest | None) -> None:
    now, pressed = found.pressed_at, state.pressed
    while pressed and now - pressed[0][0] > MINUTE:
        pressed.popleft()
    if pressed:
        _alike(state, found)
    for order in state.register.open():
        found.open_orders += but is None or order.id != but.order
        if order.status is LOST and order.place.instrument == found.place.instrument:
            found.unknown += 1


def _alike(state: State, found: Probe) -> None:
    """Count the orders of the last two seconds, and those that this one repeats."""
    like = likeness(found.place)
    spell = int(state.limits["DUPLICATE"] * SECOND)
    reach = max(spell, TWO_SECONDS)
    now, pressed = found.pressed_at, state.pressed
    found.last_minute = len(pressed)
    for when, other in reversed(pressed):
        age = now - when
        if age > reach:
            break
        found.last_2s += age <= TWO_SECONDS
        found.duplicates += age < spell and other == like


def _exposure(state: State, found: Probe, market: Market, quote: Quote) -> None:
    buying, yes = quote.side is BUY, quote.leg is YES
    change = quote.qty if buying else -quote.qty
    stake = market.stakes.get(YOU)
    if stake is None:
        shares, cost = [ZERO] * (2 * len(market.contract.tradable)), quote.fee
    else:
        shares, cost = [p.qty for p in stake], sum([p.cost for p in stake], quote.fee)
    shares[2 * quote.outcome + (not yes)] += change
    after = worst(shares, cost + quote.cost if buying else cost - quote.cost)
    found.market_after = sum(shares, ZERO)
    found.event_loss_after = after
    before = state.losses.get(market.id, NO_MONEY)
    if not buying and after > before and not found.whole:
        found.reducing = False  # one leg of a hedge: fewer shares, and more to lose
    found.at_risk_after = Money(results.at_risk(state) - before + after)
    here, elsewhere = standing.around(state, market)
    standing.near(found, here, here.moved(change if yes else -change), elsewhere)


def loss_of(state: State, market: Market) -> Money:
    """Return the worst loss of our positions, and of our resting orders, in a market."""
    if market.book is not None:
        return standing.loss_of(state, market)
    stake = market.stakes.get(YOU)
    if stake is None:
        return NO_MONEY
    if len(stake) == 2:
        yes, no = stake
        return worst([yes.qty, no.qty], yes.cost + no.cost)
    return worst([p.qty for p in stake], sum([p.cost for p in stake], ZERO))


def worst(shares: list[Decimal], cost: Decimal) -> Money:
    """Return what is lost at worst by shares bought for `cost`; of outcome i, YES at 2i and NO at 2i + 1.

    The least that `engine.portfolio.outcomes.results` finds; a YES/NO market pays the smaller of its two legs.
    """
    if len(shares) == 2:
        yes, no = shares
        loss = cost - (yes if yes < no else no)
    else:
        nets = [yes - no for yes, no in zip(shares[::2], shares[1::2], strict=True)]
        loss = cost - (sum(shares[1::2], ZERO) + min(nets))
    return loss if loss > ZERO else NO_MONEY  # type: ignore[return-value]  # called for every trade


def source_age(state: State, market: Market) -> float | None:
    """Return seconds since the newest report of the market's stations; None before the first."""
    newest = None
    for station in market.contract.stations:
        latest = state.observed.latest(station.id)
        if latest is not None and (newest is None or latest.measured_at > newest):
            newest = latest.measured_at
    return None if newest is None else max(0.0, (state.now - newest) / SECOND)
