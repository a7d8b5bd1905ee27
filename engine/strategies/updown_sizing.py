"""How many shares an Up/Down signal becomes: where all strategies stand, whole shares, what the fee leaves."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.ids import BINANCE
from engine.core.units import TICK, Leg, Nanos, Qty, Side
from engine.core.when import day_start, week_start
from engine.maths.fees import trade_fee
from engine.portfolio.window_pnl import whole_shares
from engine.risk import two_tier
from engine.strategies.said import Want, Why
from engine.strategies.sight import KELLY_CAP, half_kelly
from engine.strategies.updown_lines import SPECS
from engine.strategies.updown_window import TOP

if TYPE_CHECKING:
    from engine.core.ids import StrategyId
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market
    from engine.strategies.sight import Signal

ZERO: Final = Decimal(0)
MS: Final = 1_000_000
LIMITS: Final = {
    two_tier.Gate.DAILY_LOSS: "Up/Down has lost 3 % of the bankroll today; it goes on at 00:00 UTC",
    two_tier.Gate.WEEKLY_LOSS: "Up/Down has lost 8 % of the bankroll this week; it goes on on Monday 00:00 UTC",
    two_tier.Gate.STALE: "the spot price is more than 5 s old",
    two_tier.Gate.PORTFOLIO: "all Up/Down strategies together have 15 % of the bankroll at work",
    two_tier.Gate.COOLDOWN: "it pauses after its last order",
    two_tier.Gate.MAX_ORDERS: "it has sent as many orders as it may in one window",
    two_tier.Gate.STRATEGY_EXPOSURE: "it has as much at work as it may",
    two_tier.Gate.MIN_SIZE: "what is left to spend is below $1",
}


def standing(
    context: Context, name: StrategyId, bankroll: float, heard_at: Nanos | None = None
) -> two_tier.Standing:  # fmt: skip
    """Return where all six stand together, in the shadow if one is there; days begin at 00:00 UTC, weeks on Monday."""
    today, week = day_start(context.now), week_start(context.now)
    exposure = daily = weekly = ZERO
    for spec in SPECS:
        one = context.own(spec.name, name)
        exposure += one.exposure
        daily += one.since(today)
        weekly += one.since(week)
    return two_tier.Standing(
        bankroll=bankroll,
        exposure=float(exposure),
        daily_pnl=float(daily),
        weekly_pnl=float(weekly),
        feed_age_ms=None if heard_at is None else int((context.now - heard_at) / MS / context.pace(BINANCE)),
    )


def own_standing(context: Context, orders: int, name: StrategyId, last: Nanos | None) -> two_tier.OwnStanding:
    """Return where one of them stands: its money in all windows, its orders in this one."""
    since = None if last is None else (context.now - last) // MS
    return two_tier.OwnStanding(exposure=float(context.own(name).exposure), orders=orders, ms_since_last=since)


def standing_there(market: Market, leg: Leg) -> int:
    """Return the whole shares of a leg that are offered at its best price."""
    book, lot = market.book, market.instrument.lot
    price, side = (book.best_ask, Side.SELL) if leg is Leg.YES else (book.best_bid, Side.BUY)
    return 0 if price is None else int(book.lots(side, price) * lot)


def shares_of(
    market: Market, want: Want, signal: Signal, money: float, most: int, now: Nanos, bankroll: float = math.inf
) -> Want | Why:
    """Return an intent with its shares, or why there is nothing to send: too few, or the fee eats the edge.

    The fee is a part of the price: of the bankroll no more is staked than half of Kelly's at what a share costs with
    it. What must fill whole asks for no more than stands at its price.
    """
    instrument, each = market.instrument, (want.price or 0) / TOP
    whole = min(int(whole_shares(money, each)), most)
    if want.tif is Tif.FOK:
        whole = min(whole, standing_there(market, want.leg))
    least = max(instrument.least, _stated_least(instrument))
    if whole < least or whole <= 0:
        return Why(want.strategy, "min_size", f"${money:.2f} buys {whole} shares; the venue takes {least:f}")
    try:
        fee = _fee_each(instrument, want, signal, whole, now)
        staked = half_kelly(signal.fair, each + fee, KELLY_CAP) * bankroll if each + fee < 1.0 else 0.0
        if signal.fair - each - fee > 0.0 and staked < whole * each:
            whole = int(whole_shares(staked, each))
            if whole < least or whole <= 0:
                text = f"half of Kelly's stake after the fee, ${staked:.2f}, buys {whole} shares; the venue takes"
                return Why(want.strategy, "min_size", f"{text} {least:f}")
            fee = _fee_each(instrument, want, signal, whole, now)
    except ValueError:
        return Why(want.strategy, "fee", "the venue's fee is not known")
    left = signal.fair - each - fee
    if left <= 0.0:
        return Why(want.strategy, "fee", f"its edge does not pay the fee of {100 * fee:.2f}c a share")
    return want._replace(qty=Qty(Decimal(whole)), part=None, edge=left)


def _fee_each(instrument: Instrument, want: Want, signal: Signal, whole: int, now: Nanos) -> float:
    """Return the venue's fee a share; ValueError where it is not known."""
    qty = Qty(Decimal(whole))
    return float(trade_fee(instrument.fee, Side.BUY, (want.price or 0) * TICK, qty, signal.passive, now)) / whole


def _stated_least(instrument: Instrument) -> Decimal:
    return _whole(instrument.fact("min_size"))


@lru_cache(maxsize=64)
def _whole(text: str) -> Decimal:
    return Decimal(text) if text.isdecimal() else ZERO
