"""The payouts dock: what pays us, how far it has come, and what is held."""

from __future__ import annotations

from engine.views import topics
from tests.widgets import weather_sample as sample
from widgets.payouts import NOTHING, PayoutsPanel
from widgets.states import EMPTY, LIVE


def cells(panel: PayoutsPanel, row: int) -> dict[str, str]:
    model = panel.table.rows
    return {column.key: model.cell(row, n).text for n, column in enumerate(model.columns)}


def test_only_what_concerns_us_is_shown_and_only_what_is_credited_is_counted_as_that(qtbot) -> None:
    panel = PayoutsPanel()
    qtbot.addWidget(panel)
    panel.resize(640, 300)
    panel.show()
    panel.render(topics.SETTLEMENTS, sample.settlements_view())
    assert (panel.state, panel.count()) == (LIVE, 4)
    held = cells(panel, 0)
    assert (held["pays"], held["credited"], held["outcome"]) == ("held 12.40", "—", "DISPUTED")
    paid, waits = cells(panel, 1), cells(panel, 2)
    assert (paid["pays"], paid["credited"], paid["state"]) == ("+14.76", "+14.76", "credited")
    assert (waits["pays"], waits["credited"], waits["state"]) == ("−4.70", "—", "sealed")
    assert paid["at"] != "—"
    whole = cells(panel, 4)
    assert (whole["market"], whole["pays"], whole["credited"]) == ("Total", "+14.26", "+18.96")


def test_before_anything_settled_it_says_so(qtbot) -> None:
    panel = PayoutsPanel()
    qtbot.addWidget(panel)
    panel.render(topics.SETTLEMENTS, sample.settlements_view(queue=()))
    assert (panel.state, panel.why) == (EMPTY, NOTHING)
    assert panel.table.rows.rowCount() == 0
