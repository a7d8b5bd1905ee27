"""What the exchange answers: quotes, trades, settlements, refusals, and the cash each of them moved."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import AccountId, MarketId, OrderId
from engine.core.trade import AVERAGE_STEP, CashMove, Traded
from engine.core.units import NO_MONEY, NOTHING, Leg, Money, Nanos, Qty, Side, Ticks, ticks_of
from engine.exchange.resting import Rest
from engine.portfolio.position import Position

__all__ = [
    "CashMove",
    "Created",
    "Declined",
    "Holding",
    "Matched",
    "Part",
    "Payout",
    "Quote",
    "Reversed",
    "Settled",
    "SubsidyQuote",
    "Traded",
]


class Declined(msgspec.Struct, frozen=True):
    """A refusal. Nothing was changed."""

    code: str
    text: str
    """One sentence for people."""
    limit: Decimal | None = None
    would_be: Decimal | None = None


class Part(msgspec.Struct, frozen=True, gc=False):
    """One piece of a purchase or a sale where orders rest: of a resting order, or of the curve (`order` None)."""

    order: OrderId | None
    lots: int
    """0 takes a resting order of one's own out of the way."""
    cost: Money
    """To the one who asks, as in `Quote`."""
    fee: Money = NO_MONEY


class Quote(msgspec.Struct, frozen=True, gc=False):
    """What an order would do now. `leg_before` and `leg_after` are marginal prices of its leg."""

    account: AccountId
    market: MarketId
    outcome: int
    leg: Leg
    side: Side
    qty: Qty
    cost: Money
    """Paid for a purchase, got for a sale, before the fee; never negative."""
    fee: Money
    leg_before: float
    leg_after: float
    lots: int
    """`qty` in the exchange's own count."""
    parts: tuple[Part, ...] = ()
    """Where orders rest: what it takes, in its order. `qty` may then be 0."""
    rest: Qty = NOTHING
    """What would wait in the book."""
    reserve: Money = NO_MONEY
    """What would be set aside for that: a purchase's cash."""
    price: Ticks = Ticks(0)
    """At which it would wait, of its leg."""
    until: Nanos | None = None
    dearest: float | None = None
    """Where orders rest: the worst price of one share of what trades; a quoted spread lies beyond `leg_after`."""

    @property
    def worst(self) -> float:
        """Price of the last share of what trades, which is the worst."""
        return self.leg_after if self.dearest is None else self.dearest

    @property
    def before(self) -> Ticks:
        """Price of YES now."""
        return ticks_of(self.leg_before if self.leg is Leg.YES else 1.0 - self.leg_before)

    @property
    def after(self) -> Ticks:
        """Price of YES after the trade."""
        return ticks_of(self.leg_after if self.leg is Leg.YES else 1.0 - self.leg_after)

    @property
    def average(self) -> Decimal:
        """Cost a share of the leg, before the fee; ZeroDivisionError of one that would only rest."""
        return (self.cost / self.qty).quantize(AVERAGE_STEP)

    @property
    def total(self) -> Money:
        """What leaves the account for a purchase, or reaches it for a sale, the fee counted."""
        return Money(self.cost + self.fee if self.side is Side.BUY else self.cost - self.fee)


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation did where orders rest, in order."""

    met: tuple[Met, ...] = ()
    rested: Rest | None = None
    """What waits in the book of the order that was asked for."""
    touched: tuple[Rest, ...] = ()
    """Resting orders that changed, as they are now; those with nothing open have left the book."""
    ousted: tuple[Rest, ...] = ()
    """Of these, the ones taken out without trading: an account does not trade with itself."""


class Met(msgspec.Struct, frozen=True):
    """A trade, and how it came about: None with the curve, 0 of who took a resting order, 1 of who had rested."""

    traded: Traded
    via: int | None


class SubsidyQuote(msgspec.Struct, frozen=True, kw_only=True):
    """What listing a market would mean."""

    subsidy: Money
    """The most the house can lose on it."""
    total_after: Money
    """Sum over all markets not settled, with it."""
    limit: Decimal
    prices: tuple[float, ...]
    """Opening probability of each outcome."""
    refused: Declined | None = None
    """Why these sums do not allow it: SUBSIDY_LIMIT, or CASH of the house."""


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """A market was listed."""

    market: MarketId
    subsidy: Money
    prices: tuple[float, ...]
    moves: tuple[CashMove, ...]


class Payout(msgspec.Struct, frozen=True):
    """What a settlement paid one account, fees given back counted, and what the account made of its positions by it."""

    account: AccountId
    amount: Money
    realised: Money


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A market was settled, or voided (`winner` None)."""

    market: MarketId
    winner: int | None
    payouts: tuple[Payout, ...]
    """By account, every holder, those who get nothing too."""
    remainder: Money
    """What the house took back; negative where a void cost it more than the pot held."""
    moves: tuple[CashMove, ...]
    ousted: tuple[Rest, ...] = ()
    """Resting orders that its end took out."""


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement was taken back; the market is disputed again."""

    market: MarketId
    moves: tuple[CashMove, ...]
    ousted: tuple[Rest, ...] = ()
    """Resting orders, anywhere, of accounts that this left without the cash for them."""


class Holding(msgspec.Struct, frozen=True):
    """One account's position in one leg of one outcome; flat ones are kept for what they realised."""

    market: MarketId
    outcome: int
    leg: Leg
    position: Position
