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

    def dress(_value: Value) -> None:
        theme.install(app, store.now.text("look.theme"))

    store.when("look.theme", dress)
