from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Amend, Cancel, Place
from engine.core.errors import InvariantBroken
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    FillReversed,
    Lost,
    Rejected,
)
from engine.core.ids import MarketId, OrderId, VenueOrderId, embedded
from engine.core.order import ENDS, TRANSITIONS, Status
from engine.core.units import Money, Nanos, Qty, Side
from engine.orders.register import Order, Register

if TYPE_CHECKING:
    from engine.core.events import OrderEvent

ONE = OrderId("o-000001")
S = Status
TEN = Qty(Decimal(10))


def fill(trade: str = "t-1", qty: int | str = 4, cost: str = "2.00", fee: str = "0.02") -> Filled:
    amount = Qty(Decimal(qty))
    paid = Money(Decimal(cost))
    return Filled(
        at=Nanos(1), order=ONE, trade_id=trade, price=paid / amount, qty=amount, cost=paid, fee=Money(Decimal(fee))
    )


EVENTS: dict[type, OrderEvent] = {
    Accepted: Accepted(at=Nanos(1), order=ONE, venue_order=VenueOrderId("v-1")),
    Rejected: Rejected(at=Nanos(1), order=ONE, code="no", text="not today"),
    Filled: fill(),
    Canceled: Canceled(at=Nanos(1), order=ONE, why="asked for"),
    CancelRefused: CancelRefused(at=Nanos(1), order=ONE, code="too_late"),
    Expired: Expired(at=Nanos(1), order=ONE),
    Amended: Amended(at=Nanos(1), order=ONE, price=4_000, qty=Qty(Decimal(8))),  # type: ignore[arg-type]
    AmendRefused: AmendRefused(at=Nanos(1), order=ONE, code="too_late"),
    Lost: Lost(at=Nanos(1), order=ONE, why="no answer"),
}
"""One of each kind that the table names."""
QUIET = {Accepted, Filled}
"""What comes late or twice without being odd; a fill is odd after the end."""


def asked(intent: str = "i-1") -> Place:
    return Place(instrument=embedded(MarketId("M"), 0), side=Side.BUY, qty=TEN, intent=intent)


def register(status: Status = S.SENT, filled: int = 0) -> tuple[Register, Order]:
    """A register with one order of ten shares."""
    found, order = Register(), Order(ONE, asked(), Nanos(0), quantity=TEN)
    found.add(order)
    if filled:
        found.apply(fill("t-0", filled))
    order.status = status
    return found, order


def after(status: Status, kind: type, filled: int) -> Status:
    """What the table and the filled quantity make of a state, told apart from the register's own code."""
    moved = TRANSITIONS.get(status, {}).get(kind, status)
    traded = filled + (4 if kind is Filled else 0)
    size = 8 if kind is Amended else 10
    if moved in ENDS:
        return moved
    if traded >= size:
        return S.FILLED
    return S.PARTIAL if moved is S.WORKING and traded else moved


@pytest.mark.parametrize("filled", [0, 3, 6])
@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("status", Status)
def test_every_transition_allowed_and_not(status: Status, kind: type, filled: int) -> None:
    found, order = register(status, filled)
    odd = found.apply(EVENTS[kind])
    assert order.status is after(status, kind, filled)
    allowed = kind in TRANSITIONS.get(status, {})
    late = kind is Filled and status in ENDS and status is not S.FILLED
    assert bool(odd) is (late or not (allowed or kind in QUIET))
    assert order.filled == filled + (4 if kind is Filled else 0)
    assert (order in list(found.open())) is not order.ended


@pytest.mark.parametrize("what", [Cancel, Amend])
@pytest.mark.parametrize("status", Status)
def test_what_can_be_asked_of_an_order(status: Status, what: type[Cancel | Amend]) -> None:
    found, order = register(status)
    wanted = TRANSITIONS.get(status, {}).get(what)
    assert found.ask(ONE, what) is (wanted is not None)
    assert order.status is (wanted or status)


def test_nothing_can_be_asked_of_an_order_that_is_not_ours() -> None:
    found, _ = register()
    assert found.ask(OrderId("o-2"), Cancel) is False
    assert "not ours" in found.apply(Canceled(at=Nanos(1), order=OrderId("o-2")))


def test_an_ended_order_takes_no_more_news_but_fills() -> None:
    for end in sorted(ENDS, key=lambda s: s.value):
        assert end not in TRANSITIONS
        found, order = register(end)
        assert "traded all the same" in found.apply(fill()) or end is S.FILLED
        assert (order.filled, order.cost, order.fee) == (4, 2, Decimal("0.02"))


def test_a_fill_told_twice_counts_once_in_every_state() -> None:
    for status in Status:
        found, order = register(status)
        found.apply(fill())
        assert found.apply(fill()) == "trade t-1 was told twice and counted once"
        assert order.filled == 4


