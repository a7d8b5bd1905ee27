"""A journal counted while it is written comes to what a replay of it counts."""

from __future__ import annotations

import pytest

from engine.core import codec
from engine.core.errors import InvariantBroken
from engine.core.events import Due, Opened
from engine.core.snapshot import Snapshot
from engine.core.units import Nanos
from engine.host.counting import Counted
from engine.host.replay import replay
from engine.kernel.step import Kernel


class Rows:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, str, bytes, bytes]] = []
        self.kept: list[str] = []
        self.held: list[bool] = []

    def journal(self, seq, at, kind, body, digest) -> None:
        self.rows.append((seq, at, kind, body, digest))

    def keep(self, rows, then) -> None:
        self.kept.append(then)

    def hold(self, on) -> None:
        self.held.append(on)


def take(counted: Counted, seq: int, event) -> None:
    """Do with an event what the host does."""
    try:
        digest = codec.digest(counted.step(event))
    except InvariantBroken:
        digest = b""
    counted.journal(seq, event.at, type(event).__name__, codec.encode(event), digest)


@pytest.fixture
def counted() -> tuple[Counted, Rows]:
    rows = Rows()
    return Counted(Kernel(), rows), rows


EVENTS = (
    Opened(at=Nanos(1), snapshot=Snapshot(profile="", mode="paper", account_name="paper")),
    Due(at=Nanos(2), what="beat"),
)


def test_it_counts_what_a_replay_counts(counted) -> None:
    one, rows = counted
    for seq, event in enumerate(EVENTS, 1):
        take(one, seq, event)
    found = replay(iter(rows.rows), Kernel())
    assert (one.events, one.effects, one.digest) == (found.events, found.effects, found.digest)
    assert found.events == len(EVENTS)
    assert found.effects > 0


def test_an_event_at_which_the_kernel_failed_counts_as_little_as_in_a_replay(counted) -> None:
    one, rows = counted
    take(one, 1, EVENTS[0])
    one.journal(2, 2, "Due", codec.encode(EVENTS[1]), b"")
    assert (one.events, len(rows.rows)) == (1, 2)


def test_what_is_kept_and_held_is_handed_on(counted) -> None:
    one, rows = counted
    one.hold(True)
    one.keep((), "then")
    assert (rows.held, rows.kept) == ([True], ["then"])
