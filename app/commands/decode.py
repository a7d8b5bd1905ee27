"""``atmx decode``: recorded frames of a venue's stream to events and final books.

It reads them with the same functions as the live connection, so a recording shows what the terminal would have made
of it. Books are of YES (Kalshi), of each token (Polymarket); Binance has trades only; Derive's come whole; Rysk has
requests for quotes. After a gap a book is listed in `stale` until a whole one came.
"""

from __future__ import annotations

import argparse
import json
import sys
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.commands import decoders, inputs, recorded
from app.commands.decoders import DECODERS, RestBody
from engine.core.errors import InputError, WireError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, Event
from engine.core.units import Lots, Nanos, Side, Ticks
from engine.core.when import iso

if TYPE_CHECKING:
    from app.commands.decoders import Decoder
    from engine.core.quotes import QuoteRequest

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

TIMES: Final = frozenset({"at", "venue_time", "closes"})
LATEST: Final = 1 << 63
"""A stamp from here on is none; a venue may send any number."""
PRICES: Final = frozenset({"price", "best_bid", "best_ask", "bid", "ask"})
SIZES: Final = {"lots": "qty", "bid_lots": "bid_qty", "ask_lots": "ask_qty"}
"""Fields that count lots, and what they are called once they are quantities."""


class Books:
    """Final books, kept level by level."""

    def __init__(self) -> None:
        self._sides: dict[str, dict[Side, dict[Ticks, Lots]]] = {}
        self.stale: set[str] = set()

    def take(self, event: Event) -> None:
        """Apply a snapshot or a delta; a delta of a book that was never seen whole shows no book."""
        if isinstance(event, BooksStale):
            self.stale.update(instrument.symbol for instrument in event.instruments)
        elif isinstance(event, BookSnapshot):
            symbol = event.instrument.symbol
            self._sides[symbol] = {Side.BUY: dict(event.bids), Side.SELL: dict(event.asks)}
            self.stale.discard(symbol)
        elif isinstance(event, BookDelta) and event.instrument.symbol in self._sides:
            side = self._sides[event.instrument.symbol][event.side]
            left = event.lots + (side.get(event.price, 0) if event.by else 0)
            if left > 0:
                side[event.price] = Lots(left)
            else:
                side.pop(event.price, None)

    def shown(self, decoder: Decoder) -> dict[str, dict[str, list[list[str]]]]:
        """Return every book, best first."""
        return {
            symbol: {
                "bids": _levels(sides[Side.BUY], decoder, best_high=True),
                "asks": _levels(sides[Side.SELL], decoder, best_high=False),
            }
            for symbol, sides in sorted(self._sides.items())
        }


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("decode", help="recorded frames to events and books", description=__doc__)
    parser.add_argument("venue", metavar="VENUE", help=", ".join(DECODERS))
    parser.add_argument("file", metavar="FILE", type=Path, help="JSON lines, an array, or an object with frames")
    parser.add_argument(
        "--use-yes-price", action="store_true", help="Kalshi: NO levels were subscribed as prices of YES"
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, decode, print."""
    document = decoded(args.venue, inputs.raw(args.file), str(args.file), use_yes_price=args.use_yes_price)
    if getattr(args, "json", False):
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(_text(document))
    return 0


def decoded(venue: str, content: bytes, name: str, *, use_yes_price: bool = False) -> dict[str, Any]:
    """Return events, final books, gaps and errors of a recording.

    Raises
    ------
    InputError
        If the venue is none whose frames are read here, or the file holds no frames at all.
    """
    decoder, books = _decoder(venue, use_yes_price=use_yes_price), Books()
    document: dict[str, Any] = {"events": [], "books": {}, "gaps": [], "errors": []}
    bodies: list[str] = []
    found = recorded.frames(content, name)
    for one in found:
        if isinstance(one, recorded.Spoilt):
            document["errors"].append({"frame": one.number, "error": "no JSON"})
            continue
        try:
            _take(document, books, decoder, one)
        except RestBody as e:
            bodies.append(str(e))
            document["errors"].append({"frame": one.number, "error": str(e)})
        except WireError as e:
            document["errors"].append({"frame": one.number, "error": decoders.unreadable(e)})
    if len(bodies) == len(found):
        raise InputError(f"{name}: frames: {bodies[0]}")
    document["books"] = books.shown(decoder)
    document["stale"] = sorted(books.stale)
    return document


def _decoder(venue: str, *, use_yes_price: bool) -> Decoder:
    if venue not in DECODERS:
        raise InputError(f"VENUE: must be {', '.join(DECODERS)}, was {venue[:40]!r}")
    if use_yes_price and venue != "kalshi":
        raise InputError("--use-yes-price: is Kalshi's alone")
    return decoders.KalshiDecoder(use_yes_price=True) if use_yes_price else DECODERS[venue]()


def _take(document: dict[str, Any], books: Books, decoder: Decoder, one: recorded.Recorded) -> None:
    meant = decoder.take(one.raw, one.at or Nanos(0))
    if meant.gap is not None:
        document["gaps"].append({"frame": one.number, **meant.gap})
        books.stale.update(meant.stale)
    for event in meant.events:
        books.take(event)
        document["events"].append({"frame": one.number, **_event(event, decoder, one.at)})
    document["events"] += [{"frame": one.number, "event": "other", **note} for note in meant.notes]


def _event(event: Event, decoder: Decoder, at: Nanos | None) -> dict[str, Any]:
    """Return an event with decimal strings for ticks and lots, and ISO times."""
    shown: dict[str, Any] = {"event": type(event).__name__}
    for name in event.__struct_fields__:
        value = getattr(event, name)
        if value is None or (name == "at" and at is None):
            continue
        shown[SIZES.get(name, name)] = _value(name, value, decoder)
    return shown


def _value(name: str, value: Any, decoder: Decoder) -> Any:  # noqa: ANN401  # any field of any event
    if name in TIMES:
        return _time(value)
    if isinstance(value, Decimal):  # money already: a mark, an index
        return _number(value)
    if name in PRICES:
        return _number(value * decoder.unit)
    if name in SIZES:
        return _number(value * decoder.lot)
    if name in {"bids", "asks"}:
        return [[_number(price * decoder.unit), _number(lots * decoder.lot)] for price, lots in value]
    if name == "grid":
        return [[_number(tick * decoder.unit) for tick in (band.start, band.stop, band.step)] for band in value]
    if name == "instrument":
        return value.symbol
    if name == "instruments":
        return [instrument.symbol for instrument in value]
    if name == "request":
        return _request(value)
    return value.value if isinstance(value, Enum) else msgspec.to_builtins(value)


def _time(value: int) -> str:
    return iso(Nanos(value)) if 0 <= value < LATEST else str(value)


def _request(asked: QuoteRequest) -> dict[str, Any]:
    """Return who asks for what; our own place in it (what the venue wants told again) says nothing here."""
    shown: dict[str, Any] = {
        "id": asked.id,
        "legs": [{"instrument": leg.instrument.symbol, "ratio": _number(leg.ratio)} for leg in asked.legs],
        "qty": _number(asked.qty),
        "sides": [side.value for side in asked.sides],
        "taker": asked.taker,
    }
    if asked.expires is not None:
        shown["expires"] = _time(asked.expires)
    return shown


def _levels(side: dict[Ticks, Lots], decoder: Decoder, *, best_high: bool) -> list[list[str]]:
    ordered = sorted(side.items(), reverse=best_high)
    return [[_number(price * decoder.unit), _number(lots * decoder.lot)] for price, lots in ordered]


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _text(document: dict[str, Any]) -> str:
    """Return counts, best prices, gaps and errors, a line each."""
    lines = [f"{len(document['events'])} events, {len(document['gaps'])} gaps, {len(document['errors'])} errors"]
    for symbol, book in document["books"].items():
        bid = f"{book['bids'][0][1]} x {book['bids'][0][0]}" if book["bids"] else "—"
        ask = f"{book['asks'][0][0]} x {book['asks'][0][1]}" if book["asks"] else "—"
        depth = f"{len(book['bids'])} bids, {len(book['asks'])} asks"
        lines.append(f"{symbol}  {bid} / {ask}  ({depth}){' stale' if symbol in document['stale'] else ''}")
    lines += [
        f"gap before frame {gap['frame']}: {gap['got']} came, {gap['expected']} was next" for gap in document["gaps"]
    ]
    lines += [f"frame {error['frame']}: {error['error']}" for error in document["errors"]]
    return "\n".join(lines) + "\n"
