"""Books and trades over real sockets: followed, contradicted, cut and mended."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import asynccontextmanager

import pytest

from engine.core.errors import WireError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, GridChanged, LinkChanged, LinkReport, Trade
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.instrument import Instrument
from engine.core.units import Nanos, Side
from engine.venues.polymarket import clob
from engine.venues.polymarket.clob import Clob
from engine.venues.polymarket.facts import Facts
from engine.venues.polymarket.feed import Feed
from tests.fakes.polymarket import FakePolymarket, serving

MILLIS = 1_786_728_438_000
PATIENCE_S = 5.0


def name(number: int) -> InstrumentId:
    return InstrumentId(POLYMARKET, f"0x{number:064x}")


def tokens(number: int) -> tuple[str, str]:
    return str(1_000 + number), str(2_000 + number)


def book(number: int, *, bid: str = "0.40", ask: str = "0.60", later: int = 0) -> dict[str, object]:
    return {
        "market": name(number).symbol, "asset_id": tokens(number)[0], "timestamp": str(MILLIS + later),
        "hash": f"book {number} {later}", "bids": [{"price": "0.1", "size": "9"}, {"price": bid, "size": "100"}],
        "asks": [{"price": "0.9", "size": "9"}, {"price": ask, "size": "50.5"}],
    }  # fmt: skip


def change(number: int, price: str, size: str, side: str, bid: str, ask: str, *, later: int) -> dict[str, object]:
    row = {"asset_id": tokens(number)[0], "price": price, "size": size, "side": side, "hash": f"change {later}",
           "best_bid": bid, "best_ask": ask}  # fmt: skip
    return {"event_type": "price_change", "market": name(number).symbol, "timestamp": str(MILLIS + later),
            "price_changes": [row]}  # fmt: skip


class Screen:
    """A feed, what it told, and the venue it listens to."""

    def __init__(self, fake: FakePolymarket, **settings) -> None:
        self.fake = fake
        self.told: list[object] = []
        self.room = True
        rest = Clob(POLYMARKET, fake.endpoints().clob, lambda: Nanos(7), budget=clob.budget(), rng=random.Random(1))
        facts = Facts(rest, lambda: Nanos(7))
        for number in range(1, 8):
            yes, no = tokens(number)
            facts.learn(Instrument(id=name(number), title="x", facts=(("yes_token", yes), ("no_token", no))))
        self.feed = Feed(fake.endpoints(), rest, facts, lambda: Nanos(7), random.Random(1), **settings)

    def emit(self, event: object) -> bool:
        if not self.room and isinstance(event, BookDelta | BookSnapshot | Trade):
            return False
        self.told.append(event)
        return True

    def of(self, kind: type) -> list:
        return [event for event in self.told if isinstance(event, kind)]

    async def comes(self, kind: type, count: int = 1) -> list:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.of(kind)) < count:  # noqa: ASYNC110 - the feed tells nobody that it told
                await asyncio.sleep(0.005)
        return self.of(kind)


@asynccontextmanager
async def watching(*numbers: int, books: dict[str, object] | None = None, **settings):
    given = {tokens(n)[0]: book(n) for n in numbers} if books is None else books
    async with serving(FakePolymarket(books=given)) as fake:
        screen = Screen(fake, **settings)
        screen.feed.want(frozenset(name(n) for n in numbers))
        running = asyncio.create_task(screen.feed.run(screen.emit))
        try:
            yield screen
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def run(work) -> None:
    asyncio.run(work())


def test_both_tokens_are_followed_and_the_book_is_that_of_yes() -> None:
    async def work() -> None:
        async with watching(1) as screen:
            (snapshot,) = await screen.comes(BookSnapshot)
            assert snapshot.bids == ((4_000, 100_000_000), (1_000, 9_000_000))
            assert snapshot.asks == ((6_000, 50_500_000), (9_000, 9_000_000))
            asked = [ids for said in screen.fake.said if (ids := said.get("assets_ids"))]
            assert sorted(asked[-1]) == sorted(tokens(1))
            await screen.fake.push(change(1, "0.45", "7", "BUY", "0.45", "0.6", later=1))
            (delta,) = await screen.comes(BookDelta)
            assert (delta.side, delta.price, delta.lots, delta.best_bid) == (Side.BUY, 4_500, 7_000_000, 4_500)

    run(work)


def test_a_contradiction_makes_the_book_stale_until_it_was_asked_for() -> None:
    async def work() -> None:
        async with watching(1) as screen:
            await screen.comes(BookSnapshot)
            screen.fake.books[tokens(1)[0]] = book(1, bid="0.47", later=5)
            await screen.fake.push(change(1, "0.45", "7", "BUY", "0.47", "0.6", later=1))
            (stale,) = await screen.comes(BooksStale)
            assert stale.instruments == (name(1),)
            snapshots = await screen.comes(BookSnapshot, 2)
            assert snapshots[-1].bids[0] == (4_700, 100_000_000)
            assert not screen.of(BookDelta)
            await screen.fake.push(change(1, "0.48", "1", "BUY", "0.48", "0.6", later=9))
            await screen.comes(BookDelta)

    run(work)


def test_a_cut_connection_comes_back_with_all_it_carried() -> None:
    async def work() -> None:
        async with watching(1, 2) as screen:
            await screen.comes(BookSnapshot, 2)
            for socket in list(screen.fake.market):
                await socket.close()
            (stale,) = await screen.comes(BooksStale)
            assert set(stale.instruments) == {name(1), name(2)}
            await screen.comes(BookSnapshot, 4)
            assert [event.up for event in screen.of(LinkChanged)] == [True, False, True]

    run(work)


def test_a_book_the_socket_never_sends_is_asked_for() -> None:
    async def work() -> None:
        async with watching(1, 2, books={}) as screen:
            async with asyncio.timeout(PATIENCE_S):
                while not screen.fake.market:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            screen.fake.books = {tokens(n)[0]: book(n) for n in (1, 2)}
            await screen.comes(BookSnapshot, 2)
            assert screen.fake.sent("POST", "/books")

    run(work)


def test_more_markets_than_a_socket_takes_are_spread_over_several() -> None:
    async def work() -> None:
        async with watching(1, 2, 3, 4, 5, markets=2) as screen:
            await screen.comes(BookSnapshot, 5)
            assert len(screen.fake.market) == 3
            screen.feed.want(frozenset({name(1), name(6)}))
            screen.fake.books[tokens(6)[0]] = book(6)
            await screen.comes(BookSnapshot, 6)
            async with asyncio.timeout(PATIENCE_S):
                while len(screen.fake.market) > 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            screen.told.clear()
            (report,) = (await screen.comes(LinkReport))[:1]
            assert report.subscribed == 2

    run(work)


def test_a_trade_told_for_both_tokens_is_one_and_two_alike_are_two() -> None:
    def trade(leg: int, price: str, deal: str) -> dict[str, object]:
        return {"event_type": "last_trade_price", "market": name(1).symbol, "asset_id": tokens(1)[leg], "size": "5.09",
                "side": "BUY" if leg else "SELL", "price": price, "transaction_hash": deal,
                "timestamp": str(MILLIS)}  # fmt: skip

    async def work() -> None:
        async with watching(1) as screen:
            await screen.comes(BookSnapshot)
            one, mirror = trade(0, "0.98", "0xa"), trade(1, "0.02", "0xa")
            await screen.fake.push(one, mirror, one, trade(1, "0.02", "0xb"), mirror)
            trades = await screen.comes(Trade, 3)
            await asyncio.sleep(0.05)
            assert len(screen.of(Trade)) == 3
            assert {t.price for t in trades} == {9_800}
            assert {t.taker for t in trades} == {Side.SELL}
            assert [t.trade_id for t in trades] == ["0xa:1", "0xa:2", "0xb:1"]

    run(work)


def test_a_new_tick_size_is_told_once_and_the_book_asked_for() -> None:
    async def work() -> None:
        async with watching(1) as screen:
            await screen.comes(BookSnapshot)
            frames = [
                {"event_type": "tick_size_change", "market": name(1).symbol, "asset_id": token,
                 "old_tick_size": "0.01", "new_tick_size": "0.001", "timestamp": str(MILLIS)}
                for token in tokens(1)
            ]  # fmt: skip
            await screen.fake.push(*frames)
            (changed,) = await screen.comes(GridChanged)
            assert changed.grid[0].step == 10
            await screen.comes(BookSnapshot, 2)
            assert len(screen.of(GridChanged)) == len(screen.of(BooksStale)) == 1

    run(work)


def test_a_book_is_asked_for_again_at_the_kernels_word() -> None:
    async def work() -> None:
        async with watching(1) as screen:
            await screen.comes(BookSnapshot)
            screen.feed.again(frozenset({name(1), name(7)}))
            await screen.comes(BookSnapshot, 2)
            assert not screen.of(BooksStale)

    run(work)


def test_what_finds_no_room_is_called_stale_and_told_whole_later() -> None:
    async def work() -> None:
        async with watching(1) as screen:
            await screen.comes(BookSnapshot)
            screen.room = False
            await screen.fake.push(change(1, "0.45", "7", "BUY", "0.45", "0.6", later=1))
            await screen.comes(BooksStale)
            screen.fake.books[tokens(1)[0]] = book(1, bid="0.45", later=2)
            screen.room = True
            await screen.comes(BookSnapshot, 2)
            assert screen.of(BookSnapshot)[-1].bids[0][0] == 4_500

    run(work)


def test_a_message_that_cannot_be_read_costs_its_book_only() -> None:
    async def work() -> None:
        async with watching(1, 2) as screen:
            await screen.comes(BookSnapshot, 2)
            await screen.fake.push(change(1, "0.45678", "7", "BUY", "0.45", "0.6", later=1), {"event_type": "news"})
            await screen.comes(BookSnapshot, 3)
            screen.told.clear()
            (report,) = (await screen.comes(LinkReport))[:1]
            assert report.errors == 1
            assert report.sockets == 1

    run(work)


def _spoilt(number: int, **more: object) -> dict[str, object]:
    row = {"asset_id": tokens(number)[0], "price": "0.45", "size": 7, "side": "BUY"}  # a size that is no text
    return {"event_type": "price_change", "timestamp": str(MILLIS + 1), "price_changes": [row]} | more


@pytest.mark.parametrize(
    ("frame", "stale"),
    [
        (change(1, "0.45678", "7", "BUY", "0.45", "0.6", later=1), {1}),
        ([change(1, "0.45678", "7", "BUY", "0.45", "0.6", later=1), _spoilt(2)], {1, 2}),
        (_spoilt(2), {2}),
        (_spoilt(7), set()),
        ('{"event_type":"price_change","price_chan', {1, 2}),
        ("INVALID OPERATION", set()),
    ],
)
def test_the_book_of_a_message_that_cannot_be_read_is_stale_before_another_was_had(frame, stale) -> None:
    async def work() -> None:
        async with watching(1, 2) as screen:
            await screen.comes(BookSnapshot, 2)
            screen.fake.books.clear()  # and so there is no other
            talk = screen.feed._shards[0].talk
            raw = frame.encode() if isinstance(frame, str) else json.dumps(frame).encode()
            told = []
            with pytest.raises(WireError):
                told.extend(talk.frame(raw, Nanos(8)))  # what came before it failed is kept
            assert {one for event in told for one in event.instruments} == {name(n) for n in stale}

    run(work)


def test_one_message_of_several_that_cannot_be_read_costs_none_of_the_others() -> None:
    async def work() -> None:
        async with watching(1, 2) as screen:
            await screen.comes(BookSnapshot, 2)
            odd = change(1, "0.45678", "7", "BUY", "0.45", "0.6", later=1)
            await screen.fake.push([odd, change(2, "0.45", "7", "BUY", "0.45", "0.6", later=1)])
            (delta,) = await screen.comes(BookDelta)
            assert (delta.instrument, delta.price) == (name(2), 4_500)
            (stale,) = await screen.comes(BooksStale)
            assert stale.instruments == (name(1),)

    run(work)


def test_a_change_that_never_came_is_found_by_the_audit() -> None:
    async def work() -> None:
        async with watching(1, audit_s=0.1) as screen:
            await screen.comes(BookSnapshot)
            changed = book(1, later=50)
            changed["bids"][0]["size"] = "777"
            screen.fake.books[tokens(1)[0]] = changed
            await screen.comes(BooksStale)
            snapshots = await screen.comes(BookSnapshot, 2)
            assert snapshots[-1].bids[-1] == (1_000, 777_000_000)

    run(work)


def test_a_socket_is_kept_alive_by_ping_and_odd_words_raise_wire_error() -> None:
    async def work() -> None:
        async with watching(1) as screen:
            await screen.comes(BookSnapshot)
            talk = screen.feed._shards[0].talk
            assert talk.beat() == "PING"
            assert list(talk.frame(b"PONG", Nanos(8))) == []
            with pytest.raises(WireError, match="unreadable"):
                list(talk.frame(b"INVALID OPERATION", Nanos(8)))

    run(work)
