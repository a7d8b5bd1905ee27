"""Settings of the look and of numbers and times, put into force: now, and whenever they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.errors import ConfigError
from widgets import formats, language, paint, theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.setting import Value
    from app.setting_store import Store
    from app.settings import Settings

LOOK: Final = ("look.theme", "look.rises")
STILL: Final = "look.reduce_motion"
WRITTEN: Final = ("format.decimal", "format.thousands", "format.clock", "format.zone")
_THOUSANDS: Final = {"space": formats.SPACE, "apostrophe": formats.APOSTROPHE, "none": ""}


def follow(app: QApplication, store: Store) -> None:
    """Dress the application as the settings say, and again whenever they change.

    Raises
    ------
    ConfigError
        If the catalogue of the language cannot be read.
    """
    try:
        language.use(store.now.text("general.language"))
        paint.forget_texts()
    except ValueError as e:
        msg = f"general.language: {e}"
        raise ConfigError(msg) from e
    density = store.now.text("look.density")
    """Of this run: rows that stand keep their height."""

    def dress(_value: Value) -> None:
        now = store.now
        theme.install(app, now.text("look.theme"), now.text("look.rises"), density, still=now.flag(STILL))

    def write(_value: Value) -> None:
        formats.use(style(store.now))
        theme.redraw(app)

    def calm(value: Value) -> None:
        theme.current().reduced_motion = bool(value)

    formats.use(style(store.now))
    dress(None)
    for keys, act in ((LOOK, dress), (WRITTEN, write), ((STILL,), calm)):
        for key in keys:
            store.when(key, act, at_once=False)


def style(settings: Settings) -> formats.Style:
    """Return how numbers and times are written."""
    return formats.Style(
        decimal=formats.COMMA if settings.text("format.decimal") == "comma" else formats.POINT,
        thousands=_THOUSANDS[settings.text("format.thousands")],
        twelve=settings.text("format.clock") == "12 h",
        zone=settings.text("format.zone"),
    )
