"""Builds what the gates look at, from the state in the moment an order is asked for.

Exposure is read from the exchange, not from the book: a trade that is not on disk yet counts already.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.commands import Place
from engine.core.errors import InvariantBroken
from engine.core.ids import EMBEDDED, YOU, outcome_of
from engine.core.order import Status
from engine.core.units import MINUTE, SECOND, Leg, Money, Nanos, Qty, Side
from engine.exchange.answers import Declined, Quote
from engine.kernel import results
from engine.portfolio.groups import group_of
from engine.portfolio.outcomes import span
from engine.risk.probe import Probe

if TYPE_CHECKING:
    from engine.core.ids import AccountId, MarketId
    from engine.exchange.market import Market
    from engine.kernel.state import State

ZERO = Decimal(0)


def market_of(state: State, place: Place) -> Market | None:
    """Return the embedded market an order is for, or None."""
    if place.instrument.venue != EMBEDDED:
        return None
    try:
        market, outcome = outcome_of(place.instrument)
    except ValueError:
        return None
    found = state.exchange.markets.get(market)
    return found if found is not None and outcome in found.contract.tradable else None


def likeness(place: Place) -> tuple[object, ...]:
    """Return what makes two orders the same order sent twice."""
    return (place.instrument, place.side, place.leg, place.price, place.qty, place.budget)


def probe(state: State, place: Place, pressed_at: Nanos) -> tuple[Probe, Quote | None]:
    """Return the probe of an order, and what the exchange would do with it."""
    session = state.session
    found = Probe(
        place=place,
        at=state.now,
        pressed_at=pressed_at,
        mode=session.mode,
        storage_ok=session.storage_ok,
        chain_ok=session.chain_ok,
        halted=session.halted_by,
        reduce_only=session.reduce_only,
        reducing=place.side is Side.SELL,
        status=None,
        day=results.day(state),
        week=results.week(state),
    )
    _pace(state, found)
    market = market_of(state, place)
    if market is None:
        return found, None
    found.status = market.status
    found.closes = market.contract.closes
    found.cash = state.exchange.cash.get(YOU)
    found.source_age_s = source_age(state, market)
    return found, _quoted(state, found, market)


def _quoted(state: State, found: Probe, market: Market) -> Quote | None:
    if found.status != "open":
        return None
    quote = state.exchange.quote(found.place)
    if isinstance(quote, Declined):
        found.declined, found.declined_text = quote.code, quote.text
        return None
    found.qty, found.cost, found.fee = quote.qty, quote.cost, quote.fee
    _exposure(state, found, market, quote)
    return quote


def _pace(state: State, found: Probe) -> None:
    like = likeness(found.place)
    spell = int(state.limits["DUPLICATE"] * SECOND)
    now, pressed = found.pressed_at, state.pressed
    while pressed and now - pressed[0][0] > MINUTE:
        pressed.popleft()
    found.last_minute = len(pressed)
    for when, other in reversed(pressed):
        age = now - when
        if age > spell and age > 2 * SECOND:
            break
        found.last_2s += age <= 2 * SECOND
        found.duplicates += age < spell and other == like
    for order in state.register.open():
        found.open_orders += 1
        if order.place.instrument == found.place.instrument:
            found.unknown += order.status is Status.LOST
            found.crossing += _crosses(order.place, found.place) and order.status is Status.WORKING


def _crosses(one: Place, other: Place) -> bool:
    """Whether two orders of ours in one instrument would meet; NO bought is YES sold."""
    lifts = (one.side is Side.BUY) == (one.leg is Leg.YES)
    return lifts != ((other.side is Side.BUY) == (other.leg is Leg.YES))


def _exposure(state: State, found: Probe, market: Market, quote: Quote) -> None:
    sign = 1 if quote.side is Side.BUY else -1
    held, cost, shares = held_of(state, YOU, market)
    held.append((quote.outcome, quote.leg, sign * quote.qty))
    spent = cost + sign * quote.cost + quote.fee
    before = loss_of(state, market)
    after = span(held, spent, len(market.contract.outcomes)).loss
    found.market_after = Qty(shares + sign * quote.qty)
    found.event_loss_after = after
    found.at_risk_after = Money(results.at_risk(state) - before + after)
    _cells(state, found, market, quote, sign)


def _cells(state: State, found: Probe, market: Market, quote: Quote, sign: int) -> None:
    exposures = state.exchange.exposures(YOU)
    cell = market.contract.cell
    delta = sign * quote.qty * (1 if quote.leg is Leg.YES else -1)
    found.cell_after = abs(exposures.get(cell, ZERO) + delta)
    mode = state.exchange.rules.group_mode
    group = group_of(cell, mode)
    found.group_after = found.cell_after + sum(
        (abs(net) for other, net in exposures.items() if other != cell and group_of(other, mode) == group), ZERO
    )


def held_of(
    state: State, account: AccountId, market: Market
) -> tuple[list[tuple[int, Leg, Decimal]], Decimal, Decimal]:
    """Return an account's shares in a market, what they cost, and how many they are."""
    held: list[tuple[int, Leg, Decimal]] = []
    cost = shares = ZERO
    for outcome in market.contract.tradable:
        for leg in (Leg.YES, Leg.NO):
            position = state.exchange.holding(account, market.id, outcome, leg)
            if position.qty:
                held.append((outcome, leg, position.qty))
                cost += position.cost
                shares += position.qty
    return held, cost, shares


def loss_of(state: State, market: Market) -> Money:
    """Return the worst loss of our positions in a market."""
    held, cost, _ = held_of(state, YOU, market)
    return span(held, cost, len(market.contract.outcomes)).loss if held else Money(ZERO)


def source_age(state: State, market: Market) -> float | None:
    """Return seconds since the newest report of the market's stations; None before the first."""
    newest = [state.observed.latest(s.id) for s in market.contract.stations]
    known = [r.measured_at for r in newest if r is not None]
    return max(0.0, (state.now - max(known)) / SECOND) if known else None


def market_by_id(state: State, market: MarketId) -> Market:
    """Return a market that must exist."""
    found = state.exchange.markets.get(market)
    if found is None:
        msg = f"market {market} is not known"
        raise InvariantBroken(msg)
    return found
