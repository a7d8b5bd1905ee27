"""What stands in the cells of a ladder, column by column, and which parts of it look different from before.

A cell is told by all that decides its pixels: its text, its ink, the length of its bar. What is told the same is not
painted again; a trade on a curve changes what is summed up to each row and leaves its size and its price.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QRect

from engine.core.units import TICKS_PER_CENT, Ticks
from widgets.ladder_keys import Column
from widgets.ladder_look import EDGE, EXIT, INDEX, PAD, Columns, Look, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QColor

    from engine.core.units import Qty
    from engine.views.market import LadderRow, LadderView
    from widgets.ladder_ends import End

    Cell = tuple[Any, ...]
    Ends = Mapping[tuple[Ticks, Column], End]

CHECK_FROM: Final = 8.0
"""Cents of edge above which it is hatched: too good to be true until checked."""
PLAIN, BEST, LAST = range(3)
"""How a price is written."""
AUX: Final = ("cum", "cumAsk", "sold", "bought", "queue", "queueAsk")
"""Columns that are a text and nothing else but, of what traded, a bar."""


@dataclass(slots=True, eq=False)
class Cells:
    """The cells of the rows shown; `columns` has for each column one tuple a row."""

    rows: tuple[LadderRow, ...]
    best: tuple[int, int]
    """The best bid's and the best ask's row, counted from the first shown: it may be out of sight; None is -1."""
    zones: tuple[int, int]
    """Rows: down to which the asks' zone reaches, and from which the bids' does."""
    most: float
    """The size that the longest bar stands for."""
    columns: dict[str, list[Cell]]
    wide: bool = False
    """A text stands out of its cell, so that cells cannot be painted apart."""


def largest(shown: Sequence[LadderRow]) -> float:
    """Return the largest size among some rows, which the longest bar stands for; 0 where there is none."""
    return float(max((q for r in shown for q in (r.bid, r.ask) if q), default=0))


def told(
    view: LadderView, columns: Columns, look: Look, first: int, count: int, texts: Texts, ends: Ends, *, log: bool
) -> Cells:
    """Return the cells of `count` rows from row `first` on."""
    shown, every = view.rows[first : first + count], view.rows
    bid = next((i for i, r in enumerate(every) if r.bid), None)
    ask = next((i for i in range(len(every) - 1, -1, -1) if every[i].ask), None)
    n = len(shown)
    best = (-1 if bid is None else bid - first, -1 if ask is None else ask - first)
    zones = (
        0 if ask is None else min(max(ask - first + 1, 0), n),
        n if bid is None else min(max(bid - first, 0), n),
    )
    words, most, spans = texts.of(shown, first, view.scale), largest(shown), columns.spans
    resting = view.phase is not None and not view.curve
    found: dict[str, list[Cell]] = {}
    for name, sizes, rests, at in (
        ("bid", [r.bid for r in shown], [r.rest_bid for r in shown], best[0]),
        ("ask", [r.ask for r in shown], [r.rest_ask for r in shown], best[1]),
    ):
        room, index = spans[name][1] - 2, INDEX[name]
        bars = _bars(sizes, room, most, log=log)
        under = _rests(rests, room, most) if resting and most else [0] * n
        found[name] = [(one[index], bars[i], under[i], i == at) for i, one in enumerate(words)]
    found |= _auxiliary(shown, words, spans)
    if "edge" in spans:
        found["edge"] = [_edge(row, one[EDGE], look) for row, one in zip(shown, words, strict=True)]
    found["exit"] = [_exit(row, one[EXIT], look) for row, one in zip(shown, words, strict=True)]
    last = _last(view, shown)
    found["price"] = [
        (one[0], LAST if row.price == last else BEST if i in best else PLAIN)
        for i, (row, one) in enumerate(zip(shown, words, strict=True))
    ]
    found["mine"] = [(r.mine_bid, r.mine_bid_state, ends.get((r.price, Column.BID)) if ends else None) for r in shown]
    found["mineAsk"] = [
        (r.mine_ask, r.mine_ask_state, ends.get((r.price, Column.ASK)) if ends else None) for r in shown
    ]
    return Cells(shown, best, zones, most, found)


def _bars(sizes: Sequence[Qty | None], room: int, most: float, *, log: bool) -> list[int]:
    """Return how long size bars are, in pixels, scaled to the largest that is visible; 0 where there is none."""
    if log:
        share = log1p(most)
        return [max(1, int(room * log1p(float(one)) / share)) if one else 0 for one in sizes]
    return [max(1, int(room * float(one) / most)) if one else 0 for one in sizes]


def _rests(sizes: Sequence[Qty | None], room: int, most: float) -> list[int]:
    """Return how much of each bar is underlined: resting orders; the rest of it is the maker's curve."""
    return [max(2, int(room * float(one) / most)) if one else 0 for one in sizes]


