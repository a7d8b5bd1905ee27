"""P14 on venues: whatever fills of what is outstanding, no limit that let it through is passed."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from engine.core.commands import Amend, Cancel
from engine.core.ids import AccountId, InstrumentId
from engine.core.order import Status
from engine.core.snapshot import CashRow
from engine.core.units import Leg, Money, Qty, Side, Ticks
from engine.portfolio.exposure import Stake, loss
from tests.engine.kernel.venue import FEE, SYMBOLS, Session, instrument, opened
from tests.scale import scale

FULL = 1_000
CASH = 120
LIMITS = {
    "EVENT_EXPOSURE": Decimal(30), "AT_RISK": Decimal(45), "MARKET_POSITION": Decimal(40), "OPEN_ORDERS": Decimal(8),
    "ORDER_VALUE": Decimal(25), "ORDER_QTY": Decimal(60), "RATE": Decimal(1_000), "RATE_MINUTE": Decimal(10_000),
    "DAILY_LOSS": Decimal(-10_000), "WEEKLY_LOSS": Decimal(-10_000),
}  # fmt: skip


def desk(*, nets: bool, exclusive: bool) -> Session:
    cash = CashRow(account=AccountId("you@kalshi"), amount=Money(Decimal(CASH)))
    made = Session(opened(limits=tuple(LIMITS.items()), seed_cash=(cash,)), ready=False, cash=CASH)
    made.connect()
    made.list(*(instrument(n, fee=FEE, nets=nets) for n in range(4)), exclusive=exclusive, exhaustive=exclusive)
    made.quote()
    made.run(3)
    return made


def worst(session: Session, *, exclusive: bool) -> Decimal:
    places = {symbol: n for n, symbol in enumerate(SYMBOLS)}
    stakes = [Stake(places[one.symbol], leg, p.qty, p.cost) for one, leg, p in session.state.book.held()]
    return loss(stakes, [], 4, exclusive=exclusive, sure=exclusive)


def play(seed: int) -> str:
    """Return which limit was passed; empty when none was."""
    chance = random.Random(seed)
    exclusive, nets = chance.random() < 0.7, chance.random() < 0.7
    session = desk(nets=nets, exclusive=exclusive)
    for _ in range(chance.randint(5, 25)):
        side, leg = chance.choice(list(Side)), chance.choice(list(Leg))
        price = chance.randrange(4_000, 6_100, 100)
        session.ask(session.order(side, chance.randint(1, 60), price, index=chance.randint(0, 3), leg=leg), gap=2.1)
        session.run(0.2)
        working = [o for o in session.state.register.open() if o.status in {Status.WORKING, Status.PARTIAL}]
        if working and chance.random() < 0.3:
            session.ask(Cancel(order=chance.choice(working).id), gap=0.1)
            session.run(0.2)
        elif working and chance.random() < 0.3:
            qty = Qty(Decimal(chance.randint(1, 60)))
            price = Ticks(chance.randrange(4_000, 6_100, 100))
            session.ask(Amend(order=chance.choice(working).id, price=price, qty=qty), gap=0.1)
            session.run(0.2)
        if chance.random() < 0.4:
            some_fill(session, chance)
        wrong = passed(session, exclusive=exclusive)
        if wrong:
            return wrong
    while some_fill(session, chance, 0.8):
        pass
    return passed(session, exclusive=exclusive)


def some_fill(session: Session, chance: random.Random, share: float = 0.4) -> bool:
    working = [o for o in session.state.register.open() if o.client in session.exchange.orders]
    some = [o for o in working if session.truth(o).status == "working" and chance.random() < share]
    for order in some:
        truth = session.truth(order)
        left = int(truth.qty - truth.filled)
        qty = Decimal(left if chance.random() < 0.6 else chance.randint(1, left))
        fee = (Decimal("0.07") * qty * Decimal("0.25")).quantize(Decimal("0.0001"))
        session.trade(order, qty, min(fee, qty))
    return bool(some)


def passed(session: Session, *, exclusive: bool) -> str:
    found = worst(session, exclusive=exclusive)
    if found > LIMITS["EVENT_EXPOSURE"] and exclusive:
        return f"the worst loss is {found}"
    if found > LIMITS["AT_RISK"]:
        return f"the worst loss of all is {found}"
    for symbol in SYMBOLS:
        held = sum(session.state.book.get(InstrumentId(session.base.venues[0].id, symbol), leg).qty for leg in Leg)
        if held > LIMITS["MARKET_POSITION"]:
            return f"{held} held of {symbol}"
    cash = session.state.desks[session.base.venues[0].id].cash
    if cash is None or cash < 0:
        return f"cash is {cash}"
    return "" if len(list(session.state.register.open())) <= LIMITS["OPEN_ORDERS"] else "too many orders are open"


@pytest.mark.parametrize("part", range(4))
def test_p14_no_sequence_of_orders_and_fills_passes_a_limit(part: int) -> None:
    seeds = range(part * FULL, part * FULL + scale(FULL) // 4)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    bad = {seed: why for seed in seeds if (why := play(seed))}
    assert not bad, dict(list(bad.items())[:5])
