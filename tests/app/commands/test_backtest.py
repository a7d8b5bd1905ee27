"""`atmx backtest`: the document of the contract, and refusals in one sentence."""

from __future__ import annotations

import json

import pytest

from app import cli
from tests.engine.research import windows


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
