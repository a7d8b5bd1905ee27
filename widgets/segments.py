"""A line of facts in groups: words, numbers and meters side by side. Where it is narrow the least important go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect

from widgets import paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QPainter

WORDS: Final = "ui"
FIGURES: Final = "number"


class Run(NamedTuple):
    """A stretch of text in one font and colour, and the space after it."""

    text: str
    colour: str = "text.muted"
    kind: str = WORDS
    weight: int = 400
    px: int = 11
    gap: int = 5


class Bar(NamedTuple):
    """A meter of 68 pixels; `share` None leaves it empty."""

    share: float | None
    gap: int = 5


class Mark(NamedTuple):
    """The mark of a connection's state."""

    state: str
    gap: int = 5


Piece = Run | Bar | Mark
_BAR: Final = 68
_MARK: Final = 8
_RULE: Final = 8
"""Room that a line before a group adds."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One group of facts; `priority` 0 stays, higher ones go first. `rule` draws a line before it."""

    key: str
    pieces: tuple[Piece, ...]
    priority: int = 0
    rule: bool = False
    tip: str = ""

    def width(self) -> int:
        """Return how wide it is, without the space around it."""
        before = _RULE if self.rule else 0
        after = self.pieces[-1].gap if self.pieces else 0
        return before + sum(round(_wide(piece)) + piece.gap for piece in self.pieces) - after

    def spoken(self) -> str:
        """Return its text for a screen reader."""
        return " ".join(piece.text if isinstance(piece, Run) else "" for piece in self.pieces).strip()


def fitting(segments: Sequence[Segment], room: int, gap: int) -> list[Segment]:
    """Return the segments that fit into `room` pixels, dropping the highest priorities first."""
    kept = list(segments)
    for segment in sorted(segments, key=lambda s: -s.priority):
        if segment.priority == 0 or sum(s.width() + gap for s in kept) <= room + gap:
            break
        kept.remove(segment)
    return kept


def draw(p: QPainter, x: int, height: int, segments: Sequence[Segment], gap: int) -> list[tuple[QRect, Segment]]:
    """Draw segments from `x` on and return where each is."""
    look = theme.current()
    places = []
    for segment in segments:
        if segment.rule:
            p.fillRect(x - gap // 2 + _RULE // 2, 6, 1, height - 12, look.colour("line.control"))
            x += _RULE
        start = x
        for piece in segment.pieces:
            _paint(p, x, height, piece)
            x += round(_wide(piece)) + piece.gap
        x += gap - (segment.pieces[-1].gap if segment.pieces else 0)
        places.append((QRect(start, 0, x - gap - start, height), segment))
    return places


def _font(run: Run) -> QFont:
    look = theme.current()
    return look.number(run.px, run.weight) if run.kind == FIGURES else look.ui(run.px, run.weight)


def _wide(piece: Piece) -> float:
    if isinstance(piece, Run):
        return paint.width(piece.text, _font(piece))
    return _BAR if isinstance(piece, Bar) else _MARK


def _paint(p: QPainter, x: int, height: int, piece: Piece) -> None:
    look = theme.current()
    if isinstance(piece, Run):
        y = round(paint.baseline(0, height, piece.px))
        paint.text_at(p, x, y, piece.text, _font(piece), look.colour(piece.colour))
    elif isinstance(piece, Bar):
        tall = look.size("meter")
        rect = QRect(x, (height - tall) // 2 + 1, _BAR, tall)
        paint.meter(p, rect, piece.share, tick=look.section("meter")["warnFrom"])
    else:
        paint.connection(p, x + _MARK / 2, height / 2, piece.state)
