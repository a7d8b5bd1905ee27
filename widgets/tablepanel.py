"""A dock that is one table: its columns in the gear menu, its times on the clock of the place that trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.core.units import Nanos
from engine.views import topics
from engine.views.status import SpineView
from widgets import formats
from widgets.panel import Panel
from widgets.states import EMPTY, LIVE, LOADING
from widgets.tables import Column, R
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from PySide6.QtWidgets import QMenu


class TablePanel(Panel, Generic[R]):
    """A dock with a table, and room for a row of tools above it and one below."""

    area = "table"
    seldom = frozenset({topics.SPINE})
    """Only the zone of the clock and the time are taken from it."""

    def __init__(
        self,
        title: str,
        columns: Sequence[Column[R]],
        row_id: Callable[[R], Hashable],
        *,
        row_px: int | None = None,
        help_text: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, help_text=help_text, parent=parent)
        self.offset_hours = 0
        """Of the clock that rows are shown on."""
        self.now = Nanos(0)
        self.table: RowsTable[R] = RowsTable(columns, row_id, row_px)
        self.table.setAccessibleName(title)
        self.table.menu_actions = self.row_menu
        self._topped = True
        """Something stands over the names of the columns."""
        self.set_state(LOADING, f"Waiting for the {title.lower()}")

    def put(self, above: QWidget | None = None, below: QWidget | None = None) -> None:
        """Fill the dock with the table between two rows of tools."""
        self._topped = above is not None
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part, stretch in ((above, 0), (self.table, 1), (below, 0)):
            if part is not None:
                layout.addWidget(part, stretch)
        page.setFocusProxy(self.table)
        self.set_body(page)

    @override
    def strip_top(self) -> int:
        return 0 if self._topped else self.over_columns()

    def row_menu(self, menu: QMenu, row: R) -> None:
        """Add acts on a row to its context menu."""

    def show_extent(self, *, any_rows: bool, words: str, icon: str = "inbox") -> None:
        """Say that there is nothing, in one sentence, or that there is now something."""
        if not any_rows:
            self.set_state(EMPTY, words, icon=icon)
        elif self.state in {EMPTY, LOADING}:
            self.set_state(LIVE)

    def show_older(self, shown: int, older: int, where: str) -> None:
        """Say after the title how many older rows the table has let go, and where they are."""
        words = f"newest {formats.count(shown)} · {formats.count(older)} older: {where}"
        self.set_subtitle(words if older > 0 else "")

    def take_clock(self, topic: Topic, view: object) -> bool:
        """Take place and time from the spine's view; say whether that changed the clock's zone."""
        if topic != topics.SPINE or not isinstance(view, SpineView):
            return False
        moved = view.utc_offset_hours != self.offset_hours
        self.offset_hours, self.now = view.utc_offset_hours, view.now
        return moved

    @override
    def fill_menu(self, menu: QMenu) -> None:
        self.table.fill_menu(menu.addMenu("Columns"))
