"""The oversight dock shows what is to be looked at first, in words that fit."""

from __future__ import annotations

from engine.core.units import Nanos
from engine.views import topics
from engine.views.oversight import OversightLine, OversightView
from widgets.oversight import COLUMNS, OversightPanel

MEASURED = [column.key for column in COLUMNS].index("measured")

MEANS = OversightLine(
    kind="MEANS", state="OK", who="House funds", where="", measured="$12,000.00", bar="at least $0", share=0.0, at=None,
    help="What the house holds free.",
)  # fmt: skip
FLAG = OversightLine(
    kind="ROUND_TRIPS", state="LOOK", who="<b>ann</b>", where="Chicago 83–84", measured="3 times", bar="3", share=None,
    at=Nanos(10**18), help="Turnover without a purpose.",
)  # fmt: skip


def test_rows_are_shown_as_plain_text_and_flags_are_counted(qtbot) -> None:
    panel = OversightPanel()
    qtbot.addWidget(panel)
    panel.render(topics.OVERSIGHT, OversightView(rows=(FLAG, MEANS), flags=1))
    model = panel.table.rows
    shown = [model.index(0, column).data() for column in range(model.columnCount())]
    assert "LOOK" in shown
    assert "<b>ann</b>" in shown
    assert [model.index(1, column).data() for column in range(4)][:3] == ["OK", "Means", "House funds"]
    assert model.cell(1, MEASURED).text == "$12\u00a0000.00", "no comma parts thousands"
    assert model.cell(0, MEASURED).text == "3 times"
    assert panel.topics() == {topics.OVERSIGHT, topics.SPINE}
