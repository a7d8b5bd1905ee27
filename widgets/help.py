"""Help: the pages of the guide, found by their titles and words. They are shipped with the program, nothing is fetched.

Only text and pictures that ship with the program are laid out here; what comes from outside is never shown as anything
but text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QImage, QPainter, QTextCursor, QTextDocument, QTextFormat, QTextTable
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QTextBrowser, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import theme
from widgets.controls import FlatButton
from widgets.fields import Field

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QPaintEvent

LIST_WIDE: Final = 280
SIZE: Final = (1_030, 680)
PICTURE: Final = re.compile(r"pictures/([a-z0-9-]{1,40}\.png)", re.ASCII)
PICTURE_WIDE: Final = 670
"""Pixels; wider ones are shown smaller, so that a page never scrolls sideways."""
ABOVE, BELOW, BETWEEN = 14.0, 8.0, 3.0
"""Pixels above a heading, below a paragraph, a table or lines of code, and between points of a list."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the guide."""

    name: str
    """File name without its ending, as links in other pages have it."""
    title: str
    text: str
    """Markdown."""

    def fits(self, words: Sequence[str]) -> bool:
        """Whether all of some words are in it."""
        whole = f"{self.title}\n{self.text}".lower()
        return all(word in whole for word in words)


class _Browser(QTextBrowser):
    """Shows one page, and neither opens nor loads what is not of the guide."""

    page_wanted = Signal(str)

    def __init__(self, pictures: Path | None) -> None:
        super().__init__()
        self._pictures = pictures
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.anchorClicked.connect(self._clicked)

    def _clicked(self, link: QUrl) -> None:
        if not link.scheme() and not link.host():
            self.page_wanted.emit(link.path().removesuffix(".md"))

    @override
    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return a picture of the guide by its plain name; nothing of anything else, and nobody's address is asked."""
        found = PICTURE.fullmatch(name.toString() if isinstance(name, QUrl) else name)
        if found is None or self._pictures is None or kind != QTextDocument.ResourceType.ImageResource.value:
            return None
        image = QImage()
        image.load(str(self._pictures / found[1]), "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt text
        if image.width() > PICTURE_WIDE:
            image = image.scaledToWidth(PICTURE_WIDE, Qt.TransformationMode.SmoothTransformation)
        return None if image.isNull() else image


class HelpDialog(QDialog):
    """The guide beside the work; it stays open while one trades."""

    def __init__(self, pages: Sequence[Page], parent: QWidget | None = None, *, pictures: Path | None = None) -> None:
        """Make it; `pictures` is the folder of the guide's own."""
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Help — atmx")
        self.setModal(False)
        self._pages = tuple(pages)
        self.search = Field("Words to look for", number=False)
        self.search.setPlaceholderText("Search the guide")
        self.titles = QListWidget()
        self.titles.setAccessibleName("Pages of the guide")
        self.titles.setFixedWidth(LIST_WIDE)
        self.titles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page = _Browser(pictures)
        self.page.setAccessibleName("Page of the guide")
        self.shut = FlatButton("Close", "filled")
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.titles, 1)
        left.addWidget(self.shut)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 14, 16, 14)
        row.setSpacing(12)
        row.addLayout(left)
        row.addWidget(self.page, 1)
        self.search.textChanged.connect(self._look)
        self.titles.currentRowChanged.connect(self._turn)
        self.page.page_wanted.connect(self.open_page)
        self.shut.clicked.connect(self.close)
        self.found: tuple[Page, ...] = ()
        self._dress()
        self._look("")
        self.resize(*SIZE)

    def open_page(self, name: str) -> bool:
        """Show a page by its name; return whether there is one."""
        if all(page.name != name for page in self.found):
            self.search.setText("")
        for row, page in enumerate(self.found):
            if page.name == name:
                self.titles.setCurrentRow(row)
                return True
        return False

    def _look(self, text: str) -> None:
        words = text.lower().split()
        self.found = tuple(page for page in self._pages if page.fits(words))
        self.titles.clear()
        self.titles.addItems([page.title for page in self.found])
        if self.found:
            self.titles.setCurrentRow(0)
        else:
            self.page.setPlainText("No page has all of these words.")

    def _turn(self, row: int) -> None:
        if 0 <= row < len(self.found):
            self.page.setMarkdown(self.found[row].text)
            space(self.page.document())

    def _dress(self) -> None:
        look = theme.current()
        for part in (self.page, self.titles):
            part.setFont(look.ui(look.type("action")))
            theme.wear(
                part,
                Base="surface.input",
                Text="text.default",
                Highlight="surface.selected",
                HighlightedText="text.strong",
                Link="buy",
            )

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour("surface.dock"))


def space(document: QTextDocument) -> None:
    """Set a page that was read from Markdown, which has no room between its parts, apart."""
    cursor, block = QTextCursor(document), document.begin()
    while block.isValid():
        after = block.next()
        cursor.setPosition(block.position())
        if cursor.currentTable() is None:
            form = block.blockFormat()
            inside = _is_code(form) and after.isValid() and _is_code(after.blockFormat())
            point = block.textList() is not None and after.textList() is not None
            form.setTopMargin(ABOVE if form.headingLevel() > 1 else 0.0)
            form.setBottomMargin(0.0 if inside else BETWEEN if point else BELOW)
            cursor.setBlockFormat(form)
        block = after
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            table = frame.format().toTableFormat()
            table.setTopMargin(BETWEEN)
            table.setBottomMargin(BELOW)
            table.setBorderBrush(theme.current().colour("line.control"))
            table.setBorderCollapse(True)
            frame.setFormat(table)


def _is_code(form: QTextFormat) -> bool:
    return form.hasProperty(QTextFormat.Property.BlockCodeFence)
