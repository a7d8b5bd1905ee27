"""The promise of the demo: a contract settles within three real minutes, whenever a session begins.

Nothing waits here: the day's own events are stepped as fast as the kernel takes them, and its clock is read.
"""

from __future__ import annotations

import heapq
from itertools import count, pairwise, takewhile

import resources
from app import outset
from engine.core.commands import CreateMarket
from engine.core.effects import Keep, Wake
from engine.core.events import Asked, Due, Kept, Opened
from engine.core.snapshot import Snapshot, StationRow
from engine.core.units import DAY, SECOND, Nanos
from engine.kernel.listing import GRACE
from engine.kernel.step import Kernel
from engine.sandbox import day as sandbox

THREE_MINUTES = Nanos(int(180 * sandbox.SPEED) * SECOND)
"""Of real time, on the day's clock."""


def _day() -> tuple[sandbox.Day, tuple[StationRow, ...]]:
    stations = tuple(StationRow(**facts) for facts in resources.load_stations())
    return sandbox.build(sandbox.SEED, stations), stations


def test_the_default_day_settles_within_three_minutes_of_its_start() -> None:
    day, stations = _day()
    end = Nanos(day.start + THREE_MINUTES)
    opened = outset.completed(Snapshot(profile="", mode="demo", account_name="demo", stations=stations), day)
    kernel, ties = Kernel(), count()
    todo = [(event.at, next(ties), event) for event in takewhile(lambda event: event.at <= end, day.events())]
    todo.insert(0, (day.start, -1, Opened(at=day.start, snapshot=opened)))
    heapq.heapify(todo)
    while todo and not kernel.state.settlements:
        at, _, event = heapq.heappop(todo)
        assert at <= end
        for effect in kernel.step(event):
            if isinstance(effect, Wake):
                due = Nanos(max(effect.due, at))
                heapq.heappush(todo, (due, next(ties), Due(at=due, what=effect.what)))
            elif isinstance(effect, Keep) and effect.then:
                heapq.heappush(todo, (at, next(ties), Kept(at=at, what=effect.then)))
    (first, *_) = kernel.state.settlements
    assert (first.at - day.start) / SECOND / sandbox.SPEED < 180


def test_whenever_a_session_begins_something_closes_in_time_to_settle() -> None:
    day, _ = _day()
    events = takewhile(lambda event: event.at <= day.start + 2 * DAY, day.events())
    listed = [e.command.contract for e in events if isinstance(e, Asked) and isinstance(e.command, CreateMarket)]
    closes = sorted({contract.closes for contract in listed if contract.closes <= day.start + 2 * DAY})
    assert all(later - earlier + GRACE <= THREE_MINUTES for earlier, later in pairwise([day.start, *closes]))
