from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.core.commands import Place
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    Expired,
    Filled,
    Pictured,
    Rejected,
    Seen,
    SeenFill,
)
from engine.core.ids import KALSHI, InstrumentId, OrderId, VenueOrderId
from engine.core.order import Status
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side, Ticks
from engine.orders.reconcile import SETTLES, Gap, Ours, compare, differences, owner
from engine.orders.register import Order

S = Status
ONE = InstrumentId(KALSHI, "X")
SENT_AT = Nanos(100 * SECOND)
ID = OrderId("o-000001")
V = VenueOrderId("v-1")


def order(status: Status = S.WORKING, moved: int = SENT_AT, **terms: Any) -> Order:
    place = Place(instrument=ONE, side=Side.BUY, qty=Qty(Decimal(10)), price=Ticks(4_800))
    given: dict[str, Any] = {"quantity": place.qty, "client": "s-1", "venue_order": V} | terms
    return Order(ID, place, SENT_AT, status, moved_at=Nanos(moved), **given)


def seen(status: str = "working", **terms: Any) -> Seen:
    given: dict[str, Any] = {
        "order": ID, "venue_order": V, "price": Ticks(4_800), "qty": Qty(Decimal(10)), "filled": Qty(Decimal(0)),
    }  # fmt: skip
    return Seen(status=status, **(given | terms))


def fill(qty: int = 4, order_id: OrderId | None = ID, trade: str = "t-1") -> SeenFill:
    return SeenFill(
        order=order_id, trade_id=trade, instrument=ONE, side=Side.BUY, leg=Leg.YES, price=Decimal("0.48"),
        qty=Qty(Decimal(qty)), cost=Money(Decimal("0.48") * qty), fee=Money(Decimal(0)), at=SENT_AT,
    )  # fmt: skip


def held_against(
    one: Order, *some: Seen, fills: tuple[SeenFill, ...] = (), asked: int = SENT_AT + 10 * SECOND, **terms: Any
) -> Gap:
    picture = Pictured(at=Nanos(asked + 1), venue=KALSHI, asked_at=Nanos(asked), orders=some, fills=fills)
    given: dict[str, Any] = {
        "orders": {one.id: one}, "by_client": {one.client: one.id}, "by_venue": {one.venue_order: one.id},
        "booked": lambda _, trade: trade == "booked", "waiting": frozenset(), "named": frozenset({one.id}),
        "taken_back": frozenset(),
    }  # fmt: skip
    return compare(picture, Ours(**(given | terms)))


def kinds(gap: Gap) -> list[type]:
    return [type(event) for event in gap.events]


def test_an_order_as_we_know_it_closes_no_gap() -> None:
    assert held_against(order(), seen()) == Gap()


@pytest.mark.parametrize("status", [S.SENT, S.LOST])
def test_an_order_without_an_answer_that_works_there_was_accepted(status) -> None:
    gap = held_against(order(status, venue_order=VenueOrderId("")), seen())
    assert set(kinds(gap)) == {Accepted}
    assert gap.events[0].venue_order == V


@pytest.mark.parametrize(("status", "event"), [("canceled", Canceled), ("expired", Expired), ("rejected", Rejected)])
def test_an_end_there_is_an_end_here(status, event) -> None:
    assert kinds(held_against(order(), seen(status))) == [event]


def test_fills_come_before_the_end_they_precede() -> None:
    gap = held_against(order(), seen("canceled", filled=Qty(Decimal(4))), fills=(fill(4),))
    assert kinds(gap) == [Filled, Canceled]


def test_an_order_does_not_end_before_all_its_fills_are_known() -> None:
    one = order()
    gap = held_against(one, seen("canceled", filled=Qty(Decimal(6))), fills=(fill(4),))
    assert kinds(gap) == [Filled]
    assert gap.short == [one]


def test_a_fill_counts_once_whatever_tells_it() -> None:
    gap = held_against(order(), seen(filled=Qty(Decimal(4))), fills=(fill(4), fill(4), fill(1, trade="booked")))
    assert kinds(gap) == [Filled]


