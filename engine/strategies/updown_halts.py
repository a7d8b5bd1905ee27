"""Halts of the Up/Down strategies after losses: once begun, one lasts until its day or week is over.

What settles later, or money that is paid in, does not end it. What is traded and what is in the shadow halt apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.units import DAY, Nanos
from engine.core.when import DAYS_A_WEEK, day_start, week_start
from engine.risk.two_tier import Gate
from engine.strategies.said import Remember

if TYPE_CHECKING:
    from engine.core.ids import StrategyId

NAME: Final = "halt"
"""Under which one is remembered."""


class Halt(msgspec.Struct, frozen=True):
    """One halt."""

    gate: Gate
    until: int
    """Of the session's clock."""


_reader = msgspec.json.Decoder(Halt)


class Halts:
    """What has halted, by whether it sends."""

    def __init__(self) -> None:
        self._of: dict[bool, Halt] = {}
        self.begun = 0
        """How many there were."""
        self._told: Halt | None = None
        """The last that was put on disk."""

    def at(self, sends: bool, now: Nanos) -> Gate | None:
        """Return what lines that send, or the others, are halted by now."""
        one = self._of.get(sends)
        return None if one is None or now >= one.until else one.gate

    def begin(self, sends: bool, gate: Gate | None, now: Nanos) -> None:
        """Halt by a loss of the day or of the week; of two the one that lasts longer. Any other gate halts nothing."""
        if gate is not Gate.DAILY_LOSS and gate is not Gate.WEEKLY_LOSS:
            return
        until = day_start(now) + DAY if gate is Gate.DAILY_LOSS else week_start(now) + DAYS_A_WEEK * DAY
        one = self._of.get(sends)
        if one is None or one.until < until:
            self._of[sends] = Halt(gate, until)
            self.begun += 1

    def remember(self, strategy: StrategyId) -> list[Remember]:
        """Return what is to be put on disk of what is traded, once."""
        one = self._of.get(True)
        if one is None or one == self._told:
            return []
        self._told = one
        return [Remember(strategy, NAME, msgspec.json.encode(one).decode())]

    def recall(self, body: str) -> None:
        """Take up a halt of an earlier session; ValueError if it is none."""
        try:
            self._told = self._of[True] = _reader.decode(body)
            self.begun += 1
        except msgspec.DecodeError as e:
            msg = f"its halt cannot be read ({e})"
            raise ValueError(msg) from e
