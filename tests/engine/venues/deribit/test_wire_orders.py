"""Our orders in Deribit's words and back: prices never worse for us, money in dollars, every shape of news."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Place, Tif
from engine.core.effects import Approved
from engine.core.errors import WireError
from engine.core.ids import DERIBIT, InstrumentId, OrderId
from engine.core.units import Leg, Nanos, Qty, Side, Ticks
from engine.venues.deribit import wire, wire_account, wire_instruments, wire_orders
from engine.venues.deribit.wire_orders import Unsendable
from tests.engine.venues.deribit.chains import future, linear, news, option, row
from tests.shared import shared

ONE = wire_instruments.instrument(row(option()))
KNOWN = {
    one.id.symbol: one for one in (ONE, wire_instruments.instrument(row(future())),
                                   wire_instruments.instrument(row(linear())))
}  # fmt: skip


def approved(client: str = "c-1", **other) -> Approved:
    given = {"instrument": ONE.id, "side": Side.BUY, "price": Ticks(105), "qty": Qty(Decimal("0.1")), "tif": Tif.GTC}
    return Approved(order=OrderId("o-1"), place=Place(**(given | other)), gates=(), client=client)


def test_an_order_says_all_that_the_venue_wants() -> None:
    method, params = wire_orders.place(approved(post_only=True, reduce_only=True), ONE)
    assert method == "private/buy"
    assert params == {
        "instrument_name": "BTC-27NOV26-90000-C", "amount": Decimal("0.1"), "type": "limit",
        "price": Decimal("0.0105"), "time_in_force": "good_til_cancelled", "label": "c-1", "post_only": True,
        "reject_post_only": True, "reduce_only": True,
    }  # fmt: skip
    assert wire_orders.place(approved(side=Side.SELL, tif=Tif.FOK), ONE)[0] == "private/sell"


def test_an_edit_says_again_what_the_order_may_not_do() -> None:
    plain = wire_orders.edit("x", ONE, Side.BUY, Ticks(105), Qty(Decimal("0.1")))
    assert plain == {"order_id": "x", "amount": Decimal("0.1"), "price": Decimal("0.0105")}
    bound = wire_orders.edit("x", ONE, Side.BUY, Ticks(105), Qty(Decimal("0.1")), post_only=True, reduce_only=True)
    assert bound == {**plain, "post_only": True, "reject_post_only": True, "reduce_only": True}


@pytest.mark.parametrize(
    "wrong",
    [
        {"leg": Leg.NO}, {"price": None}, {"qty": None}, {"qty": Qty(Decimal("0.05"))}, {"qty": Qty(Decimal(0))},
        {"client": "x" * 65}, {"client": ""}, {"price": Ticks(0)},
    ],
)  # fmt: skip
def test_what_the_venue_does_not_have_is_not_sent(wrong) -> None:
    with pytest.raises(Unsendable):
        wire_orders.place(approved(**wrong), ONE)


@given(st.integers(1, 2_000), st.sampled_from(Side))
def test_a_price_between_two_steps_is_rounded_so_that_it_is_no_worse_for_us(price, side) -> None:
    found = wire_orders.rounded(ONE, Ticks(price), side)
    step = 1 if price <= 50 else 5
    assert found % step == 0
    assert found <= price if side is Side.BUY else found >= price
    assert abs(found - price) < step


def trade(**other) -> dict:
    return {
        "trade_id": "7", "order_id": "4", "label": "c-1", "instrument_name": ONE.id.symbol, "direction": "sell",
        "price": 0.0105, "amount": 2, "fee": 0.0006, "fee_currency": "BTC", "liquidity": "M", "timestamp": 9,
        "index_price": 90_000.5,
    } | other  # fmt: skip


def fact(**other):
    found = wire.body(wire_orders.TRADES, json.dumps([trade(**other)]).encode())[0]
    return wire.understood(wire_orders.fact, "", found, KNOWN)


def test_a_trade_is_told_in_dollars_by_its_index() -> None:
    found = fact()
    assert (found.cost, found.fee) == (Decimal("1890.010500"), Decimal("54.000300"))
    assert (found.side, found.qty, found.maker, found.at) == (Side.SELL, 2, True, Nanos(9_000_000))
    assert found.price == Decimal("0.0105")


def test_futures_and_linear_options_come_to_what_they_stand_for() -> None:
    perp = fact(instrument_name="BTC-PERPETUAL", price=90_000, amount=10, fee=1.6e-07)
    assert (perp.cost, perp.fee) == (Decimal(10), Decimal("0.014401"))
    sol = fact(instrument_name="SOL_USDC-27NOV26-140-P", price=5.25, amount=10, fee=0.4, fee_currency="USDC",
               index_price=None)  # fmt: skip
    assert (sol.cost, sol.fee) == (Decimal("52.5"), Decimal("0.4"))
    rebate = fact(fee=-0.0001)
    assert rebate.fee == Decimal("-9.00005")


def test_a_trade_of_what_was_never_listed_is_told_by_its_name() -> None:
    found = fact(instrument_name="ETH-27NOV26-3000-P", price=0.1, amount=1, index_price=3_000, fee=0)
    assert found.cost == Decimal(300)


@pytest.mark.parametrize(
    "wrong",
    [{"index_price": None}, {"price": -1}, {"amount": 0}, {"direction": "odd"}, {"timestamp": 1 << 60},
     {"price": 1e300}, {"index_price": 0}],
)  # fmt: skip
def test_a_trade_that_cannot_be_is_unreadable(wrong) -> None:
    with pytest.raises(WireError):
        fact(**wrong)


def order(**other) -> dict:
    return {
        "order_id": "ETH-584864807", "order_state": "open", "instrument_name": ONE.id.symbol, "direction": "buy",
        "amount": 1, "filled_amount": 0.5, "price": 0.0105, "label": "c-1",
    } | other  # fmt: skip


def test_one_order_or_a_list_of_them_or_everything_together_is_the_same_news() -> None:
    def told(channel: str, data):
        frame = wire.read(news(channel, data))
        assert isinstance(frame, wire.News)
        found = wire_account.news(frame)
        assert isinstance(found, wire_account.Changes)
        return [one.order_id for one in found.orders], [one.trade_id for one in found.trades]

    assert told("user.orders.option.any.raw", order()) == (["ETH-584864807"], [])
    assert told("user.orders.option.any.100ms", [order()]) == (["ETH-584864807"], [])
    assert told("user.trades.option.any.raw", [trade()]) == ([], ["7"])
    data = {"instrument_name": "X", "orders": [order()], "trades": [trade()], "positions": []}
    assert told("user.changes.any.any.raw", data) == (["ETH-584864807"], ["7"])


def test_an_order_at_the_markets_price_has_none() -> None:
    for said, price in (("market_price", None), (0.0105, Decimal("0.0105")), (None, None)):
        found = wire.body(wire_orders.ROW, json.dumps(order(price=said)).encode())
        assert wire_orders.price_of(found) == price
        assert wire_account.seen(found, None, KNOWN).price == (None if price is None else 105)


def test_positions_are_long_or_short_whatever_the_sign_of_their_size() -> None:
    def held(size: float, direction: str):
        raw = json.dumps([{"instrument_name": "BTC-PERPETUAL", "size": size, "direction": direction}]).encode()
        return wire_account.held(wire.body(wire_account.POSITIONS, raw)[0])

    for size, direction, leg in ((50, "buy", Leg.YES), (-50, "sell", Leg.NO), (50, "sell", Leg.NO)):
        found = held(size, direction)
        assert found is not None
        assert (found.leg, found.qty, found.instrument) == (leg, 50, InstrumentId(DERIBIT, "BTC-PERPETUAL"))
    assert held(0, "zero") is None


def test_cash_is_the_venues_sum_or_ours_or_not_known() -> None:
    def cash(*rows, **indices):
        raw = json.dumps(rows).encode()
        import msgspec

        found = msgspec.json.decode(raw, type=list[wire_account.Portfolio])
        return wire_account.cash(found, {name: Decimal(value) for name, value in indices.items()})

    assert cash({"currency": "BTC", "equity": 1, "total_equity_usd": 90_000.5}) == Decimal("90000.5")
    assert cash({"currency": "BTC", "equity": 2}, {"currency": "USDC", "equity": 10}, BTC=90_000) == Decimal(180_010)
    assert cash({"currency": "ETH", "equity": 2}) is None
    assert cash({"currency": "ETH", "equity": 0}) == 0


def test_limits_are_read_from_every_shape_of_them() -> None:
    for raw, found in (
        ('{"matching_engine": {"trading": {"total": {"burst": 250, "rate": 200}}}}', (200, 250)),
        ('{"matching_engine": {"rate": 5, "burst": 20}}', (5, 20)), ('{"matching_engine": {}}', None), ("{}", None),
    ):  # fmt: skip
        limits = wire.body(wire_account.LIMITS, raw.encode())
        assert limits is not None
        assert (limits.orders and (limits.orders.rate, limits.orders.burst)) == found


def test_recorded_orders_and_accounts_are_read() -> None:
    folder = shared("frames/deribit/nautilus_test_data")
    for path in sorted(folder.glob("ws_order_*.json")):
        result = json.dumps(json.loads(path.read_text())["result"]).encode()
        found = wire.body(wire_orders.ROW if "cancel" in path.name else wire_orders.DONE, result)
        one = found if isinstance(found, wire_orders.Row) else found.order
        assert wire_account.seen(one, None, KNOWN).client == one.label
    for name in ("http_get_account_summaries", "http_get_account_summaries_cross_margin"):
        result = json.dumps(json.loads((folder / f"{name}.json").read_text())["result"]).encode()
        assert wire.body(wire_account.SUMMARIES, result).summaries
    methods = json.loads(shared("frames/deribit/docs_examples/methods_openapi_2026-08.json").read_text())
    for method, decoder in (
        ("/private/buy", wire_orders.DONE), ("/private/edit", wire_orders.DONE), ("/private/cancel", wire_orders.ROW),
        ("/private/get_open_orders", wire_orders.ROWS), ("/private/get_order_state_by_label", wire_orders.ROWS),
        ("/private/get_user_trades_by_currency", wire_orders.PAGE), ("/private/get_positions", wire_account.POSITIONS),
        ("/private/get_account_summary", wire_account.PORTFOLIO),
    ):  # fmt: skip
        for one in methods[method]["response"]:
            assert wire.body(decoder, json.dumps(one["result"]).encode())


@given(st.dictionaries(st.sampled_from([*order(), *trade()]), st.one_of(
    st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8), st.just([]),
)))  # fmt: skip
def test_whatever_an_account_is_told_is_read_or_a_wire_error(changed) -> None:
    for make, base in ((wire_orders.ROW, order()), (wire_orders.TRADES, trade())):
        raw = json.dumps(base | changed if make is wire_orders.ROW else [base | changed]).encode()
        with suppress(WireError):
            found = wire.body(make, raw)
            if isinstance(found, wire_orders.Row):
                wire.understood(wire_account.seen, raw, found, None, KNOWN)
            else:
                wire.understood(wire_orders.fact, raw, found[0], KNOWN)
