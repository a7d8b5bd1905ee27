"""A budget lets through what a venue allows, in order, and never an order in the place of a cancel."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.net.budget import Bucket, Budget


class Time:
    """Simulated seconds: whoever sleeps is woken in order, at once."""

    def __init__(self) -> None:
        self.at = 0.0
        self._sleepers, self._ties = [], count()

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.at + seconds, next(self._ties), woken))
        await woken

    async def run(self, *works):
        """Let works end, jumping to the next sleeper whenever all of them wait."""
        tasks = [asyncio.ensure_future(work) for work in works]
        while not all(task.done() for task in tasks):
            for _ in range(3):
                await asyncio.sleep(0)
            if self._sleepers:
                due = min(self._sleepers)
                self._sleepers.remove(due)
                self.at = max(self.at, due[0])
                if not due[2].done():
                    due[2].set_result(None)
        return [task.result() for task in tasks]


def _budget(time, **buckets):
    return Budget(buckets, steady=time, sleep=time.sleep)


def _run(time, *works):
    return asyncio.run(time.run(*works))


def test_a_full_bucket_lets_a_burst_through_then_one_at_a_time():
    time, passed = Time(), []
    budget = _budget(time, read=Bucket(rate=2.0, burst=3.0))

    async def ask():
        await budget.take("read")
        passed.append(time.at)

    assert budget.room("read") == 1.0
    _run(time, *(ask() for _ in range(7)))
    assert passed == pytest.approx([0, 0, 0, 0.5, 1.0, 1.5, 2.0])
    assert budget.room("read") == 0.0
    time.at += 1.0
    assert budget.room("read") == pytest.approx(2 / 3)


@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=60), st.floats(0.5, 50.0), st.floats(5.0, 20.0))
def test_no_more_passes_than_flows_in(costs, rate, burst):
    time, passed = Time(), []
    budget = _budget(time, read=Bucket(rate=rate, burst=burst))

    async def ask(cost):
        await budget.take("read", cost)
        passed.append((time.at, cost))

    _run(time, *map(ask, costs))
    assert [cost for _, cost in passed] == costs, "first come, first served"
    spent = 0.0
    for at, cost in passed:
        spent += cost
        assert spent <= burst + rate * at + 1e-6


def test_an_hour_of_ten_times_too_much_sends_nothing_while_barred_and_cancels_in_time():
    time, sent, late = Time(), [], []
    budget = _budget(time, write=Bucket(8, 8), cancel=Bucket(2, 2, borrows="write"))

    async def orders():
        for _ in range(36_000):
            await budget.take("write")
            sent.append(time.at)
            if len(sent) % 5_000 == 0:  # the venue says stop now and then
                budget.hold("write", 30.0)
                barred.append((time.at, time.at + 30.0))

    async def cancels():
        for n in range(3_600):
            await time.sleep(max(n - time.at, 0.0))
            asked = time.at
            await budget.take("cancel")
            late.append(time.at - asked)

    barred = []
    _run(time, orders(), cancels())
    assert max(late) < 1.0
    assert len(barred) == 7
    assert not [at for at in sent for begin, end in barred if begin < at < end]


def test_cancels_borrow_what_orders_leave_over():
    time, passed = Time(), []
    budget = _budget(time, write=Bucket(1, 10), cancel=Bucket(1, 1, borrows="write"))

    async def cancel():
        await budget.take("cancel")
        passed.append(time.at)

    assert budget.wait("cancel") == 0
    _run(time, *(cancel() for _ in range(11)))
    assert passed == [0.0] * 11
    assert budget.room("write") == 0.0
    assert budget.wait("cancel") == pytest.approx(1.0)
    assert budget.wait("write") == pytest.approx(1.0)


def test_many_cancels_have_all_that_flows_in_while_no_order_wants_it():
    time, passed = Time(), []
    budget = _budget(time, write=Bucket(4, 16), cancel=Bucket(1, 4, borrows="write"))

    async def cancel():
        await budget.take("cancel")
        passed.append(time.at)

    _run(time, *(cancel() for _ in range(50)))
    assert passed[:20] == [0.0] * 20
    assert max(passed) == pytest.approx(6.0), "thirty more, five a second"
    assert all(number <= 20 + 5 * at + 1e-6 for number, at in enumerate(sorted(passed), 1))


def test_a_held_lender_lends_nothing():
    time = Time()
    budget = _budget(time, write=Bucket(1, 10), cancel=Bucket(1, 1, borrows="write"))
    budget.hold("write", 60.0)
    _run(time, budget.take("cancel"), budget.take("cancel"))
    assert time.at == pytest.approx(1.0)


def test_a_hold_outlasts_a_shorter_one_and_takes_the_room_away():
    time = Time()
    budget = _budget(time, read=Bucket(1, 5), write=Bucket(1, 5))
    budget.hold("read", 10.0)
    budget.hold("read", 2.0)
    assert (budget.held("read"), budget.room("read"), budget.wait("read")) == (10.0, 0.0, 10.0)
    assert budget.room("write") == 1.0
    _run(time, budget.take("read"))
    assert time.at == 10.0
    budget.hold_all(3.0)
    assert budget.held("read") == budget.held("write") == 3.0


def test_a_hold_that_comes_while_waiting_is_waited_for_too():
    time = Time()
    budget = _budget(time, read=Bucket(1, 1))

    async def barred():
        await time.sleep(0.5)
        budget.hold("read", 20.0)

    _run(time, budget.take("read"), budget.take("read"), barred())
    assert time.at == 20.5


def test_who_stops_waiting_gives_the_tokens_back():
    time = Time()
    budget = _budget(time, read=Bucket(1, 2))

    async def main():
        await budget.take("read", 2)
        waiting = asyncio.ensure_future(budget.take("read", 2))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(main())
    assert budget.wait("read") == pytest.approx(1.0)


def test_more_than_a_bucket_holds_is_a_mistake():
    budget = _budget(Time(), read=Bucket(1, 5))
    with pytest.raises(ValueError, match="6 tokens asked of 'read', which holds 5"):
        asyncio.run(budget.take("read", 6))
    assert "read" in budget
    assert "write" not in budget


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.1, 3.0)), max_size=20))
def test_what_is_taken_at_once_is_what_nobody_has_to_wait_for(steps):
    time = Time()
    budget = _budget(time, write=Bucket(rate=1.0, burst=3.0), cancel=Bucket(rate=0.5, burst=3.0, borrows="write"))
    for n, (passed, cost) in enumerate(steps):
        time.at += passed
        name = ("write", "cancel")[n % 2]
        free = budget.wait(name, cost) == 0
        before = {each: budget.room(each) for each in ("write", "cancel")}
        assert budget.take_now(name, cost) is free
        after = {each: budget.room(each) for each in ("write", "cancel")}
        assert (sum(before.values()) - sum(after.values())) * 3.0 == pytest.approx(cost if free else 0.0)


def test_nothing_is_taken_at_once_while_the_venue_said_stop_or_others_wait():
    time = Time()
    budget = _budget(time, write=Bucket(rate=1.0, burst=2.0))
    budget.hold("write", 5.0)
    assert not budget.take_now("write")
    time.at = 6.0

    async def both():
        waiting = [asyncio.ensure_future(budget.take("write", 2.0)) for _ in range(2)]
        await asyncio.sleep(0)
        assert not budget.take_now("write", 0.5)
        await asyncio.gather(*waiting)

    _run(time, both())
