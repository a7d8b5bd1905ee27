"""News of our orders: whose part a trade was, at which price, once, and until it fails."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import WireError
from engine.core.events import Accepted, Canceled, Expired, Filled, FillReversed
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import POLYMARKET, InstrumentId, OrderId
from engine.core.units import Leg, Nanos, Side
from engine.venues.polymarket import wire_user
from engine.venues.polymarket.tracked import Orders, Tracked
from engine.venues.polymarket.user_talk import UserTalk
from engine.venues.polymarket.wire_user import OrderRow, Ours, TradeRow

IT = InstrumentId(POLYMARKET, "0x01")
YES, NO = "111", "222"
FEE = FeeRule(kind="polymarket", rate=Decimal("0.05"))
AT = Nanos(7)


def ours(side: Side = Side.BUY, leg: Leg = Leg.YES, order: str = "o-1", fee: FeeRule = NO_FEE) -> Ours:
    return Ours(OrderId(order), IT, side, leg, YES if leg is Leg.YES else NO, fee)


def trade(*makers: tuple[str, str, str, str], taker: str = "0xother", **more: str) -> bytes:
    rows = [{"order_id": n, "matched_amount": a, "price": p, "asset_id": t, "owner": "x"} for n, a, p, t in makers]
    wanted = {
        "event_type": "trade",
        "id": "t-1",
        "taker_order_id": taker,
        "asset_id": YES,
        "side": "SELL",
        "size": "15",
        "price": "0.5",
        "status": "MATCHED",
        "match_time": "1786123456",
        "maker_orders": rows,
    }
    return json.dumps(wanted | more).encode()


def test_a_taker_pays_each_maker_its_own_price_and_the_fee_of_each() -> None:
    raw = trade(("a", "5", "0.4", YES), ("b", "10", "0.65", NO), taker="0xmine", side="SELL")
    (filled,) = wire_user.decode(raw, AT, {"0xmine": ours(Side.SELL, fee=FEE)})
    assert isinstance(filled, Filled)
    assert (filled.qty, filled.cost, filled.maker) == (15, Decimal("5.5"), False)
    assert filled.fee == Decimal("0.06") + Decimal("0.11375")
    assert filled.price == Decimal("5.5") / 15


def test_a_row_that_cannot_be_read_takes_no_fill_of_its_frame_with_it() -> None:
    orders = Orders()
    orders.add(Tracked("0xmine", ours(), OrderId("o-1"), Decimal(15), immediate=False))
    talk = UserTalk("ws://here", None, orders)  # type: ignore[arg-type]  # nobody signs here
    good, odd = trade(("0xmine", "15", "0.5", YES)), trade(("0xmine", "1.5.2", "0.5", YES), id="t-2")
    for spoilt in (odd, b'{"event_type":"order","id":7}', b'{"event_type":"order","id":"0xmine","original_size":[]}'):
        told: list[object] = []
        with pytest.raises(WireError):
            told.extend(talk.frame(b"[" + b",".join((spoilt, good)) + b"]", AT))  # what came before it failed is kept
        assert [type(event) for event in told] == [Filled]
        orders.at_venue("0xmine").fills.clear()
    with pytest.raises(WireError):
        list(talk.frame(b"[7", AT))
    assert list(talk.frame(b"PONG", AT)) == []


def test_where_makers_do_not_add_up_the_trades_own_price_counts() -> None:
    (filled,) = wire_user.decode(trade(("a", "5", "0.4", YES), taker="0xmine"), AT, {"0xmine": ours()})
    assert filled.cost == Decimal("7.5")


def test_a_makers_part_is_its_row_in_its_own_tokens_price() -> None:
    raw = trade(("0xmine", "5", "0.52", YES), ("0xtoo", "2", "0.4", YES), ("0xmine", "1", "0.5", YES))
    mine = {"0xmine": ours(), "0xtoo": ours(leg=Leg.NO, order="o-2", fee=FEE)}
    first, second = wire_user.decode(raw, AT, mine)
    assert (first.order, first.qty, first.cost, first.trade_id) == ("o-1", 6, Decimal("3.1"), "t-1:0xmine")
    assert (second.order, second.cost, second.fee) == ("o-2", Decimal("1.2"), 0)  # stated for YES, ours is NO


def test_trades_and_orders_of_others_say_nothing() -> None:
    assert wire_user.decode(trade(("a", "15", "0.5", YES)), AT, {"0xmine": ours()}) == ()
    assert wire_user.decode(b'{"event_type":"order","id":"0xno","original_size":"5"}', AT, {}) == ()
    assert wire_user.decode(b"PONG", AT, {}) == ()


def order(**more: object) -> bytes:
    wanted = {"event_type": "order", "id": "0xmine", "original_size": "12", "type": "PLACEMENT", "status": "LIVE"}
    return json.dumps(wanted | more).encode()


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, Accepted),
        ({"type": "UPDATE", "size_matched": "5"}, None),
        ({"type": "UPDATE", "status": "MATCHED", "size_matched": "12"}, None),
        ({"type": "CANCELLATION", "status": "CANCELED"}, Canceled),
        ({"type": "CANCELLATION", "status": "INVALID"}, Canceled),
        (
            {"type": "CANCELLATION", "status": "CANCELED_order couldn't be fully filled. FOK", "size_matched": ""},
            Canceled,
        ),
        ({"type": "CANCELLATION", "status": "SOMETHING_NEW"}, Canceled),
        ({"type": "NEW_TYPE", "status": "NEW_STATUS", "surprise": [1]}, Accepted),
    ],
)
def test_an_orders_news_is_its_event(more, kind) -> None:
    made = wire_user.decode(order(**more), AT, {"0xmine": ours()})
    assert [type(event) for event in made] == ([] if kind is None else [kind])


def test_an_order_whose_time_came_expired_and_was_not_cancelled() -> None:
    gtd = {"type": "CANCELLATION", "order_type": "GTD", "expiration": "1786123456"}
    (late,) = wire_user.decode(order(**gtd, timestamp="1786123400000"), AT, {"0xmine": ours()})
    (early,) = wire_user.decode(order(**gtd, timestamp="1786123000000"), AT, {"0xmine": ours()})
    assert (type(late), type(early)) == (Expired, Canceled)


def test_a_failed_trade_takes_its_fill_back() -> None:
    raw = trade(("0xmine", "15", "0.5", YES), status="TRADE_STATUS_FAILED")
    assert wire_user.decode(raw, AT, {"0xmine": ours()}) == (
        FillReversed(at=AT, order=OrderId("o-1"), trade_id="t-1:0xmine"),
    )


def tracked(**more: object) -> tuple[Orders, Tracked]:
    orders = Orders()
    wanted = {"id": "0xmine", "ours": ours(), "order": OrderId("o-1"), "qty": Decimal(20), "immediate": False}
    return orders, orders.add(Tracked(**(wanted | more)))


def rows(raw: bytes) -> list[OrderRow | TradeRow]:
    return wire_user.rows(raw)


def test_an_immediate_order_ends_when_what_it_matched_was_told() -> None:
    orders, one = tracked(immediate=True, expected=Decimal(15), answered=True)
    cancelled = rows(order(type="CANCELLATION", status="CANCELED"))[0]
    assert orders.take(cancelled, AT) == []  # its fills are still to come
    (filled, ended) = orders.take(rows(trade(("a", "15", "0.5", YES), taker="0xmine"))[0], AT)
    assert (type(filled), type(ended)) == (Filled, Canceled)
    assert orders.take(rows(trade(("a", "15", "0.5", YES), taker="0xmine"))[0], AT) == []
    assert one.ended


def test_the_end_of_an_immediate_order_waits_for_the_venues_answer() -> None:
    orders, one = tracked(immediate=True)
    assert orders.take(rows(order(type="CANCELLATION", status="CANCELED"))[0], AT) == []
    assert [type(event) for event in orders.answer(one)] == [Canceled]
    assert orders.answer(one) == []


def test_news_under_the_venues_own_id_is_news_of_the_order() -> None:
    orders, one = tracked()
    orders.alias(one, "0xtheirs")
    assert len(orders.take(rows(trade(("0xtheirs", "5", "0.5", YES)))[0], AT)) == 1
    assert orders.at_venue("0xmine") is one
    assert orders.working
    orders.drop(one)
    assert orders.of(one.order) is None
    assert not orders.ours


STAGES = st.lists(st.sampled_from(["MATCHED", "MINED", "CONFIRMED", "RETRYING", "FAILED", "NEW"]), max_size=8)


@given(STAGES)
def test_whatever_the_order_of_its_stages_a_trade_is_counted_once_or_not_at_all(stages) -> None:
    orders, one = tracked()
    told = [event for s in stages for event in orders.take(rows(trade(("0xmine", "5", "0.5", YES), status=s))[0], AT)]
    count = sum(isinstance(e, Filled) for e in told) - sum(isinstance(e, FillReversed) for e in told)
    assert sum(isinstance(e, Filled) for e in told) <= 1
    assert sum(isinstance(e, FillReversed) for e in told) <= 1
    if "FAILED" in stages:
        assert one.filled == 0
        assert count <= 0
    else:
        assert one.filled == (5 if stages else 0)


NAMES = ["event_type", "id", "taker_order_id", "asset_id", "size", "price", "status", "type", "original_size", "side"]
WORDS = st.sampled_from(["0xmine", "order", "trade", "GTD", "CANCELLATION", "NaN", "1e9", "-1", "0.5", "", "FAILED"])
MAKERS = st.lists(
    st.fixed_dictionaries(dict.fromkeys(("order_id", "matched_amount", "price", "asset_id"), WORDS)), max_size=2
)
DOCUMENTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys([*NAMES, "expiration", "order_type", "match_time"], WORDS) | {"maker_orders": MAKERS}
)


@given(st.binary(max_size=40) | DOCUMENTS.map(lambda d: json.dumps(d).encode()))
def test_no_bytes_raise_anything_but_wire_error(raw) -> None:
    with suppress(WireError):
        wire_user.decode(raw, AT, {"0xmine": ours(fee=FEE)})
