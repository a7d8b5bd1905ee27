"""One setting: its kind, its range, and how a file, the environment and a trader's typing say its value. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = bool | int | Decimal | str | tuple[str, ...] | None
"""None is what was never said; `Setting.unset` puts it into words."""
UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
"""Of a span of time, the largest first."""
LONGEST: Final = 1_000
"""Characters of a text."""
_SPAN: Final = re.compile(r"(\d{1,9})\s*(d|h|min|m|s)?")
_TRUE: Final = frozenset({"1", "true", "on", "yes"})
_FALSE: Final = frozenset({"0", "false", "off", "no"})


class Kind(StrEnum):
    """What a value is."""

    BOOL = "bool"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    DURATION = "duration"
    """Whole seconds; written as ``30 d``, ``8 h``, ``5 min`` or ``90 s``."""
    CHOICE = "choice"
    TEXT = "text"
    PATH = "path"
    LIST = "list"
    SECRET = "secret"
    """Never in the file: a keyring keeps it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one key before anybody has set it."""

    key: str
    kind: Kind
    default: Value
    page: str
    title: str
    help: str
    choices: tuple[str, ...] = ()
    """Of a choice, and of the entries of a list where they are few."""
    low: Decimal | int | None = None
    high: Decimal | int | None = None
    unit: str = ""
    variable: str = ""
    """Environment variable that overrides it; `env` has the usual one where none is named."""
    now: bool = False
    """A change is felt at once; else at the next start."""
    shape: str = ""
    """Pattern of a text, or of each entry of a list."""
    words: str = ""
    """What the pattern allows."""
    most: int = 64
    """Entries of a list."""
    unset: str = "not set"
    spoken: Mapping[str, str] = field(default_factory=dict)
    """Other words for a choice, in small letters."""
    kept: bool = True
    """Whether the settings file may say it."""

    @property
    def env(self) -> str:
        """Return the environment variable that overrides it."""
        return self.variable or "ATMX_" + self.key.upper().replace(".", "_")

    def read(self, raw: object) -> Value:
        """Return the value a settings file says.

        Raises
        ------
        ValueError
            With the value and what is allowed.
        """
        if not self.kept:
            where = "the keyring keeps it" if self.kind is Kind.SECRET else f"{self.env} in the environment says it"
            raise ValueError(f"has no place in a file; {where}")
        if self.kind is Kind.BOOL and isinstance(raw, bool):
            return raw
        if self.kind is Kind.LIST and isinstance(raw, list) and all(isinstance(one, str) for one in raw):
            return self._entries(tuple(raw))
        if isinstance(raw, str) and self.kind not in {Kind.BOOL, Kind.INT, Kind.LIST}:
            return self.typed(raw) if raw or self.default is not None else None
        if isinstance(raw, int | Decimal) and not isinstance(raw, bool) and self.kind in _NUMBERS:
            return self._number(Decimal(raw), str(raw))
        raise ValueError(f"has {_short(raw)}; {self.allowed()}")

    def typed(self, text: str) -> Value:
        """Return the value a text says, typed by the trader or set in the environment.

        Raises
        ------
        ValueError
            With the value and what is allowed.
        """
        said = text.strip()
        if self.kind is Kind.LIST:
            return self._entries(tuple(one for one in re.split(r"[,\s]+", said) if one))
        if self.kind is Kind.BOOL:
            if said.lower() in _TRUE | _FALSE:
                return said.lower() in _TRUE
            raise ValueError(f"has {_short(text)}; {self.allowed()}")
        if self.kind is Kind.CHOICE:
            return self._choice(said)
        if self.kind in _NUMBERS:
            return self._counted(said)
        return self._text(said)

    def shown(self, value: Value) -> str:
        """Return a value as its field shows it; `typed` reads it back."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, tuple):
            return ", ".join(value)
        if self.kind is Kind.DURATION and isinstance(value, int):
            unit, seconds = next((u, s) for u, s in UNITS if value % s == 0 or s == 1)
            return f"{value // seconds} {unit}"
        return f"{value:f}" if isinstance(value, Decimal) else str(value)

    def said(self, value: Value) -> str:
        """Return a value in words, such as a default."""
        return self.shown(value) or (self.unset if value is None else "empty")

    def toml(self, value: Value) -> str:
        """Return a value as a settings file writes it."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, tuple):
            return f"[{', '.join(_quoted(one) for one in value)}]"
        if isinstance(value, int) and self.kind is Kind.INT:
            return str(value)
        return _quoted(self.shown(value))

    def allowed(self) -> str:
        """Return what is allowed, in words."""
        unit = f" {self.unit}" if self.unit else ""
        if self.kind is Kind.LIST:
            inner = f"allowed are {', '.join(self.choices)}" if self.choices else f"{self.words or 'texts'} are allowed"
            return f"a list of at most {self.most}: {inner}"
        if self.choices:
            return f"allowed are {', '.join(one or 'nothing' for one in self.choices)}"
        if self.kind is Kind.BOOL:
            return "allowed are on and off"
        if self.kind in _NUMBERS:
            what = "a whole number" if self.kind is Kind.INT else "a span" if self.kind is Kind.DURATION else "a number"
            if self.low is None or self.high is None:
                return f"{what}{unit} is allowed"
            low, high = self.shown(self.low), self.shown(self.high)
            return f"{what}, {low} to {high}{unit} are allowed"
        return f"{self.words or f'a text of up to {LONGEST} signs'} is allowed"

    def _choice(self, said: str) -> str:
        found = next((one for one in self.choices if one.lower() == said.lower()), None)
        found = found if found is not None else self.spoken.get(said.lower())
        if found is None:
            raise ValueError(f"has {_short(said)}; {self.allowed()}")
        return found

    def _counted(self, said: str) -> Value:
        if self.kind is Kind.DURATION:
            match = _SPAN.fullmatch(said)
            if match is None:
                raise ValueError(f"has {_short(said)}; {self.allowed()}")
            each = dict(UNITS) | {"m": 60}
            return self._number(Decimal(match[1]) * each[match[2] or "s"], said)
        try:
            return self._number(Decimal(said.replace("\u2212", "-").replace(",", ".")), said)
        except InvalidOperation:
            raise ValueError(f"has {_short(said)}; {self.allowed()}") from None

    def _number(self, value: Decimal, said: str) -> Value:
        whole = self.kind in {Kind.INT, Kind.DURATION}
        fits = value.is_finite() and not (whole and value != value.to_integral_value())
        fits = fits and (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        if not fits:
            raise ValueError(f"has {said[:60]}; {self.allowed()}")
        return int(value) if whole else value

    def _text(self, said: str) -> str:
        fits = len(said) <= LONGEST and said.isprintable() and (not self.shape or re.fullmatch(self.shape, said))
        if self.kind is not Kind.SECRET and self.choices and said not in self.choices:
            fits = False
        if not fits:
            raise ValueError(f"has {_short(said)}; {self.allowed()}")
        return said

    def _entries(self, said: tuple[str, ...]) -> tuple[str, ...]:
        if len(said) > self.most:
            raise ValueError(f"has {len(said)} entries; at most {self.most} are allowed")
        for one in said:
            if (self.choices and one not in self.choices) or (self.shape and not re.fullmatch(self.shape, one)):
                raise ValueError(f"has {_short(one)}; {self.allowed()}")
        return tuple(dict.fromkeys(said))


_NUMBERS: Final = frozenset({Kind.INT, Kind.DECIMAL, Kind.MONEY, Kind.DURATION})


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 62 else f"{text[:60]}…"


def _quoted(text: str) -> str:
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'
