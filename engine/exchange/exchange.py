"""The embedded exchange: all markets and all accounts, and the one place where their money moves.

Nothing here waits, logs or reads a clock; an order is quoted or executed whole inside one call. Every operation
returns its cash moves, which sum to 0, and is refused before anything changes or not at all. Cash is never
negative, save that a settlement which is taken back claims from an account what it may have spent since; such an
account buys nothing until it is even.

Here is the trading; `accounts` has what accounts hold, `listings` the life of a market from its listing on.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor, log
from typing import TYPE_CHECKING

from engine.core.ids import AccountId, InstrumentId, MarketId, OrderId
from engine.core.units import MICRO, MICROS, NO_MONEY, TICKS_PER_UNIT, Money, Nanos, Ticks
from engine.exchange import hybrid, sizing
from engine.exchange.answers import Declined, Quote, Traded
from engine.exchange.books import RESERVED
from engine.exchange.limits import refuse_trade
from engine.exchange.listings import ANY_TIME, Listings
from engine.exchange.market import BUY, CLOSED, LOTS, OPEN, YES, Market
from engine.exchange.rules import LOT, MOST
from engine.exchange.sizing import AT_ONCE
from engine.maths import lmsr
from engine.maths.fees import fee
from engine.portfolio.position import FLAT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.commands import Place


class Exchange(Listings):
    """Markets and accounts, and the trading between them."""

    def quote(self, place: Place, at: Nanos = ANY_TIME) -> Quote | Declined:
        """Return what an order would do, or why it cannot; changes nothing. Without a time no close is looked at."""
        qty, listed = place.qty, self._listed.get(place.instrument)
        if listed is None or qty is None or place.budget is not None or place.post_only:
            return self.reckon(place, at)
        market, outcome = listed
        account, leg, side, price = place.by, place.leg, place.side, place.price
        if (  # the usual order, in one go: whatever else it is, or is refused for, `reckon` tells
            market.status != OPEN
            or market.book is not None
            or market.fee_rate
            or at >= market.contract.closes
            or account in RESERVED
            or place.tif not in AT_ONCE
            or type(qty) is not Decimal
            or not qty.is_finite()
            or not LOT <= qty <= MOST
            or (price is not None and not (type(price) is int and 0 < price < TICKS_PER_UNIT))
        ):
            return self.reckon(place, at)
        lots = int(qty * LOTS)
        yes = market.prices[outcome]
        own = yes if leg is YES else 1.0 - yes
        rules = self.rules
        stake = market.stakes.get(account)
        held = FLAT if stake is None else stake[2 * outcome if leg is YES else 2 * outcome + 1]
        if side is BUY:
            band: int = rules.high if leg is YES else TICKS_PER_UNIT - rules.low
            worst = (band if price is None or price > band else price) / TICKS_PER_UNIT
            amount, after = lmsr.step(own, lots / MICROS, market.b)
            fits, cost = after <= worst and own < worst, ceil(amount * MICROS) * MICRO
        else:
            band = rules.low if leg is YES else TICKS_PER_UNIT - rules.high
            worst = (band if price is None or price < band else price) / TICKS_PER_UNIT
            amount, after = lmsr.step(own, lots / -MICROS, market.b)
            fits, cost = after >= worst and own > worst and qty <= held.qty, floor(-amount * MICROS) * MICRO
        if not fits or lots * LOT != qty:
            return self.reckon(place, at)
        quote = Quote(account, market.id, outcome, leg, side, qty, cost, NO_MONEY, own, after, lots)  # type: ignore[arg-type] # as in `units`
        return refuse_trade(quote, market, held, self._books, self.markets, rules) or quote

    def execute(self, place: Place, at: Nanos, order: OrderId) -> Traded | Declined:
        """Trade at once what `quote` says; trading ends with the contract's window."""
        quote = self.quote(place, at)
        return quote if isinstance(quote, Declined) else self.trade(quote, at, order)

    def trade(self, quote: Quote, at: Nanos, order: OrderId) -> Traded:
        """Trade what `quote` said at the same time; nothing may have traded, moved or closed in between.

        Of a market where orders rest it is the sum of what was bought or sold; `hybrid.submit` tells all of it, and
        only there can the order rest.
        """
        market = self.markets[quote.market]
        if market.book is not None:
            return hybrid.summed(quote, self.hybrid.submit(quote, at, order))
        account, outcome, leg, side, qty, cost, taken = (
            quote.account, quote.outcome, quote.leg, quote.side, quote.qty, quote.cost, quote.fee,
        )  # fmt: skip
        index = 2 * outcome if leg is YES else 2 * outcome + 1
        realised = self._books.enter(market, account, index, side is BUY, qty, cost, taken)
        before: Ticks = round(market.prices[outcome] * TICKS_PER_UNIT)  # type: ignore[assignment] # as in `units`
        after = market.move(outcome, leg, side, quote.lots)
        return Traded(account, order, at, quote.market, outcome, leg, side, qty, cost, taken, before, after, realised)

    def reckon(self, place: Place, at: Nanos) -> Quote | Declined:
        """Return what `quote` does, one rule after the other, so that a refusal has its reason."""
        listed = self._listed.get(place.instrument)
        if listed is None:
            return self._not_listed(place.instrument)
        market, outcome = listed
        if market.status != OPEN or at >= market.contract.closes:
            return _not_open(market)
        if place.by in RESERVED:
            return Declined("ACCOUNT", f"Account {place.by} does not trade.")
        refused = sizing.refuse_form(place, market.phase)
        if refused is not None:
            return refused
        if market.book is not None:
            return self.hybrid.quote(place, market, outcome, at)
        account, leg, side = place.by, place.leg, place.side
        stake = market.stakes.get(account)
        held = FLAT if stake is None else stake[2 * outcome if leg is YES else 2 * outcome + 1]
        sized = sizing.size(place, market, outcome, held.qty, self.rules)
        if isinstance(sized, Declined):
            return sized
        amount = sized.amount
        cost: Money = (ceil(amount * MICROS) if side is BUY else floor(-amount * MICROS)) * MICRO  # type: ignore[assignment]
        taken = fee(market.fee, cost) if market.fee_rate else NO_MONEY
        quote = Quote(
            account, market.id, outcome, leg, side, sized.qty, cost, taken, sized.own, sized.after, sized.lots
        )
        return refuse_trade(quote, market, held, self._books, self.markets, self.rules) or quote

    def sketch(self, account: AccountId, markets: Iterable[MarketId]) -> Exchange:
        """Return an exchange on which an account's trades in these markets can be tried; this one stays as it is.

        All else is shared with this one: only `quote`, `execute` and `trade`, of this account in these markets, may
        be asked of it, before anything happens here.
        """
        other = Exchange(self.rules)
        other._books = self._books.sketch(account)
        other.markets = dict(self.markets)
        for name in markets:
            other.markets[name] = self.markets[name].sketch(account)
            other._list(other.markets[name])
        other.hybrid = self.hybrid.sketch(other.markets, other._books)
        return other

    def depth(self, market: MarketId, outcome: int, ticks: Sequence[Ticks]) -> tuple[float, ...]:
        """Return the YES shares that move the curve's quote to each of these ticks.

        Above the price they are what can be bought up to there; below it they are negative, and their size is
        what the maker takes back down to there. Inside a quoted spread they are 0.
        """
        found = self.markets[market]
        b, here = found.b, lmsr.logit(found.prices[outcome])
        half = self.rules.half_spread if self.hybrid.half(found) else 0
        if not half:
            return tuple([b * (log(t / (TICKS_PER_UNIT - t)) - here) for t in ticks])
        at = found.prices[outcome] * TICKS_PER_UNIT
        goals = [max(at, t - half) if t > at else min(at, t + half) for t in ticks]
        return tuple([b * (log(t / (TICKS_PER_UNIT - t)) - here) if t != at else 0.0 for t in goals])

    def _not_listed(self, instrument: InstrumentId) -> Declined:
        ended = self.ended(MarketId(instrument.symbol.rpartition("/")[0]))
        if ended:
            return Declined("NOT_OPEN", f"M{ended[1:]}.")
        return Declined("UNKNOWN", f"There is no market {instrument.symbol[:80]!r} here.")


def _not_open(market: Market) -> Declined:
    if market.status in (OPEN, CLOSED):
        return Declined("CLOSED", f"Trading in {market.contract.title} has ended.")
    return Declined("NOT_OPEN", f"{market.contract.title} is {market.status} and does not trade.")
