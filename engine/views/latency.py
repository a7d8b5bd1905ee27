"""How quick the session is."""

from __future__ import annotations

import msgspec


class LatencyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is timed; microseconds, None without a sample."""

    key: str
    """``wait``, ``step``, ``out`` or ``answer``."""
    name: str
    help: str
    count: int
    """Samples of the last minute."""
    p50_us: float | None
    p99_us: float | None
    session: int
    """Samples since the session began."""
    session_p50_us: float | None
    session_p99_us: float | None
    most_us: float | None
    """Longest of the session."""


class LatencyView(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    rows: tuple[LatencyLine, ...]
