"""A session in front of an exchange: all pure, on one simulated clock.

`Session` drives a kernel: rows are on disk (`Ledger`) a moment after they were asked for, requests travel to the
`Exchange`, answers come or do not. A crash keeps what is on disk and at the exchange, and nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
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
    Kept,
    LinkChanged,
    LinkReport,
    Listed,
    Opened,
    Rejected,
    SeenFill,
)
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import KALSHI, AccountId, FamilyId, InstrumentId, OrderId, VenueId, VenueOrderId
from engine.core.instrument import Band, Family, Instrument
from engine.core.order import Status
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import HOUR, SECOND, Lots, Nanos, Qty, Side, Ticks
from engine.kernel.step import Kernel
from engine.strategies.base import Strategy
from tests.engine.kernel.disk import Ledger
from tests.engine.kernel.exchange import Exchange, Resting

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
