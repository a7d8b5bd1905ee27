"""The kernel against the paper gateway's own simulator: what one sends the other understands, to the last cent."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Amend, Cancel, Tif
from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.events import BookDelta, BookSnapshot, Filled, LinkChanged, Listed, Pictured, StatusChanged, Trade
from engine.core.ids import KALSHI, InstrumentId
from engine.core.order import Status
from engine.core.units import Leg, Lots, Money, Qty, Side, Ticks
from engine.orders.simulate import Simulator
from engine.portfolio.netting import Traded, book, cash_of
from tests.engine.kernel.venue import FEE, SYMBOLS, Session, instrument, opened
from tests.scale import scale

MARKET = BookDelta | BookSnapshot | Trade | Listed | LinkChanged | StatusChanged
ROOMY = tuple(
    (code, Decimal(10**6)) for code in ("AT_RISK", "EVENT_EXPOSURE", "MARKET_POSITION", "OPEN_ORDERS", "ORDER_VALUE")
)


class Paper(Session):
    """A session whose gateway is the simulator."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.simulator = Simulator(KALSHI, self.chance.random)
        self.fills: list[tuple[InstrumentId, Traded, Money]] = []
        super().__init__(opened(limits=ROOMY), ready=False)
        self.sends = self.withdraws = self.replaces = lambda _, effect: self.sim(effect)  # type: ignore[assignment]
        self.connect()
        self.list(*(instrument(n, fee=FEE) for n in range(len(SYMBOLS))))
        self.quote()
        self.run(3)

    def do(self, event: Any) -> list[Any]:
        if isinstance(event, MARKET):
            self.sim(event)
        return super().do(event)

    def _look(self, look: Look, _: int) -> None:
        self.sim(look)

    def sim(self, what: Any) -> None:
        """Let the simulator take something in, now; its answers come when they are home."""
        self.answer(self.simulator.step(what, self.at))

    def answer(self, some: list[Any]) -> None:
        for one in some:
            self.after(0, lambda one=one: self.hear(one))  # type: ignore[misc]
        due = self.simulator.next_due
        if due is not None:
            self.when(due, lambda: self.answer(self.simulator.due(self.at)))

    def hear(self, answer: Any) -> None:
        if isinstance(answer, Filled):
            one = self.state.register.get(answer.order)
            assert one is not None
            place = one.place
            traded = Traded(place.side, place.leg, answer.qty, answer.cost)
            self.fills.append((place.instrument, traded, answer.fee))
        self.tell(answer)


def act(session: Paper) -> None:
    chance = session.chance
    which = chance.random()
    working = list(session.state.register.open())
    one = InstrumentId(KALSHI, SYMBOLS[chance.randint(0, 1)])
    if which < 0.35:
        tif = chance.choice([Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK])
        asked = session.order(
            chance.choice(list(Side)), chance.randint(1, 20), chance.randrange(4_300, 5_800, 100),
            index=chance.randint(0, 1), leg=chance.choice(list(Leg)), tif=tif,
            post_only=tif is Tif.GTC and which < 0.05,
        )  # fmt: skip
        session.ask(asked, gap=0.6)
    elif which < 0.45 and working:
        session.ask(Cancel(order=chance.choice(working).id), gap=0.05)
    elif which < 0.5 and working:
        price, qty = Ticks(chance.randrange(4_300, 5_800, 100)), Qty(Decimal(chance.randint(1, 25)))
        session.ask(Amend(order=chance.choice(working).id, price=price, qty=qty), gap=0.05)
    elif which < 0.75:
        taker, price = chance.choice([(Side.SELL, 4_800), (Side.SELL, 4_900), (Side.BUY, 5_100), (Side.BUY, 5_300)])
        lots = Lots(chance.randint(1, 2_000))
        session.do(Trade(at=session.at, instrument=one, price=Ticks(price), lots=lots, taker=taker))
    else:
        side, price = chance.choice([(Side.BUY, 4_900), (Side.BUY, 4_800), (Side.SELL, 5_100), (Side.SELL, 5_200)])
        lots = Lots(chance.randint(0, 900))
        session.do(BookDelta(at=session.at, instrument=one, side=side, price=Ticks(price), lots=lots))


def play(seed: int) -> str:
    """Return what is wrong after a day; empty when nothing is."""
    session = Paper(seed)
    for _ in range(session.chance.randint(10, 40)):
        act(session)
        session.run(session.chance.choice([0.0, 0.02, 0.3]))
    session.beat()
    session.run(12)
    open_there = {seen.order for seen in session.simulator._desk.working()}
    open_here = {o.id for o in session.state.register.open()}
    if open_there != open_here:
        return f"open here {open_here}, at the venue {open_there}"
    if odd := [o.id for o in session.state.register.open() if o.status not in {Status.WORKING, Status.PARTIAL}]:
        return f"not settled: {odd}"
    held: dict[Any, Any] = {}
    cash = Decimal(10_000)
    for one, traded, fee in session.fills:
        cash += cash_of(book(held, one, traded, fee, nets=True)) - fee
    ours = {(one, leg): p.qty for one, leg, p in session.state.book.held()}
    if ours != {key: p.qty for key, p in held.items() if p.qty}:
        return f"held {ours}"
    if not session.ledger.cash["you@kalshi"] == cash == session.state.desks[KALSHI].cash:
        return f"cash {session.state.desks[KALSHI].cash}, by the fills {cash}"
    return "" if session.state.desks[KALSHI].reconciled else "not reconciled"


@pytest.mark.parametrize("part", range(2))
def test_a_paper_day_ends_with_the_simulators_orders_positions_and_cash(part: int) -> None:
    seeds = range(part * 1_000, part * 1_000 + scale(1_000) // 2)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    bad = {seed: why for seed in seeds if (why := play(seed))}
    assert not bad, dict(list(bad.items())[:5])


def test_a_picture_of_the_simulator_reconciles_at_once() -> None:
    session = Paper(1)
    assert session.state.desks[KALSHI].reconciled
    assert not isinstance(session.asked[-1], Submit | Withdraw | Replace | Pictured)
