"""What the window exports into the profile's folder `exports`: tables, the ledger's statements, the map, a bundle.

Everything is written off the loop; the corner of the window says where it is, or why it is not.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import msgspec
from PySide6.QtCore import QObject

from app import diagnostics, exports, mappage
from app.redact import secrets as hidden
from engine.core.effects import Level
from engine.core.errors import InputError, StoreError, UserError
from engine.host.clock import WallClock, steady
from widgets import formats
from widgets.hexmap import MapPanel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.boot import Session
    from app.dialogs import Dialogs
    from app.window import Window
    from engine.views.sheet import Sheet

T = TypeVar("T")


class ExportDesk(QObject):
    """Writes files, and says so."""

    def __init__(self, session: Session, window: Window, accounts: Dialogs) -> None:
        super().__init__()
        self.session, self.window, self._accounts = session, window, accounts
        window.page_wanted.connect(self.export_map)
        window.ledger_wanted.connect(self.export_ledger)
        window.diagnostics_wanted.connect(self.export_diagnostics)

    def export_sheet(self, sheet: Sheet, form: str) -> None:
        """Write the rows of a table."""
        at, rows = self.session.clock.now(), len(sheet.rows)
        self._write(
            sheet.name,
            lambda: exports.write(sheet, form, self._folder, at),
            lambda path: f"{rows} rows of {sheet.name}: {path}",
        )

    def export_ledger(self, table: str) -> None:
        """Write a table of the ledger, as `atmx export` reads it."""
        at, ledger = self.session.clock.now(), self.session.ledger
        self._write(
            table,
            lambda: exports.of_ledger(ledger, table, self._folder, at),
            lambda found: f"{found[1]} lines of the {table}: {found[0]}",
        )

    def export_diagnostics(self) -> None:
        """Write a diagnostics bundle."""
        session, wall = self.session, WallClock()
        latency = msgspec.to_builtins(session.host.latency.view(steady()))
        extra = {"mode": session.mode, "events": session.host.sequence, "latency": latency}
        found, ring = self._accounts.preferences.settings(), self._accounts.ring

        def write() -> Path:
            scrub = diagnostics.Scrubber(hidden, ring.values())
            return diagnostics.build(session.profile, self._folder, wall.now(), scrub, found, extra=extra)

        self._write(
            "diagnostics bundle", write, lambda path: f"Without secrets, but read it before you give it away: {path}"
        )

    def export_map(self) -> None:
        """Write the map as it is shown as a page for a browser."""
        seen = [
            panel for panel in self.window.panels_made() if isinstance(panel, MapPanel) and panel.view() is not None
        ]
        view = next((panel.view() for panel in sorted(seen, key=lambda panel: not panel.isVisible())), None)
        try:
            content = None if view is None else mappage.collect(view)
        except InputError as e:
            self.window.tell(f"The map page was not written: {e}", Level.WARN)
            return
        if content is None:
            self.window.tell("The map page was not written: no map has been drawn yet", Level.WARN)
            return
        at = formats.utc(self.session.clock.now(), "%Y%m%dT%H%M%S")
        path = self._folder / f"map-{at}.html"
        self._write(
            "map page",
            lambda: mappage.write(content, path),
            lambda size: f"The map as a page, {size / 1e6:.1f} MB, opens offline: {path}",
        )

    @property
    def _folder(self) -> Path:
        return self.session.profile.folder / "exports"

    def _write(self, what: str, work: Callable[[], T], say: Callable[[T], str]) -> None:
        """Do work off the loop, then say what came of it."""

        def done(found: asyncio.Future[T]) -> None:
            if found.cancelled():
                return
            error = found.exception()
            if isinstance(error, OSError | UserError | StoreError):
                self.window.tell(f"The {what} was not written: {error}", Level.WARN)
            elif error is not None:
                raise error
            else:
                self.window.tell(say(found.result()))

        asyncio.get_running_loop().run_in_executor(None, work).add_done_callback(done)
