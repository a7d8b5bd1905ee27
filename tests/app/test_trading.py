"""Settings of trading by hand reach every ladder, those made later too."""

from __future__ import annotations

import pytest

from app import trading
from app.setting_store import Store
from engine.core.errors import InputError
from widgets import protect
from widgets.ladder import LadderPanel


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "settings.toml")


def test_a_new_ladder_has_the_habits_of_the_settings(store, qtbot) -> None:
    store.set("trading.size", "25")
    store.set("trading.click_cancels", "on")
    panel = LadderPanel()
    qtbot.addWidget(panel)
    trading.begin(panel, store.now)
    assert (panel.size_now, panel.grid.click_cancels, panel.asks_on_paper, panel.grid.log) == (25, True, False, False)


def test_a_change_is_felt_at_once_and_leaves_the_size_alone(store, qtbot) -> None:
    panel = LadderPanel()
    qtbot.addWidget(panel)
    trading.begin(panel, store.now)
    trading.follow(store, lambda: [panel])
    panel.set_size(50)
    store.set("trading.ask_on_paper", "on")
    store.set("trading.log_bars", "on")
    store.set("trading.size", "5")
    assert (panel.asks_on_paper, panel.grid.log, panel.size_now) == (True, True, 50)
    store.set("trading.log_bars", "off")
    assert not panel.grid.log


def test_the_protect_offset_is_every_order_s_at_once(store, qtbot) -> None:
    store.set("trading.protect", "5")
    panel = LadderPanel()
    qtbot.addWidget(panel)
    try:
        trading.follow(store, lambda: [panel])
        assert (protect.ticks(), panel.arm_strip.protect) == (5, "5 ticks")
        store.set("trading.protect", "0")
        assert (protect.ticks(), panel.arm_strip.protect) == (0, "0 ticks")
        for wrong in ("51", "-1", "2.5", "far"):
            with pytest.raises(InputError, match="0 to 50 ticks are allowed"):
                store.set("trading.protect", wrong)
        assert protect.ticks() == 0
    finally:
        protect.use(protect.DEFAULT)
