"""The transport: what the bar asks for, slice by slice, and the decisions of two sessions side by side."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core import decision
from engine.core.units import SECOND
from engine.host.player import Player
from engine.host.snapshots import Shelf
from engine.host.transport import SPEEDS, Transport, words
from engine.store import database, journal
from engine.store.journal import Recording
from tests.engine.host.recorded import EVENTS, rows, write


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("journal") / "20260703T150000Z.db")


@pytest.fixture(scope="module")
def whole(path) -> Transport:
    one = Transport(Player(Recording(path), shelf=Shelf(every=400)), "day", slice_ns=10**12)
    one.player.scan()
    return one


def settle(one: Transport, now: int = 0) -> None:
    while one.seeking is not None:
        one.tick(now)


def test_pace_is_kept_whatever_the_ticks(whole) -> None:
    whole.seek(1)
    settle(whole)
    start = whole.player.now
    whole.set_speed(10, 0)
    whole.play(0)
    for tick in (0.1, 0.13, 0.7, 1.0):
        whole.tick(int(tick * SECOND))
        assert whole.player.position == whole.player.place(start + int(tick * 10 * SECOND))
    assert whole.playing
    assert whole.player.position == whole.player.place(start + 10 * SECOND)
    whole.pause()
    assert whole.view().at == whole.player.now
    with pytest.raises(ValueError, match="not 7"):
        whole.set_speed(7, 0)


def test_it_stands_still_at_the_end_and_plays_from_the_beginning_again(whole) -> None:
    whole.set_speed(SPEEDS[-1], 0)
    whole.seek(EVENTS - 3)
    settle(whole)
    whole.play(0)
    whole.tick(3_600 * SECOND)
    assert not whole.playing
    assert whole.view().position == EVENTS
    whole.play(0)
    settle(whole)
    assert whole.player.position == 0
    whole.pause()


def test_steps_go_by_one_event_and_by_one_decision(whole) -> None:
    whole.seek(10)
    settle(whole)
    whole.step()
    settle(whole)
    assert whole.player.position == 11
    assert whole.step_decision()
    settle(whole)
    first = whole.player.taken[0].position
    assert whole.player.position == first
    whole.seek(EVENTS)
    settle(whole)
    assert not whole.step_decision()


def test_bookmarks_lead_both_ways(whole) -> None:
    whole.seek(50)
    settle(whole)
    whole.bookmark()
    whole.seek(60)
    settle(whole)
    assert whole.jump(-1, "mark")
    settle(whole)
    assert whole.player.position == 50
    assert not whole.jump(-1, "mark")
    assert any(one.kind == "mark" for one in whole.view().marks)


def test_a_jump_back_says_that_every_view_is_out_of_date(whole) -> None:
    whole.seek(500)
    settle(whole)
    whole.moved = False
    whole.step()
    settle(whole)
    assert not whole.moved
    whole.seek_share(0.1)
    settle(whole)
    assert whole.moved
    whole.take_changed()
    assert whole.take_changed() == set()


def test_the_same_decisions_are_the_same(whole) -> None:
    found = whole.decisions()
    assert found.recorded == found.replayed == found.same == len(found.rows)
    assert (found.different, found.out_of_order, found.complete) == (0, 0, True)
    assert found.summary == f"same {found.same} decisions"
    assert all(line.now == line.recorded and line.same for line in found.rows)


def other(tmp_path, change) -> Transport:
    """A recording of the same events whose decisions were others."""
    events, bodies = rows()
    decided = change([decision.decode(body) for body in bodies])
    path = tmp_path / "20260703T150000Z.db"
    with closing(journal.create(path)) as connection:
        journal.append(connection, events)
        journal.decide(connection, 1, [decision.encode(one) for one in decided])
    one = Transport(Player(Recording(path)), "other")
    one.player.scan()
    return one


def test_what_differs_is_named_line_by_line(tmp_path) -> None:
    def change(some):
        return [replace(some[0], qty="6"), *some[2:], replace(some[0], order="o-none")]

    found = other(tmp_path, change).decisions()
    by_why = {line.why: line for line in found.rows if line.same is False}
    assert set(by_why) == {"quantity", "only in the replay", "only in the recording"}
    assert by_why["only in the recording"].now == ""
    assert by_why["only in the replay"].recorded == ""
    assert by_why["quantity"].recorded != by_why["quantity"].now
    assert found.different == 3
    assert found.summary.startswith("3 different")


def test_another_order_is_told(tmp_path) -> None:
    found = other(tmp_path, lambda some: [some[1], some[0], *some[2:]]).decisions()
    assert (found.different, found.out_of_order) == (0, 1)


def test_a_recording_that_does_not_say_is_compared_by_digest(tmp_path) -> None:
    path = tmp_path / "old.db"
    with closing(journal.create(path)) as connection:
        journal.append(connection, rows()[0])
        connection.execute("DROP TABLE decisions")
    one = Transport(Player(Recording(path)), "old")
    assert one.decisions().summary.startswith("comparing: 0 of")
    one.player.scan()
    found = one.decisions()
    assert found.recorded is None
    assert "by digest the same effects" in found.summary
    assert {line.same for line in found.rows} == {None}


def test_effects_that_differ_without_a_decision_are_a_line_too(tmp_path) -> None:
    events, _ = rows()
    path = tmp_path / "odd.db"
    with closing(journal.create(path)) as connection:
        journal.append(connection, [*events[:99], (*events[99][:4], b"x" * 16), *events[100:200]])
    one = Transport(Player(Recording(path)), "odd")
    one.player.scan()
    (line,) = (line for line in one.decisions().rows if line.position == 100)
    assert "by digest" in line.why
    assert one.view().differences == 1


def test_a_decision_reads_like_an_order(whole) -> None:
    one = whole.player.taken[0].decision
    assert words(replace(one, side="buy", qty="10", leg="yes", price=4_300, refused="")) == "BUY 10 YES @ 43"
    assert words(replace(one, qty=None, budget="25", side="sell", leg="no", price=None, refused="")) == (
        "SELL $25 NO @ market"
    )
    assert words(replace(one, refused="RATE — too many")).endswith("(refused)")


def test_the_price_of_an_option_is_told_by_its_own_ticks(whole) -> None:
    """Of an option at 0.0125 BTC a replay said 1.25, as if it were cents of a share."""
    option = replace(
        whole.player.taken[0].decision, venue="deribit", symbol="BTC-17JUL26-94000-P", side="buy", leg="yes", qty="2",
        price=125, refused="",
    )  # fmt: skip
    assert words(option, Decimal("0.0001")) == "BUY 2 @ 0.0125"
    assert words(replace(option, price=9_400_050), Decimal("0.01")) == "BUY 2 @ 94000.50"
    assert words(option) == "BUY 2 @ 125 ticks"
    taken = {(one.decision.venue, one.decision.symbol) for one in whole.player.taken}
    assert set(whole.player.units) == {key for key in taken if key[0] != "lmsr"}


def test_decisions_that_cannot_be_read_leave_the_events_to_be_replayed(tmp_path) -> None:
    """A session whose file was cut in that table could not be opened at all."""
    path = write(tmp_path / "a.db")
    with closing(database.connect(path, full=False)) as connection:
        connection.execute("INSERT INTO decisions VALUES (999999, x'00')")
    one = Transport(Player(Recording(path)), "day")
    one.player.scan()
    found = one.decisions()
    assert (found.recorded, found.different) == (None, 0)
    assert found.summary.endswith("not legibly; by digest the same effects")
