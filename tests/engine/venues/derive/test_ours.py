"""Which of a venue's orders is ours, where a replacement has an id of its own and its answer was lost."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.core.commands import Place
from engine.core.effects import Approved
from engine.core.errors import WireError
from engine.core.events import Accepted, Event, Filled
from engine.core.ids import DERIVE, InstrumentId, OrderId
from engine.core.units import Money, Nanos, Qty, Side, Ticks
from engine.venues.derive.endpoints import PROD
from engine.venues.derive.keys import DeriveKeys
from engine.venues.derive.ours import Mine, Ours
from engine.venues.derive.private import Private
from engine.venues.derive.sign import Signer
from engine.venues.derive.wire_account import Fact

AT = Nanos(1)
OLD, NEW = "5c7c7c71-7c59-4cc9-82a3-b357ae5689b3", "3c7c7c71-7c59-4cc9-82a3-b357ae5689b3"


@pytest.fixture
def ours() -> Ours:
    return Ours()


@pytest.fixture
def mine(ours) -> Mine:
    place = Place(
        instrument=InstrumentId(DERIVE, "ETH-PERP"), side=Side.BUY, price=Ticks(250_000), qty=Qty(Decimal("0.04"))
    )
    one = ours.add(Approved(order=OrderId("o-1"), place=place, gates=(), client="c-1"))
    ours.accepted(one, OLD, AT)
    return one


def fill(name: str, trade: str = "t-1") -> Fact:
    return Fact(
        trade_id=trade, order_id=name, client="c-1", instrument=InstrumentId(DERIVE, "ETH-PERP"), buys=True,
        price=Decimal(2500), qty=Qty(Decimal("0.02")), fee=Money(Decimal("0.01")), maker=True, at=AT,
    )  # fmt: skip


def told(events: list[Event]) -> list[tuple[type, str]]:
    return [(type(one), getattr(one, "venue_order", "")) for one in events]


def test_a_fill_of_a_replacement_nobody_answered_for_tells_its_id_first(ours, mine) -> None:
    mine.moving = True
    ours.lost(mine)
    assert told(ours.fill(fill(NEW), AT)) == [(Accepted, NEW), (Filled, "")]
    assert told(ours.fill(fill(OLD, "t-0"), AT)) == [(Filled, "")], "a late fill of the old one takes nothing back"
    assert told(ours.fill(fill(NEW, "t-2"), AT)) == [(Filled, "")]


def test_while_a_replacement_is_under_way_its_answer_tells_the_id(ours, mine) -> None:
    mine.moving = True
    assert told(ours.fill(fill(NEW), AT)) == [(Filled, "")]
    assert mine.venue_order == OLD


def test_another_id_is_news_and_the_same_is_none(ours, mine) -> None:
    assert ours.renamed(mine, OLD, AT) == []
    ours.named(mine, NEW)
    assert told(ours.renamed(mine, OLD, AT)) == [(Accepted, NEW)]


def test_a_row_that_cannot_be_read_takes_no_fill_of_its_message_with_it(ours, mine) -> None:
    private = Private(PROD, Signer(DeriveKeys(6, "0x" + "11" * 20, 42), PROD), ours, None, lambda: AT)  # type: ignore[arg-type]  # nobody quotes here
    row = {
        "trade_id": "t-1", "instrument_name": "ETH-PERP", "direction": "buy", "trade_price": "2500", "order_id": OLD,
        "trade_amount": "0.02", "trade_fee": "0.01", "liquidity_role": "maker", "timestamp": 1_779_953_797_000,
        "subaccount_id": 42, "label": "c-1",
    }  # fmt: skip
    rows = [row, row | {"trade_id": "t-2", "trade_price": "-1"}, row | {"trade_id": "t-3"}]
    frame = {"method": "subscription", "params": {"channel": "42.trades", "data": rows}}
    heard: list[Event] = []
    with pytest.raises(WireError):
        heard.extend(private.frame(json.dumps(frame).encode(), AT))  # what came before it failed is kept
    assert [one.trade_id for one in heard if isinstance(one, Filled)] == ["t-1", "t-3"]
