"""Deribit option chains photographed a few times a day, futures beside them, and raw frames: listings and marks.

A chain's file has one time stamp. Prices are in the coin, strikes and forwards in dollars; a missing quote stays
missing. Grids, sizes and fees are not in the files: those of the venue at the time are taken, and said so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.errors import InputError, VenueError
from engine.core.events import LinkChanged, Marked
from engine.core.ids import DERIBIT
from engine.core.units import SECOND, Nanos, Ticks
from engine.core.when import instant
from engine.research.sets.recording import MILLI, Assumed, DataSet, Part, files, one, table, unpacked
from engine.venues.deribit import recorded, wire, wire_instruments, wire_market

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.venues.deribit.numbers import Scale
    from engine.venues.deribit.wire_instruments import Row

TICK: Final = Decimal("0.0001")
STEP: Final = Decimal("0.0005")
EDGE: Final = Decimal("0.005")
"""Inverse options have ticks of a ten-thousandth of the coin, and from here on of five."""
LEAST: Final = {"BTC": Decimal("0.1"), "ETH": Decimal(1)}
FEE: Final = Decimal("0.0003")
NAME: Final = re.compile(r"(BTC|ETH)-(\d{1,2}[A-Z]{3}\d{2})-(\d{1,7})-([CP])")
MONTHS: Final = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
PERPETUALS: Final = "perpetual_futures_prices.csv"
DATED: Final = "term_futures_marks.csv"
EXPIRES_HOUR: Final = 8
PREFIX: Final = "deribit_options_snapshot_"
NOTES: Final = ("grids, sizes and fees of options are the venue's usual ones: the files have none",)


@dataclass(frozen=True, slots=True)
class Quote:
    """One option as a chain's file has it; None where there is no quote."""

    at: Nanos
    symbol: str
    coin: str
    put: bool
    strike: float
    expires: Nanos
    years: float
    bid: Decimal | None
    ask: Decimal | None
    mark: Decimal
    """Prices in the coin."""
    forward: float
    vol: float
    """A fraction a year."""
    delta: float | None
    vega: float | None
    open_interest: Decimal | None
    volume: Decimal | None
    index: Decimal | None


def quotes(file: Path) -> tuple[Quote, ...]:
    """Return the options of a chain's file, in its order.

    Raises
    ------
    InputError
        If a row is none; it is named.
    """
    found, names = [], set()
    for number, row in enumerate(table(file, "timestamp", "instrument_name", "mark_price", "implied_volatility"), 2):
        try:
            quote = _quote(row)
        except (ArithmeticError, KeyError, TypeError, ValueError) as e:
            raise InputError(f"{file}: line {number} is no option ({type(e).__name__}: {str(e)[:80]})") from None
        if quote.symbol in names:
            raise InputError(f"{file}: line {number}: {quote.symbol} is there twice")
        names.add(quote.symbol)
        found.append(quote)
    return tuple(found)


