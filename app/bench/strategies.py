"""The Up/Down strategies under measurement: one evaluation of all that an event asks, and a frame until its order.

The program's own engine, kernel and gates; only the frames are made up. The Up/Down design states, of its own program
in Rust: evaluation below 10 µs, end to end below 50 µs. Those figures stand beside as notes.
"""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from app import memory
from app.bench import connectors, figures, quotes, trader
from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.effects import Keep, Submit
from engine.core.events import Asked, Kept, Rejected
from engine.core.ids import BINANCE, POLYMARKET, FamilyId
from engine.core.units import SECOND, Nanos
from engine.core.windows import LENGTHS_S
from engine.kernel.step import Kernel
from engine.risk.limits import SPECS
from engine.strategies.updown import UpDown
from engine.strategies.updown_lines import EDGE, S1, S2, S3, S4, S5, SHARES

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from engine.core.effects import AnyEffect, Approved
    from engine.core.events import Event, Trade

RUST: Final = {"evaluation_us": 10.0, "end_to_end_us": 50.0}
"""What the design states of its own program; it was not run here."""
EVALUATE_BAR: Final = (2.0, 5.0)
EVALUATE_MOONSHOT: Final = (1.0, 2.0)
ORDER_BAR: Final = (3.0, 10.0)
ORDER_MOONSHOT: Final = (1.2, 2.5)
WARM_S: Final = 40
EVENTS: Final = 20_000
ORDERS: Final = 600
BETWEEN: Final = 10
NEVER: Final = "0.5"
"""An edge that ordinary trades do not reach: strategies are asked, and stay silent."""
LENGTH: Final = "4h"
WIDE: Final = ("STRATEGY_RATE", "STRATEGY_REPEAT", "STRATEGY_FILLS", "WINDOW_ORDERS", "MARKET_ORDERS", "MESSAGE_RATIO")
"""Limits of pace, as wide as they go: hundreds of orders are sent in one window."""


