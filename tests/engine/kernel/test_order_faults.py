"""Orders under every fault of a network, a disk and a process, against an exchange that never lies.

Each scenario is a day in small: orders, cancels, amendments, fills of any size at any moment, links that drop,
processes that die, requests and answers that are lost, late or told twice. After a quiet minute our orders, positions
and cash are the exchange's, or an order is shown unknown and its intent and its market are blocked. A failure names
its seed; `pytest --pdb` and `play(seed)` replay it.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Amend, Arm, Cancel
from engine.core.effects import Replace, Submit, Withdraw
from engine.core.events import Canceled, Lost, Rejected
from engine.core.ids import KALSHI, OrderId
from engine.core.order import Status
from engine.core.units import SECOND, Qty, Side, Ticks
from tests.engine.kernel.venue import Session, accepted, amends, filled, opened
from tests.scale import scale

TIMEOUT = 5 * SECOND
FULL = 10_000
PARTS = 20
ROOMY = tuple(
    (code, Decimal(10**6)) for code in ("AT_RISK", "EVENT_EXPOSURE", "MARKET_POSITION", "OPEN_ORDERS", "ORDER_VALUE")
)
PRICES = range(4_300, 5_800, 100)


class Chaos:
    """One scenario."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.live = self.chance.random() < 0.4
        base = opened("live" if self.live else "paper", limits=ROOMY)
        self.session = Session(base, ready=False)
        self.calm = False
        self.pressed: list[str] = []
        """Every intent that was asked for; some are pressed twice, also over a crash."""
        self.intents: dict[str, str] = {}
        """Client id of each intent that was let through."""
        self.session.sends, self.session.withdraws, self.session.replaces = self.send, self.withdraw, self.replace
        self.session.ready()
        self.arm()

    def arm(self) -> None:
        if self.live:
            self.session.ask(Arm(typed="LIVE desk"), gap=0.2)

    def late(self, most: float = 0.4) -> int:
        return int(self.chance.uniform(0.01, most) * SECOND)

    def send(self, session: Session, effect: Submit) -> None:
        """Carry an order to the exchange, one way or another."""
        order, life = effect.order, session.life
        fate = "ok" if self.calm else self.chance.choices(
            ["ok", "never", "lost_reply", "slow", "unsent", "throttled", "twice"], [50, 8, 12, 8, 6, 6, 10]
        )[0]  # fmt: skip
        if fate in {"unsent", "throttled"}:
            answer = Rejected(at=session.at, order=order.order, code=fate, text="nothing was sent")
            session.after(self.late(), lambda: session.tell(answer, life))
            return
        lost = Lost(at=session.at, order=order.order, why="timed out")
        if fate in {"never", "lost_reply", "slow"}:
            session.after(TIMEOUT, lambda: session.tell(lost, life))
        if fate == "never":
            return

        def arrive() -> None:
            taken = session.exchange.submit(order.client, order.place)
            if taken is None:
                return
            if fate in {"ok", "twice"}:
                answer = accepted(order.order, taken)
                for _ in range(2 if fate == "twice" else 1):
                    session.after(self.late(), lambda: session.tell(answer, life))

        session.after(TIMEOUT + self.late(3.0) if fate == "slow" else self.late(), arrive)

    def withdraw(self, session: Session, effect: Withdraw) -> None:
        known, life = effect.known, session.life
        assert known is not None
        fate = "ok" if self.calm else self.chance.choices(["ok", "never", "lost_reply"], [70, 15, 15])[0]
        order = OrderId(known.order)
        if fate != "ok":
            session.after(TIMEOUT, lambda: session.tell(Lost(at=session.at, order=order, why="cancel timed out"), life))
        if fate == "never":
            return

        def arrive() -> None:
            if session.exchange.cancel(known.client) and fate == "ok":
                answer = Canceled(at=session.at, order=order, why="asked for")
                session.after(self.late(), lambda: session.tell(answer, life))

        session.after(self.late(), arrive)

    def replace(self, session: Session, effect: Replace) -> None:
        if self.calm or self.chance.random() < 0.7:
            amends(session, effect)
            return
        life, order = session.life, OrderId(effect.known.order)
        session.after(TIMEOUT, lambda: session.tell(Lost(at=session.at, order=order, why="amend timed out"), life))
        if self.chance.random() < 0.5:
            resting = session.exchange.orders.get(effect.known.client)
            if resting is not None and resting.status == "working" and effect.qty > resting.filled:
                resting.price, resting.qty = effect.price, Decimal(effect.qty)

    def place(self) -> None:
        session, chance = self.session, self.chance
        side = chance.choice([Side.BUY, Side.SELL])
        again = self.pressed and chance.random() < 0.15
        intent = chance.choice(self.pressed) if again else f"i-{chance.getrandbits(60):x}"
        self.pressed.append(intent)
        asked = session.order(
            side, chance.randint(1, 20), chance.choice(PRICES), index=chance.randint(0, 3), intent=intent
        )
        before = len(session.submitted)
        session.ask(asked, gap=chance.choice([0.6, 1.0, 3.0]))
        dies = chance.random() < 0.1
        session.run(chance.choice([0.0, 0.001, 0.0025, 0.02]) if dies else 0.01)
        if dies:  # before the disk has it, before it is sent, before it arrives
            self.crash()
        if len(session.submitted) > before:
            self.intents[intent] = session.submitted[-1]

    def open(self) -> list[Any]:
        return list(self.session.state.register.open())

    def cancel(self) -> None:
        if some := self.open():
            self.session.ask(Cancel(order=self.chance.choice(some).id), gap=0.1)

    def amend(self) -> None:
        if some := self.open():
            one = self.chance.choice(some)
            qty = Qty(Decimal(self.chance.randint(1, 25)))
            self.session.ask(Amend(order=one.id, price=Ticks(self.chance.choice(PRICES)), qty=qty), gap=0.3)

    def fill(self) -> None:
        """Let something trade; the stream may tell of it, twice, late or never: then the link was down."""
        session, chance = self.session, self.chance
        working = [o for o in session.exchange.orders.values() if o.status == "working"]
        if not working:
            return
        order = chance.choice(working)
        left = int(order.qty - order.filled)
        qty = Decimal(left if chance.random() < 0.3 else chance.randint(1, left))
        fee = Decimal(chance.randint(0, 700)).scaleb(-4)
        one = session.exchange.fill(order, qty, session.at, fee)
        assert one.order is not None
        news = filled(one, one.order)
        life = session.life
        fate = chance.choices(["ok", "twice", "late", "lost"], [55, 15, 15, 15])[0]
        if fate == "lost":
            session.after(self.late(), lambda: self.blink(life))
            return
        for _ in range(2 if fate == "twice" else 1):
            session.after(self.late(4.0 if fate == "late" else 0.3), lambda: session.tell(news, life))

    def blink(self, life: int) -> None:
        """A stream that lost something goes down and comes back."""
        if life == self.session.life:
            self.session.drop()
            self.session.after(self.late(), lambda: self.session.life == life and self.session.connect("account"))

    def crash(self) -> None:
        session = self.session
        session.crash(ready=False)
        if self.chance.random() < 0.5:
            self.fill()  # while nobody listens
        session.run(self.chance.choice([0.0, 1.0, 8.0]))
        session.connect()
        session.list()
        session.quote()
        session.run(1.0)
        self.arm()

    def play(self) -> None:
        acts = [self.place, self.cancel, self.amend, self.fill, self.crash, lambda: self.blink(self.session.life)]
        for _ in range(self.chance.randint(5, 14)):
            self.chance.choices(acts, [40, 12, 8, 30, 5, 5])[0]()
            self.session.run(self.chance.choice([0.0, 0.05, 0.2, 1.0]))
        self.calm = True
        for _ in range(3):
            self.session.run(25)
            self.session.beat()
        if self.session.state.desks[KALSHI].account_up is False:
            self.session.connect("account")
        for _ in range(5):
            self.session.run(20)
            self.session.beat()


