"""What the first page asks: a few settings, each written and felt at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app.setting_list import SETTINGS
from engine.core.errors import InputError
from widgets.welcome import Ask, Welcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.setting_store import Store
    from app.window import Window

ASKED: Final = {
    "format.zone": ("Time zone", "of tables and of the clock"),
    "look.theme": ("Theme", "sign, side and shape repeat every colour"),
    "look.rises": ("Rises and gains", "red where that means a rise"),
}
"""By setting: the words of the page, shorter than those of the settings."""
_WORDS: Final = {"machine": "This machine", "utc": "UTC"}


async def ask(
    folder: str, window: Window, store: Store, note: str, leave: asyncio.Event, keys: Callable[[], object]
) -> str:
    """Offer the simulated day and the desk on one page; return the mode that was chosen, or any once it is left.

    `keys` opens the keys of the desks.
    """
    found = page(folder, window, store, note)
    found.keys_wanted.connect(keys)
    found.show()
    found.setFocus()
    started = asyncio.Event()
    chosen = ["demo"]

    def desk(mode: str) -> None:
        chosen[0] = mode
        started.set()

    found.started.connect(started.set)
    for begins in (found.started, found.desk_wanted):
        begins.connect(lambda: window.coach.begin())
    found.desk_wanted.connect(desk)
    waits = [asyncio.ensure_future(e.wait()) for e in (started, leave)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    found.hide()
    found.deleteLater()
    return chosen[0]


def page(folder: str, window: QWidget, store: Store, note: str) -> Welcome:
    """Return the first page; what is chosen on it goes into the settings."""
    found = Welcome(folder, window, note=note, asks=[_ask(key, store) for key in ASKED])

    def choose(key: str, value: str) -> None:
        try:
            store.set(key, value)
        except InputError as e:
            found.tell(str(e))
        found.show_value(key, store.now.text(key))

    found.chosen.connect(choose)
    return found


def _ask(key: str, store: Store) -> Ask:
    title, note = ASKED[key]
    choices = tuple((value, _WORDS.get(value, value.capitalize())) for value in SETTINGS[key].choices)
    return Ask(key, title, choices, store.now.text(key), note)
