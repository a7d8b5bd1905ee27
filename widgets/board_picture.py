"""The picture of a bracket board: what its parts look like, which of them a view changed, and how they are painted.

Rows that look the same are not painted again; what changed in the lower half is painted when the loop has turned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs
from PySide6.QtCore import QObject, QRect, QTimer
from PySide6.QtGui import QRegion

from widgets import board_lines, board_paint, board_rows, paint, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPainter

    from engine.views.board import BoardRow, BoardView
    from widgets.board_grid import BoardGrid
    from widgets.board_paint import Columns
    from widgets.board_rows import RowLook

GROUND: Final = "ground"
"""All that decides the whole picture."""
HEAD: Final = "head"
FOOT: Final = "foot"


class BoardPicture(QObject):
    """What is painted of a board's view."""

    def __init__(self, grid: BoardGrid) -> None:
        super().__init__(grid)
        self._grid = grid
        self._places = (0, 0)
        """Decimals of the sizes bid and asked."""
        self._looks: dict[int, tuple[BoardRow, float, Columns, RowLook]] = {}
        """What rows say, and of what that was told."""
        self._shown: dict[object, object] = {}
        """How the parts looked with the last view, rows by their index; all else that changes has all painted."""
        self._lower = QRegion()
        self._second = QTimer(self, singleShot=True, interval=0)
        self._second.timeout.connect(self._update_lower)

    def forget(self) -> None:
        """Write what rows say anew: in another theme, or with numbers written otherwise."""
        self._looks.clear()

    def show_view(self, view: BoardView, *, anew: bool) -> None:
        """Have painted what a view changed; `anew` all of it."""
        places = board_paint.places(view)
        if places != self._places:
            self._places = places
            self._looks.clear()
        was, self._shown = self._shown, self._looking(view)
        if anew or was.get(GROUND) != self._shown[GROUND]:
            self._grid.update()
        else:
            self._update_in_two([part for part, look in self._shown.items() if was.get(part) != look])

    def show_now(self) -> None:
        """Have the first line painted where it reads another age."""
        grid, view = self._grid, self._grid.view
        if view is not None and HEAD in self._shown and self._shown[HEAD] != self._head(view):
            self._shown[HEAD] = self._head(view)
            grid.update(0, 0, grid.width(), grid.head_tall())

    def _looking(self, view: BoardView) -> dict[object, object]:
        """Return how each part looks now; what the hand does to them has all painted, and is left out."""
        grid = self._grid
        ground = grid.first, len(view.rows), grid.size(), grid.columns, grid.scale, theme.current(), grid.folded
        found: dict[object, object] = {
            GROUND: ground, HEAD: self._head(view), FOOT: (board_lines.foot(view, grid.left), view.mean_trail)
        }  # fmt: skip
        on = grid.open_for_orders()
        for at in grid.in_sight():
            found[at] = self._look(at), self._leads(at), view.rows[at].instrument in grid.ticked, on
        return found

    def _head(self, view: BoardView) -> tuple[object, ...]:
        return board_lines.ages(view, self._grid.now), board_lines.sums(view), view.unit, bool(self._grid.ends)

    def _look(self, index: int) -> RowLook:
        """Return what a row says; told anew where the row, or where its columns lie, is another."""
        grid = self._grid
        row = grid.rows[index]
        if grid.ends:
            row = structs.replace(row, if_wins=grid.ends[index])
        kept = self._looks.get(index)
        if kept is None or kept[0] != row or kept[1] != grid.scale or kept[2] is not grid.columns:
            said = board_rows.told(row, grid.columns, grid.scale, self._places)
            kept = self._looks[index] = row, grid.scale, grid.columns, said
        return kept[3]

    def _leads(self, index: int) -> int:
        leads = self._grid.leads
        return 0 if leads is None else (index == leads[0]) - (index == leads[1])

    def _update_in_two(self, parts: Sequence[object]) -> None:
        """Paint parts of the head and of upper rows, and when the loop has turned those of the lower ones."""
        grid = self._grid
        middle = grid.first + len(grid.in_sight()) // 2
        for part in parts:
            if part == HEAD:
                grid.update(0, 0, grid.width(), grid.top)
            elif part == FOOT or (isinstance(part, int) and part > middle):
                self._lower += grid.foot() if part == FOOT else grid.row_rect(int(part))
            elif isinstance(part, int):
                grid.update(grid.row_rect(part))
        if not self._lower.isEmpty():
            self._second.start()

    def _update_lower(self) -> None:
        self._grid.update(self._lower)
        self._lower = QRegion()

    def paint(self, p: QPainter, region: QRegion, view: BoardView) -> None:
        """Paint what lies in a region of the grid."""
        grid, foot = self._grid, self._grid.foot()
        if region.intersects(QRect(0, 0, grid.width(), grid.top)):
            self._paint_head(p, view)
        p.setClipRect(0, grid.top, grid.width(), foot.y() - grid.top)
        for i in grid.in_sight():
            if region.intersects(grid.row_rect(i)):
                self._paint_row(p, i, view.rows[i])
        p.setClipping(False)
        paint.thumb(p, QRect(0, grid.top, grid.width(), foot.y() - grid.top), grid.in_sight(), len(view.rows))
        if region.intersects(foot):
            self._paint_foot(p, foot, view)

    def _paint_head(self, p: QPainter, view: BoardView) -> None:
        grid, tall = self._grid, self._grid.head_tall()
        if tall:
            board_lines.head_line(p, QRect(0, 0, grid.width(), tall), view, grid.now)
        names = QRect(0, tall, grid.width(), theme.current().size("columnHeader"))
        board_paint.header(p, names, grid.columns, view.unit, grid.scale, what_if=bool(grid.ends))

    def _paint_row(self, p: QPainter, index: int, row: BoardRow) -> None:
        grid, rect = self._grid, self._grid.row_rect(index)
        hovered, selected = grid.hover[0] == index, row.instrument == grid.chosen
        board_rows.row_of(
            p, rect, self._look(index), grid.columns, selected=selected, hovered=hovered, scale=grid.scale,
            leads=self._leads(index),
        )  # fmt: skip
        if row.instrument in grid.ticked:
            board_rows.tick(p, rect)
        if not row.dead:
            hot = grid.hover[1] if hovered else ""
            board_rows.buttons(p, rect, grid.columns, on=grid.open_for_orders(), hot=hot)

    def _paint_foot(self, p: QPainter, foot: QRect, view: BoardView) -> None:
        look, grid = theme.current(), self._grid
        p.fillRect(foot, look.colour("surface.header"))
        p.fillRect(foot.x(), foot.y(), foot.width(), 1, look.colour("line.border"))
        said, hint = grid.said, grid.hint if grid.hover[0] >= 0 else ""
        if said or hint:
            words = foot.adjusted(8, 0, -grid.source.width() - 16, 0)
            tone = look.colour("danger.text" if said else "text.default")
            paint.text(p, words, said or hint, look.ui(11, 500), tone, elide=True)
            return
        board_lines.foot_line(p, foot.adjusted(0, 0, -grid.source.width() - 12, 0), view, grid.left)
