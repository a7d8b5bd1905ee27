"""Keys as people find them on a keyboard: a small box each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect

from widgets import paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPainter

TALL: Final = 16
GAP: Final = 4
_PAD: Final = 5


def width(keys: Sequence[str]) -> int:
    """Return how wide some keys are side by side."""
    return sum(_wide(key) for key in keys) + GAP * max(0, len(keys) - 1)


def draw(p: QPainter, x: int, row: QRect, keys: Sequence[str], ink: str = "text.muted") -> int:
    """Draw keys side by side from `x` on, in the middle of a row; return where they end."""
    look = theme.current()
    for key in keys:
        box = QRect(x, row.y() + (row.height() - TALL) // 2, _wide(key), TALL)
        paint.box(p, box, look.colour("surface.input"), look.colour("line.control"))
        paint.text(p, box, key, look.number(10, 500), look.colour(ink), paint.CENTRE)
        x += box.width() + GAP
    return x - GAP if keys else x


def _wide(key: str) -> int:
    return round(paint.width(key, theme.current().number(10, 500))) + 2 * _PAD
