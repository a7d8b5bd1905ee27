"""What a line of the registry is called, and what it may be told: its parameters, with their ranges."""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple

from engine.core.ids import StrategyId

Value = bool | int | float | str
"""What a parameter holds."""
LONGEST_TEXT: Final = 400
"""Characters of a parameter that is a text."""


class Kind(Enum):
    """What a parameter is."""

    NUMBER = "number"
    WHOLE = "whole"
    SWITCH = "switch"
    CHOICE = "choice"
    TEXT = "text"


class Parameter(NamedTuple):
    """One thing a strategy may be told, with its range."""

    name: str
    kind: Kind
    default: Value
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """Return the value a text stands for.

        Raises
        ------
        ValueError
            If it stands for none, or for one outside of the range; the message is a sentence for the trader.
        """
        said = text.strip()
        if self.kind is Kind.TEXT:
            if len(said) > LONGEST_TEXT or not said.isprintable():
                msg = f"{self.name} is at most {LONGEST_TEXT} printable characters"
                raise ValueError(msg)
            return said
        if self.kind is Kind.CHOICE:
            if said not in self.choices:
                msg = f"{self.name} is one of {', '.join(self.choices)}, was {said[:40]!r}"
                raise ValueError(msg)
            return said
        if self.kind is Kind.SWITCH:
            if said not in {"on", "off"}:
                msg = f"{self.name} is on or off, was {said[:40]!r}"
                raise ValueError(msg)
            return said == "on"
        return self._number(said)

    def write(self, value: Value) -> str:
        """Return a value as `read` takes it."""
        if self.kind is Kind.SWITCH:
            return "on" if value else "off"
        return f"{value:.12g}" if isinstance(value, float) else str(value)

    def _number(self, said: str) -> Value:
        try:
            value: float = int(said) if self.kind is Kind.WHOLE else float(said)
        except (ValueError, OverflowError):
            what = "a whole number" if self.kind is Kind.WHOLE else "a number"
            msg = f"{self.name} is {what}, was {said[:40]!r}"
            raise ValueError(msg) from None
        if not (math.isfinite(value) and self.low <= value <= self.high):
            unit = f" {self.unit}" if self.unit else ""
            msg = f"{self.name} must lie between {self.low:g} and {self.high:g}{unit}, was {said[:40]}"
            raise ValueError(msg)
        return value


class Spec(NamedTuple):
    """One line of the registry."""

    name: StrategyId
    title: str
    trigger: str
    """What it acts on, in a word or two: ``Binance trade``."""
    help: str
    parameters: tuple[Parameter, ...] = ()
