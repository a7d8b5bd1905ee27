from __future__ import annotations

from engine.store.tally import Rotation, Tally


def test_a_part_that_is_old_enough_is_full():
    tally = Tally()
    assert not Rotation(10**9, 0.0).due(tally)
    tally.wrote([(1, 1, "Due", b"", b"")], 0)
    assert Rotation(10**9, 0.0).due(tally)
    assert not Rotation(10**9, 1_000.0).due(tally)


def test_a_part_that_holds_enough_bytes_is_full_and_the_next_begins_empty():
    tally = Tally()
    tally.wrote([(1, 10, "Due", b"x" * 60, b"d"), (2, 20, "Kept", b"", b"d")], 1)
    assert (tally.rows, tally.decisions, tally.first_at, tally.last_at) == (2, 1, 10, 20)
    assert tally.kinds == {"Due": 1, "Kept": 1}
    assert tally.bytes == tally.part_bytes == 60 + 2 * 40
    assert Rotation(140, 1_000.0).due(tally)
    assert not Rotation(141, 1_000.0).due(tally)
    tally.turned()
    assert (tally.parts, tally.part_bytes, tally.bytes) == (2, 0, 140)
    assert not Rotation(1, 0.0).due(tally)
