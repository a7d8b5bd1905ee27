"""Books of the floor in Polymarket's words: a token each, best price last, a SHA-1 over the whole. Pure."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.units import TICKS_PER_UNIT, Leg, Nanos, Side, Ticks
from engine.sandbox.floor_order import of_leg

if TYPE_CHECKING:
    from engine.core.instrument import Instrument
    from engine.sandbox.floor_book import FloorBook
    from engine.sandbox.servers.polymarket_catalogue import PolyMarket

Wire = dict[str, Any]
"""One JSON object."""
MILLIS: Final = 1_000_000
MICROS: Final = 1_000_000
"""Lots in a share."""


@lru_cache(maxsize=2 * TICKS_PER_UNIT)
def price_text(ticks: int) -> str:
    """Return a price as the venue writes it: ``0.57``, no zeros behind."""
    return plain(Decimal(ticks).scaleb(-4))


def size_text(lots: int) -> str:
    """Return a number of shares: up to six decimals, no zeros behind."""
    whole, part = divmod(lots, MICROS)
    return f"{whole}.{part:06d}".rstrip("0") if part else str(whole)


def plain(value: Decimal) -> str:
    """Return a number without exponent and without zeros behind."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def millis(at: Nanos) -> str:
    """Return an instant as the venue's books state it."""
    return str(at // MILLIS)


def summary(market: PolyMarket, instrument: Instrument, book: FloorBook, leg: Leg, at: Nanos, last: str) -> Wire:
    """Return the whole book of one token, hash included.

    Parameters
    ----------
    last : str
        Price of the token's last trade; empty before the first.
    """
    found = {
        "market": market.condition,
        "asset_id": market.token(leg),
        "timestamp": millis(at),
        "hash": "",
        "bids": levels(book, leg, Side.BUY),
        "asks": levels(book, leg, Side.SELL),
        "min_order_size": plain(market.least),
        "tick_size": price_text(instrument.grid[0].step),
        "neg_risk": instrument.fact("neg_risk") == "true",
        "last_trade_price": last,
    }
    found["hash"] = hashlib.sha1(compact(found).encode(), usedforsecurity=False).hexdigest()
    return found


def levels(book: FloorBook, leg: Leg, side: Side) -> list[Wire]:
    """Return one side of a token's book, worst price first."""
    half = book.half(side if leg is Leg.YES else _other(side))
    return [{"price": price_text(of_leg(leg, p)), "size": size_text(lots)} for p, lots in reversed(half.levels())]


def best(book: FloorBook, leg: Leg) -> tuple[Ticks | None, Ticks | None]:
    """Return the best bid and the best ask of a token."""
    bid, ask = book.bids.best, book.asks.best
    if leg is Leg.YES:
        return bid, ask
    return (None if ask is None else of_leg(leg, ask)), (None if bid is None else of_leg(leg, bid))


def bounds(bid: Ticks | None, ask: Ticks | None) -> tuple[str, str]:
    """Return best bid and ask as texts; an empty side is the end of the scale."""
    return price_text(bid or 0), price_text(TICKS_PER_UNIT if ask is None else ask)


def compact(value: object) -> str:
    """Return JSON without blanks, as the venue hashes and sends it."""
    return msgspec.json.encode(value).decode()


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY
