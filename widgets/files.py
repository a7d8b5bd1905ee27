"""Choosing a file without a nested loop: Qt's own dialog runs one to say that a file is missing, or is there already.

While such a loop runs the engine stands still, the kill switch too (Qt 6, `QFileDialog::accept`, `showContextMenu`).
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QMessageBox, QWidget
from typing_extensions import override

from widgets import formats


class FileDialog(QFileDialog):
    """Qt's dialog of files, the loop's own one: what it has to say stands in a box that holds nothing up."""

    def __init__(self, parent: QWidget | None, title: str) -> None:
        super().__init__(parent, title)
        self.setOption(QFileDialog.Option.DontUseNativeDialog)
        self.setOption(QFileDialog.Option.DontConfirmOverwrite)  # asked below
        self.setOption(QFileDialog.Option.ReadOnly)  # no deleting and renaming: those ask in a loop, too
        for listed in self.findChildren(QAbstractItemView):
            listed.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.box: QMessageBox | None = None
        """What was said or asked last, while it is open."""

    @override
    def accept(self) -> None:
        """Take what is chosen; a file that is missing is named, one that would be written over is asked about."""
        if self.box is not None:  # what was said is to be answered first
            self.box.raise_()
            return
        chosen = [Path(name) for name in self.selectedFiles()]
        missing = next((path for path in chosen if not path.exists()), None)
        if self.fileMode() is QFileDialog.FileMode.ExistingFile and missing is not None:
            where = formats.plain(str(missing.parent), 200)
            self._open(f"There is no file {formats.plain(missing.name, 80)} in {where}.")
            return
        there = next((path for path in chosen if path.is_file()), None)
        if self.acceptMode() is QFileDialog.AcceptMode.AcceptSave and there is not None:
            box = self._open(f"{formats.plain(there.name, 80)} is there already. Write over it?", asking=True)
            box.accepted.connect(lambda: QFileDialog.accept(self))
            return
        super().accept()

    def _open(self, words: str, *, asking: bool = False) -> QMessageBox:
        buttons = QMessageBox.StandardButton
        box = self.box = QMessageBox(self)
        box.setWindowTitle(self.windowTitle())
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(words)
        box.setStandardButtons(buttons.Yes | buttons.No if asking else buttons.Ok)
        box.finished.connect(self._closed)
        box.setModal(False)
        box.show()  # not modal: KILL works over it
        return box

    def _closed(self) -> None:
        if self.box is not None:
            self.box.deleteLater()
            self.box = None
