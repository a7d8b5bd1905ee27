"""The exchange's accounts: free cash, what is tied up in positions, and net exposure by cell.

Escrow is the cost basis of open positions; exposure is YES less NO shares, summed over every outcome and market of
a cell. Both are kept as running sums because every trade asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import FEES, HOUSE, AccountId
from engine.core.units import MICRO, NO_MONEY, Money, Qty, Side
from engine.exchange.resting import reserve

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.ids import Cell
    from engine.exchange.answers import CashMove
    from engine.exchange.market import Market, Stake
    from engine.exchange.resting import Rest

OUTSIDE: Final = AccountId("outside")
"""Where deposits come from; its balance is not kept."""
RESERVED: Final = frozenset({HOUSE, FEES, OUTSIDE})
"""Accounts that do not trade."""
EMPTY: Final[dict[Cell, Decimal]] = {}


class Standing:
    """What is set aside for the resting orders of one account."""

    __slots__ = ("cash", "orders", "ways")

    def __init__(self) -> None:
        self.orders = 0
        self.cash: Decimal = NO_MONEY
        self.ways: dict[str, dict[Cell, tuple[Decimal, Decimal]]] = {}
        """By group and cell: shares that orders may add to YES less NO, and take from it."""

    def change(self, one: Rest, market: Market, before: int, after: int) -> None:
        """Count an order of `before` lots with `after`."""
        self.orders += (after > 0) - (before > 0)
        if one.side is Side.BUY:
            self.cash += reserve(one.price, after) - reserve(one.price, before)
        cells = self.ways.setdefault(market.group, {})
        up, down = cells.get(market.cell, (NO_MONEY, NO_MONEY))
        qty = (after - before) * MICRO
        cells[market.cell] = (up + qty, down) if one.up else (up, down + qty)

    def copy(self) -> Standing:
        """Return one that changes on its own."""
        other = Standing()
        other.orders, other.cash = self.orders, self.cash
        other.ways = {group: dict(cells) for group, cells in self.ways.items()}
        return other


def _copied(groups: dict[str, dict[Cell, Decimal]]) -> dict[str, dict[Cell, Decimal]]:
    return {group: dict(cells) for group, cells in groups.items()}


class Books:
    """All accounts. Cash moves through `post` alone."""

    def __init__(self) -> None:
        self.cash: dict[AccountId, Decimal] = {}
        self.escrow: dict[AccountId, Decimal] = {}
        self.nets: dict[AccountId, dict[str, dict[Cell, Decimal]]] = {}
        """Account, group of cells, cell."""
        self.standing: dict[AccountId, Standing] = {}
        """What is set aside for resting orders, of accounts that have any."""

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
            other.nets[account] = _copied(other.nets[account])
        for one, standing in self.standing.items():  # theirs can be met
            other.standing[one] = standing.copy()
            other.nets[one] = _copied(other.nets.get(one, {}))
        return other

    def free(self, account: AccountId) -> Money:
        """Return the cash of an account that no resting order has set aside."""
        cash = self.cash.get(account, NO_MONEY)
        standing = self.standing.get(account) if self.standing else None
        return Money(cash if standing is None else cash - standing.cash)

    def rest(self, one: Rest, market: Market, before: int, after: int) -> None:
        """Set aside for a resting order that had `before` lots and has `after`."""
        held = self.standing.get(one.account)
        if held is None:
            held = self.standing[one.account] = Standing()
        held.change(one, market, before, after)
        if not held.orders:
            del self.standing[one.account]

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

    def enter(
        self, market: Market, account: AccountId, index: int, buying: bool, qty: Qty, cost: Money, taken: Money
    ) -> Money:
        """Move the cash and the shares of one side of a trade against the pot; return what it realised."""
        cash = self.cash
        gets = -cost if buying else cost
        cash[account] = cash.get(account, NO_MONEY) + (gets - taken if taken else gets)
        if taken:
            cash[FEES] = cash.get(FEES, NO_MONEY) + taken
        market.pot = market.pot - gets  # type: ignore[assignment] # as in `units`
        stake = market.stakes.get(account) or market.stake(account)
        held = stake[index]
        now = stake[index] = held.bought(qty, cost, taken) if buying else held.sold(qty, cost, taken)
        # as `tie` does
        self.escrow[account] = self.escrow.get(account, NO_MONEY) + (now.cost - held.cost)
        groups = self.nets.get(account) or self.nets.setdefault(account, {})
        cells = groups.get(market.group)
        if cells is None:
            cells = groups[market.group] = {}
        net = cells.get(market.cell, NO_MONEY)
        cells[market.cell] = net + qty if buying is (index % 2 == 0) else net - qty
        return NO_MONEY if buying else now.realised - held.realised  # type: ignore[return-value]

    def carry(self, account: AccountId, market: Market, stake: Stake, sign: int) -> None:
        """Add a whole stake (sign 1) to escrow and exposure, or take it out (-1)."""
        cost = sum([p.cost for p in stake], NO_MONEY)
        net = sum([-p.qty if i % 2 else p.qty for i, p in enumerate(stake)], NO_MONEY)
        self.tie(account, market, cost * sign, net * sign)
