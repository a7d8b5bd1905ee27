from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli

SMALL = ("settlements", "--synthetic", "--stations", "3", "--days", "40", "--part", "2")


def document(capsys: pytest.CaptureFixture[str], *more: str) -> dict:
    assert cli.run([*SMALL, "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_made_up_world_is_scored(capsys: pytest.CaptureFixture[str]) -> None:
    said = document(capsys)
    (source,) = said["sources"]
    assert (said["parts"], said["kept"]) == (2, 0)
    assert [rule["rule"] for rule in source["rules"]] == ["whole_c", "hourly", "groups", "midnight"]
    assert all(rule["days"] == 120 for rule in source["rules"])


def test_another_seed_is_another_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys)["sources"] != document(capsys, "--seed", "1")["sources"]


def test_a_second_night_on_the_same_data_has_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "state.jsonl")
    first, second = (document(capsys, "--state", state) for _ in range(2))
    assert (first["kept"], second["kept"]) == (0, 2)
    assert first["sources"] == second["sources"]
    assert document(capsys, "--state", state, "--fresh")["kept"] == 0


def test_the_table_says_how_often_and_of_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(SMALL) == 0
    said = capsys.readouterr()
    assert "made up: high, 3 stations, 2,880 hours" in said.out
    assert "midnight   120      120         0          0.0%    120    100.0%       120" in said.out
    assert "least often right by hourly: S000" in said.out
    assert said.err.splitlines()[-1] == "atmx: 2 of 2 parts"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["settlements"], "name a FILE, --data DIR or --synthetic"),
        ([*SMALL, "--part", "0"], "--part: must be 1 to 100000, was 0"),
        ([*SMALL, "--seed", "-1"], "--seed: must not be negative, was -1"),
        (["settlements", "none.json"], "none.json: cannot be read"),
        (["settlements", "--data", "/nonexistent"], "holds neither"),
    ],
)
def test_bad_input_is_2_in_one_line(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(argv) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1


dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs the extra dask")


IMPATIENT = """
import sys
from app import cli
from engine.research import job

job.PATIENCE_S = 1.0
sys.exit(cli.run(sys.argv[1:]))
"""


def in_a_process(*argv: str, start: tuple[str, str] = ("-m", "app")) -> subprocess.CompletedProcess[str]:
    """Run the program apart: Dask leaves threads behind that end with their process."""
    command = [sys.executable, *start, *SMALL, "--json", *argv]
    return subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, timeout=90, check=False
    )


@dask
def test_a_cluster_comes_to_the_same_and_keeps_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "state.jsonl")
    done = in_a_process("--scheduler", "local", "--state", state)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sources"] == document(capsys)["sources"]
    assert document(capsys, "--state", state)["kept"] == 2


@dask
def test_a_scheduler_that_does_not_answer_is_3() -> None:
    done = in_a_process("--scheduler", "tcp://127.0.0.1:9", start=("-c", IMPATIENT))
    assert (done.returncode, done.stdout) == (3, "")
    assert "atmx: --scheduler: no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
