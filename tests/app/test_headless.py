"""`atmx --demo --headless --json`: the day is traded through the widgets, and the document says what came of it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.app.conftest import atmx

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DECIMAL = re.compile(r"-?\d+(\.\d+)?")
FIELDS = {"orders", "fills", "positions", "settlements", "pnl", "chain_ok", "ledger", "journal", "seconds"}
MONEY = {
    "orders": ("qty", "filled", "average", "fee"),
    "fills": ("qty", "price", "fee", "realised"),
    "positions": ("qty", "average", "realised", "fees", "max_loss", "max_win"),
    "settlements": ("paid",),
}


def _decimals(row: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        value = row[name]
        assert value is None or (isinstance(value, str) and DECIMAL.fullmatch(value)), (name, value)


def test_it_ends_well_and_says_one_document(day) -> None:
    assert day.code == 0, day.stderr
    assert day.stdout.count("\n") == 1
    assert set(day.document) >= FIELDS
    assert "Traceback" not in day.stderr


def test_it_traded_and_something_settled(day) -> None:
    assert any(row["status"] == "filled" for row in day.document["orders"])
    assert {row["origin"] for row in day.document["orders"]} == {"ladder", "ticket"}
    assert day.document["fills"]
    assert {row["outcome"] for row in day.document["settlements"]} & {"YES", "NO"}
    traded = {row["instrument"].rpartition("/")[0] for row in day.document["fills"]}
    assert any(row["market"] in traded for row in day.document["settlements"])
    assert day.document["seconds"] < 60


@pytest.mark.parametrize("table", ["orders", "fills", "positions", "settlements"])
def test_money_is_decimal_strings_and_times_are_utc(day, table) -> None:
    for row in day.document[table]:
        _decimals(row, MONEY[table])
        at = row["closes" if table == "positions" else "at"]
        assert TIME.fullmatch(at)
        assert datetime.fromisoformat(at).utcoffset() is not None


def test_the_result_adds_up(day) -> None:
    pnl = {name: Decimal(value) for name, value in day.document["pnl"].items()}
    assert set(pnl) == {"realised", "unrealised", "fees", "total"}
    assert pnl["total"] == pnl["realised"] + pnl["unrealised"] - pnl["fees"]
    fills = {row["trade_id"] for row in day.document["fills"]}
    assert len(fills) == len(day.document["fills"])


def test_the_chain_holds_and_the_files_are_there(day) -> None:
    assert day.document["chain_ok"] is True
    assert Path(day.document["ledger"]) == day.ledger
    assert day.ledger.is_file()
    assert day.journal.is_file()
    assert atmx("chain", "verify", str(day.ledger)).returncode == 0
    hashes = [(row["hash"], row["prev"]) for row in day.document["settlements"]]
    assert all(prev == older for (_, prev), (older, _) in pairwise(hashes))


@pytest.mark.parametrize("table", ["orders", "fills", "settlements", "positions"])
def test_export_gives_the_same_rows(day, table) -> None:
    done = atmx("export", table, "--json", "--profile", str(day.folder))
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    if table == "positions":
        held = {(row["market"], row["outcome"], row["leg"]) for row in rows if row["status"] not in {"settled", "void"}}
        shown = day.document["positions"]
        listed = {p["instrument"] for p in shown if "/" not in p["instrument"]}
        ours = [p for p in shown if p["instrument"] not in listed]
        assert {(p["market"], int(p["instrument"].rpartition("/")[2]), p["leg"]) for p in ours} <= held
        assert listed <= {row["market"] for row in rows if row["venue"] != "lmsr"}
    else:
        key, other = {"orders": ("id", "id"), "fills": ("trade_id", "trade_id"), "settlements": ("seq", "seq")}[table]
        assert {row[key] for row in rows} >= {row[other] for row in day.document[table]}


def test_the_profile_holds_everything_that_was_written(day) -> None:
    names = {path.name.partition("-")[0] for path in day.folder.iterdir()}
    assert names <= {"ledger", "journal", "checkpoint.json", "checkpoint.key", "layout.json", "lock", "logs", "backups"}
    assert not list((day.folder / "logs").glob("crash-*"))


def test_without_a_screen_it_says_so_in_a_line(tmp_path, monkeypatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    done = atmx("--demo", "--profile", str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "--headless" in done.stderr
