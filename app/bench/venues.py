"""From a venue's frame to an order's body, in process: decoding, the book, the gates, the words, the signatures.

Everything that is called is the program's own; only the frames are made up (`app.bench.quotes`) and the strategy is
small (`app.bench.trader`). Figures of the same kind elsewhere, on the machine that design/performance.md was measured
on, stand beside them as notes: the bare typed decode of such a frame, and NautilusTrader's book with its best prices.
"""

from __future__ import annotations

import gc
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from app.bench import connectors, figures, quotes, trader
from engine.core.effects import Keep, Submit
from engine.core.events import Asked, Kept, Rejected
from engine.core.ids import BINANCE, KALSHI, POLYMARKET
from engine.core.units import SECOND, Nanos
from engine.kernel.step import Kernel
from engine.venues.kalshi.sign import Ahead
from engine.venues.kalshi.sign import Signer as KalshiSigner
from engine.venues.polymarket import ordering, sign
from engine.venues.polymarket.endpoints import Endpoints as PolymarketEndpoints

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bench.figures import Figure
    from engine.core.commands import Place
    from engine.core.effects import Approved, Likely
    from engine.core.events import Event
    from engine.core.ids import VenueId

FRAMES: Final = 4_000
"""Of a round."""
ROUNDS: Final = 12
ORDERS: Final = 2_000
BETWEEN: Final = 10
"""Ordinary frames between two that call for an order."""
FLOOR: Final = {KALSHI: 268, BINANCE: 311}
"""Nanoseconds of the bare typed decode of such a frame."""
NAUTILUS: Final = {"book": 174, "object": 527}
"""Nanoseconds of NautilusTrader's book with its best prices, and of making the one object that it is told by."""
BAR: Final = (3.0, 10.0)
MOONSHOT: Final = (1.2, 2.5)


