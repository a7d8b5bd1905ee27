"""A performance trace: spans of what the program does, as the trace events that Perfetto and Chrome open.

Nothing of this runs while nothing is recorded: spans are put around methods when a recording begins and taken off
when it ends. What is recorded names kinds of events, docks and venues; no order, amount or account.

Format: "Trace Event Format", complete events (`X`), times in microseconds from the beginning.
"""

from __future__ import annotations

import functools
import gc
import os
import threading
import time
from collections import deque
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimerEvent
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

from app import __version__
from engine.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.setting_store import Store

ROOM: Final = 200_000
"""Spans that are kept, the newest ones: some 25 MB of a file."""
KEPT: Final = 5
"""Files in a folder of logs; the oldest goes."""
LOOK_MS: Final = 500
"""Between two looks for widgets that are new."""


class Spot(NamedTuple):
    """A method that is timed."""

    module: str
    owner: str
    method: str
    category: str
    label: Callable[[tuple[Any, ...]], str]
    """What a span is called, from the method's arguments."""


SPOTS: Final = (
    Spot("engine.venues.link", "Link", "_take", "frame", lambda a: f"frame {a[0].venue} {a[0].channel}"),
    Spot("engine.host.host", "Host", "_one", "event", lambda a: type(a[1]).__name__),
    Spot("engine.kernel.step", "Kernel", "step", "step", lambda a: f"step {type(a[1]).__name__}"),
    Spot("engine.kernel.step", "Kernel", "view", "view", lambda a: f"view {a[1].view}"),
    Spot("engine.host.host", "Host", "_record", "queue", lambda _: "to the journal's queue"),
    Spot("engine.host.host", "Host", "_carry_out", "effect", lambda a: type(a[1]).__name__),
    Spot("engine.store.writer", "Writer", "_write_journal", "disk", lambda _: "journal"),
    Spot("engine.store.writer", "Writer", "_write_keeps", "disk", lambda _: "ledger"),
    Spot("widgets.frame", "FrameClock", "_draw", "frame clock", lambda a: f"draw {type(a[1]).__name__}"),
)
"""From the socket to the screen and the disk."""
RECORDED: Final = ("Host", "_record")
"""Ends right before an event's effects are carried out."""
WHOLE: Final = ("Host", "_one")
"""Ends right after them."""


class Span(NamedTuple):
    """One piece of work; times of the steady clock, nanoseconds."""

    name: str
    category: str
    thread: int
    began: int
    took: int


class _Event(msgspec.Struct, frozen=True, gc=False):
    name: str
    cat: str
    ph: str
    ts: float
    dur: float
    pid: int
    tid: int


class Recording:
    """Spans from the moment it is made until `end`."""

    def __init__(self, room: int = ROOM) -> None:
        self._spans: deque[Span] = deque(maxlen=room)
        self._seen = count()
        self._began_at = datetime.now(UTC)
        self._began = time.perf_counter_ns()
        self._since = 0
        self._collecting = 0
        self._undo: list[tuple[type, str, Any]] = []
        for spot in SPOTS:
            owner = getattr(import_module(spot.module), spot.owner)
            self._put(owner, spot.method, spot.category, spot.label)
        self._brush = _Brush(self._add)
        gc.callbacks.append(self._collected)

    def end(self) -> bytes:
        """Take the spans off again and return all as a JSON document."""
        gc.callbacks.remove(self._collected)
        self._brush.end()
        for owner, method, original in reversed(self._undo):
            setattr(owner, method, original)
        self._undo.clear()
        return self._document()

    def __len__(self) -> int:
        return len(self._spans)

    def _put(self, owner: type, method: str, category: str, label: Callable[[tuple[Any, ...]], str]) -> None:
        """Time every call of a method of a class, whichever instance it is called on."""
        original = owner.__dict__[method]
        clock, thread, add = time.perf_counter_ns, threading.get_ident, self._add
        what = (owner.__name__, method)

        @functools.wraps(original)
        def timed(*args: Any, **more: Any) -> Any:  # noqa: ANN401  # whatever the method takes and returns
            began = clock()
            try:
                return original(*args, **more)
            finally:
                ended = clock()
                if what == RECORDED:
                    self._since = ended
                elif what == WHOLE and self._since >= began:
                    add(Span("effects", "effects", thread(), self._since, ended - self._since))
                add(Span(label(args), category, thread(), began, ended - began))

        self._undo.append((owner, method, original))
        setattr(owner, method, timed)

    def _add(self, span: Span) -> None:
        next(self._seen)
        self._spans.append(span)

    def _collected(self, phase: str, facts: dict[str, int]) -> None:
        """Time the cycle collector."""
        now = time.perf_counter_ns()
        if phase == "start":
            self._collecting = now
        elif self._collecting:
            name = f"collect generation {facts['generation']}"
            self._add(Span(name, "memory", threading.get_ident(), self._collecting, now - self._collecting))

    def _document(self) -> bytes:
        pid, seen, spans = os.getpid(), next(self._seen), tuple(self._spans)
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        heads = [
            {"name": "thread_name", "ph": "M", "pid": pid, "tid": thread, "args": {"name": names.get(thread, "ended")}}
            for thread in sorted({span.thread for span in spans})
        ]
        events = [
            _Event(s.name, s.category, "X", (s.began - self._began) / 1e3, s.took / 1e3, pid, s.thread) for s in spans
        ]
        facts = {
            "program": f"atmx {__version__}",
            "began": self._began_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "spans": len(spans),
            "left_out": max(0, seen - len(spans)),
        }
        return msgspec.json.encode({"traceEvents": [*heads, *events], "displayTimeUnit": "ms", "otherData": facts})


