"""Momentum's view of markets, and its wishes as orders: families that qualify, best prices, fees, intents. Pure."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.book.features import Quote
from engine.core.commands import Tif
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.maths.fees import trade_fee
from engine.strategies import others
from engine.strategies.context import shown
from engine.strategies.momentum_terms import NAME, NOMINAL
from engine.strategies.said import Want

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.instrument import Family, Instrument
    from engine.strategies import bracket_momentum
    from engine.strategies.bracket_momentum import Fee, Terms
    from engine.strategies.context import Context, Market, Own, Working


def members(context: Context, family: Family) -> tuple[Instrument, ...]:
    """Return a family's instruments where it is an open day of temperatures in whole degrees; empty otherwise."""
    if not (family.exclusive and family.exhaustive and family.unit.startswith("°F") and family.closes):
        return ()
    markets = [context.market(one) for one in family.members]
    if len(markets) < 3 or any(one is None or not _bounded(one.instrument) for one in markets):
        return ()
    if all(one is not None and one.status != "open" for one in markets):
        return ()
    return tuple(one.instrument for one in markets if one is not None)


def _bounded(one: Instrument) -> bool:
    return one.strike is not None and (one.strike.low is not None or one.strike.high is not None)


def quote(market: Market, ours: Iterable[Working]) -> Quote | None:
    """Return the best prices of a market, account currency and contracts; None for an empty book.

    Those of our orders that stand in it, `ours`, are no part of it. Who bids nothing bids 0, and who offers nothing
    asks 1: an outcome that is all but decided has one side only.
    """
    ours = tuple(one for one in ours if one.instrument == market.instrument.id)
    bid, ask = (_best(market, side, ours) for side in (Side.BUY, Side.SELL))
    if bid is None and ask is None:
        return None
    return Quote(*(bid or (0.0, 0.0)), *(ask or (1.0, 0.0)))


def _best(market: Market, side: Side, ours: Sequence[Working]) -> tuple[float, float] | None:
    """Return the best price of a side and the contracts there."""
    book, one = market.book, market.instrument
    if ours:
        found = others.best(market, side, ours)
        return None if found is None else (float(one.unit) * found[0], float(found[1]))
    price = book.best_bid if side is Side.BUY else book.best_ask
    return None if price is None else (float(one.unit) * price, float(one.lot) * book.lots(side, price))


def open_loss(context: Context, own: Own) -> Decimal:
    """Return what open positions would lose at the best bids of others, 0 or less.

    What has no price to go by counts for none.
    """
    total, ours = Decimal(0), shown(context, own.working.values())
    for (instrument, leg), position in own.held.items():
        market = context.market(instrument)
        if market is None or market.stale or leg is not Leg.YES:
            continue
        bid = others.best(market, Side.BUY, [one for one in ours if one.instrument == instrument])
        if bid is not None:
            total += position.qty * market.instrument.unit * bid[0] - position.cost
    return min(total, Decimal(0))


def fee(members: Sequence[Instrument], at: Nanos) -> Fee:
    """Return the venue's exact fee of buying; infinite where its schedule is not known."""

    def fee(j: int, price: float, qty: float, maker: bool) -> float:
        one = members[j]
        each = one.unit * round(price / float(one.unit))
        try:
            return float(trade_fee(one.fee, Side.BUY, each, Qty(Decimal(qty)), maker=maker, at=at))
        except ValueError:
            return math.inf

    return fee


def intent(one: Instrument, want: bracket_momentum.Want, terms: Terms) -> Want:
    """Return what momentum wants as an intent: an entry is a part of the bankroll, the rest is by quantity."""
    entry = want.buy and want.why == "leader"
    return Want(
        strategy=NAME,
        instrument=one.id,
        side=Side.BUY if want.buy else Side.SELL,
        leg=Leg.YES,
        price=Ticks(round(want.price / float(one.unit))),
        qty=None if entry else Qty(Decimal(want.qty)),
        part=want.qty * want.price / NOMINAL if entry else None,
        tif=Tif.GTC if want.maker else Tif.IOC,
        post_only=want.maker,
        reduce_only=not want.buy,
        ttl=Nanos(int(terms.horizon_s) * SECOND) if want.maker else None,
        key=f"{one.id.symbol}:{'buy' if want.buy else 'sell'}",
        fair=None if math.isnan(want.fair) else want.fair,
        why=want.why,
        edge=None if math.isnan(want.fair) else (want.fair - want.price if want.buy else want.price - want.fair),
    )


def in_the_way(said: Want, want: bracket_momentum.Want, working: Mapping[str, Working]) -> list[str]:
    """Return the keys of our orders that must be gone before a position is sold: its bid, and its offer at rest."""
    if want.buy or want.maker:
        return []
    symbol = said.instrument.symbol
    return [key for key in (f"{symbol}:buy", f"{symbol}:sell") if key in working]
