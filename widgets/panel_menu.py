"""The menus of a dock: its gear, its link group, and the exports of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup

from widgets import exporting, menus
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QMenu, QWidget

    from widgets.panel import Panel

LINK_GROUPS: Final = 8


def open_gear(panel: Panel, under: QWidget) -> None:
    """Open the gear menu: the dock's own settings, its exports, its link group, and what the window adds."""
    menu = _menu(panel)
    panel.fill_menu(menu)
    _add_exports(menu, panel)
    if not menu.isEmpty():
        menu.addSeparator()
    _add_links(menu.addMenu("Link group"), panel)
    panel.menu_opening.emit(panel, menu)
    menu.popup(under.mapToGlobal(under.rect().bottomLeft()))


def open_links(panel: Panel, under: QWidget) -> None:
    """Open the menu of the link groups."""
    menu = _menu(panel)
    _add_links(menu, panel)
    menu.popup(under.mapToGlobal(under.rect().bottomLeft()))


def offer_export(panel: Panel, at: QPoint) -> None:
    """Open the menu of the exports of the table that has the focus, else of all of the dock's, at a point on screen."""
    table = next((one for one in panel.findChildren(RowsTable) if one.hasFocus()), None)
    if table is not None:
        table.offer_export()
        return
    menu = _menu(panel)
    made = panel.sheets()
    if len(made) == 1:
        exporting.fill(menu, panel, made[0])
    else:
        _add_exports(menu, panel)
    if not menu.isEmpty():
        menu.popup(at)


def _menu(panel: Panel) -> QMenu:
    menu = menus.menu(panel)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def _add_exports(menu: QMenu, panel: Panel) -> None:
    """Add the exports of its tables; what nothing fills is left out."""
    for make in panel.sheets():
        name = make().name.lower()
        words = f"Export {name}" if len(panel.sheets()) > 1 else "Export"
        exporting.fill(menu.addMenu(words), panel, make)


def _add_links(menu: QMenu, panel: Panel) -> None:
    group = QActionGroup(menu)
    for number in range(LINK_GROUPS + 1):
        action = QAction(f"Group {number}" if number else "Pinned: keeps what it shows", menu)
        action.setCheckable(True)
        action.setChecked(number == panel.link())
        action.triggered.connect(lambda _=False, chosen=number: panel.set_link(chosen))
        group.addAction(action)
        menu.addAction(action)
