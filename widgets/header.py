"""The 24 pixels on top of every dock: title or tabs on the left, age, link group and tools on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from typing_extensions import override

from widgets import formats, menus, paint, theme
from widgets.controls import IconButton

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

_TAB_PAD = 10
_TIGHT_PAD = 6
"""Where the tabs of a place do not fit with the first."""
_CHIP = 64
"""Pixels kept free for the chip, whether it is there or not: tabs do not jump under the pointer."""
_MORE = 26
"""Pixels of the button for tabs that do not fit even so."""


class LinkChip(QAbstractButton):
    """The link group of a dock as a digit in the group's colour; 0 sends and follows nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = 1
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_group(1)

    def set_group(self, group: int) -> None:
        """Show another group."""
        self.number = group
        name = f"Link group {group}" if group else "Not linked: pinned"
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(18, theme.current().size("dockHeader"))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        side = look.size("linkChip")
        rect = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        tone = look.link(self.number)
        p = QPainter(self)
        paint.box(p, rect, look.mix("surface.header", tone, "chip") if self.number else None, look.colour(tone))
        words = str(self.number) if self.number else "–"
        paint.text(p, rect, words, look.number(10, 600), look.colour(tone), paint.CENTRE)
        if self.hasFocus():
            paint.box(p, rect.adjusted(-2, -2, 2, 2), None, look.colour("buy"))


