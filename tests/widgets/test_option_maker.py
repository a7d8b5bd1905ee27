"""The option maker's dock: what it quotes, why it is silent, what fills brought, and what its buttons ask."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import Nanos
from engine.views import topics
from engine.views.option_quoter import OptionQuoterLine, OptionQuoterView
from tests.widgets.docks import shown
from widgets.option_maker import MAKER, OptionMakerPanel

ONE = InstrumentId(DERIBIT, "BTC-27NOV26-100000-C")
TWO = InstrumentId(DERIBIT, "BTC-27NOV26-90000-P")


def line(instrument: InstrumentId = ONE, **changes: Any) -> OptionQuoterLine:
    given: dict[str, Any] = {
        "name": "BTC 27NOV26 100000 call", "venue": "Deribit", "state": "QUOTING", "note": "", "best_bid": 0.0205,
        "best_ask": 0.0225, "mid": 0.0215, "mark": 0.0214, "iv": 0.512, "half": 0.0006, "skew": -0.0001,
        "want_bid": 0.021, "want_ask": 0.022, "bid": 0.021, "ask": 0.022, "held": Decimal("-0.5"), "room": Decimal(10),
        "delta": -0.21, "gamma": -0.00001, "vega": -12.4, "fills": 7, "marked": 6, "edge": Decimal("18.2"),
        "fees": Decimal("4.1"), "updated_at": Nanos(1),
    } | changes  # fmt: skip
    return OptionQuoterLine(instrument=instrument, **given)


def view(*rows: OptionQuoterLine, **changes: Any) -> OptionQuoterView:
    given: dict[str, Any] = {
        "state": "paper", "sends": True, "why": "", "markets": f"{ONE.symbol} {TWO.symbol}", "pulled": False,
        "facts": (("aggression", "0.3"), ("size", "0.1")), "now": Nanos(1),
    } | changes  # fmt: skip
    return OptionQuoterView(rows=rows, **given)


@pytest.fixture
def panel(qtbot: Any) -> OptionMakerPanel:
    return shown(qtbot, OptionMakerPanel(), 1500, 300)


def cells(panel: OptionMakerPanel, row: int) -> dict[str, Any]:
    model = panel.table.rows
    return {column.key: model.cell(row, n) for n, column in enumerate(model.columns)}


def test_a_row_says_what_is_quoted_why_a_side_is_missing_and_what_fills_brought(panel: OptionMakerPanel) -> None:
    silent = line(
        TWO, state="WAITING", note="vega would be 1 204, more than 1 000", mark=None, iv=None, best_bid=None,
        best_ask=None, half=None, skew=None, want_bid=None, want_ask=None, bid=None, ask=None, held=Decimal(0),
        delta=None, gamma=None, vega=None, fills=0, marked=0, edge=None, fees=Decimal(0),
    )  # fmt: skip
    blocked = line(InstrumentId(DERIBIT, "X"), state="BLOCKED", want_bid=0.0212, note="its bid could not be taken back")
    panel.render(topics.OPTION_QUOTER, view(line(), silent, blocked))
    first, second, third = (cells(panel, n) for n in range(3))
    assert (first["bid"].text, first["ask"].text, first["best"].text) == ("0.0210", "0.0220", "0.0205 / 0.0225")
    assert (first["edge"].text, first["fills"].text, first["held"].text) == ("+18.20", "7", "−0.50")
    assert first["edge"].tip == "Of 6 of 7 fills, fees of $4.10 taken off"
    for key in ("mark", "bid", "ask", "iv", "delta", "vega", "edge"):
        assert second[key].text == "—", key
    assert second["note"].text.startswith("vega would be")
    assert (third["bid"].tip, third["bid"].colour) == ("Wanted: 0.0212", "warn")
    assert panel._header.subtitle == "1 quoting, 1 blocked, 1 waiting"


def test_options_are_named_added_and_dropped(panel: OptionMakerPanel, qtbot: Any) -> None:
    panel.render(topics.OPTION_QUOTER, view(line()))
    assert not panel.head.add.isEnabled()
    panel.set_instrument(InstrumentId(DERIBIT, "BTC-PUT"))
    qtbot.mouseClick(panel.head.add, Qt.MouseButton.LeftButton)
    panel._drop(line())
    told = [SetParameter(strategy=MAKER, name="markets", value=value)
            for value in (f"{ONE.symbol} {TWO.symbol} BTC-PUT", TWO.symbol)]  # fmt: skip
    assert panel.asked == told  # type: ignore[attr-defined]


def test_quotes_that_were_pulled_come_back_by_no_second_press(panel: OptionMakerPanel) -> None:
    panel.render(topics.OPTION_QUOTER, view(line()))
    panel.foot.pull.click()
    panel.render(topics.OPTION_QUOTER, view(line(), pulled=True))
    panel.foot.pull.click()
    assert panel.asked == [SetParameter(strategy=MAKER, name="pull", value="on")]  # type: ignore[attr-defined]


def test_an_option_is_dropped_from_a_list_with_commas(panel: OptionMakerPanel) -> None:
    panel.render(topics.OPTION_QUOTER, view(line(), markets=f"{ONE.symbol}, OTHER"))
    panel._drop(line())
    assert panel.asked[-1].value == "OTHER"  # type: ignore[attr-defined]


def test_its_buttons_switch_it_and_pull_its_quotes(panel: OptionMakerPanel, qtbot: Any) -> None:
    assert not panel.foot.widen.isVisible()
    panel.render(topics.OPTION_QUOTER, view(line(), state="off", pulled=True))
    qtbot.mouseClick(panel.foot.pause, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.foot.pull, Qt.MouseButton.LeftButton)
    panel.render(topics.OPTION_QUOTER, view(line(), why="halted: 31 fills within 60 s"))
    qtbot.mouseClick(panel.foot.pull, Qt.MouseButton.LeftButton)
    assert panel._header.subtitle == "halted: 31 fills within 60 s"
    assert panel.asked == [  # type: ignore[attr-defined]
        SetStrategy(strategy=MAKER, to=StrategyState.PAPER), SetParameter(strategy=MAKER, name="pull", value="off"),
        SetParameter(strategy=MAKER, name="pull", value="on"),
    ]  # fmt: skip


def test_names_being_typed_stay_while_another_window_is_looked_at(panel: OptionMakerPanel, qtbot: Any) -> None:
    panel.render(topics.OPTION_QUOTER, view(line(), markets=f"{ONE.symbol} " * 20))
    assert panel.head.field.cursorPosition() == 0
    panel.head.field.selectAll()
    qtbot.keyClicks(panel.head.field, "BTC-HALF")
    panel.head.field.clearFocus()
    panel.render(topics.OPTION_QUOTER, view(line()))
    assert panel.head.field.text() == "BTC-HALF"
    panel.head.add.setEnabled(True)
    panel.head.add.click()
    panel.render(topics.OPTION_QUOTER, view(line()))
    assert panel.head.field.text() == f"{ONE.symbol} {TWO.symbol}"
