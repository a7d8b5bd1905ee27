"""The pump: inbox, journal, step, effects.

::

    emit(event) ─► market ┐  slice of at most 4 ms:
    ask(command)          ├─ event ─► kernel.step ─► journal ─► effects, in their order; then the loop turns
    kept(what)   ─► urgent┘

Commands and what became of our own work are urgent: never dropped, and first. Everything runs on the loop's
thread; the store's thread and the worker processes come back through `call_soon_threadsafe`.
"""

from __future__ import annotations

import heapq
import time
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

from engine.core import codec
from engine.core.effects import (
    Changed,
    DropQuote,
    Follow,
    Keep,
    Look,
    Notice,
    Replace,
    Resnap,
    SignQuote,
    Submit,
    Wake,
    Withdraw,
)
from engine.core.errors import InvariantBroken
from engine.core.events import Accepted, Asked, BookDelta, BookSnapshot, BooksStale, Due, Kept, Rejected, StoreChanged
from engine.core.units import Nanos
from engine.host.clock import Clock, steady
from engine.host.inbox import Inbox
from engine.host.latency import Latency

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from engine.core.commands import AnyCommand
    from engine.core.effects import AnyEffect, AnyRow, Likely
    from engine.core.events import Event
    from engine.core.ids import Topic

SLICE_NS: Final = 4_000_000
"""Longest the pump keeps the loop from painting."""
TOGETHER: Final = 64
"""Most keeps that one event says are safe: it is one step, and the loop waits for it."""
MARKET_ROOM: Final = 4_096
"""Events of the outside that may wait; more are refused to the source, which slows down."""
SPARE_EVERY_NS: Final = 1_000_000
"""Least time between two pieces of work that only an idle moment is for: a busy session does little of it."""
REHEARSED_EVERY_NS: Final = 1_000_000
"""Least time between two rehearsals of an order, each of which takes a tenth of a millisecond where one is so near."""
TRADING_NS: Final = 60_000_000_000
"""For how long after an order others are expected, and rehearsed."""
LONGEST_WAIT_S: Final = 3_600.0
"""A timer is looked at again after this long: clocks drift, and Qt counts milliseconds in 32 bits."""


ANSWERS: Final = frozenset({Accepted, Rejected})
Outward = Submit | Withdraw | Replace | Look | Follow | Resnap | SignQuote | DropQuote
"""What only a venue can do."""


class Stepper(Protocol):
    """What the host needs of a kernel."""

    def step(self, event: Event) -> Sequence[AnyEffect]:
        """Take in one event."""


class Keeper(Protocol):
    """What the host needs of the store's writer."""

    def journal(self, seq: int, at: int, kind: str, body: bytes, digest: bytes) -> None:
        """Append to the session's journal; never blocks."""

    def keep(self, rows: tuple[AnyRow, ...], then: str) -> None:
        """Write rows after the journal so far; `then` comes back once they are safe."""

    def hold(self, on: bool) -> None:
        """Let what is asked for gather while a slice runs, so that the disk is waited for once and not disturbed."""


