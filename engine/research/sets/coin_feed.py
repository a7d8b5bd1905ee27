"""Binance's raw stream as a recorder wrote it: book updates on top of one snapshot, and every trade.

A line is the local time of receipt and the frame. Where the recorder's clock was behind the venue's, events would be
known before they happened: its time is moved on by the most that was seen until then, never by what came later.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.errors import InputError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, LinkChanged, Listed, Trade
from engine.core.ids import BINANCE, FamilyId, InstrumentId
from engine.core.instrument import Family, Instrument, Payoff
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.research.sets.recording import MILLI, Assumed, DataSet, Part, files, unpacked

if TYPE_CHECKING:
    from engine.core.events import Event

LEVELS: Final = 2_000
"""Of one message, each side."""
MARKETS: Final = {
    "spot_btcusdt_20240808": (InstrumentId(BINANCE, "BTCUSDT"), Decimal("0.01"), Decimal("0.00001"), "U"),
    "usdm_btcusdt_20240808": (InstrumentId(BINANCE, "BTCUSDT_PERP"), Decimal("0.1"), Decimal("0.001"), "pu"),
}
"""By file: the instrument, its tick, its lot, and the field that says what an update follows."""


def parts(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the spot and the futures feed; best prices alone are left out, since the book has them."""
    for name, file in files(folder, ".txt", wanted):
        if name not in MARKETS:
            raise InputError(f"{file}: neither of the two feeds: {', '.join(MARKETS)}")
        lines = unpacked(file).splitlines()
        yield Part(
            name=name, rows=len(lines), results={}, events=_events(file, lines, *MARKETS[name]),
            groups=(("venue", "binance"),), notes=("the recorder's clock was behind: moved on to the venue's",),
        )  # fmt: skip


class _Gap(ValueError):
    """An update is missing."""


class _Book:
    """What of the updates is to be told: those after the snapshot, each following the one before."""

    def __init__(self, follows: str) -> None:
        self._follows = follows
        self._waiting: list[dict[str, Any]] = []
        self._last: int | None = None
        self._fresh = False

    def start(self, last: int) -> list[dict[str, Any]]:
        """Take a snapshot's number; return the updates that came before it and go beyond it."""
        self._last, self._fresh = last, True
        held, self._waiting = self._waiting, []
        return [one for one in held if self.take(one)]

    def take(self, update: dict[str, Any]) -> bool:
        """Whether an update counts now; _Gap where one before it is missing."""
        if self._last is None:
            self._waiting.append(update)
            return False
        if update["u"] <= self._last:
            return False
        if self._fresh:
            missing = update["U"] > self._last + 1
        else:
            missing = update[self._follows] != (self._last if self._follows == "pu" else self._last + 1)
        if missing:
            raise _Gap(f"update {update['U']} does not follow {self._last}")
        self._last, self._fresh = update["u"], False
        return True


def _events(
    file: Path, lines: list[bytes], name: InstrumentId, unit: Decimal, lot: Decimal, follows: str
) -> Callable[[], Iterator[Event]]:
    def events() -> Iterator[Event]:
        book, behind, stale, at = _Book(follows), 0, False, Nanos(0)
        for number, line in enumerate(lines, 1):
            try:
                stamp, _, raw = line.partition(b" ")
                frame = msgspec.json.decode(raw)
                data = frame.get("data", frame)
                behind = max(behind, int(data.get("E", 0)) * MILLI - int(stamp))
                at = Nanos(int(stamp) + behind)
                if number == 1:
                    yield from _opening(at, name, unit, lot)
                if "lastUpdateId" in frame:
                    yield _whole(frame, at, name, unit, lot)
                    for update in book.start(int(frame["lastUpdateId"])):
                        yield from _changes(update, at, name, unit, lot)
                elif data.get("e") == "depthUpdate":
                    if not stale and book.take(data):
                        yield from _changes(data, at, name, unit, lot)
                elif data.get("e") == "trade" and float(data["q"]):
                    taker = Side.SELL if data["m"] else Side.BUY
                    yield Trade(
                        at=at, instrument=name, price=_ticks(data["p"], unit), lots=_lots(data["q"], lot), taker=taker,
                        trade_id=str(data["t"]), venue_time=Nanos(int(data["T"]) * MILLI),
                    )  # fmt: skip
            except _Gap as e:
                stale = True
                yield BooksStale(at=at, venue=BINANCE, instruments=(name,), why=str(e))
            except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, msgspec.MsgspecError) as e:
                raise InputError(f"{file}: line {number} is no frame ({type(e).__name__}: {str(e)[:80]})") from None

    return events


def _opening(at: Nanos, name: InstrumentId, unit: Decimal, lot: Decimal) -> Iterator[Event]:
    yield LinkChanged(at=at, venue=BINANCE, up=True, channel="market")
    one = Instrument(id=name, title=name.symbol, family=FamilyId(f"{BINANCE}:raw"), payoff=Payoff.LINEAR, unit=unit,
                     lot=lot, settles_in="USDT")  # fmt: skip
    family = Family(id=FamilyId(f"{BINANCE}:raw"), title="Raw feed", group="Crypto", members=(name,))
    yield Listed(at=at, family=family, instruments=(one,))


def _whole(frame: dict[str, Any], at: Nanos, name: InstrumentId, unit: Decimal, lot: Decimal) -> BookSnapshot:
    sides = [_levels(frame[side], unit, lot) for side in ("bids", "asks")]
    return BookSnapshot(at=at, instrument=name, bids=sides[0], asks=sides[1], seq=int(frame["lastUpdateId"]))


def _changes(update: dict[str, Any], at: Nanos, name: InstrumentId, unit: Decimal, lot: Decimal) -> Iterator[BookDelta]:
    """Yield what an update changes; what leaves comes first, so that no book crosses in between."""
    found = [
        (side, price, size) for key, side in (("b", Side.BUY), ("a", Side.SELL))
        for price, size in _levels(update[key], unit, lot)
    ]  # fmt: skip
    for side, price, size in sorted(found, key=lambda one: bool(one[2])):
        yield BookDelta(at=at, instrument=name, side=side, price=price, lots=size, seq=int(update["u"]),
                        venue_time=Nanos(int(update["E"]) * MILLI))  # fmt: skip


def _levels(stated: list[list[str]], unit: Decimal, lot: Decimal) -> tuple[tuple[Ticks, Lots], ...]:
    if len(stated) > LEVELS:
        raise ValueError(f"{len(stated)} levels; at most {LEVELS} are read")
    return tuple((_ticks(price, unit), _lots(size, lot)) for price, size in stated)


def _ticks(price: str, unit: Decimal) -> Ticks:
    found, off = divmod(Decimal(price), unit)
    if off or found < 0:
        raise ValueError(f"{price[:30]} is no price in steps of {unit}")
    return Ticks(int(found))


def _lots(size: str, lot: Decimal) -> Lots:
    found = int(Decimal(size) / lot)
    if found < 0:
        raise ValueError(f"{size[:30]} is no size")
    return Lots(found)


FEED: Final = DataSet(
    name="binance-raw-feed-hftbacktest", title="Binance's raw stream of BTCUSDT, six minutes of spot and futures",
    source="github nkaz001/hftbacktest, MIT", parts=parts, narrow=True,
)  # fmt: skip
