"""What an Up/Down line is likely to want next, and how much: reckoned in idle moments, all but the edge.

A line buys at the offer, or near it when the book moves meanwhile, and what its signal asks for is a step: S1 to S4
ask for the most that Kelly's rule lets them wherever the edge is as wide as that, S2 for one of three. So for each
price around the offer and for each step the shares are known beforehand, and with them the fee. When the line speaks
its edge is held against them: the money it asks for buys as many shares, half of Kelly's stake after the fee pays for
them, they stand at their price, and no pause, halt, limit or day came between. Where it asks for another number, or at
another price, as S5 always does, the shares are reckoned then, and all but the edge is known. Whatever would not be
sent is for `UpDown.size` to say.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.commands import Tif
from engine.core.ids import BINANCE
from engine.core.units import SECOND, Leg, Nanos, Qty, Side, Ticks
from engine.portfolio.window_pnl import MERCY
from engine.risk import two_tier
from engine.strategies import certainty_capture, convexity_fade, cross_timeframe, latency_arb, strike_misalign
from engine.strategies.base import OTHER
from engine.strategies.said import Want
from engine.strategies.sight import DOWN, HALF, KELLY_CAP, UP, Outcome, Signal
from engine.strategies.updown_lines import S1, S2, S3, S4, S6
from engine.strategies.updown_signals import want_of
from engine.strategies.updown_sizing import MS, all_of, fee_each, own_standing, shares_of, standing_there
from engine.strategies.updown_window import TOP

if TYPE_CHECKING:
    from engine.core.ids import StrategyId
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market
    from engine.strategies.updown_halts import Halts
    from engine.strategies.updown_sizing import Account
    from engine.strategies.updown_window import Seen

AROUND: Final = 3
"""Steps of the grid on either side of the offer at which its order is laid out."""
SOON: Final = Nanos(2 * SECOND)
"""A pause that takes longer lets no order through before everything is laid out again: at the next beat at the latest.
"""
PARTS: Final[dict[StrategyId, tuple[float, ...]]] = {
    S1: (latency_arb.CAP,),
    S2: certainty_capture.CAPS,
    S3: (convexity_fade.CAP,),
    S4: (strike_misalign.CAP,),
    S6: (cross_timeframe.CAP,),
}
"""Of the bankroll, that a line asks for where its edge is wide. What S5 rests at hangs on the value itself."""
YES, BUY, SELL, FOK = Leg.YES, Side.BUY, Side.SELL, Tif.FOK
"""Here because looking a member up costs as much as a function."""
floor = math.floor


class Size(NamedTuple):
    """A number of shares at a price."""

    number: int
    """Its place among the orders that are foreseen."""
    qty: Qty
    fee: float
    """Of one share."""
    cost: float
    """Of one share, fee included."""
    worth: float
    """Of all of them, without."""
    lots: int
    """So much has to stand at the price."""


class Ahead:
    """One line's next orders in one window."""

    __slots__ = (
        "_bankroll", "_begun", "_cap", "_fresh", "_halts", "_kills", "_least", "_market", "_most", "_name", "_ready",
        "_seen", "_sizes", "_until", "wants",
    )  # fmt: skip

    def __init__(
        self, name: StrategyId, seen: Seen, market: Market, halts: Halts, account: Account, cap: float, most: int,
        ready: int, fresh: int,
    ) -> None:  # fmt: skip
        self._name, self._seen, self._market = name, seen, market
        self._halts, self._begun = halts, halts.begun
        self._bankroll, self._until = account.bankroll, account.until
        self._cap = cap
        """Most money for one order."""
        self._most = most
        self._ready = ready
        """It pauses until then."""
        self._fresh = fresh
        """Nanoseconds of the session's clock that the spot price may be old."""
        self._least = account.least
        self._kills = name == S1
        self._sizes: dict[tuple[Leg, Ticks, int], Size] = {}
        self.wants: list[Want] = []

    def lay(self, side: Outcome, offer: Ticks, least: Decimal, now: Nanos) -> None:
        """Reckon the orders of one side around its offer."""
        step, one = self._seen.step, self._market.instrument
        for price in range(offer - AROUND * step, offer + (AROUND + 1) * step, step):
            if 0 < price < TOP:
                for whole in sorted(self._wholes(side, Ticks(price), price == offer)):
                    if whole >= least and whole > 0:
                        self._lay(one, side, Ticks(price), whole, now)

    def _wholes(self, side: Outcome, price: Ticks, now: bool) -> set[int]:
        """Return what its steps would buy at a price, and where that stands there `now`, what stands."""
        money = {min(part * self._bankroll, self._cap) for part in PARTS[self._name]}
        found = {min(floor(one / (price / TOP) + MERCY), self._most) for one in money if one >= two_tier.ENOUGH}
        if self._kills and now:
            standing = standing_there(self._market, YES if side is UP else Leg.NO)
            found |= {min(one, standing) for one in found}
        return found

    def _lay(self, one: Instrument, side: Outcome, price: Ticks, whole: int, now: Nanos) -> None:
        each, qty = price / TOP, Qty(Decimal(whole))
        want = want_of(self._name, self._seen, Signal(side, 1.0, each, 0.0, 0.0, 0.0), price)
        try:
            fee = fee_each(one, price, whole, False, now)
        except ValueError:
            return
        if each + fee < 1.0:
            size = Size(len(self.wants), qty, fee, each + fee, whole * each, math.ceil(whole / one.lot))
            self._sizes[want.leg, price, whole] = size
            self.wants.append(want._replace(qty=qty, part=None))

    def size(self, want: Want, now: Nanos) -> tuple[int, Want] | None:
        """Return which of `wants` an intent is, and the intent with its shares as `UpDown.size` gives them.

        None is doubt. One function, long as it is: each call on this way takes as long as four comparisons.
        """
        name, instrument, side, leg, price, _, budget, _, tif, post_only, reduce_only, ttl, key, _, _, why = want
        seen = self._seen
        signal, heard, house = seen.signals.get(name), seen.spot.heard_at, seen.house.side
        if (
            signal is None
            or price is None
            or heard is None
            or now < self._ready
            or now >= self._until
            or now - heard > self._fresh
            or not 0.0 <= signal.size <= 1.0
            or (house is not None and not signal.passive and house is not signal.side)
            or self._halts.begun != self._begun
        ):
            return None
        bankroll, each, fair = self._bankroll, price / TOP, signal.fair
        money = signal.size * bankroll
        if money > self._cap:
            money = self._cap
        if money < two_tier.ENOUGH or each <= 0.0:
            return None
        whole = floor(money / each + MERCY)
        if whole > self._most:
            whole = self._most
        one = self._sizes.get((leg, price, whole))
        if self._kills:
            market = self._market
            book = market.book
            best = book.best_ask if leg is YES else book.best_bid
            lots = 0 if best is None else book.lots(SELL if leg is YES else BUY, best)
            if one is None or lots < one.lots:
                whole = min(whole, int(lots * market.instrument.lot))
                one = self._sizes.get((leg, price, whole))
        if one is not None:
            number, qty, fee, cost, worth, _ = one
            left, staked = fair - each - fee, HALF * (fair - cost) / (1.0 - cost)
            if left > 0.0 and (staked if staked < KELLY_CAP else KELLY_CAP) * bankroll >= worth:
                return number, Want(
                    name, instrument, side, leg, price, qty, budget, None, tif, post_only, reduce_only, ttl, key, fair,
                    left, why,
                )  # fmt: skip
        sized = shares_of(self._market, want, signal, money, self._most, now, bankroll, self._least)
        return (OTHER, sized) if isinstance(sized, Want) else None


def foresee(
    context: Context, name: StrategyId, seen: Seen, market: Market, halts: Halts, account: Account,
    limits: two_tier.StrategyLimits, most: int, last: Nanos | None,
) -> Ahead | None:  # fmt: skip
    """Return a line's next orders in a window, if it sends; None where it would send none, or none that is known."""
    now, rule = context.now, market.instrument.fee
    if rule.waived_until is not None or now >= account.until:
        return None
    ready = 0 if last is None else last + limits.cooldown_ms * MS
    if ready > now + SOON or halts.at(True, now) is not None:
        return None
    own = own_standing(account.own, seen.orders.get(name, 0), now, last)
    cap = two_tier.room(limits, all_of(context, account, seen.spot.heard_at), own)
    if cap is None:
        return None
    fresh = int(two_tier.WHOLE.stale_ms * MS * context.pace(BINANCE))
    found = Ahead(name, seen, market, halts, account, cap, most, ready, fresh)
    house, book = seen.house.side, market.book
    if name in PARTS and book.best_ask is not None and house is not DOWN:
        found.lay(UP, book.best_ask, account.least, now)
    if name in PARTS and book.best_bid is not None and house is not UP:
        found.lay(DOWN, Ticks(TOP - book.best_bid), account.least, now)
    return found
