"""Kalshi's pages of events and markets, of which what can be read is read: one bad market costs no other. Pure.

A page is decoded in one go. Only where that fails is it taken apart, market by market.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.core.errors import WireError
from engine.venues.kalshi import wire, wire_markets
from engine.venues.kalshi.wire import Prose
from engine.venues.kalshi.wire_markets import EventData, EventReply, EventsReply, MarketsReply
from engine.venues.skipped import name_in

if TYPE_CHECKING:
    from engine.venues.kalshi.wire_markets import Market
    from engine.venues.skipped import Skipped

Raws = Annotated[list[msgspec.Raw], msgspec.Meta(max_length=wire_markets.MOST)]


class _Page(msgspec.Struct, frozen=True):
    events: Raws | None = None
    markets: Raws | None = None
    cursor: Prose | None = None


class _Reply(msgspec.Struct, frozen=True):
    event: msgspec.Raw
    markets: Raws | None = None


class _Nested(msgspec.Struct, frozen=True):
    markets: Raws | None = None


_PAGE: Final = msgspec.json.Decoder(_Page)
_REPLY: Final = msgspec.json.Decoder(_Reply)
_NESTED: Final = msgspec.json.Decoder(_Nested)
_FACTS: Final = msgspec.json.Decoder(wire_markets.EventFacts)
_ONE_MARKET: Final = msgspec.json.Decoder(wire_markets.Market)


def events(raw: bytes, skipped: Skipped) -> EventsReply:
    """Return a page of ``/events``.

    Raises
    ------
    WireError
        If it is no page, or it holds events and none of them can be read.
    """
    try:
        return wire.body(wire_markets.EVENTS, raw)
    except WireError as e:
        page = wire.body(_PAGE, raw)
        found = [one for each in page.events or () if (one := _event(each, skipped)) is not None]
        if page.events and not found:
            raise e from None
        return EventsReply(events=found, cursor=page.cursor)


def event(raw: bytes, skipped: Skipped) -> EventReply:
    """Return the answer of ``/events/{e}``.

    Raises
    ------
    WireError
        If the event itself cannot be read.
    """
    try:
        return wire.body(wire_markets.EVENT, raw)
    except WireError as e:
        reply = wire.body(_REPLY, raw)
        found = _event(reply.event, skipped)
        if found is None:
            raise e from None
        beside = None if reply.markets is None else _markets(reply.markets, skipped)
        return EventReply(event=found, markets=beside, unread=_missing(reply.markets, beside))


def markets(raw: bytes, skipped: Skipped) -> MarketsReply:
    """Return a page of ``/markets``.

    Raises
    ------
    WireError
        If it is no page, or it holds markets and none of them can be read.
    """
    try:
        return wire.body(wire_markets.MARKETS, raw)
    except WireError as e:
        page = wire.body(_PAGE, raw)
        found = _markets(page.markets or [], skipped)
        if page.markets and not found:
            raise e from None
        return MarketsReply(markets=found, cursor=page.cursor, unread=_missing(page.markets, found))


def _event(raw: msgspec.Raw, skipped: Skipped) -> EventData | None:
    try:
        facts = wire.body(_FACTS, bytes(raw))
        nested = wire.body(_NESTED, bytes(raw)).markets
    except WireError as e:
        skipped.add(name_in(raw, "event_ticker"), str(e))
        return None
    found = None if nested is None else _markets(nested, skipped)
    return EventData(**msgspec.structs.asdict(facts), markets=found, unread=_missing(nested, found))


def _markets(raws: list[msgspec.Raw], skipped: Skipped) -> list[Market]:
    found: list[Market] = []
    for raw in raws:
        try:
            found.append(wire.body(_ONE_MARKET, bytes(raw)))
        except WireError as e:
            skipped.add(name_in(raw, "ticker"), str(e))
    return found


def _missing(raws: list[msgspec.Raw] | None, found: list[Market] | None) -> int:
    return len(raws or ()) - len(found or ())
