"""A profile: the folder that holds everything the program writes, and the lock that keeps it to one process.

The lock is the operating system's, so a killed owner's is free at once and nothing stale has to be guessed at.
The owner's process id stands in the file for the one who is turned away.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, Self

from engine.core.errors import StoreError, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LEDGERS: Final = {"paper": "ledger-paper.db", "demo": "ledger-paper.db", "live": "ledger.db"}
"""The ledger of each mode; replay and backtests write none."""
FAR: Final = 1 << 30
"""Windows locks bytes, and nobody may read a locked one: lock one far behind the process id."""

_owned: Final[set[Path]] = set()
"""Lock files of this process. POSIX locks belong to the process: a second open of the file would free it."""


class Profile:
    """The folder layout of one profile. Folders and files we make are the owner's alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journals = folder / "journal"
        self.logs = folder / "logs"
        self.backups = folder / "backups"
        self.weather = folder / "weather"
        self.checkpoint = folder / "checkpoint.json"
        self.settings = folder / "settings.toml"
        self.layout = folder / "layout.json"
        self.hotkeys = folder / "hotkeys.json"
        self.watchlists = folder / "watchlists.json"
        self.plans = folder / "plans.json"
        self.habits = folder / "habits.json"
        self.lock = folder / "lock"

    def ledger(self, mode: str) -> Path | None:
        """Return the ledger of a mode; None where none is written."""
        name = LEDGERS.get(mode)
        return self.folder / name if name else None

    def make(self) -> Self:
        """Make the folders that are not there.

        Raises
        ------
        Unavailable
            If they cannot be made.
        """
        try:
            for folder in (self.folder, self.journals, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as e:
            msg = f"the profile {self.folder} cannot be made ({e.strerror})"
            raise Unavailable(msg) from e
        return self


class Lock:
    """One writer a profile: held from `take` until `free`, or until the process ends in whatever way."""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self._file: int | None = None

    def take(self) -> None:
        """Become the owner.

        Raises
        ------
        Unavailable
            If another process is; the text names it.
        StoreError
            If the file cannot be opened or written.
        """
        if self._path in _owned:
            raise Unavailable(self._taken(os.getpid()))
        file = self._open()
        try:
            _lock(file)
        except OSError as e:
            owner = _pid(file)
            os.close(file)
            raise Unavailable(self._taken(owner)) from e
        try:
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, f"{os.getpid():<20}\n".encode())  # one width, so that nothing of the last owner stays
        except OSError as e:
            os.close(file)
            msg = f"{self._path} cannot be written ({e.strerror})"
            raise StoreError(msg) from e
        _owned.add(self._path)
        self._file = file

    def free(self) -> None:
        """Let the next one in; the file stays, since removing it would race with whoever waits."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
            _owned.discard(self._path)

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as e:
            msg = f"{self._path} cannot be opened ({e.strerror})"
            raise StoreError(msg) from e

    def _taken(self, owner: int | None) -> str:
        who = f"process {owner}" if owner else "another process"
        return f"the profile {self._path.parent} is in use by {who}"


def _pid(file: int) -> int | None:
    """Return the process id written in a lock file, if its owner has come to write it."""
    os.lseek(file, 0, os.SEEK_SET)
    text = os.read(file, 20).strip()
    return int(text) if text.isdigit() else None


if sys.platform == "win32":

    def _lock(file: int) -> None:
        os.lseek(file, FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:

    def _lock(file: int) -> None:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
