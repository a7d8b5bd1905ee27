"""The PnL dock: what it shows of a day, and of none."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtGui import QColor

from engine.views import topics
from tests.widgets import weather_sample as sample
from widgets import states, theme
from widgets.pnl import PnlPanel


@pytest.fixture
def dock(qtbot, qapp):
    theme.install(qapp)
    dock = PnlPanel(-6)
    qtbot.addWidget(dock)
    dock.resize(900, 224)
    dock.show()
    return dock


def render(dock: PnlPanel, view) -> None:
    dock.render(topics.PNL, view)


def test_before_any_result_it_says_so(dock) -> None:
    assert dock.state == states.LOADING
    render(dock, sample.pnl_view(points=()))
    assert dock.state == states.EMPTY
    assert "first fill" in dock.why


def test_markets_and_their_total_are_listed(dock) -> None:
    render(dock, sample.pnl_view())
    rows = [[dock.table.rows.cell(row, column).text for column in (0, 1)] for row in range(3)]
    assert rows == [["CHI 86-87 °F", "▲ +1.80"], ["NYC 82-83 °F", "▼ −0.33"], ["Total", "▲ +3.18"]]


def test_every_line_and_zero_fit_the_axes(dock) -> None:
    view = sample.pnl_view()
    render(dock, view)
    axes = dock.curve.axes()
    shown = [v for point in view.points for v in (point.total, point.realised, point.unrealised, -point.fees)]
    assert axes.low < min(0.0, *shown)
    assert axes.high > max(0.0, *shown)


def test_the_last_total_is_a_tag_in_the_colour_of_its_sign(dock) -> None:
    view = sample.pnl_view()
    for sign, colour in ((1.0, "profit"), (-1.0, "loss")):
        last = msgspec.structs.replace(view.points[-1], total=sign)
        render(dock, sample.pnl_view(points=(*view.points[:-1], last)))
        axes = dock.curve.axes()
        corner = dock.curve.grab().toImage().pixelColor(axes.plot.right() + 5, round(axes.y(sign)) - 6)
        assert corner == QColor(theme.current().colour(colour))


def test_a_single_point_is_a_curve_too(dock) -> None:
    render(dock, sample.pnl_view(points=sample.pnl_view().points[:1]))
    assert not dock.curve.grab().isNull()


def test_markets_give_way_when_it_is_narrow(dock) -> None:
    render(dock, sample.pnl_view())
    assert dock.table.isVisible()
    dock.resize(420, 224)
    assert not dock.table.isVisible()


def test_a_curve_is_spoken_and_its_zone_can_change(dock) -> None:
    render(dock, sample.pnl_view())
    dock.set_zone(0)
    assert dock.curve.accessibleDescription().startswith("total +$")
    assert not dock.curve.grab().isNull()


def test_what_is_wrong_is_told_over_no_part_of_a_row(dock, qtbot) -> None:
    render(dock, sample.pnl_view())
    dock.set_state(states.STALE, "Nothing came for 24 s.", age_s=24.0)
    strip, table = dock._dock_state.strip, dock.table.viewport()
    assert strip.isVisible()
    assert strip.mapTo(dock, strip.rect().bottomLeft()).y() < table.mapTo(dock, table.rect().topLeft()).y()
