"""The floor of the sandbox's Derive: books, matching, settlement. Pure; every change is told.

The house quotes everything around its mark and may owe without end; what others can bear, `derive_money` says.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.sandbox.servers.derive_auth import Wrong
from engine.sandbox.servers.derive_market import Contract, Mark, mark
from engine.sandbox.servers.derive_money import Money
from engine.sandbox.servers.derive_order import HOUSE, ZERO, Account, Fill, Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.units import Nanos
    from engine.sandbox.servers.derive_market import Index

BAND: Final = Decimal("0.5")
"""How far from the mark, as a share of the index, an order's price may be."""
REASONS: Final = {"user": "user_request", "cod": "cancel_on_disconnect", "fee": "signed_max_fee_too_low",
                  "unfilled": "ioc_or_market_partial_fill", "margin": "insufficient_margin"}  # fmt: skip


class Floor:
    """All of it."""

    def __init__(
        self, listed: dict[str, Contract], index: Index, ids: Callable[[], str], clock: Callable[[], Nanos]
    ) -> None:
        self.contracts = listed
        self.index = index
        self.accounts = {HOUSE: Account(HOUSE, ZERO)}
        self.resting: dict[str, tuple[list[Order], list[Order]]] = {name: ([], []) for name in listed}
        """Bids and asks, best first, the older before the younger."""
        self.orders: dict[str, Order] = {}
        self.settled: dict[int, Decimal] = {}
        """What options of an expiry settled at."""
        self.listeners: list[Callable[[str, object], None]] = []
        """Told ``order``, ``fill``, ``book`` (a name), ``print`` (the taker's fill), ``balance``, ``settled``."""
        self.paused: set[str] = set()
        self.fees = ZERO
        self.money = Money(listed, index, self.accounts, self.mark)
        self._id = ids
        self._clock = clock

    # ---- what is asked

    def open_account(self, number: int, cash: Decimal) -> Account:
        """Open a subaccount with a deposit."""
        found = self.accounts[number] = Account(number, cash)
        return found

    def mark(self, one: Contract) -> Mark:
        """Return what an instrument is reckoned at now."""
        return mark(one, self.index.value, self._clock())

    def levels(self, name: str) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]:
        """Return a book's levels, best first."""
        return self._levels(self.resting[name][0]), self._levels(self.resting[name][1])

    def place(self, order: Order) -> list[Fill]:
        """Take an order; return what it traded at once.

        Raises
        ------
        Wrong
            In the venue's numbers; then nothing happened.
        """
        self._check(order)
        order.made_at = order.changed_at = self._clock()
        self.orders[order.id] = order
        if order.account != HOUSE:
            self.accounts[order.account].orders.append(order)
        fills = self._match(order)
        if order.left and order.tif in {"ioc", "fok"}:
            self._end(order, "cancelled", "unfilled")
        elif order.left:
            self._rest(order)
        self._tell("order", order)
        return fills

    def cancel(self, order: Order, why: str = "user") -> Order:
        """Take an order back; Wrong if it has ended."""
        if order.status != "open":
            codes = {"cancelled": 11003, "filled": 11004, "expired": 11005}
            raise Wrong(codes.get(order.status, 11006), f"Order is {order.status}")
        self._end(order, "cancelled", why)
        self._tell("order", order)
        return order

    def find(self, account: int, name: object) -> Order:
        """Return an order of an account by its id; Wrong if it has none such."""
        order = self.orders.get(str(name))
        if order is None or order.account != account:
            raise Wrong(11006, "Does not exist")
        return order

    def open_of(self, account: int) -> list[Order]:
        """Return an account's orders that rest."""
        return self.accounts[account].open

    def book_fill(self, fill: Fill) -> None:
        """Move what one side of a trade moves, and tell it."""
        owner = self.accounts[fill.account]
        self.money.move(owner, fill)
        owner.cash -= fill.fee
        self.fees += fill.fee
        if fill.account != HOUSE:
            owner.fills.append(fill)
        self._tell("fill", fill)

    def expire(self, at_s: int) -> None:
        """End orders whose signatures have, and options whose time has come."""
        for order in [one for one in self.orders.values() if one.status == "open" and one.expiry_s <= at_s]:
            self._end(order, "expired", "")
            self._tell("order", order)
        for expiry in sorted({one.expiry_s for one in self.contracts.values() if one.kind == "option"}):
            if expiry <= at_s and expiry not in self.settled:
                self._settle(expiry)

    def pause(self, name: str) -> None:
        """Let an instrument trade no more, and take back what rests on it."""
        self.paused.add(name)
        for order in [*self.resting[name][0], *self.resting[name][1]]:
            self._end(order, "cancelled", "")
            self._tell("order", order)

    # ---- within

    def _check(self, order: Order) -> None:
        one = order.contract
        if one.name in self.paused:
            raise Wrong(11021, "Instrument not live")
        if order.price % one.tick or order.price <= 0:
            raise Wrong(11013, "Invalid limit price", f"not a multiple of {one.tick}")
        reckoned = self.mark(one)
        if order.account != HOUSE and abs(order.price - reckoned.price) > max(BAND * reckoned.index, one.tick):
            raise Wrong(11013, "Invalid limit price", "outside the band")
        if order.amount <= 0 or order.amount % one.step or order.amount > one.most:
            raise Wrong(11012, "Invalid amount", f"not a multiple of {one.step}, or more than {one.most}")
        crossing = self.crossing(order)
        if order.amount < one.least and not crossing:
            raise Wrong(11012, "Invalid amount", f"below {one.least}")
        if order.reduce_only:
            if order.tif not in {"ioc", "fok"}:
                raise Wrong(11024, "Reduce only not supported with this time in force")
            held = self.accounts[order.account].positions.get(one.name, ZERO)
            if held == 0 or (held > 0) is order.buys:
                raise Wrong(11025, "Order must reduce position")
        if order.tif == "post_only" and crossing:
            raise Wrong(11008, "Post only reject")
        room = sum((other.left for other in crossing), ZERO)
        if order.tif == "fok" and room < order.amount:
            raise Wrong(11014, "FOK not filled")
        if order.tif == "ioc" and not crossing:
            raise Wrong(11009, "Zero liquidity")
        if any(other.account == order.account for other in crossing):
            raise Wrong(11007, "Self-crossing disallowed")
        self.money.check(order)

    def crossing(self, order: Order) -> list[Order]:
        """Return the orders it would meet, up to its own size."""
        found, room = [], ZERO
        for other in self.resting[order.contract.name][1 if order.buys else 0]:
            if (other.price > order.price) if order.buys else (other.price < order.price):
                break
            found.append(other)
            room += other.left
            if room >= order.amount:
                break
        return found

    def _match(self, taker: Order) -> list[Fill]:
        fills: list[Fill] = []
        operation = self._id()
        for maker in self.crossing(taker):
            amount = min(taker.left, maker.left)
            if taker.reduce_only:
                amount = min(amount, abs(self.accounts[taker.account].positions.get(taker.contract.name, ZERO)))
            if not amount:
                break
            first = taker.filled == 0
            fee = self.money.fee(taker.contract, maker.price, amount, maker=False, first=first)
            if taker.account != HOUSE and fee > taker.max_fee * amount:
                self._end(taker, "cancelled", "fee")
                break
            fills.append(self._trade(taker, maker, amount, fee, operation))
        if fills:
            self._tell("book", taker.contract.name)
        return fills

    def _trade(self, taker: Order, maker: Order, amount: Decimal, fee: Decimal, operation: str) -> Fill:
        name, at = self._id(), self._clock()
        made = self.money.fee(maker.contract, maker.price, amount, maker=True, first=False)
        sides = []
        for order, taken, is_maker in ((maker, made, True), (taker, fee, False)):
            order.filled += amount
            order.spent += amount * maker.price
            order.fees += taken
            order.changed_at = at
            sides.append(
                Fill(name, order.account, order, order.contract, order.buys, maker.price, amount, taken, is_maker, at,
                     operation, label=order.label)
            )  # fmt: skip
        if not maker.left:
            self._end(maker, "filled", "")
        if not taker.left:
            taker.status = "filled"
        for side in sides:
            self.book_fill(side)
        self._tell("order", maker)
        self._tell("print", sides[1])
        return sides[1]

    def _settle(self, expiry: int) -> None:
        price = self.settled[expiry] = self.index.mean(expiry)
        for one in [c for c in self.contracts.values() if c.expiry_s == expiry and c.kind == "option"]:
            for order in [*self.resting[one.name][0], *self.resting[one.name][1]]:
                self._end(order, "expired", "")
                self._tell("order", order)
            worth = max(price - one.strike if one.call else one.strike - price, ZERO)
            for owner in self.accounts.values():
                amount = owner.positions.pop(one.name, ZERO)
                owner.average.pop(one.name, None)
                owner.cash += amount * worth
        self._tell("settled", expiry)

    def _rest(self, order: Order) -> None:
        side = self.resting[order.contract.name][0 if order.buys else 1]
        better = (lambda o: o.price >= order.price) if order.buys else (lambda o: o.price <= order.price)
        side.insert(sum(1 for _ in filter(better, side)), order)
        self._tell("book", order.contract.name)

    def _end(self, order: Order, status: str, why: str) -> None:
        order.status, order.reason, order.changed_at = status, REASONS.get(why, ""), self._clock()
        side = self.resting[order.contract.name][0 if order.buys else 1]
        if order in side:
            side.remove(order)
            self._tell("book", order.contract.name)

    def _levels(self, side: list[Order]) -> list[tuple[Decimal, Decimal]]:
        found: dict[Decimal, Decimal] = {}
        for order in side:
            found[order.price] = found.get(order.price, ZERO) + order.left
        return list(found.items())

    def _tell(self, kind: str, what: object) -> None:
        for hears in self.listeners:
            hears(kind, what)
