"""Metrics of a session in Prometheus' words: counted where it happens anyway, read when they are scraped.

Nothing here names an account, an order, an amount or a market, and no label can take more values than the program
has parts: who may read metrics learns how the program does, not what its trader does. (A60 of the rows names the
first six; `atmx_trade_latency_seconds` is the time from the press to the trade told, so it needs an order's intent.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from app import memory
from engine.core.commands import Place
from engine.core.events import Asked, Filled, Kept
from engine.core.units import SECOND
from engine.host.clock import steady
from engine.host.latency import NAMES, top_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from app.boot import Session
    from engine.core.events import Event

POSITION_GATES: Final = (
    "MARKET_POSITION", "CELL_EXPOSURE", "GROUP_EXPOSURE", "EVENT_EXPOSURE", "AT_RISK",
)  # fmt: skip
"""Gates that limit what may be held."""
SIDES: Final = ("sell", "buy")
BOUNDS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Of histograms, seconds."""
PRESSES: Final = 256
"""Orders whose fill is waited for."""
TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What is scraped."""

    def __init__(self, session: Session, lag: Callable[[], float | None], sockets: Callable[[], int]) -> None:
        self._session = session
        self._lag, self._sockets = lag, sockets
        self._pressed: dict[str, int] = {}
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each counter, which tells when this program began
        self.registry = CollectorRegistry()
        self.latency = Histogram(
            "atmx_trade_latency_seconds", "From the press of an order until its trade was told.", ["side"],
            registry=self.registry, buckets=BOUNDS,
        )  # fmt: skip
        self.requests = Counter(
            "atmx_http_requests", "Requests of the local server.", ["method", "path", "status"], registry=self.registry
        )
        self.durations = Histogram(
            "atmx_http_request_duration_seconds", "How long they took.", registry=self.registry, buckets=BOUNDS
        )
        Gauge("atmx_websocket_clients", "Open streams of the local server.", registry=self.registry).set_function(
            self._sockets
        )
        self.registry.register(self)
        session.host.listen(self.hear)

    def text(self) -> bytes:
        """Return everything, as it is scraped."""
        return generate_latest(self.registry)

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        self.requests.labels(method, path, str(status)).inc()
        self.durations.observe(seconds)

    def hear(self, event: Event) -> None:
        """Time what was pressed until its trade is told; everything else is only read when it is asked for."""
        kind = type(event)
        if kind is Asked:
            command = event.command  # type: ignore[union-attr]
            if type(command) is Place and command.intent:
                if len(self._pressed) >= PRESSES:
                    del self._pressed[next(iter(self._pressed))]
                self._pressed[command.intent] = event.pressed_at  # type: ignore[union-attr]
        elif (kind is Kept or kind is Filled) and self._pressed:
            self._look()

    def _look(self) -> None:
        """Time the orders that have traded since the last look."""
        register = self._session.kernel.state.register
        for intent in list(self._pressed):
            order = register.of_intent(intent)
            if order is None:
                continue
            if order.filled:
                took = (steady() - self._pressed.pop(intent)) / SECOND
                self.latency.labels(order.place.side.value).observe(took)
            elif order.ended:
                del self._pressed[intent]

    def collect(self) -> Iterator[Metric]:
        """Return what is read from the session now."""
        yield from self._exchange()
        yield from self._engine()
        yield from self._venues()
        yield from self._desk()

    def _exchange(self) -> Iterator[Metric]:
        state = self._session.kernel.state
        trades = CounterMetricFamily("atmx_trades", "Trades of the embedded exchange in this session.", labels=["side"])
        for side, n in zip(SIDES, state.turnover, strict=True):
            trades.add_metric([side], n)
        yield trades
        markets = state.exchange.markets.values()
        yield _gauge("atmx_active_markets", "Markets that can be traded.", sum(m.status == "open" for m in markets))
        stopped = sum(state.gates[code].refusals for code in POSITION_GATES if code in state.gates)
        yield _counter("atmx_position_limit_rejections", "Orders that a limit of positions stopped.", stopped)
        gates = CounterMetricFamily("atmx_gate_refusals", "Orders that a gate stopped.", labels=["gate"])
        for code, memory_of in sorted(state.gates.items()):
            gates.add_metric([code], memory_of.refusals)
        yield gates
        records = state.settlements_gone + len(state.settlements)
        yield _counter("atmx_settlements", "Settlement records of the ledger.", records)
        yield _gauge("atmx_settlement_chain_ok", "1 while the records verify.", state.session.chain_ok)

    def _engine(self) -> Iterator[Metric]:
        session = self._session
        host, writer = session.host, session.writer
        yield _counter("atmx_events", "Events taken in.", host.sequence)
        yield _gauge("atmx_events_waiting", "Events not taken in yet.", host.waiting)
        yield _counter("atmx_events_refused", "Market events that found no room.", host.market.refused)
        for key, (_, words) in NAMES.items():
            buckets = host.latency.series[key].total
            yield _histogram(f"atmx_{key}_seconds", f"How long: {words}.", buckets)
        yield _gauge("atmx_store_waiting", "Rows that are not on disk yet.", writer.waiting)
        yield _gauge("atmx_storage_ok", "1 while the disk takes writes.", session.kernel.state.session.storage_ok)
        yield _counter("atmx_recorded_events", "Events in the session's journal.", writer.tally.rows)
        yield _counter("atmx_recorded_bytes", "Bytes of them.", writer.tally.bytes)
        yield _counter("atmx_recorder_lost_events", "Events the journal has not.", writer.tally.lost)
        lag, held = self._lag(), memory.held_mb()
        if lag is not None:
            yield _gauge("atmx_loop_lag_seconds", "How late callbacks ran lately, 99th percentile.", lag / 1e3)
        if held is not None:
            yield _gauge("atmx_resident_bytes", "Memory the process holds.", held * 1_048_576)

    def _venues(self) -> Iterator[Metric]:
        state = self._session.kernel.state
        up = GaugeMetricFamily("atmx_venue_up", "1 while a link is up.", labels=["venue", "channel"])
        books = GaugeMetricFamily("atmx_books", "Books by whether they can be trusted.", labels=["venue", "state"])
        counts = {
            name: CounterMetricFamily(f"atmx_venue_{name}", words, labels=["venue"])
            for name, words in (
                ("frames", "Frames received."), ("gaps", "Gaps found."), ("resyncs", "Books asked for again."),
                ("reconnects", "Connections made again."), ("errors", "Frames that could not be read."),
                ("overflow", "Market events that found no room."),
            )
        }  # fmt: skip
        latency = GaugeMetricFamily("atmx_venue_latency_seconds", "Round trip, median of a minute.", labels=["venue"])
        live: dict[tuple[str, str], int] = {}
        for key, listing in state.listings.items():
            if listing.book_at is not None:
                kind = (key.venue, "stale" if listing.stale else "live")
                live[kind] = live.get(kind, 0) + 1
        for (venue, kind_of), n in sorted(live.items()):
            books.add_metric([venue, kind_of], n)
        for venue_id, desk in sorted(state.desks.items()):
            for channel, link in sorted(desk.links.items()):
                up.add_metric([venue_id, channel or "all"], link.up)
            report = desk.report
            if report is None:
                continue
            for name, family in counts.items():
                family.add_metric([venue_id], getattr(report, name))
            if report.latency_ms is not None:
                latency.add_metric([venue_id], report.latency_ms / 1e3)
        yield from (up, books, latency, *counts.values())

    def _desk(self) -> Iterator[Metric]:
        state = self._session.kernel.state
        orders = GaugeMetricFamily("atmx_open_orders", "Orders that have not ended.", labels=["status"])
        open_now: dict[str, int] = {}
        for order in state.register.open():
            open_now[order.status.value] = open_now.get(order.status.value, 0) + 1
        for status, n in sorted(open_now.items()):
            orders.add_metric([status], n)
        yield orders
        yield _counter("atmx_orders", "Orders of this ledger.", state.next_order - 1)
        yield _gauge("atmx_halted", "1 while trading is halted.", bool(state.session.halted_by))
        yield _gauge("atmx_armed", "1 while orders reach venues for real.", state.session.armed_until is not None)
        alerts = len(state.alerts.standing(state.now))
        yield _gauge("atmx_weather_alerts_active", "Alerts of the weather service that stand.", alerts)
        asked = CounterMetricFamily("atmx_source_requests", "Requests to weather services.", labels=["source"])
        for name, report in sorted(state.sources.items()):
            asked.add_metric([name], report.requests)
        yield asked
        strategies = GaugeMetricFamily("atmx_strategies", "Strategies by what they are switched to.", labels=["state"])
        switched: dict[str, int] = {}
        for seat in state.strategies.seats.values():
            switched[seat.state.value] = switched.get(seat.state.value, 0) + 1
        for name, n in sorted(switched.items()):
            strategies.add_metric([name], n)
        yield strategies


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=float(value))


def _histogram(name: str, words: str, slots: list[int]) -> Metric:
    """Return durations that were counted in fine slots by the coarse bounds of a histogram."""
    found, total, slot = [], 0, 0
    for bound in BOUNDS:
        while slot < len(slots) and top_of(slot) <= bound * SECOND:
            total += slots[slot]
            slot += 1
        found.append((str(bound), float(total)))
    found.append(("+Inf", float(sum(slots))))
    return HistogramMetricFamily(name, words, buckets=found, sum_value=None)
