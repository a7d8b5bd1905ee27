"""A replay under measurement: events through the kernel with the paper exchange and a strategy in Python, and a seek.

The events are made up (92 % changes of one level, 8 % trades, as in the peers' benchmarks); kernel, strategy host,
gates, simulated gateway, journal and player are the program's own. The strategy looks at the best quotes after every
event and buys one share now and then: about 100 orders in a million events.
"""

from __future__ import annotations

import gc
import random
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from typing_extensions import override

from app.bench import figures, quotes, trader
from engine.core import codec
from engine.core.commands import SetStrategy, StrategyState, Tif
from engine.core.effects import Changed, Keep, Look, Replace, Submit, Withdraw
from engine.core.events import Asked, BookDelta, BookSnapshot, Kept, Opened, Trade
from engine.core.ids import KALSHI, StrategyId
from engine.core.units import HOUR, Leg, Lots, Nanos, Side, Ticks
from engine.host.backtest import Backtest
from engine.host.player import Player
from engine.kernel.step import Kernel
from engine.orders.simulate import Simulator
from engine.risk.limits import SPECS
from engine.store import journal
from engine.store.journal import Recording
from engine.strategies.base import Strategy, Watch
from engine.strategies.said import NOTHING_SAID, Said, Want
from engine.strategies.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.bench.figures import Figure
    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.instrument import Instrument
    from engine.strategies.context import Context, Market

