"""`atmx report --day` and `atmx export order-journal`: the entries of a ledger on disk, scored and written out."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest

from app import cli, paths
from engine.core.units import DAY, Nanos
from engine.core.when import instant
from engine.kernel import journal
from engine.store import migrations
from engine.store.writer import Writer
from tests.engine.store.test_journal_rows import BARE, WHOLE

NOON = Nanos(instant("2026-07-03T12:00:00Z"))


@pytest.fixture
def profile(tmp_path):
    path = paths.profile(tmp_path).ledger("paper")
    path.parent.mkdir(parents=True, exist_ok=True)
    migrations.apply(path)
    writer = Writer(path, None, on_kept=lambda *_: None, on_trouble=lambda *_: None)
    writer.start()
    some = [msgspec.structs.replace(WHOLE, at=NOON), msgspec.structs.replace(BARE, at=Nanos(NOON + DAY))]
    writer.keep(tuple(journal.row(one) for one in some), "")
    assert writer.stop()
    return tmp_path


def test_a_day_is_scored_by_strategy_and_tag_with_its_notes(profile, capsys) -> None:
    assert cli.run(["report", "--day", "2026-07-03", "--profile", str(profile)]) == 0
    said = capsys.readouterr().out
    assert "bracket_momentum" in said
    assert "ladder" not in said, "an order of the next day"
    assert "#b-c" in said
    assert "    two" in said
    assert cli.run(["report", "--day", "2026-07-03", "--profile", str(profile), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["cards"][0]["brier"] == pytest.approx((0.468 - 1) ** 2)
    (noted,) = found["noted"]
    assert (noted["order"], noted["at"]) == ("o-2", "2026-07-03T12:00:00Z")
    money = [noted[name] for name in ("price", "market", "average", "paid")] + [
        card["result"] for card in found["cards"]
    ]
    assert all(one is None or isinstance(one, str) for one in money)
    assert Decimal(noted["price"]) == Decimal(repr(WHOLE.price))


def test_a_day_that_is_none_and_a_ledger_that_is_not_there_are_told(profile, tmp_path, capsys) -> None:
    assert cli.run(["report", "--day", "someday", "--profile", str(profile)]) == cli.BAD_INPUT
    assert "--day: no date" in capsys.readouterr().err
    assert cli.run(["report", "--day", "2026-07-03", "--profile", str(tmp_path / "none")]) == cli.BAD_INPUT
    assert "there is no such ledger" in capsys.readouterr().err


def test_the_journal_is_written_out_as_rows(profile, capsys) -> None:
    assert cli.run(["export", "order-journal", "--profile", str(profile), "--format", "json"]) == 0
    assert [row["order_id"] for row in json.loads(capsys.readouterr().out)] == ["o-2", "o-1"]
