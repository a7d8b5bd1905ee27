"""RowsModel: a table model over a tuple of rows that reports only the cells that changed.

Rows are frozen views; a column says how to read one: text, what to sort by, colour. Sorting is by value,
never by text, so that 9 comes before 10. Selection follows the row, not its place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from typing_extensions import override

from engine.views.sheet import NUMBER as NUMERAL
from engine.views.sheet import Sheet, moment
from widgets import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Mapping, Sequence

    from engine.core.units import Nanos
    from engine.views.sheet import Value

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex

WORD: Final = "word"
"""Text: left-aligned, elided at its end."""
CODE: Final = "code"
"""Codes, times and ids: left-aligned, in the font of numbers, never elided."""
NUMBER: Final = "number"
"""Right-aligned, never elided."""
METER: Final = "meter"
"""`share` as a bar."""
CHIP: Final = "chip"
"""Centred words in an outlined chip."""
DOTS: Final = "dots"
"""`share` of three steps done, as dots on a line; a dash before the first."""


class Cell(NamedTuple):
    """What one cell shows."""

    text: str
    colour: str = "text.default"
    share: float | None = None
    """Of a meter; how many, of dots."""
    bold: bool = False
    tip: str = ""
    filled: bool = False
    """A chip filled with its colour."""


NOTHING: Final = Cell("")
_PARTING: Final = frozenset("\u2009\u202f\u00a0,+ ")
"""Between thousands, and before what is not negative."""
_CAN: Final = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_CANNOT: Final = Qt.ItemFlag.NoItemFlags


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """How one column reads a row.

    `priority` says when it goes if the table is too narrow: 0 stays, higher ones go first. The one with
    `stretch` takes the width that is left.
    """

    key: str
    header: str
    width: int
    cell: Callable[[R], Cell | str]
    sort: Callable[[R], Any] | None = None
    """Value to order by; None of a value comes last. Without it the column cannot be sorted."""
    kind: str = NUMBER
    priority: int = 0
    folds: int = 0
    """When it goes though its priority is 0: where they do not fit with the name at its least, either. Higher ones go
    first; 0 stays, and the table scrolls."""
    stretch: bool = False
    colour: str = "text.default"
    """Of cells that are given as plain text."""
    least: int = 0
    """Width it may shrink to once nothing more can be dropped, if it takes what is left; 0 for `width`."""
    value: Callable[[R], Value] | None = None
    """What an export takes of a row where neither the text nor the value to order by is the whole of it."""
    when: Callable[[R], Nanos | None] | None = None
    """The moment that it shows: an export writes it as UTC and as nanoseconds."""
    exported: str = ""
    """Its header in an export, unit included, where `header` says less."""
    clock: Callable[[], int] | None = None
    """Hours from UTC of the clock that its times are shown on: the header names it."""

    def named(self) -> str:
        """Return its header as it is shown."""
        return self.header if self.clock is None else f"{self.header} {formats.zone(self.clock())}"

    def show(self, row: R) -> Cell:
        """Return what it shows of a row."""
        shown = self.cell(row)
        return Cell(shown, self.colour) if isinstance(shown, str) else shown

    def headers(self) -> tuple[str, ...]:
        """Return its headers in an export: two of a moment."""
        name = self.exported or self.header or self.key
        return (name,) if self.when is None else (f"{name} UTC", f"{name} ns")

    def values(self, row: R) -> tuple[Value, ...]:
        """Return what an export writes of a row: exact where there is a value behind the text."""
        if self.when is not None:
            return moment(self.when(row))
        if self.value is not None:
            return (self.value(row),)
        words = self.show(row).text
        behind = self.sort(row) if self.kind == NUMBER and self.sort is not None else None
        return (behind,) if _same(words, behind) else ("" if words == formats.DASH else words,)


PRICES: Final = frozenset({"price", "average", "mark"})


def quoted(columns: Sequence[Column[R]], *, cents: bool) -> tuple[Column[R], ...]:
    """Return columns as they are, or without the cents in the headers of prices: each cell then says its own unit."""
    if cents:
        return tuple(columns)
    return tuple(_own_unit(one) if one.key in PRICES else one for one in columns)


def _own_unit(one: Column[R]) -> Column[R]:
    def cell(row: R) -> Cell | str:
        shown = one.cell(row)
        words = shown if isinstance(shown, str) else shown.text
        if "$" in words or not words[-1:].isdigit():  # a currency of its own, or a dash
            return shown
        return f"{words}c" if isinstance(shown, str) else shown._replace(text=f"{words}c")

    return replace(
        one, header=one.header.removesuffix(" c"), exported=one.exported or one.header, cell=cell,
        value=one.value or (lambda row: one.values(row)[0]),
    )  # fmt: skip


def _same(words: str, behind: object) -> bool:
    """Whether a text is a value's own, but for its rounding: what a column is ordered by may be something else."""
    if isinstance(behind, bool) or not isinstance(behind, int | float | Decimal):
        return False
    plain = "".join(sign for sign in formats.machine(words) if sign not in _PARTING)
    if not NUMERAL.fullmatch(plain):
        return False
    places = len(plain.partition(".")[2])
    return abs(Decimal(plain) - Decimal(repr(behind) if isinstance(behind, float) else behind)) <= Decimal(1).scaleb(
        -places
    ) * Decimal("0.500001")


