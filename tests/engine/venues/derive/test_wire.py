"""Derive's frames: recorded ones decode, our own mean what they say, and no bytes raise anything but `WireError`."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.core.events import BookSnapshot, BooksStale, Marked, Trade
from engine.core.instrument import Payoff
from engine.core.units import Nanos, Side
from engine.venues.derive import wire, wire_account, wire_instruments, wire_market, wire_rfq
from engine.venues.derive.catalogue import Catalogue
from engine.venues.derive.ours import Ours
from tests.shared import shared

AT = Nanos(1_779_953_797_000_000_000)
ASSET = "0x" + "0c" * 20
V2 = "frames/derive/v2_nautilus_test_data"
V3 = "frames/derive/v3_recorded"


def row(name: str, **fields: Any) -> dict[str, Any]:
    kind = "option" if name[-1] in "CP" and name.count("-") == 3 else "perp"
    parts = name.split("-")
    details = {
        "expiry": 1_806_048_000,
        "strike": parts[2 if kind == "option" else 0].replace("_", "."),
        "option_type": name[-1],
        "index": "X",
    }
    return {
        "instrument_name": name, "instrument_type": kind, "is_active": True, "tick_size": "0.1", "amount_step": "0.01",
        "minimum_amount": "0.1", "maximum_amount": "100", "base_asset_address": ASSET, "base_currency": parts[0],
        "base_asset_sub_id": "39614082287924319838483674368", "quote_currency": "USDC", "base_fee": "0.5",
        "maker_fee_rate": "0.0001", "taker_fee_rate": "0.0003",
        "option_details": details if kind == "option" else None,
    } | fields  # fmt: skip


def spec(name: str, **fields: Any) -> wire_instruments.Spec:
    found = wire.body(wire_instruments.INSTRUMENT, json.dumps(row(name, **fields)).encode())
    return wire_instruments.spec(found, AT)


def market(*names: str, **fields: Any) -> wire_market.Market:
    catalogue = Catalogue()
    catalogue.learn([spec(name, **fields) for name in names])
    return wire_market.Market(catalogue)


def book(
    name: str = "ETH-PERP", number: int | None = 1, bids: Any = (("9.9", "2"),), asks: Any = (("10.1", "3"),)
) -> bytes:
    said = {"instrument_name": name, "timestamp": 1_779_953_797_000, "bids": bids, "asks": asks}
    return json.dumps(said if number is None else {**said, "publish_id": number}).encode()


def told(market: wire_market.Market, data: bytes, channel: str = "orderbook.ETH-PERP.1.20") -> Any:
    return market.told(channel, data, AT)


def test_a_whole_book_replaces_the_last_one() -> None:
    here = market("ETH-PERP")
    (first,) = told(here, book())
    assert first == BookSnapshot(
        at=AT, instrument=first.instrument, bids=((990, 200),), asks=((1010, 300),), seq=1,
        venue_time=Nanos(1_779_953_797_000_000_000),
    )  # fmt: skip
    objects = [{"price": "9.8", "amount": "1"}, {"price": "9.9", "amount": "0.5"}]
    (second,) = told(here, book(number=2, bids=objects, asks=[]))
    assert (second.bids, second.asks) == (((990, 50), (980, 100)), ()), "best first, whatever the order"


@pytest.mark.parametrize("number", [1, 0])
def test_a_book_that_came_late_is_passed_over(number) -> None:
    here = market("ETH-PERP")
    told(here, book(number=1))
    assert told(here, book(number=number, bids=[])) == ()
    assert here.old == 1
    here.begin()
    assert told(here, book(number=number)) != (), "a new connection counts anew"


@pytest.mark.parametrize(
    ("bids", "asks"), [((("10.1", "1"),), (("10.1", "1"),)), ((("9.95001", "1"),), ()), ((("9", "-1"),), ())]
)
def test_a_book_that_cannot_be_is_stale_and_no_book(bids, asks) -> None:
    (event,) = told(market("ETH-PERP"), book(bids=bids, asks=asks))
    assert isinstance(event, BooksStale)
    assert len(event.why.split()) > 3


@pytest.mark.parametrize("spoilt", [b'{"instrument_name":7}', b"[]", book(bids=[["9.9"]]), book(bids="none")])
def test_a_book_of_another_shape_leaves_the_one_before_it_stale(spoilt: bytes) -> None:
    one = market("ETH-PERP")
    assert isinstance(told(one, book())[0], BookSnapshot)
    (event,) = told(one, spoilt)
    assert isinstance(event, BooksStale)
    assert [name.symbol for name in event.instruments] == ["ETH-PERP"]
    assert isinstance(told(one, book(number=2))[0], BookSnapshot)
    assert told(one, spoilt, "orderbook.NOPE.1.20") == ()


def test_what_nobody_listed_tells_nothing() -> None:
    assert told(market("BTC-PERP"), book()) == ()
    assert told(market(), b"[]", "auctions.watch") == ()


def trade(name: str = "t", **fields: Any) -> dict[str, Any]:
    return {
        "instrument_name": "ETH-PERP", "trade_id": name, "trade_price": "10.0", "trade_amount": "1.5",
        "direction": "buy", "timestamp": 1,
    } | fields  # fmt: skip


def test_a_trade_is_told_once_with_its_takers_side() -> None:
    here = market("ETH-PERP")
    rows = [trade(), trade(), trade("u", liquidity_role="maker"), trade("v", trade_price="10.004")]
    events = [one for r in rows for one in told(here, json.dumps(r).encode(), "trades.ETH-PERP")]
    assert [(one.trade_id, one.taker, one.price) for one in events] == [
        ("t", Side.BUY, 1000), ("u", Side.SELL, 1000), ("v", Side.BUY, 1000),
    ]  # fmt: skip
    (listed,) = told(here, json.dumps([trade("w")]).encode(), "trades.ETH-PERP")
    assert isinstance(listed, Trade)


def test_instruments_are_read_from_their_details() -> None:
    put = spec("SOL-20270326-12_5-P").instrument
    assert (put.payoff, put.exercise, put.underlying, put.expires) == (
        Payoff.PUT,
        Decimal("12.5"),
        "SOL",
        1_806_048_000 * 10**9,
    )
    assert (put.unit, put.grid[0].step, put.lot, put.least) == (Decimal("0.01"), 10, Decimal("0.01"), Decimal("0.1"))
    fine = spec("X-PERP", tick_size="0.0001").instrument
    assert (fine.unit, fine.grid[0].step) == (Decimal("0.0001"), 1)
    settled = row("ETH-20270326-4000-C")
    settled["option_details"] |= {"settlement_price": "4100.5"}
    found = wire_instruments.spec(wire.body(wire_instruments.INSTRUMENT, json.dumps(settled).encode()), AT)
    assert (found.instrument.status, found.instrument.result) == ("settled", "4100.5")
    assert found.sub_id == 39614082287924319838483674368, "to the last digit"


@pytest.mark.parametrize(
    "fields", [{"tick_size": "0"}, {"amount_step": "-1"}, {"base_asset_address": "0x1"}, {"instrument_type": "x"}]
)
def test_an_instrument_that_cannot_be_is_refused(fields) -> None:
    with pytest.raises(ValueError, match=r"above 0|address|neither"):
        spec("ETH-PERP", **fields)


def test_a_chain_is_a_family_by_strike() -> None:
    names = ("ETH-20270326-4000-P", "ETH-20270326-4000-C", "ETH-20270326-500-C", "ETH-PERP")
    chain, alone = wire_instruments.listed([spec(name) for name in names], AT)
    assert [one.symbol for one in chain.family.members] == [names[2], names[1], names[0]]
    assert (chain.family.title, alone.family.id) == ("ETH 2027-03-26", "derive:ETH-PERP")


def test_a_tick_never_changes_its_worth() -> None:
    catalogue = Catalogue()
    catalogue.learn([spec("ETH-PERP")])
    assert catalogue.learn([spec("ETH-PERP", tick_size="0.001")]) == []
    assert catalogue.find("ETH-PERP").unit == Decimal("0.01")


def test_recorded_tickers_are_marks() -> None:
    call = shared(f"{V2}/options/ws_ticker_slim_eth_call.json").read_bytes()
    here = market("ETH-20260612-1600-C")
    (mark,) = told(here, call, "ticker_slim.ETH-20260612-1600-C.1000")
    assert isinstance(mark, Marked)
    assert (mark.price, mark.index, mark.forward) == (Decimal("398.1"), Decimal("1991.7"), Decimal("1992.6"))
    assert (mark.bid, mark.ask, mark.bid_lots) == (38_300, 40_980, 15_062)
    assert (mark.mark_iv, mark.bid_iv, mark.ask_iv, mark.delta) == (0.67698, None, 0.88815, 0.95222)
    perp = shared(f"{V2}/perps/ws_ticker_slim_eth.json").read_bytes()
    (mark,) = told(market("ETH-PERP"), perp, "ticker_slim.ETH-PERP.1000")
    assert (mark.funding, mark.open_interest) == (pytest.approx(0.0001), Decimal("4248.342"))


def test_recorded_books_and_trades_decode() -> None:
    for name in ("spot/ws_orderbook_eth", "spot/ws_orderbook_eth_mainnet", "perps/ws_orderbook_eth"):
        raw = shared(f"{V2}/{name}.json").read_bytes()
        symbol = json.loads(raw)["instrument_name"]
        (event,) = told(market(symbol, instrument_type="erc20"), raw, f"orderbook.{symbol}.1.10")
        said = json.loads(raw)
        assert [[price / 100, lots / 100] for price, lots in event.bids] == [
            [float(p), float(a)] for p, a in said["bids"]
        ]
    for name in ("spot/ws_trade_eth", "options/ws_trade_eth", "perps/ws_trade_eth"):
        raw = shared(f"{V2}/{name}.json").read_bytes()
        symbol = json.loads(raw)["instrument_name"]
        (event,) = told(market(symbol), raw, f"trades.{symbol}")
        assert isinstance(event, Trade)


def test_recorded_account_rows_decode() -> None:
    recorded = json.loads(shared(f"{V3}/http_trades_v3_native_nautilus.json").read_text())
    reply = wire.body(wire_account.TRADES, json.dumps(recorded).encode())
    (fact,) = [wire_account.fact(one) for one in reply.trades]
    assert (fact.buys, fact.qty, fact.price, fact.fee) == (
        False,
        Decimal("0.1"),
        Decimal("2568.5"),
        Decimal("0.087052478068"),
    )
    placed = wire.read(shared(f"{V2}/spot/http_submit_order_response.json").read_bytes())
    assert wire.body(wire_account.PLACED, placed.result).order.order_status == "open"
    ack = wire.read(shared(f"{V2}/spot/ws_subscribe_ack.json").read_bytes())
    status = wire.body(wire.SUBSCRIBED, ack.result).status
    assert [name for name, said in status.items() if said != "ok"] == ["trades.spot.ETH"]


def test_a_recorded_login_reads_as_it_was() -> None:
    document = json.loads(shared(f"{V3}/ws_login_subscribe_balances_ccxt.json").read_text())
    login, ack, balances = (wire.read(json.dumps(one)) for one in document["received"])
    assert wire.body(wire_account.SUBACCOUNTS, login.result) == [74412, 86126]
    assert wire.body(wire.SUBSCRIBED, ack.result).status == {"74412.balances": "ok"}
    assert balances.channel == "74412.balances"


def test_an_errors_data_is_told_in_one_plain_line() -> None:
    said = b'{"id":1,"error":{"code":-32602,"message":"Invalid\\n params","data":"<b>x</b>"}}'
    error = wire.read(said).error
    assert error.text == "Invalid params <b>x</b>"


HERE = market("ETH-PERP", "ETH-20270326-4000-C")
DECODERS = (
    wire_account.ORDERS, wire_account.TRADES, wire_account.PLACED, wire_account.REPLACED, wire_account.POSITIONS,
    wire_account.COLLATERALS, wire_instruments.INSTRUMENTS, wire_rfq.RFQS, wire_rfq.QUOTES, wire.SUBSCRIBED,
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda one: json.dumps(one).encode()))
@example(b'{"method":"subscription","params":{"channel":"orderbook.X.1.1","data":NaN}}')
@example(b'{"id":18446744073709551616,"result":1}')
@example(b"[" * 100_000)
@example(b'{"instrument_ticker":{"A":"1e99","B":"0","a":"0","b":"0","I":"NaN","M":"1","t":1}}')
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    with suppress(WireError):
        wire.read(raw)
    for channel in ("orderbook.ETH-PERP.1.20", "ticker_slim.ETH-PERP.1000", "trades.ETH-PERP"):
        with suppress(WireError):
            HERE.told(channel, raw, AT)
    for decoder in DECODERS:
        with suppress(WireError):
            wire.body(decoder, raw)


SPOILT = st.sampled_from(["", "-1", "NaN", "1e400", "9" * 60, "Infinity", None, 3, [], {}])


@given(st.data())
def test_a_row_with_any_field_spoilt_is_read_or_refused(data) -> None:
    slim = {"A": "1", "B": "1", "a": "10.1", "b": "9.9", "I": "10", "M": "10", "t": 1, "f": "0"}
    order = {
        "order_id": "o", "instrument_name": "ETH-PERP", "direction": "buy", "amount": "1", "filled_amount": "0",
        "limit_price": "10", "order_status": "open", "nonce": "1", "subaccount_id": 1, "label": "c",
    }  # fmt: skip
    for whole, read in (
        (trade(), lambda raw: told(HERE, raw, "trades.ETH-PERP")),
        (slim, lambda raw: told(HERE, b'{"instrument_ticker":' + raw + b"}", "ticker_slim.ETH-PERP.1000")),
        (row("ETH-20270326-4000-C"), lambda raw: wire.understood(
            wire_instruments.spec, raw, wire.body(wire_instruments.INSTRUMENT, raw), AT)),
        (order, lambda raw: wire.understood(Ours().update, raw, wire.body(wire_account.ORDER, raw), AT)),
    ):  # fmt: skip
        spoilt = dict(whole) | {data.draw(st.sampled_from(sorted(whole))): data.draw(SPOILT)}
        with suppress(WireError):
            read(msgspec.json.encode(spoilt))
