"""Exceptions nobody caught, as the trader sees them: one sentence in the corner, a report to read and to keep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from app.crash import LastResort
from engine.core.effects import Level
from engine.views.status import NoticeRow
from widgets.crashsheet import LONGEST, CrashSheet
from widgets.files import FileDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.brakes import Brakes
    from app.logs import Logs
    from app.window import Window
    from engine.core.units import Nanos


class CrashDesk(QObject):
    """Tells of crashes, in the window that is open.

    Parameters
    ----------
    folder : Path
        Where reports are written.
    logs : Logs
        Their last lines go into a report.
    window : callable
        The window, or None before there is one.
    watched : bool
        Somebody looks at the screen: only then does the report open by itself.
    """

    def __init__(
        self,
        folder: Path,
        logs: Logs,
        brakes: Brakes,
        *,
        window: Callable[[], Window | None],
        now: Callable[[], Nanos],
        watched: bool,
    ) -> None:
        super().__init__()
        self._folder = folder
        self._logs = logs
        self._window = window
        self._now = now
        self._watched = watched
        self._sheet: CrashSheet | None = None
        self._last = LastResort(
            folder, halt=brakes.halt, reduce_only=brakes.reduce_only, tell=self._tell, lines=self._lines
        )

    def report(self, error: BaseException, where: str) -> None:
        """Halt or slow down as the error deserves, tell the trader, keep the screen."""
        self._last.report(error, where)

    def program_log(self) -> list[NoticeRow]:
        """Return the newest of the program's own log for the dock, oldest first: numbered as they came."""
        lines, first = self._logs.numbered()
        return [
            NoticeRow(id=n, at=line.at, level=line.level, code=line.logger, text=line.text, subject="", times=1)
            for n, line in enumerate(lines, first)
        ]

    def open_logs(self) -> None:
        """Show the folder of the logs in the desktop's own file viewer."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def _lines(self) -> list[str]:
        return [line.text for line in self._logs.recent()[-200:]]

    def _tell(self, words: str, file: Path | None) -> None:
        """Say it where the trader looks, and on stderr."""
        where = "" if file is None else f" Report: {file.name}"
        sys.stderr.write(f"atmx: {words}{where}\n")
        window = self._window()
        if window is None:
            return
        row = NoticeRow(
            id=0, at=self._now(), level=int(Level.DANGER), code="CRASH", text=words + where, subject="", times=1
        )
        window.toasts.show_notice(row)
        if file is not None and self._watched:
            self._show(window, words, file)

    def _show(self, window: Window, words: str, file: Path) -> None:
        if self._sheet is None:
            self._sheet = CrashSheet(window)
            self._sheet.save_wanted.connect(self._save)
            self._sheet.folder_wanted.connect(self.open_logs)
        with file.open(encoding="utf-8", errors="replace") as report:
            self._sheet.show_report(words, report.read(LONGEST))

    def _save(self, text: str) -> None:
        dialog = FileDialog(self._sheet, "Save the crash report")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile("atmx-crash.txt")
        dialog.fileSelected.connect(lambda path: self._saved(path, text))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()  # not modal: KILL works over it

    def _saved(self, path: str, text: str) -> None:
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as e:
            window = self._window()
            if window is not None:
                window.tell(f"The report was not written: {e.strerror}", Level.WARN)
