"""Deribit's recorded messages to events, each by itself: for tools that look at recordings. Pure.

A running session looks for gaps between the changes of a book; that is `engine.venues.deribit.channels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.venues.deribit import wire, wire_books, wire_market

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.events import Event
    from engine.core.units import Nanos
    from engine.venues.deribit.numbers import Scale


def decode(news: wire.News, at: Nanos, scales: Mapping[str, Scale]) -> list[Event]:
    """Return the events of a channel's message, gaps not looked for: for tools that look at recordings.

    Raises
    ------
    WireError
        If it is not of its channel's shape, or its values mean nothing.
    """
    return wire.understood(_decode, news.data, news, at, scales)


def _decode(news: wire.News, at: Nanos, scales: Mapping[str, Scale]) -> list[Event]:
    kind, _, rest = news.channel.partition(".")
    if kind == "book":
        return _book(news, rest, at, scales)
    if kind == "ticker":
        ticker = wire.body(wire_market.TICKER, news.data)
        return [wire_market.marked(ticker, at, scales[ticker.instrument_name])]
    if kind == "trades":
        found = wire.body(wire_market.TRADES, news.data)
        return [
            wire_market.trade(one, at, scales[one.instrument_name]) for one in found if one.instrument_name in scales
        ]
    if news.channel.startswith("instrument.state."):
        state = wire.body(wire_market.STATE, news.data)
        changed = wire_market.status(state.instrument_name, state.state, at)
        return [] if changed is None else [changed]
    return []


def _book(news: wire.News, rest: str, at: Nanos, scales: Mapping[str, Scale]) -> list[Event]:
    if rest.count(".") > 1:
        top = wire.body(wire_books.GROUPED, news.data)
        return [wire_books.grouped(top, at, scales[top.instrument_name])]
    book = wire.body(wire_books.BOOK, news.data)
    scale = scales[book.instrument_name]
    if book.whole:
        return [wire_books.snapshot(book, at, scale)]
    return list(wire_books.changes(book, at, wire_market.named(book.instrument_name), scale))
