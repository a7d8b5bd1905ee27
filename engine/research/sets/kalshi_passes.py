"""Kalshi ladders photographed now and then: full depth of daily temperatures, and hourly ranges of BTC and ETH.

Neither is a stream: a pass reads one book after the other and stamps all with one time. Lines are not in the order of
time inside a file and are sorted by it; a market is known from the first pass that shows it, its result from the
first later one that states it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from engine.core.errors import InputError
from engine.core.events import LinkChanged, StatusChanged
from engine.core.ids import KALSHI
from engine.core.units import Nanos
from engine.core.when import instant, iso
from engine.research.sets import kalshi_events, recording
from engine.research.sets.implied import touch
from engine.research.sets.kalshi_tapes import LOT
from engine.research.sets.recording import Assumed, DataSet, Part, files, lots, objects, one, ticks
from engine.venues.kalshi import wire_books

if TYPE_CHECKING:
    from engine.core.events import BookSnapshot, Event, Listed
    from engine.core.ids import InstrumentId

MOST_MARKETS: Final = 1_000
"""Of one event."""


@dataclass(frozen=True, slots=True)
class Settled:
    """An event's official end."""

    event: str
    value: Decimal
    results: dict[str, str]
    known: Nanos
    closes: Nanos | None = None
    """End of the climate day, where the source states it."""


