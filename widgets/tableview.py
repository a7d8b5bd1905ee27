"""RowsTable: the one look and manner of every table. Rows of 20 pixels, a header of 20, no zebra.

Columns can be hidden, moved and resized; those that matter least go by themselves when the table is too
narrow, because numbers are never cut. Where those that stay do not fit either, it scrolls sideways: a bar and the
arrows in its header say so, and of a column that is seen in part no number is painted. Ctrl+C copies the selected
rows as tab-separated text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableView,
)
from typing_extensions import override

from engine.views import sheet
from widgets import column_fit, column_words, exporting, formats, keymap, menus, paint, theme
from widgets.cells import ColumnHeader, Painting
from widgets.controls import SlimBar
from widgets.tables import NUMBER, WORD, Column, R, RowsModel

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from PySide6.QtCore import QItemSelection
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QPaintEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from engine.views.sheet import Sheet

_NO_COLUMN = -1


class RowsTable(QTableView, Generic[R]):
    """A table of frozen rows.

    Parameters
    ----------
    columns : sequence of Column
        In their first order; one may stretch.
    row_id : callable
        What makes a row the same row in the next view.
    row_px : int
        Height of a row.
    """

    chosen = Signal(object)
    """The row now selected."""
    opened = Signal(object, str)
    """The row and the column key double-clicked, or Enter was pressed on (key empty)."""
    columns_changed = Signal()
    """The trader made something else of its columns: see `columns_state`."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        row_id: Callable[[R], Hashable],
        row_px: int | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rows = RowsModel(columns, row_id)
        self.subject = ""
        """What an export of it is called; its accessible name where nothing was said."""
        self.sorting: tuple[int, Qt.SortOrder] | None = None
        """Column and direction; None shows the rows as they were given."""
        self._hidden: set[str] = set()
        self._widths: dict[str, int] = {}
        """Given by hand."""
        self._at_rest = False
        """Whether what moves in the header is the trader's hand."""
        self._grown: int | None = None
        """The column that was given the width that was left; its own is the column's."""
        self.nothing = ""
        """What is said in place of rows while there are none."""
        self.menu_actions: Callable[[QMenu, Any], None] | None = None
        """Adds a panel's own acts on the row under the pointer to the context menu."""
        self.setModel(self.rows)
        self._set_up(row_px or theme.current().size("tableRow"))
        self.setHorizontalHeader(ColumnHeader(self))
        self._set_up_header()
        self._fit()
        self._at_rest = True
        self.selectionModel().selectionChanged.connect(self._selection_moved)
        self.doubleClicked.connect(self._double_clicked)

    def retheme(self) -> None:
        """Write the cells anew."""
        self.rows.write_anew()

    def _set_up(self, row_px: int) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBar(SlimBar(self))
        self.setHorizontalScrollBar(SlimBar(self, Qt.Orientation.Horizontal))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalScrollBar().valueChanged.connect(self._scrolled)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._open_menu)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(row_px)
        rows.setDefaultSectionSize(row_px)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        theme.wear(self, Base="surface.dock")

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setSectionsClickable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_column_menu)
        header.sectionClicked.connect(self._sort_by)
        header.sectionResized.connect(self._resized)
        header.sectionMoved.connect(self._moved)
        for i, column in enumerate(self.rows.columns):
            header.resizeSection(i, column.width)

    # What a panel calls

    def selected_row(self) -> R | None:
        """Return the row the cursor is on, if it is selected."""
        at = self.currentIndex().row()
        chosen = at >= 0 and self.selectionModel().isRowSelected(at, QModelIndex())
        return self.rows.row(at) if chosen else None

    def selected_rows(self) -> list[R]:
        """Return the selected rows in the order shown."""
        return [row for row in map(self.rows.row, self._selected_places()) if row is not None]

    def select(self, row_id: Hashable) -> None:
        """Select a row, if it is there; unlike `selectRow` whatever keys are held, which would switch it off."""
        at = self.rows.place_of(row_id)
        if at is not None:
            flags = QItemSelectionModel.SelectionFlag
            index = self.rows.index(at, self._first_shown())
            self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def columns_state(self) -> list[str]:
        """Return order, widths, hidden columns and what rows are ordered by as words; none as it is drawn."""
        header = self.horizontalHeader()
        keys = [column.key for column in self.rows.columns]
        order = tuple(keys[header.logicalIndex(i)] for i in range(len(keys)))
        at, way = self.sorting or (_NO_COLUMN, Qt.SortOrder.AscendingOrder)
        widths = tuple((key, self._widths[key]) for key in order if key in self._widths)
        sort, down = "" if at == _NO_COLUMN else keys[at], way == Qt.SortOrder.DescendingOrder
        return column_words.written(keys, column_words.Made(order, frozenset(self._hidden), widths, sort, down))

    def restore_columns(self, words: Sequence[object]) -> None:
        """Be as `columns_state` said; keys that do not exist any more are passed over, none is as it is drawn."""
        header, columns = self.horizontalHeader(), self.rows.columns
        keys = {column.key: i for i, column in enumerate(columns)}
        made = column_words.read(words, keys)
        self._at_rest = False
        for place, key in enumerate((*made.order, *(key for key in keys if key not in made.order))):
            header.moveSection(header.visualIndex(keys[key]), place)
        self._widths, self._hidden = dict(made.widths), set(made.hidden)
        self._grown = None
        for i, column in enumerate(columns):
            header.resizeSection(i, self._widths.get(column.key, column.width))
        self._fit()
        self._at_rest = True
        at = keys[made.sort] if made.sort and columns[keys[made.sort]].sort is not None else _NO_COLUMN
        way = Qt.SortOrder.DescendingOrder if made.down else Qt.SortOrder.AscendingOrder
        self.sorting = None if at == _NO_COLUMN else (at, way)
        self.rows.sort(at, way)
        header.viewport().update()

    def hide_column(self, key: str, *, hidden: bool = True) -> None:
        """Hide or show a column."""
        (self._hidden.add if hidden else self._hidden.discard)(key)
        self._fit()
        self.columns_changed.emit()

    def as_tsv(self, rows: Sequence[int]) -> str:
        """Return rows, by their places, as tab-separated lines under a line of headers."""
        header = self.horizontalHeader()
        shown = [header.logicalIndex(i) for i in range(header.count())]
        shown = [i for i in shown if not header.isSectionHidden(i)]
        lines = [[self.rows.columns[i].named() for i in shown]]
        lines += [[self._pasted(row, i) for i in shown] for row in rows]
        return "\n".join("\t".join(cells) for cells in lines)

    def _pasted(self, row: int, at: int) -> str:
        """Return a cell for a spreadsheet: a number as one, text so that none runs it."""
        text = self.rows.cell(row, at).text
        number = formats.pasted(text) if self.rows.columns[at].kind == NUMBER else ""
        return number or sheet.safe(text)

    def sheet(self, places: Sequence[int] | None = None) -> Sheet:
        """Return its rows for another program, or those at some places."""
        return self.rows.sheet(self.subject or self.accessibleName() or "table", places)

    def fill_export(self, menu: QMenu) -> None:
        """Add the ways to take its rows elsewhere to a menu; what cannot be done says what is missing."""
        exporting.fill(menu, self, self.sheet)

    def offer_export(self) -> None:
        """Open the menu of exports over the table."""
        menu = menus.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_export(menu)
        menu.popup(self.viewport().mapToGlobal(QPoint(8, 8)))

    def fill_menu(self, menu: QMenu) -> None:
        """Add a checkable line for each column to a menu."""
        for column in self.rows.columns:
            action = menu.addAction(column.header or column.key)
            action.setCheckable(True)
            action.setChecked(column.key not in self._hidden)
            action.toggled.connect(lambda on, key=column.key: self.hide_column(key, hidden=not on))

    # Its own life

    def _resized(self, at: int, _old: int, wide: int) -> None:
        """Note a width that was given by hand; that of the column that takes what is left is the table's."""
        if self._at_rest and at != self._grown and wide > 0:
            self._widths[self.rows.columns[at].key] = wide
            self.columns_changed.emit()

    def _moved(self, _at: int, _from: int, _to: int) -> None:
        if self._at_rest:
            self.columns_changed.emit()

    def _fit(self) -> None:
        """Drop what does not fit, lowest value first, and give the rest of the width to the column that stretches."""
        rested, self._at_rest = self._at_rest, False
        self._lay_columns()
        self._at_rest = rested

    def _lay_columns(self) -> None:
        header, columns = self.horizontalHeader(), self.rows.columns
        room = self.viewport().width()
        wanted = [i for i, column in enumerate(columns) if column.key not in self._hidden]
        kept = column_fit.staying(columns, wanted, self._least, room)
        for i in range(len(columns)):
            header.setSectionHidden(i, i not in kept)
        wide = next((i for i in kept if columns[i].stretch), None)
        if wide is None:
            wide = next((i for i in kept if columns[i].kind == WORD), None)
        if self._grown is not None and self._grown != wide:
            before = columns[self._grown]
            header.resizeSection(self._grown, self._widths.get(before.key, before.width))
        self._grown = wide
        if wide is not None:
            rest = room - sum(self._least(at) for at in kept if at != wide)
            header.resizeSection(wide, max(columns[wide].least or columns[wide].width, rest))
        policy = Qt.ScrollBarPolicy
        self.setHorizontalScrollBarPolicy(
            policy.ScrollBarAlwaysOn if header.length() > room else policy.ScrollBarAlwaysOff
        )

    def _scrolled(self) -> None:
        """Paint all anew: what was a part of a column may be the whole of it now."""
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    def in_sight(self, at: int) -> QRect:
        """Return where a column may be read, in the viewport; empty where nothing of it may be."""
        x, wide = self.columnViewportPosition(at), self.columnWidth(at)
        return QRect(x, 0, column_fit.readable(self.rows.columns[at].kind, x, wide, self.viewport().width()), 1)

    def _least(self, at: int) -> int:
        column, header = self.rows.columns[at], self.horizontalHeader()
        own = column.stretch or at == self._grown or header.isSectionHidden(at)
        return column.width if own else header.sectionSize(at)

    def _sort_by(self, section: int) -> None:
        """First click sorts up, the second down, the third returns to the given order."""
        if self.rows.columns[section].sort is None:
            return
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if self.sorting == (section, down):
            self.sorting = None
        else:
            self.sorting = (section, down if self.sorting == (section, up) else up)
        self.rows.sort(*(self.sorting or (_NO_COLUMN, up)))
        self.horizontalHeader().viewport().update()
        self.columns_changed.emit()

    def _copy(self, places: Sequence[int]) -> None:
        QGuiApplication.clipboard().setText(self.as_tsv(places))

    def _selected_places(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def _open_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        row = self.rows.row(index.row()) if index.isValid() else None
        menu = menus.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if row is not None:
            if self.menu_actions is not None:
                self.menu_actions(menu, row)
                menu.addSeparator()
            text = self.rows.cell(index.row(), index.column()).text
            menu.addAction("Copy").triggered.connect(lambda: QGuiApplication.clipboard().setText(text))
            menu.addAction("Copy row").triggered.connect(lambda: self._copy([index.row()]))
        menu.addAction("Copy all").triggered.connect(lambda: self._copy(range(self.rows.rowCount())))
        self.fill_export(menu.addMenu("Export"))
        self.fill_menu(menu.addMenu("Columns"))
        menu.popup(self.viewport().mapToGlobal(at))

    def _open_column_menu(self, at: QPoint) -> None:
        menu = menus.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill_menu(menu)
        menu.popup(self.horizontalHeader().viewport().mapToGlobal(at))

    def _selection_moved(self, _on: QItemSelection, _off: QItemSelection) -> None:
        row = self.selected_row()
        if row is not None:
            self.chosen.emit(row)

    def _double_clicked(self, index: QModelIndex) -> None:
        row = self.rows.row(index.row())
        if row is not None:
            self.opened.emit(row, self.rows.columns[index.column()].key)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if keymap.current().action("table", keymap.key_of(event)) == "table.copy":
            self._copy(self._selected_places())
            return
        row = self.selected_row()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and row is not None:
            self.opened.emit(row, "")
            return
        super().keyPressEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.rows.rowCount():
            first = self.rows.index(0, self._first_shown())
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _first_shown(self) -> int:
        return next((i for i in range(len(self.rows.columns)) if not self.isColumnHidden(i)), 0)

    def editor_at(self, place: int, key: str, wide: int) -> QRect:
        """Bring a cell into view and return where its editor goes; beside the first where its column is folded away."""
        at = next(i for i, column in enumerate(self.rows.columns) if column.key == key)
        first = self.rows.index(place, self._first_shown())
        if not self.isColumnHidden(at):
            self.scrollTo(self.rows.index(place, at))
            return self.visualRect(self.rows.index(place, at))
        self.scrollTo(first)
        name = self.visualRect(first)
        return QRect(max(0, min(name.right() + 1, self.viewport().width() - wide)), name.y(), wide, name.height())

    @override
    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return what lies at a point; nothing where a row that is not painted would begin."""
        found = super().indexAt(point)
        rect, tall = self.visualRect(found), self.viewport().height()
        half = (rect.y() < 0 and tall >= 2 * rect.height()) or (rect.y() > 0 and rect.bottom() > tall)
        return QModelIndex() if found.isValid() and half else found

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self.viewport())
        rect = event.rect()
        if self.nothing and not self.rows.rowCount():
            look, room = theme.current(), self.viewport().rect().adjusted(8, 0, -8, 0)
            paint.text(p, room, self.nothing, look.ui(look.type("body")), look.colour("text.muted"), paint.CENTRE,
                       elide=True)  # fmt: skip
        painting = Painting(p, self, rect)
        painting.grounds()
        for at in range(len(self.rows.columns)):
            x = self.columnViewportPosition(at)
            if not self.isColumnHidden(at) and x <= rect.right() and x + self.columnWidth(at) > rect.x():
                painting.column(at)
