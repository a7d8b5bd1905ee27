"""The settings: pages on the left, a search over all of them, and one card a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from widgets import formats, paint, theme
from widgets.controls import FlatButton, SlimBar
from widgets.fields import Field
from widgets.setting_card import SettingCard, SettingRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QModelIndex, QPersistentModelIndex
    from PySide6.QtGui import QKeyEvent, QPaintEvent

    AnyIndex = QModelIndex | QPersistentModelIndex

SIZE: Final = (920, 640)
PAGES: Final = 150
"""Pixels of the list of pages."""
_NOTHING: Final = "Nothing is called so. Search looks at names, help, keys and environment variables."


class SettingsDialog(QDialog):
    """Not modal: what is changed is felt while it is open."""

    changed = Signal(str, str)
    reset = Signal(str)
    opened = Signal(str)
    limited = Signal(str, object, str)
    shown = Signal()

    def __init__(self, where: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setModal(False)
        self.where = where
        """The settings file, for people."""
        self._rows: dict[str, SettingRow] = {}
        self._page = ""
        self._notes: Mapping[str, str] = {}
        self.cards: dict[str, SettingCard] = {}
        """Of what is seen, by key."""
        self.search = Field("Search settings", number=False)
        self.search.setPlaceholderText("Search settings, keys and environment variables   Ctrl+F")
        self.search.setClearButtonEnabled(True)
        self.pages = QListWidget()
        self.pages.setItemDelegate(PageDelegate(self.pages))
        self.pages.setMouseTracking(True)
        self.pages.setAccessibleName("Pages of settings")
        self.pages.setFixedWidth(PAGES)
        self.pages.setFrameShape(QFrame.Shape.NoFrame)
        self.area = QScrollArea()
        self.area.setAccessibleName("Settings of the page")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setVerticalScrollBar(SlimBar())
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.foot = Foot(where)
        self.close_button = FlatButton("Close")
        self.close_button.clicked.connect(self.reject)
        self._lay_out()
        self.search.textChanged.connect(lambda _text: self._build())
        self.pages.currentTextChanged.connect(self._turn)
        QShortcut(QKeySequence.StandardKey.Find, self).activated.connect(self.search.setFocus)
        self.setFocusProxy(self.search)

    def show_rows(self, rows: Sequence[SettingRow], notes: Mapping[str, str] | None = None) -> None:
        """Show settings, in their order; `notes` has a sentence for the head of a page."""
        same = [row.key for row in rows] == list(self._rows)
        self._rows = {row.key: row for row in rows}
        self._notes = notes or self._notes
        if same:
            for key, card in self.cards.items():
                card.show_row(self._rows[key])
            return
        pages = list(dict.fromkeys(row.page for row in rows))
        self.pages.blockSignals(True)
        self.pages.clear()
        self.pages.addItems(pages)
        self._page = self._page if self._page in pages else pages[0] if pages else ""
        self.pages.setCurrentRow(pages.index(self._page) if pages else -1)
        self.pages.blockSignals(False)
        self._build()

    def show_row(self, row: SettingRow) -> None:
        """Show one setting anew."""
        self._rows[row.key] = row
        if row.key in self.cards:
            self.cards[row.key].show_row(row)

    def row(self, key: str) -> SettingRow | None:
        """Return what is shown of a setting."""
        return self._rows.get(key)

    def show_wrong(self, key: str, text: str) -> None:
        """Say why a value was not taken."""
        if key in self.cards:
            self.cards[key].say(text)

    def turn(self, page: str) -> None:
        """Show a page."""
        self.search.clear()
        found = self.pages.findItems(page, Qt.MatchFlag.MatchExactly)
        if found:
            self.pages.setCurrentItem(found[0])

    def _turn(self, page: str) -> None:
        self._page = page
        self.search.clear()
        self._build()

    def _wanted(self) -> list[SettingRow]:
        words = self.search.text().casefold().split()
        if not words:
            return [row for row in self._rows.values() if row.page == self._page]
        return [row for row in self._rows.values() if all(word in _about(row) for word in words)]

    def _build(self) -> None:
        """Make the cards of the page or of what was found."""
        at = self.area.verticalScrollBar().value()
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 12)
        box.setSpacing(0)
        wanted, searched = self._wanted(), bool(self.search.text().strip())
        same = list(self.cards) == [row.key for row in wanted]
        self.cards = {}
        note = _NOTHING if not wanted else "" if searched else self._notes.get(self._page, "")
        if note:
            box.addWidget(_note(note))
        page = ""
        for row in wanted:
            if searched and row.page != page:
                page = row.page
                box.addWidget(_note(page))
            card = self.cards[row.key] = SettingCard(row)
            card.changed.connect(self.changed)
            card.reset.connect(self.reset)
            card.opened.connect(self.opened)
            card.limited.connect(self.limited)
            box.addWidget(card)
        box.addStretch(1)
        self.area.setWidget(inner)
        if same:
            self.area.verticalScrollBar().setValue(at)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(12, 12, 12, 10)
        top.addWidget(self.search)
        middle = QHBoxLayout()
        middle.setSpacing(1)
        middle.addWidget(self.pages)
        middle.addWidget(self.area, 1)
        low = QHBoxLayout()
        low.setContentsMargins(12, 8, 12, 10)
        low.addWidget(self.foot, 1)
        low.addWidget(self.close_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(top)
        box.addLayout(middle, 1)
        box.addLayout(low)
        self._dress()

    def _dress(self) -> None:
        theme.wear(self.pages, Base="surface.header", Window="surface.header")
        theme.wear(self.area, Base="surface.dock", Window="surface.dock")

    @override
    def sizeHint(self) -> QSize:
        return QSize(*SIZE)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            return  # belongs to the field
        if event.key() == Qt.Key.Key_Escape:  # what is half typed shall not hold: leaving a field would keep it
            for card in self.cards.values():
                card.forget()
        super().keyPressEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, self.pages.y(), self.width(), self.pages.height(), look.colour("line.border"))
        p.fillRect(0, self.pages.y() - 1, self.width(), 1, look.colour("line.border"))
        p.fillRect(0, self.pages.geometry().bottom() + 1, self.width(), 1, look.colour("line.border"))


class PageDelegate(QStyledItemDelegate):
    """Paints the name of a page; the one that is seen has the accent at its left."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        return QSize(PAGES, 28)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        look, room = theme.current(), option.rect
        taken = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ground = "surface.selected" if taken else "surface.hover" if over else "surface.header"
        painter.fillRect(room, look.colour(ground))
        if taken:
            painter.fillRect(room.x(), room.y(), 2, room.height(), look.colour("buy"))
        ink = look.colour("text.strong" if taken else "text.default")
        name = str(index.data())
        paint.text(painter, room.adjusted(12, 0, -4, 0), name, look.ui(look.type("label"), 500), ink, elide=True)
        if taken and option.state & QStyle.StateFlag.State_HasFocus:
            paint.frame(painter, room, look.colour("buy"))


class Foot(QWidget):
    """Where the settings are kept, on one line."""

    def __init__(self, where: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = f"Kept in {formats.plain(where, 400)}. Keys and secrets are never in it."
        self.setAccessibleName(self.words)
        self.setToolTip(formats.tip(self.words))
        self.setMinimumHeight(22)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        room = self.rect().adjusted(0, 0, -12, 0)
        paint.text(QPainter(self), room, self.words, look.ui(look.type("body")), look.colour("text.muted"), elide=True)


def _about(row: SettingRow) -> str:
    parts = (row.key, row.page, row.title, row.help, row.variable, row.allowed)
    return " ".join(parts).casefold()


def _note(text: str) -> QLabel:
    look, label = theme.current(), QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFont(look.ui(look.type("body"), 600))
    label.setContentsMargins(12, 10, 12, 4)
    theme.wear(label, WindowText="text.muted")
    return label
