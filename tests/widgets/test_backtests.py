"""Backtest runs: what a row says, which curves are in the picture, and a run started, watched and cancelled."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from engine.core.units import Nanos
from engine.views import topics
from engine.views.backtests import BacktestsView, RunLine, RunningBacktest
from widgets.backtests import BacktestsPanel


def run(n: int, **change) -> RunLine:
    given = {
        "name": f"r-{n:04d}", "saved_at": Nanos(1_783_000_000_000_000_000 + n), "data": "kalshi-weather-trades",
        "strategies": "bracket_momentum", "parameters": "likely 0.6", "fills": "queue", "parts": 48, "trades": 412,
        "net": Decimal("31.2"), "fee_share": 0.18, "sharpe": 1.31, "drawdown": 4.1, "verdict": "No edge",
        "equity": tuple((i, float(i * (n % 3 - 1))) for i in range(20)),
    }  # fmt: skip
    return RunLine(**given | change)


def view(*rows: RunLine, running: RunningBacktest | None = None, unread: tuple[str, ...] = ()) -> BacktestsView:
    return BacktestsView(rows=rows, running=running, unread=unread, strategies=("bracket_momentum", "market_maker"))


@pytest.fixture
def panel(qtbot):
    panel = BacktestsPanel()
    qtbot.addWidget(panel)
    panel.resize(1_000, 460)
    blank = run(1, sharpe=None, fee_share=None, equity=(), net=Decimal(-4), drawdown=0.0, parameters="")
    panel.render(topics.BACKTESTS, view(run(4), run(3, fee_share=0.52), run(2), blank, unread=("x.json",)))
    panel.show()
    return panel


def cells(panel, key):
    at = [column.key for column in panel.table.rows.columns].index(key)
    return [panel.table.rows.cell(row, at) for row in range(panel.table.rows.rowCount())]


def test_what_a_row_says_and_what_is_not_known_is_a_dash(panel) -> None:
    said = {key: cells(panel, key)[3].text for key in ("run", "params", "sharpe", "fees", "net", "fall")}
    assert said == {
        "run": "r-0001", "params": "bracket_momentum", "sharpe": "—", "fees": "—", "net": "−4.00", "fall": "0.00",
    }  # fmt: skip
    assert cells(panel, "fees")[1] == cells(panel, "fees")[1]._replace(text="52 %", colour="warn")
    assert panel.equity.accessibleDescription().startswith("r-0004")
    assert "1 file of the folder cannot be read" in panel._header.subtitle


def test_the_two_newest_are_compared_until_somebody_chooses_and_three_at_most(panel) -> None:
    assert panel.compared() == ("r-0004", "r-0003")
    panel.toggle("r-0002")
    panel.toggle("r-0001")
    assert panel.compared() == ("r-0003", "r-0002", "r-0001")
    panel.toggle("r-0003")
    assert panel.compared() == ("r-0002", "r-0001")
    assert [cell.text for cell in cells(panel, "shown")] == ["", "", "●", "●"]
    panel.grab()
    panel.render(topics.BACKTESTS, view(run(9), run(2)))
    assert panel.compared() == ("r-0002",), "a run that is gone leaves, a new one does not push in"
    panel.toggle("r-0002")
    panel.grab()


def test_a_run_is_started_with_what_was_typed_watched_and_cancelled(qtbot, panel) -> None:
    panel.start.folder.setText("data/kalshi-weather-trades")
    panel.start.strategies.setText("bracket_momentum")
    panel.start.fills.set_value("touch")
    with qtbot.waitSignal(panel.start_wanted) as told:
        qtbot.keyClick(panel.start.folder, Qt.Key.Key_Return)
    assert told.args == ["data/kalshi-weather-trades", "bracket_momentum", "touch"]
    going = RunningBacktest(name="r-0005", done=3, of=48, going=True, said="")
    panel.render(topics.BACKTESTS, view(run(4), running=going))
    assert panel.start.words()[0] == "r-0005: 3 of 48 parts"
    panel.grab()
    with qtbot.waitSignal(panel.cancel_wanted):
        qtbot.mouseClick(panel.start.button, Qt.MouseButton.LeftButton)
    ended = RunningBacktest(name="r-0005", done=3, of=48, going=False, said="cancelled; what was played is kept")
    panel.render(topics.BACKTESTS, view(run(4), running=ended))
    assert panel.start.words() == ("r-0005: cancelled; what was played is kept", "warn")
