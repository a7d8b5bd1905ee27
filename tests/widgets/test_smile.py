"""The smile dock: points of the market, the smile through them, surface and term, and what each says."""

from __future__ import annotations

import numpy as np
import pytest

from engine.views import topics
from tests.widgets import option_views as views
from widgets import smile_points
from widgets.smile import ALL, SURFACE, TERM, SmilePanel
from widgets.states import EMPTY, LIVE

DAYS = (6, 13, 27, 55)


@pytest.fixture(scope="module")
def panel(qapp):
    found = SmilePanel()
    found.resize(490, 420)
    found.show()
    found.render(topics.EXPIRIES, views.expiries(*DAYS))
    found.set_chain(views.key().text)
    for days in DAYS:
        held = {(76_000, False): "-2", (76_000, True): "0.5"} if days == 27 else {}
        found.render(topics.chain(views.key(days)), views.chain(days, held))
    yield found
    found.deleteLater()


def test_points_are_those_of_the_option_out_of_the_money() -> None:
    view = views.chain(held={(76_000, False): "-2", (76_000, True): "0.5"})
    points = smile_points.points_of(view, "30 JUL")
    assert points.bid[0] == pytest.approx(view.rows[0].put.bid_iv)
    assert points.bid[-1] == pytest.approx(view.rows[-1].call.bid_iv)
    assert points.qty[11] == -1.5
    assert smile_points.points_of(views.chain(forward=None), "x") is None
    assert smile_points.points_of(views.chain(days=27, rows=()), "x") is None


def test_a_stale_quote_tells_no_volatility() -> None:
    view = views.chain(rows=tuple(
        type(row)(strike=row.strike, call=views.side(float(row.strike), False, stale="gap"),
                  put=views.side(float(row.strike), True, stale="gap")) for row in views.chain().rows
    ))  # fmt: skip
    points = smile_points.points_of(view, "30 JUL")
    assert np.isnan(points.bid).all()
    assert view.smile is None
    assert smile_points.fitted(view, points) is None


def test_the_smile_that_is_drawn_is_the_one_the_engine_fitted() -> None:
    view = views.chain()
    found = smile_points.fitted(view, smile_points.points_of(view, "30 JUL"))
    assert found.smile.rmse < 0.002
    assert found.free
    strikes = found.points.strikes
    assert smile_points.vols(found, strikes) == pytest.approx(0.5 * (found.points.bid + found.points.ask), abs=0.003)


def test_the_panel_says_how_the_fit_sits(panel) -> None:
    assert panel.state == LIVE
    assert "no free butterfly" in panel._header.subtitle
    panel.curve.point(72_000.0)
    assert panel.curve.accessibleDescription().startswith("72\xa0000: model 46")
    assert "45.4 / 46.7" in panel.curve.accessibleDescription()


def test_only_the_views_of_all_expiries_ask_for_all(panel) -> None:
    one = {topics.EXPIRIES, topics.chain(views.key())}
    assert panel.topics() == one
    for view in (ALL, SURFACE):
        panel.views.set_value(view)
        assert panel.topics() == one | {topics.chain(views.key(days)) for days in DAYS}
    panel.views.set_value(TERM)
    assert panel.topics() == one
    panel.views.set_value("smile")


def test_the_next_view_comes_by_its_key_and_each_is_painted(panel) -> None:
    for page in (0, 1, 2, 0):
        panel.acts()["plane.next"]()
        assert panel.pages.currentIndex() == page
        assert not panel.grab().isNull()
    assert panel.map.accessibleDescription().startswith("4 expiries, volatility from")
    assert panel.map.heat.calendars == 0


def test_the_range_changes_within_bounds(panel) -> None:
    wide = panel.curve.reach
    panel.acts()["plane.narrower"]()
    assert panel.curve.reach < wide
    for _ in range(40):
        panel.acts()["plane.narrower"]()
    assert panel.curve.reach == pytest.approx(0.04)
    assert panel.curve.frame() is not None
    panel.curve.reach = wide


def test_a_market_without_a_volatility_is_said_to_have_none(panel) -> None:
    panel.render(topics.chain(views.key()), views.chain(forward=None))
    assert panel.state == EMPTY
    assert panel.curve.frame() is None
    panel.render(topics.chain(views.key()), views.chain())
    assert panel.state == LIVE


def test_an_export_has_market_and_model(panel) -> None:
    sheet = panel.sheet()
    assert len(sheet.rows) == 18
    row = dict(zip(sheet.headers, sheet.rows[11], strict=True))
    assert row["IV bid %"] < row["IV model %"] < row["IV ask %"]
