"""The engine in memory: LMSR mathematics, a trade on the exchange, a step of the kernel."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import resources
from app.bench import figures
from engine.core import codec
from engine.core.commands import CreateMarket, Place
from engine.core.contract import Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.effects import Keep
from engine.core.events import Asked, Kept, Observed, Opened
from engine.core.ids import HOUSE, YOU, AccountId, Cell, MarketId, StationId, embedded, outcome_of
from engine.core.snapshot import CashRow, Snapshot, StationRow
from engine.core.units import HOUR, SECOND, Leg, Money, Nanos, Qty, Side
from engine.kernel.step import Kernel
from engine.maths import lmsr
from engine.sandbox import day as sandbox

if TYPE_CHECKING:
    from app.bench.figures import Figure

START = Nanos(1_783_107_000_000_000_000)
OPERATOR = AccountId("bench")
INSTRUMENT = embedded(MarketId("ATMX-872664521-PRECIP-2P5MM-20260703-13"), 0)
ONE = Qty(Decimal(1))
PRESSED_APART = 3 * SECOND
"""Between two orders by the clock of the gates of pace: RATE and DUPLICATE let every one pass."""


def contract() -> Contract:
    """Return a rain contract on a cell at Chicago Midway, open for a day; `INSTRUMENT` is its YES."""
    return Contract(
        id=outcome_of(INSTRUMENT)[0],
        title="CHI rain > 2.5 mm",
        place="Chicago",
        metric=Metric.PRECIPITATION,
        unit=Unit.MM,
        cell=Cell("872664521ffffff"),
        stations=(EvidenceStation(id=StationId("KMDW"), km=Decimal("1.2"), weight=Decimal(1)),),
        tier=Tier.A,
        opens=START,
        closes=Nanos(START + 24 * HOUR),
        threshold=Decimal("2.5"),
    )


def kernel(cash: int = 1_000_000) -> Kernel:
    """Return a kernel with one open market, with the limits of a new session."""
    one = Kernel()
    one.step(Opened(at=START, snapshot=opening(cash)))
    step(one, CreateMarket(by=OPERATOR, contract=contract(), b=1_000.0))
    return one


def order(number: int) -> Place:
    """Return the next order of ours: one share bought and sold in turn."""
    side = Side.BUY if number % 2 else Side.SELL
    return Place(instrument=INSTRUMENT, side=side, qty=ONE, intent=f"b{number}")


def traded(one: Kernel) -> int:
    """Return how many trades a kernel saw; a benchmark whose orders are refused measures nothing."""
    return one.state.next_trade - 1


def step(one: Kernel, command: object, at: int = START, pressed_at: int = 0) -> None:
    """Ask for a command and grant at once what it wants written."""
    for effect in one.step(Asked(at=Nanos(at), command=command, pressed_at=Nanos(pressed_at))):  # type: ignore[arg-type]
        if type(effect) is Keep and effect.then:
            one.step(Kept(at=Nanos(at), what=effect.then))


def opening(cash: int) -> Snapshot:
    """Return what a benchmark's session starts from."""
    return Snapshot(
        profile="bench",
        mode="paper",
        account_name="bench",
        seed_cash=(
            CashRow(account=YOU, amount=Money(Decimal(cash))),
            CashRow(account=HOUSE, amount=Money(Decimal(100_000))),
        ),
        operators=(OPERATOR,),
        stations=tuple(StationRow(**facts) for facts in resources.load_stations()),
    )


def lmsr_maths() -> Figure:
    """Cost of one trade and the price after it, floats only."""

    def work() -> None:
        lmsr.trade_cost(0.43, 10.0, 120.0)
        lmsr.price_after(0.43, 10.0, 120.0)

    return figures.of(
        figures.each(work, 20_000), "us", bar=2.0, moonshot=0.5, held="median", note="one call each of cost and price"
    )


def trade_on_exchange() -> Figure:
    """A trade on the exchange itself: validation, limits, cash, position, price. No gates, no event."""
    exchange = kernel().state.exchange
    instrument = embedded(MarketId(contract().id), 0)
    buy = Place(instrument=instrument, side=Side.BUY, qty=Qty(Decimal(1)))
    sell = Place(instrument=instrument, side=Side.SELL, qty=Qty(Decimal(1)))
    turn = [buy, sell]

    def work() -> None:
        turn.reverse()
        exchange.execute(turn[1], START, "o")  # type: ignore[arg-type]

    return figures.of(
        figures.each(work, 20_000), "us", bar=10.0, moonshot=2.0, held="median", note="no gates, no event"
    )


def trade_whole_path() -> Figure:
    """A trade of ours through step: event, probe, all gates, exchange, rows; and the event that releases its fill."""
    one = kernel()
    count = 0

    def work() -> None:
        nonlocal count
        count += 1
        step(one, order(count), START + count, count * PRESSED_APART)

    samples = figures.each(work, 5_000)
    return figures.of(
        samples, "us", bar=10.0, moonshot=2.0, held="median", note="100 k trades/s", refused=count - traded(one)
    )


def trade_of_another() -> Figure:
    """Another account's order through step: event, exchange, rows."""
    one = kernel()
    instrument = embedded(MarketId(contract().id), 0)
    trader = AccountId("sim-01")
    one.state.exchange.deposit(trader, Money(Decimal(100_000)))
    buy = Place(by=trader, instrument=instrument, side=Side.BUY, qty=Qty(Decimal(1)))
    sell = Place(by=trader, instrument=instrument, side=Side.SELL, leg=Leg.YES, qty=Qty(Decimal(1)))
    turn = [buy, sell]

    def work() -> None:
        turn.reverse()
        one.step(Asked(at=START, command=turn[1], pressed_at=Nanos(0)))

    samples = figures.each(work, 10_000)
    return figures.of(samples, "us", bar=10.0, held="median", refused=one.state.declined)


def kernel_step() -> Figure:
    """Every event of the simulated day's first three hours through step, as the host would."""
    stations = tuple(StationRow(**facts) for facts in resources.load_stations())
    world = sandbox.build(sandbox.SEED, stations)
    events = []
    for event in world.events():
        if event.at > world.start + 3 * HOUR:
            break
        events.append(event)
    one = Kernel()
    snapshot = Snapshot(
        profile="bench",
        mode="demo",
        account_name="bench",
        seed_cash=world.accounts,
        operators=world.operators,
        stations=stations,
    )
    one.step(Opened(at=world.start, snapshot=snapshot))
    samples = []
    for event in events:
        began = time.perf_counter_ns()
        effects = one.step(event)
        samples.append((time.perf_counter_ns() - began) / 1e3)
        for effect in effects:
            if isinstance(effect, Keep) and effect.then:
                one.step(Kept(at=event.at, what=effect.then))
    readings = sum(isinstance(event, Observed) for event in events)
    return figures.of(samples, "us", events=len(events), readings=readings)


def event_codec() -> Figure:
    """An event encoded and the digest of its effects: what the journal costs the pump."""
    one = kernel()
    place = Place(instrument=embedded(MarketId(contract().id), 0), side=Side.BUY, qty=Qty(Decimal(1)))
    event = Asked(at=START, command=place, pressed_at=Nanos(0))
    effects = one.step(event)

    def work() -> None:
        codec.encode(event)
        codec.digest(effects)

    return figures.of(figures.each(work, 10_000), "us")


ALL: Final = {
    "lmsr_maths": lmsr_maths,
    "trade_on_exchange": trade_on_exchange,
    "trade_whole_path": trade_whole_path,
    "trade_of_another": trade_of_another,
    "kernel_step": kernel_step,
    "event_codec": event_codec,
}
