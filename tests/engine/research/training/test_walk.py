"""Walking forward: no day on both sides, restart-safe, and a verdict that finds what was planted and nothing else."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from engine.core.errors import InputError
from engine.research.training import collect, report, season, walk
from engine.research.training import table as tables
from engine.strategies.horizon import Definition

WANTED = Definition(names=("share", "pressure", "flow", "queue", "micro"), cadence_s=10.0, horizon_s=30.0)


def plan(**change) -> walk.Plan:
    made = walk.Plan(data=season.NAME, definition=WANTED, train=3, test=1, step=1, kinds=("ridge",), trials=1)
    return msgspec.structs.replace(made, **change)


def made(edge: float, days: int, cache=None) -> tables.Table:
    found = collect.table(season.NAME, season.parts(11, days, edge=edge, hours=0.5), WANTED, cache=cache)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def pressed() -> tables.Table:
    return made(0.7, 8)


def test_what_was_planted_is_found_with_an_interval_and_nothing_is_found_where_nothing_was(pressed) -> None:
    (found,) = report.lines(walk.run(plan(), pressed, walk.Store(None)))
    assert found.verdict == "better than a price that stays"
    assert found.clusters == 5
    best = 0.25 * (1 - 0.7**2)
    assert best - 0.03 < found.brier < 0.2
    (nothing,) = report.lines(walk.run(plan(), made(0.0, 8), walk.Store(None)))
    assert nothing.verdict == "not to be told from a price that stays"
    assert abs(nothing.brier - 0.25) < 0.03


def test_what_a_model_was_sure_of_is_held_against_the_spread() -> None:
    wide = msgspec.structs.replace(WANTED, names=("spread", "pressure", "queue", "micro"))
    found = collect.table(season.NAME, season.parts(11, 4, edge=0.9, hours=0.4), wide)
    windows = walk.run(plan(definition=wide), found, walk.Store(None))
    (line,) = report.lines(windows)
    assert line.calls.n > 50
    assert 0.2 < 100 * line.calls.move / line.calls.n < 0.5, "two of six move a cent, and it knows the way"
    assert line.calls.half_spread / line.calls.n == pytest.approx(0.01)
    assert "half the spread there was 1.00c" in report.text(plan(), windows)


def test_training_and_test_share_no_day_and_are_in_order(pressed) -> None:
    known = tables.groups(pressed)
    for train, test in walk.steps(plan(train=4, test=2, step=2), pressed):
        assert train[0] <= train[1] < test[0] <= test[1] <= known[-1]
        assert (train[1] - train[0], test[1] - test[0]) == (3, 1)
        assert test[0] == train[1] + 1
    with pytest.raises(InputError, match="do not hold 42 to train on and 7 to test on"):
        walk.steps(plan(train=42, test=7, step=7), pressed)


def test_a_walk_that_was_stopped_goes_on_and_comes_to_the_same(pressed, tmp_path) -> None:
    whole = walk.run(plan(), pressed, walk.Store(None))
    file = tmp_path / "windows.jsonl"
    done: list[int] = []
    part = walk.run(
        plan(), pressed, walk.Store(file), told=lambda n, of: done.append(n), stopped=lambda: len(done) >= 2
    )
    assert part == whole[:2]
    file.write_bytes(file.read_bytes() + b'["cut of')
    fresh: list[int] = []
    rest = walk.run(plan(), pressed, walk.Store(file), told=lambda n, of: fresh.append(of))
    assert rest == whole
    assert len(file.read_bytes().splitlines()) == len(whole)
    assert walk.Store(file).get(plan(seed=2).key(pressed.digest), 0) is None, "another plan is another walk"
    file.write_bytes(b"{}\n")
    with pytest.raises(InputError, match="line 1 is no window"):
        walk.Store(file)


def test_features_are_kept_part_by_part_and_a_stop_is_heard(tmp_path) -> None:
    some, asked = season.parts(11, 3, hours=0.3), []
    assert (
        collect.table(season.NAME, some, WANTED, cache=tmp_path, stopped=lambda: len(asked) or asked.append(1)) is None
    )
    assert len(list(tmp_path.glob("*.npz"))) == 1
    whole = collect.table(season.NAME, season.parts(11, 3, hours=0.3), WANTED, cache=tmp_path)
    again = collect.table(season.NAME, season.parts(11, 3, hours=0.3), WANTED, cache=tmp_path)
    other = collect.table(season.NAME, season.parts(11, 3, hours=0.3), WANTED)
    assert whole.digest == again.digest == other.digest


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("kalshi-weather-trades", {"flow", "queue", "micro", "weather", "hazard_5", "hazard_60"}),
        ("kalshi-ny-bbo", {"weather", "hazard_5", "hazard_60"}),
    ],
)
def test_features_that_a_set_cannot_have_are_named(name, gone) -> None:
    found, absent = collect.definition(name, 10.0, 60.0)
    assert set(absent) == gone
    assert not set(found.names) & gone
    assert "share" not in collect.definition("kalshi-15m-crypto-trades", 1.0, 15.0)[0].names


def test_an_interval_is_over_whole_events_and_too_few_of_them_tell_nothing() -> None:
    one = walk.Cluster(100, 60.0, 24.0, 69.3, 25.0)
    windows = tuple(
        walk.Window(index=i, train=(0, 1), test=(2, 2), train_moves=9, test_moves=100, base=0.5,
                    models=(walk.Scored(kind="ridge", clusters=(one,), ece=0.1, calibration="none", parameters={},
                                        held_out_brier=0.24),))
        for i in range(4)
    )  # fmt: skip
    (few,) = report.lines(windows)
    assert few.brier == pytest.approx(0.24)
    assert few.brier_gain == (pytest.approx(-0.01), None, None)
    assert few.verdict == "too few events to say anything"
    (more,) = report.lines(windows * 2)
    assert more.brier_gain.high == pytest.approx(-0.01)
    assert report._student(4) == pytest.approx(2.776, abs=0.01)
    assert report._student(60) == pytest.approx(2.0003, abs=1e-3)
    text = report.text(plan(absent=("flow",)), windows * 2)
    assert "better than a price that stays" in text
    assert "features that the data cannot have: flow" in text


def test_what_no_move_told_is_null_in_the_document_and_no_word_that_json_lacks() -> None:
    """Days on which no price moved were told as NaN, at which other programs refuse the whole document."""
    still = walk.Window(
        index=0, train=(0, 1), test=(2, 2), train_moves=9, test_moves=0, base=0.5,
        models=(walk.Scored(kind="ridge", clusters=(), ece=0.0, calibration="none", parameters={},
                            held_out_brier=float("nan")),),
    )  # fmt: skip
    told = json.dumps(report.document(plan(), (still,)), allow_nan=False)
    (model,) = json.loads(told)["models"]
    assert (model["brier"], model["verdict"]) == (None, "too few events to say anything")


def test_a_season_is_the_same_again_and_its_days_are_fair_without_an_edge() -> None:
    first, again = (next(season.parts(5, 1, edge=0.5, hours=0.2)) for _ in range(2))
    assert list(first.events()) == list(again.events())
    ups = np.concatenate([t.move[np.abs(t.move) > 0.001] > 0 for t in (made(0.0, 2),)])
    assert 0.45 < ups.mean() < 0.55
