"""`atmx train`: one document, a model's file that is read again, and refusals in one sentence."""

from __future__ import annotations

import json

import pytest

from app import cli
from engine.strategies import horizon_model

LINE = ["train", "synthetic-season", "--days", "4", "--hours", "0.5"]
LINE += ["--windows", "3:1", "--cadence", "10", "--horizon", "30",
        "--kinds", "online", "--trials", "1"]  # fmt: skip


def test_it_walks_reports_and_writes_a_model_that_can_be_read(tmp_path, capsys) -> None:
    model = tmp_path / "m.json"
    more = ["--state", str(tmp_path / "s"), "--model", "online", "--out", str(model), "--save", str(tmp_path / "r")]
    assert cli.run([*LINE, *more, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads((tmp_path / "r").read_text())
    assert said["models"][0]["kind"] == "online"
    assert said["persistence"]["brier"] == 0.25
    assert horizon_model.read(model.read_bytes()).artifact.source.groups == 3
    assert cli.run([*LINE, "--state", str(tmp_path / "s")]) == 0
    told = capsys.readouterr()
    assert "less persistence (95 %)" in told.out
    assert "1 of 1 windows" in told.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--windows", "x"], "--windows: must be N:M"),
        (["--kinds", "oracle"], "oracle: no such model"),
        (["--model", "ridge"], "--model and --out go together"),
        (["--trials", "0"], "--trials: must be 1 to"),
        (["--horizon", "65"], "--cadence, --horizon: its horizon of 65 s is no whole number"),
        (["--edge", "2"], "--edge 0 to 1"),
    ],
)
def test_bad_usage_is_one_sentence(words, sentence, capsys) -> None:
    assert cli.run([*LINE, *words]) == cli.BAD_INPUT
    told = capsys.readouterr().err
    assert sentence in told
    assert "Traceback" not in told


def test_a_set_that_is_none_is_named(tmp_path, capsys) -> None:
    assert cli.run(["train", str(tmp_path / "moon")]) == cli.BAD_INPUT
    assert "moon: no such data set" in capsys.readouterr().err
