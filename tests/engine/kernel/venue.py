"""An exchange that answers by hand or by chance, and a session in front of it: all pure, on one simulated clock.

`Exchange` is the truth: orders by client id, fills, one signed position and cash. `Session` drives a kernel: rows are
on disk a moment after they were asked for, requests travel, answers come or do not. A crash keeps what is on disk and
at the exchange, and nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from engine.core.commands import Place, Tif
from engine.core.effects import Follow, Keep, Look, Notice, Replace, Resnap, Submit, Wake, Withdraw
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Asked,
    BookSnapshot,
    Canceled,
    Due,
    Filled,
    Held,
    Kept,
    LinkChanged,
    LinkReport,
    Listed,
    Opened,
    Pictured,
    Rejected,
    Seen,
    SeenFill,
)
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import KALSHI, AccountId, FamilyId, InstrumentId, OrderId, VenueId, VenueOrderId
from engine.core.instrument import Band, Family, Instrument, Known, Roster
from engine.core.order import Status
from engine.core.quotes import Quote
from engine.core.rfq import QuoteRow, QuoteSums, TradeRow
from engine.core.snapshot import (
    FillRow,
    HeldRow,
    OrderRow,
    ParameterRow,
    Snapshot,
    StrategyDayRow,
    StrategyHeldRow,
    StrategyMemoryRow,
    StrategyRow,
    VenueRow,
)
from engine.core.trade import Booked
from engine.core.units import HOUR, SECOND, Leg, Lots, Money, Nanos, Qty, Side, Ticks
from engine.kernel.step import Kernel
from engine.portfolio.netting import Traded, book, cash_of
from engine.store.tables import TABLES
from engine.strategies.base import Strategy

START = Nanos(1_800_000_000 * SECOND)
FAMILY = FamilyId("kalshi:KXHIGHCHI-26NOV21")
LABELS = ("≤ 50", "51-52", "53-54", "≥ 55")
SYMBOLS = tuple(f"KXHIGHCHI-26NOV21-B{n}" for n in range(len(LABELS)))
FACTS = VenueRow(
    id=KALSHI, title="Kalshi", can=("POST_ONLY", "AMEND", "GTD", "SHORT", "CANCEL_MANY"), orders_per_second=50.0
)
FEE = FeeRule(kind="kalshi", rate=Decimal("0.07"))
BOOK = (((4_900, 500), (4_800, 900)), ((5_100, 400), (5_200, 800)))
"""Bids and asks of 5, 9, 4 and 8 contracts."""
ZERO = Decimal(0)
MICRO = Decimal("0.000001")


def instrument(index: int = 0, venue: VenueId = KALSHI, **terms: Any) -> Instrument:
    """A bracket of the day's high."""
    given: dict[str, Any] = {
        "title": f"High of Chicago {LABELS[index]}", "label": LABELS[index], "family": FAMILY, "fee": NO_FEE,
        "grid": (Band(Ticks(100), Ticks(9_900), Ticks(100)),), "closes": Nanos(START + 24 * HOUR),
    } | terms  # fmt: skip
    return Instrument(id=InstrumentId(venue, SYMBOLS[index]), **given)


def family(**terms: Any) -> Family:
    """Four brackets of which exactly one pays."""
    given: dict[str, Any] = {
        "title": "High of Chicago", "members": tuple(InstrumentId(KALSHI, s) for s in SYMBOLS), "exclusive": True,
        "exhaustive": True,
    } | terms  # fmt: skip
    return Family(**{"id": FAMILY, **given})


def opened(mode: str = "paper", **terms: Any) -> Snapshot:
    """What a session is opened with besides the ledger."""
    given: dict[str, Any] = {
        "profile": "test", "account_name": "desk", "salt": "a1b2c3d4e5f6", "venues": (FACTS,), "beat": Nanos(SECOND),
    } | terms  # fmt: skip
    return Snapshot(mode=mode, **given)


@dataclass
class Resting:
    """An order as the exchange has it."""

    client: str
    venue_order: str
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: int
    qty: Decimal
    filled: Decimal = ZERO
    status: str = "working"
    fills: list[SeenFill] = field(default_factory=list)


