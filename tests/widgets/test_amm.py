"""The maker's curve."""

from __future__ import annotations

import pytest

from engine.views import topics as t
from tests.widgets import views_sample as sample
from widgets.amm import AmmPanel, price_of


@pytest.fixture
def panel(qtbot):
    made = AmmPanel()
    qtbot.addWidget(made)
    made.resize(562, 240)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_a_later_phase_says_what_it_adds(panel) -> None:
    panel.set_instrument(sample.CURVE)
    later = {"curve": False, "phase": 3, "half_spread": 0.5, "b_open": 166.7, "organic": sample.qty(480)}
    panel.render(t.ladder(sample.CURVE.symbol), sample.curve(**later))
    said = dict(panel.curve.figures())
    assert said["phase"] == "3"
    assert (said["b"], said["opened"]) == ("100.0", "166.7")
    assert (said["spread"], said["organic 24 h"]) == ("1.0 c", "480")
    assert panel.state == "live"
    panel.grab()


def test_a_book_has_no_curve() -> None:
    assert price_of(sample.book()) is None


def test_it_says_price_cost_of_the_next_shares_and_the_makers_loss(panel) -> None:
    panel.set_instrument(sample.CURVE)
    panel.render(t.ladder(sample.CURVE.symbol), sample.curve())
    said = dict(panel.curve.figures())
    assert said["price"] == "43.3 c"
    assert said["next 1"] == "$0.43"
    assert said["next 10"] == "$4.45"
    assert said["b"] == "100.0"
    assert said["max loss"] == "$179.18"
    assert panel.state == "live"
    panel.grab()


def test_unknown_is_a_dash(panel) -> None:
    assert {value for _, value in panel.curve.figures()} == {"—"}
    panel.set_instrument(sample.BOOK)
    panel.render(t.ladder(sample.BOOK.symbol), sample.book())
    assert {value for _, value in panel.curve.figures()} == {"—"}
    assert panel.state == "empty"
