"""`atmx backtest`: the document of the contract, and refusals in one sentence."""

from __future__ import annotations

import json

import pytest

from app import cli
from engine.core.errors import InputError
from engine.research import backtest
from engine.store import database
from engine.strategies import horizon_model
from tests.engine.research import windows
from tests.engine.strategies.test_horizon_model import artifact


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return windows.write(tmp_path_factory.mktemp("set"), windows=6)


def test_it_prints_the_document_and_writes_report_and_page(folder, tmp_path, capsys) -> None:
    line = ["backtest", str(folder), "--strategy", "latency_arb", "--strategy", "convexity_fade", "--json"]
    more = ["--save", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"), "--state", str(tmp_path / "s")]
    assert cli.run([*line, *more]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"trades", "gross", "fees", "net", "sharpe", "max_drawdown", "win_rate", "n_days", "digest"} <= set(said)
    assert isinstance(said["net"], str)
    assert sum(one["trades"] for one in said["strategies"]) == said["trades"]
    assert json.loads((tmp_path / "r.json").read_text())["digest"] == said["digest"]
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    assert cli.run([*line, *more]) == 0
    assert json.loads(capsys.readouterr().out)["digest"] == said["digest"]


def test_without_json_it_prints_a_table_and_the_verdict(folder, capsys) -> None:
    assert cli.run(["backtest", str(folder), "--strategy", "latency_arb", "--set", "fills_a_minute=9"]) == 0
    said = capsys.readouterr().out
    assert "net a fill" in said
    assert "assumed: " in said


def test_what_was_kept_of_other_data_is_not_told_again(tmp_path, capsys) -> None:
    """A set that had grown, or was mended, kept the result of what it had been."""
    folder = windows.write(tmp_path, windows=3)
    state = str(folder / "state")

    def said(*more: str) -> dict:
        assert cli.run(["backtest", str(folder), "--strategy", "latency_arb", "--json", *more]) == 0
        return json.loads(capsys.readouterr().out)

    before = said("--state", state)
    assert said("--state", state) == before, "its own file is none of the data"
    (tmp_path / "more").mkdir()
    for file in windows.write(tmp_path / "more", windows=6).iterdir():
        file.replace(folder / file.name)
    after = said("--state", state)
    assert after["events"] > before["events"]
    assert after["digest"] == said()["digest"]


@pytest.mark.parametrize("option", ["--save", "--html"])
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_played(folder, tmp_path, option, capsys) -> None:
    """An hour's run ended in a traceback, and its figures were gone."""
    ledger = tmp_path / "ledger.db"
    database.connect(ledger, full=True).close()
    before = ledger.read_bytes()
    for place in (tmp_path / "nowhere" / "r", tmp_path, ledger):
        state = tmp_path / "parts.jsonl"
        line = ["backtest", str(folder), "--strategy", "latency_arb", "--state", str(state), option, str(place)]
        assert cli.run(line) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"atmx: {option}: {place} cannot be written (")
        assert not state.exists()
    assert ledger.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--strategy", "x"], "--strategy x: no such strategy"),
        (["--strategy", "latency_arb", "--set", "what"], "--set what: must be KEY=VALUE"),
        (["--strategy", "a", "--strategy", "b", "--set", "c=1"], "--set c=1: must be KEY=VALUE, with several"),
        (["--strategy", "latency_arb", "--size", "0"], "--size: must be above 0"),
        (["--strategy", "latency_arb", "--latency", "-1"], "--latency: must be 0 to"),
        (["--strategy", "latency_arb", "--slip", "51"], "--slip: must be 0 to 50"),
        (["--strategy", "latency_arb", "--jobs", "0"], "--jobs: must be 1 to"),
    ],
)
def test_what_is_wrong_is_one_sentence(folder, words, sentence, capsys) -> None:
    assert cli.run(["backtest", str(folder), *words]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_folder_that_is_no_set_is_refused(tmp_path, capsys) -> None:
    assert cli.run(["backtest", str(tmp_path), "--strategy", "latency_arb"]) == 2
    assert "no such data set" in capsys.readouterr().err


@pytest.fixture
def model(tmp_path):
    file = tmp_path / "model.json"
    file.write_bytes(horizon_model.write(artifact()))
    return file


def test_a_model_is_taught_and_stands_in_the_plan_by_its_bytes(folder, model, tmp_path, capsys) -> None:
    line = ["backtest", str(folder), "--strategy", "bracket_momentum", "--json", "--save", str(tmp_path / "r.json")]
    assert cli.run(line) == 0
    without = json.loads(capsys.readouterr().out)
    assert cli.run([*line, "--model", str(model)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["plan"] != without["plan"]
    saved = json.loads((tmp_path / "r.json").read_text())
    assert saved["plan"]["model_digest"] == backtest.model_digest(model.read_bytes())
    assert all(code != "no_model" for _, code, _ in saved["silent"])


def test_a_model_that_cannot_be_used_is_one_sentence(folder, model, tmp_path, capsys) -> None:
    line = ["backtest", str(folder), "--strategy"]
    assert cli.run([*line, "latency_arb", "--model", str(model)]) == 2
    assert "--model: is for bracket_momentum" in capsys.readouterr().err
    (tmp_path / "no.json").write_text("{}")
    assert cli.run([*line, "bracket_momentum", "--model", str(tmp_path / "no.json")]) == 2
    assert "no.json: the model" in capsys.readouterr().err
    assert cli.run([*line, "bracket_momentum", "--model", str(tmp_path / "none.json")]) == 2
    assert "the model cannot be read" in capsys.readouterr().err


def test_a_model_that_changed_since_the_plan_was_made_is_refused(folder, model) -> None:
    plan = backtest.Plan(data=folder.name, strategies=("bracket_momentum",), model=str(model), model_digest="other")
    with pytest.raises(InputError, match="not the one that the run began with"):
        backtest.run(plan, next(backtest.chosen(plan, folder)))
