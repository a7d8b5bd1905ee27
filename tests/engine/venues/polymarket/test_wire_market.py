"""The market channel: recorded frames, both tokens folded to one book, and hostile bytes."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.book.ladder import Ladder
from engine.core.errors import WireError
from engine.core.events import BookDelta, BookSnapshot, BooksStale, GridChanged, StatusChanged, Trade
from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.units import Leg, Side
from engine.venues.polymarket import market_events, numbers, wire_market
from engine.venues.polymarket.wire_market import Whose
from tests.shared import SHARED, shared

FOLDER = "frames/polymarket"
IT = InstrumentId(POLYMARKET, "0x01")
YES, NO = "111", "222"
TOKENS = {YES: Whose(IT, Leg.YES), NO: Whose(IT, Leg.NO)}
KINDS = (
    "book",
    "price_change",
    "last_trade",
    "tick_size",
    "best_bid",
    "resolved",
    "new_market",
    "market_msg",
    "ws_quotes",
)


def recordings() -> list[object]:
    folder = SHARED / FOLDER
    if not folder.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"needs ../shared/{FOLDER}"))]
    files = [*folder.glob("*ws_*"), *folder.glob("synthetic/nt_ws_*"), *folder.glob("*book*")]
    found = sorted({f for f in files if any(kind in f.name for kind in KINDS) or f.suffix == ".jsonl"})
    return [pytest.param(f, id=f.name) for f in found if "user" not in f.name]


def lines(file: Path) -> list[bytes]:
    text = file.read_bytes()
    return text.splitlines() if file.suffix == ".jsonl" else [text]


def whose(document: object) -> dict[str, Whose]:
    """The first token a frame names of a market is taken for its YES, the second for its NO."""
    found: dict[str, Whose] = {}
    for one in document if isinstance(document, list) else [document]:
        name = InstrumentId(POLYMARKET, one.get("market", ""))
        named = [one.get("asset_id"), *(c["asset_id"] for c in one.get("price_changes", []))]
        for token, leg in zip(dict.fromkeys(t for t in named if t), Leg, strict=False):
            found[token] = Whose(name, leg)
    return found


@pytest.mark.parametrize("file", recordings())
def test_every_recorded_frame_says_something_or_is_known_to_say_nothing(file) -> None:
    for raw in lines(file):
        document = json.loads(raw)
        if file.name == "ntpy_ws_messages_price_change.json":
            with pytest.raises(WireError, match="shape of 2024"):
                market_events.decode(raw, 7, whose(document))
            continue
        kinds = {frame.kind for frame in wire_market.frames(raw)}
        made = market_events.decode(raw, 7, whose(document))
        silent = kinds & {"best_bid_ask", "new_market", "market_resolved"}
        assert made or silent, (kinds, raw[:200])


@pytest.mark.parametrize("file", recordings())
def test_a_recorded_book_is_the_one_an_obvious_reader_builds(file) -> None:
    for raw in lines(file):
        document = json.loads(raw)
        if not isinstance(document, dict) or "bids" not in document:
            continue
        made = market_events.decode(raw, 7, whose(document))
        assert len(made) == 1
        book = made[0]
        assert isinstance(book, BookSnapshot)
        for side, levels in (("bids", book.bids), ("asks", book.asks)):
            wanted = {Decimal(lv["price"]): Decimal(lv["size"]) for lv in document[side]}
            got = {Decimal(p) / 10_000: Decimal(lots) / 10**6 for p, lots in levels}
            assert got == wanted
        assert [p for p, _ in book.bids] == sorted((p for p, _ in book.bids), reverse=True)
        assert [p for p, _ in book.asks] == sorted(p for p, _ in book.asks)


def test_the_recorded_changes_rebuild_to_the_book_an_obvious_reader_has() -> None:
    file = shared(f"{FOLDER}/ws_market_live_2026-08-14.jsonl")
    change = next(raw for raw in lines(file) if b"price_changes" in raw)
    document = json.loads(change)
    obvious: dict[tuple[str, Decimal], Decimal] = {}
    first = document["price_changes"][0]["asset_id"]
    for row in document["price_changes"]:
        mine = row["asset_id"] == first
        side = row["side"] if mine else {"BUY": "SELL", "SELL": "BUY"}[row["side"]]
        price = Decimal(row["price"]) if mine else 1 - Decimal(row["price"])
        if mine or (side, price) not in obvious:
            obvious[side, price] = Decimal(row["size"])
    ladder = Ladder()
    for event in market_events.decode(change, 7, whose(document)):
        assert isinstance(event, BookDelta)
        ladder.put(event.side, event.price, event.lots)
    for (side, price), size in obvious.items():
        assert ladder.lots(Side[side], int(price * 10_000)) == size * 10**6


def changes(*rows: tuple[str, str, str, str], **more: str) -> bytes:
    named = [{"asset_id": a, "side": s, "price": p, "size": z, **more} for a, s, p, z in rows]
    document = {"event_type": "price_change", "market": "0x01", "timestamp": "1786728438403", "price_changes": named}
    return json.dumps(document).encode()


def test_a_level_told_for_both_tokens_is_applied_once_as_yes_tells_it() -> None:
    made = market_events.decode(changes((YES, "BUY", "0.06", "374.34"), (NO, "SELL", "0.94", "0")), 7, TOKENS)
    assert [(e.side, e.price, e.lots) for e in made] == [(Side.BUY, 600, 374_340_000)]


def test_a_level_told_for_no_alone_is_a_level_of_yes() -> None:
    made = market_events.decode(changes((NO, "BUY", "0.94", "5"), best_bid="0.94", best_ask="0.96"), 7, TOKENS)
    assert [(e.side, e.price, e.lots, e.best_bid, e.best_ask) for e in made] == [(Side.SELL, 600, 5_000_000, 400, 600)]


def test_only_the_last_level_of_a_frame_is_held_against_the_best_prices() -> None:
    raw = changes((YES, "BUY", "0.5", "5"), (YES, "BUY", "0.4", "5"), best_bid="0.5", best_ask="1")
    assert [(e.best_bid, e.best_ask) for e in market_events.decode(raw, 7, TOKENS)] == [(None, None), (5_000, None)]


def test_a_book_of_no_is_the_mirrored_book_of_yes() -> None:
    sides = {"bids": [{"price": "0.3", "size": "1"}], "asks": [{"price": "0.4", "size": "2.5"}]}
    raw = json.dumps({"event_type": "book", "asset_id": NO, "timestamp": "1786728438403"} | sides).encode()
    (book,) = market_events.decode(raw, 7, TOKENS)
    assert isinstance(book, BookSnapshot)
    assert book.bids == ((6_000, 2_500_000),)
    assert book.asks == ((7_000, 1_000_000),)


def test_an_array_is_all_of_its_messages_and_pong_is_none() -> None:
    trade = {"event_type": "last_trade_price", "asset_id": NO, "price": "0.01", "size": "5.09", "side": "BUY"}
    made = market_events.decode(json.dumps([trade, trade]).encode(), 7, TOKENS)
    assert [(type(e), e.price, e.taker, e.lots) for e in made] == [(Trade, 9_900, Side.SELL, 5_090_000)] * 2
    assert market_events.decode(b"PONG", 7, TOKENS) == ()


def test_a_new_tick_size_is_a_new_grid_and_a_stale_book() -> None:
    raw = b'{"event_type":"tick_size_change","asset_id":"111","old_tick_size":"0.01","new_tick_size":"0.001"}'
    grid, stale = market_events.decode(raw, 7, TOKENS)
    assert isinstance(grid, GridChanged)
    assert [(b.start, b.stop, b.step) for b in grid.grid] == [(10, 9_990, 10)]
    assert isinstance(stale, BooksStale)


@pytest.mark.parametrize(("token", "result"), [(YES, "yes"), (NO, "no")])
def test_a_resolved_market_is_settled_for_the_token_that_won(token, result) -> None:
    raw = json.dumps({"event_type": "market_resolved", "winning_asset_id": token, "market": "0x01"}).encode()
    (event,) = market_events.decode(raw, 7, TOKENS)
    assert event == StatusChanged(at=7, instrument=IT, status="settled", result=result)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"event_type":"new_kind","price":{"deep":[1]},"bids":7}',
        b'{"event_type":"best_bid_ask","asset_id":"111","surprise":{"a":1}}',
        b'{"event_type":"book","asset_id":"333","bids":[],"asks":[]}',
        b'{"whatever":1}',
        b"[]",
    ],
)
def test_unknown_kinds_fields_and_tokens_pass(raw) -> None:
    assert market_events.decode(raw, 7, TOKENS) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"pong",
        b"{",
        b"7",
        b'{"event_type":"book","asset_id":"111","bids":[{"price":"0.00005","size":"1"}],"asks":[]}',
        b'{"event_type":"book","asset_id":"111","bids":[{"price":"1","size":"1"}],"asks":[]}',
        b'{"event_type":"book","asset_id":"111","bids":[{"price":"NaN","size":"1"}],"asks":[]}',
        b'{"event_type":"book","asset_id":"111","bids":[{"price":"0.5","size":"-1"}],"asks":[]}',
        b'{"event_type":"book","asset_id":"111","bids":[{"price":"0.5","size":"1e308"}],"asks":[]}',
        b'{"event_type":"book","asset_id":"111","bids":[]}',
        changes((YES, "HOLD", "0.5", "1")),
        b'{"event_type":"last_trade_price","asset_id":"111","price":"2","size":"1"}',
        b'{"event_type":"tick_size_change","asset_id":"111","new_tick_size":"0"}',
        b'{"event_type":"book","asset_id":"111","bids":[],"asks":[],"timestamp":"99999999999999999999"}',
    ],
)
def test_what_cannot_be_read_is_refused_by_name(raw) -> None:
    with pytest.raises(WireError):
        market_events.decode(raw, 7, TOKENS)


WORDS = st.sampled_from(["0.5", "0.99", "1", "0", "", "NaN", "-1", "1e9", "0.12345", "12.3456789"]) | st.text(
    max_size=5
)
ROWS = st.fixed_dictionaries(
    {},
    optional={k: WORDS | st.integers() | st.none() for k in ("price", "size", "side", "hash", "best_bid")}
    | {"asset_id": st.sampled_from([YES, NO, "9"])},
)
DOCUMENTS = st.fixed_dictionaries(
    {"event_type": st.sampled_from([*sorted(wire_market.KINDS), "new_market", "x"])},
    optional={
        "asset_id": st.sampled_from([YES, NO, "9"]),
        "timestamp": WORDS | st.integers(),
        "bids": st.lists(ROWS, max_size=3) | WORDS,
        "asks": st.lists(ROWS, max_size=3),
        "price_changes": st.lists(ROWS, max_size=3) | st.none(),
        "price": WORDS,
        "size": WORDS,
        "side": WORDS,
        "new_tick_size": WORDS,
        "winning_asset_id": st.sampled_from([YES, NO, ""]),
    },
)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | DOCUMENTS.map(lambda d: json.dumps(d).encode()))
@example(b'{"event_type":"last_trade_price","asset_id":"111","price":"Infinity","size":"1"}')
@example(b"[" * 10_000)
@example(b'{"timestamp":"9999-99-99T00:00:00Z","event_type":"book","asset_id":"111","bids":[],"asks":[]}')
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    with suppress(WireError):
        market_events.decode(raw, 7, TOKENS)


def test_a_book_is_named_by_the_hash_the_clients_compute() -> None:
    raw = (
        b'{"market":"0xaa","asset_id":"100","timestamp":"123456789","hash":"","bids":[{"price":"0.3","size":"100"}],'
        b'"asks":[{"price":"0.6","size":"100"}],"min_order_size":"5","tick_size":"0.01","neg_risk":false,'
        b'"last_trade_price":"0.5"}'
    )
    (frame,) = wire_market.books(raw)
    assert wire_market.book_hash(frame) == hashlib.sha1(raw, usedforsecurity=False).hexdigest()


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_numbers_are_written_as_they_are_read(lots, ticks) -> None:
    assert numbers.lots(numbers.shares(lots)) == lots
    assert numbers.ticks(numbers.price(ticks)) == ticks


@pytest.mark.parametrize("moment", ["1786728438", "1786728438000", 1786728438, 1786728438000, "2026-08-14T17:27:18Z"])
def test_seconds_milliseconds_and_words_are_one_time(moment) -> None:
    assert numbers.nanos(moment) == 1_786_728_438 * 10**9
