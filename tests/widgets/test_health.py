"""The services dock shows the lines of /health, says what is down, and a dash where nobody counts."""

from __future__ import annotations

from engine.views import topics
from engine.views.health import HealthView, ServiceLine
from widgets.health import HealthPanel
from widgets.states import EMPTY, LIVE


def line(name: str, state: str, age: float | None, restarts: int | None, why: str = "") -> ServiceLine:
    return ServiceLine(name=name, state=state, age_s=age, restarts=restarts, why=why)


def test_each_service_is_a_line_and_what_is_down_is_said(qtbot) -> None:
    panel = HealthPanel()
    qtbot.addWidget(panel)
    rows = (line("engine", "ok", 3_725.4, 0), line("kalshi market", "down", 4.0, 2, "<b>no data</b> for 30 s"),
            line("discovery", "off", None, None, "it has done its work"))  # fmt: skip
    panel.render(topics.HEALTH, HealthView(ok=False, rows=rows))
    model = panel.table.rows
    shown = [[model.cell(n, at).text for at in range(len(model.columns))] for n in range(3)]
    assert [one[0] for one in shown] == ["OK", "DOWN", "OFF"]
    assert shown[0][2] == "1:02:05"
    assert shown[1][3:] == ["2", "<b>no data</b> for 30 s"]
    assert shown[2][2:4] == ["—", "—"]
    assert panel._header.subtitle == "1 down"
    assert panel.state == LIVE
    panel.render(topics.HEALTH, None)
    assert panel.state == EMPTY
