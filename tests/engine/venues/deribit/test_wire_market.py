"""Deribit's market news as events: books whole and changed, tickers, trades, states."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import pytest

from engine.book.sparse import SparseLadder
from engine.core.errors import WireError
from engine.core.events import BookDelta, BookSnapshot, Marked, StatusChanged, Trade
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import Nanos, Side
from engine.venues.deribit import recorded, wire, wire_instruments
from engine.venues.deribit.numbers import Scale
from tests.engine.venues.deribit.chains import PERP, news, option, row
from tests.shared import shared

AT = Nanos(1)
NAME = InstrumentId(DERIBIT, "BTC-PERPETUAL")
OPTION = wire_instruments.scale(row(option()))
SCALES = {"BTC-PERPETUAL": PERP, "BTC-27NOV26-90000-C": OPTION}


def decode(channel: str, data):
    told = wire.read(news(channel, data))
    assert isinstance(told, wire.News)
    return recorded.decode(told, AT, SCALES)


def book(kind: str, bids, asks, **other):
    given = {"type": kind, "instrument_name": "BTC-PERPETUAL", "timestamp": 5, "change_id": 9, "bids": bids}
    return decode("book.BTC-PERPETUAL.100ms", given | {"asks": asks} | other)


def test_a_whole_book_is_a_snapshot_best_first() -> None:
    (found,) = book("snapshot", [["new", 100.5, 20], ["new", 101, 30]], [["new", 103, 10], ["new", 102, 40]])
    assert found == BookSnapshot(
        at=AT, instrument=NAME, bids=((10_100, 30), (10_050, 20)), asks=((10_200, 40), (10_300, 10)), seq=9,
        venue_time=Nanos(5_000_000),
    )  # fmt: skip


@pytest.mark.parametrize("number", [1 << 63, 1 << 64, -1])
def test_a_whole_book_of_a_number_that_the_journal_cannot_hold_is_refused(number: int) -> None:
    with pytest.raises(WireError):
        book("snapshot", [["new", 100.5, 20]], [], change_id=number)
    told = {"instrument_name": "BTC-PERPETUAL", "timestamp": 5, "change_id": number, "bids": [[100.5, 20]], "asks": []}
    with pytest.raises(WireError):
        decode("book.BTC-PERPETUAL.none.20.100ms", told)


def test_the_type_decides_and_without_one_the_missing_id() -> None:
    (found,) = book("", [["new", 100.5, 20]], [])
    assert isinstance(found, BookSnapshot)
    (found,) = book("", [["new", 100.5, 20]], [], prev_change_id=8)
    assert isinstance(found, BookDelta)
    (found,) = book("change", [["new", 100.5, 20]], [])
    assert isinstance(found, BookDelta)


def test_what_leaves_comes_before_what_comes_so_that_no_book_crosses_on_the_way() -> None:
    found = book("change", [["new", 103, 20]], [["delete", 103, 0], ["change", 104, 50]], prev_change_id=8)
    assert [(one.side, one.price, one.lots) for one in found] == [
        (Side.SELL, 10_300, 0), (Side.BUY, 10_300, 20), (Side.SELL, 10_400, 50),
    ]  # fmt: skip


@pytest.mark.parametrize("level", [["new", 100.501, 20], ["new", 1e15, 20], ["new", 100, -10], ["new", 100, 0.5]])
def test_a_level_that_cannot_be_is_told_as_unreadable(level) -> None:
    with pytest.raises(WireError):
        book("snapshot", [level], [])


def test_a_ticker_of_an_option_is_its_mark_with_volatilities_as_fractions() -> None:
    ticker = {
        "instrument_name": "BTC-27NOV26-90000-C", "timestamp": 6, "state": "open", "mark_price": 0.0271,
        "index_price": 88_000.5, "underlying_price": 88_120.25, "best_bid_price": 0.0265, "best_bid_amount": 12.5,
        "best_ask_price": None, "best_ask_amount": 0, "mark_iv": 55.3, "bid_iv": 54.1, "ask_iv": 0,
        "greeks": {"delta": 0.42, "gamma": 2e-05, "vega": 51.2, "theta": -88.1, "rho": 9.0},
        "stats": {"volume": 120.5, "volume_usd": 300_000}, "open_interest": 1_000.1, "interest_rate": 0,
    }  # fmt: skip
    (found,) = decode("ticker.BTC-27NOV26-90000-C.100ms", ticker)
    assert isinstance(found, Marked)
    assert (found.price, found.index, found.forward) == (Decimal("0.0271"), Decimal("88000.5"), Decimal("88120.25"))
    assert (found.bid, found.bid_lots, found.ask, found.ask_lots) == (265, 1_250, None, None)
    assert (found.mark_iv, found.bid_iv, found.ask_iv) == (pytest.approx(0.553), pytest.approx(0.541), None)
    assert (found.delta, found.vega, found.volume, found.rate) == (0.42, 51.2, Decimal("120.5"), 0.0)


def test_a_ticker_of_a_perpetual_has_funding_and_its_volume_in_dollars() -> None:
    ticker = {
        "instrument_name": "BTC-PERPETUAL", "timestamp": 6, "mark_price": 63_346.33, "funding_8h": 0.0001,
        "stats": {"volume": 2_778.6, "volume_usd": 177_187_410}, "best_bid_price": 0, "best_bid_amount": 0,
    }  # fmt: skip
    (found,) = decode("ticker.BTC-PERPETUAL.raw", ticker)
    assert isinstance(found, Marked)
    assert (found.funding, found.volume, found.bid, found.mark_iv) == (0.0001, Decimal(177_187_410), None, None)


def test_trades_come_with_their_taker_and_blocks_at_the_nearest_tick() -> None:
    one = {"trade_seq": 1, "trade_id": "7", "timestamp": 3, "price": 70_246.666, "amount": 50, "direction": "sell",
           "instrument_name": "BTC-PERPETUAL", "starbase_timestamp": 1786563104514208300}  # fmt: skip
    (found,) = decode("trades.BTC-PERPETUAL.100ms", [one, one | {"instrument_name": "of nobody"}])
    assert isinstance(found, Trade)
    assert (found.price, found.lots, found.taker, found.trade_id) == (7_024_667, 50, Side.SELL, "7")


def test_states_are_ours_where_they_mean_something() -> None:
    def state(word: str):
        return decode("instrument.state.any.any", {"instrument_name": "X", "state": word, "timestamp": 1})

    found = [[one.status for one in state(word) if isinstance(one, StatusChanged)] for word in ("settlement", "odd")]
    assert found == [["paused"], []]
    assert state("archivized")[0].status == "closed", "without its price it is not settled"


def test_a_book_from_the_recorded_messages_is_what_a_plain_rebuild_gives() -> None:
    recorded = json.loads(shared("frames/deribit/ws_recorded_2026-08-12_ccxt.json").read_text())["book"]["received"]
    ours, plain = SparseLadder(), {"bids": {}, "asks": {}}
    for one in recorded:
        replayed(ours, json.dumps(one).encode(), {"BTC-PERPETUAL": PERP})
        rebuilt(plain, one["params"]["data"])
    assert shown(ours, PERP) == tops(plain)


def replayed(ours: SparseLadder, raw: bytes, scales) -> None:
    told = wire.read(raw)
    assert isinstance(told, wire.News)
    for event in recorded.decode(told, AT, scales):
        if isinstance(event, BookSnapshot):
            ours.snapshot(event.bids, event.asks)
        elif isinstance(event, BookDelta):
            ours.put(event.side, event.price, event.lots)


def rebuilt(plain, data) -> None:
    if data["type"] == "snapshot":
        plain["bids"].clear()
        plain["asks"].clear()
    for side in ("bids", "asks"):
        for action, price, amount in data[side]:
            if action == "delete":
                plain[side].pop(price, None)
            else:
                plain[side][price] = amount


def shown(ours: SparseLadder, scale: Scale):
    return [
        [(float(price * scale.unit), float(lots * scale.lot)) for price, lots in ours.levels(side)]
        for side in (Side.BUY, Side.SELL)
    ]


def tops(plain):
    return [sorted(plain["bids"].items(), reverse=True), sorted(plain["asks"].items())]


def test_books_of_random_changes_are_what_a_plain_rebuild_gives() -> None:
    rng = random.Random(11)
    for _ in range(20):
        ours, plain = SparseLadder(), {"bids": {}, "asks": {}}
        middle = 60_000.0
        for step in range(60):
            middle += rng.choice([-0.5, 0, 0.5])
            data = changed(rng, plain, middle, step)
            replayed(ours, news("book.BTC-PERPETUAL.100ms", data), {"BTC-PERPETUAL": PERP})
            rebuilt(plain, data)
            assert shown(ours, PERP) == tops(plain)


def changed(rng: random.Random, plain, middle: float, step: int):
    data = {"type": "change" if step else "snapshot", "instrument_name": "BTC-PERPETUAL", "timestamp": step,
            "change_id": step * 7, "bids": [], "asks": []}  # fmt: skip
    for side, way in (("bids", -1), ("asks", 1)):
        crossing = [p for p in plain[side] if (p - middle) * way <= 0] if step else []
        data[side] += [["delete", p, 0] for p in crossing]
        for _ in range(rng.randrange(4)):
            price = middle + way * 0.5 * rng.randrange(1, 30)
            if price not in crossing:
                known = step and price in plain[side]
                size = 10 * rng.randrange(1, 99)
                data[side] = [one for one in data[side] if one[1] != price]
                data[side].append(["change" if known else "new", price, size])
    return data
