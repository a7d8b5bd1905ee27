"""Derivatives in lists that are of outcomes elsewhere: no rule on their price, and pinned docks hold them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QMenu

from app.links import Links, Pins
from engine.core.commands import Watch
from engine.core.ids import DERIBIT, InstrumentId
from engine.sandbox.option_market import PERPETUAL
from engine.views import topics
from tests.engine.kernel.options.world import World, call
from widgets.ladder import LadderPanel
from widgets.market_lines import lines
from widgets.markets import MarketsPanel


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_no_alert_is_offered_on_a_price_that_no_rule_knows(qtbot: Any, world: World) -> None:
    world.ask(Watch(what=f"deribit/{PERPETUAL.symbol}"))
    view: Any = world.kernel.view(topics.MARKETS)
    row = next(row for row in view.rows if row.instrument == PERPETUAL)
    line = next(line for line in lines((row,), {row.market}, set()) if line.rows)
    panel, menu = MarketsPanel(), QMenu()
    qtbot.addWidget(panel)
    qtbot.addWidget(menu)
    panel.fill(menu, line)
    words = [action.text() for action in menu.actions()]
    assert "Show" in words
    assert not [word for word in words if word.startswith("Alert")]


def test_a_pinned_option_is_held_though_its_expiry_is_not_followed_yet(qtbot: Any, world: World) -> None:
    held, links, turned = call(70_000), Links(), []
    links.restore({"Options/ladder": 0}, {"Options/ladder": (str(held.venue), held.symbol)})

    def rows() -> Any:
        view: Any = world.kernel.view(topics.MARKETS)
        return view.rows

    assert held not in {row.instrument for row in rows()}
    window: Any = SimpleNamespace(links=links)
    listings = world.state.listings
    pins = Pins(window, lambda _, one: turned.append(one), rows, lambda one: one in listings)
    panel = LadderPanel()
    qtbot.addWidget(panel)
    pins.restore("Options/ladder", panel)
    pins.turn_waiting(InstrumentId(DERIBIT, "otherwise"))
    assert turned == [held]
