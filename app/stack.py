"""Several docks at one place: one is seen, its header carries the titles of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedLayout, QWidget

from app.keyboard import holder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.panel import Panel


class Stack(QWidget):
    """Docks behind tabs. With one dock there are no tabs and the dock shows its own title."""

    turned = Signal()
    """Another dock was brought to the front by hand."""

    def __init__(self, panels: Sequence[Panel], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels = tuple(panels)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        for panel in self.panels:
            self._stack.addWidget(panel)
            if len(self.panels) > 1:
                panel.tab_chosen.connect(self._turn)
                panel.title_changed.connect(self._titles)
        self.choose(0)

    def choose(self, place: int) -> None:
        """Show the dock at a place, counted from 0; it takes the keyboard over from the one that goes behind."""
        if 0 <= place < len(self.panels):
            had = holder(self.panels, self.window())
            self._stack.setCurrentIndex(place)
            self._titles()
            if had is not None and had.dock is not self.current():  # Qt gives it to a chip of the header
                self.current().hold_off()
                self.current().setFocus()

    def show_panel(self, panel: Panel) -> bool:
        """Show a dock if it lives here; return whether it does."""
        if panel not in self.panels:
            return False
        self.choose(self.panels.index(panel))
        return True

    def current(self) -> Panel:
        """Return the dock that is seen."""
        return self.panels[self._stack.currentIndex()]

    def release(self, home: QWidget) -> None:
        """Let the docks go to `home`, out of sight, for another arrangement."""
        for panel in self.panels:
            if len(self.panels) > 1:
                panel.tab_chosen.disconnect(self._turn)
                panel.title_changed.disconnect(self._titles)
            panel.set_tabs((), 0)
            panel.setParent(home)  # which hides it

    def _turn(self, place: int) -> None:
        self.choose(place)
        self.turned.emit()

    def _titles(self) -> None:
        if len(self.panels) < 2:
            return
        tabs = [panel.tab(front=panel is self.current()) for panel in self.panels]
        self.current().set_tabs(tabs, self._stack.currentIndex())