class _Brush(QObject):
    """Times how our widgets paint.

    Qt remembers which Python method paints a widget, so that none can be put in its place: the event is held, sent
    again, and timed.
    """

    def __init__(self, add: Callable[[Span], None]) -> None:
        super().__init__()
        self._add = add
        self._sent: QObject | None = None
        self._widgets: set[QWidget] = set()
        self._take()
        self._timer = self.startTimer(LOOK_MS)

    def end(self) -> None:
        """Let go of all widgets."""
        self.killTimer(self._timer)
        for one in self._widgets:
            if shiboken6.isValid(one):
                one.removeEventFilter(self)
        self._widgets.clear()

    @override
    def timerEvent(self, event: QTimerEvent) -> None:
        self._take()

    def _take(self) -> None:
        """Take in the widgets that are new, and forget those that have ended."""
        now = {one for one in QApplication.allWidgets() if paints(one)}
        for one in now - self._widgets:
            one.installEventFilter(self)
        self._widgets = now

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.Paint or self._sent is watched:
            return False
        outer, self._sent = self._sent, watched
        began = time.perf_counter_ns()
        QCoreApplication.sendEvent(watched, event)
        took = time.perf_counter_ns() - began
        self._sent = outer
        self._add(Span(f"paint {type(watched).__name__}", "paint", threading.get_ident(), began, took))
        return True


def paints(one: QWidget) -> bool:
    """Whether a widget paints itself by a method of ours."""
    owner = next((base for base in type(one).__mro__ if "paintEvent" in base.__dict__), QWidget)
    return owner.__module__.partition(".")[0] in {"app", "widgets"}


class Tracing:
    """The switch: from the command line, the settings or the palette.

    Parameters
    ----------
    folder : Path
        Where files go that nobody named.
    tell : callable
        Says where a trace was written, or why it was not.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder, self._tell = folder, tell
        self._recording: Recording | None = None
        self._file: Path | None = None

    @property
    def on(self) -> bool:
        """Whether spans are being recorded."""
        return self._recording is not None

    def follow(self, store: Store) -> None:
        """Record while ``log.trace`` says so; what was begun otherwise goes on until that is switched."""
        if store.now.flag("log.trace"):
            self.begin()
        store.when("log.trace", lambda value: self.begin() if value else self.end(), at_once=False)

    def switch(self) -> None:
        """Begin, or end what runs."""
        if self.on:
            self.end()
        else:
            self.begin()
            self._tell("A performance trace is recorded; the same entry ends it.")

    def begin(self, file: Path | None = None) -> None:
        """Record from now on; once is enough.

        Raises
        ------
        Unavailable
            If there is a file of that name already.
        """
        if file is not None and file.exists():
            msg = f"{file} is there already; a trace is never written over"
            raise Unavailable(msg)
        if not self.on:
            self._recording, self._file = Recording(), file

    def end(self) -> None:
        """Write what was recorded; without a recording nothing."""
        if self._recording is None:
            return
        recording, self._recording = self._recording, None
        spans, text = len(recording), recording.end()
        try:
            path = self._write(text)
        except OSError as e:
            self._tell(f"The trace was not written: {e.strerror or e}.")
            return
        self._tell(f"{spans:,} spans are in {path}; ui.perfetto.dev opens it.")

    def _write(self, text: bytes) -> Path:
        path, self._file = self._file, None
        if path is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for old in sorted(self._folder.glob("trace-*.json"))[: 1 - KEPT]:
                old.unlink()
            path = self._folder / f"trace-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.json"
        with path.open("xb") as out:
            out.write(text)
        return path
