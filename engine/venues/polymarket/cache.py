"""What changes slowly, remembered for a while: bounded, the longest unused goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from engine.core.units import HOUR, Nanos

if TYPE_CHECKING:
    from engine.venues.port import Now

ROOM: Final = 4_096
LIFE: Final = Nanos(HOUR)

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Values with the time they were learned.

    Parameters
    ----------
    room : int
        Most values held.
    life : Nanos
        For how long a value counts as fresh.
    """

    def __init__(self, now: Now, room: int = ROOM, life: Nanos = LIFE) -> None:
        self._now = now
        self._room = room
        self._life = life
        self._held: dict[K, tuple[V, Nanos]] = {}

    def __len__(self) -> int:
        """Return how many values are held, fresh or not."""
        return len(self._held)

    def put(self, key: K, value: V) -> list[K]:
        """Remember a value as of now; return the keys that had to go for it."""
        self._held.pop(key, None)
        self._held[key] = value, self._now()
        gone = list(self._held)[: max(len(self._held) - self._room, 0)]
        for old in gone:
            del self._held[old]
        return gone

    def fresh(self, key: K) -> V | None:
        """Return a value not older than its life."""
        held = self._held.get(key)
        if held is None or self._now() - held[1] > self._life:
            return None
        return held[0]

    def any(self, key: K) -> V | None:
        """Return a value of whatever age, and count it as used."""
        held = self._held.pop(key, None)
        if held is None:
            return None
        self._held[key] = held
        return held[0]
