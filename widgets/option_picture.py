"""The picture of an options chain: calls, strikes, puts, the forward between them; painted cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QRegion

from widgets import formats, option_columns, paint, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from engine.views.options import ChainRow, ChainView
    from widgets.option_columns import Ink, Part, Scale, Told
    from widgets.option_grid import OptionGrid

    Look = tuple[tuple[Ink, ...] | None, tuple[Ink, ...] | None]
    """Words and colours of a row's calls and puts, None where there is no option."""
    How = tuple[Scale, tuple[Part, ...], tuple[Part, ...]]
    """How numbers are written, and the columns of calls and puts."""

HEAD_PX: Final = 20
FOOT_PX: Final = 22
PAD: Final = 6
ROWS_AT_ONCE: Final = 10
"""Rows that are painted at once; where more have changed, the lower ones come after the upper ones."""
PRICES: Final = ("bid", "ask")
NO_ROW: Final = "Up and Down choose a strike, Left calls, Right puts"


class Spot(NamedTuple):
    """A place in the chain: a row, a half, a column; -1 and empty where there is none."""

    row: int = -1
    put: bool = False
    column: str = ""


class OptionPicture:
    """What one grid shows, as it was painted last."""

    def __init__(self, grid: OptionGrid) -> None:
        self._grid = grid
        self._painted: dict[int, Look] = {}
        """How each row looked when it was painted last; only those of this view, from this first row on."""
        self._around: tuple[tuple[int, int] | None, str] = None, ""
        """The strikes below and above the forward, and its words, as painted."""
        self._told = ""
        """The words of the foot, as painted."""
        self._looks: dict[int, tuple[ChainRow, How, tuple[Told | None, Told | None], Look]] = {}
        """How rows look, and of what that was told."""
        self._lower = QRegion()
        self._second = QTimer(grid, singleShot=True, interval=0)
        self._second.timeout.connect(self._update_lower)

    def retheme(self) -> None:
        """Forget what rows say."""
        self._looks.clear()

    def update(self, view: ChainView) -> None:
        """Have painted anew what looks different: most changes of a market change nothing that is written here."""
        grid, region = self._grid, QRegion()
        before, now = self._around[0], option_columns.beside_forward(view.rows, view.forward)
        if before != now or option_columns.forward_words(view.forward) != self._around[1]:
            for below in {before[0] if before else 0, now[0] if now else 0} - {0}:  # where the line was and where it is
                region += grid.row_rect(below - 1) | grid.row_rect(below)
        for index in grid.in_sight:  # the ground of a row says on which side of the forward it lies
            if _above(index, before, view) is not _above(index, now, view):
                region += grid.row_rect(index)
            else:
                self._add_changed(index, region)
        if self._foot_words() != self._told:
            region += self._foot()
        self._stagger(region)

    def _add_changed(self, index: int, region: QRegion) -> None:
        """Add to a region the cells of a row that look different from what was painted; neighbours are one."""
        grid, was, now = self._grid, self._painted.get(index), self._look(index)
        if was == now:
            return
        row = grid.row_rect(index)
        for put in (False, True):
            cells, after = grid.cells(put=put), now[put]
            before = None if was is None else was[put]
            if before == after and was is not None:
                continue
            if before is None or after is None or len(before) != len(after):
                region += row
                return
            at, end = -1, -1
            for (_, x, wide), one, other in zip(cells, before, after, strict=True):
                if one == other:
                    continue
                if x != end and end >= 0:
                    region += QRect(at, row.y(), end - at, row.height())
                at, end = at if x == end else x, x + wide
            region += QRect(at, row.y(), end - at, row.height())

    def _stagger(self, region: QRegion) -> None:
        """Have upper rows painted, and lower ones when the loop has turned: all at once is the longest painting."""
        grid = self._grid
        middle = grid.row_rect(grid.first + len(grid.in_sight) // 2).y()
        lower = region.intersected(QRect(0, middle, grid.width(), grid.height()))
        if region.boundingRect().height() <= ROWS_AT_ONCE * grid.row_px or lower.isEmpty():
            grid.update(region)
            return
        grid.update(region.subtracted(lower))
        self._lower += lower
        self._second.start()

    def _update_lower(self) -> None:
        self._grid.update(self._lower)
        self._lower = QRegion()

    def paint(self, p: QPainter, region: QRegion) -> None:
        """Paint what lies in a region of the grid."""
        grid = self._grid
        p.fillRect(region.boundingRect(), theme.current().colour("surface.dock"))
        if grid.view is None:
            return
        if region.intersects(QRect(0, 0, grid.width(), grid.top)):
            self._paint_head(p)
        p.setClipRect(self._body())
        for index in grid.in_sight:
            row = grid.row_rect(index)
            if region.intersects(row):
                self._painted[index] = self._look(index)
                part = region.intersected(row)
                whole = part.rectCount() == 1 and part.boundingRect() == row
                self._paint_row(p, index, self._painted[index], None if whole else part)
        self._paint_forward(p)
        p.setClipping(False)
        paint.thumb(p, self._body(), grid.in_sight, len(grid.rows))
        if region.intersects(self._foot()):
            self._paint_foot(p)

    def _look(self, index: int) -> Look:
        """Return what is written in a row; told anew where the row, or how it is written, is another."""
        grid, row = self._grid, self._grid.rows[index]
        how = grid.scale, grid.parts(put=False), grid.parts(put=True)
        kept = self._looks.get(index)
        if kept is not None and kept[0] is row and kept[1] == how:
            return kept[3]
        was = (None, None) if kept is None or kept[1] != how else kept[2]
        call = option_columns.told_again(row.call, how[1], how[0], was[0])
        put = option_columns.told_again(row.put, how[2], how[0], was[1])
        look = option_columns.aged(row.call, how[1], call), option_columns.aged(row.put, how[2], put)
        self._looks[index] = row, how, (call, put), look
        return look

    def _paint_head(self, p: QPainter) -> None:
        look, strike = theme.current(), self._grid.strike_rect()
        font = look.ui(look.type("caption"), 600)
        for words, rect, colour in (
            ("CALLS", QRect(0, 0, strike.x(), HEAD_PX), "buy"),
            ("PUTS", QRect(strike.right() + 1, 0, strike.x(), HEAD_PX), "sell"),
        ):
            paint.text(p, rect, words, font, look.colour(colour), paint.CENTRE)
        names, ink = look.ui(look.type("caption"), 500), look.colour("text.muted")
        paint.text(p, QRect(strike.x(), HEAD_PX, strike.width(), HEAD_PX), "strike",
                   look.ui(look.type("caption"), 600), look.colour("text.default"), paint.CENTRE)  # fmt: skip
        for put in (False, True):
            for part, x, wide in self._grid.cells(put=put):
                words = option_columns.header(part, self._grid.scale)
                paint.text(p, QRect(x, HEAD_PX, wide - PAD, HEAD_PX), words, names, ink, paint.RIGHT)
        p.fillRect(0, self._grid.top - 1, self._grid.width(), 1, look.colour("line.grid"))

    def _paint_row(self, p: QPainter, index: int, written: Look, part: QRegion | None) -> None:
        """Paint a row, or the cells of it that lie in `part`; the painter is clipped to that."""
        look, rect, row = theme.current(), self._grid.row_rect(index), self._grid.rows[index]
        strike, chosen = self._grid.strike_rect(), index == self._grid.at.row
        forward = self._grid.view.forward if self._grid.view else None
        for put in (False, True):
            half = QRect(strike.right() + 1 if put else 0, rect.y(), strike.x(), rect.height())
            half.setWidth(self._grid.width() - half.x() if put else strike.x())
            inside = forward is not None and (float(row.strike) > forward) == put
            ground = look.mix("surface.dock", "surface.header", 0.7) if inside else look.colour("surface.dock")
            if chosen:
                ground = look.colour("surface.selected" if put == self._grid.at.put else "surface.hover")
            elif index == self._grid.hover.row and put == self._grid.hover.put:
                ground = look.colour("surface.hover")
            p.fillRect(half, ground)
            self._paint_half(p, rect, written[put], part, put=put, chosen=chosen)
        p.fillRect(strike.x(), rect.y(), strike.width(), rect.height(), look.colour("surface.header"))
        words = formats.number(row.strike, self._grid.scale.strike)
        room = QRect(strike.x(), rect.y(), strike.width(), rect.height())
        if part is None or part.intersects(room):
            paint.text(p, room, words, look.number(look.type("label"), 600), look.colour("text.strong"), paint.CENTRE)
        if chosen:
            p.fillRect(strike.right() - 1 if self._grid.at.put else 0, rect.y(), 2, rect.height(), look.colour("buy"))
        p.fillRect(0, rect.bottom(), self._grid.width(), 1, look.colour("line.grid"))

    def _paint_half(
        self, p: QPainter, rect: QRect, inks: tuple[Ink, ...] | None, only: QRegion | None, *, put: bool, chosen: bool
    ) -> None:
        if inks is None:
            return
        look = theme.current()
        plain, bold = look.number(look.type("body")), look.number(look.type("body"), 600)
        for (part, x, wide), (words, colour) in zip(self._grid.cells(put=put), inks, strict=True):
            cell = QRect(x, rect.y(), wide, rect.height() - 1)
            if only is not None and not only.intersects(cell):
                continue
            if part.key in PRICES:
                zone = "buy.zone" if part.key == "bid" else "sell.zone"
                p.fillRect(cell.adjusted(1, 0, -1, 0), look.colour(zone))
                if (
                    self._grid.hover == Spot(self._grid.hover.row, put, part.key)
                    and self._grid.row_rect(self._grid.hover.row) == rect
                ):
                    paint.frame(p, cell.adjusted(1, 0, -1, 0), look.colour("buy" if part.key == "bid" else "sell"))
            if colour == "text.dim" and (chosen or part.key in PRICES):
                colour = "text.muted"
            font = bold if part.key == "my" else plain
            paint.text(p, cell.adjusted(0, 0, -PAD, 0), words, font, look.colour(colour), paint.RIGHT)

    def _paint_forward(self, p: QPainter) -> None:
        view = self._grid.view
        below = None if view is None else option_columns.around_forward(view.rows, view.forward)
        if view is not None:
            beside = option_columns.beside_forward(view.rows, view.forward)
            self._around = beside, option_columns.forward_words(view.forward)
        if view is None or below is None or not self._grid.first < below <= self._grid.first + self._grid.visible():
            return
        look, y = theme.current(), self._grid.row_rect(below).y() - 1
        p.fillRect(0, y, self._grid.width(), 1, look.colour("warn"))
        words = self._around[1]
        font = look.number(look.type("micro"), 600)  # so low that it hides no number of the rows beside it
        tag = QRect(0, y - 5, round(paint.width(words, font)) + 8, 11)
        paint.box(p, tag, look.colour("warn"), None, 2)
        paint.text(p, tag, words, font, look.colour("text.onFill"), paint.CENTRE)

    def _body(self) -> QRect:
        return QRect(0, self._grid.top, self._grid.width(), self._grid.height() - self._grid.top - FOOT_PX)

    def _foot(self) -> QRect:
        return QRect(0, self._grid.height() - FOOT_PX, self._grid.width(), FOOT_PX)

    def _foot_words(self) -> str:
        return self._grid.words(self._grid.hover) or self._grid.words(self._grid.at) or NO_ROW

    def _paint_foot(self, p: QPainter) -> None:
        look, foot = theme.current(), self._foot()
        p.fillRect(foot, look.colour("surface.header"))
        p.fillRect(foot.x(), foot.y(), foot.width(), 1, look.colour("line.border"))
        words = self._told = self._foot_words()
        font = look.ui(look.type("body"))
        paint.text(p, foot.adjusted(8, 0, -8, 0), words, font, look.colour("text.muted"), elide=True)


def _above(index: int, beside: tuple[int, int] | None, view: ChainView) -> bool | None:
    """Whether a row lies above the forward, by how many strikes lie beside that; None where it is not known."""
    return None if beside is None else index >= len(view.rows) - beside[1]
