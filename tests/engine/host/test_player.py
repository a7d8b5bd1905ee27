"""A session that is played: wherever a seek lands, the kernel stands as if it had been played until there."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core import codec
from engine.core.commands import Halt, NoteMarket
from engine.core.effects import Keep
from engine.core.errors import InputError
from engine.core.events import Asked
from engine.core.ids import MarketId
from engine.core.units import Nanos
from engine.host.player import FILL, HALTED, OPENED, Bookmark, Player
from engine.host.snapshots import Shelf, Snapshot, digest
from engine.kernel.step import Kernel
from engine.store import journal
from engine.store.journal import Recording
from tests.engine.host.recorded import EVENTS, rows, write


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("journal") / "20260703T130000Z.db")


@pytest.fixture(scope="module")
def played(path) -> dict[int, str]:
    """Digests of a kernel that was only ever played, at every hundredth position."""
    kernel, found = Kernel(), {}
    for number, entry in enumerate(Recording(path), 1):
        kernel.step(entry.event())
        if number % 100 == 0:
            found[number] = digest(kernel)
    return found


@pytest.fixture(scope="module")
def player(path) -> Player:
    one = Player(Recording(path), shelf=Shelf(every=150, room=6))
    assert one.scan()
    return one


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, EVENTS // 100), min_size=1, max_size=3))
def test_a_seek_lands_in_the_state_of_playing_there(player, played, hundreds) -> None:
    for hundred in hundreds:
        player.seek(hundred * 100)
        assert player.position == hundred * 100
        assert digest(player.kernel) == played[hundred * 100]


def test_a_restored_kernel_answers_as_the_first_did(path) -> None:
    kernel, entries = Kernel(), list(Recording(path))
    for entry in entries[:400]:
        kernel.step(entry.event())
    again = Snapshot(400, kernel).kernel()
    for entry in entries[400:]:
        assert codec.digest(again.step(entry.event())) == entry.digest


def test_what_becomes_of_a_restored_kernel_does_not_touch_its_snapshot(path) -> None:
    kernel, entries = Kernel(), list(Recording(path))
    for entry in entries[:300]:
        kernel.step(entry.event())
    held, before = Snapshot(300, kernel), digest(kernel)
    other = held.kernel()
    for entry in entries[300:500]:
        other.step(entry.event())
    assert digest(other) != before
    assert digest(held.kernel()) == before == digest(kernel)


def test_a_recorded_day_has_the_same_effects_and_the_same_decisions(player) -> None:
    assert (player.scanned, player.differences, player.cut) == (EVENTS, 0, "")
    recorded = player.recording.decisions()
    assert recorded
    assert [one.decision for one in player.taken] == recorded


def test_other_effects_are_found_where_they_are(path, tmp_path) -> None:
    entries = list(Recording(path))[:300]
    other = tmp_path / "other.db"
    with closing(journal.create(other)) as connection:
        rows = [tuple(entry) if entry.seq != 200 else (*entry[:4], b"x" * 16) for entry in entries]
        journal.append(connection, rows)
    one = Player(Recording(other))
    one.scan()
    assert one.differences == 1
    assert one.different[0].position == 200
    assert one.different[0].kind == entries[199].kind


def test_a_time_leads_to_all_its_events(player) -> None:
    for position in (1, 57, EVENTS):
        at = player.times[position - 1]
        place = player.place(at)
        assert place >= position
        assert player.times[place - 1] == at
        assert place == EVENTS or player.times[place] > at
    assert player.place(player.times[0] - 1) == 0


def test_marks_lead_on_and_back(player) -> None:
    player.seek(0)
    first = player.next_mark()
    assert first is not None
    assert (first.kind, first.position) == (OPENED, 1)
    fill = player.next_mark(kind=FILL)
    assert fill is not None
    player.seek(fill.position)
    assert len(player.kernel.state.fills) + len(player.kernel.state.released) >= 1
    assert player.previous_mark() is not None
    player.put_mark(Bookmark(fill.position + 5, Nanos(0), "mark", "here"))
    assert player.next_mark(kind="mark").text == "here"  # type: ignore[union-attr]
    player.seek(EVENTS)
    assert player.next_mark() is None


def test_a_halt_is_marked_where_it_was_pressed_and_not_where_it_was_written_of(tmp_path) -> None:
    """A note to a market with the word in it was a bookmark that said "halt pressed"."""
    events, _ = rows()
    at, pressed = Nanos(events[0][1] + 1), Nanos(0)
    asked = [
        Asked(at=at, command=NoteMarket(market=MarketId("m"), note="Halted by rain"), pressed_at=pressed),
        Asked(at=at, command=Halt(why="enough"), pressed_at=pressed),
    ]
    with closing(journal.create(tmp_path / "a.db")) as connection:
        more = [(n, one.at, "Asked", codec.encode(one), b"d") for n, one in enumerate(asked, 2)]
        journal.append(connection, [events[0], *more])
    player = Player(Recording(tmp_path / "a.db"))
    player.scan()
    assert [mark.position for mark in player.marks if mark.kind == HALTED] == [3]


def test_the_next_decision_is_where_it_is_kept(player) -> None:
    player.seek(0)
    found = player.next_decision()
    assert found is not None
    player.seek(found - 1)
    entry = next(player.recording.read(found - 1))
    assert any(type(one) is Keep for one in player.kernel.step(entry.event()))
    player.seek(0)


def test_the_shelf_stays_bounded(player) -> None:
    assert 0 < len(player.shelf) <= 6
    assert player.shelf.every > 150
    assert player.shelf.before(EVENTS) is not None


def test_a_slice_of_no_time_gets_nowhere_far(path) -> None:
    one = Player(Recording(path))
    assert not one.scan(budget_ns=0)
    assert not one.advance(EVENTS, budget_ns=0)
    assert one.position < EVENTS


def test_events_fall_where_they_fell(player) -> None:
    assert sum(player.density(40)) == EVENTS


def test_an_empty_journal_is_refused(tmp_path) -> None:
    path = tmp_path / "empty.db"
    journal.create(path).close()
    with pytest.raises(InputError, match="it is empty"):
        Player(Recording(path))
