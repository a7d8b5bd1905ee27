"""The money of the sandbox's Derive: fees, what orders and positions bind, what a trade moves. Pure.

Dollars are one balance: an option's premium, its fee, and what a perpetual realises move it. What is short or on
margin binds some of it; an order that would bind more than there is, is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.sandbox.servers.derive_auth import Wrong
from engine.sandbox.servers.derive_order import HOUSE, ZERO, Account, Fill, Order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.sandbox.servers.derive_market import Contract, Index, Mark

SHORT_SHARE: Final = Decimal("0.15")
"""Of the index, for each option that is short."""
PERP_SHARE: Final = Decimal("0.05")
FEE_CAP: Final = Decimal("0.125")
"""Of an option's price: what its fee never is above."""


class Money:
    """What trades cost and what accounts can bear."""

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        index: Index,
        accounts: Mapping[int, Account],
        mark: Callable[[Contract], Mark],
    ) -> None:
        self._contracts = contracts
        self._index = index
        self._accounts = accounts
        self._mark = mark

    def fee(self, one: Contract, price: Decimal, amount: Decimal, *, maker: bool, first: bool) -> Decimal:
        """Return what the venue takes of a trade; `first` of a taker's order, which pays the base fee once."""
        rate = one.maker if maker else one.taker
        value = (self._index.spot if one.kind == "option" else price) * amount * rate
        if one.kind == "option":
            value = min(value, FEE_CAP * price * amount)
        return value + (one.base_fee if first and not maker else ZERO)

    def free(self, account: int) -> Decimal:
        """Return what an account could still bind: its balance and the worth of what it holds, less what is bound."""
        owner = self._accounts[account]
        worth = owner.cash
        for name, amount in owner.positions.items():
            worth += self._worth(owner, self._contracts[name], amount)
        return worth - sum((self.binds(one, one.left) for one in owner.open), ZERO)

    def check(self, order: Order) -> None:
        """Raise Wrong where an order's signed fee is too low, or the account cannot bear it."""
        if order.account == HOUSE:
            return
        one, least = order.contract, ZERO
        least = one.taker * (self._index.spot if one.kind == "option" else order.price)
        if order.tif != "post_only":
            least += one.base_fee / max(order.amount, one.least)
        if order.max_fee < min(least, one.taker * max(self._index.spot, order.price)):
            raise Wrong(11023, "Max fee is too low", f"{least}")
        if self.binds(order, order.amount) > self.free(order.account):
            raise Wrong(11000, "Insufficient funds")

    def binds(self, order: Order, amount: Decimal) -> Decimal:
        """Return what an order binds of an account while it rests."""
        one = order.contract
        held = self._accounts[order.account].positions.get(one.name, ZERO)
        opens = max(amount - (-held if order.buys else held), ZERO) if (held < 0) is order.buys else amount
        if one.kind == "perp":
            return opens * order.price * PERP_SHARE
        if order.buys:
            return amount * order.price
        if one.kind == "erc20":
            short = max(opens - self._accounts[order.account].coins, ZERO)
            return short * order.price
        return opens * self._index.spot * SHORT_SHARE

    def _worth(self, owner: Account, one: Contract, amount: Decimal) -> Decimal:
        """Return what a position adds to what may be bound: its value, less its margin."""
        price = self._mark(one).price
        if one.kind == "perp":
            return amount * (price - owner.average[one.name]) - abs(amount) * price * PERP_SHARE
        if one.kind == "erc20":
            return amount * price
        return amount * price - (abs(amount) * self._index.spot * SHORT_SHARE if amount < 0 else ZERO)

    @staticmethod
    def move(owner: Account, fill: Fill) -> None:
        """Change a position and the cash by one side of a trade, its fee aside."""
        one, way = fill.contract, fill.amount if fill.buys else -fill.amount
        before = owner.positions.get(one.name, ZERO)
        if one.kind == "erc20":
            owner.coins += way
            owner.cash -= way * fill.price
            return
        average = owner.average.get(one.name, ZERO)
        closed = min(abs(way), abs(before)) if before * way < 0 else ZERO
        if one.kind == "perp":
            owner.cash += closed * (fill.price - average) * (1 if before > 0 else -1)
        else:
            owner.cash -= way * fill.price
        after = before + way
        opened = abs(way) - closed
        if not after:
            owner.positions.pop(one.name, None)
            owner.average.pop(one.name, None)
            return
        if before * way >= 0:
            owner.average[one.name] = (average * abs(before) + fill.price * abs(way)) / abs(after)
        elif opened:
            owner.average[one.name] = fill.price
        owner.positions[one.name] = after
