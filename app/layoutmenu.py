"""What can be done with workspaces: clone, rename, delete, lock, undo, reset, exchange, and opening what was closed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu
from typing_extensions import override

from engine.core.effects import Level
from engine.core.errors import InputError
from widgets import keymap, menus
from widgets.fields import Field
from widgets.files import FileDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QFocusEvent, QKeyEvent
    from PySide6.QtWidgets import QWidget

    from app.desktop import Desktop
    from app.window import Window
    from app.workspaces import Workspace

SUFFIX: Final = ".layout.json"


class TitleField(Field):
    """A workspace's name, typed over its tab: Enter takes it, Escape and going elsewhere leave it."""

    left = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()


class LayoutMenu(QObject):
    """The menu of a window's workspaces, and its keys."""

    def __init__(self, window: Window, desktop: Desktop) -> None:
        super().__init__(window)
        self._window = window
        self._desktop = desktop
        self.title: TitleField | None = None
        self.files: FileDialog | None = None
        self._offer()
        window.top.more_pressed.connect(lambda: self.open_at(window.top.more.mapToGlobal(_foot(window.top.more))))
        window.top.tab_menu_wanted.connect(self._open_on_tab)

    def fill(self, menu: QMenu) -> None:
        """Add what can be done with the workspace shown."""
        one = self._window.current()
        self._window.registry.put(menu, "window.layout_clone", "window.layout_rename")
        delete = menu.addMenu("Delete this clone")
        delete.setEnabled(one.is_clone)
        delete.addAction(f"Yes, delete {one.title}").triggered.connect(lambda: self._delete(one))
        menu.addSeparator()
        lock = menu.addAction("Locked: docks stay where they are")
        lock.setCheckable(True)
        lock.setChecked(not one.unlocked)
        lock.setShortcut(QKeySequence(keymap.hint("window.layout_lock")))
        lock.triggered.connect(lambda: self.toggle_lock())
        self._window.registry.put(menu, "window.layout_undo", "window.layout_reset")
        closed = menu.addMenu("Open a closed dock")
        closed.setEnabled(bool(one.closed()))
        for name in one.closed():
            closed.addAction(one.docks[name].title).triggered.connect(lambda _=False, n=name: one.open(n))
        menu.addSeparator()
        self._window.registry.put(menu, *(f"window.layout_{what}" for what in ("export", "export_all", "import")))

    def _offer(self) -> None:
        acts: dict[str, Callable[[], object]] = {
            "lock": self.toggle_lock,
            "undo": self.undo,
            "reset": self._desktop.reset,
            "clone": lambda: self._try(self._desktop.clone),
            "rename": self.rename,
            "export": lambda: self.export(whole=False),
            "export_all": lambda: self.export(whole=True),
            "import": self.bring,
        }
        registry = self._window.registry
        for what, act in acts.items():
            registry.offer(f"window.layout_{what}", act, everywhere=True)
        here = self._window.current
        registry.offer("window.layout_delete", lambda: self._delete(here()), ready=lambda: here().is_clone)
        registry.offer("window.layout_open", lambda: here().open_all(), ready=lambda: bool(here().closed()))

    def open_at(self, at: QPoint) -> None:
        """Open the menu at a point of the screen."""
        menu = menus.menu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(menu)
        menu.popup(at)

    def undo(self) -> None:
        """Take the last change of the layout back."""
        if not self._desktop.undo():
            self._window.tell("There is no change of the layout to take back.")

    def toggle_lock(self) -> None:
        """Lock the workspace shown, or unlock it."""
        one = self._window.current()
        self._desktop.lock(locked=one.unlocked)
        self._window.tell(
            f"{one.title} is unlocked: drag a dock by its header, or use its gear."
            if one.unlocked
            else f"{one.title} is locked: docks stay where they are."
        )

    def rename(self) -> None:
        """Type another name for the workspace shown, over its tab."""
        self._leave()
        one = self._window.current()
        tab = self._window.top.tabs[self._window.workspaces.index(one)]
        field = self.title = TitleField("Name of the workspace", number=False, parent=self._window.top)
        field.setText(one.title)
        field.selectAll()
        field.setGeometry(tab.x(), 6, max(140, tab.width()), 24)
        field.returnPressed.connect(lambda: self._renamed(one, field.text()))
        field.left.connect(self._leave)
        field.show()
        field.setFocus()

    def export(self, *, whole: bool) -> None:
        """Ask for a file and write the layout to it."""
        one = self._window.current()
        dialog = self._ask_file("Export the whole layout" if whole else f"Export {one.title}", saving=True)
        dialog.selectFile(("atmx" if whole else one.name.lower()) + SUFFIX)
        dialog.fileSelected.connect(lambda path: self._try(lambda: self._exported(Path(path), whole=whole)))
        dialog.show()  # not modal: KILL works over it

    def bring(self) -> None:
        """Ask for a file and take the layout in it in."""
        dialog = self._ask_file("Import a layout file", saving=False)
        dialog.fileSelected.connect(lambda path: self._try(lambda: self._window.tell(self._desktop.bring(Path(path)))))
        dialog.show()  # not modal: KILL works over it

    def _ask_file(self, title: str, *, saving: bool) -> FileDialog:
        dialog = self.files = FileDialog(self._window, title)
        dialog.setNameFilter(f"Layouts (*{SUFFIX} *.json)")
        dialog.setFileMode(QFileDialog.FileMode.AnyFile if saving else QFileDialog.FileMode.ExistingFile)
        if saving:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _exported(self, path: Path, *, whole: bool) -> None:
        self._desktop.export(path, whole=whole)
        self._window.tell(f"The layout was written to {path}.")

    def _renamed(self, one: Workspace, title: str) -> None:
        self._try(lambda: self._desktop.rename(one, title))
        self._leave()

    def _delete(self, one: Workspace) -> None:
        self._try(lambda: self._desktop.delete(one))
        back = keymap.hint("window.layout_undo") or "undoing it"
        self._window.tell(f"{one.title} is deleted; {back} brings it back.")

    def _leave(self) -> None:
        field, self.title = self.title, None
        if field is not None:
            field.hide()
            field.deleteLater()

    def _open_on_tab(self, place: int) -> None:
        self._window.choose(place)
        tab = self._window.top.tabs[place]
        self.open_at(tab.mapToGlobal(_foot(tab)))

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except InputError as e:
            self._window.tell(f"{str(e)[:1].upper()}{str(e)[1:]}.", Level.WARN)


def _foot(widget: QWidget) -> QPoint:
    return widget.rect().bottomLeft()
