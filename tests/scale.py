"""How often the long proofs run: as often as the acceptance lines say under ATMX_FULL=1, else a tenth."""

from __future__ import annotations

import os

FULL = os.environ.get("ATMX_FULL") == "1"


def scale(full: int) -> int:
    """Return how many rounds to run of a proof whose full number is `full`."""
    return full if FULL else max(1, full // 10)
