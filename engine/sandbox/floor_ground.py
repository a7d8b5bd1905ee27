"""What the simulated floor stands on: instruments, accounts, money and telling; `engine.sandbox.floor` trades on it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from engine.core.units import TICK, TICKS_PER_UNIT, Leg, Lots, Nanos, Qty, Side, Ticks
from engine.sandbox.floor_account import Account, bought, bound
from engine.sandbox.floor_book import FloorBook
from engine.sandbox.floor_order import (
    FillMade,
    FloorError,
    LevelChanged,
    Listing,
    Notice,
    Order,
    OrderMoved,
    Paid,
    Traded,
    of_leg,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from engine.core.ids import AccountId, InstrumentId
    from engine.core.instrument import Band, Instrument
    from engine.sandbox.floor_fees import Schedule

TRADING: Final = frozenset({"open"})


class Ground:
    """Everything but the trading itself."""

    def __init__(self, at: Nanos, ids: random.Random) -> None:
        """Take the time and the generator of identifiers."""
        self.at = at
        self.listeners: list[Callable[[Notice], None]] = []
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.payouts: dict[InstrumentId, Decimal] = {}
        self.books: dict[InstrumentId, FloorBook] = {}
        self.accounts: dict[AccountId, Account] = {}
        self.orders: dict[str, Order] = {}
        """Every order of the accounts that are checked; of the crowd those that rest."""
        self.fees: Decimal = Decimal(0)
        """Taken so far."""
        self.deposits: Decimal = Decimal(0)
        self.tape: dict[InstrumentId, list[Traded]] = {}
        """The last trades of each instrument, oldest first."""
        self._ids = ids
        self._schedules: dict[InstrumentId, Schedule] = {}
        self._expiries: list[tuple[Nanos, str]] = []
        self._rank = 0

    def bring(self, instrument: Instrument, schedule: Schedule) -> None:
        """Bring an instrument to the floor, or replace its facts."""
        if instrument.id not in self.books:
            self.books[instrument.id] = FloorBook()
            self.tape[instrument.id] = []
        self.instruments[instrument.id] = instrument
        self._schedules[instrument.id] = schedule
        self._tell(Listing(at=self.at, instrument=instrument))

    def regrid(self, name: InstrumentId, grid: tuple[Band, ...]) -> None:
        """Move the prices at which new orders of an instrument may lie."""
        self.bring(msgspec.structs.replace(self._known(name), grid=grid), self._schedules[name])

    def open_account(self, name: AccountId, cash: Decimal, *, checked: bool = True) -> Account:
        """Open an account with a deposit; `checked` False lets it go into debt, as the crowd may."""
        account = self.accounts[name] = Account(name, cash, checked)
        self.deposits += cash
        return account

    def free(self, name: AccountId) -> Decimal:
        """Return the cash of an account that no resting order binds."""
        account = self.accounts[name]
        by: dict[InstrumentId, list[Order]] = {}
        for order in account.orders.values():
            by.setdefault(order.instrument, []).append(order)
        return account.cash - sum(
            (bound(account, self.instruments[key], orders) for key, orders in by.items()), Decimal(0)
        )

    def new_id(self) -> str:
        """Return a fresh identifier in the form of a UUID."""
        return str(UUID(int=self._ids.getrandbits(128), version=4))

    def _known(self, name: InstrumentId) -> Instrument:
        found = self.instruments.get(name)
        if found is None:
            raise FloorError("unknown", f"no instrument {name.symbol!r}")
        return found

    def _open(self, name: InstrumentId) -> Instrument:
        found = self._known(name)
        if found.status == "paused":
            raise FloorError("paused", f"{name.symbol} is paused")
        if found.status not in TRADING:
            raise FloorError("closed", f"{name.symbol} is {found.status}")
        return found

    def _check(self, instrument: Instrument, price: Ticks, lots: Lots) -> None:
        if not any(b.start <= price <= b.stop and (price - b.start) % b.step == 0 for b in instrument.grid):
            raise FloorError("grid", f"price {price * instrument.unit} is off the grid")
        if not 0 < price < TICKS_PER_UNIT:
            raise FloorError("grid", f"price {price * instrument.unit} is not between 0 and 1")
        qty = Qty(lots * instrument.lot)
        if lots <= 0 or qty < instrument.least or qty % instrument.step != 0:
            raise FloorError("size", f"{qty} is no size of {instrument.id.symbol}")

    def _can_pay(self, owner: Account, instrument: Instrument, order: Order, *, instead_of: Order | None) -> None:
        others = [o for o in owner.resting(instrument.id) if o is not instead_of]
        if bought(order, nets=instrument.nets) is None:
            held = owner.holding(instrument.id).of(order.leg)
            offered = sum(o.left for o in others if o.side is Side.SELL and o.leg is order.leg)
            if held - offered < order.left:
                raise FloorError("holdings", f"{held - offered} lots are free to be sold, {order.left} were offered")
            return
        was = bound(owner, instrument, owner.resting(instrument.id))
        needs = bound(owner, instrument, [*others, order]) - was
        if order.worth is not None:
            needs = min(needs, order.worth)
        needs += self._fee(instrument, order, Ticks(order.price), order.left, maker=False)
        free = self.free(owner.id)
        if needs > free:
            raise FloorError("funds", f"{needs} is needed, {free} is free")

    def _book(self, order: Order, trade: Traded, *, maker: bool) -> FillMade:
        """Move an account's money and shares for its half of a trade."""
        instrument = self.instruments[order.instrument]
        account = self.accounts[order.account]
        held = account.holding(order.instrument)
        shares = trade.lots * instrument.lot
        leg = bought(order, nets=instrument.nets)
        cost = of_leg(leg or order.leg, trade.price) * TICK * shares
        fee = self._fee(instrument, order, trade.price, trade.lots, maker=maker)
        if leg is None:
            share_of = held.paid * trade.lots / max(held.yes + held.no, trade.lots)
            held.add(order.leg, -trade.lots)
            held.paid -= share_of
            held.realised += cost - share_of
            account.cash += cost
        else:
            held.add(leg, trade.lots)
            held.paid += cost
            account.cash -= cost
            if instrument.nets:
                self._net(account, instrument)
        held.traded += cost
        held.volume = Lots(held.volume + trade.lots)
        return self._made(order, trade, cost, fee, maker=maker)

    def _made(self, order: Order, trade: Traded, cost: Decimal, fee: Decimal, *, maker: bool) -> FillMade:
        """Take an account's fee for its half of a trade, count it in its order, and return what is told of it."""
        account = self.accounts[order.account]
        held = account.holding(order.instrument)
        account.cash -= fee
        self.fees += fee
        held.fees += fee
        held.changed_at = self.at
        order.filled = Lots(order.filled + trade.lots)
        order.changed_at = self.at
        if maker:
            order.made_cost += cost
            order.made_fees += fee
        else:
            order.taken_cost += cost
            order.taken_fees += fee
        return FillMade(
            at=self.at, order=order, trade_id=trade.trade_id, execution=trade.execution, price=trade.price,
            lots=trade.lots, cost=cost, fee=fee, maker=maker, yes_after=held.net,
        )  # fmt: skip

    def _net(self, account: Account, instrument: Instrument) -> None:
        held = account.holding(instrument.id)
        pairs = min(held.yes, held.no)
        if pairs == 0:
            return
        back = pairs * instrument.lot
        share_of = held.paid * (2 * pairs) / (held.yes + held.no)
        held.add(Leg.YES, -pairs)
        held.add(Leg.NO, -pairs)
        held.paid -= share_of
        held.realised += back - share_of
        account.cash += back

    def _fee(self, instrument: Instrument, order: Order, price: Ticks, lots: Lots, *, maker: bool) -> Decimal:
        leg = bought(order, nets=instrument.nets)
        shares = lots * instrument.lot
        cost = of_leg(leg or order.leg, price) * TICK * shares
        return self._schedules[instrument.id].fee(price * TICK, shares, cost, maker=maker, buys=leg is not None)

    def _pay(self, account: Account, instrument: Instrument, payout: Decimal) -> None:
        held = account.holdings.get(instrument.id)
        if held is None or (held.yes == 0 and held.no == 0):
            return
        yes, no = held.yes, held.no
        amount = (yes * payout + no * (1 - payout)) * instrument.lot
        account.cash += amount
        held.realised += amount - held.paid
        held.paid, held.yes, held.no, held.changed_at = Decimal(0), Lots(0), Lots(0), self.at
        self._tell(Paid(at=self.at, account=account.id, instrument=instrument.id, yes=yes, no=no, amount=amount))

    def _tell(self, notice: Notice) -> None:
        for listener in self.listeners:
            listener(notice)

    def _tell_level(self, order: Order, by: int) -> None:
        book = self.books[order.instrument]
        book.changes += 1
        self._tell(
            LevelChanged(
                at=self.at, instrument=order.instrument, side=order.way, price=order.price,
                lots=book.half(order.way).total(order.price), by=Lots(by), best_bid=book.bids.best,
                best_ask=book.asks.best, account=order.account, client=order.client, book=book.changes,
            )
        )  # fmt: skip

    def _tell_order(self, order: Order, why: str) -> None:
        self._tell(
            OrderMoved(at=self.at, order=order, why=why, state=order.state, left=order.left, filled=order.filled)
        )


def replace_instrument(instrument: Instrument, status: str, result: str) -> Instrument:
    """Return an instrument with another status and result."""
    return msgspec.structs.replace(instrument, status=status, result=result)
