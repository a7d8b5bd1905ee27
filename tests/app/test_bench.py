from __future__ import annotations

import argparse
import asyncio
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bench import engine, figures, screen, stage, start, store
from app.commands import bench
from engine.core.errors import InputError, Unavailable
from engine.core.ids import YOU
from engine.store import database

SAMPLES = st.lists(st.floats(0.001, 1e6), min_size=1)


def command(*argv: object) -> int:
    parser = argparse.ArgumentParser()
    bench.add(parser.add_subparsers())
    args = parser.parse_args(["bench", *map(str, argv)])
    return args.run(args)


@given(SAMPLES)
def test_the_tail_is_never_better_than_the_middle(samples: list[float]) -> None:
    times, rates = figures.of(samples, "us"), figures.of(samples, "1/s", more=True)
    assert times["median"] <= times["p99"]
    assert rates["median"] >= rates["p99"]
    assert times["n"] == len(samples)


def test_a_bar_is_held_against_the_figure_that_is_named() -> None:
    samples = [1.0] * 50 + [9.0] * 50
    assert figures.of(samples, "ms", bar=5.0)["ok"] is False
    assert figures.of(samples, "ms", bar=5.0, held="median")["ok"] is True
    assert figures.of(samples, "1/s", bar=5.0, held="median", more=True)["ok"] is True
    assert figures.of(samples, "1/s", bar=5.0, more=True)["ok"] is False


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        figures.of([], "ms")


def test_the_names_of_the_command_are_those_of_the_modules() -> None:
    for module, names in bench.FAMILIES.items():
        assert tuple(import_module(module).ALL) == names
        assert all(work.__doc__ for work in import_module(module).ALL.values())
    assert len(set(bench.names())) == len(bench.names())


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'nope'.*lmsr_maths.*memory"):
        command("lmsr_maths", "nope")


def test_names_are_listed_with_what_they_measure(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--list", "memory", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"memory": (start.memory.__doc__ or "").splitlines()[0]}
    assert command("--list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(bench.names())


def test_figures_are_printed_as_json_and_held_against_an_earlier_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command("lmsr_maths", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert {"median", "p99", "unit", "n", "bar", "of", "ok", "moonshot"} <= set(found["lmsr_maths"])
    earlier = tmp_path / "before.json"
    earlier.write_text(json.dumps({"lmsr_maths": {"median": 1e-6}, "memory": {"median": 0}}))
    assert command("lmsr_maths", "--compare", earlier) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["median", "p99", "unit", "n"]
    assert line.startswith("lmsr_maths ")
    assert line.endswith("of before")


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"median": null}}', '{"a": {}}'])
def test_an_earlier_run_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    earlier = tmp_path / "before.json"
    earlier.write_text(text)
    with pytest.raises(InputError, match=r"before\.json: median"):
        command("lmsr_maths", "--compare", earlier)


def test_the_families_run_apart_and_are_put_together(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    def apart(family: list[str]) -> dict[str, Any]:
        told.append(family)
        return {name: figures.of([1.0], "ms") for name in family}

    monkeypatch.setattr(bench, "_apart", apart)
    assert command("memory", "lmsr_maths", "event_codec") == 0
    assert told == [["lmsr_maths", "event_codec"], ["memory"]]
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_no_order_of_a_benchmark_is_refused() -> None:
    assert engine.trade_whole_path()["refused"] == 0
    assert engine.trade_of_another()["refused"] == 0


@pytest.mark.parametrize("others", [False, True])
def test_every_durable_trade_is_told(others: bool) -> None:
    assert len(asyncio.run(store._timed(3, 4, others=others))) == 3


def test_trades_of_other_accounts_are_on_disk_once_the_order_behind_them_is_told() -> None:
    async def told() -> list[tuple[str, int]]:
        with store._bench() as one:
            await one.crowd(24)
            with database.reader(one.ledger) as connection:
                return connection.execute("SELECT account, COUNT(*) FROM trades GROUP BY account").fetchall()

    assert asyncio.run(told()) == [*((account, 3) for account in store.ACCOUNTS), (YOU, 1)]


def test_a_day_is_stepped_as_the_host_would() -> None:
    found = engine.kernel_step()
    assert found["n"] == found["events"] > found["readings"] > 0


@pytest.mark.usefixtures("qapp")
def test_the_map_and_the_ladder_are_drawn() -> None:
    assert len(screen._recoloured(200)) == 200
    assert screen.ladder_repaint()["n"] == 500


@pytest.mark.usefixtures("qapp")
def test_under_load_everything_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "MEASURED_S", 1.0)
    monkeypatch.setattr(stage, "SETTLING_S", 0.5)
    found = screen._under_load.__wrapped__()
    assert all(getattr(found, name) for name in found._fields)


def test_a_session_that_ends_badly_is_no_figure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(start, "program", lambda: ["false"])
    with pytest.raises(Unavailable, match="ended with 1"):
        start._demo(str(tmp_path), [])
