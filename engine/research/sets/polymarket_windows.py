"""Polymarket's five-minute BTC windows: every book of 25, touch and spot of 121, strike and outcome of 292."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import InputError
from engine.core.events import BookSnapshot, LinkChanged, Listed, StatusChanged, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import BINANCE, POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import MINUTE, SECOND, Lots, Nanos, Qty, Ticks
from engine.research.sets.recording import MILLI, Assumed, DataSet, Part, files, lots, objects, one, table, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from engine.core.events import Event

LOT: Final = Decimal("0.000001")
MILLS: Final = (Band(Ticks(10), Ticks(9_990), Ticks(10)),)
RATE: Final = Decimal("0.07")
"""Of takers, as every market of the settlement set states."""
WINDOW: Final = 5 * MINUTE
AHEAD: Final = 10 * MINUTE
BITCOIN: Final = InstrumentId(BINANCE, "BTCUSDT")
SPOT: Final = "btc-spot"
TOP: Final = 10_000
DECIDED: Final = Ticks(9_800)


def books(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield the 25 windows; messages of the pair's other token are mirrored, the outcome is read off the last quote."""
    for slug, file in files(folder, ".jsonl", wanted):
        rows = list(objects(file))
        name, start = _name(slug), int(slug.rpartition("-")[2])
        first = str(rows[0]["msg"]["asset_id"])
        found = [_book(row, name, first, start) for row in rows]
        result = _outcome(found, file)
        closes = Nanos(start * SECOND + WINDOW)
        yield Part(
            name=slug, rows=len(rows), results={name: result},
            events=_window(slug, start, found, {name: result}, Nanos(closes + assumed.decided)),
            groups=(("venue", "polymarket"), ("underlying", "BTC")),
            notes=("no price of bitcoin beside it", "outcome read off the last quote",
                   "which token is Up is not recorded: the first one seen is called so"),
        )  # fmt: skip


def ladder(folder: Path, assumed: Assumed) -> Iterator[Part]:
    """Yield the 121 windows as one part, since the spot goes on from one to the next: spot and touches by sample."""
    rows = sorted(objects(one(folder, "ladder.jsonl")), key=lambda row: row["window_ts"])
    results = {_name(str(row["slug"])): {"UP": "yes", "DOWN": "no"}[row["winner"]] for row in rows}

    def events() -> Iterator[Event]:
        told: list[Event] = []
        for row in rows:
            slug, start = str(row["slug"]), int(row["window_ts"])
            name, ends = _name(slug), Nanos(start * SECOND + WINDOW)
            told += [listing(slug, start, ()), spot_price(Nanos(start * SECOND), row["open_px"], "")]
            for sample in row["samples"]:
                at = Nanos(ends + int(sample["t"] * 1_000) * MILLI)
                told += [spot_price(at, sample["spot"], ""), _sampled(at, name, sample)]
            told.append(StatusChanged(at=ends, instrument=name, status="closed"))
            told.append(StatusChanged(at=Nanos(ends + assumed.decided), instrument=name, status="settled",
                                      result=results[name]))  # fmt: skip
        told.sort(key=lambda event: event.at)
        yield from opening(told[0].at, spot=True)
        yield from told

    yield Part(
        name="2026-07-27", rows=len(rows), results=results, events=events,
        groups=(("venue", "polymarket"), ("underlying", "BTC")),
        notes=("eight prices of bitcoin and seven touches a window; between them the book is taken to stand",),
    )  # fmt: skip


