from __future__ import annotations

import json
import time

import pytest

from app.bench import connectors, figures, quotes, trader, venues
from engine.book.ladder import Ladder
from engine.core.events import BookDelta, BookSnapshot, Trade
from engine.core.ids import BINANCE, KALSHI, POLYMARKET, VenueId
from engine.core.units import Nanos

VENUES = (KALSHI, POLYMARKET, BINANCE)


def now() -> Nanos:
    return Nanos(time.time_ns())


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venues, "FRAMES", 50)
    monkeypatch.setattr(venues, "ROUNDS", 4)
    monkeypatch.setattr(venues, "ORDERS", 20)


def test_two_bars_must_both_hold() -> None:
    samples = [1.0] * 90 + [9.0] * 10
    assert figures.of(samples, "us", bar=(2.0, 10.0))["ok"] is True
    assert figures.of(samples, "us", bar=(2.0, 8.0))["ok"] is False
    assert figures.of(samples, "us", bar=(0.5, 10.0))["of"] == "both"


@pytest.mark.parametrize("venue", [KALSHI, POLYMARKET])
def test_made_up_books_are_those_that_the_connector_reads(venue: VenueId) -> None:
    market = quotes.ALL[venue](now)
    read, first = connectors.reader(venue, market, now)
    book = Ladder()
    frames = [market.move() for _ in range(300)] + [market.offer(), market.withdraw()]
    for event in (*first, *(event for raw in frames for event in read(raw.encode(), now()))):
        if isinstance(event, BookSnapshot) and event.instrument == market.instruments[0].id:
            book.snapshot(event.bids, event.asks)
        elif isinstance(event, BookDelta):
            (book.add if event.by else book.put)(event.side, event.price, event.lots)
    lots = 1 if venue == KALSHI else 10_000
    told = market._wander.ladder  # type: ignore[attr-defined]
    assert [(p, n * lots) for s in quotes.Side for p, n in told.walk(s)] == [
        (p, n) for s in quotes.Side for p, n in book.walk(s)
    ]


def test_made_up_trades_follow_each_other() -> None:
    market = quotes.BinanceQuotes(now)
    read, _ = connectors.reader(BINANCE, market, now)
    told = [event for _ in range(20) for event in read(market.move().encode(), now())]
    assert len(told) == 20
    assert all(isinstance(event, Trade) for event in told)


@pytest.mark.parametrize("venue", VENUES)
def test_an_offer_calls_for_one_order_and_its_body_is_what_the_venue_takes(venue: VenueId) -> None:
    path = venues.Path(venue)
    assert all(path.seen(raw) is None for raw in path.frames(100))
    place = path.seen(path.quotes.offer().encode())
    assert place is not None
    approved = path.decided(place)
    assert approved is not None
    assert approved.client
    body = json.loads(path.encode(approved))
    assert trader.bought_on(venue) == place.instrument.venue
    assert body["ticker" if venue == KALSHI else "order"]
    assert path.seen(path.quotes.withdraw().encode()) is None


def test_a_coin_may_buy_for_hours() -> None:
    path = venues.Path(BINANCE)
    for _ in range(3):
        path.at = Nanos(path.at + 2_000_000_000_000)
        assert all(path.seen(raw) is None for raw in path.frames(5))
        place = path.seen(path.quotes.offer().encode())
        assert place is not None
        approved = path.decided(place)
        assert approved is not None
        path.let_go(approved)
        path.seen(path.quotes.withdraw().encode())


def test_no_order_is_refused_and_no_book_goes_stale() -> None:
    for venue in VENUES:
        assert venues.to_order(venue)["refused"] == 0
        assert venues.to_body(venue)["refused"] == 0
        assert venues.stepping(venue)["stale"] == ""
        assert venues.decoding(venue)["frames"] == 50


def test_signatures_are_ready_before_they_are_needed() -> None:
    assert venues.sign_kalshi()["late"] == 0
    assert venues.sign_polymarket()["digest"] > 0


def test_a_coin_that_leaps_buys_on_the_other_venue() -> None:
    assert trader.bought_on(BINANCE) == POLYMARKET
    assert trader.bought_on(KALSHI) == KALSHI
