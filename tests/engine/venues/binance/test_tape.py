"""Whatever order, doubling or hole the stream has, trades are told once, in the order of their ids."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import Trade
from engine.core.ids import BINANCE, InstrumentId
from engine.core.units import Lots, Nanos, Ticks
from engine.venues.binance import tape as module
from engine.venues.binance.tape import Tape
from engine.venues.binance.wire import Print


def _print(first, last=None):
    last = first if last is None else last
    trade = Trade(at=Nanos(0), instrument=InstrumentId(BINANCE, "X"), price=Ticks(1), lots=Lots(1), trade_id=str(first))
    return Print(trade, first, last)


def _ids(trades):
    return [int(trade.trade_id) for trade in trades]


def test_the_first_trade_is_no_gap_and_duplicates_are_dropped():
    tape = Tape()
    assert _ids(tape.take(_print(100))) == [100]
    assert _ids(tape.take(_print(100)) + tape.take(_print(99)) + tape.take(_print(101))) == [101]
    assert (tape.gap, tape.duplicates) == (None, 2)


def test_a_gap_holds_back_what_follows_until_it_is_mended():
    tape = Tape()
    tape.take(_print(1))
    assert tape.take(_print(4)) == []
    assert tape.gap is not None
    assert (tape.gap.first, tape.gap.last, tape.gap.missing, tape.waiting) == (2, 3, 2, 1)
    assert tape.take(_print(5)) == []
    assert _ids(tape.mend([_print(3), _print(2), _print(1), _print(4), _print(2)])) == [2, 3, 4, 5]
    assert (tape.gap, tape.waiting, tape.gaps) == (None, 0, 1)
    assert tape.mend([_print(6)]) == []


def test_a_second_gap_behind_the_first_is_seen_when_the_first_is_mended():
    tape = Tape()
    for n in (1, 3, 6):
        tape.take(_print(n))
    assert _ids(tape.mend([_print(2)])) == [2, 3]
    assert tape.gap is not None
    assert (tape.gap.first, tape.gap.last) == (4, 5)
    assert _ids(tape.mend([])) == [6]
    assert tape.gap is None


def test_aggregated_rows_that_reach_over_an_edge_are_not_counted_twice():
    tape = Tape()
    tape.take(_print(1))
    tape.take(_print(10))
    assert _ids(tape.mend([_print(1, 3), _print(4, 8), _print(9, 11)])) == [4, 10]


def test_a_trade_that_only_came_late_fills_its_gap():
    tape = Tape()
    for n in (1, 3, 2, 4):
        tape.take(_print(n))
    assert _ids(tape.abandon()) == [2, 3, 4]
    assert tape.missed == 0


def test_what_stays_missing_is_counted():
    tape = Tape()
    for n in (1, 5, 9):
        tape.take(_print(n))
    assert _ids(tape.mend([_print(3)])) == [3, 5]
    assert _ids(tape.abandon()) == [9]
    assert tape.missed == 2 + 3


def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "ROOM", 3)
    tape = Tape()
    tape.take(_print(1))
    told = []
    for n in range(5, 12):
        told += tape.take(_print(n))
    assert _ids(told) == [5, 6, 7, 8, 9, 10, 11]
    assert tape.gap is None


@given(st.integers(0, 2**32), st.integers(5, 120))
def test_any_stream_comes_out_once_and_in_order(seed, n):
    rng, tape, told = random.Random(seed), Tape(), []
    stream = [i for i in range(n) if rng.random() > 0.2 or i in {0, n - 1}]
    stream = sorted(stream + rng.sample(stream, len(stream) // 3), key=lambda i: i + rng.choice((0, 0, 0, 2)))
    if stream[0] != 0:
        stream.insert(0, 0)
    for number in stream:
        told += _ids(tape.take(_print(number)))
        while tape.gap is not None and rng.random() < 0.5:
            told += _ids(tape.mend(map(_print, range(tape.gap.first - 2, tape.gap.last + 3))))
    while tape.gap is not None:
        told += _ids(tape.mend(map(_print, range(tape.gap.first, tape.gap.last + 1))))
    assert told == list(range(told[-1] + 1)), "each once, in order, none missing"


def test_a_leap_of_thousands_is_believed_once_another_trade_follows_it():
    tape, far = Tape(), module.WORTH + 10
    tape.take(_print(1))
    assert tape.take(_print(far + 1)) == []
    assert tape.gap is None, "it stands alone"
    assert _ids(tape.take(_print(2))) == [2]
    assert tape.take(_print(far)) == []
    assert _ids(tape.take(_print(3))) == [3], "an older one bears nothing out"
    assert tape.take(_print(far + 1)) == []
    assert (tape.gap.first, tape.gap.last, tape.waiting, tape.gaps) == (4, far - 1, 2, 1)
    assert _ids(tape.abandon()) == [far, far + 1]
    assert _ids(tape.take(_print(far + 2))) == [far + 2]


def test_a_gap_that_is_just_worth_mending_is_believed_at_once():
    tape = Tape()
    tape.take(_print(1))
    assert tape.take(_print(module.WORTH + 2)) == []
    assert tape.gap.missing == module.WORTH
