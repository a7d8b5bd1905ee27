"""Orders on Deribit: one request each over the account's socket, never repeated, and what became of it told.

::

    the socket is down      nothing was sent                        Rejected (unsent)
    no answer, timed out    it may be there                         Lost
    an error                a definite no                           Rejected
    a result                there, or done at once                  Accepted, its trades, its end

Orders die with the connection: the venue cancels them when it ends, and the next picture of the account shows it. A
cancel that finds nothing proves nothing, since the order may have filled: it is looked up. Without the socket cancels
go by HTTP.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from engine.core.errors import (
    AuthFailed,
    OutcomeUnknown,
    Throttled,
    Unreachable,
    VenueError,
    WireError,
)
from engine.core.events import AmendRefused, CancelRefused, Rejected
from engine.core.units import Qty
from engine.venues.deribit import codes, endpoints, upkeep, wire, wire_account, wire_orders
from engine.venues.deribit.answers import Answers
from engine.venues.deribit.maker import CHANNELS, Maker
from engine.venues.deribit.numbers import MS
from engine.venues.deribit.wire_orders import Unsendable
from engine.venues.each import each
from engine.venues.port import Can, Capabilities, Depth
from engine.venues.recalled import Recalled, always

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import OrderId
    from engine.core.instrument import Instrument, Known
    from engine.core.units import Nanos, Ticks
    from engine.venues.deribit.account import Account
    from engine.venues.deribit.ours import Ours
    from engine.venues.deribit.private import Private
    from engine.venues.port import Emit, Now
    from engine.venues.rest import Rest

CAN: Final = Can.POST_ONLY | Can.AMEND | Can.SHORT
CATCH_UP_S: Final = 0.25
VALID_MS: Final = 2_000
"""An order that the venue has not looked at by then is too old to be wanted."""
REFILL_S: Final = endpoints.CREDITS / endpoints.CREDITS_A_SECOND
"""How long nothing is sent once the venue says that it was too much."""
PATIENCE_S: Final = 5.0
"""An order that would have to wait longer for its turn is not sent."""


class Gateway(Answers):
    """Does what we ask of one Deribit account."""

    def __init__(
        self,
        rest: Rest,
        ours: Ours,
        account: Account,
        known: Mapping[str, Instrument],
        now: Now,
        *,
        catch_up_s: float = CATCH_UP_S,
    ) -> None:
        """Take what it asks with; the account's socket is set once it is made, since it tells this what it hears."""
        self.private: Private | None = None
        self.maker = Maker(self._call, account, known, lambda: rest.timing.skew_ms, now)
        super().__init__(ours, account, known, now, self.maker)
        self._recalled = Recalled()
        self._rest = rest
        self._catch_up_s = catch_up_s
        self._rate = endpoints.ORDERS_A_SECOND

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do."""
        can = CAN
        if self.private is not None and self.private.dies:
            can |= Can.CANCEL_ON_DISCONNECT
        if self.private is not None and set(CHANNELS) <= self.private.given:
            can |= Can.QUOTE_REQUESTS
        return Capabilities(Depth.LADDER, can, self._rate * (1 - endpoints.CANCEL_SHARE), "USD")

    async def run(self, emit: Emit) -> None:
        """Keep the account's socket, ask for trades that stay away; return when cancelled."""
        self._to = emit
        assert self.private is not None
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.private.run(emit))
                tasks.create_task(self._catching_up(self._catch_up_s))
                tasks.create_task(self._learn_limits())
                tasks.create_task(self._rest.stay_warm())
                tasks.create_task(upkeep.requests(self.private, self.maker, self._tell_all))
        finally:
            await self._rest.close()

    def heard(self, told: wire_account.Changes, at: Nanos) -> Iterable[Event]:
        """Yield what the account's channels tell of our orders: trades first, then how orders stand.

        Raises
        ------
        WireError
            If a number in it is none, once the rest was told.
        """
        steps = [partial(self._traded, trade, at) for trade in told.trades]
        return each([*steps, *(partial(self._stands, row, at) for row in told.orders)])

    def _traded(self, trade: wire_orders.TradeRow, at: Nanos) -> Iterable[Event]:
        if trade.block_rfq_quote_id is not None:
            return self.maker.traded(trade, at)
        if not (trade.order_id or trade.label):
            return ()
        fact = wire.understood(wire_orders.fact, trade.trade_id, trade, self._known)
        return wire.understood(self._ours.fill, trade.trade_id, fact, at)

    def _stands(self, row: wire_orders.Row, at: Nanos) -> Iterable[Event]:
        return wire.understood(self._ours.update, row.order_id, row, at)

    async def submit(self, order: Approved) -> None:
        """Put an order on the wire, once, and emit what is then known."""
        try:
            instrument = self._instrument(order.place.instrument.symbol)
            method, params = wire_orders.place(order, instrument)
        except Unsendable as e:
            self._tell(Rejected(at=self._now(), order=order.order, code="unsent", text=str(e)))
            return
        mine = self._ours.add(order)
        try:
            wanted = self._recalled.wanted(order.order)
            reply = await self._call(method, params, "write", timed=True, wanted=wanted)
        except OutcomeUnknown as e:
            if not mine.venue_order:  # else the stream has said already that it is there
                self._lost(mine, str(e))
        except asyncio.CancelledError:
            self._lost(mine, "we stopped before the answer came")
            raise
        except VenueError as e:
            self._not_placed(mine, _code(e), str(e))
        else:
            self._placed(mine, order, reply)

    def recall(self, order: OrderId) -> None:
        """Let an order that still waits for its turn not leave any more."""
        self._recalled.add(order)

    async def cancel(self, order: Known) -> None:
        """Ask to cancel; what cannot be found is looked up."""
        mine = self._ours.learn(order)
        method, params = "private/cancel", {"order_id": mine.venue_order}
        if not mine.venue_order:
            currency = wire_account.currency(mine.instrument, self._known)
            method, params = "private/cancel_by_label", {"label": mine.client, "currency": currency}
        try:
            reply = await self._call(method, params, "cancel", by_http=True)
        except (OutcomeUnknown, WireError) as e:
            self._lost(mine, str(e))
        except asyncio.CancelledError:
            self._lost(mine, "we stopped before the answer came")
            raise
        except VenueError as e:
            self._tell(CancelRefused(at=self._now(), order=mine.order, code=_code(e)))
        else:
            await self._canceled(mine, method, reply)

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Ask to move it; a smaller quantity at its price keeps its place in the queue."""
        mine = self._ours.learn(order)
        unknown = not mine.venue_order or mine.post_only is None
        if unknown and not await self._find(mine, "the venue does not show it"):
            return
        try:
            instrument = self._instrument(mine.instrument.symbol)
            params = wire_orders.edit(
                mine.venue_order, instrument, mine.side, price, qty, post_only=bool(mine.post_only),
                reduce_only=mine.reduce_only,
            )  # fmt: skip
        except Unsendable:
            self._tell(AmendRefused(at=self._now(), order=mine.order, code="unsent"))
            return
        try:
            reply = await self._call("private/edit", params, "write", timed=True)
        except OutcomeUnknown as e:
            self._lost(mine, str(e))
        except asyncio.CancelledError:
            self._lost(mine, "we stopped before the answer came")
            raise
        except VenueError as e:
            self._tell(AmendRefused(at=self._now(), order=mine.order, code=_code(e)))
        else:
            self._amended(mine, price, qty, reply)

    # ---- answers

    async def _call(
        self,
        method: str,
        params: Mapping[str, object],
        bucket: str,
        *,
        by_http: bool = False,
        timed: bool = False,
        wanted: Callable[[], bool] = always,
    ) -> wire.Reply | wire.Refusal:
        """Send one request within the allowance; its answer may be a refusal.

        Raises
        ------
        VenueError
            `Unreachable` or `Throttled` if nothing was done, `OutcomeUnknown` if that is not known.
        """
        assert self.private is not None
        budget = self._rest.budget
        if (wait := budget.wait(bucket)) > PATIENCE_S:
            raise Throttled(self._rest.venue, f"its turn would come in {wait:.0f} s; nothing was sent", wait)
        if self.private.ready or not by_http:  # what goes by HTTP is counted there
            await budget.take(bucket)
        if not wanted():
            raise Unreachable(self._rest.venue, "it was asked back before its turn came; nothing was sent")
        if by_http and not self.private.ready:
            body = wire.request(1, method, params).encode()
            answer = wire.answer((await self._rest.write("POST", f"/{method}", body, bucket=bucket)).body)
        else:
            answer = await self.private.call(method, {**params, **(self._valid_until() if timed else {})})
        if isinstance(answer, wire.Refusal):
            if answer.code == codes.TOO_MANY:
                budget.hold_all(REFILL_S)
            if answer.code in codes.UNKNOWN:
                raise codes.error(answer)
        return answer

    def _instrument(self, symbol: str) -> Instrument:
        found = self._known.get(symbol)
        if found is None:
            raise Unsendable(f"{symbol[:80]} is not listed, so its steps are not known")
        return found

    def _valid_until(self) -> dict[str, object]:
        """Return until when the venue may look at what is sent now, by its own clock; nothing while unknown."""
        skew = self._rest.timing.skew_ms
        return {} if skew is None else {"valid_until": int(self._now() / MS - skew) + VALID_MS}

    async def _learn_limits(self) -> None:
        """Keep within what this account may do."""
        found = await upkeep.limits(self._account)
        if found is not None:
            self._rate = found.rate
            self._rest.budget = endpoints.budget(found.rate, found.burst)


def _code(error: VenueError) -> str:
    """Return in one word why nothing was done."""
    if isinstance(error, Unreachable):
        return "unsent"
    if isinstance(error, Throttled):
        return "throttled"
    return "auth" if isinstance(error, AuthFailed) else "refused"
