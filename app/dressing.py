"""Settings of the look, put into force: now, and whenever they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.setting import Value
    from app.setting_store import Store


def follow(app: QApplication, store: Store) -> None:
    """Dress the application as the settings say, and again whenever they change."""

    density = store.now.text("look.density")
    """Of this run: rows that stand keep their height."""

    def dress(_value: Value) -> None:
        now = store.now
        still = now.flag("look.reduce_motion")
        theme.install(app, now.text("look.theme"), now.text("look.rises"), density, still=still)

    for key in ("look.theme", "look.rises", "look.reduce_motion"):
        store.when(key, dress, at_once=False)
    dress(None)