class Header(QWidget):
    """Title bar of a dock. With `tabs` it shows those in the title's place and tells which was chosen."""

    tab_chosen = Signal(int)
    dragged = Signal(QPoint)
    """Where the pointer is on screen while the header is dragged."""
    dropped = Signal(QPoint)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.subtitle = ""
        self.count: int | None = None
        self.tabs: tuple[tuple[str, int | None], ...] = ()
        """(title, count) of each."""
        self.tab = 0
        self.chip = ""
        self.chip_colour = "text.muted"
        self._tip = ""
        self._told: tuple[str, str, str] | None = None
        """Of what the tool tip is."""
        self.corner = False
        self._pressed: QPoint | None = None
        self._dragging = False
        self._pad = _TAB_PAD
        self.link = LinkChip(self)
        self.gear = IconButton("gear", "Settings of this dock", parent=self)
        self.pop = IconButton("pop", "Open in its own window", parent=self)
        self.pop.hide()  # until somebody can give the dock a window
        self.help = IconButton("help", "Help", parent=self)
        self.setFixedHeight(theme.current().size("dockHeader") + 1)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)

    def show_chip(self, words: str, colour: str, tip: str) -> None:
        """Show the age or state of what the dock shows; no words hide the chip."""
        self._tip = tip
        self._tell()
        if (words, colour) != (self.chip, self.chip_colour):
            self.chip, self.chip_colour = words, colour
            self.update()

    def set_subtitle(self, words: str) -> None:
        """Show muted words after the title; what is cut of them stands whole in the tool tip."""
        self.subtitle = words
        self._tell()
        self.update()

    def _tell(self) -> None:
        """Put all the words into the tool tip: the title, those after it, then those about the chip."""
        words = self.title, self.subtitle, self._tip
        if words != self._told:
            self._told = words
            self.setToolTip(formats.tip(" · ".join(one for one in words if one)))

    def tools_from(self) -> int:
        """Return the x from which on chips and tools are."""
        x = self.link.x()
        if self.chip:
            x -= round(paint.width(self.chip, theme.current().number(10, 500))) + 8 + 5
        return x

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        height = theme.current().size("dockHeader")
        x = self.width() - 4
        for button in (self.help, self.pop, self.gear, self.link):
            if button.isHidden():
                continue
            wide = button.sizeHint().width()
            x -= wide
            button.setGeometry(x, 0, wide, height)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._pressed, self._dragging = event.position().toPoint(), False
        places = self._tab_places()
        for i, (x, wide) in enumerate(places):
            if x <= event.position().x() < x + wide and i != self.tab:
                self._pressed = None  # another dock's header is under the pointer from here on
                self.tab_chosen.emit(i)
                return
        left_out = [i for i, (_, wide) in enumerate(places) if not wide]
        end = max((x + wide for x, wide in places), default=0)
        if left_out and end <= event.position().x() < end + _MORE:
            self._pressed = None
            self._offer(left_out, QPoint(end, self.height()))

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        far = (event.position().toPoint() - self._pressed).manhattanLength()
        if self._dragging or far >= QApplication.startDragDistance():
            self._dragging = True
            self.dragged.emit(event.globalPosition().toPoint())

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._dragging:
            self._dragging = False
            self.dropped.emit(event.globalPosition().toPoint())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        height = look.size("dockHeader")
        p.fillRect(0, 0, self.width(), height, look.colour("surface.header"))
        p.fillRect(0, height, self.width(), 1, look.colour("line.border"))
        if self.tabs:
            self._paint_tabs(p, height)
        else:
            self._paint_title(p, height)
        if self.chip:
            self._paint_chip(p, height)
        if self.corner:
            wide = self.width()
            paint.polygon(p, ((wide - 10, 0), (wide, 0), (wide, 10)), look.colour("mode.replay"))

    def _paint_title(self, p: QPainter, height: int) -> None:
        look = theme.current()
        right = self.tools_from() - 6
        x = 8.0
        bold = look.ui(look.type("label"), 600)
        title = paint.elided(self.title, bold, right - x, told=True)
        x += paint.text(p, QRect(8, 0, right, height), title, bold, look.colour("text.strong")) + 7
        if self.count is not None:
            y = round(paint.baseline(0, height, 11))
            x = paint.text_at(p, x, y, str(self.count), look.number(11), look.colour("text.muted")) + 7
        if self.subtitle and right - x > 24:
            rect, font = QRect(round(x), 0, round(right - x), height), look.ui(11)
            shown = paint.elided(self.subtitle, font, rect.width(), told=True)
            paint.text(p, rect, shown, font, look.colour("text.muted"))

    def _paint_tabs(self, p: QPainter, height: int) -> None:
        look = theme.current()
        places = self._tab_places()
        for i, (x, wide) in enumerate(places):
            title, count = self.tabs[i]
            if not wide:
                continue
            chosen = i == self.tab
            if chosen:
                p.fillRect(x, 0, wide, height + 1, look.colour("surface.dock"))
                p.fillRect(x, 0, wide, 2, look.colour("buy"))
            else:
                p.fillRect(x + wide - 1, 6, 1, height - 12, look.colour("line.border"))
            font = look.ui(12, 600 if chosen else 500)
            ink = look.colour("text.strong" if chosen else "text.muted")
            y = round(paint.baseline(0, height, 12))
            end = paint.text_at(p, x + self._pad, y, title, font, ink)
            if count is not None:
                paint.text_at(p, end + 6, y, str(count), look.number(11), look.colour("text.muted"))
        if any(not wide for _, wide in places):
            rect = QRect(max(x + wide for x, wide in places), 0, _MORE, height)
            paint.text(p, rect, "»", look.ui(12, 600), look.colour("text.default"), paint.CENTRE)

    def _offer(self, tabs: list[int], at: QPoint) -> None:
        """Open a menu of the tabs that do not fit."""
        menu = menus.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for i in tabs:
            menu.addAction(self.tabs[i][0]).triggered.connect(lambda _=False, place=i: self.tab_chosen.emit(place))
        menu.popup(self.mapToGlobal(at))

    def _tab_places(self) -> list[tuple[int, int]]:
        """Return (x, width) of each tab; as wide as its words in bold, so that choosing moves nothing.

        Where they do not fit the last ones have no width, but the one in front always has.
        """
        look = theme.current()
        words = []
        for title, count in self.tabs:
            number = 6 + paint.width(str(count), look.number(11)) if count is not None else 0
            words.append(paint.width(title, look.ui(12, 600)) + number)
        room = min(self.link.x() - _CHIP, self.tools_from())
        self._pad = _TAB_PAD if sum(words) + 2 * _TAB_PAD * len(words) <= room else _TIGHT_PAD
        wides = [round(wide + 2 * self._pad) for wide in words]
        if sum(wides) > room and self.tab < len(wides):
            left = room - _MORE - wides[self.tab]
            for i, wide in enumerate(wides):
                if i != self.tab:
                    left -= wide
                    wides[i] = wide if left >= 0 else 0
        return [(sum(wides[:i]), wide) for i, wide in enumerate(wides)]

    def _paint_chip(self, p: QPainter, height: int) -> None:
        look = theme.current()
        font = look.number(10, 500)
        side = look.size("linkChip")
        wide = round(paint.width(self.chip, font)) + 8
        rect = QRect(self.link.x() - wide - 5, (height - side) // 2, wide, side)
        tone = self.chip_colour
        ground = None if tone == "text.muted" else look.mix("surface.header", tone, "warn")
        paint.box(p, rect, ground, look.colour("line.control" if tone == "text.muted" else tone))
        paint.text(p, rect, self.chip, font, look.colour(tone), paint.CENTRE)
