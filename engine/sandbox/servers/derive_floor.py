"""The floor of the sandbox's Derive: books, accounts with margin, matching, settlement. Pure; every change is told.

Dollars are one balance: an option's premium, its fee, and what a perpetual realises move it. What is short or on
margin binds some of it; an order that would bind more than there is, is refused. The house quotes everything around
its mark and may owe without end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.sandbox.servers.derive_auth import Wrong
from engine.sandbox.servers.derive_market import CASH, COIN, Contract, Mark, mark

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from engine.core.units import Nanos
    from engine.sandbox.servers.derive_market import Index

ZERO: Final = Decimal(0)
HOUSE: Final = 0
"""The subaccount that quotes."""
SHORT_SHARE: Final = Decimal("0.15")
"""Of the index, for each option that is short."""
PERP_SHARE: Final = Decimal("0.05")
FEE_CAP: Final = Decimal("0.125")
"""Of an option's price: what its fee never is above."""
BAND: Final = Decimal("0.5")
"""How far from the mark, as a share of the index, an order's price may be."""
REASONS: Final = {"user": "user_request", "cod": "cancel_on_disconnect", "fee": "signed_max_fee_too_low",
                  "unfilled": "ioc_or_market_partial_fill", "margin": "insufficient_margin"}  # fmt: skip


@dataclass(slots=True, eq=False)
class Order:
    """An order, as the venue keeps it."""

    id: str
    account: int
    contract: Contract
    buys: bool
    price: Decimal
    amount: Decimal
    max_fee: Decimal
    nonce: int
    tif: str
    label: str = ""
    signer: str = ""
    signature: str = ""
    expiry_s: int = 1 << 40
    reduce_only: bool = False
    mmp: bool = False
    made_at: int = 0
    """Nanoseconds, as is `changed_at`."""
    changed_at: int = 0
    filled: Decimal = ZERO
    spent: Decimal = ZERO
    fees: Decimal = ZERO
    status: str = "open"
    reason: str = ""
    replaced: str | None = None

    @property
    def left(self) -> Decimal:
        """What may still trade."""
        return self.amount - self.filled if self.status == "open" else ZERO


@dataclass(frozen=True, slots=True)
class Fill:
    """One side of a trade."""

    id: str
    account: int
    order: Order | None
    contract: Contract
    buys: bool
    price: Decimal
    amount: Decimal
    fee: Decimal
    maker: bool
    at: int
    operation: str
    quote: str | None = None
    rfq: str | None = None
    label: str = ""