class Path:
    """One venue's way from a frame to an order, in one process, on a clock of its own: a frame every 10 ms."""

    def __init__(self, venue: VenueId, *, signed: bool = False) -> None:
        self.venue = venue
        self.at = Nanos(time.time_ns())
        now = self.now
        target = trader.bought_on(venue)
        self.quotes = quotes.ALL[venue](now)
        bought = self.quotes if target == venue else quotes.ALL[target](now)
        self.kernel = Kernel()
        self.kernel.step(trader.opening(now()))
        self._beside: Callable[[], None] = _nothing
        for one in dict.fromkeys((bought, self.quotes)):
            self.read, first = connectors.reader(one.instruments[0].id.venue, one, now)
            for event in (*trader.ready(one, now()), *first):
                self.kernel.step(event)
            if one is not self.quotes:
                self._beside = partial(self._go_on, one, self.read)
        listings = self.kernel.state.listings
        self.instrument = self.quotes.instruments[0].id
        self.bought = listings[bought.instruments[0].id]
        self.strategy = trader.Strategy(listings[self.instrument], self.bought if bought is not self.quotes else None)
        self.words = connectors.Words(target, bought, signed=signed)
        self.encode = self.words.body
        self.count = 0
        self.likely: list[Likely] = []
        """What was foreseen in the last idle moment."""

    def now(self) -> Nanos:
        """Return the session's time."""
        return self.at

    def seen(self, raw: bytes) -> Place | None:
        """Decode a frame, step what it means, and evaluate; return the order that is called for."""
        step, wanted = self.kernel.step, None
        for event in self.read(raw, self.at):
            step(event)
            if trader.seen(event, self.instrument):
                wanted = self.strategy.look() or wanted
        return wanted

    def decided(self, place: Place) -> Approved | None:
        """Put an order to the kernel, grant its row at once, and return what is to be submitted."""
        self.count += 1
        pressed = Nanos(self.count * trader.PRESSED_APART)
        for effect in self.kernel.step(Asked(at=self.at, command=place, pressed_at=pressed)):
            if isinstance(effect, Keep) and effect.then:
                for what in self.kernel.step(Kept(at=self.at, what=effect.then)):
                    if isinstance(what, Submit):
                        return what.order
        return None

    def let_go(self, order: Approved) -> None:
        """Let the venue refuse an order, so that the next one finds no other."""
        self.at = Nanos(self.at + trader.PRESSED_APART)
        self.kernel.step(Rejected(at=self.at, order=order.order, code="bench", text="not sent"))

    def rest(self) -> None:
        """Do what the host has the kernel do in idle moments, such as there are between frames."""
        while self.kernel.prepare():
            pass
        self.likely = [*iter(self.kernel.foresee, None)] or self.likely
        for order in self.likely:
            self.words.draft(order)

    def frames(self, count: int) -> list[bytes]:
        """Return the next ordinary frames."""
        self.at = Nanos(self.at + count * SECOND // 100)
        self._beside()
        self.rest()
        return [self.quotes.move().encode() for _ in range(count)]

    def _go_on(self, market: quotes.Quotes, read: connectors.Read) -> None:
        """Let the market that is bought on, where it is another, say something: silence would refuse its orders."""
        for event in read(market.move().encode(), self.at):
            self.kernel.step(event)


def _nothing() -> None:
    """Let nothing else be told."""


def decoding(venue: VenueId) -> Figure:
    """Return nanoseconds from a frame's bytes to its events."""
    path = Path(venue)
    samples, size = [], 0
    for _ in range(ROUNDS):
        raws = path.frames(FRAMES)
        told, read, at = 0, path.read, path.at
        began = time.perf_counter_ns()
        for raw in raws:
            for _event in read(raw, at):
                told += 1
        samples.append((time.perf_counter_ns() - began) / FRAMES)
        if told != FRAMES:
            raise AssertionError(f"{told} events of {FRAMES} frames")
        size = sum(len(raw) for raw in raws) // FRAMES
    return figures.of(samples[2:], "ns", frames=FRAMES, bytes=size, floor=FLOOR.get(venue))


def stepping(venue: VenueId) -> Figure:
    """Return nanoseconds from a frame's bytes to the kernel's book, its best prices and the views out of date."""
    path = Path(venue)
    samples, book = [], []
    for _ in range(ROUNDS):
        raws = path.frames(FRAMES)
        events: list[Event] = []
        read, step, at = path.read, path.kernel.step, path.at
        began = time.perf_counter_ns()
        for raw in raws:
            for event in read(raw, at):
                step(event)
        samples.append((time.perf_counter_ns() - began) / FRAMES)
        events = [event for raw in path.frames(FRAMES) for event in read(raw, path.at)]
        began = time.perf_counter_ns()
        for event in events:
            step(event)
        book.append((time.perf_counter_ns() - began) / FRAMES)
    stale = path.kernel.state.listings[path.instrument].stale if venue != BINANCE else ""
    alone = figures.of(book[2:], "ns")["median"]
    return figures.of(samples[2:], "ns", frames=FRAMES, step=alone, stale=stale, nautilus=NAUTILUS)


def to_body(venue: VenueId) -> Figure:
    """Return microseconds from bytes to body without the kernel's decision: an order approved before is encoded.

    Each has a client id of its own; orders that may come with it are put into words beforehand, as the host has it.
    """
    path = Path(venue)
    approved = _first(path)
    path.rest()
    likely, count = path.likely, 0

    def work(raw: bytes) -> Approved | None:
        place = path.seen(raw)
        if place is None:
            return None
        path.encode(replace(approved, place=place, client=path.likely[0].client, at=path.at))
        return approved

    def after(_: Approved) -> None:
        nonlocal count
        count += 1
        path.likely = [replace(one, client=f"bench-{count}", at=path.at) for one in likely]

    return _timed(path, work, after)


def to_order(venue: VenueId, *, signed: bool = False) -> Figure:
    """Return microseconds from bytes to body by way of the kernel: two events, all gates, the ledger's rows."""
    path = Path(venue, signed=signed)

    def work(raw: bytes) -> Approved | None:
        place = path.seen(raw)
        approved = None if place is None else path.decided(place)
        if approved is not None:
            path.encode(approved)
        return approved

    return _timed(path, work, path.let_go)


def _first(path: Path) -> Approved:
    for raw in path.frames(50):
        path.seen(raw)
    place = path.seen(path.quotes.offer().encode())
    approved = None if place is None else path.decided(place)
    if approved is None:
        raise AssertionError(f"no order on {path.venue}: {path.kernel.view}")
    path.let_go(approved)
    path.seen(path.quotes.withdraw().encode())
    return approved


def _timed(path: Path, work: Callable[[bytes], Approved | None], after: Callable[[Approved], None]) -> Figure:
    """Return the time of every frame that calls for an order, and what the ordinary ones between them take."""
    samples, quiet, missed = [], [], 0
    clock = time.perf_counter_ns
    gc.collect()
    for n in range(ORDERS + ORDERS // 20):
        raws = path.frames(BETWEEN)
        began = clock()
        for raw in raws:
            path.seen(raw)
        quiet.append((clock() - began) / BETWEEN)
        raw = path.quotes.offer().encode()
        began = clock()
        approved = work(raw)
        took = (clock() - began) / 1e3
        if approved is None:
            missed += 1
        else:
            after(approved)
        path.seen(path.quotes.withdraw().encode())
        if n >= ORDERS // 20:
            samples.append(took)
    between = figures.of(quiet, "ns")["median"]
    return figures.of(samples, "us", bar=BAR, moonshot=MOONSHOT, refused=missed, ordinary_ns=between)


def decode_kalshi() -> Figure:
    """A Kalshi delta of one level: bytes to event, its number in the row checked."""
    return decoding(KALSHI)


def decode_polymarket() -> Figure:
    """A Polymarket change told for both tokens: bytes to event, held against its best prices in our own copy."""
    return decoding(POLYMARKET)


def decode_binance() -> Figure:
    """A Binance trade of a combined stream: bytes to event, its id in the row checked."""
    return decoding(BINANCE)


def book_step_kalshi() -> Figure:
    """The same delta, and its step of the kernel: book, best prices, views out of date."""
    return stepping(KALSHI)


def book_step_polymarket() -> Figure:
    """The same change, and its step of the kernel."""
    return stepping(POLYMARKET)


def trade_step_binance() -> Figure:
    """The same trade, and its step of the kernel: tape, trail, views out of date."""
    return stepping(BINANCE)


def frame_to_body_kalshi() -> Figure:
    """Bytes of a delta to the bytes of an order, by way of the book and the strategy; no gates."""
    return to_body(KALSHI)


def frame_to_body_polymarket() -> Figure:
    """The same on Polymarket; amounts and the order's id, which is a hash, but no signature."""
    return to_body(POLYMARKET)


def frame_to_body_binance() -> Figure:
    """A Binance trade to the bytes of an order on Polymarket, unsigned; no gates."""
    return to_body(BINANCE)


def frame_to_order_kalshi() -> Figure:
    """Bytes of a delta to the bytes of an order let through by the kernel: all gates, rows, the row's release."""
    return to_order(KALSHI)


def frame_to_order_polymarket() -> Figure:
    """The same on Polymarket, unsigned."""
    return to_order(POLYMARKET)


def frame_to_order_binance() -> Figure:
    """A Binance trade to the bytes of an order on Polymarket let through by the kernel, unsigned."""
    return to_order(BINANCE)


def sign_kalshi() -> Figure:
    """Headers of a Kalshi order, signed ahead; what signing them took is a note."""
    signer = KalshiSigner(connectors.kalshi_keys())
    ahead = Ahead(signer, "POST", "/trade-api/v2/portfolio/events/orders")
    samples, fresh = [], []
    for _ in range(1_000):
        at = Nanos(time.time_ns())
        began = time.perf_counter_ns()
        ahead.fill(at)
        signed = time.perf_counter_ns()
        ahead.take(at)
        samples.append((time.perf_counter_ns() - signed) / 1e3)
        fresh.append((signed - began) / 1e3)
    by_hand = figures.of(fresh, "us")["median"]
    return figures.of(samples[20:], "us", bar=5.0, moonshot=1.0, held="median", late=ahead.late, signing=by_hand)


def sign_polymarket() -> Figure:
    """An order's EIP-712 digest from cached hashes, and its signature."""
    keys = connectors.polymarket_keys()
    book = ordering.book_of(keys, PolymarketEndpoints())
    token = int(quotes.PolymarketQuotes.YES)
    domain = sign.domain_of(token, negative_risk=False, endpoints=book.endpoints)
    count = 0

    def work() -> None:
        nonlocal count
        count += 1
        order = sign.Order(count, book.holder, book.signer, token, 2_300_000, 5_000_000, 0, 0, 1_795_281_140_000)
        book.wallet.sign_order(order, domain, sign.order_digest(order, domain))

    digest = figures.of(
        figures.each(
            lambda: sign.order_digest(
                sign.Order(1, book.holder, book.signer, token, 2_300_000, 5_000_000, 0, 0, count), domain
            ),
            1_000,
        ),
        "us",
    )
    return figures.of(figures.each(work, 2_000), "us", bar=80.0, moonshot=27.0, held="median", digest=digest["median"])


ALL: Final = {
    "decode_kalshi": decode_kalshi,
    "decode_polymarket": decode_polymarket,
    "decode_binance": decode_binance,
    "book_step_kalshi": book_step_kalshi,
    "book_step_polymarket": book_step_polymarket,
    "trade_step_binance": trade_step_binance,
    "frame_to_body_kalshi": frame_to_body_kalshi,
    "frame_to_body_polymarket": frame_to_body_polymarket,
    "frame_to_body_binance": frame_to_body_binance,
    "frame_to_order_kalshi": frame_to_order_kalshi,
    "frame_to_order_polymarket": frame_to_order_polymarket,
    "frame_to_order_binance": frame_to_order_binance,
    "sign_kalshi": sign_kalshi,
    "sign_polymarket": sign_polymarket,
}
