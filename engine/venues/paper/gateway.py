"""A gateway that sends nothing anywhere: what becomes of an order is worked out from the venue's market events.

It stands where the venue's own gateway would (`engine.venues.port.on_paper`). Whoever takes the venue's events in
also tells them to `hear`; answers come through `emit`, after the delays the simulator drew, on the session's clock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec
from typing_extensions import override

from engine.core.effects import Look, Replace, Submit, Withdraw
from engine.core.events import LinkChanged
from engine.core.ids import OrderId
from engine.core.units import SECOND, Nanos
from engine.orders.simulate import NO_ENDS
from engine.venues.port import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.instrument import Instrument, Known
    from engine.core.units import Qty, Ticks
    from engine.orders.simulate import Answer, Simulator
    from engine.venues.port import Capabilities, Emit, Now

LONGEST_WAIT_S: Final = 1.0
"""Between two looks at the session's clock, which may be set, and on a simulated day runs fast."""


class PaperGateway(Gateway):
    """Orders on paper."""

    def __init__(self, simulator: Simulator, capabilities: Capabilities, now: Now) -> None:
        """Begin without orders.

        Parameters
        ----------
        simulator : Simulator
        capabilities : Capabilities
            Of the gateway it stands for.
        now : callable
            The session's clock.
        """
        self._simulator = simulator
        self._capabilities = capabilities
        self._now = now
        self._at = Nanos(0)
        self._emit: Emit | None = None
        self._unsaid: deque[Answer] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: Nanos | None = None

    @property
    @override
    def capabilities(self) -> Capabilities:
        """What this gateway can do: as the venue's own."""
        return self._capabilities

    @override
    async def run(self, emit: Emit) -> None:
        """Answer through `emit` until cancelled."""
        self._emit = emit
        emit(LinkChanged(at=self._clock(), venue=self._simulator.venue, up=True, channel="account", why="on paper"))
        try:
            self._ring()
            await asyncio.Event().wait()
        finally:
            self._emit = None
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._timer_due = None

    def hear(self, event: Event) -> None:
        """Take a market event in; events of other venues, and of accounts, change nothing."""
        at = self._clock()
        self._tell(self._simulator.step(event, at), at)

    def know(self, instruments: Iterable[Instrument]) -> None:
        """Learn of instruments that were listed in an earlier session."""
        at = self._clock()
        for instrument in instruments:
            self._simulator.know(instrument, at)
        self._tell([], at)

    def resume(self, orders: Iterable[Known], ends: Mapping[OrderId, Nanos] = NO_ENDS) -> None:
        """Take up orders of an earlier session; what works in them can still fill, until its time `ends`."""
        at = self._clock()
        self._simulator.resume(orders, at, ends)
        self._tell([], at)

    @override
    async def submit(self, order: Approved) -> None:
        """Let an order set out; its answers are emitted when they are home."""
        self._ask(Submit(order=order))

    @override
    async def cancel(self, order: Known) -> None:
        """Let a cancel set out."""
        self._ask(Withdraw(order=OrderId(order.order), known=order))

    @override
    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Let an amend set out."""
        self._ask(Replace(known=order, price=price, qty=qty))

    @override
    async def picture(self, orders: Sequence[Known]) -> None:
        """Ask for everything that works, recent fills, and what became of each order named."""
        self._ask(Look(venue=self._simulator.venue, orders=tuple(orders)))

    def _ask(self, request: Submit | Withdraw | Replace | Look) -> None:
        at = self._clock()
        self._tell(self._simulator.step(request, at), at)

    def _ring(self) -> None:
        """Say what is home by now."""
        self._timer = self._timer_due = None
        at = self._clock()
        self._tell(self._simulator.due(at), at)

    def _tell(self, answers: list[Answer], at: Nanos) -> None:
        """Emit answers as learned now, in order even if an `emit` comes back here, and see to the next ones."""
        self._unsaid.extend(answers)
        while self._emit is not None and self._unsaid:
            self._emit(msgspec.structs.replace(self._unsaid.popleft(), at=at))
        if self._emit is not None:
            self._set_timer(at)

    def _set_timer(self, at: Nanos) -> None:
        due = self._simulator.next_due
        if due == self._timer_due:
            return  # as nearly always: market events come much oftener than anything falls due
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_due = None, due
        if due is not None:
            wait_s = min(max(0.0, (due - at) / SECOND), LONGEST_WAIT_S)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _clock(self) -> Nanos:
        """Return the session's time; never before what it was, which a clock that is set may be."""
        self._at = Nanos(max(self._at, self._now()))
        return self._at
