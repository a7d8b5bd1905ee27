"""PanelStack: several docks at one place, of which one is shown; their titles are tabs in the shown one's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.panel import Panel


class PanelStack(QWidget):
    """Docks behind one another. Only the one shown is visible, so that only it is drawn."""

    changed = Signal(int)
    """The place of the dock now shown."""

    def __init__(self, panels: Sequence[Panel], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels = tuple(panels)
        self._layout = QStackedLayout(self)
        for panel in self.panels:
            self._layout.addWidget(panel)
            panel.tab_chosen.connect(self.show_place)
            panel.title_changed.connect(self._name_tabs)
        self._name_tabs()

    def shown(self) -> Panel:
        """Return the dock that is shown."""
        return self.panels[self._layout.currentIndex()]

    def show_place(self, place: int) -> None:
        """Show the dock at a place; the focus goes along if it was here."""
        if not 0 <= place < len(self.panels) or place == self._layout.currentIndex():
            return
        focused = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self._layout.setCurrentIndex(place)
        self._name_tabs()
        if focused:
            self.panels[place].setFocus()
        self.changed.emit(place)

    def show_panel(self, panel: Panel) -> None:
        """Show one of its docks."""
        self.show_place(self.panels.index(panel))

    def _name_tabs(self) -> None:
        tabs = [(panel.title, panel.count()) for panel in self.panels]
        for panel in self.panels:
            panel.set_tabs(tabs, self._layout.currentIndex())
