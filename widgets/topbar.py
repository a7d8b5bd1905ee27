"""The top bar: name, workspaces, search, the two clocks, the mode and the menu."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QWidget
from typing_extensions import override

from engine.core.ids import Topic
from engine.views import topics
from engine.views.status import SpineView
from widgets import formats, keymap, paint, theme
from widgets.controls import IconButton
from widgets.spine import live_words, mode_look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QPaintEvent, QResizeEvent

_NARROW = 1500
RIGHT: Final = 200
"""Pixels at the right end for the mode and the menu."""


class WorkspaceTab(QAbstractButton):
    """One workspace: its digit and its name, a line of the mode's colour under the one shown."""

    def __init__(self, digit: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.digit = digit
        self.tone = "mode.paper"
        self._by_key = False
        self.setText(name)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAccessibleName(f"Workspace {digit} {name}")
        self.setToolTip(formats.tip(name))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Note whether a key brought the focus: a new window gives it to the first of its widgets."""
        self._by_key = event.reason() in {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason}
        super().focusInEvent(event)

    @override
    def sizeHint(self) -> QSize:
        look = theme.current()
        wide = paint.width(self.digit, look.number(11)) + paint.width(self.text(), look.ui(12, 600)) + 5 + 18
        return QSize(round(wide), look.size("topBar") - 1)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        shown = self.isChecked()
        if shown:
            p.fillRect(self.rect(), look.colour("surface.dock"))
            p.fillRect(0, self.height() - 2, self.width(), 2, look.colour(self.tone))
        elif self.underMouse():
            p.fillRect(self.rect(), look.colour("surface.hover"))
        y = round(paint.baseline(0, self.height(), 12))
        x = paint.text_at(p, 9, y, self.digit, look.number(11), look.colour("text.muted"))
        font = look.ui(12, 600 if shown else 500)
        words = paint.elided(self.text(), font, max(0.0, self.width() - x - 11), told=True)  # whole in the tool tip
        paint.text_at(p, x + 5, y, words, font, look.colour("text.strong" if shown else "text.default"))
        if self.hasFocus() and self._by_key:
            paint.frame(p, self.rect(), look.colour("buy"))


class SearchField(QAbstractButton):
    """Looks like a field; pressing it opens the palette."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Search or command")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keymap.current().changed.connect(self.update)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        border = "buy" if self.hasFocus() else "line.control"
        paint.box(p, self.rect(), look.colour("surface.input"), look.colour(border))
        paint.icon(p, 9, (self.height() - 12) // 2, "search", "text.muted", 12)
        inner = self.rect().adjusted(26, 0, -9, 0)
        paint.text(p, inner, "Search or command…", look.ui(12), look.colour("text.dim"))
        paint.text(p, inner, keymap.hint("window.palette"), look.number(10), look.colour("text.dim"), paint.RIGHT)


class TopBar(QWidget):
    """36 pixels on top of the window.

    Parameters
    ----------
    workspaces : sequence of (digit, name)
        Only those that exist; Ctrl and the digit choose one.
    search : bool
        Show the search field; `search_pressed` then opens the palette.
    """

    rests_ms = 100

    workspace_chosen = Signal(int)
    """Its place in `workspaces`."""
    search_pressed = Signal()
    menu_pressed = Signal()
    more_pressed = Signal()
    """The plus after the last workspace: what can be done with workspaces."""
    tab_menu_wanted = Signal(int)
    """The right button on a workspace, by its place."""

    def __init__(
        self, workspaces: Sequence[tuple[str, str]], *, search: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._view: SpineView | None = None
        self._told: tuple[str, ...] = ()
        """Mode, place and clocks, as they were to be painted last."""
        self._left = 0
        """Where they begin, as painted."""
        self.setFixedHeight(theme.current().size("topBar"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Top bar")
        self.tabs: list[WorkspaceTab] = []
        self._keys: list[keymap.Bound] = []
        self.more = IconButton("plus", "Workspaces: clone, rename, reset, lock", 12, self)
        self.more.clicked.connect(self.more_pressed)
        self.search = SearchField(self)
        self.search.setVisible(search)
        self.search.clicked.connect(self.search_pressed)
        self.menu = IconButton("menu", "Menu", 16, self)
        self.menu.clicked.connect(self.menu_pressed)
        self.set_workspaces(workspaces)

    def set_workspaces(self, workspaces: Sequence[tuple[str, str]]) -> None:
        """Show other workspaces, as (digit, name); those that stay as they are keep their tabs."""
        if [(tab.digit, tab.text()) for tab in self.tabs] == list(workspaces):
            return
        for key in self._keys:
            key.setEnabled(False)  # two shortcuts on one key are none
            key.deleteLater()
        for tab in self.tabs:
            tab.hide()
            tab.deleteLater()
        tone = mode_look(self._view.mode).colour if self._view is not None else "mode.paper"
        self.tabs, self._keys = [], []
        for i, (digit, name) in enumerate(workspaces):
            tab = WorkspaceTab(digit, name, self)
            tab.tone = tone
            tab.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            tab.customContextMenuRequested.connect(lambda _at, place=i: self.tab_menu_wanted.emit(place))
            tab.clicked.connect(lambda _=False, at=i: self.workspace_chosen.emit(at))
            self.tabs.append(tab)
            everywhere = Qt.ShortcutContext.ApplicationShortcut
            self._keys.append(keymap.Bound(f"window.workspace_{digit}", self, tab.click, everywhere))
            tab.show()
        for one, after in pairwise((*self.tabs, self.more, self.search, self.menu)):
            QWidget.setTabOrder(one, after)
        if self.tabs:
            self.tabs[0].setChecked(True)
        self._lay_out()

    def choose(self, place: int) -> None:
        """Show a workspace as the chosen one, without telling."""
        self.tabs[place].setChecked(True)

    def topics(self) -> frozenset[Topic]:
        """Return the topics it shows."""
        return frozenset({topics.SPINE})

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # Qt's own paints into a device
        """Take the spine's view."""
        if not isinstance(view, SpineView):
            return
        if self._view is None or self._view.mode != view.mode:
            for tab in self.tabs:
                tab.tone = mode_look(view.mode).colour
                tab.update()
        self._view = view
        words = (mode_look(view.mode).word, live_words(view), view.place, self._clock(view))
        self.setAccessibleDescription(" ".join(word for word in words if word or word is view.place))
        self._update(view)

    def _update(self, view: SpineView) -> None:
        """Have painted what looks different: most changes of the spine are not told here, and most others a clock's."""
        clocks = formats.local(view.now, view.utc_offset_hours), formats.utc(view.now)
        told = view.mode, view.place, formats.zone(view.utc_offset_hours, view.now), live_words(view), *clocks
        was, self._told = self._told, told
        after = (self.search if self.search.width() else self.more).geometry().right() + 1
        if told[:3] != was[:3] or (told != was and self._left < after):
            self.update()
        elif told != was:
            self.update(after, 0, self.width() - after, self.height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        look = theme.current()
        x = 88
        wishes = [tab.sizeHint().width() for tab in self.tabs]
        room = self.width() - x - 28 - RIGHT  # no tab lies over the word that says what money it is
        share = min(1.0, max(0, room) / max(1, sum(wishes)))
        for tab, wish in zip(self.tabs, wishes, strict=True):
            tab.setGeometry(x, 0, int(wish * share), self.height() - 1)
            x += tab.width()
        self.more.setGeometry(x + 2, 0, 26, self.height() - 1)
        x += 28
        self.menu.setGeometry(self.width() - 34, 0, 28, self.height() - 1)
        wide = min(look.size("searchWidth"), self.width() - x - 480)
        self.search.setGeometry(max(x + 14, (self.width() - wide) // 2), 6, max(0, wide), 24)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.header"))
        p.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line.border"))
        tone = mode_look(self._view.mode).colour if self._view is not None else "text.muted"
        paint.icon(p, 11, 9, "logo", tone, 18)
        y = round(paint.baseline(0, self.height() - 1, 13))
        paint.text_at(p, 36, y, "atmx", look.ui(13, 600), look.colour("text.strong"))
        if self._view is not None:
            self._paint_right(p, self._view)

    def _paint_right(self, p: QPainter, view: SpineView) -> None:
        look = theme.current()
        x = self._paint_mode(p, view, self.menu.x() - 6) - 14
        y = round(paint.baseline(0, self.height() - 1, 12))
        universal = formats.utc(view.now)
        x -= round(paint.width(universal, look.number(12)))
        paint.text_at(p, x, y, universal, look.number(12), look.colour("text.muted"))
        x -= 9
        p.fillRect(x, 12, 1, 12, look.colour("line.control"))
        zone = formats.zone(view.utc_offset_hours, view.now)
        x -= 9 + round(paint.width(zone, look.ui(11)))
        paint.text_at(p, x, y, zone, look.ui(11), look.colour("text.muted"))
        local = formats.local(view.now, view.utc_offset_hours)
        x -= 5 + round(paint.width(local, look.number(13, 600)))
        paint.text_at(p, x, y, local, look.number(13, 600), look.colour("text.strong"))
        if self.width() >= _NARROW:
            place = paint.elided(formats.plain(view.place, 40), look.ui(11), 160)
            x -= 7 + round(paint.width(place, look.ui(11)))
            paint.text_at(p, x, y, place, look.ui(11), look.colour("text.muted"))
        self._left = x

    def _paint_mode(self, p: QPainter, view: SpineView, right: int) -> int:
        """Paint the pill of the mode, ending at `right`; return where it begins."""
        look = theme.current()
        mode = mode_look(view.mode)
        filled = view.armed_until is not None
        font, small, more = look.ui(12, 700), look.number(11, 600), live_words(view)
        wide = round(paint.width(mode.word, font)) + 18 + 20 + (round(paint.width(more, small)) + 6 if more else 0)
        rect = QRect(right - wide, 6, wide, 24)
        ground = look.colour(mode.colour) if filled else look.mix("surface.header", mode.colour, "pill")
        dash = (4, 3) if view.mode == "replay" else ()
        paint.box(p, rect, ground, look.colour(mode.colour), look.radius(), dash)
        ink = "text.onFill" if filled else mode.colour
        paint.icon(p, rect.x() + 9, rect.y() + 6, mode.icon, ink, 12)
        y = round(paint.baseline(rect.y(), rect.height(), 12))
        end = paint.text_at(p, rect.x() + 27, y, mode.word, font, look.colour(ink))
        paint.text_at(p, end + 6, y, more, small, look.colour(ink))
        if view.mode != "demo":
            return rect.x()
        chip = QRect(rect.x() - 52, 10, 44, 16)
        paint.box(p, chip, None, look.colour("line.control"))
        paint.text(p, chip, "DEMO", look.number(10, 600), look.colour("text.muted"), paint.CENTRE)
        return chip.x()

    def _clock(self, view: SpineView) -> str:
        return formats.local(view.now, view.utc_offset_hours)
