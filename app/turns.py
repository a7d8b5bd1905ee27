"""How often threads take turns: the loop's and the store's share one interpreter."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SWITCH_S: Final = 1e-4
"""A busy loop lets the writer thread in after this; at Python's own 5 ms a commit waits for it many times over."""


@contextlib.contextmanager
def switching() -> Iterator[None]:
    """Let threads take turns as often as the terminal does; as before afterwards."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
