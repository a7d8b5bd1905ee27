"""The floor of the simulated venues: books, accounts and matching.

Pure: time is told to it, and identifiers are drawn from a generator it is given.

Orders match by price, then by arrival, at the price of the one that rested. A trade moves money and shares between
two accounts: a buyer of YES and a buyer of NO together pay one unit for the pair they are given, and where the venue
nets, an account that holds both legs is given the unit back. So at any moment

    cash of all accounts + fees taken + pairs outstanding = deposits,

which the tests hold it to. Whoever wants to know adds itself to `listeners`.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import TICK, Leg, Lots, Nanos, Side, Ticks
from engine.sandbox.floor_account import Account
from engine.sandbox.floor_ground import Ground, replace_instrument
from engine.sandbox.floor_order import (
    FloorError,
    Life,
    Meeting,
    Order,
    State,
    StatusSet,
    Traded,
    of_leg,
)

if TYPE_CHECKING:
    from engine.core.ids import AccountId, InstrumentId

ENDED: Final = frozenset({"closed", "determined", "settled"})
KEPT: Final = 2_000
"""Trades remembered of each instrument."""


class Floor(Ground):
    """All instruments, accounts and orders of the simulated venues."""

    def advance(self, at: Nanos) -> None:
        """Let time pass: orders whose time has come expire, each at its own moment."""
        while self._expiries and self._expiries[0][0] <= at:
            due, name = heapq.heappop(self._expiries)
            order = self.orders.get(name)
            if order is not None and order.state is State.RESTING and order.expires == due:
                self.at = max(self.at, due)
                self._end(order, State.EXPIRED, "expiry")
        self.at = max(self.at, at)

    def set_status(self, name: InstrumentId, status: str, result: str = "") -> None:
        """Open, pause, close or determine an instrument; closing cancels every order on it."""
        instrument = self._known(name)
        self.instruments[name] = replace_instrument(instrument, status, result or instrument.result)
        self._tell(StatusSet(at=self.at, instrument=name, status=status, result=result, payout=None))
        if status in ENDED:
            for order in [*self.books[name].bids.orders(), *self.books[name].asks.orders()]:
                self._end(order, State.CANCELED, "close")

    def settle(self, name: InstrumentId, payout: Decimal) -> None:
        """Pay `payout` for each YES and the rest of the unit for each NO, and end the instrument."""
        instrument = self._known(name)
        result = {Decimal(1): "yes", Decimal(0): "no"}.get(payout, f"{payout:f}")
        if instrument.status not in ENDED:
            self.set_status(name, "closed")
        self.instruments[name] = replace_instrument(instrument, "settled", result)
        self.payouts[name] = payout
        for account in self.accounts.values():
            self._pay(account, instrument, payout)
        self._tell(StatusSet(at=self.at, instrument=name, status="settled", result=result, payout=payout))

    def place(
        self,
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        price: Ticks,
        lots: Lots,
        *,
        leg: Leg = Leg.YES,
        life: Life = Life.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
        must_match: bool = False,
        meeting: Meeting = Meeting.STOP_TAKER,
        expires: Nanos | None = None,
        budget: Decimal | None = None,
        worth: Decimal | None = None,
        client: str = "",
        tag: str = "",
        order_id: str = "",
    ) -> Order:
        """Place an order, trade what can trade, rest or cancel what is left, and return it as it then stands.

        Parameters
        ----------
        side, leg, price
            What is done with shares of the leg, and the worst price of a share **of that leg**.
        lots : Lots, > 0
            Multiples of the instrument's lot.
        life, post_only, reduce_only, expires
            As the venues have them; `reduce_only` cuts the size to what is held against it.
        must_match : bool
            Whether an IOC that meets nothing is refused (``unmatched``) instead of ended without a fill.
        budget : Decimal, optional
            Of a taker that buys: it stops when this much is spent, `lots` or not.
        worth : Decimal, optional
            What it costs at most, where that is less than its size at its price.
        client : str
            Refused when this account has used it before; empty is not looked at.
        order_id : str
            The venue's name for it, drawn when empty.

        Raises
        ------
        FloorError
            When the venue would refuse it; nothing has then happened.
        """
        owner = self.accounts.get(account)
        if owner is None:
            raise FloorError("account", f"no account {account!r}")
        found = self._open(instrument)
        if client and client in owner.clients:
            raise FloorError("duplicate", f"client id {client!r} was used before")
        if order_id and order_id in self.orders:
            raise FloorError("duplicate", f"order {order_id!r} exists")
        self._check(found, price, lots)
        self._rank += 1
        order = Order(
            id=order_id or self.new_id(), account=account, instrument=instrument, side=side, leg=leg,
            price=of_leg(leg, price), lots=lots, client=client, tag=tag, life=life, meeting=meeting, expires=expires,
            placed_at=self.at, changed_at=self.at, rank=self._rank, left=lots, worth=worth,
        )  # fmt: skip
        if reduce_only:
            self._reduce(owner, order)
        self._can_trade(order, post_only=post_only, must_match=must_match)
        if owner.checked:
            self._can_pay(owner, found, order, instead_of=None)
        if client:
            owner.clients.add(client)
        self.orders[order.id] = order
        self._tell_order(order, "placed")
        self._work(order, budget)
        return order

    def cancel(self, name: str, *, account: AccountId | None = None, why: str = "user") -> Lots:
        """Cancel what is left of an order and return how much that was.

        Raises
        ------
        FloorError
            ``no_order`` for one that is unknown or another account's, ``done`` for one that has ended.
        """
        order = self._resting(name, account)
        left = order.left
        self._end(order, State.CANCELED, why)
        return left

    def decrease(self, name: str, to: Lots, *, account: AccountId | None = None) -> Order:
        """Make what is left of an order smaller; it keeps its place. 0 cancels it."""
        order = self._resting(name, account)
        if not 0 <= to <= order.left:
            raise FloorError("size", f"{to} lots is not within the {order.left} that are left")
        if to == 0:
            self._end(order, State.CANCELED, "decrease")
        elif to < order.left:
            self._shrink(order, Lots(order.left - to), "decrease")
        return order

    def amend(
        self,
        name: str,
        price: Ticks,
        lots: Lots,
        *,
        account: AccountId | None = None,
        client: str = "",
        expires: Nanos | None = None,
    ) -> Order:
        """Move an order: `price` of its own leg, `lots` its whole size, filled part included.

        Smaller at the same price keeps its place; anything else goes to the back of the queue, and may trade.
        """
        order = self._resting(name, account)
        instrument = self._open(order.instrument)
        self._check(instrument, price, lots)
        if lots <= order.filled:
            raise FloorError("size", f"{order.filled} lots have traded already, {lots} would be no more")
        owner = self.accounts[order.account]
        if client and client != order.client and client in owner.clients:
            raise FloorError("duplicate", f"client id {client!r} was used before")
        moved = replace(order, price=of_leg(order.leg, price), lots=lots, left=Lots(lots - order.filled))
        if owner.checked:
            self._can_pay(owner, instrument, moved, instead_of=order)
        if client:
            owner.clients.add(client)
            order.client = client
        if expires is not None:
            order.expires = expires
            heapq.heappush(self._expiries, (expires, order.id))
        if moved.price == order.price and moved.left <= order.left:
            if moved.left < order.left:
                self._shrink(order, Lots(order.left - moved.left), "amend")
            else:
                self._tell_order(order, "amend")
            return order
        self._lift(order)
        order.price, order.lots, order.left = moved.price, moved.lots, moved.left
        self._rank += 1
        order.rank = self._rank
        self._tell_order(order, "amend")
        self._work(order, None)
        return order

    def split(self, account: AccountId, name: InstrumentId, lots: Lots) -> None:
        """Turn cash into pairs of YES and NO, one unit each; negative `lots` merges them back."""
        owner, instrument = self.accounts[account], self._known(name)
        held = owner.holding(name)
        if min(held.yes, held.no) + lots < 0:
            raise FloorError("holdings", "not that many pairs")
        cost = lots * instrument.lot
        if owner.checked and cost > self.free(account):
            raise FloorError("funds", "not enough cash")
        owner.cash -= cost
        held.paid += cost
        held.add(Leg.YES, lots)
        held.add(Leg.NO, lots)

    def drop(self, name: InstrumentId) -> None:
        """Forget a settled instrument: its book, its tape, and the crowd's empty holdings."""
        for kept in (self.instruments, self.payouts, self.books, self.tape, self._schedules):
            kept.pop(name, None)
        for account in self.accounts.values():
            if not account.checked:
                account.holdings.pop(name, None)

    def ahead(self, name: str) -> Lots:
        """Return the size that trades before a resting order does."""
        order = self._resting(name, None)
        return self.books[order.instrument].ahead(order)

    def _resting(self, name: str, account: AccountId | None) -> Order:
        order = self.orders.get(name)
        if order is None or (account is not None and order.account != account):
            raise FloorError("no_order", f"no order {name!r}")
        if order.state is not State.RESTING:
            raise FloorError("done", f"order {name} is {order.state.value}")
        if self.instruments[order.instrument].status in ENDED:
            raise FloorError("closed", f"{order.instrument.symbol} is closed")
        return order

    def _reduce(self, owner: Account, order: Order) -> None:
        held = owner.holding(order.instrument)
        against = held.no if order.way is Side.BUY else held.yes
        if against <= 0:
            raise FloorError("holdings", "nothing to reduce")
        order.lots = order.left = Lots(min(order.lots, against))

    def _can_trade(self, order: Order, *, post_only: bool, must_match: bool) -> None:
        room, own = 0, False
        for maker in self._crossing(order):
            own = own or maker.account == order.account
            if maker.account == order.account and order.meeting is Meeting.STOP_TAKER:
                break
            room += 0 if maker.account == order.account else maker.left
            if room >= order.left:
                break
        if post_only and (room or own):
            raise FloorError("crosses", "a post-only order may not trade at once")
        if order.life is Life.FOK and room < order.left:
            raise FloorError("unfilled", "it cannot be filled whole")
        if must_match and order.life is Life.IOC and not room:
            raise FloorError("unmatched", "nothing to trade with")

    def _crossing(self, order: Order) -> list[Order]:
        found: list[Order] = []
        half = self.books[order.instrument].against(order.way)
        for price, _ in half.levels():
            if not _meets(order, price):
                break
            found += half.queue(price)
        return found

    def _work(self, order: Order, budget: Decimal | None) -> None:
        stopped = self._match(order, budget)
        if order.left == 0:
            return
        if stopped:
            self._end(order, State.CANCELED, stopped)
        elif order.life is Life.GTC:
            self._rest(order)
        else:
            self._end(order, State.CANCELED, "unfilled")

    def _match(self, order: Order, budget: Decimal | None) -> str:
        """Trade what crosses; return why the rest must go, or nothing."""
        half = self.books[order.instrument].against(order.way)
        execution = ""
        while order.left and half.best is not None and _meets(order, half.best):
            maker = next(half.queue(half.best))
            if maker.account == order.account:
                if order.meeting is Meeting.STOP_TAKER:
                    return "self"
                self._end(maker, State.CANCELED, "self")
                continue
            lots = Lots(min(order.left, maker.left))
            if budget is not None:
                lots, budget = self._within(order, maker, lots, budget)
                if lots <= 0:
                    return "unfilled"
            execution = execution or self.new_id()
            self._trade(order, maker, lots, execution)
        return ""

    def _within(self, order: Order, maker: Order, lots: Lots, budget: Decimal) -> tuple[Lots, Decimal]:
        lot = self.instruments[order.instrument].lot
        each = of_leg(order.leg, maker.price) * TICK * lot
        lots = Lots(min(lots, int(budget / each)))
        return lots, budget - lots * each

    def _trade(self, taker: Order, maker: Order, lots: Lots, execution: str) -> None:
        trade = Traded(
            at=self.at, instrument=taker.instrument, trade_id=self.new_id(), execution=execution, price=maker.price,
            lots=lots, way=taker.way, taker=taker, maker=maker,
        )  # fmt: skip
        taker.left, maker.left = Lots(taker.left - lots), Lots(maker.left - lots)
        half = self.books[maker.instrument].half(maker.way)
        half.shrink(maker, lots)
        fills = [self._book(maker, trade, maker=True), self._book(taker, trade, maker=False)]
        if maker.left == 0:
            self._forget(maker, State.FILLED)
        if taker.left == 0:
            self._forget(taker, State.FILLED)
        tape = self.tape[taker.instrument]
        tape.append(trade)
        if len(tape) > 2 * KEPT:
            del tape[:KEPT]
        self._tell(trade)
        for fill in fills:
            self._tell(fill)
        self._tell_level(maker, -lots)
        self._tell_order(maker, "trade")
        self._tell_order(taker, "trade")

    def _rest(self, order: Order) -> None:
        self.books[order.instrument].half(order.way).add(order)
        self.accounts[order.account].orders[order.id] = order
        if order.expires is not None:
            heapq.heappush(self._expiries, (order.expires, order.id))
        self._tell_level(order, order.left)

    def _lift(self, order: Order) -> None:
        """Take an order off the book without ending it."""
        size, order.left = order.left, Lots(0)
        self.books[order.instrument].half(order.way).shrink(order, size)
        self.accounts[order.account].orders.pop(order.id, None)
        self._tell_level(order, Lots(-size))
        order.left = size

    def _shrink(self, order: Order, by: Lots, why: str) -> None:
        order.left, order.lots = Lots(order.left - by), Lots(order.lots - by)
        order.changed_at = self.at
        self.books[order.instrument].half(order.way).shrink(order, by)
        self._tell_level(order, Lots(-by))
        self._tell_order(order, why)

    def _end(self, order: Order, state: State, why: str) -> None:
        if order.id in self.accounts[order.account].orders:
            size, order.left = order.left, Lots(0)
            self.books[order.instrument].half(order.way).shrink(order, size)
            self._tell_level(order, Lots(-size))
        order.left = Lots(0)
        self._forget(order, state)
        self._tell_order(order, why)

    def _forget(self, order: Order, state: State) -> None:
        order.state = state
        order.changed_at = self.at
        owner = self.accounts[order.account]
        owner.orders.pop(order.id, None)
        if not owner.checked:  # nobody will ask for the crowd's past
            self.orders.pop(order.id, None)


def _meets(order: Order, price: Ticks) -> bool:
    return price <= order.price if order.way is Side.BUY else price >= order.price
