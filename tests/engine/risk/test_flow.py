from __future__ import annotations

import math

import pytest

from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import MINUTE, SECOND, Leg, Nanos, Side
from engine.risk.flow import FEWEST, JUDGED, LATER, LONG, MEMORY, ROOM, Filled, Flow, Repeat

ONE = InstrumentId(KALSHI, "ONE")
NOW = Nanos(1_000 * MINUTE)


def fill(price: float = 0.4, side: Side = Side.BUY, at: int = NOW) -> Filled:
    return Filled(Nanos(at + LATER), ONE, Leg.YES, side, price)


def test_what_is_older_than_its_span_is_dropped_and_what_is_younger_stays() -> None:
    flow = Flow()
    for times, span in ((flow.sent, MINUTE), (flow.fills, MINUTE), (flow.messages, LONG), (flow.executions, LONG)):
        times.extend((Nanos(NOW - span - 1), Nanos(NOW - span), Nanos(NOW - span + 1), NOW))
    flow.prune(NOW)
    for times, span in ((flow.sent, MINUTE), (flow.fills, MINUTE), (flow.messages, LONG), (flow.executions, LONG)):
        assert list(times) == [NOW - span + 1, NOW]
    flow.prune(Nanos(NOW + LONG))
    assert [len(t) for t in (flow.sent, flow.fills, flow.messages, flow.executions)] == [0, 0, 0, 0]


def test_an_order_counts_as_one_of_its_minute_its_event_and_its_messages() -> None:
    flow = Flow()
    flow.order("high", "buy", (40, 42), NOW)
    flow.order("high", "sell", (40, 42), Nanos(NOW + 1))
    flow.order("low", "buy", (40, 42), Nanos(NOW + 2))
    assert flow.events == {"high": 2, "low": 1}
    assert list(flow.sent) == list(flow.messages) == [NOW, NOW + 1, NOW + 2]
    assert (len(flow.fills), len(flow.executions)) == (0, 0)
    assert flow.repeats == {"buy": Repeat((40, 42), Nanos(NOW + 2), 2), "sell": Repeat((40, 42), Nanos(NOW + 1), 1)}


def test_like_orders_repeat_on_the_same_book_within_a_minute_of_the_last() -> None:
    flow = Flow()
    assert flow.repeated("buy", 1, NOW) == 0
    for n in range(3):
        flow.order("high", "buy", 1, Nanos(NOW + n))
        assert flow.repeated("buy", 1, NOW) == n + 1
    assert flow.repeated("buy", 2, NOW) == 0
    assert flow.repeated("sell", 1, NOW) == 0
    assert flow.repeated("buy", 1, Nanos(NOW + 2 + MINUTE - 1)) == 3
    assert flow.repeated("buy", 1, Nanos(NOW + 2 + MINUTE)) == 0
    flow.order("high", "buy", 2, Nanos(NOW + 5))
    assert flow.repeated("buy", 2, NOW) == 1


def test_repeats_do_not_grow_without_bound() -> None:
    flow = Flow()
    for n in range(ROOM - 1):
        flow.order("high", n, 1, Nanos(NOW + n))
    assert len(flow.repeats) == ROOM - 1
    late = Nanos(NOW + MINUTE + 1)
    flow.order("high", "a", 1, late)
    assert len(flow.repeats) == ROOM
    flow.order("high", "b", 1, late)
    assert "a" in flow.repeats
    assert "b" in flow.repeats
    assert set(flow.repeats) - {"a", "b"} == set(range(2, ROOM - 1))
    assert flow.sent.maxlen == flow.fills.maxlen == flow.messages.maxlen == flow.executions.maxlen == ROOM
    assert flow.later.maxlen == ROOM
    assert flow.marked.maxlen == JUDGED


def test_an_execution_counts_now_and_is_looked_at_later() -> None:
    flow = Flow()
    first, second = fill(0.4), fill(0.5, at=NOW + SECOND)
    flow.filled(first)
    flow.filled(second)
    assert list(flow.fills) == list(flow.executions) == [NOW, NOW + SECOND]
    assert flow.due(Nanos(NOW + LATER - 1)) == []
    assert flow.due(Nanos(NOW + LATER)) == [first]
    assert flow.due(Nanos(NOW + LATER)) == []
    assert flow.due(Nanos(NOW + LATER + MINUTE)) == [second]


