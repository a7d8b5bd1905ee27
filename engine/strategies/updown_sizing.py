"""How many shares an Up/Down signal becomes: where all strategies stand, whole shares, what the fee leaves."""

from __future__ import annotations

import math
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.commands import Tif
from engine.core.ids import BINANCE
from engine.core.units import DAY, TICK, Leg, Nanos, Qty, Side, Ticks
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


class Account(NamedTuple):
    """What sizes of one line hang on and only what we do ourselves changes, and the day."""

    bankroll: float
    exposure: float
    """Of all six together, as are both results."""
    daily: float
    weekly: float
    own: float
    """The line's own exposure."""
    least: Decimal
    """Shares that the market takes at least."""
    until: int
    """It does not hold from then on: another day begins."""


def account(context: Context, name: StrategyId, bankroll: float, instrument: Instrument) -> Account:
    """Return how the account stands for one line; days begin at 00:00 UTC, weeks on Monday."""
    whole = standing(context, name, bankroll)
    return Account(
        bankroll,
        whole.exposure,
        whole.daily_pnl,
        whole.weekly_pnl,
        float(context.own(name).exposure),
        least_of(instrument),
        day_start(context.now) + DAY,
    )


def all_of(context: Context, one: Account, heard_at: Nanos | None) -> two_tier.Standing:
    """Return where all six stand together as an account has it, the spot price heard when it was."""
    age = None if heard_at is None else int((context.now - heard_at) / MS / context.pace(BINANCE))
    return two_tier.Standing(
        bankroll=one.bankroll, exposure=one.exposure, daily_pnl=one.daily, weekly_pnl=one.weekly, feed_age_ms=age
    )


def standing(context: Context, name: StrategyId, bankroll: float) -> two_tier.Standing:
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
    )


def own_standing(exposure: float, orders: int, now: Nanos, last: Nanos | None) -> two_tier.OwnStanding:
    """Return where one of them stands: its money in all windows, its orders in this one."""
    since = None if last is None else (now - last) // MS
    return two_tier.OwnStanding(exposure=exposure, orders=orders, ms_since_last=since)


def standing_there(market: Market, leg: Leg) -> int:
    """Return the whole shares of a leg that are offered at its best price."""
    book, lot = market.book, market.instrument.lot
    price, side = (book.best_ask, Side.SELL) if leg is Leg.YES else (book.best_bid, Side.BUY)
    return 0 if price is None else int(book.lots(side, price) * lot)


def shares_of(
    market: Market,
    want: Want,
    signal: Signal,
    money: float,
    most: int,
    now: Nanos,
    bankroll: float = math.inf,
    least: Decimal | None = None,
) -> Want | Why:
    """Return an intent with its shares, or why there is nothing to send: too few, or the fee eats the edge.

    The fee is a part of the price: of the bankroll no more is staked than half of Kelly's at what a share costs with
    it. What must fill whole asks for no more than stands at its price.
    """
    instrument, price = market.instrument, want.price or Ticks(0)
    each = price / TOP
    whole = min(int(whole_shares(money, each)), most)
    if want.tif is Tif.FOK:
        whole = min(whole, standing_there(market, want.leg))
    least = least_of(instrument) if least is None else least
    if whole < least or whole <= 0:
        return Why(want.strategy, "min_size", f"${money:.2f} buys {whole} shares; the venue takes {least:f}")
    try:
        fee = fee_each(instrument, price, whole, signal.passive, now)
        staked = half_kelly(signal.fair, each + fee, KELLY_CAP) * bankroll if each + fee < 1.0 else 0.0
        if signal.fair - each - fee > 0.0 and staked < whole * each:
            whole = int(whole_shares(staked, each))
            if whole < least or whole <= 0:
                text = f"half of Kelly's stake after the fee, ${staked:.2f}, buys {whole} shares; the venue takes"
                return Why(want.strategy, "min_size", f"{text} {least:f}")
            fee = fee_each(instrument, price, whole, signal.passive, now)
    except ValueError:
        return Why(want.strategy, "fee", "the venue's fee is not known")
    left = signal.fair - each - fee
    if left <= 0.0:
        return Why(want.strategy, "fee", f"its edge does not pay the fee of {100 * fee:.2f}c a share")
    return Want(
        want.strategy, want.instrument, want.side, want.leg, want.price, Qty(Decimal(whole)), want.budget, None,
        want.tif, want.post_only, want.reduce_only, want.ttl, want.key, want.fair, left, want.why,
    )  # fmt: skip  # `_replace` takes three times as long


def fee_each(instrument: Instrument, price: Ticks, whole: int, passive: bool, now: Nanos) -> float:
    """Return the venue's fee of a share that is bought; ValueError where it is not known."""
    qty = Qty(Decimal(whole))
    return float(trade_fee(instrument.fee, Side.BUY, price * TICK, qty, passive, now)) / whole


def least_of(instrument: Instrument) -> Decimal:
    """Return the fewest shares that the market takes, as its list or its facts have it."""
    return max(instrument.least, _whole(instrument.fact("min_size")))


@lru_cache(maxsize=64)
def _whole(text: str) -> Decimal:
    return Decimal(text) if text.isdecimal() else ZERO
