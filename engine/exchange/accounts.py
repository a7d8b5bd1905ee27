"""What the embedded exchange says of accounts: their cash, what they hold, what they may lose, what was deposited."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, cast

from engine.core.ids import FEES, AccountId, Cell, MarketId
from engine.core.units import NO_MONEY, Leg, Money, is_money
from engine.exchange.answers import CashMove, Holding
from engine.exchange.books import OUTSIDE, Books
from engine.exchange.hybrid import Hybrid
from engine.exchange.limits import margin
from engine.exchange.market import Market
from engine.exchange.rules import ExchangeRules
from engine.portfolio.position import Position

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Accounts:
    """Accounts, and the markets in which they hold something."""

    def __init__(self, rules: ExchangeRules | None = None) -> None:
        self.rules = rules or ExchangeRules()
        self.markets: dict[MarketId, Market] = {}
        self._books = Books()
        self.hybrid = Hybrid(self.markets, self._books, self.rules)
        """Orders that rest, in markets of a later phase than the first."""

    @property
    def cash(self) -> dict[AccountId, Money]:
        """Free cash of every account; to be read only."""
        return cast("dict[AccountId, Money]", self._books.cash)

    def free(self, account: AccountId) -> Money | None:
        """Return the cash of an account that no resting order has set aside; None of one that has no account."""
        return self._books.free(account) if account in self._books.cash else None

    def ways(self, account: AccountId) -> Mapping[str, Mapping[Cell, tuple[Decimal, Decimal]]]:
        """Return by group and cell what resting orders of an account may add to YES less NO, and take from it."""
        found = self._books.standing.get(account)
        return {} if found is None else found.ways

    def nets(self, account: AccountId) -> Mapping[str, Mapping[Cell, Decimal]]:
        """Return YES less NO shares of an account by group and cell; to be read only."""
        return self._books.nets.get(account, {})

    def deposit(self, account: AccountId, amount: Money) -> tuple[CashMove, ...]:
        """Bring money in from outside.

        Raises
        ------
        ValueError
            If the amount is not a positive whole number of micro-units, or the account is not one that can hold it.
        """
        if not is_money(amount) or amount <= 0 or account in (FEES, OUTSIDE) or account.startswith("pot:"):
            msg = f"cannot deposit {amount} to {account}"
            raise ValueError(msg)
        moves = (
            CashMove(account, amount, "deposit", ""),
            CashMove(OUTSIDE, Money(-amount), "deposit", ""),
        )
        self._books.post(moves)
        return moves

    def holding(self, account: AccountId, market: MarketId, outcome: int, leg: Leg) -> Position:
        """Return an account's position in one leg; flat when it has none."""
        found = self.markets.get(market)
        if found is None or outcome not in found.contract.tradable:
            return Position()
        return found.position(account, outcome, leg)

    def holdings(self, account: AccountId) -> Iterator[Holding]:
        """Yield an account's positions, flat ones with a past too, by market, outcome and leg."""
        for market in sorted(self.markets):
            for i, position in enumerate(self.markets[market].stakes.get(account, ())):
                if position.qty or position.realised or position.fees:
                    yield Holding(market, i // 2, Leg.NO if i % 2 else Leg.YES, position)

    def exposures(self, account: AccountId) -> dict[Cell, Decimal]:
        """Return YES less NO shares of an account in every cell where they differ, by cell."""
        groups = self._books.nets.get(account, {})
        return dict(sorted((cell, net) for cells in groups.values() for cell, net in cells.items() if net))

    def near(self, account: AccountId, market: Market) -> Mapping[Cell, Decimal]:
        """Return YES less NO shares of an account in the cells of a market's group; to be read only."""
        return self._books.cells(account, market)

    def escrow(self, account: AccountId) -> Money:
        """Return the cost basis of an account's open positions."""
        return Money(self._books.escrow.get(account, NO_MONEY))

    def margin(self, account: AccountId) -> Money:
        """Return the most an account can lose on its open positions."""
        return margin(account, self.markets.values())

    def total(self) -> Money:
        """Return all cash and all pots: what was deposited, always."""
        return Money(sum((m.pot for m in self.markets.values()), sum(self.cash.values(), NO_MONEY)))
