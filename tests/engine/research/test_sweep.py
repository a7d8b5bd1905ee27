"""Sweeps: every mixture of parameters, the same wherever it is run, and gone on with after a stop."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from app import cli
from engine.core.errors import InputError
from engine.research import sweep, verdicts
from engine.research.sweep import Axis
from tests.engine.research import windows
from tests.engine.research.sweeping import sweeps

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="needs the extra research")
RULE, STRATEGY = sweeps()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return windows.write(tmp_path_factory.mktemp("set"), windows=2)


@pytest.fixture(scope="module")
def came(folder):
    return sweep.run(RULE, folder, sweep.store(None))


def test_every_point_is_run_and_the_best_comes_first(came) -> None:
    assert [one.point for one in came] == list(RULE.points)
    assert len({one.point for one in came}) == 8
    lines = sweep.lines(RULE, came)
    assert [line.net for line in lines] == sorted((line.net for line in lines), reverse=True)
    assert {line.digest for line in lines} != {lines[0].digest}
    assert sum(one.fills for one in came) > 8
    for one in came:
        assert one.fills == one.valued
        assert one.gross - one.fees == sum((net for _, net in one.days), Decimal(0))


def test_what_a_point_owes_to_luck_is_reckoned_in_ratios_of_one_day() -> None:
    """Those of a year are nineteen times as far apart: the luck of so many trials was nineteen times too great."""
    chance = random.Random(7)
    points = [(("x", str(n)),) for n in range(6)]
    days = {point: [chance.gauss(0.3, 1.0) for _ in range(40)] for point in points}
    some = [
        sweep.Came(
            point=point, part="p", events=0, orders=0, fills=0, valued=0, won=0, gross=Decimal(0), fees=Decimal(0),
            days=tuple((n, Decimal(str(round(net, 6)))) for n, net in enumerate(days[point])), digest="",
        )
        for point in points
    ]  # fmt: skip
    grid = msgspec.structs.replace(RULE, axes=(Axis(name="x", values=tuple(str(n) for n in range(6))),))
    results = {one.point: [float(net) for _, net in one.days] for one in some}
    trials = [verdicts.per_period(of) for of in results.values()]
    for line in sweep.lines(grid, some):
        assert line.deflated == pytest.approx(verdicts.deflated(results[line.point], trials))


def test_a_sweep_that_was_stopped_goes_on_and_comes_to_the_same(folder, came, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sweep, "AT_ONCE", 3)
    file, told = tmp_path / "state", []
    some = sweep.run(
        RULE, folder, sweep.store(file), told=lambda *count: told.append(count), stopped=lambda: len(told) > 2
    )
    assert some == came[:6]
    file.write_bytes(file.read_bytes()[:-40])
    told.clear()
    assert sweep.run(RULE, folder, sweep.store(file), told=lambda *count: told.append(count)) == came
    assert told == [(1, 3), (2, 3), (3, 3)]
    file.write_bytes(b"{}\n")
    with pytest.raises(InputError, match="line 1 is no result"):
        sweep.store(file)


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs the extra dask")
def test_two_cores_and_a_cluster_come_to_the_same_as_one_process(folder, came) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.research.sweeping", str(folder)], cwd=Path(__file__).parents[3],
        capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    here, cores, cluster, *whole = done.stdout.splitlines()
    assert here == cores == cluster
    assert here == " ".join(f"{one.fills}:{one.gross}:{one.fees}:{one.digest}" for one in came)
    assert len(whole) == 2
    assert len(set(whole)) == 1


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [
        ((Axis("width", ("1",)),), "--grid width: no parameter of a rule; there are size"),
        ((Axis("size", ("x",)),), "--grid: x is no number"),
        ((Axis("size", ("1",)), Axis("size", ("2",))), "each parameter once"),
        (tuple(Axis(name, tuple(map(str, range(400)))) for name in ("size", "most")), "160000 points are more than"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused(folder, axes, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        sweep.run(msgspec.structs.replace(RULE, axes=axes), folder, sweep.store(None))


def test_some_points_are_those_of_the_whole_grid_and_none_is_made_for_counting(monkeypatch) -> None:
    """A grid of a billion points was made before it was refused, and made anew for each piece of one that was not."""
    plan = RULE.plan
    axes = (Axis("size", ("1", "2", "3")), Axis("away", ("0", "1")), Axis("apart", ("1", "5", "10", "20")))
    found = sweep.Sweep(plan=plan, axes=axes)
    assert found.count == len(found.points) == 24
    assert [found.some(first, 5) for first in range(0, 24, 5)] == [found.points[n : n + 5] for n in range(0, 24, 5)]
    monkeypatch.setattr(sweep, "product", None)
    vast = sweep.Sweep(plan=plan, axes=tuple(Axis(name, tuple(map(str, range(1_000)))) for name in sweep.KNOBS))
    with pytest.raises(InputError, match="1000000000000000 points are more than"):
        sweep.check(vast)
    assert sweep.Piece(found, "folder", "part", 20, 64).key


def test_the_command_prints_its_points(folder, capsys) -> None:
    line = ["sweep", str(folder), "--strategy", "takes", "--set", "away=3", "--grid", "lean=0,10"]
    assert cli.run(line) == 0
    said = capsys.readouterr()
    assert "2 of 2 points of takes" in said.out
    assert "1 of 1 parts" in said.err
    assert cli.run([*line, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["lines"]) == document["points"] == 2
    assert cli.run([*line[:-1], "lean"]) == 2
    assert "--grid lean: must be KEY=A,B,C" in capsys.readouterr().err
