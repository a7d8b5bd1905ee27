"""Settings of trading by hand put into force in every ladder: now, when they change, and in ladders made later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets import protect
from widgets.ladder import LadderPanel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.setting import Value
    from app.setting_store import Store
    from app.settings import Settings
    from widgets.panel import Panel

SIZE: Final = "trading.size"
PROTECT: Final = "trading.protect"
HABITS: Final = ("trading.click_cancels", "trading.ask_on_paper", "trading.log_bars")


def follow(store: Store, panels: Callable[[], Iterable[Panel]]) -> None:
    """Let the ladders among some docks do as the settings say, again whenever one of them changes.

    The protect offset is of every order from a ladder, a board or a basket, at once.
    """

    def dress(_value: Value) -> None:
        for panel in panels():
            if isinstance(panel, LadderPanel):
                habits(panel, store.now)

    def guard(_value: Value) -> None:
        protect.use(offset(store.now))
        for panel in panels():
            if isinstance(panel, LadderPanel):
                panel.show_protect()

    store.when(PROTECT, guard)
    for key in HABITS:
        store.when(key, dress, at_once=False)


def begin(panel: LadderPanel, settings: Settings) -> None:
    """Give a ladder that is new its first size, and the habits of the others."""
    panel.set_size(size(settings))
    habits(panel, settings)


def size(settings: Settings) -> int:
    """Return how many shares the first order of a dock is for."""
    value = settings[SIZE].value
    return value if isinstance(value, int) else 1


def offset(settings: Settings) -> int:
    """Return how many ticks past the best price a plain order may go."""
    value = settings[PROTECT].value
    return value if isinstance(value, int) else protect.DEFAULT


def habits(panel: LadderPanel, settings: Settings) -> None:
    """Let one ladder do as the settings say."""
    panel.grid.click_cancels, panel.asks_on_paper, log = (settings.flag(key) for key in HABITS)
    if panel.grid.log is not log:
        panel.grid.toggle_log()