def chainlink(folder: Path, assumed: Assumed) -> Iterator[Part]:
    """Yield the day's feed with its 292 windows as one part: no book is in it, so nothing can trade."""
    markets = list(objects(one(folder, "BTC-5m-markets-2026-06-08.jsonl")))
    rows = list(table(one(folder, "BTCUSD-prices-2026-06-08.csv"), "feed_ts_ms", "value", "recv_ms"))
    results = {_name(m["slug"]): "yes" if m["outcome_prices"][0] == "1" else "no" for m in markets}

    def events() -> Iterator[Event]:
        planned: list[Event] = []
        for market in markets:
            start = int(market["start_sec"])
            strike = market.get("strike_value")
            name = _name(market["slug"])
            facts = () if strike is None else (("strike", f"{Decimal(strike).scaleb(-18):f}"),)
            planned.append(listing(market["slug"], start, facts))
            ends = Nanos(start * SECOND + WINDOW)
            planned.append(StatusChanged(at=ends, instrument=name, status="closed"))
            planned.append(StatusChanged(at=Nanos(ends + assumed.decided), instrument=name, status="settled",
                                         result=results[name]))  # fmt: skip
        ticked: list[Event] = []
        latest = 0
        for row in rows:
            latest = max(latest, int(row["recv_ms"]))
            ticked.append(spot_price(Nanos(latest * MILLI), Decimal(row["value"]), row["feed_ts_ms"],
                                Nanos(int(row["feed_ts_ms"]) * MILLI)))  # fmt: skip
        whole = sorted([*planned, *ticked], key=lambda event: event.at)
        yield from opening(whole[0].at, spot=True)
        yield from whole

    yield Part(
        name="2026-06-08", rows=len(rows), results=results, events=events,
        groups=(("venue", "polymarket"), ("underlying", "BTC")),
        notes=("no order books: nothing can trade", "the settlement feed stands where Binance's trades would"),
    )  # fmt: skip


def _window(
    slug: str,
    start: int,
    told: Sequence[Event],
    results: Mapping[InstrumentId, str],
    known: Nanos,
    *,
    spot: bool = False,
) -> Callable[[], Iterator[Event]]:
    """Return the events of one window: its listing, what was told of it while it was open, its end."""
    closes = Nanos(start * SECOND + WINDOW)

    def events() -> Iterator[Event]:
        told_of = listing(slug, start, ())
        yield from opening(told_of.at, spot=False)
        yield told_of
        latest = told_of.at
        for event in told:
            latest = max(latest, event.at)
            if latest >= closes:
                break
            yield event
        for name in results:
            yield StatusChanged(at=closes, instrument=name, status="closed")
        for name, result in results.items():
            yield StatusChanged(at=known, instrument=name, status="settled", result=result)

    return events


def opening(at: Nanos, *, spot: bool) -> Iterator[Event]:
    """Yield the links' coming up, and where prices of bitcoin follow, its pair."""
    yield LinkChanged(at=at, venue=POLYMARKET, up=True, channel="market")
    if spot:
        yield LinkChanged(at=at, venue=BINANCE, up=True, channel="market")
        pair = Instrument(id=BITCOIN, title="BTC/USDT", family=FamilyId(f"{BINANCE}:spot"), payoff=Payoff.LINEAR,
                          unit=Decimal("0.01"), lot=Decimal("0.00001"), settles_in="USDT")  # fmt: skip
        family = Family(id=FamilyId(f"{BINANCE}:spot"), title="Spot", group="Crypto · spot", members=(BITCOIN,))
        yield Listed(at=at, family=family, instruments=(pair,))


def listing(slug: str, start: int, facts: tuple[tuple[str, str], ...]) -> Listed:
    """Return a window as it is listed, ten minutes ahead."""
    opens, closes = Nanos(start * SECOND), Nanos(start * SECOND + WINDOW)
    began, ended = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(start + 300, UTC)
    title = f"Bitcoin Up or Down - {began:%B} {began.day}, {began:%H:%M}-{ended:%H:%M} UTC"
    family, at = FamilyId(f"{POLYMARKET}:{slug}"), Nanos(opens - AHEAD)
    window = Instrument(
        id=_name(slug), title=title, label="Up", family=family, grid=MILLS, lot=LOT, least=Qty(LOT), step=LOT,
        fee=FeeRule(kind="polymarket", rate=RATE), opens=at, closes=closes, settles_in="pUSD", nets=False,
        source="https://data.chain.link/streams/btc-usd",
        facts=(("yes", "Up"), ("no", "Down"), ("slug", slug), ("event", slug), ("series", "btc-up-or-down-5m"),
               ("window_start", str(start)), ("min_size", "5"), *facts),
    )  # fmt: skip
    return Listed(
        at=at, instruments=(window,),
        family=Family(id=family, title=title, group="Crypto · 5 min", members=(window.id,), exclusive=True,
                      why="one question with two answers", source=window.source, closes=closes),
    )  # fmt: skip


