"""What a bracket board says around and in its rows, and how its header and its lines of facts look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from widgets import formats, paint, theme
from widgets.size_words import places_of, size_text, sized

if TYPE_CHECKING:
    from engine.core.units import Qty
    from engine.views.board import BoardRow, BoardView

PAD: Final = 6
HEADERS: Final = {
    "outcome": "outcome",
    "bar": "implied ▇ model ◆ band",
    "bid": "bid",
    "bidSize": "size",
    "ask": "ask",
    "askSize": "size",
    "mid": "mid",
    "change": "Δ5m",
    "implied": "impl %",
    "model": "model %",
    "edgeYes": "edge YES",
    "edgeNo": "edge NO",
    "position": "pos",
    "average": "avg",
    "pnl": "PnL",
    "ifWins": "if wins",
    "buttons": "",
}
FIRST_TO_GO: Final = (
    "average",
    "mid",
    "change",
    "pnl",
    "ifWins",
    "bidSize",
    "askSize",
    "implied",
    "edgeNo",
    "position",
)
"""Which columns are dropped when the board is narrow, first one first."""
LEAST_BAR: Final = 240
LEADS, FOLLOWS = 1.0, 0.5
"""Cents in five minutes that a leader gains, and a neighbour loses, at least."""
SCALES: Final = (0.6, 1.0)
"""Probability at the right end of the bars: the second as soon as something on the board lies beyond the first."""
LINES: Final = {SCALES[0]: (0.2, 0.4), SCALES[1]: (0.2, 0.4, 0.6, 0.8)}
"""Probabilities that have a line, by the scale."""
BACK_UNDER: Final = 0.5
"""Largest probability from which the first scale returns, so that it does not flicker around its end."""
CHECK_FROM: Final = 8.0
"""Cents of edge above which it is hatched: too good to be true until checked."""


class Columns:
    """Where each column lies; which ones there are follows from the width, never from the data."""

    def __init__(self, width: int) -> None:
        table: list[tuple[str, int]] = [(n, w) for n, w in theme.current().section("board")["columns"]]
        gone: set[str] = set()
        for name in FIRST_TO_GO:
            if sum(w for n, w in table if n not in gone) + LEAST_BAR <= width:
                break
            gone.add(name)
        kept = [(n, w) for n, w in table if n not in gone]
        bar = max(0, width - sum(w for _, w in kept))
        self.width = width
        self.spans: dict[str, tuple[int, int]] = {}
        x = 0
        for name, wish in kept:
            wide = bar if name == "bar" else wish
            self.spans[name] = (x, wide)
            x += wide

    def at(self, x: float) -> str:
        """Return the name of the column at `x`, or an empty text."""
        return next((n for n, (left, w) in self.spans.items() if left <= x < left + w), "")

    def button(self, word: str, y: int, height: int) -> QRect:
        """Return where a row's button ``B`` or ``S`` lies."""
        x, wide = self.spans["buttons"]
        each = (wide - 10) // 2
        left = x + 2 if word == "B" else x + 2 + each + 4
        tall = min(18, height - 5)
        return QRect(left, y + (height - 1 - tall) // 2, each, tall)


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says and in which colour."""

    text: str
    colour: str = "text.default"
    weight: int = 400


def cell(row: BoardRow, name: str, places: tuple[int, int] | None = None) -> Cell:
    """Return one number of a row as shown; unknown is a dash, and nothing where there is no position.

    `places` are the decimals of the columns of sizes, the bid's and the ask's; of a row alone its own.
    """
    if name in {"bid", "ask"}:
        price, tone = (row.bid, "buy") if name == "bid" else (row.ask, "sell")
        return _known(formats.cents(price), tone, 500)
    if name in {"bidSize", "askSize"}:
        bids = name == "bidSize"
        size = row.bid_size if bids else row.ask_size
        return _known(_size(size, None if places is None else places[not bids]))
    if name in {"edgeYes", "edgeNo"}:
        edge = row.edge_yes if name == "edgeYes" else row.edge_no
        return _known(formats.number(edge, 2, signed=True), paint.pnl_colour(edge))
    if name == "change":
        tone = {1: "profit", -1: "loss"}.get(formats.direction(row.change_5m, 1), "text.dim")
        return _known(formats.change(row.change_5m), tone)
    if name in {"position", "average", "pnl", "ifWins"}:
        return _held(row, name)
    return {
        "mid": lambda: _known(formats.number(row.mid, 1)),
        "implied": lambda: _known(formats.points(row.implied)),
        "model": lambda: _known(formats.points(row.model), "fair"),
    }[name]()


def _held(row: BoardRow, name: str) -> Cell:
    if name == "ifWins":
        return Cell("") if row.if_wins is None else _result(row.if_wins)
    if not row.position:
        return Cell("")
    if name == "position":
        text = formats.brief(row.position, signed=True)
        return Cell(text, "buy" if row.position > 0 else "sell", 500)
    if name == "average":
        return _known(formats.number(row.average, 1))
    return Cell(formats.DASH, "text.dim") if row.pnl is None else _result(row.pnl)


def _result(value: object) -> Cell:
    return Cell(formats.amount(value), paint.pnl_colour(value))  # type: ignore[arg-type]  # Money, checked by the callers


def _known(text: str, tone: str = "text.default", weight: int = 400) -> Cell:
    return Cell(text, "text.dim" if text == formats.DASH else tone, weight)


def _size(qty: Qty | None, places: int | None) -> str:
    if qty is None:
        return formats.DASH
    return (size_text(qty) or "0") if places is None else sized(qty, places) or formats.number(0, places)


def places(view: BoardView) -> tuple[int, int]:
    """Return the decimals of the sizes bid and asked, each column's own."""
    return places_of(row.bid_size for row in view.rows), places_of(row.ask_size for row in view.rows)


def scale_of(view: BoardView, now: float) -> float:
    """Return the probability at the right end of the bars, of `SCALES`; `now` is the one in force."""
    known = (v for row in view.rows if not row.dead for v in (row.implied, row.model, row.model_high) if v is not None)
    largest = max(known, default=0.0)
    first, second = SCALES
    if largest > first:
        return second
    return first if largest < BACK_UNDER else now


def leads(view: BoardView) -> tuple[int, int] | None:
    """Return the rows of a leader and its follower: the one that gained most in five minutes, and a neighbour that
    gave way; None where nobody leads."""
    change = [None if row.dead else row.change_5m for row in view.rows]
    known = [at for at, moved in enumerate(change) if moved is not None]
    first = max(known, key=lambda at: change[at] or 0.0, default=None)
    if first is None or (change[first] or 0.0) < LEADS:
        return None
    beside = [at for at in (first - 1, first + 1) if at in known and (change[at] or 0.0) <= -FOLLOWS]
    return None if not beside else (first, min(beside, key=lambda at: change[at] or 0.0))


def header(
    p: QPainter, rect: QRect, columns: Columns, unit: str, scale: float = SCALES[0], *, what_if: bool = False
) -> None:
    """Draw the column names, and over the bars how far they reach."""
    look = theme.current()
    font = look.ui(look.type("caption"), 500)
    for name, (x, wide) in columns.spans.items():
        words = f"outcome {unit}" if name == "outcome" else HEADERS[name]
        if name == "ifWins" and what_if:
            words, ink = "what if", look.colour("warn")
        else:
            ink = look.colour("text.muted")
        if name in {"outcome", "bar"}:
            cell_rect = QRect(x + (8 if name == "outcome" else 0), rect.y(), wide - 8, rect.height())
            used = paint.text(p, cell_rect, words, font, ink, elide=True)
            reach = f"0–{scale * 100:.0f} %"
            if name == "bar" and used + paint.width(reach, font) + 12 <= cell_rect.width():
                paint.text(p, cell_rect, reach, font, look.colour("text.dim"), paint.RIGHT)
        else:
            paint.text(p, QRect(x, rect.y(), wide - PAD, rect.height()), words, font, ink, paint.RIGHT)
    paint.line_below(p, rect, look.colour("line.border"))
