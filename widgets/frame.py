"""FrameClock: turns any number of engine changes into at most one repaint a frame.

The engine says *what* changed, never *to what*: a topic is marked dirty, and a thousand marks between
two frames cost one set insertion each. At the frame the clock asks for the view of each dirty topic
that a visible panel watches and hands it over, one panel at a time with the event loop in between, so
that no stretch of drawing keeps input or the engine waiting; where building a view took long, the loop
turns before it is drawn. A hidden panel stays owed its topics and is drawn when it is shown. A panel may
rest between two drawings (`rests_ms`), so that those that are traded on come first and often.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import shiboken6
from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer

from engine.core.units import Nanos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.core.ids import Topic

_KEPT: Final = 512
"""Frames and slices remembered for the percentiles."""
_STRETCH_NS: Final = 750_000
"""After so long the rest of a panel's drawing waits until the loop has turned."""
_SELDOM_MS: Final = 100
"""Least time between two drawings of what a panel shows `seldom`, and between two views built for these alone."""
_NEVER: Final = -(10**12)
"""Before any time that the clock can show."""
_MISSED: Final = 256
"""Topics gathered for hidden panels before they are shared out among them."""


class Drawable(Protocol):
    """What the clock needs of a panel.

    It may have more: a signal `shown` has it drawn as soon as it appears, a signal `retargeted` when its
    topics change, and `draws_hidden = True` says that it shows itself by what it is given. A function `whole`
    returns the topic that its own are parts of, such as hours of a day: a mark of the whole counts for them.
    `seldom` are topics of which it shows what hardly changes, such as the zone of the clock: for these alone it is
    drawn ten times a second at most, and where it is drawn for others it gets the view of these that was built last,
    if that is no older, and is owed them still.
    """

    def isVisible(self) -> bool:
        """Whether anybody could see it."""

    def topics(self) -> frozenset[Topic]:
        """What it shows."""

    def render(self, topic: Topic, view: object) -> None:
        """Draw `view`."""


class _Manner(NamedTuple):
    """What a panel says once of how it is drawn: a widget that is asked for what it lacks takes microseconds to say no.

    It is asked for every panel of every workspace in every frame.
    """

    whole: Callable[[], Topic] | None
    hidden: bool
    seldom: frozenset[Topic]
    tells: bool
    """Whether it says that it appears: until then one that is hidden is not asked again."""


