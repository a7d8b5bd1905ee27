"""A session of many days stays as large as it was, and a ruling finds its evidence all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from engine.core.commands import Role, Rule, TakeRole
from engine.core.contract import Metric
from engine.core.events import GridForecast
from engine.core.ids import MarketId
from engine.core.reading import CellQuantiles
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.kernel import forgetting
from engine.store import database, ledger, load, migrations
from engine.views import topics
from tests.engine.kernel.desk import CLOSES, EMPTY, MIDWAY, OPENS, Desk, hours, rain

if TYPE_CHECKING:
    from pathlib import Path


def forecast(desk: Desk, opens: Nanos) -> None:
    cells = (CellQuantiles(cell=rain().cell, p10=0.0, p50=1.0, p90=3.0),)
    closes = Nanos(opens + 3 * HOUR)
    rains = Metric.PRECIPITATION
    desk.do(GridForecast(at=desk.at, run="HRRR", metric=rains, unit="mm", opens=opens, closes=closes, cells=cells))


def settled() -> Desk:
    desk = Desk()
    desk.list()
    desk.place(qty=10)
    desk.observe(hours(20, 0, 0))
    forecast(desk, OPENS)
    desk.settle()
    assert desk.market().status == "settled"
    return desk


def sealed(desk: Desk) -> dict[str, object]:
    """What the last record says."""
    bodies = [row.values["body"] for keep in desk.rows for row in keep.rows if row.table == "settlements"]
    return json.loads(str(bodies[-1]))["payload"]  # type: ignore[no-any-return]


def test_p32_forecasts_and_tapes_of_past_markets_go_and_their_evidence_stays() -> None:
    desk = settled()
    assert desk.state.tapes
    assert desk.state.grids["precipitation"]
    forecast(desk, Nanos(OPENS + 2 * DAY))
    desk.run(Nanos(CLOSES + 34 * HOUR))
    state = desk.state
    assert list(state.grids["precipitation"]) == [(OPENS + 2 * DAY, OPENS + 2 * DAY + 3 * HOUR)]
    assert not state.tapes
    assert not state.trails
    assert not state.shown, "it would hold tapes and trails of markets that are over"
    assert len(state.observed.readings(MIDWAY, OPENS, CLOSES)) == 3


def test_p32_reports_that_nothing_needs_go_after_some_days() -> None:
    desk = Desk()
    desk.observe(hours(0, 0, 0))
    desk.run(Nanos(OPENS + forgetting.REPORTS + 2 * DAY))
    assert not desk.state.observed.readings(MIDWAY, OPENS, CLOSES)


def test_p22_a_ruling_after_a_restart_seals_the_evidence_again(tmp_path: Path) -> None:
    """Reports of settled markets were not read back, and the new record held none."""
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=False)
    ledger.prepare(connection)
    live = settled()
    for keep in live.rows:
        ledger.write(connection, keep.rows)
    connection.close()
    again = Desk(load.load(path, EMPTY), at=Nanos(live.at + MINUTE))
    for desk in (live, again):
        desk.ask(TakeRole(role=Role.OPERATOR))
        desk.ask(Rule(market=MarketId("RAIN"), winner=1, why="the gauge leaked"))
    assert len(sealed(live)["evidence"]) == 3  # type: ignore[arg-type]
    for name in ("evidence", "observed_value", "stations", "supersedes", "payouts"):
        assert sealed(again)[name] == sealed(live)[name]


def test_p3_the_blotter_shows_the_same_edge_and_tag_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "ledger-paper.db"
    migrations.apply(path)
    connection = database.connect(path, full=False)
    ledger.prepare(connection)
    live = Desk()
    live.list()
    forecast(live, OPENS)
    live.place(qty=10, tag="hedge")
    live.place(budget=5, price=6_000)
    live.place(qty="NaN")
    for keep in live.rows:
        ledger.write(connection, keep.rows)
    connection.close()
    again = Desk(load.load(path, EMPTY), at=live.at)
    shown, read = (desk.kernel.view(topics.ORDERS).rows for desk in (live, again))  # type: ignore[attr-defined]
    assert shown[2].edge is not None
    assert [replace(row, average=None) for row in read] == [replace(row, average=None) for row in shown]
    assert read[2].average == pytest.approx(shown[2].average, abs=1e-6)  # kept to eight decimals
    assert [o.place.tag for o in again.state.register] == [o.place.tag for o in live.state.register]