def test_fills_complete_an_order_and_average_its_cost() -> None:
    found, order = register()
    for trade, qty, cost in (("t-1", 4, "2.00"), ("t-2", 5, "2.80"), ("t-3", 1, "0.60")):
        assert order.rest == 10 - order.filled
        found.apply(fill(trade, qty, cost))
    assert (order.status, order.average, order.fee) == (S.FILLED, Decimal("0.54"), Decimal("0.06"))
    assert not list(found.open())


def test_a_fill_taken_back_leaves_what_was_before_it() -> None:
    found, order = register()
    found.apply(fill("t-1", 4))
    found.apply(fill("t-2", 3, "1.50"))
    taken = FillReversed(at=Nanos(2), order=ONE, trade_id="t-2")
    assert found.apply(taken) == ""
    assert (order.filled, order.cost, order.fee) == (4, 2, Decimal("0.02"))
    assert found.apply(taken) == "trade t-2 was taken back but is not known"
    assert found.apply(fill("t-2", 3, "1.50")) == ""
    assert order.filled == 7


def test_a_cancel_that_crosses_a_fill_settles_by_what_came() -> None:
    found, order = register(S.WORKING)
    assert found.ask(ONE, Cancel)
    found.apply(fill("t-1", 10, "5.00"))
    assert order.status is S.FILLED
    assert "which is filled" in found.apply(EVENTS[Canceled])
    assert order.status is S.FILLED


def test_an_order_whose_answer_was_lost_comes_back_when_the_venue_has_it() -> None:
    found, order = register()
    found.apply(EVENTS[Lost])
    assert (order.status, order.why) == (S.LOST, "no answer")
    assert found.ask(ONE, Cancel)
    assert order.status is S.LOST
    found.apply(EVENTS[Accepted])
    assert order.status is S.WORKING


def test_the_reason_of_an_end_is_kept() -> None:
    for kind, why in ((Rejected, "not today"), (Canceled, "asked for"), (Expired, "its time ran out")):
        found, order = register()
        found.apply(EVENTS[kind])
        assert order.why == why


def test_one_intent_is_one_order() -> None:
    found, order = register()
    assert found.of_intent("i-1") is order
    assert found.of_intent("") is None
    with pytest.raises(InvariantBroken, match="added twice"):
        found.add(Order(OrderId("o-2"), asked(), Nanos(0)))
    with pytest.raises(InvariantBroken, match="added twice"):
        found.add(Order(ONE, asked("i-2"), Nanos(0)))
    found.add(Order(OrderId("o-2"), asked(""), Nanos(0)))
    found.add(Order(OrderId("o-3"), asked(""), Nanos(0)))
    assert [o.id for o in found] == [ONE, "o-2", "o-3"]
    assert len(found) == 3
    assert found.get(ONE) is order


def test_working_orders_of_an_instrument_oldest_first() -> None:
    found, order = register()
    later = Order(OrderId("o-2"), asked("i-2"), Nanos(1), quantity=TEN)
    found.add(later)
    found.add(Order(OrderId("o-3"), asked("i-3"), Nanos(1), Status.REFUSED, quantity=TEN))
    assert found.working(asked().instrument) == [order, later]
    assert found.working(embedded(MarketId("N"), 0)) == []


news = st.lists(
    st.one_of(
        st.sampled_from([EVENTS[k] for k in EVENTS if k is not Filled]),
        st.builds(fill, st.sampled_from(["t-1", "t-2", "t-3"]), st.integers(1, 4)),
        st.builds(lambda t: FillReversed(at=Nanos(1), order=ONE, trade_id=t), st.sampled_from(["t-1", "t-2", "t-3"])),
    ),
    max_size=12,
)


@given(news)
def test_any_news_in_any_order_counts_each_trade_once(events: list[OrderEvent]) -> None:
    found, order = register()
    held: dict[str, Filled] = {}
    ended = False
    for event in events:
        found.apply(event)
        if isinstance(event, Filled):
            held.setdefault(event.trade_id, event)
        elif isinstance(event, FillReversed):
            held.pop(event.trade_id, None)
        assert order.filled == sum(f.qty for f in held.values())
        assert order.cost == sum(f.cost for f in held.values())
        assert order.fee == sum(f.fee for f in held.values())
        ended = ended or order.ended
        assert order.ended is ended  # an end is never undone
        assert (order in list(found.open())) is not ended


@given(st.sampled_from(list(Status)), st.sampled_from([0, 3]), st.integers(1, 10), st.booleans(), st.booleans())
def test_a_trade_told_in_one_go_is_its_answers_one_by_one(status, filled, qty, rest, known) -> None:
    at_once, one = register(status, filled)
    in_turn, other = register(status, filled)
    why = "no price within the limit" if rest else ""
    told = fill("t-0" if known else "t-1", qty)
    at_once.traded(told, why)
    in_turn.apply(Accepted(at=Nanos(1), order=ONE, venue_order=VenueOrderId(told.trade_id)))
    in_turn.apply(told)
    if rest:
        in_turn.apply(Canceled(at=Nanos(1), order=ONE, why=why))
    assert one == other
    assert list(at_once.open()) == list(in_turn.open())
