"""How often the long proofs run: as often as the acceptance lines say under ATMX_FULL=1, else a tenth.

ATMX_SHARE says another part of the full number, such as 0.01 to see whether a proof starts.
"""

from __future__ import annotations

import os

FULL = os.environ.get("ATMX_FULL") == "1"
SHARE = float(os.environ.get("ATMX_SHARE") or (1.0 if FULL else 0.1))


def scale(full: int) -> int:
    """Return how many rounds to run of a proof whose full number is `full`."""
    return max(1, round(full * SHARE))
