"""The latency dock says each duration in its unit, and a dash where nothing was measured."""

from __future__ import annotations

from typing import Any

import pytest

from engine.views import topics
from engine.views.latency import LatencyLine, LatencyView
from widgets.latency import LatencyPanel, duration


@pytest.mark.parametrize(
    ("micros", "words"),
    [(None, "—"), (0.9, "0.9 µs"), (99.94, "99.9 µs"), (412.0, "412 µs"), (1_500.0, "1.5 ms"), (2_340_000.0, "2.34 s")],
)
def test_durations(micros: float | None, words: str) -> None:
    assert duration(micros).text == words


def test_what_was_not_measured_is_a_dash(qtbot: Any) -> None:
    panel = LatencyPanel()
    qtbot.addWidget(panel)
    line = LatencyLine(
        key="out", name="Order goes out", help="from the click", count=0, p50_us=None, p99_us=None, session=3,
        session_p50_us=800.0, session_p99_us=1_200.0, most_us=1_250.0,
    )  # fmt: skip
    panel.render(topics.LATENCY, LatencyView(rows=(line,)))
    model = panel.table.rows
    cells = {column.key: model.cell(0, n).text for n, column in enumerate(model.columns)}
    assert (cells["p50"], cells["p99"], cells["n"]) == ("—", "—", "0")
    assert (cells["all50"], cells["all99"], cells["most"]) == ("800 µs", "1.2 ms", "1.2 ms")
