"""What the window's own actions do: those of its menu, of the palette and of keys that belong to no dock."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from engine.core.commands import Disarm, Role, TakeRole
from widgets import menus
from widgets.actions import DOCKS
from widgets.coach import PAPER
from widgets.ladder import LadderPanel
from widgets.panel_menu import LINK_GROUPS

if TYPE_CHECKING:
    from app.helping import Help
    from app.window import Window


class WindowActs(QObject):
    """Offers the actions of a window that is laid out."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._help: Help | None = None
        window.top.menu_pressed.connect(self._open_menu)
        self._offer_places()
        self._offer_docks()
        self._offer_tools()
        self._offer_trading()

    def _offer_places(self) -> None:
        window, offer = self._window, self._window.registry.offer
        for name, _title, _key, _code in DOCKS:
            if any(name in one.names() for one in window.workspaces):
                offer(f"window.dock_{name}", partial(window.reach, name), everywhere=True)
        for n in range(1, 10):
            digit = str(n)
            offer(
                f"window.workspace_{n}",
                partial(window.digits.choose, digit),
                ready=partial(window.digits.known, digit),
                words=partial(window.digits.words, digit),
                bound=True,
            )
        window.moving.offer(window.registry)

    def _offer_docks(self) -> None:
        window, offer = self._window, self._window.registry.offer
        for group in range(LINK_GROUPS + 1):
            offer(f"window.link_{group}", partial(self._link, group), ready=lambda: window.focused() is not None)
        offer("window.next_dock", lambda: self._next_dock(1))
        offer("window.previous_dock", lambda: self._next_dock(-1))
        offer("window.filter", self._filter, ready=lambda: self._field() is not None)
        offer("window.export", self._export, ready=lambda: window.focused() is not None)
        offer("window.coach", window.coach.again, ready=lambda: window.mode in PAPER)
        window.coach.wanted.connect(window.reach)

    def _offer_tools(self) -> None:
        window, offer = self._window, self._window.registry.offer
        offer("window.palette", window.commander.open, everywhere=True)
        offer("window.keys", self._show_keys, everywhere=True)
        offer("window.help", self._show_help, everywhere=True)
        offer("window.full_screen", self._full_screen)
        offer("window.replay", partial(window.reach, "recorder"))
        offer("window.settings", window.settings_wanted.emit)
        offer("window.map_page", window.page_wanted.emit)
        offer("window.diagnostics", window.diagnostics_wanted.emit)
        offer("window.accounts", window.accounts_wanted.emit)
        offer("window.statement", lambda: window.ledger_wanted.emit("statement"))
        offer("window.realised", lambda: window.ledger_wanted.emit("realised"))
        offer("window.quit", window.close)

    def _offer_trading(self) -> None:
        window, offer = self._window, self._window.registry.offer
        for action, act in window.risk.acts().items():
            offer(action, act, bound=True)
        offer("window.hedge", window.hedge_wanted.emit)
        offer("window.new_market", window.create_wanted.emit, ready=self._operates)
        offer(
            "window.role",
            self._change_role,
            words=lambda: "Act as trader" if self._operates() else "Act as operator",
        )
        offer("window.arm_ladder", self._arm_ladder, ready=lambda: window.mode == "live")
        offer("window.arm", window.arm_wanted.emit, ready=lambda: window.mode == "live")
        disarm = Disarm(why="from the menu")
        offer("window.disarm", lambda: window.intent.emit(disarm), ready=lambda: window.mode == "live")

    def _next_dock(self, way: int) -> None:
        seen = self._window.current().seen()
        focused: QWidget | None = QApplication.focusWidget()
        at = -1 if focused is None else next((i for i, p in enumerate(seen) if p.isAncestorOf(focused)), -1)
        if seen:
            seen[(at + way) % len(seen)].setFocus()

    def _link(self, group: int) -> None:
        dock = self._window.focused()
        if dock is not None:
            dock.set_link(group)

    def _field(self) -> QWidget | None:
        dock = self._window.focused()
        return None if dock is None else dock.find_field()

    def _filter(self) -> None:
        field = self._field()
        if field is not None:
            field.setFocus()

    def _export(self) -> None:
        dock = self._window.focused()
        if dock is not None:
            dock.offer_export()

    def _show_keys(self) -> None:
        """Show the keys of the dock that has the keyboard, and those that work everywhere."""
        dock = self._window.focused()
        offered = [one.action.id for one in self._window.registry.offered()]
        area, title = ("", "") if dock is None else (dock.area, dock.title)
        self._window.overlay.open(area, title, offered)

    def _show_help(self) -> None:
        from app.helping import Help

        if self._help is None:
            self._help = Help(self._window)
        self._help.open()

    def _operates(self) -> bool:
        return self._window.role == Role.OPERATOR.value

    def _change_role(self) -> None:
        self._window.intent.emit(TakeRole(role=Role.TRADER if self._operates() else Role.OPERATOR))

    def _arm_ladder(self) -> None:
        """Arm or disarm the ladder that has the keyboard, else the first that is seen."""
        seen = self._window.current().seen()
        docks = [dock for dock in (self._window.focused(), *seen) if isinstance(dock, LadderPanel)]
        if docks:
            docks[0].set_armed(not docks[0].armed)

    def _full_screen(self) -> None:
        self._window.showNormal() if self._window.isFullScreen() else self._window.showFullScreen()

    def _open_menu(self) -> None:
        window = self._window
        menu, put = menus.menu(window), window.registry.put
        put(menu, "window.role", "window.new_market", "window.hedge", "window.map_page")
        put(menu, "window.statement", "window.realised", "window.accounts", "window.diagnostics")
        if window.layouts is not None:
            window.layouts.fill(menu.addMenu("Workspaces and layout"))
        if window.mode == "live":
            menu.addSeparator()
            put(menu, "window.arm", "window.disarm")
        menu.addSeparator()
        put(menu, "window.replay", "window.settings", "window.hotkeys", "window.keys", "window.help")
        put(menu, "window.full_screen", "window.quit")
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(window.top.menu.mapToGlobal(window.top.menu.rect().bottomLeft()))