class Path:
    """Binance trades in front, an Up/Down window behind, S1 to S5 on paper, on a clock of its own."""

    def __init__(self) -> None:
        span = LENGTHS_S[LENGTH] * SECOND
        self.begins = Nanos(time.time_ns() // span * span)
        self.at = Nanos(self.begins - WARM_S * SECOND)
        self.spot = quotes.ALL[BINANCE](self.now)
        self.window = quotes.ALL[POLYMARKET](self.now)
        self.engine = UpDown()
        self.kernel = Kernel(strategies=(self.engine,))
        opened = trader.opening(self.at)
        wide = tuple((code, SPECS[code].highest) for code in WIDE)
        self.kernel.step(replace(opened, snapshot=replace(opened.snapshot, limits=(*opened.snapshot.limits, *wide))))
        self._list()
        self._switch()
        while self.at < self.begins + 2 * SECOND:
            self.at = Nanos(self.at + SECOND)
            self.take(self.read(self.spot.move().encode(), self.at))
            self.take(self.book(self.window.move().encode(), self.at))
        listings = self.kernel.state.listings
        self.coin, self.market = listings[self.spot.instruments[0].id], listings[self.window.instruments[0].id]
        self.seen = self.engine.windows[self.market.instrument.id]
        self.words = connectors.Words(POLYMARKET, self.window)
        self.encode = self.words.body
        self.context = self.kernel.state.strategies.context

    def now(self) -> Nanos:
        """Return the session's time."""
        return self.at

    def _list(self) -> None:
        name = FamilyId(f"{POLYMARKET}:btc-updown-{LENGTH}-{self.begins // SECOND}")
        self.window.family = replace(self.window.family, id=name)
        self.window.instruments = tuple(replace(one, family=name) for one in self.window.instruments)
        self.read, first = connectors.reader(BINANCE, self.spot, self.now)
        self.book, books = connectors.reader(POLYMARKET, self.window, self.now)
        for one, events in ((self.spot, first), (self.window, books)):
            for event in (*trader.ready(one, self.at), *events):
                self.kernel.step(event)

    def _switch(self) -> None:
        for name in (S1, S2, S3, S4, S5):
            self.kernel.step(self._asked(SetStrategy(strategy=name, to=StrategyState.PAPER)))
            if name != S1:
                self.kernel.step(self._asked(SetParameter(strategy=name, name=EDGE, value=NEVER)))
        self.kernel.step(self._asked(SetParameter(strategy=S1, name=EDGE, value="0.3")))
        self.kernel.step(self._asked(SetParameter(strategy=S1, name=SHARES, value="10")))

    def _asked(self, command: SetStrategy | SetParameter) -> Asked:
        return Asked(at=self.at, command=command, pressed_at=self.at)

    def take(self, events: object) -> list[AnyEffect]:
        """Step events; return what they want done."""
        found: list[AnyEffect] = []
        for event in events:  # type: ignore[attr-defined]
            found += self.kernel.step(event)
        return found

    def order(self, raw: bytes) -> Approved | None:
        """Decode a trade, step it, grant the row of the order it calls for, and encode that order."""
        step = self.kernel.step
        for event in self.read(raw, self.at):
            for effect in step(event):
                if type(effect) is Keep and effect.then:
                    for what in step(Kept(at=self.at, what=effect.then)):
                        if type(what) is Submit:
                            self.encode(what.order)
                            return what.order
        return None

    def let_go(self, order: Approved) -> None:
        """Let the venue refuse an order, and the next one find neither it nor a pause."""
        self.at = Nanos(self.at + trader.PRESSED_APART)
        self.kernel.step(Rejected(at=self.at, order=order.order, code="bench", text="not sent"))
        self.seen.orders.clear()
        self.engine.forget_pauses()
        for raw in (self.window.move().encode(), self.window.move().encode()):
            self.take(self.book(raw, self.at))
        while self.kernel.prepare():  # as the host has it in idle moments
            pass
        while (likely := self.kernel.foresee()) is not None:
            self.words.draft(likely)


def trades(path: Path, count: int) -> list[Trade]:
    """Return the next trades, 20 ms apart."""
    found: list[Event] = []
    for _ in range(count):
        path.at = Nanos(path.at + SECOND // 50)
        found += path.read(path.spot.move().encode(), path.at)
    return found  # type: ignore[return-value]


def evaluate_trade() -> Figure:
    """A Binance trade taken in by volatility, average and regime, and all strategies asked that act on it."""
    path = Path()
    some = trades(path, EVENTS)
    samples, said = [], 0
    clock, on_trade, context, coin, state = (
        time.perf_counter_ns, path.engine.on_trade, path.context, path.coin, path.kernel.state,
    )  # fmt: skip
    if context is None:
        raise AssertionError("no session")
    gc.collect()
    for one in some:
        state.now = one.at
        began = clock()
        found = on_trade(context, coin, one)
        samples.append((clock() - began) / 1e3)
        said += len(found)
    return figures.of(samples, "us", bar=EVALUATE_BAR, moonshot=EVALUATE_MOONSHOT, said=said / EVENTS, rust=RUST)


def evaluate_quote() -> Figure:
    """A change of the window's book, and all strategies asked that act on it: S2, S3, S4 and S5."""
    path = Path()
    context = path.context
    if context is None:
        raise AssertionError("no session")
    samples, said, clock = [], 0, time.perf_counter_ns
    gc.collect()
    for _ in range(EVENTS):
        path.take(path.book(path.window.move().encode(), path.at))
        began = clock()
        found = path.engine.on_quote(context, path.market)
        samples.append((clock() - began) / 1e3)
        said += len(found)
    return figures.of(samples, "us", bar=EVALUATE_BAR, moonshot=EVALUATE_MOONSHOT, said=said / EVENTS, rust=RUST)


def frame_to_order() -> Figure:
    """Bytes of a Binance trade to the bytes of S1's order on Polymarket: both tiers of limits, all gates, unsigned."""
    path = Path()
    with memory.calmed():  # as the terminal runs its sessions
        return _frames_to_orders(path)


def _frames_to_orders(path: Path) -> Figure:
    samples, quiet, missed = [], [], 0
    clock = time.perf_counter_ns
    gc.collect()
    for n in range(ORDERS + ORDERS // 20):
        raws = [path.spot.move().encode() for _ in range(BETWEEN)]
        began = clock()
        for raw in raws:
            path.order(raw)
        quiet.append((clock() - began) / BETWEEN)
        raw = path.spot.offer().encode()
        began = clock()
        order = path.order(raw)
        took = (clock() - began) / 1e3
        if order is None:
            missed += 1
        else:
            path.let_go(order)
            if n >= ORDERS // 20:
                samples.append(took)
        path.order(path.spot.withdraw().encode())
    between = figures.of(quiet, "ns")["median"]
    return figures.of(
        samples, "us", bar=ORDER_BAR, moonshot=ORDER_MOONSHOT, missed=missed, ordinary_ns=between, rust=RUST
    )


ALL: Final = {
    "updown_trade": evaluate_trade,
    "updown_quote": evaluate_quote,
    "updown_frame_to_order": frame_to_order,
}
