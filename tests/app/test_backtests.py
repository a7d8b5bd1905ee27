"""Backtests of a profile: reports read from disk, one run in a process of its own, cancelled and refused in words."""

from __future__ import annotations

import os

import pytest

from app import cli
from app.backtests import Backtests
from tests.engine.research import windows


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return windows.write(tmp_path_factory.mktemp("set"), windows=3)


@pytest.fixture
def desk(tmp_path):
    found = Backtests(tmp_path / "backtests", ("latency_arb",))
    yield found
    found.stop()


def test_reports_are_read_newest_first_and_other_files_are_named(desk, data, tmp_path, capsys) -> None:
    assert desk.view().rows == ()
    desk.folder.mkdir()
    for n in (1, 2):
        file = desk.folder / f"r-000{n}.json"
        assert cli.run(["backtest", str(data), "--strategy", "latency_arb", "--save", str(file)]) == 0
        os.utime(file, (n, n))
    (desk.folder / "bad.json").write_text("{}")
    (desk.folder / "deep.json").write_text("[" * 90_000)
    found = desk.view()
    assert [one.name for one in found.rows] == ["r-0002", "r-0001"]
    assert set(found.unread) == {"bad.json", "deep.json"}
    assert found.rows[0].strategies == "latency_arb"
    assert found.rows[0].parts >= 1
    assert desk.view().rows[0] is found.rows[0], "a file that did not change is not read again"


def test_a_run_tells_how_far_it_is_and_leaves_a_report(qtbot, desk, data) -> None:
    told = []
    desk.changed.connect(lambda: told.append(desk.view().running))
    desk.start(str(data), "latency_arb", "touch")
    assert desk.view().running.going
    desk.start(str(data), "other", "touch")  # one at a time
    qtbot.waitUntil(lambda: bool(desk.view().rows), timeout=60_000)
    (row,) = desk.view().rows
    assert (row.name, row.fills) == ("r-0001", "touch")
    assert desk.view().running is None
    assert any(one is not None and one.of for one in told), "progress was told"


def test_what_cannot_be_played_is_said_and_a_run_can_be_cancelled(qtbot, desk, data) -> None:
    desk.start(str(data / "none"), "latency_arb", "queue")
    assert "there is no such folder" in desk.view().running.said
    desk.start(str(data), "", "queue")
    assert desk.view().running.said == "name at least one strategy"
    desk.start(str(data), "oracle", "queue")
    qtbot.waitUntil(lambda: not desk.view().running.going, timeout=60_000)
    assert "no such strategy" in desk.view().running.said
    desk.start(str(data), "latency_arb", "queue")
    desk.cancel()
    qtbot.waitUntil(lambda: not desk.view().running.going, timeout=60_000)
    assert desk.view().running.said == "cancelled; what was played is kept"
    assert list(desk.folder.glob("*.half")) == []
