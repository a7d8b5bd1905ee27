"""asyncio on Qt's loop, as `AtmxLoop`; `app.loop` starts and stops it.

One Qt timer and a heap carry every `call_later`, and one queue carries every
`call_soon`. Stock qasync gives each of them a Qt timer of its own: cancelled ones
live on until they would have fired (every time-out of a request is one), delays
are cut to whole milliseconds, and a nested Qt loop resumes tasks inside tasks,
which kills them. Here

* cancelled timers are swept, so a day of time-outs leaves a handful;
* callbacks run in the order they were asked for, at most 4 ms at a stretch, so that
  painting and input are never starved;
* a nested Qt loop, should one ever run, pauses tasks instead of breaking them.

Source: qasync 0.28.0, `asyncio/base_events.py`; each gain is asserted by `tests/app/test_loop.py`.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVarTuple, Unpack

os.environ["QT_API"] = "pyside6"  # before qasync, which would try three other bindings first

import qasync
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

Ts = TypeVarTuple("Ts")
BUDGET = 0.004
"""Seconds of callbacks at a stretch before Qt may paint and take input."""
SAMPLES = 4096
"""How many delays the lag figures look back on."""
SWEEP = 32
"""Cancelled timers that may wait before a sweep is worth its cost."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How late callbacks ran: from the moment one could run to the moment it did."""

    p50_ms: float
    p99_ms: float
    worst_ms: float
    samples: int


class _Bell(QObject):
    """Carries a wake-up from another thread to the loop's own."""

    rung = Signal()


class _Timer(asyncio.TimerHandle):
    """A timer that knows whether it still sits in the heap."""

    __slots__ = ("waiting",)
    waiting: bool


