"""The map dock with a market's cells, and where on it a cell is and what colour it has."""

from __future__ import annotations

import h3
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor

from engine.core.units import HOUR, Nanos
from engine.views import topics
from tests.widgets import weather_sample as sample
from widgets import hexlayers, theme
from widgets.hexmap import MapPanel

TOPIC = topics.cells(sample.MARKET)
LAYERS = {layer.key: layer for layer in hexlayers.layers(5.0)}
HOURS = tuple(Nanos(sample.DAY_FROM + n * HOUR) for n in range(24))


def map_dock(qtbot, qapp) -> MapPanel:
    """Return a map dock that shows a market's cells."""
    theme.install(qapp)
    dock = MapPanel(now=lambda: Nanos(sample.NOW))
    qtbot.addWidget(dock)
    dock.set_market(sample.MARKET)
    dock.resize(1044, 502)
    dock.show()
    dock.render(TOPIC, sample.cells_view())
    qapp.processEvents()
    return dock


def spot(dock: MapPanel, cell: str) -> QPoint:
    x, y = dock.canvas.viewport.point(*h3.cell_to_latlng(cell))
    return QPoint(round(x), round(y))


def colour_at(dock: MapPanel, cell: str) -> QColor:
    point = spot(dock, cell) + QPoint(0, 14)  # below the value's text
    return dock.canvas.grab().toImage().pixelColor(point)


def far_west() -> str:
    return h3.latlng_to_cell(41.80, -88.25, 6)


def hourly(**changes):
    return sample.cells_view(
        **{
            "hours": HOURS,
            "now": sample.NOW,
            "utc_offset_hours": -6,
            "window": "day maximum",
            "closes": Nanos(sample.DAY_FROM + 24 * HOUR),
            **changes,
        }
    )
