"""The main window: the spine, the workspaces, the mode's frame, and the sheet that covers a halt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from app import __version__, drawn, hosts, screens
from app.commander import Commander
from app.digits import Digits
from app.halt_cover import HaltCover
from app.keyboard import Keyboard
from app.layoutmenu import LayoutMenu
from app.links import Links
from app.moving import Moving
from app.registry import Registry
from app.window_acts import WindowActs
from app.workspaces import Workspace
from engine.core.effects import Level
from engine.core.units import Nanos
from engine.views import topics
from engine.views.status import NoticeRow, SpineView
from widgets import theme
from widgets.banner import Banner
from widgets.coach import CoachStrip
from widgets.halt import HaltSheet
from widgets.keys_overlay import KeysOverlay
from widgets.log import LogPanel
from widgets.markets import MarketsPanel
from widgets.replaybar import ReplayBar
from widgets.riskstrip import RiskStrip
from widgets.spine import paint_mode_frame
from widgets.statusbar import StatusBar
from widgets.toasts import Toasts
from widgets.topbar import TopBar
from widgets.watchlists import Watchlists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent

    from app.desktop import Desktop
    from app.layout import WindowLayout
    from app.workspace import Drawn
    from engine.core.ids import Topic
    from widgets.panel import Panel

FRAME: Final = 3
NO_SYSTEM: Final = frozenset({"offscreen", "minimal"})
"""Platforms of Qt on which windows stand nowhere."""
LAG_EVERY_MS: Final = 1_000
FOR_ORDERS: Final = frozenset({"ladder", "down", "ticket", "option_ticket"})
"""Docks that notices do not lie over, where there is room beside them."""
TOASTS_ABOVE: Final = 84
"""Over the status bar and over what sends: the ticket's money button, or the ladder's footer."""


class Window(QWidget):
    """One window; everything in it is told what to show, and says what the trader wants."""

    rests_ms = 50

    intent = Signal(object)
    """A command that the window's own menu asks for."""
    closed = Signal()
    create_wanted = Signal()
    hedge_wanted = Signal()
    page_wanted = Signal()
    accounts_wanted = Signal()
    diagnostics_wanted = Signal()
    ledger_wanted = Signal(str)
    """A table of the ledger that is to be written as a file."""
    arm_wanted = Signal()
    settings_wanted = Signal()
    arranged = Signal()
    """Another workspace was chosen."""
    starred = Signal()
    adopted = Signal(object)
    """A `Workspace` whose docks are there now: they are to be wired."""
    dropped = Signal(object)
    """A `Workspace` that is deleted: its docks end."""

    def __init__(self, now: Callable[[], Nanos], docks: str = hosts.SPLITTERS) -> None:
        super().__init__()
        self._make_host, self.without_docks = hosts.choose(docks)
        self.setWindowTitle("atmx")
        self._mode = "paper"
        self.role = "trader"
        """Who acts: trader or operator."""
        self.registry = Registry(self)
        self.top = TopBar((), search=True)
        self.risk = RiskStrip()
        self.replay = ReplayBar()
        self.status = StatusBar(f"v{__version__}")
        self.halt = HaltSheet()
        self.banner = Banner()
        self.coach = CoachStrip()
        self.workspaces: list[Workspace] = []
        self._stars: tuple[str, ...] = ()
        """Of markets, until there is a list of them."""
        self.digits = Digits(self)
        self._pages = QStackedWidget()
        self._lay_out()
        self.cover = HaltCover(self)
        self.links = Links(self)
        self.watchlists = Watchlists(self)
        self.commander = Commander(self)
        self.overlay = KeysOverlay(self)
        self.overlay.closed.connect(self.hold_off)
        self.moving = Moving(self)
        self.keyboard = Keyboard(self)
        self.layouts: LayoutMenu | None = None
        for one in drawn.workspaces(now):
            self._take_in(self.make(one))
        self.retitle()
        self.toasts = Toasts(self, above=TOASTS_ABOVE, beside=self._for_orders)
        self._wire()
        self.acts = WindowActs(self)

    def panels(self) -> Iterator[Panel]:
        """Iterate over all docks of all workspaces, made now where they are not yet."""
        for one in self.workspaces:
            yield from one.docks.values()

    def panels_made(self) -> Iterator[Panel]:
        """Iterate over the docks that are there: those of the other workspaces are told when they are made."""
        for one in self.workspaces:
            yield from one.docks_made().values()

    def make(self, one: Drawn, *, name: str = "", title: str = "") -> Workspace:
        """Return a workspace as it is drawn, not in the window yet."""
        return Workspace(one, name=name, title=title, host=self._make_host())

    def adopt(self, one: Workspace) -> None:
        """Add a clone behind the other workspaces."""
        self._take_in(one)
        self.retitle()

    def drop(self, one: Workspace) -> None:
        """Take a clone away, with its docks and their windows."""
        if self.current() is one:
            self.choose(0)
        self.moving.forget(one)
        self.workspaces.remove(one)
        self.digits.take_back(one)
        self.dropped.emit(one)
        one.host.release(one)
        self._pages.removeWidget(one)
        one.setParent(None)
        one.deleteLater()
        self.retitle()

    def retitle(self) -> None:
        """Show the workspaces under the names they have now."""
        self.top.set_workspaces([(self.digits.of(one), one.title) for one in self.workspaces])
        if self.workspaces:
            self.top.choose(self._pages.currentIndex())

    def arrange_with(self, desktop: Desktop) -> None:
        """Offer in menus and by keys what can be done with workspaces."""
        self.layouts = LayoutMenu(self, desktop)

    def placed(self) -> WindowLayout | None:
        """Return where the window stands; None where there is no window system to stand in."""
        return None if QGuiApplication.platformName() in NO_SYSTEM else screens.placed(self)

    def put(self, where: WindowLayout) -> None:
        """Stand where the window was left, on a screen that is there."""
        self.setGeometry(screens.fitted(where, screens.attached()))
        if where.full:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    def come_up(self) -> None:
        """Come to the front: a second start of the program asked for it."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def _take_in(self, one: Workspace) -> None:
        self.workspaces.append(one)
        self.digits.give(one)
        self._pages.addWidget(one)
        one.moved.connect(self.cover.place)
        self.moving.adopt(one)
        if one.is_made:
            self._made(one)
        else:
            one.made.connect(lambda: self._made(one))

    def _made(self, one: Workspace) -> None:
        """Look after the docks of a workspace, which are there now."""
        stars = self.stars(but=one)
        self.moving.adopt_docks(one)
        for panel in one.docks.values():
            if isinstance(panel, MarketsPanel):
                panel.set_watchlists(self.watchlists)
                panel.set_stars(stars)
                panel.starred_changed.connect(lambda _ids: self.starred.emit())
        self.adopted.emit(one)

    def current(self) -> Workspace:
        """Return the workspace that is seen."""
        return self.workspaces[self._pages.currentIndex()]

    @property
    def mode(self) -> str:
        """Whose money it is: demo, paper, live or replay."""
        return self._mode

    def group(self) -> int:
        """Return the link group of the workspace that is seen: its ladder's, else the first there is."""
        docks = self.current().docks
        groups = [docks[name].link() for name in ("ladder", *docks) if name in docks]
        return next((group for group in groups if group), 1)

    def choose(self, place: int) -> None:
        """Show a workspace, counted from 0."""
        gives = self.keyboard.left(stays=place == self._pages.currentIndex())
        self._pages.setCurrentIndex(place)
        self.top.choose(place)
        self.current().arrange(self.width())
        if gives:
            self.keyboard.give()
        self.cover.place_later()
        self.toasts.place()
        self.arranged.emit()

    def reach(self, dock: str) -> bool:
        """Bring a dock to the front and give it the keyboard; the first workspace that has it is chosen."""
        order = [self.current(), *(w for w in self.workspaces if w is not self.current())]
        for one in order:
            if dock in one.names():
                if self.moving.raise_dock(one, dock):
                    return True
                self.choose(self.workspaces.index(one))
                one.show_dock(dock)
                one.docks[dock].setFocus()
                return True
        return False

    def set_stars(self, stars: Sequence[str]) -> None:
        """Star markets in every list of them."""
        self._stars = tuple(stars)
        for panel in self._lists():
            panel.set_stars(stars)

    def stars(self, but: Workspace | None = None) -> list[str]:
        """Return the ids of the starred markets, as lists of them have them but those of one workspace."""
        lists = self._lists(but)
        return sorted({star for panel in lists for star in panel.stars()} if lists else self._stars)

    def _lists(self, but: Workspace | None = None) -> list[MarketsPanel]:
        docks = [panel for one in self.workspaces if one is not but for panel in one.docks_made().values()]
        return [panel for panel in docks if isinstance(panel, MarketsPanel)]

    def topics(self) -> frozenset[Topic]:
        """Return what the window itself shows: its mode."""
        return frozenset({topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the spine's view: frame, title and sheet follow it."""
        if not isinstance(view, SpineView):
            return
        self.role = view.role
        self.moving.take(view)
        if view.mode != self._mode:
            self._mode = view.mode
            self.replay.setVisible(view.mode == "replay")
            self.update()
        words = {"demo": "PAPER (DEMO)", "paper": "PAPER"}.get(view.mode, view.mode.upper())
        halted = f" — HALTED by {view.halted_by}" if view.halted_by else ""
        self.setWindowTitle(f"atmx — {words}{halted}")
        self.cover.follow()
        self._count_unseen({"positions": view.open, "orders": view.working + view.cancelling + view.unknown})

    def _count_unseen(self, counts: Mapping[str, int]) -> None:
        """Give the tabs of docks that are not drawn the numbers that hold now."""
        for one in self.workspaces:
            made = one.docks_made()
            for name, count in counts.items():
                if name in made and not made[name].isVisible():
                    made[name].set_count(count)

    def _lay_out(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(FRAME, FRAME, FRAME, FRAME)
        box.setSpacing(0)
        self.replay.hide()
        for part in (self.top, self.risk, self.banner, self.replay, self.coach):
            box.addWidget(part)
        box.addWidget(self._pages, 1)
        box.addWidget(self.status)
        self.halt.setParent(self)
        self.halt.hide()

    def _wire(self) -> None:
        self.top.workspace_chosen.connect(self.choose)
        self.top.search_pressed.connect(self.commander.open)
        self.risk.opened.connect(self._open_fact)
        self.risk.halt_pressed.connect(lambda: self.halt.setFocus())
        self.status.opened.connect(self._open_fact)
        self.moving.told.connect(self.tell)
        self.moving.intent.connect(self.intent)
        self.moving.halt_pressed.connect(self.cover.come)
        self._lag = QTimer(self)
        self._lag.setInterval(LAG_EVERY_MS)

    def tell(self, text: str, level: Level = Level.INFO) -> None:
        """Show one sentence in the corner."""
        row = NoticeRow(id=0, at=Nanos(0), level=int(level), code="", text=text, subject="", times=1)
        self.toasts.show_notice(row)

    def show_lag(self, lag: Callable[[], float | None], then: Callable[[], None] = lambda: None) -> None:
        """Show how late the loop runs, once a second, and do something else with it."""
        self._lag.timeout.connect(lambda: self.status.set_loop_lag(lag()))
        self._lag.timeout.connect(then)
        self._lag.start()

    def show_logs(self, rows: Callable[[], Sequence[NoticeRow]], open_folder: Callable[[], object]) -> None:
        """Let every log dock show the program's own log, too, looked at once a second while it is seen."""

        def wire(one: Workspace) -> None:
            for panel in one.docks.values():
                if isinstance(panel, LogPanel):
                    panel.set_program(rows)
                    panel.folder_wanted.connect(open_folder)
                    self._lag.timeout.connect(panel.look)

        for one in self.workspaces:
            if one.is_made:
                wire(one)
        self.adopted.connect(wire)

    def wind_up(self) -> None:
        """Leave the screen: the session has ended."""
        self._lag.stop()
        self.moving.hide_all()
        self.hide()

    def _open_fact(self, what: str) -> None:
        dock = {
            "risk": "gates",
            "greeks": "gates",
            "pnl": "pnl",
            "journal": "log",
            "loop": "log",
            "feed": "connections",
        }.get(what.split(":")[0], what)
        self.reach(dock)

    def focused(self) -> Panel | None:
        """Return the dock that has the keyboard."""
        found = self.moving.focused()
        return None if found is None else found[0].docks[found[1]]

    def _for_orders(self) -> list[QRect]:
        """Return where the docks lie in this window that orders are made in."""
        one = self.current()
        shown = [panel for panel in one.seen() if one.name_of(panel) in FOR_ORDERS and panel.window() is self]
        return [QRect(panel.mapTo(self, QPoint(0, 0)), panel.size()) for panel in shown]

    def hold_off(self) -> None:
        """Let keys that may send an order wait a moment in every dock: the last one was meant for something else."""
        for panel in self.panels_made():
            panel.hold_off()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.current().arrange(self.width())
        for one in self.workspaces:
            one.rearrange(self.width())  # one left in the wide arrangement would want more height than there is
        self.toasts.place()
        self.cover.place_later()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.moving.show_all()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme.current().colour("surface.window"))
        paint_mode_frame(p, self.rect(), self._mode)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()  # the session winds up first, then the loop ends and the window with it
        self.closed.emit()