class FrameClock(QObject):
    """Redraws dirty topics at most `hertz` times a second; idle when nothing changes.

    Parameters
    ----------
    view_of : callable
        Builds the view of a topic; asked once per topic and frame, and only if a visible panel shows it.
    hertz : int
        Most frames a second. After a quiet time the first change is drawn at once.
    now : callable, optional
        The session's clock, which on a demo day is the day's own.
    """

    def __init__(
        self,
        view_of: Callable[[Topic], object],
        hertz: int = 60,
        now: Callable[[], Nanos] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view_of = view_of
        self._now = now
        self._between = 1000 // hertz
        self._owed: dict[Drawable, set[Topic]] = {}
        self._manners: dict[Drawable, _Manner] = {}
        self._dirty: set[Topic] = set()
        self._hidden: set[Drawable] = set()
        """Who could not be seen when a frame began last."""
        self._missed: set[Topic] = set()
        """What has changed since they are hidden and is not shared out among them: most of it is none of theirs."""
        self._woken = False
        """Somebody has appeared or turned since a frame began."""
        self._waits = False
        """Whether the timer runs, as it would say itself: a change of a topic asks thousands of times a second."""
        self._only_resting = False
        """The timer waits for nothing but panels that rest: any change goes before."""
        self._drawn: dict[Drawable, int] = {}
        """When each panel was last drawn, on `_clock`."""
        self._queue: deque[Drawable] = deque()
        self._views: dict[Topic, object] = {}
        self._recent: dict[Topic, tuple[int, object]] = {}
        """Of topics that are somebody's `seldom`: when a view was built last, on `_clock`, and the view."""
        self._clock = QElapsedTimer()
        self._clock.start()
        self._began = _NEVER
        self._spent = 0
        self._frames: deque[int] = deque(maxlen=_KEPT)
        self._slices: deque[int] = deque(maxlen=_KEPT)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def now(self) -> Nanos:
        """Return the session's time; 0 where no clock was given."""
        return self._now() if self._now is not None else Nanos(0)

    def add(self, panel: Drawable) -> None:
        """Draw `panel` from now on; it owes a first drawing of all its topics."""
        self._owed[panel] = set(panel.topics())
        manner = self._manners[panel] = _manner(panel)
        self._recent.update((topic, (_NEVER, None)) for topic in manner.seldom if topic not in self._recent)
        for name, act in self._signals():
            signal = getattr(panel, name, None)
            if signal is not None:
                signal.connect(act)
        self.wake()

    def remove(self, panel: Drawable) -> None:
        """Draw `panel` no more."""
        if self._owed.pop(panel, None) is None:
            return
        self._forget(panel)
        for name, act in self._signals():
            signal = getattr(panel, name, None)
            if signal is not None:
                signal.disconnect(act)

    def retarget(self, panel: Drawable) -> None:
        """Take notice that a panel now shows other topics: they are drawn afresh."""
        if panel in self._owed:
            self._owed[panel] = set(panel.topics())
            self._drawn.pop(panel, None)  # the trader turned it: no rest before what was asked for
            self.wake()

    def mark(self, topic: Topic) -> None:
        """Note that the view of `topic` is out of date. Cheap; call it on every change."""
        self._dirty.add(topic)
        if self._only_resting or not self._waits:
            self._schedule()

    def wake(self) -> None:
        """Draw in the next frame whatever visible panels are owed."""
        self._woken = True
        if self._only_resting or not self._waits:
            self._schedule()

    def stop(self) -> None:
        """Draw nothing more: the window is closing."""
        self._timer.stop()
        self._waits = False
        self._owed.clear()
        self._manners.clear()
        self._drawn.clear()
        self._queue.clear()
        self._dirty.clear()
        self._hidden.clear()
        self._missed.clear()

    def frame_ms(self, share: float) -> float | None:
        """Return a percentile (`share` 0.5 or 0.99) of a frame's drawing, all slices together; None before any."""
        return percentile(self._frames, share)

    def slice_ms(self, share: float) -> float | None:
        """Return a percentile of the longest stretch without the event loop: one panel; None before any."""
        return percentile(self._slices, share)

    def _signals(self) -> tuple[tuple[str, Callable[..., None]], ...]:
        return (("shown", self.wake), ("retargeted", self.retarget), ("destroyed", self._prune))

    def _prune(self) -> None:
        """Let go of panels that have ended without being taken away: a dead one would stop the drawing of all."""
        for panel in [one for one in self._owed if isinstance(one, QObject) and not shiboken6.isValid(one)]:
            self._owed.pop(panel, None)
            self._forget(panel)

    def _forget(self, panel: Drawable) -> None:
        self._manners.pop(panel, None)
        self._drawn.pop(panel, None)
        self._hidden.discard(panel)

    def _schedule(self) -> None:
        self._only_resting = False
        passed = self._clock.elapsed() - self._began
        self._start(0 if self._queue else max(0, self._between - int(passed)))

    def _start(self, ms: int) -> None:
        self._waits = True
        self._timer.start(ms)

    def _tick(self) -> None:
        self._waits = False
        if not self._queue:
            self._begin()
        if self._queue:
            self._draw(self._queue.popleft())
        if self._queue:
            self._start(0)
            return
        self._views.clear()
        if self._spent:
            self._frames.append(self._spent)
            self._spent = 0
        if self._dirty or self._woken or self._due():
            self._schedule()
        else:
            self._wait_for_the_rested()

    def _wait_for_the_rested(self) -> None:
        """Come back when the first of the panels that are owed something has rested."""
        rests = [self._rest(panel) for panel, owed in self._owed.items() if owed and panel not in self._hidden]
        if rests:
            self._only_resting = True
            self._start(max(self._between, min(rests)))

    def _begin(self) -> None:
        """Share the dirty topics out among the panels and line up those that can be seen."""
        self._began = self._clock.elapsed()
        hidden = {panel for panel in self._owed if self._still_hidden(panel) or not self._seen(panel)}
        self._woken = False
        if hidden != self._hidden or len(self._missed) > _MISSED:
            self._share(self._missed, self._hidden)
            self._missed.clear()
            self._hidden = hidden
        self._share(self._dirty, [panel for panel in self._owed if panel not in hidden])
        if hidden:
            self._missed |= self._dirty
        self._dirty.clear()
        self._queue.extend(self._due())

    def _still_hidden(self, panel: Drawable) -> bool:
        """Whether a panel that was hidden would have said that it is no more."""
        return not self._woken and panel in self._hidden and self._manners[panel].tells

    def _share(self, changed: set[Topic], panels: Iterable[Drawable]) -> None:
        """Note of each panel what has changed of its own."""
        for panel in panels:
            whole = self._manners[panel].whole
            owed = panel.topics() if whole is not None and whole() in changed else changed & panel.topics()
            self._owed[panel] |= owed

    def _due(self) -> list[Drawable]:
        """Return who is to be drawn now: panels that never rest first, since those are traded on."""
        hidden = self._hidden
        due = [panel for panel, owed in self._owed.items() if owed and panel not in hidden and not self._rest(panel)]
        return sorted(due, key=_rests_ms)

    def _rest(self, panel: Drawable) -> int:
        """Return for how many milliseconds a panel is still to be left alone."""
        drawn = self._drawn.get(panel)
        if drawn is None:
            return 0
        seldom = self._manners[panel].seldom
        rests = max(_rests_ms(panel), _SELDOM_MS) if seldom >= self._owed[panel] else _rests_ms(panel)
        return max(0, drawn + rests - self._clock.elapsed())

    def _draw(self, panel: Drawable) -> None:
        owed = self._owed.get(panel)  # none of one that ended while it waited
        if not owed or not self._seen(panel):
            return
        began = self._clock.nsecsElapsed()
        self._drawn[panel] = self._clock.elapsed()
        topics = sorted(owed & panel.topics())
        owed.clear()
        seldom = self._manners[panel].seldom
        for at, topic in enumerate(topics):
            if topic in seldom and topic not in self._views and self._is_recent(topic):
                panel.render(topic, self._recent[topic][1])
                self._owe(panel, topic)
                continue
            if (at and self._long(began)) or (self._built(topic) and self._long(began)):
                self._go_on_later(panel, topics[at:])
                break
            panel.render(topic, self._views[topic])
        took = self._clock.nsecsElapsed() - began
        self._slices.append(took)
        self._spent += took

    def _built(self, topic: Topic) -> bool:
        """Build the view of a topic; say whether nobody had asked for it in this frame."""
        fresh = topic not in self._views
        if fresh:
            found = self._views[topic] = self._view_of(topic)
            if topic in self._recent:
                self._recent[topic] = self._clock.elapsed(), found
        return fresh

    def _is_recent(self, topic: Topic) -> bool:
        return self._clock.elapsed() - self._recent[topic][0] < _SELDOM_MS

    def _owe(self, panel: Drawable, topic: Topic) -> None:
        if panel in self._owed:  # it may have ended as it was drawn
            self._owed[panel].add(topic)

    def _long(self, began: int) -> bool:
        return self._clock.nsecsElapsed() - began > _STRETCH_NS

    def _go_on_later(self, panel: Drawable, topics: Sequence[Topic]) -> None:
        """Draw the rest when the loop has turned: what was built is kept until the frame ends."""
        if panel in self._owed:
            self._owed[panel].update(topics)
            self._queue.appendleft(panel)

    def _seen(self, panel: Drawable) -> bool:
        return self._manners[panel].hidden or panel.isVisible()


def _manner(panel: Drawable) -> _Manner:
    seldom: frozenset[Topic] = getattr(panel, "seldom", frozenset())
    hidden, tells = bool(getattr(panel, "draws_hidden", False)), getattr(panel, "shown", None) is not None
    return _Manner(getattr(panel, "whole", None), hidden, seldom, tells)


def _rests_ms(panel: Drawable) -> int:
    return int(getattr(panel, "rests_ms", 0))


def percentile(nanos: deque[int], share: float) -> float | None:
    """Return the time that `share` of `nanos` stay at or under, in milliseconds; None of nothing."""
    if not nanos:
        return None
    ranked = sorted(nanos)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] / 1e6