def _auxiliary(
    shown: Sequence[LadderRow], words: Sequence[tuple[str, ...]], spans: Mapping[str, tuple[int, int]]
) -> dict[str, list[Cell]]:
    found: dict[str, list[Cell]] = {}
    for name in AUX:
        if name in spans:
            index = INDEX[name]
            found[name] = [(one[index],) for one in words]
    if "sold" not in spans:
        return found
    most = float(max((q for r in shown for q in (r.sold, r.bought) if q), default=0))
    for name, sizes in (("sold", [r.sold for r in shown]), ("bought", [r.bought for r in shown])):
        bars = _bars(sizes, spans[name][1] - 2, most, log=False)
        found[name] = [(text, bar) for (text, *_), bar in zip(found[name], bars, strict=True)]
    return found


def _edge(row: LadderRow, text: str, look: Look) -> Cell:
    """Return text, ink and whether it is hatched."""
    if row.edge is None:
        return ("", None, False)
    doubtful = row.edge > CHECK_FROM
    return (text, look.dim if doubtful else look.edge(row.edge), doubtful)


def _exit(row: LadderRow, text: str, look: Look) -> Cell:
    """Return text and ink."""
    if row.exit is None:
        return ("", None)
    ink: QColor = look.profit if row.exit > 0 else look.loss if row.exit < 0 else look.muted
    return (text, ink)


def _last(view: LadderView, shown: Sequence[LadderRow]) -> Ticks | None:
    """Return the price whose row is marked as the last trade's."""
    last = view.last
    if last is None or view.scale is not None or any(row.price == last for row in shown):
        return last
    return Ticks(round(last / TICKS_PER_CENT) * TICKS_PER_CENT)  # of a curve: between two rows


def stands_out(was: Cells | None, now: Cells, columns: Columns, look: Look) -> bool:
    """Whether a text stands out of its cell; `was` is what was told before of the same place, None of nothing."""
    if was is not None and was.wide:
        return True
    inks = {"price": look.best, "bid": look.best, "ask": look.best}
    for name, cells in now.columns.items():
        if name in {"mine", "mineAsk"}:
            continue
        ink, room = inks.get(name, look.aux), columns.spans[name][1] - PAD
        fresh = cells if was is None else [b for a, b in zip(was.columns[name], cells, strict=True) if a != b]
        if any(cell[0] and ink.width(str(cell[0])) > room for cell in fresh):
            return True
    return False


def changed(was: Cells, now: Cells, columns: Columns, row: int) -> list[QRect]:
    """Return the parts that look different, under the column header; `row` is a row's height in pixels."""
    found = []
    for name, cells in now.columns.items():
        before = was.columns[name]
        if before == cells:
            continue
        at = [i for i, (a, b) in enumerate(zip(before, cells, strict=True)) if a != b]
        x, wide = columns.spans[name]
        found.append(QRect(x, at[0] * row, wide, (at[-1] + 1 - at[0]) * row))
        if name in {"mine", "mineAsk"}:  # why an order was refused is written over the row
            said = [i for i in at if _said(before[i]) or _said(cells[i])]
            found += [QRect(0, i * row, columns.width, row) for i in said]
    for before_, after in zip(was.zones, now.zones, strict=True):
        if before_ != after:
            top, low = sorted((before_, after))
            found.append(QRect(0, top * row - 1, columns.width, (low - top) * row + 1))
    return found


def _said(cell: Cell) -> bool:
    end = cell[2]
    return end is not None and bool(getattr(end, "said", False))
