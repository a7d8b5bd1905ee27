"""The way to live: what each bar says, what cannot be computed, and whom it holds."""

from __future__ import annotations

import msgspec
import pytest

from tests.widgets import strategy_views as views
from widgets.readiness import ReadinessRow


@pytest.fixture
def row(qtbot):
    row = ReadinessRow()
    qtbot.addWidget(row)
    row.resize(900, 24)
    row.show()
    return row


def test_each_bar_says_what_there_is_and_what_is_wanted(row) -> None:
    row.show_detail(views.detail())
    assert row.words() == [
        ("clean days", "12 / 30", "warn"), ("Sharpe", "1.25 of 40 days / 1", "profit"),
        ("days won", "50.0 / 55 %", "warn"), ("drawdown", "— / max 15 %", "warn"), ("uptime", "99.5 / 99 %", "profit"),
    ]  # fmt: skip
    assert row.segments()[0].pieces[0].text == "3 of 5 bars to go"
    assert "clean days 12 / 30" in row.accessibleDescription()
    row.grab()


def test_who_is_ready_is_told_so_and_who_is_not_held_to_it_as_well(row) -> None:
    passed = tuple(msgspec.structs.replace(one, passed=True) for one in views.BARS)
    row.show_detail(msgspec.structs.replace(views.detail(), readiness=passed))
    assert row.segments()[0].pieces[0].text == "Ready for live"
    row.show_detail(views.detail(earns=False))
    assert row.segments()[0].pieces[0].text == "Live asks for no bar"
    row.show_detail(None)
    assert row.segments() == []