def photographs(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and file of every chain, oldest first."""
    return ((name, file) for name, file in files(folder, ".csv") if name.startswith(PREFIX))


def parts(folder: Path, assumed: Assumed, wanted: Collection[str] = ()) -> Iterator[Part]:
    """Yield every chain, the futures, the chain of eight expiries, and the raw frames."""
    for name, file in photographs(folder):
        if not wanted or name in wanted:
            some = quotes(file)
            yield Part(name=name, rows=len(some), results={}, events=_chain(some), notes=NOTES)
    if not wanted or "futures" in wanted:
        yield _futures(folder)
    for name, file in files(folder, ".json"):
        if not wanted or name in wanted:
            some = _eight(file)
            yield Part(name=name, rows=len(some), results={}, events=_chain(some), notes=NOTES)
    if not wanted or "raw" in wanted:
        yield _raw(folder)


def listing(quote: Quote) -> Row:
    """Return an option as the venue would list it."""
    return wire_instruments.Row(
        instrument_name=quote.symbol, kind="option", tick_size=TICK,
        tick_size_steps=[wire_instruments.Step(EDGE, STEP)], min_trade_amount=LEAST[quote.coin],
        contract_size=Decimal(1), base_currency=quote.coin, quote_currency=quote.coin,
        settlement_currency=quote.coin, counter_currency="USD", instrument_type="reversed",
        option_type="put" if quote.put else "call", strike=Decimal(repr(quote.strike)),
        expiration_timestamp=quote.expires // MILLI, taker_commission=FEE, maker_commission=FEE,
        price_index=f"{quote.coin.lower()}_usd", state="open",
    )  # fmt: skip


def told(some: Sequence[Quote]) -> Iterator[Event]:
    """Yield a chain's listings, then what the venue reckons each option at."""
    return _chain(some)()


def _chain(some: Sequence[Quote]) -> Callable[[], Iterator[Event]]:
    def events() -> Iterator[Event]:
        at = max(quote.at for quote in some)
        rows = [listing(quote) for quote in some]
        instruments = [wire_instruments.instrument(row) for row in rows]
        yield LinkChanged(at=at, venue=DERIBIT, up=True, channel="market")
        yield from wire_instruments.families(rows, instruments, at)
        for quote, known in zip(some, instruments, strict=True):
            yield Marked(
                at=at, instrument=known.id, price=quote.mark, index=quote.index, forward=Decimal(repr(quote.forward)),
                bid=_ticks(quote.bid, known.unit), ask=_ticks(quote.ask, known.unit), mark_iv=quote.vol,
                delta=quote.delta, vega=quote.vega, open_interest=quote.open_interest, volume=quote.volume,
                venue_time=quote.at,
            )  # fmt: skip

    return events


def _futures(folder: Path) -> Part:
    """Return perpetuals and dated futures: marks from candles, known when a chain was photographed."""
    perpetual, dated = list(table(one(folder, PERPETUALS))), list(table(one(folder, DATED)))
    stated = [
        *((row["instrument_name"], row["snapshot_timestamp_ms"], row["candle_price_used"]) for row in perpetual),
        *(
            (row["futures_instrument_name"], row["snapshot_timestamp_ms"], row["term_mark_price_final"])
            for row in dated
        ),
    ]  # fmt: skip

    def events() -> Iterator[Event]:
        for name, ms, price in sorted(stated, key=lambda row: (int(row[1]), row[0])):
            if price:
                yield Marked(at=Nanos(int(ms) * MILLI), instrument=wire_market.named(name), price=Decimal(price))

    return Part(name="futures", rows=len(stated), results={}, events=events, notes=("prices of one-minute candles",))


def _raw(folder: Path) -> Part:
    """Return the frames of half a minute, through the connector's own reading; listings are in a file of their own."""
    listings = unpacked(one(folder, "cryptofeed_DERIBIT.0")).splitlines()
    frames = unpacked(one(folder, "cryptofeed_DERIBIT.ws.1.0")).splitlines()
    scales: dict[str, Scale] = {}
    for line in listings:
        _, arrow, rest = line.partition(b" -> ")
        if arrow:
            scales |= _scales(rest.partition(b": ")[2])

    def events() -> Iterator[Event]:
        behind = 0  # of the recorder's clock, as far as was seen until then: nothing is known before it happened
        for line in frames:
            stamp, colon, body = line.partition(b": ")
            if not colon or stamp.startswith(b"wss"):
                continue
            at = Nanos(int(Decimal(stamp.decode("ascii")) * SECOND))
            frame = wire.read(body)
            if isinstance(frame, wire.News):
                for event in recorded.decode(frame, at, scales):
                    behind = max(behind, (getattr(event, "venue_time", None) or 0) - at)
                    yield msgspec.structs.replace(event, at=Nanos(at + behind))

    return Part(name="raw", rows=len(listings) + len(frames), results={}, events=events)


def _scales(raw: bytes) -> Mapping[str, Scale]:
    found: dict[str, Scale] = {}
    for each in msgspec.json.decode(raw, type=_Listings).result:
        try:
            row = msgspec.json.decode(each, type=wire_instruments.Row)
            found[row.instrument_name] = wire_instruments.scale(row)
        except (VenueError, msgspec.MsgspecError, ValueError):
            continue  # one that we could not list either
    return found


class _Listings(msgspec.Struct):
    result: list[msgspec.Raw]


def _quote(row: Mapping[str, str]) -> Quote:
    symbol = row["instrument_name"]
    coin, put, strike = _named(symbol)
    return Quote(
        instant(row["timestamp"]), symbol, coin, put, strike, instant(row["expiry_datetime"]),
        float(_sure(row["time_to_maturity"])), _maybe(row["bid_price"]), _maybe(row["ask_price"]),
        _sure(row["mark_price"]), float(_sure(row["futures_price"])), float(_sure(row["implied_volatility"])),
        _float(row["delta"]), _float(row["vega"]),
        _maybe(row["open_interest"]), _maybe(row["volume"]), _maybe(row["index_price"]),
    )  # fmt: skip


def _eight(file: Path) -> tuple[Quote, ...]:
    """Return the options of the file of eight expiries: all that it holds, whatever its author left out."""
    try:
        whole: dict[str, Any] = msgspec.json.decode(unpacked(file))
        at = instant(whole["captured_at_utc"])
        return tuple(_of_eight(row, at) for expiry in whole["expiries"].values() for row in expiry["options"])
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, ValueError) as e:
        raise InputError(f"{file}: is no chain ({type(e).__name__}: {str(e)[:80]})") from None


def _of_eight(row: Mapping[str, Any], at: Nanos) -> Quote:
    coin, put, strike = _named(str(row["instrument_name"]))
    return Quote(
        at, str(row["instrument_name"]), coin, put, strike, Nanos(int(row["expiration_timestamp"]) * MILLI),
        float(_sure(row["time_to_expiry"])), _maybe(row["bid_price"]), _maybe(row["ask_price"]),
        _sure(row["mark_price"]), float(_sure(row["underlying_price"])), float(_sure(row["mark_iv"])), None, None,
        _maybe(row["open_interest"]), None, _maybe(row["spot_price"]),
    )  # fmt: skip


def _named(symbol: str) -> tuple[str, bool, float]:
    found = NAME.fullmatch(symbol)
    if found is None:
        raise ValueError(f"{symbol[:60]!r} is no option's name")
    return found[1], found[4] == "P", float(found[3])


def _maybe(value: object) -> Decimal | None:
    text = "" if value is None else str(value).strip()
    if not text or text.lower() == "nan":
        return None
    found = Decimal(text)
    if not found.is_finite():
        raise ValueError(f"{text[:40]} is no number")
    return found


def _sure(value: object) -> Decimal:
    found = _maybe(value)
    if found is None:
        raise ValueError("a number is missing")
    return found


def _float(text: str) -> float | None:
    found = _maybe(text)
    return None if found is None else float(found)


def _ticks(price: Decimal | None, unit: Decimal) -> Ticks | None:
    return None if not price else Ticks(int((price / unit).to_integral_value()))


CHAINS: Final = DataSet(
    name="deribit-option-snapshots", title="Deribit BTC and ETH option chains, futures beside them, raw frames",
    source="github znmahbub/SVCJ-Deribit-Inverse-Options-Pricer and djienne, no licence: local checks only; "
    "bmoscon/cryptofeed, XFree86-type", parts=parts, narrow=True,
)  # fmt: skip
