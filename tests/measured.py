"""How much of a test coverage watches: as long as it finds something new, and then now and then.

Python runs four times slower while it is traced, and a proof of a thousand rounds runs the same lines in each. Each
`TICK` of CPU time the branches found so far are counted; after `IDLE` ticks without a new one tracing rests, each rest
twice as long as the last one, until there is something new again or the test ends. A short test is watched whole;
what pytest does between tests is not.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

TICK = 0.025
"""Seconds of the process's CPU time."""
IDLE = 3
"""Ticks without anything new after which tracing rests."""
LONGEST = 64
"""Ticks of a rest."""


class Watch:
    """Coverage's tracer of the main thread, and a timer that lets it rest. Other threads are watched all the time."""

    def __init__(self, collector: Any) -> None:
        self.collector = collector
        self.tracer: Any = sys.gettrace()
        self.tracing = True
        self.known = 0
        self.idle = 0
        self.rest = self.left = 1
        signal.signal(signal.SIGVTALRM, self._tick)
        signal.siginterrupt(signal.SIGVTALRM, False)

    @classmethod
    def of(cls, config: pytest.Config) -> Watch | None:
        """Return the watch over what this process measures; None where nothing is measured or no such timer is."""
        plugin = config.pluginmanager.getplugin("_cov")
        measured = getattr(getattr(plugin, "cov_controller", None), "cov", None)
        collector = getattr(measured, "_collector", None)
        if collector is None or sys.gettrace() not in collector.tracers or not hasattr(signal, "setitimer"):
            return None
        return cls(collector)

    @contextmanager
    def over(self, *, new: bool) -> Iterator[None]:
        """Watch a part of a test from its first line; the parts of a test share their rests."""
        if new:
            self.idle, self.rest = 0, 1
        self._trace(True)
        signal.setitimer(signal.ITIMER_VIRTUAL, TICK, TICK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
            self._trace(False)

    def end(self) -> None:
        """Leave coverage as it was."""
        self._trace(True)

    def _found(self) -> int:
        return sum(map(len, list(self.collector.data.values())))

    def _trace(self, on: bool) -> None:
        if on is not self.tracing:
            self.tracing = on
            self._start() if on else self._stop()

    def _start(self) -> None:
        self.collector._start_tracer()
        self.tracer = self.collector.tracers[-1]

    def _stop(self) -> None:
        self.tracer.stop()
        sys.settrace(None)
        self.collector.tracers.remove(self.tracer)

    def _tick(self, *_: object) -> None:
        if not self.tracing:
            self.left -= 1
            self._trace(self.left <= 0)
            return
        before, self.known = self.known, self._found()
        if self.known > before:
            self.idle, self.rest = 0, 1
            return
        self.idle += 1
        if self.idle >= IDLE or self.rest > 1:
            self.left, self.rest = self.rest, min(2 * self.rest, LONGEST)
            self._trace(False)
