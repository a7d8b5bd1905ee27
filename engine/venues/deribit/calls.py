"""Requests on one socket of Deribit: numbered, and remembered until they are answered. Pure.

Answers may come out of order, and none may come at all: who asks looks from time to time at what is overdue.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.units import SECOND, Nanos
from engine.venues.deribit import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER_IN: Final = Nanos(5 * SECOND)
"""An answer that has not come by then will not."""
ASKED_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is on its way."""

    method: str
    at: Nanos
    channels: tuple[str, ...] = ()


@dataclass(slots=True)
class Calls:
    """What is to be sent on a socket, and what was."""

    outbox: list[tuple[str, str]] = field(default_factory=list)
    """Method and text."""
    _asked: dict[int, Asked] = field(default_factory=dict)
    _next: int = 1

    def ask(
        self, method: str, params: Mapping[str, object], at: Nanos, channels: tuple[str, ...] = ()
    ) -> tuple[int, str]:
        """Number a request and return its number and text; the caller sends it."""
        number = self._next
        self._next += 1
        self._asked[number] = Asked(method, at, channels)
        if len(self._asked) > ASKED_MOST:
            del self._asked[next(iter(self._asked))]
        return number, wire.request(number, method, params)

    def put(self, method: str, params: Mapping[str, object], at: Nanos, channels: tuple[str, ...] = ()) -> None:
        """Number a request and leave it to be sent."""
        self.outbox.append((method, self.ask(method, params, at, channels)[1]))

    def is_of(self, number: int | str | None, method: str) -> bool:
        """Whether a number is that of a request of this method that is on its way."""
        asked = self.of(number)
        return asked is not None and asked.method == method

    def of(self, number: int | str | None) -> Asked | None:
        """Return the request of a number, if it is on its way."""
        return self._asked.get(number) if isinstance(number, int) else None

    def answered(self, number: int | str | None) -> Asked | None:
        """Return the request that was answered, once."""
        return self._asked.pop(number, None) if isinstance(number, int) else None

    def overdue(self, at: Nanos) -> Asked | None:
        """Return the oldest request whose answer has not come in time."""
        first = next(iter(self._asked.values()), None)
        return first if first is not None and at - first.at > ANSWER_IN else None

    def clear(self) -> None:
        """Forget all: the connection they were for is gone."""
        self.outbox.clear()
        self._asked.clear()
