"""What stands around a host in its tests: a kernel that answers as told, a disk that notes, a clock that is set."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.core.errors import InvariantBroken
from engine.core.events import LinkChanged
from engine.core.ids import VenueId
from engine.core.units import SECOND, Nanos
from engine.host.host import Host

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.effects import AnyEffect, Row
    from engine.core.events import Event
    from engine.core.ids import Topic


def news(number: int) -> LinkChanged:
    """An event of the outside that is told apart by its number."""
    return LinkChanged(at=Nanos(number), venue=VenueId(str(number)), up=True)


class SetClock:
    """A clock that stands where it is put; waiting for a later time takes a moment."""

    def __init__(self) -> None:
        self.at = Nanos(0)

    def now(self) -> Nanos:
        return self.at

    def wait(self, until: Nanos) -> float:
        return 0.0 if until <= self.at else 0.001


class Answers:
    """A kernel that takes what comes, and answers as `answer` says."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.answer: Callable[[Event], list[AnyEffect]] = lambda event: []

    def step(self, event: Event) -> list[AnyEffect]:
        self.seen.append(event)
        return self.answer(event)


class Notes:
    """A disk that notes what it was given."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, str, bytes, bytes]] = []
        self.keeps: list[tuple[tuple[Row, ...], str]] = []
        self.held = False
        self.order: list[str] = []

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        self.rows.append((seq, at, kind, body, digest))
        self.order.append(f"journal {seq}")

    def keep(self, rows: tuple[Row, ...], then: str) -> None:
        self.keeps.append((rows, then))
        self.order.append(f"keep {then}")

    def hold(self, on: bool) -> None:
        self.held = on


class Stand:
    """A host on the running loop, with everything around it."""

    def __init__(self) -> None:
        self.kernel, self.disk, self.clock = Answers(), Notes(), SetClock()
        self.changed: list[Topic] = []
        self.broken: list[InvariantBroken] = []
        self.host = Host(
            self.kernel,
            self.disk,
            self.clock,
            asyncio.get_running_loop(),
            changed=self.changed.append,
            broken=self.broken.append,
        )

    async def settle(self) -> None:
        """Let the loop turn until nothing waits."""
        await asyncio.sleep(0)
        while self.host.waiting:  # noqa: ASYNC110 - the host has no event of its own
            await asyncio.sleep(0)

    async def until(self, done: Callable[[], bool]) -> None:
        """Let the loop turn until something is so."""
        while not done():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.001)


HOUR_LATER = Nanos(3_600 * SECOND)
