from __future__ import annotations

import asyncio

import pytest

from engine.core.units import Nanos
from engine.host import host as module
from engine.host import playback
from tests.engine.host.fakes import Stand, news


async def test_events_are_played_in_their_order_and_counted() -> None:
    stand = Stand()
    stand.clock.at = Nanos(10_000)
    played = await playback.play(iter([news(n) for n in range(200)]), stand.host)
    await stand.settle()
    assert played == 200
    assert [e.at for e in stand.kernel.seen] == list(range(200))
    stand.host.stop()


async def test_an_event_waits_for_its_time() -> None:
    stand = Stand()
    waits: list[int] = []

    def wait(until: Nanos) -> float:
        waits.append(until)
        return 0.0 if until <= stand.clock.at else 0.02

    stand.clock.wait = wait  # type: ignore[method-assign]
    stand.clock.at = Nanos(1)
    task = asyncio.create_task(playback.play(iter([news(1), news(5)]), stand.host))
    await stand.until(lambda: len(stand.kernel.seen) == 1)
    assert [e.at for e in stand.kernel.seen] == [1]
    assert await task == 2
    assert waits == [1, 5]
    stand.host.stop()


async def test_a_full_inbox_makes_the_player_wait_and_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MARKET_ROOM", 3)
    monkeypatch.setattr(playback, "PAUSE_S", 0.0005)
    stand = Stand()
    stand.clock.at = Nanos(10_000)
    assert await playback.play(iter([news(n) for n in range(50)]), stand.host) == 50
    await stand.settle()
    assert [e.at for e in stand.kernel.seen] == list(range(50))
    assert stand.host.market.refused > 0
    assert stand.host.market.deepest == 3
    stand.host.stop()


async def test_a_day_is_cancelled_at_any_moment() -> None:
    stand = Stand()
    endless = (news(n) for n in iter(int, 1))
    task = asyncio.create_task(playback.play(endless, stand.host))
    await stand.until(lambda: len(stand.kernel.seen) > 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stand.host.stop()