def test_what_we_learnt_since_the_picture_was_asked_for_stands() -> None:
    late = SENT_AT + 20 * SECOND
    for one in (order(S.CANCELED, moved=late), order(S.AMENDING, moved=late, amending=(Ticks(4_700), Qty(Decimal(5))))):
        gap = held_against(one, seen())
        assert kinds(gap) == []
        assert not gap.stray


def test_a_replacement_that_works_there_gives_an_order_its_id_unless_we_know_better() -> None:
    other = VenueOrderId("v-2")
    (event,) = held_against(order(), seen(venue_order=other)).events
    assert (type(event), event.venue_order) == (Accepted, other)
    assert kinds(held_against(order(moved=SENT_AT + 20 * SECOND), seen(venue_order=other))) == []


def test_an_order_that_ended_long_ago_and_works_there_is_a_stray() -> None:
    one = order(S.REJECTED)
    assert [found for found, _ in held_against(one, seen()).stray] == [one]
    young = held_against(one, seen(), asked=SENT_AT + SETTLES - 1)
    assert (young.stray, young.later) == ([], True)


def test_an_order_asked_back_that_still_works_is_asked_back_again() -> None:
    one = order(S.CANCELING)
    assert held_against(one, seen(), taken_back=frozenset({ID})).again == [one]
    assert not held_against(one, seen(), taken_back=frozenset({ID}), asked=SENT_AT + 1).again


def test_an_amendment_was_done_or_was_not() -> None:
    new = (Ticks(4_700), Qty(Decimal(5)))
    one = order(S.AMENDING, amending=new)
    assert kinds(held_against(one, seen(price=new[0], qty=new[1]))) == [Amended]
    assert kinds(held_against(one, seen())) == [AmendRefused]
    assert kinds(held_against(one, seen(), asked=SENT_AT + 1)) == []
    assert kinds(held_against(order(), seen(price=Ticks(4_600)))) == [Amended]  # by somebody else


@pytest.mark.parametrize(("after", "absent"), [(SETTLES - 1, False), (SETTLES, True)])
def test_absence_counts_only_some_time_after_sending(after, absent) -> None:
    for some in ((), (seen("absent"),)):
        gap = held_against(order(S.LOST), *some, asked=SENT_AT + after)
        assert (bool(gap.absent), gap.later) == (absent, not absent)
        assert kinds(gap) == []


def test_an_order_that_nobody_asked_for_is_not_absent() -> None:
    assert not held_against(order(S.LOST), named=frozenset()).absent


def test_an_order_that_has_not_left_is_not_looked_for() -> None:
    assert held_against(order(S.SENT), waiting=frozenset({ID})) == Gap()


def test_an_order_that_filled_whole_is_not_absent() -> None:
    gap = held_against(order(S.LOST), fills=(fill(10),))
    assert kinds(gap) == [Filled]
    assert not gap.absent


def test_orders_are_found_by_any_of_their_names_and_others_are_external() -> None:
    one = order()
    for found in (seen(), seen(order=None, client="s-1"), seen(order=None)):
        assert held_against(one, found).external == []
    foreign = seen(order=None, client="x", venue_order=VenueOrderId("v-9"))
    gap = held_against(one, seen(), foreign, seen("filled", order=None, client="y", venue_order=VenueOrderId("v-8")))
    assert gap.external == [foreign]


def test_fills_of_others_belong_to_no_order() -> None:
    strange = fill(3, None)
    assert held_against(order(), seen(), fills=(strange,)).foreign == [strange]


def test_positions_differ_where_either_side_says_so() -> None:
    ours = {("X", "YES"): Decimal(4), ("Y", "NO"): Decimal(2)}
    theirs = {("X", "YES"): Decimal("4.0"), ("Z", "YES"): Decimal(1)}
    assert differences(ours, theirs) == {("Y", "NO"): (2, 0), ("Z", "YES"): (0, 1)}


def test_an_order_has_one_owner() -> None:
    one = order()
    ours = Ours({ID: one}, {"s-1": ID}, {V: ID}, lambda *_: False, frozenset(), frozenset(), frozenset())
    assert owner(seen(order=OrderId("o-9"), client="", venue_order=VenueOrderId("")), ours) is None
    assert owner(seen(order=None, client="", venue_order=V), ours) == ID
