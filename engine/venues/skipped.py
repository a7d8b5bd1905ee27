"""What of a venue's listing could not be read: left out while the rest is listed, counted, and named once. Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

ROOM: Final = 1_000
"""Names remembered; the oldest is forgotten, and would merely be named again."""
SHOWN: Final = 120
"""Characters of a name and of a reason that are told."""


_ANY: Final = msgspec.json.Decoder(dict[str, Any])


class Skipped:
    """Markets and events of one venue that were left out."""

    def __init__(self) -> None:
        self.count = 0
        """How often something was left out, the same thing at a later look included."""
        self._named: dict[str, None] = {}
        self._news: list[str] = []

    def add(self, name: str, why: str) -> None:
        """Note one that cannot be read."""
        self.count += 1
        if name in self._named:
            return
        while len(self._named) >= ROOM:
            del self._named[next(iter(self._named))]
        self._named[name] = None
        self._news.append(f"{name[:SHOWN]}: {why[:SHOWN]}")

    def news(self) -> tuple[str, ...]:
        """Return what was not told of before, each with its reason; it is told of then."""
        found, self._news = tuple(self._news), []
        return found


def name_in(raw: bytes | msgspec.Raw, key: str) -> str:
    """Return what an object that cannot be read is called by its own `key`."""
    try:
        name = _ANY.decode(raw).get(key)
    except (msgspec.DecodeError, ValueError, RecursionError):
        name = None
    return name if isinstance(name, str) and name else f"one without {key}"
