"""Panel: the base of every dock. It watches topics, draws their views, and emits what the trader wants.

A subclass gives its body to `set_body`, names its topics, and draws in `render`; it never acts itself:
`intent` carries a command to whoever may ask the engine. Ten states look the same in every dock
(`set_state`), and none of them moves a row: a veil, a strip and a chip lie over the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QElapsedTimer, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget
from typing_extensions import override

from engine.core.ids import Topic
from widgets import attention, formats, keymap, paint, panel_menu, theme
from widgets.cover import Tip
from widgets.header import Header
from widgets.states import COPY, DETAILS, ERROR, DockState
from widgets.tableview import RowsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QPaintEvent, QResizeEvent, QShowEvent

    from engine.views.sheet import Sheet
    from widgets.controls import OrderButton
    from widgets.ticket_parts import MoneyButton

TOO_SOON: Final = "Key ignored: the keyboard has only just come here."
FOCUS_MS: Final = 500
"""How long after the window came to the front no key sends an order: it may be meant for what was there before."""


class Panel(QWidget):
    """Base of every dock: 24 pixels of header and a line, the body, one pixel of border.

    Parameters
    ----------
    title : str
        Name of the dock, for people.
    help_text : str
        What it shows and which keys it knows; shown by its help button.
    """

    intent = Signal(object)
    """A command of `engine.core.commands`."""
    selected = Signal(object)
    """An `InstrumentId` or a market's id: what the docks of the same link group turn to."""
    shown = Signal()
    retargeted = Signal(object)
    """Itself: `topics()` has changed."""
    chose = Signal()
    """What `settings` returns has changed."""
    pop_out = Signal(object)
    """Itself: it wants a window of its own."""
    count_ages = False
    """The number after its title is as of its last drawing: behind other docks it would be one of a while ago."""
    acted = Signal(str, str)
    """State and words of the button pressed on its strip or empty page, such as ``("error", "Retry")``."""
    sheet_wanted = Signal(object, str)
    """A `Sheet` of a table in it that is to be written as a file, and how: ``csv`` or ``parquet``."""
    tab_chosen = Signal(int)
    link_changed = Signal(int)
    title_changed = Signal()
    dragged = Signal(object, object)
    """Itself, and where on screen its header is dragged to."""
    dropped = Signal(object, object)
    menu_opening = Signal(object, object)
    """Itself, and its gear menu: the window adds where the dock may go."""

    rests_ms = 0
    """Least time between two drawings by the frame clock; 0 for what is traded on."""
    area = ""
    """Of `widgets.actions`, whose keys work while the dock has the focus."""
    halt_strip = False
    """Say why trading is halted in a strip of its own; the sheet of the halt says it once for all."""

    def __init__(self, title: str, *, help_text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.help_text = help_text or title
        self._focused = False
        self._body: QWidget | None = None
        self._tip: Tip | None = None
        self.focus_guard_ms = FOCUS_MS
        self._since_front = QElapsedTimer()
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing under it is painted
        self._header = Header(title, self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(1, 0, 1, 1)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._header)
        self._dock_state = DockState(self, self._header)
        self._connect()

    def _connect(self) -> None:
        self._header.tab_chosen.connect(self.tab_chosen)
        self._header.dragged.connect(lambda at: self.dragged.emit(self, at))
        self._header.dropped.connect(lambda at: self.dropped.emit(self, at))
        self._header.pop.clicked.connect(lambda: self.pop_out.emit(self))
        self._header.gear.clicked.connect(lambda: panel_menu.open_gear(self, self._header.gear))
        self._header.help.clicked.connect(self._show_help)
        self._header.link.clicked.connect(lambda: panel_menu.open_links(self, self._header.link))
        self._dock_state.strip.pressed.connect(self._act)
        self._dock_state.page.pressed.connect(self._act)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)

    @property
    def state(self) -> str:
        """How far what is drawn can be trusted: one of `widgets.states.STATES`."""
        return self._dock_state.state

    @property
    def why(self) -> str:
        """What the strip or the empty page says of it."""
        return self._dock_state.why

    # What a subclass gives

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        raise NotImplementedError

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the view of one of its topics and draw it."""
        raise NotImplementedError

    def order_areas(self) -> Sequence[QRect]:
        """Return where orders are placed, in coordinates of the body: hatched while trading is halted."""
        return ()

    def strip_top(self) -> int:
        """Return how far under the body's top the strip lies: where it hides least."""
        return 0

    @staticmethod
    def over_columns() -> int:
        """Return where the strip lies over the names of columns and no part of the row below them."""
        look = theme.current()
        return look.size("columnHeader") - look.size("strip")

    def fill_menu(self, menu: QMenu) -> None:
        """Add the dock's own settings to its gear menu."""

    def acts(self) -> Mapping[str, Callable[[], object]]:
        """Return what the actions of its area do here, by name; those it leaves out only its keys do."""
        return {}

    def settings(self) -> Mapping[str, object]:
        """Return what the trader chose in it, for the saved layout: words, numbers, switches, lists of words.

        By itself that is what was made of the columns of its tables.
        """
        return {name: table.columns_state() for name, table in self._tables()}

    def apply_settings(self, chosen: Mapping[str, object]) -> None:
        """Take what was chosen before; what is not known is left out."""
        for name, table in self._tables():
            words = chosen.get(name, ())
            table.restore_columns(words if isinstance(words, list | tuple) else ())

    def _tables(self) -> list[tuple[str, RowsTable[Any]]]:
        """Return its tables with the names that their columns are kept under: ``columns``, ``columns 2``."""
        found = self.findChildren(RowsTable)
        return [(f"columns {n}" if n > 1 else "columns", table) for n, table in enumerate(found, 1)]

    def find_field(self) -> QWidget | None:
        """Return the field that filters what it shows, if it has one."""
        return None

    def hold_off(self) -> None:
        """Let keys that may send an order wait: the one just pressed was meant for something else."""
        self._since_front.start()

    def may_trade(self) -> bool:
        """Whether a key is meant: the window has been in front for a while, and nothing lies over the docks."""
        early = self._since_front.isValid() and self._since_front.elapsed() < self.focus_guard_ms
        return not early and not attention.elsewhere()

    def guard(self, button: OrderButton | MoneyButton) -> None:
        """Let keys press a button that sends an order only where they are meant, and say where they are not."""
        button.may = self.may_trade
        button.early.connect(lambda: self.tell(TOO_SOON))

    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        """Return what makes a sheet of each table in it; those that paint their rows by hand say so themselves."""
        return tuple(table.sheet for table in self.findChildren(RowsTable))

    # What a subclass or the window calls

    def set_body(self, body: QWidget) -> None:
        """Put the one widget that fills the dock; it takes the focus of the dock."""
        self._body = body
        self._layout.addWidget(body, 1)
        self.setFocusProxy(body)
        self._dock_state.lift()
        for _, table in self._tables():
            table.columns_changed.connect(self.chose)
        QWidget.setTabOrder(body, self._header.link)

    def body(self) -> QWidget:
        """Return the widget that fills the dock."""
        if self._body is None:
            msg = f"dock {self.title!r} has no body"
            raise ValueError(msg)
        return self._body

    def set_subtitle(self, text: str) -> None:
        """Set the muted words after the title; foreign text is shown plain."""
        clean = formats.plain(text)
        if clean != self._header.subtitle:
            self._header.set_subtitle(clean)

    def set_count(self, count: int | None) -> None:
        """Set the number after the title, such as how many positions there are."""
        if count != self._header.count:
            self._header.count = count
            self._header.update()
            self.title_changed.emit()

    def count(self) -> int | None:
        """Return the number after the title."""
        return self._header.count

    def tab(self, *, front: bool) -> tuple[str, int | None]:
        """Return title and number as a tab of its place says them; behind others only a number that still holds."""
        return self.title, None if self.count_ages and not front else self.count()

    def set_tabs(self, tabs: Sequence[tuple[str, int | None]], chosen: int) -> None:
        """Show the titles of all docks at this place instead of its own; empty shows its own again."""
        self._header.tabs, self._header.tab = tuple(tabs), chosen
        self._header.update()

    def set_link(self, group: int) -> None:
        """Join link group 1 to 8; 0 sends and follows nothing."""
        if group != self._header.link.number:
            self._header.link.set_group(group)
            self.link_changed.emit(group)

    def link(self) -> int:
        """Return its link group, 0 for none."""
        return self._header.link.number

    def set_demo(self, demo: bool) -> None:
        """Say DEMO in the age chip while the state has nothing more pressing to say."""
        self._dock_state.set_demo(demo)

    def set_replay(self, clock: str) -> None:
        """Show the violet corner and a replay's clock; empty ends it."""
        self._header.corner = bool(clock)
        self._header.update()
        self._dock_state.set_replay(clock)

    def set_state(
        self,
        state: str,
        why: str = "",
        *,
        age_s: float | None = None,
        actions: Sequence[str] = (),
        code: str = "",
        icon: str = "inbox",
        chip: str = "",
    ) -> None:
        """Say how far what is drawn can be trusted.

        Parameters
        ----------
        state : str
            One of `widgets.states.STATES`.
        why : str
            One sentence for the strip or the empty page.
        age_s : float, seconds
            Of the last message; shown when ageing or stale.
        actions : sequence of str
            Buttons; pressing one emits `acted`. An error always has Details, Copy and Retry.
        code : str
            Of an error, such as ``401``.
        icon : str
            Of the empty page.
        chip : str
            Words of the age chip where the state's own say less, such as ``AS OF 14:31:52``.
        """
        self._dock_state.set(state, why, age_s=age_s, actions=actions, code=code, icon=icon, chip=chip)

    def ask(self, words: str, yes: str, then: Callable[[], None]) -> None:
        """Ask once, in place: the strip shows the sentence, `yes` and Keep; only `yes` calls `then`."""
        self._dock_state.ask(words, yes, then)

    def offer_pop_out(self) -> None:
        """Show the button that asks for a window of its own; `pop_out` is then listened to."""
        self._header.pop.show()

    def retarget(self) -> None:
        """Tell the clock that `topics()` has changed."""
        self.retargeted.emit(self)

    def tell(self, text: str) -> None:
        """Show a few plain sentences under the header until they are clicked away; told again they go, too."""
        if self._tip is None:
            self._tip = Tip(self)
        self._tip.say(text, QRect(0, self._header.height(), self.width(), self.height()))

    def help_words(self) -> str:
        """Return what the dock's help says now; to be overridden where settings are part of it."""
        return self.help_text

    # Its own life

    def _show_help(self) -> None:
        """Tell what the dock is, and which of its keys are others now than the text names."""
        changed = keymap.changed_in(self.area) if self.area else ""
        words = self.help_words()
        self.tell(f"{words}\n\nKeys you changed: {changed}" if changed else words)

    def _act(self, words: str) -> None:
        said = self._dock_state
        if said.asks:
            said.answer(words)
        elif said.state == ERROR and words == DETAILS:
            self.tell(said.error)
        elif said.state == ERROR and words == COPY:
            QGuiApplication.clipboard().setText(said.error)
        else:
            self.acted.emit(said.state, words)

    def _focus_moved(self, _old: QWidget | None, now: QWidget | None) -> None:
        focused = now is not None and self.isAncestorOf(now)
        if focused != self._focused:
            self._focused = focused
            self.update()

    def offer_export(self) -> None:
        """Open the menu of the exports of its table that has the focus, else of all of them."""
        panel_menu.offer_export(self, self.mapToGlobal(QPoint(8, self._header.height())))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        top = self._header.height()
        room = QRect(1, top, self.width() - 2, self.height() - top - 1)
        self._dock_state.fit(room, self.strip_top())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        paint.frame(p, self.rect(), look.colour("buy" if self._focused else "line.border"))
