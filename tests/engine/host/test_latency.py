"""Durations in buckets: quantiles to a twelfth, a minute that moves on, and what the host measures."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import OrderId
from engine.core.units import SECOND
from engine.host.latency import EVERY, Latency, Series, quantile, slot_of, top_of


@given(st.integers(0, 2**38))
def test_a_bucket_holds_its_durations_within_an_eighth(nanos: int) -> None:
    slot = slot_of(nanos)
    assert nanos <= top_of(slot) <= nanos + nanos // 8 + 1
    assert slot == 0 or top_of(slot - 1) < nanos


def test_longer_is_never_a_lower_bucket_and_the_longest_has_one() -> None:
    slots = [slot_of(n) for n in range(5_000)]
    assert slots == sorted(slots)
    assert slot_of(-5) == 0
    assert slot_of(2**80) == slot_of(2**81)


def test_quantiles() -> None:
    one = Series()
    for micros in range(1, 101):
        one.add(micros * 1_000, 0)
    assert quantile(one.total, 0.5) == pytest.approx(50, rel=0.13)
    assert quantile(one.total, 0.99) == pytest.approx(99, rel=0.13)
    assert quantile([0] * 8, 0.5) is None
    few = Series()
    for micros in [1] * 59 + [1_000]:
        few.add(micros * 1_000, 0)
    assert quantile(few.total, 0.99) == pytest.approx(1_000, rel=0.13), "99 of 100 are not below the one of sixty"
    assert one.line("k", "n", "h", 0).most_us == 100.0


def test_no_quantile_is_longer_than_the_longest() -> None:
    one = Series()
    one.add(13_900_000, 0)
    line = one.line("k", "n", "h", 0)
    assert quantile(one.total, 0.5) > line.most_us == 13_900.0
    assert {line.p50_us, line.p99_us, line.session_p50_us, line.session_p99_us} == {13_900.0}


def test_the_minute_moves_on_and_the_session_stays() -> None:
    one = Series()
    one.add(1_000, 0)
    one.add(1_000, 40 * SECOND)
    assert one.line("k", "n", "h", 50 * SECOND).count == 2
    one.add(1_000, 75 * SECOND)
    assert one.line("k", "n", "h", 80 * SECOND).count == 2, "the first half minute has left"
    late = one.line("k", "n", "h", 400 * SECOND)
    assert (late.count, late.p50_us, late.session) == (0, None, 3)
    one.add(1_000, 500 * SECOND)
    assert one.line("k", "n", "h", 500 * SECOND).count == 1


def test_waits_are_reckoned_back_to_real_time_and_answers_from_the_approval() -> None:
    found = Latency(pace=100.0)
    found.stepped(waited=1_000_000, took=7_000, at=SECOND)
    found.sent(OrderId("o-1"), waited=5_000_000, at=SECOND)
    found.answered(OrderId("o-1"), at=SECOND + 950_000)
    found.answered(OrderId("o-2"), at=SECOND)
    rows = {row.key: row for row in found.view(SECOND).rows}
    assert [rows[key].count for key in ("wait", "step", "out", "answer")] == [1, 1, 1, 1]
    assert rows["wait"].most_us == 10.0
    assert rows["step"].most_us == 7.0
    assert rows["out"].most_us == 50.0
    assert rows["answer"].most_us == 1_000.0


def test_orders_without_an_answer_are_forgotten_in_time() -> None:
    found = Latency()
    for n in range(2_000):
        found.sent(OrderId(f"o-{n}"), 0, SECOND)
    found.answered(OrderId("o-0"), SECOND)
    assert found.view(SECOND).rows[3].count == 0
    assert len(found._answers) <= 512


def test_the_host_measures_one_event_in_so_many(tmp_path: Any) -> None:
    from tests.app.test_boot import OPTIONS, Profile, boot

    async def run() -> Any:
        loop = asyncio.get_running_loop()
        session = boot.open_session(Profile(tmp_path), OPTIONS, loop, changed=lambda _: None, broken=lambda _: None)
        start = session.host.sequence
        for _ in range(10 * EVERY):
            session.host.store_changed(True, "")
        await asyncio.sleep(0.2)
        assert session.host.sequence - start >= 10 * EVERY
        view = session.host.latency.view(session.host.latency.series["step"]._born)
        session.close()
        return view

    rows = {row.key: row for row in asyncio.run(run()).rows}
    assert rows["step"].session >= 10
    assert rows["step"].session_p50_us > 0
    assert rows["out"].session == 0
    assert rows["out"].most_us is None
