"""The embedded exchange as an operator answers for it: its means, large positions, and conduct to look at."""

from __future__ import annotations

import msgspec

from engine.core.units import Nanos


class OversightLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is watched."""

    kind: str
    """``MEANS``, ``POSITION``, ``ROUND_TRIPS`` or ``WITHDRAWN``."""
    state: str
    """OK, NEAR or LOOK."""
    who: str
    where: str
    measured: str
    bar: str
    """What it is held against; empty where there is nothing."""
    share: float | None
    """Measured over the bar."""
    at: Nanos | None
    help: str = ""


class OversightView(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, what is to be looked at first."""

    rows: tuple[OversightLine, ...]
    flags: int
    """Lines to look at."""