EVENTS: Final = 200_000
ROUNDS: Final = 5
SEEKS: Final = 24
SEEK_EVENTS: Final = 120_000
BAR, MOONSHOT = 500_000.0, 1_000_000.0
SEEK_BAR_MS: Final = 1_000.0
SEEK_MOONSHOT_MS: Final = 250.0
TRADES: Final = 0.08
APART: Final = Nanos(HOUR // 100_000)
"""Between two events."""
BUY, SELL = Side.BUY, Side.SELL
LINE: Final = StrategyId("imbalance")
WIDE: Final = ("STRATEGY_RATE", "STRATEGY_REPEAT", "STRATEGY_FILLS", "MARKET_ORDERS", "MESSAGE_RATIO")
ORDERS_APART: Final = 10_000
"""Events of the book that it looks at between two orders."""


class Imbalance(Strategy):
    """Looks at the best quotes on every event, and takes a share every so often."""

    specs = (Spec(LINE, "Imbalance", "every quote", "A benchmark's strategy."),)

    def __init__(self, instrument: Instrument) -> None:
        super().__init__()
        self._instrument = instrument.id
        self._watch = Watch(trades=(instrument.id,), quotes=(instrument.id,))
        self.looks = 0
        self.pressure = 0.0

    @override
    def watch(self, context: Context) -> Watch:
        return self._watch

    @override
    def on_trade(self, context: Context, market: Market, trade: Trade) -> Sequence[Said]:
        return self._look(market)

    @override
    def on_quote(self, context: Context, market: Market) -> Sequence[Said]:
        return self._look(market)

    def _look(self, market: Market) -> Sequence[Said]:
        book = market.book
        bid, ask = book.best_bid, book.best_ask
        if bid is None or ask is None:
            return NOTHING_SAID
        have, want = book.lots(BUY, bid), book.lots(SELL, ask)
        self.pressure = (have - want) / (have + want)
        self.looks += 1
        if self.looks % ORDERS_APART:
            return NOTHING_SAID
        return (
            Want(
                strategy=LINE, instrument=self._instrument, side=Side.BUY, leg=Leg.YES, price=ask,
                qty=trader.ONE, tif=Tif.IOC, key="take",
            ),
        )  # fmt: skip


class Bench:
    """A kernel with one venue on paper, and what the venue tells."""

    def __init__(self) -> None:
        self.at = Nanos(time.time_ns() // HOUR * HOUR)
        self.made = made = quotes.ALL[KALSHI](lambda: self.at)
        self.instrument = made.instruments[0]
        self.strategy = Imbalance(self.instrument)
        self.kernel = Kernel(strategies=(self.strategy,))
        self.paper = Simulator(KALSHI, random.Random(7).random)
        self.orders = 0
        self.take(self.opened())
        for event in (*trader.ready(made, self.at), self.whole()):
            self.take(event)
        self.take(Asked(at=self.at, command=SetStrategy(strategy=LINE, to=StrategyState.PAPER), pressed_at=self.at))

    def opened(self) -> Opened:
        """Return the first event of the session; no gate counts the strategy's orders."""
        opened = trader.opening(self.at)
        wide = tuple((code, SPECS[code].highest) for code in WIDE)
        return replace(opened, snapshot=replace(opened.snapshot, limits=(*opened.snapshot.limits, *wide)))

    def session(self, events: Iterable[Event]) -> Backtest:
        """Return a session without a host that will play events, its strategy switched on."""
        self.strategy = Imbalance(self.instrument)
        paper = Simulator(KALSHI, random.Random(7).random)
        found = Backtest(
            self.opened().snapshot, self.at, iter(events), {KALSHI: paper}, strategies=(self.strategy,)
        )  # fmt: skip
        for event in (*trader.ready(self.made, self.at), self.whole()):
            found.step(event)
        found.switch(StrategyState.PAPER)
        return found

    def whole(self) -> BookSnapshot:
        """Return the whole book that the stream begins from."""
        ladder = quotes.Wander().ladder
        return BookSnapshot(
            at=self.at, instrument=self.instrument.id, bids=tuple(ladder.levels(Side.BUY)),
            asks=tuple(ladder.levels(Side.SELL)), seq=1,
        )  # fmt: skip

    def take(self, event: Event) -> None:
        """Step one event; the paper exchange hears it, and what the kernel asks of it is answered."""
        for answer in self.paper.step(event, event.at):
            self._apply(self.kernel.step(answer))
        self._apply(self.kernel.step(event))

    def _apply(self, effects: Sequence[AnyEffect]) -> None:
        for effect in effects:
            kind = type(effect)
            if kind is Changed:  # the last of a step, and nobody looks
                return
            if kind is Keep:
                if effect.then:  # type: ignore[union-attr]
                    self._apply(self.kernel.step(Kept(at=self.kernel.state.now, what=effect.then)))  # type: ignore[union-attr]
            elif kind is Submit or kind is Withdraw or kind is Replace or kind is Look:
                self.orders += kind is Submit
                for answer in self.paper.step(effect, self.kernel.state.now):  # type: ignore[arg-type]
                    self._apply(self.kernel.step(answer))


def stream(bench: Bench, count: int) -> list[Event]:
    """Return so many events of the market: changes of a level, and trades at the best prices."""
    wander, rng = quotes.Wander(), random.Random(11)
    found: list[Event] = []
    at, name = bench.at, bench.instrument.id
    for number in range(count):
        at = Nanos(at + APART)
        if rng.random() < TRADES:
            side = Side.BUY if rng.random() < 0.5 else Side.SELL
            price = Ticks(quotes.BEST[Side.SELL if side is Side.BUY else Side.BUY])
            found.append(Trade(at=at, instrument=name, price=price, lots=Lots(100), taker=side, trade_id=f"t{number}"))
            continue
        one = wander.next()
        found.append(BookDelta(at=at, instrument=name, side=one.side, price=one.price, lots=Lots(one.lots)))
    return found


def replay() -> Figure:
    """Measure events a CPU second through kernel, strategy and paper exchange, in memory."""

    def ready() -> tuple[Bench, Callable[[], int]]:
        bench = Bench()
        events = stream(bench, EVENTS)

        def go() -> int:
            take = bench.take
            for event in events:
                take(event)
            return bench.orders

        return bench, go

    return _measured(ready)


def replay_backtest() -> Figure:
    """Measure the same through the session that backtests use, with its timers, beats and reports of links."""

    def ready() -> tuple[Bench, Callable[[], int]]:
        bench = Bench()
        session = bench.session(stream(bench, EVENTS))

        def go() -> int:
            session.run_out()
            return session.orders

        return bench, go

    return _measured(ready)


def _measured(ready: Callable[[], tuple[Bench, Callable[[], int]]]) -> Figure:
    cpu, wall, orders = [], [], 0
    for _ in range(ROUNDS):
        bench, go = ready()
        gc.collect()
        gc.disable()
        try:
            spent, began = time.process_time_ns(), time.perf_counter_ns()
            orders = go()
            cpu.append(EVENTS * 1e9 / (time.process_time_ns() - spent))
            wall.append(EVENTS * 1e9 / (time.perf_counter_ns() - began))
        finally:
            gc.enable()
        if not orders or bench.strategy.looks < EVENTS * 0.9:
            msg = f"nothing was measured: {bench.strategy.looks} looks, {orders} orders"
            raise ValueError(msg)
    return figures.of(
        cpu, "events/s", bar=BAR, moonshot=MOONSHOT, held="median", more=True, orders=orders, note="of CPU time",
        wall=round(statistics.median(wall)),
    )  # fmt: skip


def replay_seek() -> Figure:
    """Measure a seek to anywhere in a recorded session, once the scout has been there."""
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
        player = _recorded(Path(name) / "bench.db")
        player.scan()
        rng = random.Random(5)
        samples = []
        for _ in range(SEEKS):
            position = rng.randrange(1, len(player))
            began = time.perf_counter_ns()
            player.seek(position)
            samples.append((time.perf_counter_ns() - began) / 1e6)
        held, size = len(player.shelf), player.shelf.size
    return figures.of(
        samples, "ms", bar=SEEK_BAR_MS, moonshot=SEEK_MOONSHOT_MS, events=len(player), snapshots=held,
        snapshots_mb=round(size / 1e6, 1),
    )  # fmt: skip


def replay_journal() -> Figure:
    """Measure events a second from a journal on disk, decoded, stepped, and compared by digest."""
    with tempfile.TemporaryDirectory(prefix="atmx-bench-") as name:
        path = Path(name) / "bench.db"
        player = _recorded(path)
        began = time.perf_counter_ns()
        player.scan()
        samples = [len(player) * 1e9 / (time.perf_counter_ns() - began)]
        if player.differences:
            msg = f"{player.differences} events had other effects"
            raise ValueError(msg)
        return figures.of(samples, "events/s", more=True, bytes_an_event=round(journal.size(path) / len(player), 1))


def _recorded(path: Path) -> Player:
    """Return a player of a session of the benchmark's market, recorded as the host would."""
    bench = Bench()
    rows: list[tuple[int, int, str, bytes, bytes]] = []
    kernel = Kernel(strategies=(Imbalance(bench.instrument),))
    made = quotes.ALL[KALSHI](lambda: bench.at)
    opened = trader.opening(bench.at)
    first: tuple[Event, ...] = (opened, *trader.ready(made, bench.at), bench.whole())
    for event in (*first, *stream(bench, SEEK_EVENTS)):
        rows.append(
            (len(rows) + 1, event.at, type(event).__name__, codec.encode(event), codec.digest(kernel.step(event)))
        )
    with closing(journal.create(path)) as connection:
        journal.append(connection, rows)
    return Player(Recording(path), make=lambda: Kernel(strategies=(Imbalance(bench.instrument),)))


ALL: Final = {
    "replay": replay,
    "replay_backtest": replay_backtest,
    "replay_journal": replay_journal,
    "replay_seek": replay_seek,
}
