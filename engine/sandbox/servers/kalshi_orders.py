"""Kalshi's order desk on the sandbox floor: bodies checked as the venue checks them, refusals in its words.

An order on NO at q is written ``side: ask`` at 1 − q. A second use of a client order id is a conflict whatever became
of the first. Order groups count what they match in the last fifteen seconds and cancel themselves past their limit.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from engine.core.ids import KALSHI, AccountId, InstrumentId
from engine.core.units import SECOND, TICK, Lots, Nanos, Side, Ticks
from engine.sandbox.floor import ENDED
from engine.sandbox.floor_order import FillMade, FloorError, Life, Meeting, Notice, Order, State, StatusSet
from engine.sandbox.servers.kalshi_auth import Refusal, flat, nested
from engine.sandbox.servers.kalshi_words import MILLIS, Json, averages, count

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.sandbox.floor import Floor

LIVES: Final = {
    "good_till_canceled": Life.GTC, "immediate_or_cancel": Life.IOC, "fill_or_kill": Life.FOK,
}  # fmt: skip
SIDES: Final = {"bid": Side.BUY, "ask": Side.SELL}
LOT: Final = Decimal("0.01")
MOST: Final = Decimal(10_000_000)
ROLLING: Final = 15 * SECOND
BATCH: Final = 20
CLIENT: Final = 128

Text = Annotated[str, msgspec.Meta(max_length=200)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800)]
"""UNIX, up to the year 2100."""


class Create(msgspec.Struct, kw_only=True):
    """Body of a new order."""

    ticker: Text
    side: Literal["bid", "ask"]
    count: Text
    price: Text
    time_in_force: Literal["good_till_canceled", "immediate_or_cancel", "fill_or_kill"]
    self_trade_prevention_type: Literal["taker_at_cross", "maker"]
    client_order_id: Annotated[str, msgspec.Meta(max_length=CLIENT)] | None = None
    post_only: bool | None = None
    reduce_only: bool | None = None
    expiration_time: Seconds | None = None
    cancel_order_on_pause: bool | None = None
    order_group_id: Text | None = None
    subaccount: Annotated[int, msgspec.Meta(ge=0, le=63)] | None = None


class Amend(msgspec.Struct, kw_only=True):
    """Body of an amendment; `count` is the whole size, filled part included."""

    ticker: Text
    side: Literal["bid", "ask"]
    price: Text
    count: Text
    client_order_id: Text | None = None
    updated_client_order_id: Text | None = None
    expiration_time: Seconds | None = None


class Decrease(msgspec.Struct, kw_only=True):
    """Body of a decrease: exactly one of the two."""

    reduce_by: Text | None = None
    reduce_to: Text | None = None


class Named(msgspec.Struct, kw_only=True):
    """One order of a batch to cancel."""

    order_id: Text


class Group(msgspec.Struct, kw_only=True):
    """Body of a new group, or of a new limit."""

    contracts_limit: Annotated[int, msgspec.Meta(ge=1)] | None = None
    contracts_limit_fp: Text | None = None


@dataclass(slots=True)
class OrderGroup:
    """Orders that are cancelled together once they match too much."""

    id: str
    account: AccountId
    limit: Lots
    triggered: bool = False
    orders: list[str] = field(default_factory=list)
    matched: deque[tuple[Nanos, Lots]] = field(default_factory=deque)


class Desk:
    """Orders and groups of all accounts."""

    def __init__(self, floor: Floor) -> None:
        """Stand on a floor."""
        self.floor = floor
        self.groups: dict[str, OrderGroup] = {}
        self.group_listeners: list[Callable[[OrderGroup, str], None]] = []
        self._due: list[OrderGroup] = []
        self._on_pause: set[str] = set()
        floor.listeners.append(self._hear)

    # orders

    def create(self, account: AccountId, body: Create) -> Json:
        """Place an order and return the create reply.

        Raises
        ------
        Refusal
            As the venue words it; nothing has then happened.
        """
        group = self._group_for(account, body.order_group_id)
        life, expires = LIVES[body.time_in_force], self._expires(body)
        if body.post_only and life is not Life.GTC:
            raise flat(400, "invalid_order", details="post_only needs good_till_canceled")
        if body.reduce_only and life is not Life.IOC:
            raise flat(400, "invalid_order", details="reduce_only needs immediate_or_cancel")
        side = SIDES[body.side]
        try:
            order = self.floor.place(
                account, InstrumentId(KALSHI, body.ticker), side, price_of(body.price), lots_of(body.count),
                life=life, post_only=bool(body.post_only), reduce_only=bool(body.reduce_only), expires=expires,
                meeting=Meeting.STOP_TAKER if body.self_trade_prevention_type == "taker_at_cross" else
                Meeting.STOP_MAKER, client=body.client_order_id or "", tag=body.order_group_id or "",
            )  # fmt: skip
        except FloorError as e:
            raise refused(e) from e
        if group is not None:
            group.orders.append(order.id)
        if body.cancel_order_on_pause:
            self._on_pause.add(order.id)
        self._trigger_due()
        return self._reply(order) | averages(order)

    def amend(self, account: AccountId, name: str, body: Amend) -> Json:
        """Move an order."""
        order = self._live(account, name)
        if (order.instrument.symbol, order.way) != (body.ticker, SIDES[body.side]):
            raise flat(400, "invalid_order", details="ticker and side cannot be amended")
        if body.client_order_id and body.client_order_id != order.client:
            raise flat(400, "invalid_order", details="client_order_id does not match")
        expires = None if body.expiration_time is None else Nanos(body.expiration_time * SECOND)
        try:
            order = self.floor.amend(
                name, price_of(body.price), lots_of(body.count), account=account,
                client=body.updated_client_order_id or "", expires=expires,
            )  # fmt: skip
        except FloorError as e:
            raise refused(e) from e
        self._trigger_due()
        return self._reply(order) | averages(order)

    def decrease(self, account: AccountId, name: str, body: Decrease) -> Json:
        """Make an order smaller."""
        order = self._live(account, name)
        if (body.reduce_by is None) is (body.reduce_to is None):
            raise flat(400, "invalid_parameters", details="exactly one of reduce_by and reduce_to")
        if body.reduce_to is not None:
            to = lots_of(body.reduce_to, zero=True)
        else:
            to = Lots(max(0, order.left - lots_of(body.reduce_by or "")))
        try:
            self.floor.decrease(name, to, account=account)
        except FloorError as e:
            raise refused(e) from e
        return self._named(order) | {"remaining_count": count(order.left), "ts_ms": self._ms}

    def cancel(self, account: AccountId, name: str) -> Json:
        """Cancel an order."""
        order = self._live(account, name)
        try:
            left = self.floor.cancel(name, account=account)
        except FloorError as e:
            raise refused(e) from e
        return self._named(order) | {"reduced_by": count(left), "ts_ms": self._ms}

    def cancel_all(self, account: AccountId, ticker: str = "") -> None:
        """Cancel every order of an account, or those of one market."""
        for order in list(self.floor.accounts[account].orders.values()):
            if order.instrument.venue == KALSHI and ticker in ("", order.instrument.symbol):
                self.floor.cancel(order.id)

    def own(self, account: AccountId, name: str) -> Order:
        """Return an account's order.

        Raises
        ------
        Refusal
            404, also for another's.
        """
        order = self.floor.orders.get(name)
        if order is None or order.account != account or order.instrument.venue != KALSHI:
            raise nested(404, "not_found", "order not found")
        return order

    def _live(self, account: AccountId, name: str) -> Order:
        """Return an account's order whose market still trades: after the close nothing can be done, not even this."""
        order = self.own(account, name)
        instrument = self.floor.instruments.get(order.instrument)
        if instrument is None or instrument.status in ENDED:
            raise flat(400, "MARKET_INACTIVE", "the market is not active")
        return order

    # groups

    def open_group(self, account: AccountId, body: Group) -> OrderGroup:
        """Make a group."""
        group = OrderGroup(self.floor.new_id(), account, _limit(body))
        self.groups[group.id] = group
        self._tell_group(group, "created")
        return group

    def group(self, account: AccountId, name: str) -> OrderGroup:
        """Return an account's group, or refuse with 404."""
        group = self.groups.get(name)
        if group is None or group.account != account:
            raise nested(404, "not_found", "order group not found")
        return group

    def change_group(self, group: OrderGroup, what: str, body: Group | None = None) -> None:
        """Reset, trigger, limit or delete a group."""
        if what == "reset":
            group.triggered = False
            group.matched.clear()
            self._tell_group(group, "reset")
        elif what == "limit":
            group.limit = _limit(body or Group())
            self._tell_group(group, "limit_updated")
        elif what == "trigger":
            self._trigger(group)
        else:
            self._cancel_group(group)
            del self.groups[group.id]
            self._tell_group(group, "deleted")

    def _group_for(self, account: AccountId, name: str | None) -> OrderGroup | None:
        if not name:
            return None
        group = self.group(account, name)
        if group.triggered:
            raise flat(400, "order_group_triggered", details="reset the group first")
        return group

    def _hear(self, notice: Notice) -> None:
        if isinstance(notice, StatusSet) and notice.status == "open":
            self._resumed(notice.instrument)
        if not isinstance(notice, FillMade) or not notice.order.tag:
            return
        group = self.groups.get(notice.order.tag)
        if group is None or group.triggered:
            return
        group.matched.append((notice.at, notice.lots))
        while group.matched and group.matched[0][0] <= notice.at - ROLLING:
            group.matched.popleft()
        if sum(lots for _, lots in group.matched) >= group.limit and group not in self._due:
            self._due.append(group)  # the floor is in the middle of a trade: nothing may be cancelled now

    def _resumed(self, instrument: InstrumentId) -> None:
        """Cancel, as a market resumes, the orders that were not to outlive its pause."""
        for name in sorted(self._on_pause):
            order = self.floor.orders.get(name)
            if order is None or order.state is not State.RESTING:
                self._on_pause.discard(name)
            elif order.instrument == instrument:
                self.floor.cancel(name, why="halt")

    def settle_groups(self) -> None:
        """Trigger the groups whose limit was reached while the crowd traded."""
        self._trigger_due()

    def _trigger_due(self) -> None:
        while self._due:
            self._trigger(self._due.pop())

    def _trigger(self, group: OrderGroup) -> None:
        group.triggered = True
        self._cancel_group(group)
        self._tell_group(group, "triggered")

    def _cancel_group(self, group: OrderGroup) -> None:
        resting = self.floor.accounts[group.account].orders
        for name in group.orders:
            if name in resting:
                self.floor.cancel(name, why="group")

    def _tell_group(self, group: OrderGroup, what: str) -> None:
        for listener in self.group_listeners:
            listener(group, what)

    # words

    def _expires(self, body: Create) -> Nanos | None:
        if body.expiration_time is None:
            return None
        if body.time_in_force != "good_till_canceled":
            raise flat(400, "invalid_order", details="expiration_time needs good_till_canceled")
        expires = Nanos(body.expiration_time * SECOND)
        if expires <= self.floor.at:
            raise flat(400, "invalid_order", details="expiration_time is in the past")
        return expires

    @property
    def _ms(self) -> int:
        return self.floor.at // MILLIS

    def _named(self, order: Order) -> Json:
        return {"order_id": order.id} | ({"client_order_id": order.client} if order.client else {})

    def _reply(self, order: Order) -> Json:
        counts = {"fill_count": count(order.filled), "remaining_count": count(order.left), "ts_ms": self._ms}
        return self._named(order) | counts


