"""What a venue of the stage has by its own books: the truth that a session is held against.

Prices are money of one unit and sizes are quantities, so that no side's ticks and lots matter: an instrument's unit
here may be another than what a session makes of the venue's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from engine.core.ids import DERIVE, AccountId, InstrumentId
from engine.core.units import Leg, Lots, Side, Ticks
from engine.sandbox.floor_order import Order, State
from engine.sandbox.servers.derive_order import Order as Asked

STILL = 1e-4
"""What a crowd that rests does in a second."""
OTHER = AccountId("other")
ZERO = Decimal(0)
Levels = list[tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class There:
    """One order of ours as the venue keeps it."""

    id: str
    instrument: InstrumentId
    side: Side
    """What is done with its own leg."""
    leg: Leg
    way: Side
    """Which side of the book it is on."""
    price: Decimal
    """In the book."""
    qty: Decimal
    filled: Decimal
    left: Decimal
    cost: Decimal
    fee: Decimal
    rests: bool


class Truth(Protocol):
    """One venue's own books."""

    margin: bool
    """Its cash is told whole, whatever orders bind."""

    def orders(self) -> list[There]:
        """Return every order of ours that there ever was; one that was replaced is one with what replaced it."""

    def held(self) -> dict[tuple[InstrumentId, Leg], Decimal]:
        """Return what we hold: of a contract, YES is long and NO short."""

    def cash(self) -> Decimal:
        """Return what we have, beyond what resting orders bind where that is told apart."""

    def levels(self, name: InstrumentId) -> tuple[Levels, Levels]:
        """Return a book's bids and asks, best first."""

    def trade(self, name: InstrumentId, side: Side, price: Decimal, qty: Decimal) -> str:
        """Let somebody else place an order; return its id."""

    def elsewhere(self, name: InstrumentId, price: Decimal, qty: Decimal) -> str:
        """Buy for our account by other hands than ours; return the order's id."""

    def cancel(self, order: str) -> None:
        """Take an order back by other hands than ours, or let the other one take back his."""

    def pause(self, name: InstrumentId) -> None:
        """Let an instrument trade no more for now."""

    def impoverish(self) -> None:
        """Leave us a dollar."""

    def still(self) -> None:
        """Let the crowd rest."""


class FloorTruth:
    """A venue that stands on a floor: that of the brackets, or a pit of options."""

    def __init__(self, world: Any, floor: Any, account: AccountId, *, server: Any = None) -> None:
        """Take the floor; `server` is one that has a crowd of its own."""
        self.margin = server is not None
        self._world = world
        self._floor = floor
        self._account = account
        self._server = server
        if OTHER not in floor.accounts:
            floor.open_account(OTHER, Decimal(1_000_000_000), checked=False)

    def orders(self) -> list[There]:
        return [self._there(one) for one in self._floor.orders.values() if one.account == self._account]

    def held(self) -> dict[tuple[InstrumentId, Leg], Decimal]:
        account = self._floor.accounts.get(self._account)
        found = {}
        for name, holding in {} if account is None else account.holdings.items():
            for leg in Leg:
                if holding.of(leg):
                    found[name, leg] = holding.of(leg) * self._floor.instruments[name].lot
        return found

    def cash(self) -> Decimal:
        return self._floor.equity(self._account) if self.margin else self._floor.free(self._account)

    def levels(self, name: InstrumentId) -> tuple[Levels, Levels]:
        book, one = self._floor.books[name], self._floor.instruments[name]
        sides = []
        for half, best_first in ((book.bids, -1), (book.asks, 1)):
            sizes: dict[int, int] = {}
            for order in half.orders():
                sizes[order.price] = sizes.get(order.price, 0) + order.left
            by_price = sorted(sizes.items(), key=lambda level, way=best_first: way * level[0])
            sides.append([(price * one.unit, left * one.lot) for price, left in by_price])
        return sides[0], sides[1]

    def trade(self, name: InstrumentId, side: Side, price: Decimal, qty: Decimal) -> str:
        return self._place(OTHER, name, side, price, qty)

    def elsewhere(self, name: InstrumentId, price: Decimal, qty: Decimal) -> str:
        return self._place(self._account, name, Side.BUY, price, qty)

    def cancel(self, order: str) -> None:
        self._floor.cancel(order)
        self._told()

    def pause(self, name: InstrumentId) -> None:
        self._floor.set_status(name, "paused")

    def impoverish(self) -> None:
        self._floor.accounts[self._account].cash = Decimal(1)

    def still(self) -> None:
        if self._server is not None:
            self._server.bourse.rate = STILL
        self._world.crowding.rate = STILL

    def _place(self, account: AccountId, name: InstrumentId, side: Side, price: Decimal, qty: Decimal) -> str:
        self._world.now()
        one = self._floor.instruments[name]
        order = self._floor.place(account, name, side, Ticks(int(price / one.unit)), Lots(int(qty / one.lot)))
        self._told()
        return order.id

    def _told(self) -> None:
        for then in self._world.after:
            then()

    def _there(self, one: Order) -> There:
        found = self._floor.instruments[one.instrument]
        return There(
            one.id, one.instrument, one.side, one.leg, one.way, one.price * found.unit, one.lots * found.lot,
            one.filled * found.lot, one.left * found.lot, one.taken_cost + one.made_cost,
            one.taken_fees + one.made_fees, one.state is State.RESTING,
        )  # fmt: skip


