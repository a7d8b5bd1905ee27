"""The report of an exception nobody caught: read, copied, saved. It is never sent anywhere, and holds nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from widgets import formats, theme
from widgets.controls import FlatButton

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

LONGEST: Final = 200_000
"""Characters of a report that are shown."""


class CrashSheet(QDialog):
    """Stands beside the work, takes neither focus nor mouse from it, and shows the latest report."""

    save_wanted = Signal(str)
    """The text of the report."""
    folder_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Something failed — atmx")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setModal(False)
        look = theme.current()
        self.head = QLabel()
        self.head.setTextFormat(Qt.TextFormat.PlainText)
        self.head.setWordWrap(True)
        self.head.setFont(look.ui(look.type("action"), 600))
        self.note = QLabel(
            "Trading goes on; stop it with KILL if in doubt. This report has no keys in it and goes nowhere."
        )
        self.note.setFont(look.ui(look.type("body")))
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName("Crash report")
        self.report.setFont(look.number(look.type("body")))
        self.copy = FlatButton("Copy")
        self.save = FlatButton("Save as…")
        self.folder = FlatButton("Open folder")
        self.shut = FlatButton("Close", "filled")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report.toPlainText()))
        self.save.clicked.connect(lambda: self.save_wanted.emit(self.report.toPlainText()))
        self.folder.clicked.connect(self.folder_wanted)
        self.shut.clicked.connect(self.close)
        box = QVBoxLayout(self)
        box.setContentsMargins(22, 16, 18, 14)
        box.setSpacing(10)
        box.addWidget(self.head)
        box.addWidget(self.note)
        box.addWidget(self.report, 1)
        row = QHBoxLayout()
        row.addWidget(self.folder)
        row.addStretch(1)
        for button in (self.copy, self.save, self.shut):
            row.addWidget(button)
        box.addLayout(row)
        self.resize(760, 460)

    def show_report(self, sentence: str, report: str) -> None:
        """Show a report in the place of an earlier one."""
        self.head.setText(formats.plain(sentence, 400))
        self.report.setPlainText(report[:LONGEST])
        self.show()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        p = QPainter(self)
        p.fillRect(self.rect(), look.colour("surface.dock"))
        p.fillRect(0, 0, 6, self.height(), look.colour("danger"))