def _book(row: dict[str, Any], name: InstrumentId, first: str, start: int) -> BookSnapshot:
    """Return a message as a book of the first token; the other token's is its mirror."""
    message, at = row["msg"], Nanos(int(row["recv"] * 1_000_000) * 1_000)
    bids = [(_price(one["price"]), _size(one["size"])) for one in reversed(message["bids"])]
    asks = [(_price(one["price"]), _size(one["size"])) for one in reversed(message["asks"])]
    if str(message["asset_id"]) != first:
        bids, asks = _mirrored(asks), _mirrored(bids)
    return BookSnapshot(at=max(at, Nanos((start - 600) * SECOND)), instrument=name, bids=tuple(bids), asks=tuple(asks),
                        venue_time=Nanos(int(message["timestamp"]) * MILLI))  # fmt: skip


_price = lru_cache(4_096)(ticks)
"""There are a thousand prices, and twenty million levels."""


def _size(text: str) -> Lots:
    """Return a size in millionths, by its digits: Decimals would take a minute over the set."""
    whole, _, rest = text.partition(".")
    if not whole.isdecimal() or (rest and not rest.isdecimal()):
        raise InputError(f"{text}: no size")
    return Lots(int(whole) * 1_000_000 + int(rest[:6].ljust(6, "0")))


def _mirrored(levels: list[tuple[Ticks, Lots]]) -> list[tuple[Ticks, Lots]]:
    return [(Ticks(TOP - price), size) for price, size in levels]


def _outcome(found: list[BookSnapshot], file: Path) -> str:
    """Return ``yes`` where the last quotes say so; at the end of a window one side is empty, the other near 1 or 0."""
    for book in reversed(found):
        if book.bids and book.bids[0][0] >= DECIDED:
            return "yes"
        if book.asks and book.asks[0][0] <= TOP - DECIDED:
            return "no"
    raise InputError(f"{file}: its last quotes decide nothing")


def _sampled(at: Nanos, name: InstrumentId, sample: dict[str, Any]) -> BookSnapshot:
    """Return a sample's touches as one book of Up: Down's are its mirror, the better of both is taken once."""
    up, down = sample["up"], sample["down"]
    bids = _level(up["bid"], up["bid_depth"]) or _mirrored(_level(down["ask"], down["ask_depth"]))
    asks = _level(up["ask"], up["ask_depth"]) or _mirrored(_level(down["bid"], down["bid_depth"]))
    return BookSnapshot(at=at, instrument=name, bids=tuple(bids), asks=tuple(asks), venue_time=at)


def _level(price: Decimal | None, depth: Decimal | None) -> list[tuple[Ticks, Lots]]:
    return [] if price is None or not depth else [(ticks(price), lots(depth, LOT))]


def spot_price(at: Nanos, price: Decimal, number: str, venue_time: Nanos | None = None) -> Trade:
    """Return a price of bitcoin as a trade of the least size: the set says no size."""
    cents = Ticks(round(Decimal(price) * 100))
    return Trade(at=at, instrument=BITCOIN, price=cents, lots=Lots(1), trade_id=number, venue_time=venue_time or at)


def _name(slug: str) -> InstrumentId:
    return InstrumentId(POLYMARKET, slug)


BOOKS: Final = DataSet(
    name="polymarket-btc5m-books", title="Polymarket five-minute BTC windows, every order book",
    source="Polymarket BTC Orderbook Dataset (c) 2026 by CronosVirus00, CC BY 4.0", parts=books, narrow=True,
)  # fmt: skip
LADDER: Final = DataSet(
    name="polymarket-btc5m-ladder", title="Polymarket five-minute BTC windows, touch and spot near the end",
    source="github houssem98/polymarket-btc-5m-research, no licence: local checks only", parts=ladder,
)  # fmt: skip
CHAINLINK: Final = DataSet(
    name="polymarket-btc5m-chainlink", title="The settlement feed of a day, with strike and outcome of its windows",
    source="github Ligengxin96/polymarket-data-samples, no licence: local checks only", parts=chainlink,
)  # fmt: skip