def refused(error: FloorError) -> Refusal:
    """Return a floor's refusal in Kalshi's words."""
    words: dict[str, tuple[int, str]] = {
        "duplicate": (409, "order_already_exists"),
        "funds": (400, "insufficient_balance"),
        "closed": (400, "MARKET_INACTIVE"),
        "paused": (400, "MARKET_INACTIVE"),
        "unfilled": (400, "fill_or_kill_insufficient_resting_volume"),
        "grid": (400, "invalid_price"),
        "size": (400, "invalid_order"),
        "crosses": (400, "invalid_order"),
        "holdings": (400, "invalid_order"),
    }
    if error.code in {"no_order", "done"}:
        return nested(404, "not_found", "order not found")
    if error.code == "unknown":
        return nested(404, "market_not_found")
    status, code = words.get(error.code, (400, "invalid_order"))
    details = "post only cross" if error.code == "crosses" else error.text
    return flat(status, code, details=details)


def price_of(text: str) -> Ticks:
    """Return a price of YES, or refuse it with 400."""
    ticks = _number(text, "price") / TICK
    if ticks != ticks.to_integral_value() or not 0 < ticks < 1 / TICK:
        raise flat(400, "invalid_price", details=f"price {text[:20]} is off the grid")
    return Ticks(int(ticks))


def lots_of(text: str, *, zero: bool = False) -> Lots:
    """Return a count, or refuse it with 400."""
    value = _number(text, "count")
    lots = value / LOT
    if lots != lots.to_integral_value() or value < 0 or not (lots or zero):
        raise flat(400, "invalid_parameters", details=f"count {text[:20]} is no number of contracts")
    return Lots(int(lots))


def _limit(body: Group) -> Lots:
    if body.contracts_limit_fp is not None:
        return lots_of(body.contracts_limit_fp)
    if body.contracts_limit is None:
        raise flat(400, "invalid_parameters", details="contracts_limit is missing")
    return Lots(body.contracts_limit * 100)


def _number(text: str, name: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > 20 or abs(value) > MOST:
        raise flat(400, "invalid_parameters", details=f"{name} {text[:20]!r} is no number")
    return value