def judge(chaos: Chaos) -> str:
    """Return what is wrong after a scenario; empty when nothing is."""
    session = chaos.session
    exchange, state = session.exchange, session.state
    by_client = {o.client: o for o in state.register if o.client}
    if len(set(session.submitted)) != len(session.submitted):
        return "an order was sent twice"
    intents = [by_client[c].place.intent for c in exchange.orders if c in by_client]
    if len(set(intents)) != len(intents):
        return "one intent became two orders"
    for client in exchange.orders:
        if client not in by_client:
            return f"the exchange has {client}, and we do not know it"
    for intent, client in chaos.intents.items():
        if client not in by_client and client in session.submitted:
            return f"intent {intent} was sent and is lost"
    unknown = {o.id for o in session.unknown()}
    for one in state.register:
        truth = exchange.orders.get(one.client)
        if not one.client or one.id in unknown:
            continue
        said = {Status.WORKING: "working", Status.PARTIAL: "working", Status.FILLED: "filled"}.get(one.status)
        if truth is None and one.status not in {Status.REJECTED, Status.CANCELED, Status.REFUSED}:
            return f"{one.id} is {one.status.value} and was never there"
        if truth is not None and one.status in {Status.WORKING, Status.PARTIAL, Status.FILLED} and said != truth.status:
            return f"{one.id} is {one.status.value} and truly {truth.status}"
        if truth is not None and one.ended and truth.status == "working":
            return f"{one.id} is {one.status.value} and works all the same"
        if truth is not None and one.filled != truth.filled:
            return f"{one.id} traded {truth.filled}, and we say {one.filled}"
        if not one.ended and one.status not in {Status.WORKING, Status.PARTIAL}:
            return f"{one.id} is still {one.status.value}"
    if unknown:
        return f"still unknown after a quiet time: {sorted(unknown)}"
    wrong = session.differs()
    if wrong:
        return wrong
    ours = {a: m for a, m in session.ledger.cash.items() if a == "you@kalshi"}
    if not chaos.live and ours["you@kalshi"] != exchange.cash:
        return f"the ledger's cash is {ours}, truly {exchange.cash}"
    disk = session.ledger.snapshot(session.base)
    held = {(h.instrument, h.leg): h.qty for h in disk.held if h.qty}
    return "" if held == exchange.positions() else f"the ledger's positions are {held}"


def play(seed: int) -> str:
    """Return what is wrong with a scenario; empty when nothing is."""
    chaos = Chaos(seed)
    chaos.play()
    return judge(chaos)


@pytest.mark.parametrize("part", range(PARTS))
def test_p8_no_order_is_doubled_and_none_is_lost(part: int) -> None:
    rounds = scale(FULL) // PARTS
    seeds = range(part * FULL, part * FULL + rounds)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    bad = {seed: why for seed in seeds if (why := play(seed))}
    assert not bad, dict(list(bad.items())[:5])
