"""How the parts of a session that run by themselves do: since when, how often started again, and why the last time."""

from __future__ import annotations

from engine.host.clock import steady


class Vital:
    """One of them."""

    __slots__ = ("name", "restarts", "running", "since", "why")

    def __init__(self, name: str) -> None:
        self.name = name
        self.running = False
        self.since = 0
        """Of the steady clock: when it last began, or stopped."""
        self.restarts = 0
        self.why = ""
        """Why it stopped the last time."""

    def began(self) -> None:
        """It runs."""
        if self.since:
            self.restarts += 1
        self.running, self.since = True, steady()

    def ended(self, why: str) -> None:
        """It stopped."""
        self.running, self.since, self.why = False, steady(), why