@dataclass(frozen=True, slots=True)
class CityDay:
    """What was official of one city and day, and the events that it decided."""

    station: str
    day: str
    high: Decimal
    low: Decimal
    metar_high: Decimal
    metar_low: Decimal
    known: Nanos
    events: tuple[Settled, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """One bracket of an hourly ladder and its best prices in dollars; an open end is None."""

    ticker: str
    kind: str
    low: Decimal | None
    high: Decimal | None
    bid: Decimal
    ask: Decimal


@dataclass(frozen=True, slots=True)
class Ladder:
    """One pass over the ladder of an hour."""

    at: Nanos
    symbol: str
    event: str
    opens: Nanos
    closes: Nanos
    ranges: tuple[Range, ...]
    spot: Decimal


class _Shot(NamedTuple):
    """One book as it was photographed."""

    book: BookSnapshot
    series: str
    closes: Nanos
    kind: str
    low: float | None
    high: float | None


def city_days(folder: Path) -> tuple[CityDay, ...]:
    """Return the official values of the depth set, in the order in which they became known.

    Raises
    ------
    InputError
        If a line is not what the set's description says.
    """
    file = one(folder, "actuals.jsonl")
    return tuple(sorted((recording.made(file, number, _city_day, row) for number, row in _lines(file)), key=_known))


def ladders(folder: Path) -> tuple[tuple[Ladder, ...], dict[str, Settled], int]:
    """Return the passes of the hourly set by time, the ends of events, and how many lines there are in all."""
    seen: list[Ladder] = []
    ends: dict[str, Settled] = {}
    lines = 0
    for _, file in files(folder, ".jsonl"):
        for number, row in _lines(file):
            lines += 1
            found = recording.made(file, number, _pass, row)
            if found is None:
                continue
            seen.append(found[0])
            before = ends.get(found[1].event)
            if before is None or found[1].known < before.known:
                ends[found[1].event] = found[1]
    return tuple(sorted(seen, key=lambda ladder: (ladder.at, ladder.symbol))), ends, lines


def depth(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the events whose books were photographed, with the official results of those that were settled."""
    rules = {row["series"]: row for _, file in files(folder / "meta", ".jsonl") for row in objects(file)}
    ends = {event.event: event for day in city_days(folder) for event in day.events}
    shelves: dict[str, list[_Shot]] = {}
    for _, file in files(folder / "books", ".jsonl"):
        for number, row in _lines(file):
            shot = recording.made(file, number, _shot, row)
            shelves.setdefault(shot.book.instrument.symbol.rpartition("-")[0], []).append(shot)
    for event in sorted(shelves):
        if not wanted or event in wanted:
            shots = sorted(shelves[event], key=lambda shot: (shot.book.at, shot.book.instrument.symbol))
            yield _photographed(event, shots, rules, ends.get(event))


def hourly(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the hours of both coins; `rows` are quotes of brackets."""
    seen, ends, _ = ladders(folder)
    shelves: dict[str, list[Ladder]] = {}
    for ladder in seen:
        shelves.setdefault(ladder.event, []).append(ladder)
    for event, passes in shelves.items():
        if not wanted or event in wanted:
            yield _hour(event, passes, ends.get(event), assumed)


def _photographed(event: str, shots: list[_Shot], rules: Mapping[str, dict[str, Any]], end: Settled | None) -> Part:
    first, series = shots[0].book.at, shots[0].series
    meta, markets = rules.get(series, {}), {shot.book.instrument.symbol: shot for shot in shots}
    listed = _listed(
        event, series, str(meta.get("title", series)), first,
        [
            {"ticker": ticker, "open_time": iso(first), "close_time": iso(shot.closes), "strike_type": shot.kind,
             "floor_strike": shot.low, "cap_strike": shot.high, "rules_primary": str(meta.get("rules_primary", ""))}
            for ticker, shot in markets.items()
        ],
    )  # fmt: skip
    closes = max(shot.closes for shot in shots)
    return Part(
        name=event, rows=len(shots), results=_results(end),
        events=_told(listed, [shot.book for shot in shots], closes, end),
        groups=(("venue", "kalshi"), ("series", series)),
        notes=("sixteen photographs of each book, no stream: nothing fills between them",),
    )  # fmt: skip


def _hour(event: str, passes: list[Ladder], end: Settled | None, assumed: Assumed) -> Part:
    first, size = passes[0], lots(assumed.size, LOT)
    listed = _listed(
        event, event.partition("-")[0], f"{first.symbol} price range", first.at,
        [
            {"ticker": r.ticker, "strike_type": r.kind, "open_time": iso(first.opens), "close_time": iso(first.closes)}
            | {"floor_strike": None if r.low is None else float(r.low),
               "cap_strike": None if r.high is None else float(r.high)}
            for r in first.ranges
        ],
    )  # fmt: skip
    books: list[Event] = [
        touch(p.at, kalshi_events.name(r.ticker), int(ticks(r.bid)), int(ticks(r.ask)), size)
        for p in passes
        for r in p.ranges
    ]
    return Part(
        name=event, rows=sum(len(p.ranges) for p in passes), results=_results(end),
        events=_told(listed, books, first.closes, end), groups=(("venue", "kalshi"), ("underlying", first.symbol)),
        notes=(f"{assumed.size:f} contracts at each touch assumed", "about two passes an hour: nothing fills between"),
    )  # fmt: skip


def _listed(event: str, series: str, title: str, at: Nanos, markets: list[dict[str, Any]]) -> Listed:
    if not 0 < len(markets) <= MOST_MARKETS:
        raise InputError(f"{event}: {len(markets)} markets where 1 to {MOST_MARKETS} were expected")
    return kalshi_events.listed(
        {"event_ticker": event, "series_ticker": series, "mutually_exclusive": True, "title": title},
        markets, at, kalshi_events.SINCE_2026,
    )  # fmt: skip


def _told(listed: Listed, books: Sequence[Event], closes: Nanos, end: Settled | None) -> Callable[[], Iterator[Event]]:
    """Return listing, books before the close, the close, and the result when it was stated; by time."""

    def events() -> Iterator[Event]:
        yield LinkChanged(at=listed.at, venue=KALSHI, up=True, channel="market")
        yield listed
        yield from (book for book in books if book.at < closes)
        for member in listed.instruments:
            yield StatusChanged(at=closes, instrument=member.id, status="closed")
        for name, result in _results(end).items():
            at = max(closes, end.known if end is not None else closes)
            yield StatusChanged(at=Nanos(at), instrument=name, status="settled", result=result)

    return events


def _results(end: Settled | None) -> dict[InstrumentId, str]:
    return {} if end is None else {kalshi_events.name(ticker): result for ticker, result in end.results.items()}


def _shot(row: dict[str, Any]) -> _Shot:
    raw = msgspec.json.encode({"orderbook_fp": row["raw_orderbook"]})
    ticker = str(row["ticker"])
    if "-" not in ticker:
        raise ValueError(f"{ticker[:60]!r} is no ticker of an event's market")
    book = wire_books.rest_book(raw, ticker, instant(row["captured_at"]))
    low, high = (None if edge is None else float(edge) for edge in (row["floor_strike"], row["cap_strike"]))
    return _Shot(book, str(row["series"]), instant(row["close_time"]), str(row["strike_type"]), low, high)


def _city_day(row: dict[str, Any]) -> CityDay:
    known, high, low = instant(row["captured_at"]), row["actuals"]["high"], row["actuals"]["low"]
    ends = tuple(
        Settled(
            str(e["event_ticker"]),
            Decimal(e["expiration_value"]),
            _yes_or_no(e["results"]),
            known,
            instant(e["close_time"]),
        )
        for e in row["settled_markets"]["events"]
    )
    values = (Decimal(v) for v in (high["cli"], low["cli"], high["metar"], low["metar"]))
    cli_high, cli_low, metar_high, metar_low = values
    return CityDay(
        str(row["cli_station"]), str(row["target_day"]), cli_high, cli_low, metar_high, metar_low, known, ends
    )


def _pass(row: dict[str, Any]) -> tuple[Ladder, Settled] | None:
    """Return a pass and the end of the hour before; None where the source found no ladder."""
    current, before, at = row["current"], row["previous_settlement"], instant(row["captured_at"])
    if current.get("status") == "no_hourly_group_found":
        return None
    ranges = tuple(
        Range(str(r["ticker"]), str(r["strike_type"]), _edge(r.get("floor_strike")), _edge(r.get("cap_strike")),
              Decimal(r["yes_bid"]), Decimal(r["yes_ask"]))
        for r in current["outcomes"]
    )  # fmt: skip
    ladder = Ladder(at, str(row["symbol"]), str(current["event_ticker"]), instant(current["open_time"]),
                    instant(current["close_time"]), ranges, Decimal(row["spot"]["price"]))  # fmt: skip
    end = Settled(str(before["event_ticker"]), Decimal(before["expiration_value"]), _yes_or_no(before["results"]), at)
    return ladder, end


def _edge(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _yes_or_no(stated: Mapping[str, str]) -> dict[str, str]:
    if not set(stated.values()) <= {"yes", "no"}:
        raise ValueError(f"a result was neither yes nor no: {sorted(set(stated.values()))[:3]}")
    return {str(ticker): result for ticker, result in stated.items()}


def _known(day: CityDay) -> tuple[Nanos, str]:
    return day.known, day.station


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in enumerate(objects(file), 1):
        if not isinstance(row, dict):
            raise InputError(f"{file}: line {number} is no object")
        yield number, row


DEPTH: Final = DataSet(
    name="kalshi-weather-depth", title="Kalshi daily temperatures, full depth four times a day, with official values",
    source="github rgillon10-pixel/kalshi-headless, no licence: local checks only", parts=depth, narrow=True,
)  # fmt: skip
HOURLY: Final = DataSet(
    name="kalshi-btc-hourly", title="Kalshi hourly ranges of BTC and ETH, with official values",
    source="github rgillon10-pixel/kalshi-headless, no licence: local checks only", parts=hourly, narrow=True,
)  # fmt: skip
