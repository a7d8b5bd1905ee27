"""Kalshi's market data against a real server: sockets, gaps, silence, statuses, and books without a key."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager

from engine.core.events import (
    BookDelta,
    BookSnapshot,
    BooksStale,
    LinkChanged,
    LinkReport,
    StatusChanged,
    Trade,
)
from engine.core.ids import KALSHI, InstrumentId
from engine.venues.kalshi import venue as kalshi
from engine.venues.kalshi.directory import Directory
from engine.venues.kalshi.feed import KalshiFeed
from engine.venues.kalshi.sign import Signer
from engine.venues.rest import Rest
from tests.engine.venues.kalshi.markets import market
from tests.fakes.kalshi import FakeKalshi, serving

T1, T2, T3 = (f"KXHIGHNY-26AUG29-B8{n}.5" for n in (2, 4, 6))
FAR = "2099-01-01T00:00:00Z"


def ids(*tickers: str) -> frozenset[InstrumentId]:
    return frozenset(InstrumentId(KALSHI, ticker) for ticker in tickers)


def stocked(**fields) -> FakeKalshi:
    books = {t: {"yes_dollars": [["0.40", "10.00"]], "no_dollars": [["0.55", "5.00"]]} for t in (T1, T2, T3)}
    markets = {t: market(t, open_time="2026-01-01T00:00:00Z", close_time=FAR) for t in (T1, T2, T3)}
    return FakeKalshi(books=books, markets=markets, **fields)


class Desk:
    def __init__(self, venue: FakeKalshi, feed) -> None:
        self.venue, self.feed, self.told = venue, feed, []

    def take(self, event) -> bool:
        self.told.append(event)
        return True

    def of(self, kind, ticker: str = "") -> list:
        return [e for e in self.told if isinstance(e, kind) and ticker in ("", e.instrument.symbol)]

    def report(self) -> LinkReport:
        return [e for e in self.told if isinstance(e, LinkReport)][-1]

    def whole(self, *tickers: str) -> bool:
        return all(self.of(BookSnapshot, t) for t in tickers)

    async def until(self, holds, seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is waited for is told by nobody
                await asyncio.sleep(0.005)


@asynccontextmanager
async def following(venue: FakeKalshi, *tickers: str, keys: bool = True, **fields):
    async with serving(venue):
        rest = Rest(
            KALSHI,
            venue.endpoints().rest,
            time.time_ns,
            budget=kalshi.budget(kalshi.TIERS["prime"]),
            rng=random.Random(3),
        )
        signer = Signer(venue.keys()) if keys else None
        directory = Directory(rest, time.time_ns)
        feed = KalshiFeed(
            venue.endpoints(),
            rest,
            directory,
            signer,
            time.time_ns,
            random.Random(4),
            tick_s=0.02,
            keys="session",
            **fields,
        )
        feed.want(ids(*tickers))
        here = Desk(venue, feed)
        running = asyncio.create_task(feed.run(here.take))
        try:
            yield here
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def run(scenario, venue: FakeKalshi, *tickers: str, **fields) -> None:
    async def whole() -> None:
        async with following(venue, *tickers, **fields) as here:
            await scenario(here)

    asyncio.run(whole())


def test_one_socket_and_one_subscription_a_channel_carry_all_brackets() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1, T2, T3))
        (speaker,) = here.venue.sockets
        subscribed = [c["params"] for c in speaker.heard if c["cmd"] == "subscribe"]
        books = [p for p in subscribed if p["channels"] == ["orderbook_delta"]]
        assert books == [{"channels": ["orderbook_delta"], "market_tickers": [T1, T2, T3], "use_yes_price": False}]
        first = here.of(BookSnapshot, T1)[0]
        assert (first.bids, first.asks) == (((4_000, 1_000),), ((4_500, 500),))
        here.venue.move(T1, "0.41", "3.00")
        await here.until(lambda: here.of(BookDelta))
        assert (here.of(BookDelta)[0].price, here.of(BookDelta)[0].lots) == (4_100, 300)

    run(scenario, stocked(), T1, T2, T3)


def test_a_gap_makes_the_books_stale_and_whole_again_over_the_same_socket() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1, T2))
        here.venue.sockets[0].skip("orderbook_delta")
        here.venue.move(T1, "0.41", "3.00")
        await here.until(lambda: len(here.of(BookSnapshot, T1)) == 2 and len(here.of(BookSnapshot, T2)) == 2)
        (stale,) = [e for e in here.told if isinstance(e, BooksStale)]
        assert {i.symbol for i in stale.instruments} == {T1, T2}
        assert here.of(BookDelta) == []
        assert here.venue.handshakes == 1

    run(scenario, stocked(), T1, T2)


def test_a_cut_is_told_and_everything_is_subscribed_anew() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1))
        await here.venue.sockets[0].socket.close()
        await here.until(lambda: len(here.of(BookSnapshot, T1)) == 2)
        kinds = [type(e).__name__ for e in here.told if isinstance(e, LinkChanged | BooksStale)]
        assert kinds == ["LinkChanged", "BooksStale", "LinkChanged", "LinkChanged"]
        assert [e.up for e in here.told if isinstance(e, LinkChanged)] == [True, False, True]

    run(scenario, stocked(), T1)


def test_markets_come_and_go_on_the_living_socket() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1))
        here.feed.want(ids(T2))
        await here.until(lambda: here.whole(T2))
        here.venue.move(T1, "0.41", "3.00")
        here.venue.move(T2, "0.41", "3.00")
        await here.until(lambda: here.of(BookDelta, T2))
        assert here.of(BookDelta, T1) == []
        assert here.venue.handshakes == 1

    run(scenario, stocked(), T1)


def test_a_book_can_be_asked_for_again() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1, T2))
        here.feed.again(ids(T2))
        await here.until(lambda: len(here.of(BookSnapshot, T2)) == 2)
        assert len(here.of(BookSnapshot, T1)) == 1

    run(scenario, stocked(), T1, T2)


def test_past_the_venues_limit_a_second_socket_carries_the_rest() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1, T2))
        here.feed.want(ids(T1, T2, T3))
        await here.until(lambda: here.whole(T3))
        assert here.venue.handshakes == 2
        assert [e.up for e in here.told if isinstance(e, LinkChanged)] == [True]
        await here.until(lambda: here.report().sockets == 2)
        assert here.report().subscribed == 3

    run(scenario, stocked(market_limit=2), T1, T2)


def test_our_own_bound_on_a_socket_is_kept() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1, T2, T3))
        assert sorted(len(s.tickers) for s in here.venue.sockets) == [1, 2]

    run(scenario, stocked(), T1, T2, T3, per_socket=2)


def test_trades_are_told() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1) and "trade" in here.venue.sockets[0].channels)
        msg = {"trade_id": "t", "market_ticker": T1, "yes_price_dollars": "0.41", "count_fp": "2.00",
               "taker_book_side": "ask", "ts_ms": 5}  # fmt: skip
        here.venue.sockets[0].numbered("trade", "trade", msg)
        await here.until(lambda: here.of(Trade))
        assert (here.of(Trade)[0].price, here.of(Trade)[0].trade_id) == (4_100, "t")

    run(scenario, stocked(), T1)


def test_an_unreadable_frame_is_counted_and_the_link_lives_on() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1))
        here.venue.sockets[0].out.put_nowait('{"type":"orderbook_delta","sid":"x"}')
        here.venue.move(T1, "0.41", "3.00")
        await here.until(lambda: here.of(BookDelta))
        await here.until(lambda: any(isinstance(e, LinkReport) and e.errors == 1 for e in here.told))
        assert here.venue.handshakes == 1

    run(scenario, stocked(), T1)


def test_a_market_is_read_when_it_is_wanted_and_news_change_it() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.of(StatusChanged, T1))
        assert here.of(StatusChanged, T1)[0].status == "open"
        await here.until(lambda: "market_lifecycle_v2" in here.venue.sockets[0].channels)
        here.venue.news(event_type="deactivated", market_ticker=T1, is_deactivated=True)
        here.venue.news(event_type="determined", market_ticker=T1, result="yes")
        await here.until(lambda: len(here.of(StatusChanged, T1)) == 3)
        assert [(e.status, e.result) for e in here.of(StatusChanged, T1)[1:]] == [("paused", ""), ("determined", "yes")]
        await here.until(lambda: T1 not in here.venue.sockets[0].tickers)

    run(scenario, stocked(), T1, T2)


def test_a_market_that_cannot_be_read_keeps_no_other_from_its_status() -> None:
    venue = stocked()
    venue.markets[T1] |= {"close_time": "soon"}
    venue.markets[T2] |= {"status": "inactive"}

    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.of(StatusChanged, T2) and here.of(StatusChanged, T3))
        assert here.of(StatusChanged, T2)[-1].status == "paused"
        assert not here.of(StatusChanged, T1)

    run(scenario, venue, T1, T2, T3)


def test_without_a_key_a_trade_that_cannot_be_read_makes_no_book_stale() -> None:
    venue = stocked()
    venue.trades.append({"trade_id": "t", "ticker": T1, "count_fp": "x", "yes_price_dollars": "0.5",
                         "created_time": "2026-08-29T01:00:00Z"})  # fmt: skip

    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.feed._polled.stats.errors >= 2)
        assert not [event for event in here.told if isinstance(event, BooksStale)]
        assert [event.up for event in here.told if isinstance(event, LinkChanged)] == [True]

    run(scenario, venue, T1, keys=False)


def test_a_market_closes_by_our_own_clock() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: "closed" in [e.status for e in here.of(StatusChanged, T1)])
        assert [e.status for e in here.of(StatusChanged, T1)] == ["open", "closed"]

    venue = stocked()
    soon = time.gmtime(time.time() + 2)
    venue.markets[T1]["close_time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", soon)
    run(scenario, venue, T1)


def test_without_a_key_books_are_asked_for_and_the_link_says_why() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1, T2) and here.of(Trade))
        (link,) = [e for e in here.told if isinstance(e, LinkChanged)]
        assert link.up
        assert "no key" in link.why
        first = here.of(BookSnapshot, T1)[0]
        assert (first.bids, first.asks) == (((4_000, 1_000),), ((4_500, 500),))
        here.venue.books[T1]["yes_dollars"] = [["0.42", "1.00"]]
        await here.until(lambda: here.of(BookSnapshot, T1)[-1].bids == ((4_200, 100),))
        assert here.venue.handshakes == 0
        assert len({t.trade_id for t in here.of(Trade)}) == len(here.of(Trade)) == 1

    venue = stocked()
    venue.trades = [
        {"trade_id": "t1", "ticker": T1, "count_fp": "1.00", "yes_price_dollars": "0.41",
         "taker_book_side": "bid", "created_time": "2026-08-29T12:00:00Z"}
    ]  # fmt: skip
    run(scenario, venue, T1, T2, keys=False)


def test_without_a_key_a_venue_that_is_gone_makes_the_books_stale() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: here.whole(T1))
        here.feed._rest._root = here.feed._rest._root.copy_with(port=1)
        await here.until(lambda: any(isinstance(e, BooksStale) for e in here.told))
        assert [e.up for e in here.told if isinstance(e, LinkChanged)] == [True, False]

    run(scenario, stocked(), T1, keys=False)


def test_a_halted_exchange_is_shown_until_it_resumes() -> None:
    async def scenario(here: Desk) -> None:
        await here.until(lambda: any(isinstance(e, LinkReport) and e.maintenance_until is not None for e in here.told))
        report = next(e for e in here.told if isinstance(e, LinkReport) and e.maintenance_until is not None)
        assert report.maintenance_until == 4_070_908_800 * 1_000_000_000
        assert report.keys == "session"

    status = {"exchange_active": True, "trading_active": False, "exchange_estimated_resume_time": FAR}
    run(scenario, stocked(status=status), T1)


def test_without_keys_there_is_no_gateway() -> None:
    built = kalshi.build(None, None, time.time_ns, random.Random(1))
    assert built.gateway is None
    assert built.id == KALSHI
