"""The library's markets, books and errors as ours: nothing is rounded in silence, and a crossed book is none."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import AuthFailed, OutcomeUnknown, Unavailable, VenueRefused, WireError
from engine.core.events import Filled
from engine.core.ids import OrderId
from engine.core.instrument import Payoff
from engine.core.units import Nanos, Ticks
from engine.venues import registry
from engine.venues.ccxt import library, markets
from engine.venues.ccxt.endpoints import Endpoints, exchange_of, venue_of
from engine.venues.ccxt.library import Client, meaning
from engine.venues.ccxt.looking import Looking
from engine.venues.ccxt.markets import number
from engine.venues.ccxt.ours import Mine, Ours
from tests.shared import shared

OKX = venue_of("okx")
AT = Nanos(1)


def market(**fields: Any) -> dict[str, Any]:
    return {
        "id": "BTC-USDT", "symbol": "BTC/USDT", "type": "spot", "base": "BTC", "quote": "USDT", "active": True,
        "precision": {"price": 0.1, "amount": 1e-05}, "limits": {"amount": {"min": 0.0001}}, "taker": 0.001,
        "maker": 0.0008, "info": {},
    } | fields  # fmt: skip


def test_a_market_is_an_instrument_by_the_exchanges_own_id() -> None:
    one = markets.spec(OKX, market(), markets.TICK_SIZE)
    made = one.instrument
    assert (made.id.symbol, made.unit, made.lot, made.least) == (
        "BTC-USDT",
        Decimal("0.1"),
        Decimal("0.00001"),
        Decimal("0.0001"),
    )
    assert (made.payoff, made.grid[0].start, made.expires) == (Payoff.LINEAR, 1, None)
    option = markets.spec(
        venue_of("bybit"),
        market(type="option", id="X", strike=100000.0, optionType="put", expiry=1_806_048_000_000, inverse=False,
               settle="USDC", contractSize=0.01),
        markets.TICK_SIZE,
    ).instrument  # fmt: skip
    assert (option.payoff, option.exercise, option.contract_size) == (Payoff.PUT, 100_000, Decimal("0.01"))
    assert option.expires == 1_806_048_000 * 10**9
    digits = markets.spec(OKX, market(precision={"price": 2, "amount": 3}), markets.PLACES).instrument
    assert (digits.unit, digits.lot) == (Decimal("0.01"), Decimal("0.001"))


def test_steps_of_a_grid_are_the_exchanges_and_not_the_one_the_library_knows() -> None:
    steps = [{"tick_size": 0.0005, "above_price": 0.005}]
    row = market(precision={"price": 0.0001, "amount": 0.1}, info={"tick_size_steps": steps})
    made = markets.spec(venue_of("deribit"), row, markets.TICK_SIZE).instrument
    allowed = [ticks for ticks in range(100) if markets.on_grid(made, Ticks(ticks))]
    assert [one for one in allowed if one <= 50] == list(range(1, 51)), "a tenth of a thousandth below"
    assert [one for one in allowed if one > 50] == list(range(55, 100, 5)), "five of them above, so 0.0067 is none"


@pytest.mark.parametrize(
    "fields", [{"type": "index"}, {"precision": {"price": 0}}, {"precision": {"price": float("nan")}}]
)
def test_a_market_that_cannot_be_is_refused(fields) -> None:
    with pytest.raises(ValueError, match=r"kind|step|number"):
        markets.spec(OKX, market(**fields), markets.TICK_SIZE)


SPEC = markets.spec(OKX, market(), markets.TICK_SIZE)


def test_a_book_of_floats_is_whole_ticks_and_lots() -> None:
    book = {"bids": [[100.1, 0.3], [100.0, 0.00001]], "asks": [[100.2, 1e-07], [100.3, 2.0]], "timestamp": 5}
    found = markets.snapshot(SPEC, book, AT)
    assert found.bids == ((1001, 30_000), (1000, 1))
    assert found.asks == ((1003, 200_000),), "less than a lot is nothing"
    assert found.venue_time == 5_000_000


@pytest.mark.parametrize(
    "book",
    [
        {"bids": [[100.1, 1]], "asks": [[91.0, 1]]},
        {"bids": [[100.1, 1]], "asks": [[100.1, 1]]},
        {"bids": [[100.15, 1]], "asks": []},
        {"bids": [["x", 1]], "asks": []},
        {"bids": [[float("inf"), 1]], "asks": []},
        {"bids": None, "asks": []},
        {},
    ],
)
def test_a_book_that_crosses_itself_or_cannot_be_read_is_none(book) -> None:
    with pytest.raises(WireError):
        markets.snapshot(SPEC, book, AT)


LEVEL = st.lists(st.none() | st.floats() | st.text(max_size=3) | st.integers(), max_size=3)


@given(
    st.dictionaries(
        st.sampled_from(["bids", "asks", "timestamp"]), st.none() | st.lists(LEVEL, max_size=4) | st.floats()
    )
)
def test_no_book_raises_anything_but_wire_error(book) -> None:
    with suppress(WireError):
        markets.snapshot(SPEC, book, AT)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_as_it_is_written(value) -> None:
    assert float(number(value)) == value


def test_numbers_of_the_librarys_fixtures_may_be_texts() -> None:
    document = json.loads(shared("frames/ccxt/static_fixtures_extract.json").read_text())
    ticker = document["derive_v2_get_ticker_perp"]["result"]
    read = {
        name: number(text)
        for name, text in ticker.items()
        if isinstance(text, str) and text[0].isdigit() and "x" not in text
    }
    assert read["mark_price"] == Decimal("99031.927500030360533855855464935302734375"), "to the last digit"
    assert number(ticker["best_bid_price"]) < number(ticker["best_ask_price"])


def test_a_fee_in_the_coin_is_told_in_dollars_and_an_inverse_trade_by_its_face() -> None:
    inverse = markets.spec(
        OKX, market(type="swap", inverse=True, settle="BTC", contractSize=100.0), markets.TICK_SIZE
    ).instrument
    trade = {"price": 50_000.0, "fee": {"cost": 0.00001, "currency": "BTC"}}
    assert markets.cost(inverse, Decimal(50_000), Decimal(3), trade) == 300
    assert markets.fee(inverse, trade) == (Decimal("0.5"), "")
    in_dollars = {"price": 1.0, "fee": {"cost": 0.2, "currency": "USDT"}}
    assert markets.fee(SPEC.instrument, in_dollars) == (Decimal("0.2"), "")


@pytest.mark.parametrize(
    ("paid", "dollars", "coin"),
    [
        ({"fee": {"cost": 0.0001, "currency": "BNB"}}, "0", "0.0001 BNB"),
        ({"fee": {"cost": 0.0001}}, "0", "0.0001 of an unnamed coin"),
        ({"fee": {"cost": 0, "currency": "BNB"}}, "0", ""),
        ({"fee": {"cost": None, "currency": None}}, "0", "not said"),
        ({}, "0", "not said"),
        ({"fees": [{"cost": 0.2, "currency": "USDT"}, {"cost": 0.1, "currency": "USDC"}]}, "0.3", ""),
        ({"fees": [{"cost": 0.2, "currency": "USDT"}, {"cost": 0.1, "currency": "OKB"}]}, "0", "0.1 OKB"),
    ],
)
def test_a_fee_in_a_third_coin_is_never_taken_for_dollars(paid, dollars, coin) -> None:
    """A fee of 0.0001 BNB was booked as $0.0001, one of 300 SHIB as $300."""
    assert markets.fee(SPEC.instrument, {"price": 50_000.0} | paid) == (Decimal(dollars), coin)


def inverse_option(exchange: str) -> Any:
    row = market(type="option", id="BTC-C", strike=100000.0, optionType="call", expiry=1_806_048_000_000, inverse=True,
                 quote="USD", settle="BTC", contractSize=1.0)  # fmt: skip
    return markets.spec(venue_of(exchange), row, markets.TICK_SIZE).instrument


def test_an_inverse_option_is_told_in_dollars_by_the_index_of_its_trade_or_not_at_all() -> None:
    """Its price is in coin: 0.01 BTC was booked as a cent."""
    option = inverse_option("deribit")
    trade = {"price": 0.01, "fee": {"cost": 0.0003, "currency": "BTC"}, "info": {"index_price": 60_000.0}}
    assert markets.cost(option, Decimal("0.01"), Decimal(2), trade) == 1_200
    assert markets.fee(option, trade) == (18, "")
    assert markets.in_dollars(option) == ""
    assert markets.fee(option, trade | {"info": {}}) == (0, "0.0003 BTC")
    with pytest.raises(ValueError, match="without its price"):
        markets.cost(option, Decimal("0.01"), Decimal(2), trade | {"info": {}})
    assert "does not say what that was worth" in markets.in_dollars(inverse_option("bybit"))


def test_a_market_quoted_in_a_coin_is_none_that_is_traded_here() -> None:
    with pytest.raises(ValueError, match="quoted in 'BTC'"):
        markets.spec(OKX, market(id="ETH-BTC", symbol="ETH/BTC", base="ETH", quote="BTC"), markets.TICK_SIZE)


def test_a_price_that_the_library_would_round_by_its_digits_is_told() -> None:
    ccxt = pytest.importorskip("ccxt")
    exchange = ccxt.bitfinex()
    row = market(id="tBTCUST", precision={"price": 5, "amount": 8}, contract=False, spot=True)
    exchange.set_markets([row])
    one = markets.spec(venue_of("bitfinex"), row, exchange.precisionMode)
    size = Decimal("0.001")
    assert markets.moved(exchange, one, Decimal("65432"), size) == ""
    assert markets.moved(exchange, one, Decimal("65432.7"), size) == "its price would be sent as 65433, not 65432.7"
    assert "its size would be sent as" in markets.moved(exchange, one, Decimal("65432"), Decimal("0.123456789"))


def test_what_the_library_raises_is_a_no_or_no_answer() -> None:
    ccxt = pytest.importorskip("ccxt")
    no = (ccxt.InsufficientFunds, ccxt.InvalidOrder, ccxt.OrderNotFound, ccxt.BadSymbol, ccxt.NotSupported)
    unknown = (
        ccxt.ExchangeError,
        ccxt.RequestTimeout,
        ccxt.DDoSProtection,
        ccxt.RateLimitExceeded,
        ccxt.ExchangeNotAvailable,
        ccxt.BadResponse,
    )
    for kind in no:
        assert isinstance(meaning(OKX, kind("deribit {secret: 1}")), VenueRefused), kind
    for kind in unknown:
        error = meaning(OKX, kind("x"))
        assert isinstance(error, OutcomeUnknown), kind
        assert "secret" not in str(error)
    assert isinstance(meaning(OKX, ccxt.PermissionDenied("x")), AuthFailed)
    with pytest.raises(KeyError):
        meaning(OKX, KeyError("a fault of ours"))


async def test_a_missing_extra_is_said_in_one_sentence(monkeypatch) -> None:
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    client = Client(OKX, Endpoints("okx"), None)
    with pytest.raises(Unavailable, match=r"need the extra ccxt, which is not installed: pip install atmx\[ccxt\]"):
        async with client.used():
            pass


def test_an_exchange_is_a_venue_of_the_registry() -> None:
    row = registry.row(OKX)
    assert (row.id, row.title, exchange_of(row.id)) == ("ccxt-okx", "Okx (CCXT)", "okx")
    where = registry.endpoints(OKX, "demo")
    assert (where.exchange, where.sandbox) == ("okx", True)
    assert registry.builder(OKX)(where, None, lambda: AT, None).gateway is None


class Exchange:
    """An exchange's own side of the library: so many trades at once, the oldest or the latest of them."""

    def __init__(self, count: int, most: int, *, latest: bool) -> None:
        self.has = {"fetchMyTrades": True}
        self.rows = [{"id": str(n), "timestamp": 1_000 + n // 2} for n in range(count)]
        self.most, self.latest = most, latest

    async def fetch_my_trades(self, symbol: str, since: int, limit: int, params: dict[str, int]) -> list[Any]:
        until = params.get("until", 1 << 60)
        some = [row for row in self.rows if since <= row["timestamp"] <= until]
        most = min(limit, self.most)
        return some[-most:] if self.latest else some[:most]


@pytest.mark.parametrize("latest", [False, True])
@pytest.mark.parametrize(("count", "most"), [(0, 100), (7, 50), (50, 50), (230, 50), (230, 100), (901, 1_000)])
async def test_every_trade_of_a_time_is_read_whichever_end_of_it_an_exchange_gives(latest, count, most) -> None:
    looking = Looking(Client(OKX, Endpoints("okx"), None), Ours(), lambda: AT, lambda event: None)
    found = await looking.trades(Exchange(count, most, latest=latest), SPEC, 0)
    assert sorted(int(row["id"]) for row in found) == list(range(count))


@pytest.mark.parametrize("spoilt", [{"amount": None}, {"price": "x"}, {"amount": "1e999999999"}, {"fee": 7}])
async def test_a_trade_that_cannot_be_read_is_a_wire_error_and_told_once_it_can(spoilt) -> None:
    told: list[Any] = []
    ours = Ours()
    mine = ours.keep(Mine(OrderId("a"), "a", SPEC.id, AT))
    looking = Looking(Client(OKX, Endpoints("okx"), None), ours, lambda: AT, told.append)
    trade = {"id": "t", "order": "7", "amount": 1.0, "price": 2.0, "timestamp": 1}
    row = {"id": "7", "clientOrderId": "a", "status": "open", "amount": 2.0, "filled": 1.0}
    with pytest.raises(WireError):
        await looking.take(Exchange(0, 1, latest=True), SPEC, mine, row | {"trades": [trade | spoilt]})
    await looking.take(Exchange(0, 1, latest=True), SPEC, mine, row | {"trades": [trade]})
    assert [type(event).__name__ for event in told] == ["Accepted", "Filled"]
    with pytest.raises(WireError):
        await looking.take(Exchange(0, 1, latest=True), SPEC, mine, row | {"filled": "x"})


async def test_fills_that_are_made_up_come_to_what_the_order_came_to() -> None:
    told: list[Any] = []
    ours = Ours()
    mine = ours.keep(Mine(OrderId("a"), "a", SPEC.id, AT))
    looking = Looking(Client(OKX, Endpoints("okx"), None), ours, lambda: AT, told.append)
    silent = Exchange(0, 1, latest=True)
    silent.has = {}
    for filled, average, status in ((1.0, 100.0, "open"), (2.0, 105.0, "open"), (4.0, 110.0, "closed")):
        row = {"id": "7", "status": status, "amount": 4.0, "filled": filled, "average": average}
        await looking.take(silent, SPEC, mine, row)
    fills = [event for event in told if isinstance(event, Filled)]
    assert [(event.qty, event.price) for event in fills] == [(1, 100), (1, 110), (2, 115)]
    assert sum(event.cost for event in fills) == 440


@pytest.mark.parametrize("status", ["canceled", "closed", "expired"])
async def test_an_order_that_ended_without_saying_what_traded_is_told_with_its_trades(status: str) -> None:
    told: list[Any] = []
    ours = Ours()
    mine = ours.keep(Mine(OrderId("a"), "a", SPEC.id, AT))
    looking = Looking(Client(OKX, Endpoints("okx"), None), ours, lambda: AT, told.append)
    exchange = Exchange(0, 1, latest=True)
    exchange.rows = [{"id": "t", "order": "7", "amount": 1.0, "price": 2.0, "timestamp": AT // 1_000_000}]
    await looking.take(exchange, SPEC, mine, {"id": "7", "status": status, "amount": None, "filled": None})
    assert [type(event).__name__ for event in told][:2] == ["Accepted", "Filled"]
    assert type(told[2]).__name__ in {"Canceled", "Expired"}
    exchange.has = {}
    other = ours.keep(Mine(OrderId("b"), "b", SPEC.id, AT))
    with pytest.raises(WireError):
        await looking.take(exchange, SPEC, other, {"id": "8", "status": status, "amount": 2.0, "filled": None})
    assert not other.ended


def test_two_instruments_orders_of_one_id_are_not_mixed_up() -> None:
    ours = Ours()
    other = markets.spec(OKX, market(id="ETH-USDT", symbol="ETH/USDT", base="ETH"), markets.TICK_SIZE)
    one, two = (
        ours.keep(Mine(OrderId(name), name, spec.id, AT, venue_order="7")) for name, spec in (("a", SPEC), ("b", other))
    )
    assert ours.of_trade(SPEC.id, {"order": "7"}) is one
    assert ours.of_trade(other.id, {"order": "7"}) is two
    assert ours.of_row(other.id, {"id": "7"}) is two
