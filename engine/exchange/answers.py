"""What the exchange answers: quotes, trades, settlements, refusals, and the cash each of them moved."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.ids import AccountId, MarketId
from engine.core.trade import AVERAGE_STEP, CashMove, Traded
from engine.core.units import Leg, Money, Qty, Side, Ticks, ticks_of

__all__ = ["CashMove", "Created", "Declined", "Payout", "Quote", "Reversed", "Settled", "SubsidyQuote", "Traded"]


class Declined(msgspec.Struct, frozen=True):
    """A refusal. Nothing was changed."""

    code: str
    text: str
    """One sentence for people."""
    limit: Decimal | None = None
    would_be: Decimal | None = None


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
        """Cost a share of the leg, before the fee."""
        return (self.cost / self.qty).quantize(AVERAGE_STEP)

    @property
    def total(self) -> Money:
        """What leaves the account for a purchase, or reaches it for a sale, the fee counted."""
        return Money(self.cost + self.fee if self.side is Side.BUY else self.cost - self.fee)


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
    """What a settlement paid one account, and what the account made of its positions by it."""

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


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement was taken back; the market is disputed again."""

    market: MarketId
    moves: tuple[CashMove, ...]
