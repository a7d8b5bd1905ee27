"""A recorded session as the files of the Up/Down design: five of telemetry, three of the recorder, window by window.

The journal is stepped again, and what the engine sees, proposes and hears is written window by window under
``logs/INTERVAL/SLUG/``, with the headers that the design states. What a session did not measure (the time of one
evaluation, say) stays empty: it is never made up. Prices of a book are best first, whatever order the venue sends.
An order that sells a side is written as one that buys the other; a fill that the venue took back follows with its size
negative.

Source: the Up/Down design, sections 6.4 and 7.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from engine.core import codec
from engine.core.effects import Submit
from engine.core.errors import InputError, StoreDamaged
from engine.core.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    Expired,
    Filled,
    FillReversed,
    Rejected,
    StatusChanged,
    Trade,
)
from engine.core.ids import BINANCE
from engine.core.units import TICKS_PER_UNIT, Leg, Side
from engine.core.when import iso
from engine.kernel.step import Kernel
from engine.portfolio.netting import other
from engine.strategies.updown import UpDown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from engine.core.effects import AnyEffect
    from engine.core.events import Event
    from engine.core.ids import InstrumentId, OrderId
    from engine.core.units import Nanos
    from engine.kernel.desks import Listing
    from engine.store.journal import Recording
    from engine.strategies.updown_window import Seen

MS: Final = 1_000_000
MICRO: Final = 1_000
SIGNALS: Final = "ts_ms,strategy,side,edge,fair,mkt,conf,size_frac,{asset},dist,time_left_s,eval_us,selected"
LATENCY: Final = "ts_ms,event,latency_us"
ORDERS: Final = "ts_ms,order_id,side,price,size,strategy,edge,btc,time_left_s"
FILLS: Final = "ts_ms,order_id,strategy,status,filled_price,filled_size,submit_to_ack_ms,pnl_if_correct"
SPOT: Final = "recv_time,recv_ts_ms,trade_ts_ms,price,qty,side"
QUOTES: Final = "recv_time,recv_ts_ms,up_price,down_price,up_bid,up_ask,down_bid,down_ask"
BOOK: Final = "recv_time,recv_ts_ms,token,side,level,price,size"
HEADERS: Final = {
    "signals.csv": SIGNALS, "latency.csv": LATENCY, "orders.csv": ORDERS, "fills.csv": FILLS, "binance.csv": SPOT,
    "polymarket.csv": QUOTES, "book.csv": BOOK,
}  # fmt: skip
"""Of each file, in the design's words; `{asset}` is the asset's own name."""
INFO: Final = "market_info.txt"
AT_ONCE: Final = 256 * 1024
"""Characters of a file that wait in memory: windows are many, and files that stay open few systems allow."""


class Written(NamedTuple):
    """What an export came to."""

    events: int
    windows: tuple[str, ...]
    """Folders, relative to the one that was given."""
    rows: int
    stopped: str
    """Why the journal ended before its time; empty when it did not."""


class _Sent(NamedTuple):
    at: Nanos
    window: InstrumentId
    sells: bool
    strategy: str


class _Bought(NamedTuple):
    """A fill as a purchase of one side: who sells Up has bought Down at what is left to a dollar."""

    price: Decimal
    size: Decimal
    profit: Decimal
    """After its fee, if that side wins."""


class _Folder:
    """The files of one window."""

    def __init__(self, folder: Path, seen: Seen) -> None:
        self.folder = folder / "logs" / seen.window.interval / seen.window.slug
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seen = seen
        self.rows = 0
        self.counts: dict[str, int] = {}
        """Signals of each strategy."""
        self.known: dict[str, int] = {}
        """The last signal of each strategy, by identity."""
        self.outcome = ""
        self.spot: Decimal | None = None
        self.orders = self.fills = 0
        self._waits = {name: io.StringIO() for name in HEADERS}
        self._writers = {name: csv.writer(text, lineterminator="\n") for name, text in self._waits.items()}
        for name, header in HEADERS.items():
            (self.folder / name).write_text("", encoding="utf-8")
            self._writers[name].writerow(header.format(asset=seen.window.asset).split(","))

    def put(self, name: str, *cells: object) -> None:
        """Write a row; None is empty."""
        self.rows += 1
        self._writers[name].writerow(["" if cell is None else cell for cell in cells])
        if self._waits[name].tell() > AT_ONCE:
            self._flush(name)

    def _flush(self, name: str) -> None:
        text = self._waits[name]
        with (self.folder / name).open("a", newline="", encoding="utf-8") as file:
            file.write(text.getvalue())
        text.seek(0)
        text.truncate()

    def close(self) -> None:
        """Write what waits, and what is known of the whole window."""
        seen, strike = self.seen, self.seen.sight.strike if self.seen.source else None
        final = self.spot
        facts: list[tuple[str, object]] = [
            ("slug", seen.window.slug), ("strike", strike), ("start_ms", seen.start // MS), ("end_ms", seen.end // MS),
            ("final_binance_price", final),
            ("final_distance", None if final is None or strike is None else float(final) - strike),
            ("outcome", self.outcome or None), ("total_signals", sum(self.counts.values())),
            ("total_orders", self.orders), ("total_fills", self.fills),
            *((f"strat_{name}", count) for name, count in sorted(self.counts.items())),
        ]  # fmt: skip
        lines = [f"{key}={'' if value is None else value}\n" for key, value in facts]
        (self.folder / INFO).write_text("".join(lines), encoding="utf-8")
        for name in self._waits:
            self._flush(name)


class Telemetry:
    """Writes what a kernel sees and does, event after event.

    Parameters
    ----------
    kernel : Kernel
        Stepped by whoever calls; looked at here, after each step.
    folder : Path
        Where ``logs/`` is made.
    """

    def __init__(self, kernel: Kernel, folder: Path) -> None:
        self._kernel = kernel
        self._folder = folder
        self._open: dict[InstrumentId, _Folder] = {}
        self._sent: dict[OrderId, _Sent] = {}
        self._filled: dict[tuple[OrderId, str], _Bought] = {}
        self.windows: list[str] = []
        self.rows = 0

    def __enter__(self) -> Telemetry:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits."""
        for one in self._open.values():
            one.close()
            self.rows += one.rows

    def take(self, event: Event, effects: Sequence[AnyEffect]) -> None:
        """Write what an event was, and what came of it."""
        kind = type(event)
        if kind is Trade and event.instrument.venue == BINANCE:  # type: ignore[union-attr]
            self._spot(event)  # type: ignore[arg-type]
        elif kind is BookDelta or kind is BookSnapshot:
            self._book(event)  # type: ignore[arg-type]
        elif kind is StatusChanged and event.result:  # type: ignore[union-attr]
            self._decided(event)  # type: ignore[arg-type]
        elif kind in {Accepted, Filled, FillReversed, Rejected, Canceled, Expired}:
            self._answered(event)
        self._signals(event.at)
        for effect in effects:
            if type(effect) is Submit:
                self._submitted(effect, event.at)

    def _engine(self) -> UpDown | None:
        return next((one for one in self._kernel.state.strategies.all if isinstance(one, UpDown)), None)

    def _of(self, name: InstrumentId) -> _Folder | None:
        """Return the files of a window that runs or is about to, made when it is first met."""
        found = self._open.get(name)
        if found is None:
            engine = self._engine()
            seen = None if engine is None else engine.windows.get(name)
            if seen is None:
                return None
            found = self._open[name] = _Folder(self._folder, seen)
            self.windows.append(found.folder.relative_to(self._folder).as_posix())
        return found

    def _running(self, at: Nanos) -> Iterable[_Folder]:
        engine = self._engine()
        for seen in () if engine is None else engine.order:
            if seen.begins <= at <= seen.ends:
                one = self._of(seen.instrument)
                if one is not None:
                    yield one

    def _spot(self, event: Trade) -> None:
        listing = self._kernel.state.listings.get(event.instrument)
        if listing is None:
            return
        price, qty = event.price * listing.instrument.unit, event.lots * listing.instrument.lot
        told = None if event.venue_time is None else event.venue_time // MS
        side = "" if event.taker is None else event.taker.value
        for one in self._running(event.at):
            one.put("binance.csv", iso(event.at), event.at // MS, told, f"{price:f}", f"{qty:f}", side)
            if one.seen.start <= event.at < one.seen.end:
                one.spot = price
            self._late(one, "binance_recv", event.at, event.venue_time)

    def _late(self, one: _Folder, what: str, at: Nanos, told: Nanos | None) -> None:
        """Write how late something came by the venue's own clock, where it says."""
        if told is not None:
            one.put("latency.csv", at // MS, what, (at - told) // MICRO)

    def _book(self, event: BookDelta | BookSnapshot) -> None:
        listing, one = self._kernel.state.listings.get(event.instrument), self._of(event.instrument)
        if listing is None or one is None:
            return
        bid, ask = _cents(listing.book.best_bid), _cents(listing.book.best_ask)
        mid = None if bid is None or ask is None else (bid + ask) / 2
        one.put(
            "polymarket.csv", iso(event.at), event.at // MS, mid, _less(mid), bid, ask, _less(ask), _less(bid),
        )  # fmt: skip
        if isinstance(event, BookSnapshot):
            for side in Side:
                for level, (price, lots) in enumerate(listing.book.levels(side)):
                    self._level(one, event, listing, side, level, price, lots)
        else:
            prices = [price for price, _ in listing.book.levels(event.side)]
            place = prices.index(event.price) if event.price in prices else None  # a level that is gone has none
            size = listing.book.lots(event.side, event.price)
            self._level(one, event, listing, event.side, place, event.price, size)
        self._late(one, "pm_recv", event.at, event.venue_time)

    @staticmethod
    def _level(
        one: _Folder, event: Event, listing: Listing, side: Side, level: int | None, price: int, lots: int
    ) -> None:
        size = lots * listing.instrument.lot
        word = "bid" if side is Side.BUY else "ask"
        one.put("book.csv", iso(event.at), event.at // MS, "UP", word, level, _cents(price), f"{size:f}")

    def _signals(self, at: Nanos) -> None:
        engine = self._engine()
        for seen in () if engine is None else engine.order:
            for name, signal in seen.signals.items():
                one = self._of(seen.instrument)
                if one is None or one.known.get(name) == id(signal):
                    continue
                one.known[name] = id(signal)
                one.counts[name] = one.counts.get(name, 0) + 1
                seat = self._kernel.state.strategies.seats[name]
                sent = int(seat.last_said.startswith("sent") and seat.last_at == at)
                dist = seen.sight.spot - seen.sight.strike if seen.source else None
                one.put(
                    "signals.csv", at // MS, name, signal.side.value.upper(), signal.edge, signal.fair, signal.price,
                    signal.confidence, signal.size, seen.sight.spot, dist, seen.window.left_s(at), None, sent,
                )  # fmt: skip

    def _submitted(self, effect: Submit, at: Nanos) -> None:
        place, order = effect.order.place, effect.order.order
        one = self._of(place.instrument)
        if one is None:
            return
        who = str(place.strategy or place.origin)
        sells = place.side is Side.SELL
        self._sent[order] = _Sent(at, place.instrument, sells, who)
        held = self._kernel.state.register.get(order)
        edge = None if held is None or held.edge is None else held.edge / 100
        one.orders += 1
        one.put(
            "orders.csv", at // MS, order, _side(other(place.leg) if sells else place.leg),
            _less(_cents(place.price)) if sells else _cents(place.price), place.qty, who, edge,
            one.seen.sight.spot or None, one.seen.window.left_s(at),
        )  # fmt: skip

    def _answered(self, event: Any) -> None:  # noqa: ANN401 - any news of an order
        sent = self._sent.get(event.order)
        one = None if sent is None else self._of(sent.window)
        if sent is None or one is None:
            return
        took = (event.at - sent.at) / MS
        if isinstance(event, Accepted):
            one.put("latency.csv", event.at // MS, "e2e", (event.at - sent.at) // MICRO)
            return
        status = type(event).__name__
        price = size = profit = None
        if isinstance(event, Filled):
            price, size, profit = self._filled[event.order, event.trade_id] = _bought(event, sells=sent.sells)
            one.fills += 1
        elif isinstance(event, FillReversed):
            known = self._filled.pop((event.order, event.trade_id), None)
            if known is None:
                return
            price, size, profit = known.price, -known.size, -known.profit
            one.fills -= 1
        one.put("fills.csv", event.at // MS, event.order, sent.strategy, status, price, size, took, profit)

    def _decided(self, event: StatusChanged) -> None:
        one = self._open.get(event.instrument)
        if one is not None and event.result in {"yes", "no"}:
            one.outcome = "UP" if event.result == "yes" else "DOWN"


def export(recording: Recording, folder: Path, kernel: Kernel | None = None) -> Written:
    """Step a journal again and write its windows' files.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    one = kernel or Kernel()
    events, stopped = 0, ""
    try:
        with Telemetry(one, folder) as telemetry:
            for entry in recording:
                try:
                    event = codec.decode(entry.body)
                    effects = one.step(event)
                except StoreDamaged as e:
                    stopped = str(e)
                    break
                except Exception as e:  # noqa: BLE001 - the host recorded whatever it was as an empty digest
                    stopped = f"event {entry.seq} failed ({type(e).__name__}: {e})"
                    break
                telemetry.take(event, effects)
                events += 1
    except OSError as e:
        msg = f"{folder} cannot be written ({e.strerror or e})"
        raise InputError(msg) from e
    return Written(events, tuple(telemetry.windows), telemetry.rows, stopped or recording.cut)


def _cents(ticks: int | None) -> Decimal | None:
    """Return a price in account currency, 0 to 1."""
    return None if ticks is None else Decimal(ticks) / TICKS_PER_UNIT


def _less(price: Decimal | None) -> Decimal | None:
    return None if price is None else 1 - price


def _bought(event: Filled, *, sells: bool) -> _Bought:
    if sells:
        return _Bought(1 - event.price, event.qty, event.cost - event.fee)
    return _Bought(event.price, event.qty, event.qty - event.cost - event.fee)


def _side(leg: Leg) -> str:
    return "UP" if leg is Leg.YES else "DOWN"
