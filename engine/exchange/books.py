"""The exchange's accounts: free cash, what is tied up in positions, and net exposure by cell.

Escrow is the cost basis of open positions; exposure is YES less NO shares, summed over every outcome and market of
a cell. Both are kept as running sums because every trade asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import FEES, HOUSE, AccountId
from engine.core.units import NO_MONEY, Money

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.ids import Cell
    from engine.exchange.answers import CashMove
    from engine.exchange.market import Market, Stake

OUTSIDE: Final = AccountId("outside")
"""Where deposits come from; its balance is not kept."""
RESERVED: Final = frozenset({HOUSE, FEES, OUTSIDE})
"""Accounts that do not trade."""
EMPTY: Final[dict[Cell, Decimal]] = {}


class Books:
    """All accounts. Cash moves through `post` alone."""

    def __init__(self) -> None:
        self.cash: dict[AccountId, Decimal] = {}
        self.escrow: dict[AccountId, Decimal] = {}
        self.nets: dict[AccountId, dict[str, dict[Cell, Decimal]]] = {}
        """Account, group of cells, cell."""

    def post(self, moves: Iterable[CashMove], market: Market | None = None) -> None:
        """Carry out the moves of one operation; of pots, only that of `market` can be among them."""
        cash = self.cash
        pot = OUTSIDE if market is None else market.pot_id
        for move in moves:
            account = move.account
            if account == pot:
                if market is not None:
                    market.pot = Money(market.pot + move.amount)
            else:
                cash[account] = cash.get(account, NO_MONEY) + move.amount

    def sketch(self, account: AccountId) -> Books:
        """Return books on which one account may trade; what others hold is shared, and to be read only."""
        other = Books()
        other.cash, other.escrow, other.nets = dict(self.cash), dict(self.escrow), dict(self.nets)
        if account in other.nets:
            other.nets[account] = {group: dict(cells) for group, cells in other.nets[account].items()}
        return other

    def cells(self, account: AccountId, market: Market) -> dict[Cell, Decimal]:
        """Return an account's net of every cell in a market's group, to be read."""
        groups = self.nets.get(account)
        return EMPTY if groups is None else groups.get(market.group, EMPTY)

    def tie(self, account: AccountId, market: Market, cost: Decimal, net: Decimal) -> None:
        """Add to what an account has tied up, and to its net shares in a market's cell."""
        self.escrow[account] = self.escrow.get(account, NO_MONEY) + cost
        cells = self.cells(account, market)
        if cells is EMPTY:
            cells = self.nets.setdefault(account, {}).setdefault(market.group, {})
        cells[market.cell] = cells.get(market.cell, NO_MONEY) + net

    def carry(self, account: AccountId, market: Market, stake: Stake, sign: int) -> None:
        """Add a whole stake (sign 1) to escrow and exposure, or take it out (-1)."""
        cost = sum([p.cost for p in stake], NO_MONEY)
        net = sum([-p.qty if i % 2 else p.qty for i, p in enumerate(stake)], NO_MONEY)
        self.tie(account, market, cost * sign, net * sign)
