"""Settings of the look and of numbers and times, put into force: now, and whenever they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets import formats, theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.setting import Value
    from app.setting_store import Store
    from app.settings import Settings

LOOK: Final = ("look.theme", "look.rises", "look.reduce_motion")
WRITTEN: Final = ("format.decimal", "format.thousands", "format.clock", "format.zone")
_THOUSANDS: Final = {"space": formats.SPACE, "apostrophe": formats.APOSTROPHE, "none": ""}


def follow(app: QApplication, store: Store) -> None:
    """Dress the application as the settings say, and again whenever they change."""
    density = store.now.text("look.density")
    """Of this run: rows that stand keep their height."""

    def dress(_value: Value) -> None:
        now = store.now
        formats.use(style(now))
        still = now.flag("look.reduce_motion")
        theme.install(app, now.text("look.theme"), now.text("look.rises"), density, still=still)

    for key in (*LOOK, *WRITTEN):
        store.when(key, dress, at_once=False)
    dress(None)


def style(settings: Settings) -> formats.Style:
    """Return how numbers and times are written."""
    return formats.Style(
        decimal=formats.COMMA if settings.text("format.decimal") == "comma" else formats.POINT,
        thousands=_THOUSANDS[settings.text("format.thousands")],
        twelve=settings.text("format.clock") == "12 h",
        zone=settings.text("format.zone"),
    )
