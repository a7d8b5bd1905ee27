"""What memory the process holds, and the cycle collector, calmed for a program that trades.

The collector walks every container it knows once 700 more have been made than freed, and all of them whenever the
oldest generation is due: some 6 ms in the middle of a trade, with everything imported at the start walked again each
time. What lives as long as the program is frozen out of its sight; the rest is looked at after 50,000 new containers.
Cycles are still found: Qt's wrappers make some.

Pictures of docks come and go by the megabyte. glibc takes such blocks from the system at first, but from the heap once
some were freed (`mallopt(3)`, M_MMAP_THRESHOLD), where what stays between them keeps their pages from going back:
`returned` keeps the threshold where it is.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

THRESHOLDS: Final = (50_000, 20, 50)
"""New containers before the youngest is walked; walks of each generation before one of the next."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""As glibc's malloc.h has them."""
LARGE: Final = 1 << 20
"""Bytes from which a block is the system's own and goes back to it when it is freed."""
SPARE: Final = 8 << 20
"""Bytes free at the heap's end that are kept for what comes next."""


@contextmanager
def unwatched() -> Iterator[None]:
    """Collect nothing until `painted`: all that a start makes stays, and walking it is a tenth of the start."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()


def painted() -> None:
    """Collect again after `unwatched`: the window is there, and what it took is not walked."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def settled() -> None:
    """Freeze what was made since a session began to run, too; nothing where none does."""
    if gc.get_freeze_count():
        gc.freeze()


@contextmanager
def calmed() -> Iterator[None]:
    """Freeze what exists and collect seldom while a session runs; all that as before afterwards."""
    returned()
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def returned() -> bool:
    """Have large blocks go back to the system when they are freed; return whether this system's library can.

    Elsewhere than on glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGE)) and bool(mallopt(M_TRIM_THRESHOLD, SPARE))


def held_mb() -> float | None:
    """Return the memory this process holds, in megabytes; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    held = next((line.split()[1] for line in lines if line.startswith("VmRSS:")), None)
    return None if held is None else round(int(held) / 1024, 1)
