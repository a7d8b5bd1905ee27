"""Starts another process of this program, such as a replay beside a session that goes on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QProcess

if TYPE_CHECKING:
    from pathlib import Path


def command(*words: str) -> list[str]:
    """Return the command line that runs this program with other words, frozen or from source."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    return [*program, *words]


def replay(profile: Path, session: Path) -> bool:
    """Open a recorded session in a window of its own; return whether that process began."""
    program, *rest = command("--profile", str(profile), "--replay", str(session))
    began, _pid = QProcess.startDetached(program, rest)
    return bool(began)
