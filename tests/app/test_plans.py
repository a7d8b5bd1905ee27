"""The plan of the legs dock: as it was after a restart, by mode, without what expired, and never in the way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QObject, Signal

from app.plans import Plans
from engine.core.ids import DERIBIT, InstrumentId
from engine.core.units import DAY, Nanos
from tests.widgets import option_views as views
from widgets.legs import LegsPanel
from widgets.option_legs import Planned

NOW = views.NOW
LATER = Nanos(NOW + 27 * DAY)
LEG = Planned(
    InstrumentId(DERIBIT, "BTC-30JUL26-76000-C"), "C 76 000 30 JUL", "BTC", False, 76_000.0, LATER, Decimal("-1.5"),
    0.0435, True, 0.46, "BTC",
)  # fmt: skip
SOON = LEG._replace(instrument=InstrumentId(DERIBIT, "BTC-4JUL26-76000-C"), expires=Nanos(NOW + DAY))


class Window(QObject):
    """As much of a window as has docks and tells."""

    def __init__(self, *docks: LegsPanel) -> None:
        super().__init__()
        self.docks, self.told = docks, []

    adopted = Signal(object)

    def panels_made(self):
        return self.docks

    def tell(self, text, level):
        self.told.append(text)


@pytest.fixture
def opened(qtbot, tmp_path):
    def made(mode="paper", now=NOW):
        panel = LegsPanel()
        qtbot.addWidget(panel)
        window = Window(panel)
        Plans(window, tmp_path / "plans.json", mode).restore(now)
        return panel, window

    return made


def test_a_plan_is_there_after_a_restart_but_for_what_expired_meanwhile(opened) -> None:
    panel, window = opened()
    panel.plan_changed.emit((LEG, SOON))
    assert opened()[0].plan == (LEG, SOON)
    assert opened(now=Nanos(NOW + 2 * DAY))[0].plan == (LEG,)
    assert opened("demo")[0].plan == ()
    assert window.told == []


def test_every_change_of_it_is_kept(opened) -> None:
    panel, _ = opened()
    panel.plan_changed.emit((LEG,))
    panel.take_plan((LEG,))
    panel.clear_plan()
    assert opened()[0].plan == ()


def test_a_file_that_is_none_costs_the_plan_and_nothing_else(opened, tmp_path) -> None:
    (tmp_path / "plans.json").write_bytes(b'{"schema": 1, "plans": {"paper": [{"qty": "NaN"}]}}')
    panel, window = opened()
    assert panel.plan == ()
    assert "were set aside as plans.json.bad-1" in window.told[0]


def test_a_size_that_is_none_is_left_out(opened, tmp_path) -> None:
    panel, _ = opened()
    panel.plan_changed.emit((LEG,))
    file = tmp_path / "plans.json"
    file.write_text(file.read_text().replace("-1.5", "NaN"))
    assert opened()[0].plan == ()