class Exchange:
    """The venue's truth. Client ids count once: a second order of the same is refused."""

    def __init__(self, cash: int = 10_000) -> None:
        self.orders: dict[str, Resting] = {}
        self.submitted: list[str] = []
        """Client ids of every request that arrived."""
        self.held: dict[tuple[InstrumentId, Leg], Any] = {}
        self.cash = Decimal(cash)
        self._numbers = count(1)

    def submit(self, client: str, place: Place) -> Resting | None:
        """Take an order; None for a client id that is known."""
        self.submitted.append(client)
        if client in self.orders:
            return None
        assert place.price is not None
        assert place.qty is not None
        order = Resting(
            client, f"v-{next(self._numbers)}", place.instrument, place.side, place.leg, place.price, Decimal(place.qty)
        )
        self.orders[client] = order
        return order

    def fill(self, order: Resting, qty: Decimal, at: Nanos, fee: Decimal = ZERO, price: int | None = None) -> SeenFill:
        """Trade some of an order."""
        each = Decimal(order.price if price is None else price) / 10_000
        cost = (qty * each).quantize(MICRO)
        known = OrderId(f"o-{order.client.rpartition('-')[2]}") if "-" in order.client else None
        one = SeenFill(
            order=known, trade_id=f"t-{next(self._numbers)}", instrument=order.instrument, side=order.side,
            leg=order.leg, price=each, qty=Qty(qty), cost=Money(cost), fee=Money(fee), at=at,
        )  # fmt: skip
        order.fills.append(one)
        order.filled += qty
        if order.filled == order.qty:
            order.status = "filled"
        traded = Traded(order.side, order.leg, one.qty, one.cost)
        self.cash += cash_of(book(self.held, order.instrument, traded, one.fee, nets=True)) - fee
        return one

    def cancel(self, client: str) -> bool:
        """Take an order back; False when it does not work any more."""
        order = self.orders.get(client)
        if order is None or order.status != "working":
            return False
        order.status = "canceled"
        return True

    def find(self, known: Known) -> Resting | None:
        """Find an order by client id."""
        return self.orders.get(known.client)

    def positions(self) -> dict[tuple[InstrumentId, Leg], Decimal]:
        """Return what is held."""
        return {key: p.qty for key, p in self.held.items() if p.qty}

    def picture(self, asked: tuple[Known, ...], at: Nanos, asked_at: Nanos, *, live: bool) -> Pictured:
        """Return the account: what works, what was asked for by name, all fills; live, positions and cash too."""
        names = {known.client: known.order for known in asked}
        shown = [o for o in self.orders.values() if o.status == "working" or o.client in names]
        missing = [k for k in asked if k.client not in self.orders]
        return Pictured(
            at=at,
            venue=KALSHI,
            asked_at=asked_at,
            orders=(
                *(self._seen(o, names.get(o.client)) for o in shown),
                *(Seen(order=OrderId(k.order), client=k.client, status="absent") for k in missing),
            ),
            fills=tuple(f for o in self.orders.values() for f in o.fills),
            positions=tuple(Held(instrument=one, leg=leg, qty=Qty(qty)) for (one, leg), qty in self.positions().items())
            if live
            else None,
            cash=Money(self.cash) if live else None,
        )

    @staticmethod
    def _seen(o: Resting, name: str | None) -> Seen:
        return Seen(
            order=None if name is None else OrderId(name), client=o.client, venue_order=VenueOrderId(o.venue_order),
            instrument=o.instrument, side=o.side, leg=o.leg, price=Ticks(o.price), qty=Qty(o.qty),
            filled=Qty(o.filled), status=o.status,
        )  # fmt: skip


