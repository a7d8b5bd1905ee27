"""What stands in the cells of a ladder, column by column, and which parts of it look different from before.

A cell is told by all that decides its pixels: its text, its ink, the length of its bar. What is told the same is not
painted again; a trade on a curve changes what is summed up to each row and leaves its size and its price.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log1p
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QRect

from engine.core.units import TICKS_PER_CENT, Ticks
from widgets.ladder_keys import Column
from widgets.ladder_look import PAD, Columns, Look, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QColor

    from engine.core.units import Qty
    from engine.views.ladder import LadderRow, LadderView
    from widgets.ladder_ends import End

    Cell = tuple[Any, ...]
    Spans = Mapping[str, tuple[int, int]]
    Ends = Mapping[tuple[Ticks, Column], End]

CHECK_FROM: Final = 8.0
"""Cents of edge above which it is hatched: too good to be true until checked."""
PLAIN, BEST, LAST = range(3)
"""How a price is written."""


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
    last: Ticks | None
    """The price that is marked as the last trade's."""
    texts: dict[str, list[str]]
    columns: dict[str, list[Any]]
    """Of each column its cells: texts, or tuples of a text and what else decides how it looks."""
    rests: tuple[list[Qty | None], list[Qty | None]] = field(default_factory=lambda: ([], []))
    """Resting orders of the bids' and the asks' rows."""
    wide: dict[str, frozenset[int]] = field(default_factory=dict)
    """Of each column the rows whose text is wider than its cell."""
    whole: frozenset[int] = frozenset()
    """Rows with such a text: it lies over other cells, so that a part of the row is painted with all of it."""


def largest(shown: Sequence[LadderRow]) -> float:
    """Return the largest size among some rows, which the longest bar stands for; 0 where there is none."""
    return float(max((q for r in shown for q in (r.bid, r.ask) if q), default=0))


def told(
    view: LadderView,
    columns: Columns,
    look: Look,
    first: int,
    count: int,
    texts: Texts,
    ends: Ends,
    *,
    log: bool,
    was: Cells | None = None,
) -> Cells:
    """Return the cells of `count` rows from row `first` on; `was` are those told of the same place before, if any.

    A column in which nothing changed is the very list that it was.
    """
    shown, every = view.rows[first : first + count], view.rows
    bid = next((i for i, r in enumerate(every) if r.bid), None)
    ask = next((i for i in range(len(every) - 1, -1, -1) if every[i].ask), None)
    n = len(shown)
    zones = (
        0 if ask is None else min(max(ask - first + 1, 0), n),
        n if bid is None else min(max(bid - first, 0), n),
    )
    words = texts.of(shown, first, view.scale)
    kept = {name for name, one in words.items() if was is not None and was.texts.get(name) is one}
    rests = [r.rest_bid for r in shown], [r.rest_ask for r in shown]
    now = Cells(
        rows=shown,
        best=(-1 if bid is None else bid - first, -1 if ask is None else ask - first),
        zones=zones,
        most=was.most if was is not None and {"bid", "ask"} <= kept else largest(shown),
        last=_last(view, shown),
        texts=words,
        columns={},
        rests=rests if view.phase is not None and not view.curve else ([], []),
    )
    _sizes(now, was, kept, columns.spans, log=log)
    _auxiliary(now, was, kept, columns.spans)
    _results(now, was, kept, columns.spans, look)
    _prices(now, was, kept)
    for name, cells in (
        ("mine", [(r.mine_bid, r.mine_bid_state, ends.get((r.price, Column.BID)) if ends else None) for r in shown]),
        ("mineAsk", [(r.mine_ask, r.mine_ask_state, ends.get((r.price, Column.ASK)) if ends else None) for r in shown]),
    ):
        now.columns[name] = cells
    _stand_out(now, was, columns, look)
    return now


def _sizes(now: Cells, was: Cells | None, kept: set[str], spans: Spans, *, log: bool) -> None:
    """Tell text, bar, how much of it is underlined, and whether it is the best one."""
    for name, at, rests in (("bid", now.best[0], now.rests[0]), ("ask", now.best[1], now.rests[1])):
        side = 0 if name == "bid" else 1
        if was is not None and name in kept and (was.most, was.best[side], was.rests[side]) == (now.most, at, rests):
            now.columns[name] = was.columns[name]
            continue
        room = spans[name][1] - 2
        bars = _bars([getattr(r, name) for r in now.rows], room, now.most, log=log)
        under = _rests(rests, room, now.most) if rests and now.most else [0] * len(now.rows)
        now.columns[name] = [
            (text, bar, rest, i == at)
            for i, (text, bar, rest) in enumerate(zip(now.texts[name], bars, under, strict=True))
        ]