@dataclass(slots=True)
class Account:
    """A subaccount."""

    id: int
    cash: Decimal
    positions: dict[str, Decimal] = field(default_factory=dict)
    average: dict[str, Decimal] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    coins: Decimal = ZERO


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
        self.fees = ZERO
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
        return [one for one in self.accounts[account].orders if one.status == "open"]

    def book_fill(self, fill: Fill) -> None:
        """Move what one side of a trade moves, and tell it."""
        owner = self.accounts[fill.account]
        self._position(owner, fill)
        owner.cash -= fill.fee
        self.fees += fill.fee
        if fill.account != HOUSE:
            owner.fills.append(fill)
        self._tell("fill", fill)

    def fee(self, one: Contract, price: Decimal, amount: Decimal, *, maker: bool, first: bool) -> Decimal:
        """Return what the venue takes of a trade; `first` of a taker's order, which pays the base fee once."""
        rate = one.maker if maker else one.taker
        value = (self.index.spot if one.kind == "option" else price) * amount * rate
        if one.kind == "option":
            value = min(value, FEE_CAP * price * amount)
        return value + (one.base_fee if first and not maker else ZERO)

    def free(self, account: int) -> Decimal:
        """Return what an account could still bind: its balance and the worth of what it holds, less what is bound."""
        owner = self.accounts[account]
        worth = owner.cash
        for name, amount in owner.positions.items():
            worth += self._worth(owner, self.contracts[name], amount)
        return worth - sum((self._binds(one, one.left) for one in self.open_of(account)), ZERO)

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
        for order in [*self.resting[name][0], *self.resting[name][1]]:
            self._end(order, "cancelled", "")
            self._tell("order", order)

    # ---- within

    def _check(self, order: Order) -> None:
        one = order.contract
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
        self._can_pay(order)

    def _can_pay(self, order: Order) -> None:
        if order.account == HOUSE:
            return
        one, least = order.contract, ZERO
        least = one.taker * (self.index.spot if one.kind == "option" else order.price)
        if order.tif != "post_only":
            least += one.base_fee / max(order.amount, one.least)
        if order.max_fee < min(least, one.taker * max(self.index.spot, order.price)):
            raise Wrong(11023, "Max fee is too low", f"{least}")
        if self._binds(order, order.amount) > self.free(order.account):
            raise Wrong(11000, "Insufficient funds")

    def _binds(self, order: Order, amount: Decimal) -> Decimal:
        """Return what an order binds of an account while it rests."""
        one = order.contract
        held = self.accounts[order.account].positions.get(one.name, ZERO)
        opens = max(amount - (-held if order.buys else held), ZERO) if (held < 0) is order.buys else amount
        if one.kind == "perp":
            return opens * order.price * PERP_SHARE
        if order.buys:
            return amount * order.price
        if one.kind == "erc20":
            short = max(opens - self.accounts[order.account].coins, ZERO)
            return short * order.price
        return opens * self.index.spot * SHORT_SHARE

    def _worth(self, owner: Account, one: Contract, amount: Decimal) -> Decimal:
        """Return what a position adds to what may be bound: its value, less its margin."""
        price = self.mark(one).price
        if one.kind == "perp":
            return amount * (price - owner.average[one.name]) - abs(amount) * price * PERP_SHARE
        if one.kind == "erc20":
            return amount * price
        return amount * price - (abs(amount) * self.index.spot * SHORT_SHARE if amount < 0 else ZERO)

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
            fee = self.fee(taker.contract, maker.price, amount, maker=False, first=first)
            if taker.account != HOUSE and fee > taker.max_fee * amount:
                self._end(taker, "cancelled", "fee")
                break
            fills.append(self._trade(taker, maker, amount, fee, operation))
        if fills:
            self._tell("book", taker.contract.name)
        return fills

    def _trade(self, taker: Order, maker: Order, amount: Decimal, fee: Decimal, operation: str) -> Fill:
        name, at = self._id(), self._clock()
        made = self.fee(maker.contract, maker.price, amount, maker=True, first=False)
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

    def _position(self, owner: Account, fill: Fill) -> None:
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


class House:
    """Quotes every instrument around its mark, and now and then takes."""

    def __init__(self, floor: Floor, ids: Callable[[], str], rng: random.Random) -> None:
        self._floor = floor
        self._id = ids
        self._rng = rng
        self._marks: dict[str, Decimal] = {}
        self._last = -1

    def run(self, at_s: int, rate: float) -> None:
        """Quote anew where the mark has moved; take something with a chance of `rate` a second."""
        if at_s == self._last:
            return
        self._last = at_s
        live = [one for one in self._floor.contracts.values() if one.expiry_s == 0 or one.expiry_s > at_s]
        for one in live:
            reckoned = one.price(float(self._floor.mark(one).price))
            if self._marks.get(one.name) != reckoned:
                self._marks[one.name] = reckoned
                self._quote(one, reckoned)
        if self._rng.random() < rate:
            self._take(self._rng.choice(live))

    def _quote(self, one: Contract, reckoned: Decimal) -> None:
        for order in [o for side in self._floor.resting[one.name] for o in side if o.account == HOUSE]:
            self._floor.cancel(order, "")
        for price, buys in self._prices(one, reckoned):
            order = self._order(one, price, one.least * self._rng.randint(20, 200), buys=buys, tif="gtc")
            if not self._floor.crossing(order):
                self._floor.place(order)

    def _prices(self, one: Contract, reckoned: Decimal) -> Iterator[tuple[Decimal, bool]]:
        half = max(one.tick, one.price(float(reckoned) * (0.01 if one.kind == "option" else 0.0004)))
        for level in range(1, 4):
            bid = reckoned - half * level
            if bid >= one.tick:
                yield bid, True
            yield reckoned + half * level, False

    def _take(self, one: Contract) -> None:
        buys = self._rng.random() < 0.5
        side = [o for o in self._floor.resting[one.name][1 if buys else 0] if o.account != HOUSE]
        if side:
            self._floor.place(self._order(one, side[0].price, min(side[0].left, one.least * 5), buys=buys, tif="ioc"))

    def _order(self, one: Contract, price: Decimal, amount: Decimal, *, buys: bool, tif: str) -> Order:
        return Order(self._id(), HOUSE, one, buys, price, amount, ZERO, 0, tif)


__all__ = ["CASH", "COIN", "HOUSE", "Account", "Fill", "Floor", "House", "Order"]
