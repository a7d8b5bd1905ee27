"""Last resort: halt trading, save what is known, tell the trader.

An exception nobody caught in a slot or a task is logged and reported; the money path
keeps running, because the screen's fault is no reason to leave positions alone. The
third of one kind within ten seconds makes trading reduce-only, and a contradiction of
our own making (`InvariantBroken`) halts it at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import faulthandler
import logging
import os
import platform
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from app import __version__
from app.redact import secrets
from engine.core.errors import InvariantBroken

Report = Callable[[BaseException, str], None]
"""What is told of an exception nobody caught: the exception and where it came from."""

REPORTS_KEPT: Final = 20
LAST_LINES: Final = 50

log = logging.getLogger(__name__)


def _nothing(_: str) -> None:
    """Stand for a callback nobody set."""


@dataclass(slots=True)
class CrashGuard:
    """Counts exceptions by kind and tells when one kind repeats too often."""

    limit: int = 3
    seconds: float = 10.0
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, deque[float]] = field(default_factory=dict)

    def count(self, kind: str) -> bool:
        """Count one of `kind`; True when it is the `limit`-th within `seconds`, and for each further one."""
        now = self.clock()
        times = self._seen.setdefault(kind, deque(maxlen=self.limit))
        times.append(now)
        return len(times) == self.limit and now - times[0] <= self.seconds


def kind_of(error: BaseException) -> str:
    """Return what makes two exceptions the same: their class and the line that raised them."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {place}"


class LastResort:
    """What happens to exceptions nobody caught.

    Parameters
    ----------
    folder : Path
        Where crash reports go: the profile's ``logs``, which exists.
    halt, reduce_only : (reason) -> None
        Stop trading; allow only orders that make positions smaller.
    tell : (sentence, report file or None) -> None
        Show it to the trader. Called once a kind until the kind changes.
    lines : () -> sequence of str
        The last log lines, for the report.
    """

    def __init__(
        self,
        folder: Path,
        *,
        halt: Callable[[str], None] = _nothing,
        reduce_only: Callable[[str], None] = _nothing,
        tell: Callable[[str, Path | None], None] | None = None,
        lines: Callable[[], Sequence[str]] = tuple,
        guard: CrashGuard | None = None,
    ) -> None:
        self.halt = halt
        self.reduce_only = reduce_only
        self.tell = tell
        self._folder = folder
        self._lines = lines
        self._guard = guard if guard is not None else CrashGuard()
        self._reported: set[str] = set()
        self._lock = threading.RLock()  # threads crash too

    def report(self, error: BaseException, where: str) -> None:
        """Log, count and write down `error`; act on it. Never raises."""
        if isinstance(error, KeyboardInterrupt | SystemExit | asyncio.CancelledError):
            return
        with self._lock:
            kind = kind_of(error)
            log.error("Nobody caught %s (%s)", kind, where, exc_info=error)
            self._act(error, kind)
            if kind in self._reported:  # one report a kind: a slot called each frame would fill the disk
                return
            self._reported.add(kind)
            file = self._write(error, where)
            if self.tell is not None:
                self._safely(self.tell, secrets.text(f"{kind}: {error}"[:500]), file)

    def _act(self, error: BaseException, kind: str) -> None:
        repeated = self._guard.count(kind)
        if isinstance(error, InvariantBroken | MemoryError):
            self._safely(self.halt, f"halted by {kind}")
        elif repeated:
            self._safely(self.reduce_only, f"reduce-only after {self._guard.limit} times {kind}")

    def _safely(self, act: Callable[..., None], *args: Any) -> None:  # noqa: ANN401
        try:
            act(*args)
        except Exception:  # the last edge: nothing above could catch it
            log.exception("The last resort failed")

    def _write(self, error: BaseException, where: str) -> Path | None:
        now = dt.datetime.now(dt.UTC)
        try:
            for old in sorted(self._folder.glob("crash-*.txt"))[: -REPORTS_KEPT + 1 or None]:
                old.unlink(missing_ok=True)
            file = self._folder / f"crash-{now:%Y%m%dT%H%M%S%f}Z.txt"
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                out.write(report_text(error, where, now, self._lines()))
        except OSError as e:
            log.warning("No crash report was written: %s", e)
            return None
        return file


def report_text(error: BaseException, where: str, at: dt.datetime, lines: Sequence[str]) -> str:
    """Return the text of a crash report: what, where, on which machine, and the log before it. No secrets."""
    trace = "".join(traceback.format_exception(error))  # without locals: they hold keys and sizes
    head = [
        f"atmx {__version__}",
        f"time    {at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}",
        f"where   {where}",
        f"python  {platform.python_version()} {'frozen' if getattr(sys, 'frozen', False) else 'source'}",
        f"system  {platform.system()} {platform.release()} {platform.machine()}",
    ]
    return secrets.text("\n".join([*head, "", trace, "Last log lines:", *list(lines)[-LAST_LINES:], ""]))


@contextmanager
def hooked(report: Report, loop: asyncio.AbstractEventLoop | None = None) -> Iterator[None]:
    """Send what nobody caught in slots, threads and, given a loop, tasks to `report`, as long as the block runs."""

    def in_slot(_: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        report(error.with_traceback(trace), "slot")

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            report(args.exc_value, f"thread {args.thread.name if args.thread else 'unknown'}")

    def in_task(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        message = str(context.get("message", "event loop"))
        report(error if isinstance(error, BaseException) else RuntimeError(message), message)

    before = sys.excepthook, threading.excepthook
    sys.excepthook, threading.excepthook = in_slot, in_thread
    if loop is not None:
        loop.set_exception_handler(in_task)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = before
        if loop is not None:
            loop.set_exception_handler(None)


@contextmanager
def faults(folder: Path) -> Iterator[None]:
    """Write the stacks of every thread to ``faults.txt`` in `folder` if the process dies of a signal."""
    with (folder / "faults.txt").open("a", encoding="utf-8") as out:
        was_on = faulthandler.is_enabled()
        faulthandler.enable(out)
        try:
            yield
        finally:
            faulthandler.disable()
            if was_on:
                with contextlib.suppress(OSError, ValueError, AttributeError):  # no stderr in a windowed program
                    faulthandler.enable()