def test_a_markout_is_what_the_market_gave_or_took_afterwards() -> None:
    flow = Flow()
    flow.mark(fill(0.40), 0.43)
    flow.mark(fill(0.40, Side.SELL), 0.43)
    flow.mark(fill(0.40), math.nan)
    flow.mark(fill(0.40), math.inf)
    assert [one.due for one, _ in flow.marked] == [NOW + LATER, NOW + LATER]
    assert [cents for _, cents in flow.marked] == pytest.approx([3.0, -3.0])


def test_an_execution_taken_back_before_it_was_looked_at_counts_no_more_but_for_its_pace() -> None:
    flow = Flow()
    other = InstrumentId(KALSHI, "OTHER")
    all_ = [
        fill(0.4), fill(0.4, at=NOW + 1), fill(0.5, at=NOW + 2), fill(0.4, Side.SELL, NOW + 3),
        Filled(Nanos(NOW + 4 + LATER), other, Leg.YES, Side.BUY, 0.4),
        Filled(Nanos(NOW + 5 + LATER), ONE, Leg.NO, Side.BUY, 0.4),
    ]  # fmt: skip
    for one in all_:
        flow.filled(one)
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.4)
    assert list(flow.later) == [all_[0], *all_[2:]]
    assert list(flow.executions) == [NOW, *range(NOW + 2, NOW + 6)]
    assert len(flow.fills) == 6
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.4)
    assert list(flow.later) == all_[2:]
    assert list(flow.executions) == list(range(NOW + 2, NOW + 6))
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.4)
    assert list(flow.later) == all_[2:]
    assert list(flow.executions) == list(range(NOW + 2, NOW + 6))


def test_an_execution_taken_back_after_it_was_looked_at_is_held_against_no_price() -> None:
    flow = Flow()
    all_ = [fill(0.4), fill(0.4, at=NOW + 1), fill(0.5, at=NOW + 2)]
    for one in all_:
        flow.filled(one)
    for one in flow.due(Nanos(NOW + 2 + LATER)):
        flow.mark(one, 0.45)
    flow.filled(fill(0.5, at=NOW + 9))
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.4)
    assert [one for one, _ in flow.marked] == [all_[0], all_[2]]
    assert list(flow.executions) == [NOW, NOW + 2, NOW + 9]
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.5)
    assert (len(flow.later), len(flow.marked)) == (0, 2)
    assert list(flow.executions) == [NOW, NOW + 2]
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.6)
    assert (len(flow.later), len(flow.marked), len(flow.executions)) == (0, 2, 2)


def test_an_execution_taken_back_after_ten_minutes_changes_no_count_of_others() -> None:
    flow = Flow()
    flow.filled(fill(0.4))
    for one in flow.due(Nanos(NOW + LATER)):
        flow.mark(one, 0.45)
    flow.prune(Nanos(NOW + LONG))
    flow.filled(fill(0.5, at=NOW + LONG))
    flow.unfilled(ONE, Leg.YES, Side.BUY, 0.4)
    assert not flow.marked
    assert list(flow.executions) == [NOW + LONG]


def test_a_mean_of_too_few_says_nothing_and_only_the_last_count() -> None:
    flow = Flow()
    for n in range(FEWEST):
        assert flow.markout() is None
        flow.mark(fill(0.40), 0.40 + n / 100)
    assert flow.markout() == pytest.approx(4.5)
    for _ in range(JUDGED):
        flow.mark(fill(0.40), 0.38)
    assert flow.markout() == pytest.approx(-2.0)


def test_a_markout_is_forgotten_after_an_hour() -> None:
    flow = Flow()
    for n in range(FEWEST + 1):
        flow.mark(fill(0.40, at=NOW + n), 0.35)
    flow.prune(Nanos(NOW + LATER + MEMORY - 1))
    assert len(flow.marked) == FEWEST + 1
    flow.prune(Nanos(NOW + LATER + MEMORY))
    assert flow.markout() == pytest.approx(-5.0)
    flow.prune(Nanos(NOW + LATER + MEMORY + 1))
    assert flow.markout() is None
    assert len(flow.marked) == FEWEST - 1
