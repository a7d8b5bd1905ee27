"""The picture of one ladder: what stands in it, and which parts of it a new view makes out of date.

A view is compared with the one before, cell by cell; only what looks different is painted. Whatever else changes the
picture, such as the pointer, the cursor or scrolling, has the whole of it painted by calling `update` on the grid.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QRegion

from widgets import formats, ladder_cells, ladder_look, ladder_marks, ladder_paint, theme
from widgets.size_words import size_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPainter

    from engine.core.units import Ticks
    from engine.views.ladder import LadderView
    from widgets.ladder_cells import Cells
    from widgets.ladder_ends import End
    from widgets.ladder_grid import LadderGrid
    from widgets.ladder_keys import Column
    from widgets.ladder_marks import Places

_TENTH: Final = Decimal("0.1")


class LadderPicture:
    """What one grid shows, as it was told last."""

    def __init__(self, grid: LadderGrid) -> None:
        self._grid = grid
        self.look = ladder_look.look_of(theme.current())
        self._texts = ladder_look.Texts()
        self._shown: tuple[Cells, Places, tuple[object, ...], tuple[str, str], int] | None = None
        """Of the last view: its cells and marks, all that decides the whole picture, the header, the cursor's row."""
        self._cells: Cells | None = None
        self._of: tuple[LadderView, Mapping[tuple[Ticks, Column], End], tuple[object, ...]] | None = None
        """What `_cells` was told of."""

    def retheme(self) -> None:
        """Wear the theme in use."""
        self.look = ladder_look.look_of(theme.current())
        self._texts = ladder_look.Texts()
        self._shown = self._cells = None

    def take(self, view: LadderView) -> None:
        """Have painted what a view changes."""
        grid, was = self._grid, self._shown
        cells = self.cells(view)
        scene = self._scene(view, cells)
        ground, places = (*self._ground(view), ladder_marks.lifted_text(scene)), ladder_marks.places(scene)
        head = self._head(view, cells)
        self._shown = cells, places, ground, head, scene.cursor
        before = was[0] if was is not None and was[2] == ground else None
        if was is None or before is None:
            grid.update()
            return
        if head != was[3]:
            grid.update(0, 0, grid.width(), grid.top)
        parts = ladder_cells.changed(before, cells, grid.columns, grid.row_height)
        parts += ladder_marks.changed(was[1], places, grid.columns)
        if was[4] != scene.cursor:
            parts += [QRect(0, scene.y(at), grid.width(), scene.row) for at in (was[4], scene.cursor)]
        region = QRegion()
        for part in parts:
            region += part
        if parts:
            grid.update(region.translated(0, grid.top))

    def cells(self, view: LadderView) -> Cells:
        """Return what stands in the rows of a view as they are shown now."""
        grid = self._grid
        now = (grid.first, grid.rows_height(), grid.row_height, grid.columns, self.look, grid.log)
        of = self._of
        if self._cells is None or of is None or of[0] is not view or of[1] is not grid.ends or of[2] != now:
            count = -(-grid.rows_height() // grid.row_height)
            was = self._cells if of is not None and of[2] == now else None
            self._of = view, grid.ends, now
            self._cells = ladder_cells.told(
                view, grid.columns, self.look, grid.first, count, self._texts, grid.ends, log=grid.log, was=was
            )
        return self._cells

    def _ground(self, view: LadderView) -> tuple[object, ...]:
        """Return all that decides the whole picture: where it is the same, parts can be painted."""
        grid = self._grid
        return (
            view.instrument, len(view.rows), view.rows[0].price if view.rows else None, grid.first, grid.rows_height(),
            grid.row_height, grid.columns, self.look, grid.log, grid.paper, grid.hover, grid.chosen.cell,
            grid.mouse.dragging, grid.caret.side, grid.hasFocus(),
        )  # fmt: skip

    @staticmethod
    def _head(view: LadderView | None, cells: Cells | None) -> tuple[str, str]:
        """Return what the longest bar stands for, and what prices are in where they are no cents."""
        most = 0.0 if cells is None else cells.most
        quoted = None if view is None else view.scale
        words = size_text(Decimal(most).quantize(_TENTH))
        return words, "" if quoted is None else formats.plain(quoted.currency, 6)

    def paint(self, p: QPainter, region: QRegion) -> None:
        """Paint what lies in a region of the grid."""
        grid = self._grid
        view = grid.view
        cells = None if view is None else self.cells(view)
        if region.intersects(QRect(0, 0, grid.width(), grid.top)):
            scale, currency = self._head(view, cells)
            ladder_paint.header(p, grid.columns, grid.top, scale, log=grid.log, price=currency)
        p.translate(0, grid.top)
        p.fillRect(0, 0, grid.width(), grid.height(), self.look.dock)
        if view is None or cells is None:
            return
        p.setClipRect(0, 0, grid.width(), grid.rows_height())
        scene = self._scene(view, cells)
        scene.parts = ladder_paint.parts_of(region, grid.columns, grid.top, grid.row_height, cells)
        ladder_paint.rows(p, scene)
        if scene.label:
            p.setClipping(False)
            ladder_marks.label(p, scene, grid.mouse.at - QPoint(0, grid.top))

    def _scene(self, view: LadderView, cells: Cells) -> ladder_paint.Scene:
        grid = self._grid
        return ladder_paint.Scene(
            view=view,
            columns=grid.columns,
            look=self.look,
            first=grid.first,
            row=grid.row_height,
            height=grid.rows_height(),
            cursor=grid.caret.row,
            side=grid.caret.side,
            hover=-1 if grid.hover is None else grid.hover[0],
            chosen=grid.chosen.cell,
            paper=grid.paper,
            focused=grid.hasFocus(),
            tails=grid.tails.shown(),
            ends=grid.ends,
            draft=grid.draft,
            drag=grid.mouse.dragging,
            label=grid.label if grid.inside else (),
            log=grid.log,
            cells=cells,
        )