def _bars(sizes: Sequence[Qty | None], room: int, most: float, *, log: bool) -> list[int]:
    """Return how long size bars are, in pixels, scaled to the largest that is visible; 0 where there is none."""
    if log:
        share = log1p(most)
        return [max(1, int(room * log1p(float(one)) / share)) if one else 0 for one in sizes]
    return [max(1, int(room * float(one) / most)) if one else 0 for one in sizes]


def _rests(sizes: Sequence[Qty | None], room: int, most: float) -> list[int]:
    """Return how much of each bar is underlined: resting orders; the rest of it is the maker's curve."""
    return [max(2, int(room * float(one) / most)) if one else 0 for one in sizes]


def _auxiliary(now: Cells, was: Cells | None, kept: set[str], spans: Spans) -> None:
    """Tell the texts of sums and queues, and text and bar of what traded."""
    for name in ("cum", "cumAsk", "queue", "queueAsk"):
        if name in spans:
            now.columns[name] = now.texts[name]
    if "sold" not in spans:
        return
    if was is not None and {"sold", "bought"} <= kept:
        now.columns["sold"], now.columns["bought"] = was.columns["sold"], was.columns["bought"]
        return
    most = float(max((q for r in now.rows for q in (r.sold, r.bought) if q), default=0))
    for name in ("sold", "bought"):
        bars = _bars([getattr(r, name) for r in now.rows], spans[name][1] - 2, most, log=False)
        now.columns[name] = list(zip(now.texts[name], bars, strict=True))


def _results(now: Cells, was: Cells | None, kept: set[str], spans: Spans, look: Look) -> None:
    """Tell text, ink and whether it is hatched."""
    for name, tell in (("edge", _edge), ("exit", _exit)):
        if name not in spans:
            continue
        if was is not None and name in kept:
            now.columns[name] = was.columns[name]
        else:
            now.columns[name] = [tell(row, text, look) for row, text in zip(now.rows, now.texts[name], strict=True)]


def _edge(row: LadderRow, text: str, look: Look) -> Cell:
    if row.edge is None:
        return ("", None, False)
    doubtful = row.edge > CHECK_FROM
    return (text, look.dim if doubtful else look.edge(row.edge), doubtful)


def _exit(row: LadderRow, text: str, look: Look) -> Cell:
    if row.exit is None:
        return ("", None, False)
    ink: QColor = look.profit if row.exit > 0 else look.loss if row.exit < 0 else look.muted
    return (text, ink, False)


def _prices(now: Cells, was: Cells | None, kept: set[str]) -> None:
    if was is not None and "price" in kept and (was.best, was.last) == (now.best, now.last):
        now.columns["price"] = was.columns["price"]
        return
    now.columns["price"] = [
        (text, LAST if row.price == now.last else BEST if i in now.best else PLAIN)
        for i, (row, text) in enumerate(zip(now.rows, now.texts["price"], strict=True))
    ]


def _last(view: LadderView, shown: Sequence[LadderRow]) -> Ticks | None:
    """Return the price whose row is marked as the last trade's."""
    last = view.last
    if last is None or view.scale is not None or any(row.price == last for row in shown):
        return last
    return Ticks(round(last / TICKS_PER_CENT) * TICKS_PER_CENT)  # of a curve: between two rows


def _stand_out(now: Cells, was: Cells | None, columns: Columns, look: Look) -> None:
    """Tell which texts are wider than their cells; `was` is what was told before of the same place, if any."""
    inks = {"price": look.best, "bid": look.best, "ask": look.best}
    for name in now.columns:
        if name not in now.texts:  # marks of orders: they fit
            continue
        texts, before = now.texts[name], None if was is None else was.texts.get(name)
        known = frozenset() if was is None else was.wide.get(name, frozenset())
        if before is not texts:
            ink, room = inks.get(name, look.aux), columns.spans[name][1] - PAD
            fresh = range(len(texts)) if before is None else [i for i, one in enumerate(texts) if one is not before[i]]
            known = known.difference(fresh).union(i for i in fresh if texts[i] and ink.width(texts[i]) > room)
        if known:
            now.wide[name] = known
    now.whole = frozenset().union(*now.wide.values())


def changed(was: Cells, now: Cells, columns: Columns, row: int) -> list[QRect]:
    """Return the parts that look different, under the column header; `row` is a row's height in pixels."""
    found = []
    for name, cells in now.columns.items():
        before = was.columns[name]
        if before is cells or before == cells:
            continue
        at = [i for i, (a, b) in enumerate(zip(before, cells, strict=True)) if a != b]
        x, wide = columns.spans[name]
        found.append(QRect(x, at[0] * row, wide, (at[-1] + 1 - at[0]) * row))
        over = was.wide.get(name, frozenset()) | now.wide.get(name, frozenset())
        found += [QRect(0, i * row, columns.width, row) for i in at if i in over]
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
