"""One terminal a profile: a second start asks the first to come to the front, by a file in the profile.

The first takes the file away when it has come up; that is the answer. No socket, and it works on every system.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE: Final = "RAISE"
PATIENCE_S: Final = 1.5
_STEP_S: Final = 0.05
_LOOK_S: Final = 0.2


async def ask(folder: Path) -> bool:
    """Ask whoever holds the profile to show its window; return whether it did."""
    path = folder / FILE
    try:
        path.touch(mode=0o600)
    except OSError:
        return False
    for _ in range(round(PATIENCE_S / _STEP_S)):
        if not path.exists():
            return True
        await asyncio.sleep(_STEP_S)
    path.unlink(missing_ok=True)  # a command holds the profile, or a terminal without a window
    return False


async def answer(folder: Path, come_up: Callable[[], None]) -> None:
    """Come to the front whenever another start asks for it; runs until cancelled."""
    path = folder / FILE
    path.unlink(missing_ok=True)  # asked of an earlier session
    while True:
        if path.exists():
            come_up()
            path.unlink(missing_ok=True)
        await asyncio.sleep(_LOOK_S)
