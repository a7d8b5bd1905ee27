"""Refuse to start, in words, where starting would end in a crash later.

PySide6 6.12.0 drops a reference to None on each void call and one to True on each
signal; before Python 3.12 these counts are real, so a few thousand calls abort the
process. Its wheel still offers itself to Python 3.11.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import PySide6

LACKS = 3
"""Exit code: the environment lacks something."""


def why_not(python: tuple[int, int], pyside: str) -> str | None:
    """Return why this pair of versions must not run, or None where it may.

    Parameters
    ----------
    python : (major, minor)
    pyside : str
        As `PySide6.__version__`, such as ``"6.11.2"``.
    """
    major, minor = (int(part) for part in pyside.split(".")[:2])
    if python < (3, 12) and (major, minor) >= (6, 12):
        return (
            f"PySide6 {pyside} loses references on Python {python[0]}.{python[1]} and would abort the program "
            "within minutes. Install PySide6-Essentials 6.11.2, or use Python 3.12 or newer."
        )
    return None


def check() -> None:
    """Leave with exit code 3 and one line on stderr if this machine's versions must not run together."""
    reason = why_not(sys.version_info[:2], PySide6.__version__)
    if reason is not None:
        refuse(reason)


def refuse(reason: str) -> NoReturn:
    """Say `reason` on stderr and leave with exit code 3."""
    print(f"atmx: {reason}", file=sys.stderr)
    raise SystemExit(LACKS)
