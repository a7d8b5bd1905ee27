"""A trade on the embedded exchange, as everything behind the exchange hands it on: whole, and never copied.

The kernel keeps it, the journal's digest covers it, the store turns it into rows of several tables. Text is made of
its amounts where they are written and not before.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.commands import Place
from engine.core.ids import FEES, AccountId, MarketId, OrderId
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks

AVERAGE_STEP: Final = Decimal("0.00000001")
BUY: Final = Side.BUY
"""Here because looking a member up costs as much as a function."""


class CashMove(msgspec.Struct, frozen=True, gc=False):
    """One line of a double entry; the amounts of one operation sum to 0."""

    account: AccountId
    """Whose: an account's, ``pot:MARKET``, ``fees``, ``house`` or ``outside``."""
    amount: Money
    """Positive is received."""
    kind: str
    """deposit, subsidy, cost, proceeds, fee, payout, refund, remainder or clawback."""
    ref: str
    """The market, or the order of a trade."""


def pot_of(market: MarketId) -> AccountId:
    """Return the account that holds what a market may owe."""
    return AccountId(f"pot:{market}")


class Traded(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A trade that has happened."""

    account: AccountId
    order: OrderId
    at: Nanos
    market: MarketId
    outcome: int
    leg: Leg
    side: Side
    qty: Qty
    cost: Money
    """Paid for a purchase, got for a sale, before the fee; never negative."""
    fee: Money
    before: Ticks
    """Price of YES of the outcome."""
    after: Ticks
    realised: Money
    """Of a sale: proceeds less the cost basis they released, before the fee."""

    @property
    def average(self) -> Decimal:
        """Cost a share of the leg, before the fee."""
        return (self.cost / self.qty).quantize(AVERAGE_STEP)

    @property
    def gain(self) -> Money:
        """What it brought the account, the fee counted; negative for a purchase."""
        return Money(-self.cost - self.fee if self.side is BUY else self.cost - self.fee)

    @property
    def moves(self) -> tuple[CashMove, ...]:
        """The cash it moved."""
        account, pot, order, cost = self.account, pot_of(self.market), self.order, self.cost
        if self.side is BUY:
            moves = (CashMove(account, Money(-cost), "cost", order), CashMove(pot, cost, "cost", order))
        else:
            moves = (CashMove(account, cost, "proceeds", order), CashMove(pot, Money(-cost), "proceeds", order))
        if not self.fee:
            return moves
        return (*moves, CashMove(account, Money(-self.fee), "fee", order), CashMove(FEES, self.fee, "fee", order))


class Ours(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What the ledger holds besides of a trade of ours: the order as the trade leaves it, and its fill."""

    place: Place
    average: Decimal
    why: str
    """Why some of it did not trade; empty when all did."""
    edge: float | None
    """Cents a share at the model when it was sent."""
    slippage: float | None
    """Cents a share against the price before it; positive is worse."""
    mode: str


class Booked(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A trade with its number: rows of `trades` and `cash`, and of one of ours `orders` and `fills` too."""

    seq: int
    trade: Traded
    intent: str
    ours: Ours | None = None

    @property
    def table(self) -> str:
        """The first of its tables."""
        return "trades"

    @property
    def trade_id(self) -> str:
        """What its fill is known by."""
        return "t-" + str(self.seq).zfill(6)


class Between(Booked, frozen=True, gc=False, array_like=True):
    """One side of a trade of two people: the other is booked beside it, and the curve stays where it is."""

    via: int = 0
    """0 of who took a resting order, 1 of who had rested."""
