"""The fault desk: what goes wrong on the way between a simulated venue and its clients, by command or by chance.

A `Fault` names what happens, to whom, and how often. Every request and every frame asks the desk; a seeded generator
decides where chance does, so that a run can be repeated. What acted is remembered.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Collection, Iterator

REST_KINDS: Final = (
    "latency", "drop", "half_open", "reset_after", "lost_reply", "throttle", "error", "error_after", "duplicate",
    "maintenance", "garble",
)  # fmt: skip
"""``drop``: cut before anything was done; ``half_open``: no answer, nothing done; ``reset_after``: done, then cut;
``lost_reply``: done, no answer; ``throttle``: 429; ``error``: 5xx, nothing done; ``error_after``: done, then 5xx;
``duplicate``: done twice, the first answer given; ``garble``: done, and 200 with bytes that are no answer."""
WS_KINDS: Final = ("latency", "drop", "half_open", "gap", "duplicate", "reorder", "close", "maintenance")
"""``gap``: a frame is left out; ``drop``: cut; ``half_open``: open and silent, pings too; ``close``: with a code."""
KINDS: Final = tuple(dict.fromkeys((*REST_KINDS, *WS_KINDS)))
AT_ONCE: Final = frozenset({"drop", "half_open", "close", "maintenance"})
"""On a socket these need no frame to happen to."""
REMEMBERED: Final = 1_000

Kind = Literal[
    "latency", "drop", "half_open", "reset_after", "lost_reply", "throttle", "error", "error_after", "maintenance",
    "gap", "duplicate", "reorder", "close", "garble",
]  # fmt: skip


class Fault(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing that goes wrong."""

    kind: Kind
    venue: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """Empty is every venue."""
    channel: Literal["", "rest", "ws", "connect"] = ""
    """``connect`` is the handshake of a socket."""
    match: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Part of ``METHOD /path`` or of a frame's type."""
    count: Annotated[int, msgspec.Meta(ge=0)] = 1
    """How often it acts; 0 until it is cleared."""
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    """So many matches pass first."""
    chance: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    value: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    """Seconds of latency or silence, the HTTP status, or the close code; 0 takes the kind's own."""
    since: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Seconds after it was ordered at which it begins, and ends (0: never)."""
    until: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Storm(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Faults of several kinds by chance, until cleared."""

    seed: int
    chance: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.05
    venue: str = ""
    kinds: tuple[Kind, ...] = ("latency", "drop", "reset_after", "lost_reply", "error", "gap", "duplicate", "reorder")
    value: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0


class Acted(msgspec.Struct, kw_only=True, frozen=True):
    """A fault that happened."""

    at: float
    """Seconds since the desk opened."""
    kind: str
    venue: str
    channel: str
    what: str


class Order(msgspec.Struct):
    """A fault as the desk keeps it."""

    fault: Fault
    number: int
    ordered: float
    passed: int = 0
    acted: int = 0

    def over(self, now: float) -> bool:
        """Whether it cannot act any more."""
        used = self.fault.count and self.acted >= self.fault.count
        late = self.fault.until and now >= self.ordered + self.fault.until
        return bool(used or late)


class FaultDesk:
    """All faults in force."""

    def __init__(self, rng: random.Random, steady: Callable[[], float]) -> None:
        """Take a seeded generator, and a clock that counts seconds."""
        self.acted: deque[Acted] = deque(maxlen=REMEMBERED)
        self.at_once: list[Callable[[Fault], int]] = []
        """Asked when a fault is ordered that needs no frame; each says how many sockets it hit."""
        self._rng = rng
        self._steady = steady
        self._opened = steady()
        self._orders: list[Order] = []
        self._numbered = 0

    @property
    def orders(self) -> list[Order]:
        """What is in force or still to come."""
        now = self._steady()
        self._orders = [order for order in self._orders if not order.over(now)]
        return self._orders

    def add(self, fault: Fault) -> int:
        """Put a fault in force; return its number."""
        self._numbered += 1
        order = Order(fault, self._numbered, self._steady())
        self._orders.append(order)
        if fault.kind in AT_ONCE and fault.channel in ("", "ws") and not (fault.match or fault.after or fault.since):
            hit = sum(hears(fault) for hears in self.at_once)
            if fault.kind != "maintenance":
                order.acted += hit
        return self._numbered

    def storm(self, storm: Storm) -> None:
        """Begin a storm: the same seed and the same traffic meet the same faults."""
        self._rng.seed(storm.seed)
        for kind in storm.kinds:
            fault = Fault(kind=kind, venue=storm.venue, chance=storm.chance, count=0, value=storm.value)
            self._numbered += 1
            self._orders.append(Order(fault, self._numbered, self._steady()))

    def clear(self, number: int = 0) -> None:
        """Lift one fault, or all."""
        self._orders = [order for order in self._orders if number and order.number != number]

    def take(self, venue: str, channel: str, what: str, kinds: Collection[str]) -> Iterator[Fault]:
        """Yield the faults that act on a request or a frame now; each counts when it is yielded."""
        now = self._steady()
        for order in self.orders:
            if order.fault.kind in kinds and self._meets(order, venue, channel, what, now):
                order.acted += 1
                self.note(order.fault.kind, venue, channel, what)
                yield order.fault

    def maintains(self, venue: str) -> bool:
        """Whether a venue is down for maintenance."""
        now = self._steady()
        return any(
            o.fault.kind == "maintenance" and o.fault.venue in ("", venue) and now >= o.ordered + o.fault.since
            for o in self.orders
        )

    def note(self, kind: str, venue: str, channel: str, what: str) -> None:
        """Remember that a fault acted."""
        acted = Acted(at=round(self._steady() - self._opened, 3), kind=kind, venue=venue, channel=channel, what=what)
        self.acted.append(acted)

    def _meets(self, order: Order, venue: str, channel: str, what: str, now: float) -> bool:
        fault = order.fault
        if fault.venue not in ("", venue) or fault.channel not in ("", channel) or fault.match not in what:
            return False
        if now < order.ordered + fault.since:
            return False
        if order.passed < fault.after:
            order.passed += 1
            return False
        return fault.chance >= 1.0 or self._rng.random() < fault.chance