class RowsModel(QAbstractTableModel, Generic[R]):
    """A tuple of rows, in the order of one column, with at most one total row that always stays last."""

    def __init__(self, columns: Sequence[Column[R]], row_id: Callable[[R], Hashable]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self._row_id = row_id
        self._rows: list[R] = []
        self._ids: list[Hashable] = []
        self._cells: list[tuple[Cell, ...] | None] = []
        """What each row shows; None until somebody looks at it, so that a long list costs what is seen of it."""
        self._given: list[tuple[Hashable, R]] = []
        """The rows as they were given, each with its id."""
        self._total: tuple[Cell, ...] | None = None
        self._sort: int | None = None
        self._descending = False

    # What the view reads

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        if parent is not None and parent.isValid():
            return 0
        return len(self._rows) + (self._total is not None)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.cell(index.row(), index.column())
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return cell.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return formats.tip(cell.tip) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            kind = self.columns[index.column()].kind
            side = Qt.AlignmentFlag.AlignRight if kind == NUMBER else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].named()
        return None

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        return _CANNOT if not index.isValid() or self.is_total(index.row()) else _CAN

    def cell(self, row: int, column: int) -> Cell:
        """Return what a cell shows."""
        if row < len(self._cells):
            shown = self._cells[row]
            if shown is None:
                shown = self._cells[row] = self._show(self._rows[row])
            return shown[column]
        return self._total[column] if self._total is not None else NOTHING

    def row(self, at: int) -> R | None:
        """Return the row at a place; None for the total and beyond."""
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def rows(self) -> tuple[R, ...]:
        """Return the rows in the order shown, without the total."""
        return tuple(self._rows)

    def place_of(self, row_id: Hashable) -> int | None:
        """Return where a row is shown; None if it is not."""
        try:
            return self._ids.index(row_id)
        except ValueError:
            return None

    def is_total(self, at: int) -> bool:
        """Whether the total stands there."""
        return self._total is not None and at == len(self._rows)

    def has_total(self) -> bool:
        """Whether there is a total row."""
        return self._total is not None

    def sheet(self, name: str, places: Sequence[int] | None = None) -> Sheet:
        """Return the rows in the order shown, or those at some places, under all columns, hidden ones too.

        A total is left out: it is no row, and whoever sums the rows would count everything twice.
        """
        rows = self._rows if places is None else [self._rows[at] for at in places if at < len(self._rows)]
        headers = tuple(header for column in self.columns for header in column.headers())
        return Sheet(
            name, headers, tuple(tuple(v for column in self.columns for v in column.values(row)) for row in rows)
        )

    # What changes it

    def set_rows(self, rows: Sequence[R], total: Mapping[str, Cell] | None = None) -> None:
        """Show these rows; tell the view only of rows come and gone, of a new order, and of cells that changed.

        Parameters
        ----------
        rows : sequence
            In the order to show while no column is sorted.
        total : mapping of column key to Cell
            The last row; columns it does not name stay empty.
        """
        self._given = self._named(rows)
        self._set_total(total)
        ordered = self._ordered()
        by_id = dict(ordered)
        self._drop_missing(by_id)
        self._append_new(ordered)
        self._reorder(ordered)
        self._refresh(by_id)

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order by a column's value; -1 returns to the order given."""
        sortable = 0 <= column < len(self.columns) and self.columns[column].sort is not None
        self._sort = column if sortable else None
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._reorder(self._ordered())

    def _named(self, rows: Sequence[R]) -> list[tuple[Hashable, R]]:
        """Return rows with their ids; where two have one, the later ones are numbered: each is a row of its own."""
        ids = [self._row_id(row) for row in rows]
        if len(set(ids)) < len(ids):
            times: Counter[Hashable] = Counter()
            for at, one in enumerate(ids):
                times[one] += 1
                ids[at] = one if times[one] == 1 else (one, times[one])
        return list(zip(ids, rows, strict=True))

    def _ordered(self) -> list[tuple[Hashable, R]]:
        key = self.columns[self._sort].sort if self._sort is not None else None
        if key is None:
            return self._given
        known = [one for one in self._given if key(one[1]) is not None]
        unknown = [one for one in self._given if key(one[1]) is None]
        return sorted(known, key=lambda one: key(one[1]), reverse=self._descending) + unknown

    def _set_total(self, total: Mapping[str, Cell] | None) -> None:
        cells = None if total is None else tuple(total.get(column.key, NOTHING) for column in self.columns)
        at = len(self._rows)
        if self._total is None and cells is not None:
            self.beginInsertRows(QModelIndex(), at, at)
            self._total = cells
            self.endInsertRows()
        elif self._total is not None and cells is None:
            self.beginRemoveRows(QModelIndex(), at, at)
            self._total = None
            self.endRemoveRows()
        elif self._total is not None and cells is not None and cells != self._total:
            old, self._total = self._total, cells
            self._report(at, old, cells)

    def write_anew(self) -> None:
        """Write every cell again: numbers or times are written otherwise now."""
        self._cells = [None] * len(self._rows)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))

    def _drop_missing(self, wanted: Container[Hashable]) -> None:
        for at in range(len(self._rows) - 1, -1, -1):
            if self._ids[at] not in wanted:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at], self._ids[at], self._cells[at]
                self.endRemoveRows()

    def _append_new(self, ordered: list[tuple[Hashable, R]]) -> None:
        have = set(self._ids)
        new = [one for one in ordered if one[0] not in have]
        if not new:
            return
        at = len(self._rows)
        self.beginInsertRows(QModelIndex(), at, at + len(new) - 1)
        self._rows.extend(row for _, row in new)
        self._ids.extend(row_id for row_id, _ in new)
        self._cells.extend([None] * len(new))
        self.endInsertRows()

    def _reorder(self, ordered: list[tuple[Hashable, R]]) -> None:
        wanted = [row_id for row_id, _ in ordered]
        if wanted == self._ids:
            return
        self.layoutAboutToBeChanged.emit()
        before = {row_id: at for at, row_id in enumerate(self._ids)}
        after = {row_id: at for at, row_id in enumerate(wanted)}
        moved = [after[row_id] for row_id in self._ids]
        self._rows = [self._rows[before[row_id]] for row_id in wanted]
        self._cells = [self._cells[before[row_id]] for row_id in wanted]
        self._ids = wanted
        old = self.persistentIndexList()
        new = [self.index(moved[i.row()], i.column()) if i.row() < len(moved) else QModelIndex(i) for i in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _refresh(self, by_id: dict[Hashable, R]) -> None:
        for at, row_id in enumerate(self._ids):
            row = by_id[row_id]
            if row == self._rows[at]:
                continue
            seen, new = self._cells[at], self._show(row)
            old = self._show(self._rows[at]) if seen is None else seen
            self._rows[at], self._cells[at] = row, None if seen is None else new
            self._report(at, old, new)

    def _show(self, row: R) -> tuple[Cell, ...]:
        return tuple(column.show(row) for column in self.columns)

    def _report(self, at: int, old: tuple[Cell, ...], new: tuple[Cell, ...]) -> None:
        """Tell the view of each stretch of cells that differ."""
        start: int | None = None
        for i in range(len(new) + 1):
            differs = i < len(new) and old[i] != new[i]
            if differs and start is None:
                start = i
            elif not differs and start is not None:
                self.dataChanged.emit(self.index(at, start), self.index(at, i - 1))
                start = None
