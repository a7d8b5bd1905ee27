"""How the parts of the program do that run by themselves."""

from __future__ import annotations

import msgspec


class ServiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One of them."""

    name: str
    state: str
    """``ok``, ``down``, ``off``, or ``busy`` where work waits longer than it should."""
    age_s: float | None
    """Seconds since it began, or since it stopped; None where nobody counts."""
    restarts: int | None
    why: str
    """What is wrong, or what it does; one sentence."""


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    ok: bool
    """None of them is down."""
    rows: tuple[ServiceLine, ...]
