"""The statement and the realised results of a day that was traded, against its ledger."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

from app import cli, exports
from engine.core.units import Nanos
from engine.store import database, load


def rows(capsys, profile, table):
    assert cli.run(["export", table, "--profile", str(profile), "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_statement_of_a_traded_day_closes_with_the_ledgers_cash(day, capsys):
    with database.reader(day.ledger) as connection:
        balances = {who: amount for who, amount in load.balances(connection).items() if who.startswith("you")}
    lines = rows(capsys, day.folder, "statement")
    closing = {line["account"]: Decimal(line["closing_cash"]) for line in lines if line["closing_cash"] is not None}
    assert closing == balances
    marks = [line for line in lines if line["account"] == "all"]
    assert {line["trades"] for line in marks} == {line["fills"] for line in marks} == {None}
    assert all(line["unrealised_at_marks"] is not None for line in marks)
    for line in lines:
        if line["account"] != "all":
            moved = sum(Decimal(line[name]) for name in ("deposits", "trades", "fees", "settlements", "other"))
            assert Decimal(line["closing_cash"]) == Decimal(line["opening_cash"]) + moved


def test_the_lots_of_a_traded_day_account_for_every_cent(day, capsys):
    gains = rows(capsys, day.folder, "realised")
    assert {one["method"] for one in gains} == {"FIFO"}
    assert any(one["how"] == "settled" for one in gains)
    made = sum(Decimal(one["proceeds"]) - Decimal(one["basis"]) for one in gains)
    assert made == sum(Decimal(one["gain"]) for one in gains)
    for account in {line["account"] for line in rows(capsys, day.folder, "statement")} - {"all"}:
        lines = [line for line in rows(capsys, day.folder, "statement") if line["account"] == account]
        put_in = sum(Decimal(line["deposits"]) + Decimal(line["other"]) for line in lines)
        realised = sum(Decimal(one["gain"]) for one in gains if one["account"] == account)
        last = lines[-1]
        assert Decimal(last["closing_cash"]) + Decimal(last["open_at_cost"]) == put_in + realised


def test_the_menu_writes_the_same_rows_as_the_command(day, tmp_path, capsys):
    path, count = exports.of_ledger(day.ledger, "realised", tmp_path, Nanos(0))
    said = rows(capsys, day.folder, "realised")
    found = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(found) == count == len(said)
    assert [one["gain"] for one in found] == [one["gain"] for one in said]
