"""Where a profile keeps its files. Every file the program writes is named here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engine.core.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Profile:
    """One trader's folder; the names in it are part of the outside contract."""

    root: Path

    @property
    def paper_ledger(self) -> Path:
        """Ledger of paper and demo sessions."""
        return self.root / "ledger-paper.db"

    @property
    def live_ledger(self) -> Path:
        """Ledger of live trading; made at the first arming."""
        return self.root / "ledger.db"

    @property
    def journal(self) -> Path:
        """Folder of journals, a file a session."""
        return self.root / "journal"

    @property
    def checkpoint(self) -> Path:
        """The keyed head of the settlement chain, kept apart from the ledger."""
        return self.root / "checkpoint.json"

    @property
    def checkpoint_key(self) -> Path:
        """The checkpoint's key on machines without a key store; mode 0600."""
        return self.root / "checkpoint.key"

    @property
    def settings(self) -> Path:
        """Settings the trader may edit."""
        return self.root / "settings.toml"

    @property
    def layout(self) -> Path:
        """Workspaces and docks."""
        return self.root / "layout.json"

    @property
    def logs(self) -> Path:
        """Folder of log files and crash reports."""
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        """Held by the one process that uses the profile."""
        return self.root / "lock"

    def create(self) -> Profile:
        """Make the folders, readable by their owner alone where they are new, and return the profile.

        Raises
        ------
        Unavailable
            If a folder cannot be made or written to.
        """
        for folder in (self.root, self.journal, self.logs):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as e:
                raise Unavailable(f"the profile folder {folder} cannot be made: {e.strerror or e}") from e
            if not os.access(folder, os.W_OK | os.X_OK):
                raise Unavailable(f"the profile folder {folder} cannot be written to")
        return self


def profile(folder: Path | None = None) -> Profile:
    """Return the profile in `folder`, or the one where this system keeps a program's data. Writes nothing."""
    if folder is None:
        return Profile(platformdirs.user_data_path("atmx", appauthor=False))
    return Profile(folder.expanduser().absolute())
