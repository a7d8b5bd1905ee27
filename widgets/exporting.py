"""The menu of exports that every table has: CSV and Parquet as files, and copies for other programs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtGui import QGuiApplication

from engine.views import sheet
from engine.views.sheet import CSV, PARQUET, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QMenu, QWidget

NEEDS: Final = "needs pip install 'atmx[research]'"


class Taker(Protocol):
    """What has sheets written: a dock or a dialog."""

    sheet_wanted: SignalInstance
    """A `Sheet`, and ``csv`` or ``parquet``."""


def taker(widget: QWidget) -> Taker | None:
    """Return the nearest thing around a widget, itself included, that has sheets written; None without one."""
    around: QWidget | None = widget
    while around is not None and not hasattr(around, "sheet_wanted"):
        around = around.parentWidget()
    return around


def fill(menu: QMenu, around: QWidget, make: Callable[[], Sheet]) -> None:
    """Add the ways to take rows elsewhere to a menu; what cannot be done says what is missing."""
    found = taker(around)
    for form, words in ((CSV, "CSV file"), (PARQUET, "Parquet file")):
        missing = form == PARQUET and find_spec("duckdb") is None
        action = menu.addAction(f"{words} ({NEEDS})" if missing else words)
        action.setEnabled(found is not None and not missing)
        if found is not None:
            action.triggered.connect(lambda _=False, form=form: found.sheet_wanted.emit(make(), form))
    menu.addSeparator()
    shapes = (
        ("Copy for a spreadsheet", sheet.as_tsv),
        ("Copy as CSV", sheet.as_csv),
        ("Copy as Markdown", sheet.as_markdown),
    )
    for words, shape in shapes:
        copied = menu.addAction(words)
        copied.triggered.connect(lambda _=False, shape=shape: QGuiApplication.clipboard().setText(shape(make())))
