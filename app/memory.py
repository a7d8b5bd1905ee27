"""What memory the process holds, and the cycle collector, calmed for a program that trades.

The collector walks every container it knows once 700 more have been made than freed, and all of them whenever the
oldest generation is due: some 6 ms in the middle of a trade, with everything imported at the start walked again each
time. What lives as long as the program is frozen out of its sight; the rest is looked at after 50,000 new containers.
Cycles are still found: Qt's wrappers make some.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

THRESHOLDS: Final = (50_000, 20, 50)
"""New containers before the youngest is walked; walks of each generation before one of the next."""


@contextmanager
def calmed() -> Iterator[None]:
    """Freeze what exists and collect seldom while a session runs; everything as before afterwards."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def held_mb() -> float | None:
    """Return the memory this process holds, in megabytes; None where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    held = next((line.split()[1] for line in lines if line.startswith("VmRSS:")), None)
    return None if held is None else round(int(held) / 1024, 1)
