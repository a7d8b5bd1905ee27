"""Computed columns of markets docks, as the settings choose them: now, when that changes, and in docks made later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.views.analytics import registry
from widgets.markets import MarketsPanel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.setting_store import Store
    from app.settings import Settings
    from widgets.panel import Panel

KEY: Final = "look.market_columns"


def begin(panel: MarketsPanel, settings: Settings) -> None:
    """Give a markets dock its columns."""
    panel.set_columns(registry.chosen(settings.texts(KEY)))


def follow(store: Store, panels: Callable[[], Iterable[Panel]]) -> None:
    """Let the markets docks among some docks show other columns whenever the setting changes."""

    def dress(_value: object) -> None:
        for panel in panels():
            if isinstance(panel, MarketsPanel):
                begin(panel, store.now)

    store.when(KEY, dress, at_once=False)