class Ledger:
    """Rows as the store keeps them, and the snapshot that the store would read from them."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.fills: dict[str, dict[str, Any]] = {}
        self.listings: dict[str, str] = {}
        self.meta: dict[str, str] = {}
        self.cash: dict[str, Decimal] = {}
        self.strategies: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        """What is kept of strategies: rows by key, by table."""

    def take(self, keep: Keep) -> None:
        """Write rows."""
        some = [
            row for row in keep.rows if not isinstance(row, Booked)
        ]  # of our own exchange: no crash is played there
        assert sum((Decimal(r.values["amount"]) for r in some if r.table == "cash"), ZERO) == 0  # type: ignore[union-attr]
        for row in some:
            values: dict[str, Any] = row.values  # type: ignore[union-attr]
            match row.table:  # type: ignore[union-attr]
                case "orders":
                    self.orders[values["id"]] = values
                case "fills":
                    self.fills.setdefault(values["trade_id"], values)
                case "listings":
                    self.listings[values["family"]] = values["body"]
                case "meta":
                    self.meta[values["key"]] = values["value"]
                case "cash":
                    self.cash[values["account"]] = self.cash.get(values["account"], ZERO) + Decimal(values["amount"])
                case (
                    "strategies"
                    | "parameters"
                    | "strategy_days"
                    | "strategy_held"
                    | "strategy_memory"
                    | "features"
                    | "rfq_quotes"
                    | "rfq_trades" as table
                ):
                    key = tuple(values[column] for column in TABLES[table].key)
                    self.strategies.setdefault(table, {})[key] = values

    def snapshot(self, base: Snapshot) -> Snapshot:
        """Return what a session starts with."""
        held: dict[tuple[InstrumentId, Leg], Any] = {}
        for f in self.fills.values():
            one = InstrumentId(VenueId(f["venue"]), f["symbol"])
            cost, price = Money(Decimal(f["cost"])), Decimal(f["price"])
            traded = Traded(Side(f["side"]), Leg(f["leg"]), Qty(Decimal(f["qty"])), cost, price)
            book(held, one, traded, Money(Decimal(f["fee"])), nets=f["nets"] or 0)
        ours = [(a, m) for a, m in self.cash.items() if a.startswith("you@")]
        return msgspec.structs.replace(
            base,
            orders=tuple(_order(o) for o in self.orders.values()),
            venue_fills=tuple(_fill(f) for f in self.fills.values()),
            fills=tuple(_fill(f) for f in self.fills.values()),
            held=tuple(
                HeldRow(
                    instrument=one, leg=leg, qty=p.qty, cost=p.cost, realised=p.realised, fees=p.fees, quoted=p.quoted
                )
                for (one, leg), p in held.items()
            ),
            listings=tuple(msgspec.json.decode(body, type=Roster) for body in self.listings.values()),
            venue_cash=tuple((VenueId(a.partition("@")[2]), Money(m)) for a, m in ours),
            halted=self.meta.get("halted", ""),
            limits=tuple((k[6:], Decimal(v)) for k, v in sorted(self.meta.items()) if k[:6] == "limit:"),
            next_order=max((int(o.removeprefix("o-")) for o in self.orders), default=0) + 1,
            strategies=tuple(
                StrategyRow(name=r["name"], state=r["state"], halted=r["halted"], halted_at=r["halted_at"] or None)
                for r in self._of("strategies")
            ),
            parameters=tuple(ParameterRow(**r) for r in self._of("parameters")),
            strategy_days=tuple(
                StrategyDayRow(
                    **r | {"realised": Money(Decimal(r["realised"])), "fees": Money(Decimal(r["fees"]))}
                )
                for r in self._of("strategy_days")
            ),
            quote_nonce=max((int(r["client"]) for r in self._of("rfq_quotes")), default=0),
            quotes=tuple(
                QuoteRow(
                    client=r["client"], trace=r["trace"], at=Nanos(r["at"]), status=r["status"],
                    quote=msgspec.json.decode(r["body"], type=Quote),
                    sums=None if r["sums"] is None else msgspec.json.decode(r["sums"], type=QuoteSums),
                )
                for r in self._of("rfq_quotes")
            ),
            rfq_trades=tuple(msgspec.json.decode(r["body"], type=TradeRow) for r in self._of("rfq_trades")),
            strategy_memory=tuple(StrategyMemoryRow(**r) for r in self._of("strategy_memory")),
            strategy_held=tuple(
                StrategyHeldRow(
                    strategy=r["strategy"], instrument=InstrumentId(r["venue"], r["symbol"]), leg=Leg(r["leg"]),
                    qty=Qty(Decimal(r["qty"])), cost=Money(Decimal(r["cost"])), quoted=Decimal(r["quoted"]),
                )
                for r in self._of("strategy_held")
                if r["qty"] != "0"
            ),
        )  # fmt: skip

    def _of(self, table: str) -> list[dict[str, Any]]:
        return list(self.strategies.get(table, {}).values())


def _order(o: dict[str, Any]) -> OrderRow:
    return OrderRow(
        id=OrderId(o["id"]), intent=o["intent"], at=Nanos(o["at"]),
        instrument=InstrumentId(VenueId(o["venue"]), o["symbol"]), side=Side(o["side"]), leg=Leg(o["leg"]),
        price=o["price"], qty=None if o["qty"] is None else Qty(Decimal(o["qty"])), budget=None, tif=o["tif"],
        origin=o["origin"], status=o["status"], filled=Qty(Decimal(o["filled"])),
        average=None if o["average"] is None else Decimal(o["average"]), fee=Money(Decimal(o["fee"])), why=o["why"],
        tag=o["tag"], edge=o["edge"], client=o["client"] or "", venue_order=o["venue_order"] or "", until=o["until"],
        post_only=bool(o["post_only"]), reduce_only=bool(o["reduce_only"]), strategy=o["strategy"] or "",
    )  # fmt: skip


def _fill(f: dict[str, Any]) -> FillRow:
    return FillRow(
        trade_id=f["trade_id"], order=OrderId(f["order_id"]), at=Nanos(f["at"]),
        instrument=InstrumentId(VenueId(f["venue"]), f["symbol"]), side=Side(f["side"]), leg=Leg(f["leg"]),
        price=Decimal(f["price"]), qty=Qty(Decimal(f["qty"])), cost=Money(Decimal(f["cost"])),
        fee=Money(Decimal(f["fee"])), realised=Money(Decimal(f["realised"])), slippage=f["slippage"], tag=f["tag"],
    )  # fmt: skip


class Session:
    """A kernel, its disk, its clock and a venue. What is sent goes to `sends`, which a test may replace."""

    LATENCY = Nanos(SECOND // 20)
    DISK = Nanos(SECOND // 500)

    def __init__(self, snapshot: Snapshot | None = None, *, ready: bool = True, cash: int = 10_000) -> None:
        self.base = opened() if snapshot is None else snapshot
        self.live = self.base.mode == "live"
        self.exchange = Exchange(cash)
        self.ledger = Ledger()
        self.at = START
        self.pressed = 0
        self.said: list[Notice] = []
        self.asked: list[Any] = []
        """Everything that the kernel asked of venues."""
        self.submitted: list[str] = []
        self.answers = True
        """Pictures are answered."""
        self.sends: Callable[[Session, Submit], None] = arrives
        self.withdraws: Callable[[Session, Withdraw], None] = cancels
        self.replaces: Callable[[Session, Replace], None] = amends
        self._intents = count(1)
        self._todo: list[tuple[Nanos, int, Callable[[], None]]] = []
        self._ties = count()
        self._life = 0
        self.disk_up = True
        self._start(self.base)
        if ready:
            self.ready()

    def _start(self, snapshot: Snapshot) -> None:
        self.kernel = Kernel(strategies=self.registry())
        self.state = self.kernel.state
        self.do(Opened(at=self.at, snapshot=snapshot))

    def registry(self) -> tuple[Strategy, ...] | None:
        """Return the strategies of the next session; None is the program's own."""
        return None

    def ready(self) -> None:
        """Connect, list the family, send its books, and let the account be reconciled."""
        self.connect()
        self.list()
        self.quote()
        self.run(3)

    def connect(self, *channels: str) -> None:
        """Bring links up."""
        for channel in channels or ("market", "account"):
            self.do(LinkChanged(at=self.at, venue=KALSHI, up=True, channel=channel))
        self.do(LinkReport(at=self.at, venue=KALSHI, frames=self.at // SECOND, skew_ms=3.0))

    def drop(self, channel: str = "account", why: str = "reset") -> None:
        """Take a link down."""
        self.do(LinkChanged(at=self.at, venue=KALSHI, up=False, channel=channel, why=why))

    def list(self, *instruments: Instrument, **terms: Any) -> None:
        """Let the venue list the family."""
        some = instruments or tuple(instrument(n) for n in range(len(SYMBOLS)))
        self.do(Listed(at=self.at, family=family(**terms), instruments=some))

    def quote(self, book: Any = BOOK) -> None:
        """Let the feed send whole books."""
        bids, asks = ([(Ticks(p), Lots(n)) for p, n in side] for side in book)
        for symbol in SYMBOLS:
            one = InstrumentId(KALSHI, symbol)
            self.do(BookSnapshot(at=self.at, instrument=one, bids=tuple(bids), asks=tuple(asks)))

    def crash(self, *, ready: bool = True) -> None:
        """Die and start again from what is on disk; what travels to the exchange still arrives."""
        self._life += 1
        self._start(self.ledger.snapshot(self.base))
        if ready:
            self.connect()
            self.list()
            self.quote()

    def do(self, event: Any) -> list[Any]:
        """Step an event and carry out what the kernel asks."""
        effects = self.kernel.step(event)
        life = self._life
        for effect in effects:
            match effect:
                case Keep():
                    self.after(self.DISK, lambda keep=effect: self._kept(keep, life))  # type: ignore[misc]
                case Wake(due=due, what=what):
                    self.when(due, lambda what=what: self.tell(Due(at=self.at, what=what), life))  # type: ignore[misc]
                case Notice():
                    self.said.append(effect)
                case Submit():
                    self.asked.append(effect)
                    self.submitted.append(effect.order.client)
                    self.sends(self, effect)
                case Withdraw():
                    self.asked.append(effect)
                    self.withdraws(self, effect)
                case Replace():
                    self.asked.append(effect)
                    self.replaces(self, effect)
                case Look():
                    self.asked.append(effect)
                    self._look(effect, life)
                case Follow() | Resnap():
                    self.asked.append(effect)
        return effects

    def _kept(self, keep: Keep, life: int) -> None:
        if life != self._life:
            return  # it died before the disk had it
        self.ledger.take(keep)
        if keep.then:
            self.do(Kept(at=self.at, what=keep.then))

    def _look(self, look: Look, life: int) -> None:
        asked_at = self.at

        def answer() -> None:
            if self.answers:
                self.tell(self.exchange.picture(look.orders, self.at, asked_at, live=self.live), life)

        self.after(self.LATENCY, answer)

    def tell(self, event: Any, life: int | None = None) -> None:
        """Bring an event now, unless the session it was for is dead."""
        if life is None or life == self._life:
            self.do(msgspec.structs.replace(event, at=self.at))

    @property
    def life(self) -> int:
        """Which session this is."""
        return self._life

    def when(self, at: Nanos, work: Callable[[], None]) -> None:
        """Do something at a time."""
        heapq.heappush(self._todo, (max(at, self.at), next(self._ties), work))

    def after(self, wait: int, work: Callable[[], None]) -> None:
        """Do something later."""
        self.when(Nanos(self.at + wait), work)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = Nanos(self.at + int(seconds * SECOND))
        while self._todo and self._todo[0][0] <= until:
            at, _, work = heapq.heappop(self._todo)
            self.at = max(self.at, at)
            work()
        self.at = until

    def ask(self, command: Any, gap: float = 3.0) -> list[Any]:
        """Put a command, some time after the last; the market stays alive."""
        self.run(gap)
        self.beat()
        self.pressed += int(gap * SECOND)
        return self.do(Asked(at=self.at, command=command, pressed_at=Nanos(self.pressed)))

    def beat(self) -> None:
        """Let the market link show that it lives."""
        self.do(LinkReport(at=self.at, venue=KALSHI, frames=self.at // (SECOND // 100), skew_ms=3.0))

    def order(
        self, side: Side = Side.BUY, qty: Any = 10, price: int | None = 4_800, index: int = 0, **terms: Any
    ) -> Place:
        """An order with an intent of its own, resting unless it says otherwise."""
        given: dict[str, Any] = {"tif": Tif.GTC, "intent": f"i-{next(self._intents)}"} | terms
        amount = None if qty is None else Qty(Decimal(qty))
        limit = None if price is None else Ticks(price)
        return Place(instrument=InstrumentId(KALSHI, SYMBOLS[index]), side=side, qty=amount, price=limit, **given)

    def place(self, *args: Any, gap: float = 3.0, settle: float = 0.5, **terms: Any) -> Any:
        """Send an order; return it as the register has it."""
        place = self.order(*args, **terms)
        before = len(self.state.register)
        self.ask(place, gap)
        assert len(self.state.register) == before + 1, self.said[-1]
        order = list(self.state.register)[-1]
        self.run(settle)
        return order

    def truth(self, order: Any) -> Resting:
        """Return an order of ours as the exchange has it."""
        return self.exchange.orders[order.client]

    def trade(self, order: Any, qty: Any, fee: Any = 0, *, told: bool = True, price: int | None = None) -> SeenFill:
        """Let some of an order trade at the exchange, and tell of it."""
        fill = self.exchange.fill(self.truth(order), Decimal(qty), self.at, Decimal(fee), price)
        if told:
            self.tell(filled(fill, order.id))
        return fill

    def codes(self) -> list[str]:
        """Return the codes of all notices so far."""
        return [note.code for note in self.said]

    def sent(self, kind: type) -> list[Any]:
        """Return what was asked of venues, of one kind."""
        return [one for one in self.asked if isinstance(one, kind)]

    def differs(self) -> str:
        """Return where our positions or cash are not the exchange's; empty when nowhere."""
        ours = {(one, leg): p.qty for one, leg, p in self.state.book.held()}
        theirs = self.exchange.positions()
        if ours != theirs:
            return f"held {ours}, truly {theirs}"
        cash = self.state.desks[KALSHI].cash
        return "" if cash == self.exchange.cash else f"cash {cash}, truly {self.exchange.cash}"

    def on_disk(self) -> dict[str, str]:
        """Return the standing of every order on disk."""
        return {o["id"]: o["status"] for o in self.ledger.orders.values()}

    def unknown(self) -> list[Any]:
        """Return the orders without a known outcome."""
        return [o for o in self.state.register.open() if o.status is Status.LOST]


def filled(fill: SeenFill, order: OrderId) -> Filled:
    """Return a fill as the stream tells it."""
    return Filled(
        at=fill.at, order=order, trade_id=fill.trade_id, price=fill.price, qty=fill.qty, cost=fill.cost, fee=fill.fee,
        maker=fill.maker,
    )  # fmt: skip


def accepted(order: OrderId, resting: Resting) -> Accepted:
    """Return the venue's yes."""
    return Accepted(at=START, order=order, venue_order=VenueOrderId(resting.venue_order))


def arrives(session: Session, effect: Submit) -> None:
    """A request that arrives and is answered."""
    order, life = effect.order, session.life

    def arrive() -> None:
        taken = session.exchange.submit(order.client, order.place)
        answer: Any = Rejected(at=START, order=order.order, code="duplicate_client_id", text="known")
        if taken is not None:
            answer = accepted(order.order, taken)
        session.after(session.LATENCY, lambda: session.tell(answer, life))

    session.after(session.LATENCY, arrive)


def cancels(session: Session, effect: Withdraw) -> None:
    """A cancel that arrives and is answered; of what does not work any more nothing is said."""
    known, life = effect.known, session.life
    assert known is not None

    def arrive() -> None:
        if session.exchange.cancel(known.client):
            answer = Canceled(at=START, order=OrderId(known.order), why="asked for")
            session.after(session.LATENCY, lambda: session.tell(answer, life))

    session.after(session.LATENCY, arrive)


def amends(session: Session, effect: Replace) -> None:
    """An amendment that arrives and is answered."""
    known, life = effect.known, session.life

    def arrive() -> None:
        order = session.exchange.orders.get(known.client)
        answer: Any = AmendRefused(at=START, order=OrderId(known.order), code="not_working")
        if order is not None and order.status == "working" and effect.qty > order.filled:
            order.price, order.qty = effect.price, Decimal(effect.qty)
            answer = Amended(at=START, order=OrderId(known.order), price=effect.price, qty=effect.qty)
        session.after(session.LATENCY, lambda: session.tell(answer, life))

    session.after(session.LATENCY, arrive)


ACCOUNT = AccountId("you@kalshi")
