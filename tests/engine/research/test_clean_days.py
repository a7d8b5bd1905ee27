"""Clean days, city by city, of ledgers made here row by row."""

from __future__ import annotations

import json
from contextlib import closing

import msgspec
import pytest

from app import cli
from engine.core.effects import Row
from engine.core.errors import StoreError
from engine.core.ids import KALSHI, FamilyId, InstrumentId
from engine.core.instrument import Family, Roster
from engine.core.when import instant
from engine.research import clean_days
from engine.store import database, ledger, migrations

NOON = instant("2026-07-03T18:00:00Z")
DAY = 86_400_000_000_000


def listing(city: str, station: str) -> Row:
    event = f"KXHIGH{city}-26JUL03"
    family = Family(
        id=FamilyId(f"kalshi:{event}"), title=city, members=(InstrumentId(KALSHI, f"{event}-B84.5"),), station=station
    )
    body = msgspec.json.encode(Roster(family=family, instruments=())).decode()
    return Row("listings", {"family": family.id, "body": body})


def order(
    number: int, city: str, at: int, status: str = "filled", strategy: str | None = "momentum"
) -> tuple[Row, ...]:
    symbol = f"KXHIGH{city}-26JUL03-B84.5"
    base = {"at": at, "venue": "kalshi", "symbol": symbol, "side": "buy", "leg": "YES"}
    sent = Row(
        "orders",
        base | {
            "id": f"o-{number}", "intent": f"i{number}", "price": 4_300, "qty": "10", "budget": None, "tif": "IOC",
            "origin": "strategy", "tag": "", "status": status, "filled": "10", "average": "0.43", "fee": "0.2",
            "edge": None, "why": "", "mode": "paper", "client": None, "venue_order": None, "until": None,
            "post_only": None, "reduce_only": None, "strategy": strategy,
        },
    )  # fmt: skip
    fill = Row(
        "fills",
        base | {
            "trade_id": f"t-{number}", "order_id": f"o-{number}", "price": "0.43", "qty": "10", "cost": "4.3",
            "fee": "0.2", "realised": "0", "slippage": None, "tag": "", "nets": None, "maker": None,
        },
    )  # fmt: skip
    return (sent, fill) if status == "filled" else (sent,)


def halted(strategy: str, day: int) -> Row:
    values = {"strategy": strategy, "day": day, "realised": "0", "fees": "0", "fills": 1, "orders": 1}
    return Row("strategy_days", values | {"asked": 1, "blind": 0, "halts": 1})


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)

    def write(*rows: Row):
        with closing(database.connect(path, full=True)) as connection:
            ledger.prepare(connection)
            ledger.write(connection, rows)
        return path

    return write


def test_what_the_venue_settles_or_takes_back_on_another_day_makes_no_day_of_trading(made) -> None:
    rows = [listing("CHI", "KMDW"), *order(1, "CHI", NOON)]
    fill = rows[-1].values
    settled = {"trade_id": "kalshi:settled:B84.5:YES:1", "order_id": "", "tag": "settled", "at": NOON + DAY}
    back = {"trade_id": "kalshi:o-1:t-1:reversed", "tag": "reversed", "at": NOON + 2 * DAY}
    rows += [Row("fills", fill | settled | {"side": "sell"}), Row("fills", fill | back | {"side": "sell"})]
    (city,) = clean_days.count(made(*rows), {"KMDW": -6})
    assert (len(city.traded), city.clean) == (1, 1)


def test_each_city_counts_its_own_days(made) -> None:
    rows = [listing("CHI", "KMDW"), listing("NY", "KNYC")]
    for number, (city, day) in enumerate([("CHI", 0), ("CHI", 0), ("CHI", 1), ("NY", 1)]):
        rows += order(number, city, NOON + day * DAY)
    found = clean_days.count(made(*rows), {"KMDW": -6, "KNYC": -5})
    assert [(one.station, len(one.traded), one.clean) for one in found] == [("KMDW", 2, 2), ("KNYC", 1, 1)]


def test_a_day_is_the_station_s_own(made) -> None:
    late = instant("2026-07-04T05:30:00Z")  # 23:30 of the third in Chicago
    path = made(listing("CHI", "KMDW"), *order(1, "CHI", NOON), *order(2, "CHI", late))
    assert len(clean_days.count(path, {"KMDW": -6})[0].traded) == 1
    assert len(clean_days.count(path, {})[0].traded) == 2


def test_a_halt_of_who_traded_there_spoils_the_day_and_another_s_does_not(made) -> None:
    day = NOON // DAY
    path = made(
        listing("CHI", "KMDW"), listing("NY", "KNYC"), *order(1, "CHI", NOON), *order(2, "NY", NOON, strategy="quoter"),
        halted("momentum", day),
    )  # fmt: skip
    chicago, york = clean_days.count(path, {})
    assert (chicago.clean, chicago.halted) == (0, {day})
    assert (york.clean, york.halted) == (1, set())


def test_an_order_that_nobody_knows_of_spoils_its_day(made) -> None:
    path = made(
        listing("CHI", "KMDW"), *order(1, "CHI", NOON), *order(2, "CHI", NOON, "lost"), *order(3, "CHI", NOON + DAY)
    )
    (chicago,) = clean_days.count(path, {})
    assert (len(chicago.traded), chicago.clean) == (2, 1)


def test_the_command_prints_them(made, capsys) -> None:
    path = made(listing("CHI", "KMDW"), *order(1, "CHI", NOON))
    assert cli.run(["report", "--cities", "--profile", str(path.parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "cities": [{"station": "KMDW", "days": 1, "clean": 1, "halted": 0, "unknown": 0}], "wanted": 30,
    }  # fmt: skip
    assert cli.run(["report", "--cities", "--profile", str(path.parent)]) == 0
    assert "KMDW" in capsys.readouterr().out
    assert cli.run(["report", "--cities", "--profile", str(path.parent / "none")]) == 2
    assert cli.run(["report"]) == 2


def test_no_ledger_is_an_error(tmp_path) -> None:
    with pytest.raises(StoreError):
        clean_days.count(tmp_path / "none.db", {})