class Host:
    """Feeds one kernel, in one order, and carries its effects out.

    `spare` is called when nothing waits, and `foresee` when that has nothing to do: neither may change an effect of any
    later event.
    """

    def __init__(
        self,
        kernel: Stepper,
        keeper: Keeper,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        *,
        changed: Callable[[Topic], None],
        broken: Callable[[InvariantBroken], None],
        spare: Callable[[], object] | None = None,
        foresee: Callable[[], Likely | None] | None = None,
    ) -> None:
        self._kernel = kernel
        self._keeper = keeper
        self.clock = clock
        self._loop = loop
        self._changed = changed
        self._broken = broken
        self._spare = spare
        self._spared_at = 0
        self._foresee = foresee
        self._draft: Callable[[Likely], None] | None = None
        self._rehearse: Callable[[], object] | None = None
        self._rehearsed_at = 0
        self._sent_at = -TRADING_NS
        self._left = False
        """An order left in this slice, which ends with it: its lane writes it before anything else is done."""
        self._unsafe = 0
        """What the disk has yet to say of rows: its thread needs the interpreter that idle work would hold."""
        self._urgent: deque[Event] = deque()
        self._market = Inbox(MARKET_ROOM)
        self._turn: asyncio.Handle | None = None
        self._timers: list[tuple[Nanos, int, str]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._ties = count()
        self.latency = Latency(getattr(clock, "speed", 1.0))
        self._listeners: list[Callable[[Event], None]] = []
        self.stopped = False
        self.after: Callable[[Event], None] | None = None
        """Told what comes in once the kernel has failed and takes it in no more."""
        self._outside: Callable[[Outward], None] | None = None
        self._all_handed: Callable[[], None] | None = None
        self.sequence = 0
        """Events journalled so far."""

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` after each event was stepped."""
        self._listeners.append(listener)

    def rehearse(self, way: Callable[[], object]) -> None:
        """Go an order's `way` for practice in idle moments while orders leave; it must touch nothing of the session."""
        self._rehearse = way

    def draft(self, words: Callable[[Likely], None]) -> None:
        """Have orders that may come next put into words in idle moments; nothing may be sent."""
        self._draft = words

    def serve(self, outside: Callable[[Outward], None], all_handed: Callable[[], None] | None = None) -> None:
        """Hand to `outside` what the kernel wants of venues; without it such an effect is a contradiction.

        `all_handed` is called after each event of which orders left: they may leave together, and wait no longer.
        """
        self._outside, self._all_handed = outside, all_handed

    @property
    def market(self) -> Inbox:
        """What the outside brought and is not stepped yet."""
        return self._market

    @property
    def waiting(self) -> int:
        """Events not yet stepped."""
        return len(self._urgent) + len(self._market)

    def open(self, event: Event) -> None:
        """Step the session's first event at once: whatever comes later finds a kernel that knows its ledger."""
        self._one(event)

    def ask(self, command: AnyCommand) -> None:
        """Put a command to the kernel, stamped now."""
        self._post(Asked(at=self.clock.now(), command=command, pressed_at=steady()))

    def emit(self, event: Event) -> bool:
        """Take in an event of the outside; False when there is no room and the source must wait."""
        if self.stopped:
            return False
        taken = self._market.put(event)
        self._wake_pump()
        return taken

    def insist(self, event: Event) -> None:
        """Take in, behind what the outside brought before, what must not be missed: a link, a book gone stale."""
        if not self.stopped:
            self._market.insist(event)
            self._wake_pump()
        elif self.after is not None:
            self.after(event)

    def learn(self, event: Event) -> None:
        """Take in what became of our own work: never refused, and before what the outside brings."""
        self._post(event)

    def kept(self, what: Sequence[str]) -> None:
        """Tell the kernel what is safe on disk; what became so together it learns together."""
        self._unsafe = max(0, self._unsafe - len(what))
        at = self.clock.now()
        for start in range(0, len(what), TOGETHER):
            first, *more = what[start : start + TOGETHER]
            self._post(Kept(at=at, what=first, more=tuple(more)))

    def store_changed(self, ok: bool, why: str) -> None:
        """Tell the kernel that the disk stopped or resumed taking writes."""
        self._post(StoreChanged(at=self.clock.now(), ok=ok, why=why))

    def stop(self) -> None:
        """Step what waits, then take nothing more in."""
        while self.waiting and not self.stopped:
            self._slice()
        self.stopped = True
        self._cancel()

    def _post(self, event: Event) -> None:
        if not self.stopped:
            self._urgent.append(event)
            self._wake_pump()
        elif self.after is not None:
            self.after(event)

    def _wake_pump(self) -> None:
        if self._turn is None and not self.stopped:
            self._turn = self._loop.call_soon(self._run_turn)

    def _run_turn(self) -> None:
        try:
            self._slice()
        finally:
            self._turn = None  # not before: a turn asked for in the slice would come ahead of the lanes begun in it
        if self.waiting or (self._left and self._spare is not None):
            self._wake_pump()  # behind the lanes of what left
        elif self._spare is not None and not self.stopped and not self._unsafe:
            now = time.perf_counter_ns()
            if now - self._spared_at >= SPARE_EVERY_NS:
                self._spared_at = now
                if not self._spare() and not self._drafted():
                    self._practise(now)

    def _drafted(self) -> bool:
        """Have one order put into words that may come; False where none is foreseen."""
        if self._draft is None or self._foresee is None:
            return False
        order = self._foresee()
        if order is None:
            return False
        try:
            self._draft(order)
        except Exception as e:  # noqa: BLE001 - a gateway's bug: orders are put into words when they come
            self._draft = None
            self._tell("an order could not be put into words beforehand", e)
        return True

    def _practise(self, now: int) -> None:
        """Rehearse an order where others left of late: between two the processor forgets the way."""
        if (
            self._rehearse is not None
            and now - self._rehearsed_at >= REHEARSED_EVERY_NS
            and now - self._sent_at < TRADING_NS
        ):
            self._rehearsed_at = now
            try:
                self._rehearse()
            except Exception as e:  # noqa: BLE001 - of a stage of its own: the session goes on without
                self._rehearse = None
                self._tell("an order could not be rehearsed", e)

    def _slice(self) -> None:
        end = time.perf_counter_ns() + SLICE_NS
        self._left = False
        self._keeper.hold(True)
        try:
            while self._urgent or len(self._market):
                self._one(self._urgent.popleft() if self._urgent else self._market.take())
                if self._left and self._all_handed is not None:
                    self._all_handed()
                if self._left or self.stopped or time.perf_counter_ns() >= end:
                    return
        finally:
            self._keeper.hold(False)

    def _one(self, event: Event) -> None:
        try:
            body = codec.encode(event)
        except Exception as e:  # noqa: BLE001 - nothing has changed yet, and what has no journal is not taken in
            self._tell(f"{type(event).__name__} cannot be journalled and was not taken in", e)
            if type(event) in {BookDelta, BookSnapshot}:  # what stands there is not the venue's book any more
                name = event.instrument  # type: ignore[union-attr]
                why = "a change of it cannot be journalled"
                self._post(BooksStale(at=self.clock.now(), venue=name.venue, instruments=(name,), why=why))
            return
        digest = b""
        measured = self.latency.due()
        began = time.perf_counter_ns() if measured else 0
        waited = self.clock.now() - event.at if measured else 0
        try:
            effects = self._kernel.step(event)
            digest = codec.digest(effects)
        except Exception as e:  # noqa: BLE001 - whatever it was, the kernel may have changed by half
            self._record(event, body, digest)
            self._break(e)
            return
        self._record(event, body, digest)
        if measured:
            self.latency.stepped(waited, time.perf_counter_ns() - began, steady())
        if type(event) in ANSWERS:
            self.latency.answered(event.order, steady())  # type: ignore[union-attr]
        try:
            changed = self._changed
            for effect in effects:
                kind = type(effect)
                if kind is Changed:
                    try:
                        changed(effect.topic)  # type: ignore[union-attr]
                    except Exception as e:  # noqa: BLE001 - the screen's fault stops nothing here
                        self._tell(f"the view {effect.topic} could not be marked", e)  # type: ignore[union-attr]
                elif kind is Keep:
                    self._unsafe += bool(effect.then)  # type: ignore[union-attr]
                    self._keeper.keep(effect.rows, effect.then)  # type: ignore[union-attr]
                elif kind is not Notice:  # the kernel keeps notices as a view; the log panel draws that
                    self._carry_out(effect)
        except Exception as e:  # noqa: BLE001 - a row that was not asked for is money that is not on disk
            self._break(e)
            return
        try:
            for listener in self._listeners:
                listener(event)
        except Exception as e:  # noqa: BLE001 - the screen's fault stops nothing here
            self._tell("a listener of the engine failed", e)

    def _tell(self, what: str, error: Exception) -> None:
        self._loop.call_exception_handler({"message": what, "exception": error})

    def _break(self, error: Exception) -> None:
        """Take nothing more in and say so: a kernel that contradicts itself is never stepped again."""
        self.stopped = True
        self._urgent.clear()
        self._market.clear()
        self._cancel()
        if isinstance(error, InvariantBroken):
            self._broken(error)
            return
        broken = InvariantBroken(f"the kernel failed ({type(error).__name__}: {error})")
        broken.__cause__ = error
        self._broken(broken)

    def _cancel(self) -> None:
        for handle in (self._turn, self._timer):
            if handle is not None:
                handle.cancel()
        self._turn = self._timer = None

    def _record(self, event: Event, body: bytes, digest: bytes) -> None:
        self.sequence += 1
        self._keeper.journal(self.sequence, event.at, type(event).__name__, body, digest)

    def _carry_out(self, effect: AnyEffect) -> None:
        match effect:
            case Wake(due=due, what=what):
                heapq.heappush(self._timers, (due, next(self._ties), what))
                self._arm()
            case Submit(order=order) if self._outside is not None:
                self._left = True
                self._sent_at = time.perf_counter_ns()
                self._outside(effect)
                self.latency.sent(order.order, self.clock.now() - order.at, steady())
            case Withdraw() | Replace() | Look() | Follow() | Resnap() | SignQuote() | DropQuote() if (
                self._outside is not None
            ):
                self._outside(effect)
            case _:
                msg = f"no gateway is wired for {type(effect).__name__}"
                raise InvariantBroken(msg)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._timers and not self.stopped:
            wait = min(self.clock.wait(self._timers[0][0]), LONGEST_WAIT_S)
            self._timer = self._loop.call_later(wait, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = self.clock.now()
        while self._timers and self._timers[0][0] <= now:
            due, _, what = heapq.heappop(self._timers)
            self._post(Due(at=max(due, now), what=what))
        self._arm()