class AtmxLoop(qasync.QEventLoop):  # type: ignore[misc]  # qasync ships no types
    """asyncio on Qt's loop, with one timer heap and one ready-queue.

    Parameters
    ----------
    app : QApplication
        The running program's application; the loop belongs to its thread.
    """

    def __init__(self, app: QApplication) -> None:
        self._queue: deque[tuple[asyncio.Handle, float]] = deque()
        self._timers: list[tuple[float, int, _Timer]] = []
        self._count = itertools.count()  # equal times keep the order of asking
        self._dead = 0
        self._lags: deque[float] = deque(maxlen=SAMPLES)
        self._draining = False
        self._spent = False
        """The last stretch ended before all was done: Qt has its turn before the next one."""
        self._ringing = False
        self._fatal: BaseException | None = None
        self._held: set[asyncio.Task[Any]] = set()

        self._idle = QTimer()
        self._idle.setInterval(0)
        self._idle.timeout.connect(self._drain)
        self._alarm = QTimer()
        self._alarm.setSingleShot(True)
        self._alarm.setTimerType(Qt.TimerType.PreciseTimer)
        self._alarm.timeout.connect(self._fall_due)
        self._bell = _Bell()
        self._bell.rung.connect(self._woken, Qt.ConnectionType.QueuedConnection)
        super().__init__(app)
        # plain threads, made on demand; qasync would start ten QThreads at the first use
        self.set_default_executor(ThreadPoolExecutor(max_workers=4, thread_name_prefix="atmx-worker"))

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Run `callback` in one of the next turns, after everything asked for before."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._enqueue(handle, time.monotonic())
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """`call_soon` from any thread; unlike qasync's it returns the handle and keeps the context."""
        self._check_closed()
        handle = asyncio.Handle(callback, args, self, context)
        self._queue.append((handle, time.monotonic()))
        # `_woken` clears the flag before it starts the drain, so an append seen after that rings anew
        if not self._ringing:
            self._ringing = True
            self._bell.rung.emit()
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` after `delay` seconds, never early; the delay is not cut to milliseconds."""
        return self.call_at(self.time() + max(0.0, delay), callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` when `time()` has reached `when`."""
        self._check_closed()
        handle = _Timer(when, callback, args, self, context)
        handle.waiting = True
        heapq.heappush(self._timers, (when, next(self._count), handle))
        if self._timers[0][2] is handle:
            self._set_alarm()
        return handle

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Start a task nobody awaits: it is held until done, and its failure is reported at once."""
        task: asyncio.Task[Any] = self.create_task(work, name=name)
        self._held.add(task)
        task.add_done_callback(self._let_go)
        return task

    def lag(self) -> Lag | None:
        """Return how late recent callbacks ran, or None before the first."""
        if not self._lags:
            return None
        ordered = sorted(self._lags)
        last = len(ordered) - 1
        return Lag(
            p50_ms=ordered[last // 2] * 1e3,
            p99_ms=ordered[math.ceil(last * 0.99)] * 1e3,
            worst_ms=ordered[-1] * 1e3,
            samples=len(ordered),
        )

    def timers(self) -> int:
        """Return how many timers are kept, cancelled ones not yet swept included."""
        return len(self._timers)

    def run_forever(self) -> int:
        """Run until `stop`; an exit asked for inside a callback leaves from here."""
        result: int = super().run_forever()
        fatal, self._fatal = self._fatal, None
        if fatal is not None:
            raise fatal
        return result

    def close(self) -> None:
        """Release timers, threads and descriptors; the loop cannot be used again."""
        if self.is_closed():
            return
        super().close()
        self._idle.stop()
        self._alarm.stop()
        self._queue.clear()
        self._timers.clear()
        self._bell.rung.disconnect(self._woken)

    def _before_run_forever(self) -> None:
        super()._before_run_forever()
        if self._queue:
            self._idle.start()
        self._set_alarm()

    def _add_callback(self, handle: asyncio.Handle, delay: float = 0) -> asyncio.Handle:
        """Asyncio's own way in, used for signals."""
        self._enqueue(handle, time.monotonic())
        return handle

    def _enqueue(self, handle: asyncio.Handle, since: float) -> None:
        self._queue.append((handle, since))
        if not self._draining and not self._idle.isActive():
            self._idle.start()

    def _process_event(self, key: selectors.SelectorKey, mask: int) -> None:
        """Take what a descriptor brought, and run what that called for before Qt paints: an order may be in it.

        Where more waits than one stretch does, the next one is Qt's to begin, however many descriptors bring something.
        """
        super()._process_event(key, mask)
        if self._queue and not self._spent:
            self._drain()

    def _woken(self) -> None:
        self._ringing = False
        if self._queue and not self._draining:
            self._idle.start()

    def _drain(self) -> None:
        """Run what is ready, in order, until the queue is empty or the budget is spent."""
        if self._draining or not self.is_running():  # inside a nested Qt loop, or after stop()
            self._idle.stop()
            return
        self._draining = True
        try:
            now = time.monotonic()
            end = now + BUDGET
            while self._queue and now < end and self.is_running():
                handle, since = self._queue.popleft()
                if not handle.cancelled():
                    self._lags.append(now - since)
                    self._run_one(handle)
                now = time.monotonic()
        finally:
            self._draining = False
        self._spent = bool(self._queue)
        if not self._queue:
            self._idle.stop()
        elif not self._idle.isActive():
            self._idle.start()

    def _run_one(self, handle: asyncio.Handle) -> None:
        began = time.monotonic() if self.get_debug() else 0.0
        try:
            handle._run()
        except (SystemExit, KeyboardInterrupt) as e:
            self._fatal = e  # Qt would swallow it; `run_forever` raises it again
            self.stop()
        if began and (took := time.monotonic() - began) >= self.slow_callback_duration:
            log.warning("Executing %r took %.3f s", handle, took)

    def _fall_due(self) -> None:
        now = self.time()
        while self._timers and self._timers[0][0] <= now:
            when, _, handle = heapq.heappop(self._timers)
            handle.waiting = False
            if handle.cancelled():
                self._dead = max(0, self._dead - 1)
            else:
                self._enqueue(handle, when)
        self._set_alarm()

    def _set_alarm(self) -> None:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)[2].waiting = False
            self._dead = max(0, self._dead - 1)
        if not self._timers:
            self._alarm.stop()
            return
        wait = self._timers[0][0] - self.time()
        # whole milliseconds, rounded up: a timer must not fire early; a day at most, Qt counts in 32 bits
        self._alarm.start(0 if wait <= 0 else min(int(wait * 1000) + 1, 86_400_000))

    def _timer_handle_cancelled(self, handle: _Timer) -> None:
        """Asyncio's notice, given before the handle is marked cancelled."""
        if not handle.waiting:
            return
        self._dead += 1
        if self._dead > SWEEP and self._dead * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if not entry[2].cancelled() and entry[2] is not handle]
            heapq.heapify(self._timers)
            handle.waiting = False
            self._dead = 0
            self._set_alarm()

    def _let_go(self, task: asyncio.Task[Any]) -> None:
        self._held.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.call_exception_handler({"message": f"Task {task.get_name()} failed", "exception": error, "task": task})
