"""The quoter dock: what a row says, and what its buttons ask for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Nanos
from engine.views import topics
from engine.views.quoter import QuoterLine, QuoterView
from tests.widgets.docks import shown
from widgets.quoter import MAKER, QuoterPanel

ONE = InstrumentId(KALSHI, "KXHIGHCHI-26NOV21-B53")
TWO = InstrumentId(KALSHI, "KXHIGHCHI-26NOV21-B55")


def line(instrument: InstrumentId = ONE, **changes: Any) -> QuoterLine:
    given: dict[str, Any] = {
        "name": "Chicago 53–54 °F", "venue": "Kalshi", "kind": "e2", "state": "QUOTING", "note": "", "phase": "quoting",
        "learnt": 400, "wanted": 360, "price": 50.0, "held": Decimal(24), "room": 151.5, "filled": 0.158, "gamma": 1.19,
        "structure": 1.85, "sigma": 1.21, "skew": 0.355, "reservation": 41.2, "half": 4.2, "bid": 39.0, "ask": 47.0,
        "best_bid": 48.0, "best_ask": 52.0, "rate": 0.05, "crowd": 12.0, "fills": 9, "adverse": 1 / 9,
        "unrealised": Decimal("1.12"), "free": 80.0,
    } | changes  # fmt: skip
    return QuoterLine(instrument=instrument, **given)


def view(*rows: QuoterLine, **changes: Any) -> QuoterView:
    given: dict[str, Any] = {
        "state": "paper", "sends": True, "markets": f"{ONE.symbol}, kalshi/{TWO.symbol}", "pulled": False, "widen": 1.0,
        "facts": (("B / side", "$125.00"), ("markets", "2")), "now": Nanos(1),
    } | changes  # fmt: skip
    return QuoterView(rows=rows, **given)


@pytest.fixture
def panel(qtbot: Any) -> QuoterPanel:
    return shown(qtbot, QuoterPanel(), 1400, 400)


def cells(panel: QuoterPanel, row: int) -> dict[str, str]:
    model = panel.table.rows
    return {column.key: model.cell(row, n).text for n, column in enumerate(model.columns)}


def test_a_row_says_what_made_its_quotes(panel: QuoterPanel) -> None:
    learning = line(TWO, state="LEARNING", phase="calibrating", learnt=120, price=None, held=Decimal(0), room=None,
                    filled=None, gamma=None, structure=None, skew=None, reservation=None, half=None, bid=None, ask=None,
                    best_bid=None, best_ask=None, adverse=None, fills=0, unrealised=None, free=None)  # fmt: skip
    panel.render(topics.QUOTER, view(line(), learning))
    first, second = cells(panel, 0), cells(panel, 1)
    assert (first["p"], first["q"], first["bid"], first["ask"]) == ("50.0", "+24", "39", "47")
    assert (first["best"], first["against"], first["adverse"]) == ("48 / 52", "−9 / −5", "11 %")
    assert second["note"] == "calibrating, 120 of 360 returns"
    assert {second[key] for key in ("p", "gamma", "r", "best", "adverse", "pnl")} == {"—"}


def test_tenths_of_a_cent_are_shown_where_a_venue_has_them(panel: QuoterPanel) -> None:
    panel.render(topics.QUOTER, view(line(bid=43.5, ask=47.0)))
    assert (cells(panel, 0)["bid"], cells(panel, 0)["ask"]) == ("43.5", "47")
    assert cells(panel, 0)["against"] == "−4.5 / −5"


def test_its_buttons_ask_and_say_what_they_would_do(panel: QuoterPanel) -> None:
    panel.render(topics.QUOTER, view(line()))
    for button in (panel.foot.pause, panel.foot.widen, panel.foot.pull):
        button.click()
    assert panel.asked == [  # type: ignore[attr-defined]
        SetStrategy(strategy=MAKER, to=StrategyState.OFF),
        SetParameter(strategy=MAKER, name="widen", value="2"),
        SetParameter(strategy=MAKER, name="pull", value="on"),
    ]
    panel.render(topics.QUOTER, view(line(), state="off", pulled=True, widen=2.0))
    words = [one.text() for one in (panel.foot.pause, panel.foot.widen, panel.foot.pull)]
    assert words == ["Quote on paper", "As usual", "Quote again"]


def test_who_presses_pull_again_and_again_does_not_bring_the_quotes_back(panel: QuoterPanel) -> None:
    panel.render(topics.QUOTER, view(line()))
    panel.foot.pull.click()
    panel.foot.pause.click()
    panel.render(topics.QUOTER, view(line(), state="off", pulled=True))
    panel.foot.pull.click()
    panel.foot.pause.click()
    stopped = [SetParameter(strategy=MAKER, name="pull", value="on"), SetStrategy(strategy=MAKER, to=StrategyState.OFF)]
    assert panel.asked == stopped  # type: ignore[attr-defined]
    for timer in panel.foot.rests.values():
        timer.stop()  # the second is over
    panel.foot.pull.click()
    assert panel.asked[-1].value == "off"  # type: ignore[attr-defined]


def test_markets_are_named_added_and_dropped(panel: QuoterPanel, qtbot: Any) -> None:
    panel.render(topics.QUOTER, view(line()))
    assert not panel.head.add.isEnabled()
    panel.set_instrument(InstrumentId(KALSHI, "NEW"))
    panel.head.add.click()
    panel._drop(line(TWO))
    panel.head.field.setText("A;  B B")
    qtbot.keyClick(panel.head.field, Qt.Key.Key_Return)
    assert [one.value for one in panel.asked] == [  # type: ignore[attr-defined]
        f"{ONE.symbol}, kalshi/{TWO.symbol}, kalshi/NEW", ONE.symbol, "A, B",
    ]  # fmt: skip


def test_the_field_is_not_overwritten_while_it_is_typed_in(panel: QuoterPanel, qtbot: Any) -> None:
    panel.render(topics.QUOTER, view(line()))
    panel.activateWindow()
    panel.head.field.setFocus()
    qtbot.waitUntil(panel.head.field.hasFocus)
    panel.head.field.setText("half a na")
    panel.render(topics.QUOTER, view(line()))
    assert panel.head.field.text() == "half a na"


def test_what_is_being_typed_stays_while_another_window_is_looked_at(panel: QuoterPanel, qtbot: Any) -> None:
    panel.render(topics.QUOTER, view(line()))
    panel.activateWindow()
    panel.head.field.setFocus()
    qtbot.waitUntil(panel.head.field.hasFocus)
    panel.head.field.selectAll()
    qtbot.keyClicks(panel.head.field, "HALF")
    panel.head.field.clearFocus()
    panel.render(topics.QUOTER, view(line()))
    assert panel.head.field.text() == "HALF"
    qtbot.keyClick(panel.head.field, Qt.Key.Key_Return)
    panel.render(topics.QUOTER, view(line(), markets="other"))
    assert (panel.asked[-1].value, panel.head.field.text()) == ("HALF", "other")  # type: ignore[attr-defined]


def test_without_a_market_it_says_how_to_name_one(panel: QuoterPanel) -> None:
    panel.render(topics.QUOTER, view())
    empty = panel.table.viewport().grab().toImage()
    panel.table.nothing = ""
    assert panel.table.viewport().grab().toImage() != empty