class DeriveTruth:
    """Derive, which has a floor of its own kind."""

    margin = True

    def __init__(self, server: Any, mine: int, other: int) -> None:
        """Take the venue's server and the subaccounts."""
        self._server = server
        self._mine = mine
        self._other = other

    def orders(self) -> list[There]:
        rows = self._server.floor.accounts[self._mine].orders
        after = {one.replaced: one for one in rows if one.replaced}
        return [self._chain(one, after) for one in rows if not one.replaced]

    def held(self) -> dict[tuple[InstrumentId, Leg], Decimal]:
        found = self._server.floor.accounts[self._mine].positions
        return {(_named(name), Leg.YES if amount > 0 else Leg.NO): abs(amount) for name, amount in found.items()}

    def cash(self) -> Decimal:
        return self._server.floor.accounts[self._mine].cash

    def levels(self, name: InstrumentId) -> tuple[Levels, Levels]:
        return self._server.floor.levels(name.symbol)

    def trade(self, name: InstrumentId, side: Side, price: Decimal, qty: Decimal) -> str:
        return self._place(self._other, name, side, price, qty)

    def elsewhere(self, name: InstrumentId, price: Decimal, qty: Decimal) -> str:
        return self._place(self._mine, name, Side.BUY, price, qty)

    def cancel(self, order: str) -> None:
        self._server.floor.cancel(self._server.floor.orders[order])
        self._server.publish()

    def pause(self, name: InstrumentId) -> None:
        self._server.floor.pause(name.symbol)

    def impoverish(self) -> None:
        self._server.floor.accounts[self._mine].cash = Decimal(1)

    def still(self) -> None:
        self._server.calm()

    def _place(self, account: int, name: InstrumentId, side: Side, price: Decimal, qty: Decimal) -> str:
        one = self._server.floor.contracts[name.symbol]
        order = Asked(self._server.new_id(), account, one, side is Side.BUY, price, qty, Decimal(1_000), 0, "gtc")
        self._server.floor.place(order)
        self._server.publish()
        return order.id

    def _chain(self, first: Asked, after: dict[str, Asked]) -> There:
        """Return an order with all that replaced it, one after the other: the last counts, what filled adds up."""
        filled = cost = fee = ZERO
        one = first
        while True:
            filled, cost, fee = filled + one.filled, cost + one.spent, fee + one.fees
            if one.id not in after:
                break
            one = after[one.id]
        side = Side.BUY if one.buys else Side.SELL
        return There(
            one.id, _named(one.contract.name), side, Leg.YES, side, one.price, filled + one.left, filled, one.left,
            cost, fee, one.status == "open",
        )  # fmt: skip


def _named(symbol: str) -> InstrumentId:
    return InstrumentId(DERIVE, symbol)
