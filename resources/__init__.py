"""Files the program ships, and the one way to reach them."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def path(*parts: str) -> Path:
    """Return the path of a shipped file, such as ``path("map", "states.json")``."""
    return _HERE.joinpath(*parts)
