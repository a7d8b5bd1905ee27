"""Orders on an exchange by way of CCXT: limit orders, each sent once, and what became of them asked for.

What every exchange of the library can is little: place, cancel, list, and say what traded. Orders are known by our
client id, and every second those that work are looked at; fills are told by the exchange's own trade ids. An
`OperationFailed` on the way of an order says nothing of what was done: it is lost until the account shows it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from engine.core.commands import Tif
from engine.core.errors import (
    AuthFailed,
    InvariantBroken,
    OutcomeUnknown,
    Unavailable,
    VenueError,
    VenueRefused,
    WireError,
)
from engine.core.events import AmendRefused, CancelRefused, LinkChanged, Lost, Pictured, Rejected
from engine.core.ids import OrderId
from engine.core.units import Leg, Qty, Side, Ticks
from engine.venues.ccxt import markets
from engine.venues.ccxt.account import Account
from engine.venues.ccxt.library import meaning
from engine.venues.ccxt.looking import Looking
from engine.venues.ccxt.ours import Mine, Ours
from engine.venues.port import Can, Capabilities, Depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.instrument import Known
    from engine.venues.ccxt.directory import Directory
    from engine.venues.ccxt.library import Client
    from engine.venues.ccxt.markets import Spec
    from engine.venues.port import Emit, Now

CAN: Final = Can.POST_ONLY | Can.SHORT
LOOK_S: Final = 1.0
PAUSE_S: Final = 5.0


class Gateway:
    """Does what we ask of one account on one exchange."""

    def __init__(self, client: Client, directory: Directory, now: Now, *, collateral: str, rate: float) -> None:
        self._client = client
        self._directory = directory
        self._now = now
        self._capabilities = Capabilities(Depth.LADDER, CAN, rate, collateral)
        self._ours = Ours()
        self._orders = Looking(client, self._ours, now, self._tell)
        self._account = Account(client, directory, self._ours, self._orders, now, collateral=collateral)
        self._to: Emit | None = None
        self._up: bool | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What this gateway can do."""
        return self._capabilities

    async def run(self, emit: Emit) -> None:
        """Look at orders that work, until cancelled."""
        self._to, self._up = emit, None
        while True:
            try:
                async with self._client.used() as exchange:
                    await self._looking(exchange)
            except Unavailable as e:
                self._say(up=False, why=str(e))
                await asyncio.Event().wait()
            except VenueError as e:
                self._say(up=False, why=str(e)[:200])
            await asyncio.sleep(PAUSE_S)

    async def submit(self, order: Approved) -> None:
        """Put an order on the wire, once, and emit what is then known."""
        place = order.place
        try:
            async with self._client.used() as exchange:
                spec = self._directory.learn(exchange, place.instrument.symbol)
                wrong = _unsendable(spec, order) or self._moved(exchange, spec, order)
                if wrong or spec is None or place.price is None or place.qty is None:
                    self._reject(order.order, "unsent", wrong)
                    return
                mine = self._ours.keep(Mine(order.order, order.client, place.instrument, self._now()))
                await self._create(exchange, spec, order, mine)
        except (Unavailable, VenueError) as e:
            self._reject(order.order, "unsent", f"nothing was sent: {e}"[:200])

    async def cancel(self, order: Known) -> None:
        """Ask to cancel; what cannot be found is looked up."""
        mine = self._ours.learn(order)
        try:
            async with self._client.used() as exchange:
                spec = self._directory.learn(exchange, order.instrument.symbol)
                if spec is None or (not mine.venue_order and not await self._orders.look(exchange, spec, mine)):
                    self._tell(Lost(at=self._now(), order=mine.order, why="the exchange does not show it"))
                    return
                if not mine.ended:
                    await self._cancel(exchange, spec, mine)
        except (Unavailable, VenueError) as e:
            self._tell(CancelRefused(at=self._now(), order=mine.order, code=type(e).__name__))

    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Refuse: what exchanges do when an order is edited differs too much to be promised."""
        self._tell(AmendRefused(at=self._now(), order=OrderId(order.order), code="unsent"))

    async def picture(self, orders: Sequence[Known]) -> None:
        """Emit the account, and for each order named what the exchange knows of it."""
        asked_at = self._now()
        try:
            async with self._client.used() as exchange:
                self._tell(await self._account.picture(exchange, orders, asked_at))
        except (Unavailable, VenueError) as e:
            self._tell(
                Pictured(at=self._now(), venue=self._client.venue, asked_at=asked_at, ok=False, why=str(e)[:200])
            )

    # ---- orders

    def _moved(self, exchange: Any, spec: Spec | None, order: Approved) -> str:  # noqa: ANN401
        """Return what the library would make of an order; empty where it is sent as it is."""
        place = order.place
        assert spec is not None
        assert place.price is not None
        assert place.qty is not None
        try:
            return markets.moved(exchange, spec, place.price * spec.instrument.unit, place.qty)
        except Exception as e:  # noqa: BLE001 - `meaning` raises what is none of the library's
            return str(meaning(self._client.venue, e))

    async def _create(self, exchange: Any, spec: Spec, order: Approved, mine: Mine) -> None:  # noqa: ANN401
        place = order.place
        assert place.price is not None
        assert place.qty is not None
        params: dict[str, Any] = {"clientOrderId": order.client, "label": order.client}
        if place.tif in {Tif.IOC, Tif.FOK}:
            params["timeInForce"] = place.tif.value
        if place.post_only:
            params["postOnly"] = True
        if place.reduce_only:
            params["reduceOnly"] = True
        price, size = float(place.price * spec.instrument.unit), float(place.qty)
        way = "buy" if (place.side is Side.BUY) is (place.leg is Leg.YES) else "sell"
        try:
            row = await exchange.create_order(spec.symbol, "limit", way, size, price, params)
        except asyncio.CancelledError:
            self._tell(Lost(at=self._now(), order=mine.order, why="we stopped before the answer came"))
            raise
        except Exception as e:  # noqa: BLE001 - `meaning` raises what is none of the library's
            error = meaning(self._client.venue, e)
            if isinstance(error, OutcomeUnknown):
                self._tell(Lost(at=self._now(), order=mine.order, why=str(error)))
            else:
                self._ours.forget(mine)
                code = error.code if isinstance(error, VenueRefused) else "auth"
                self._reject(order.order, code, str(error))
            return
        try:
            await self._orders.take(exchange, spec, mine, row)
        except VenueError as e:  # it is there, but how it stands cannot be read
            self._tell(Lost(at=self._now(), order=mine.order, why=str(e)[:200]))

    async def _cancel(self, exchange: Any, spec: Spec, mine: Mine) -> None:  # noqa: ANN401
        try:
            await exchange.cancel_order(mine.venue_order, spec.symbol)
        except asyncio.CancelledError:
            self._tell(Lost(at=self._now(), order=mine.order, why="we stopped before the answer came"))
            raise
        except Exception as e:  # noqa: BLE001 - `meaning` raises what is none of the library's
            error = meaning(self._client.venue, e)
            if isinstance(error, OutcomeUnknown):
                self._tell(Lost(at=self._now(), order=mine.order, why=str(error)))
                return
            if isinstance(error, AuthFailed):
                self._tell(CancelRefused(at=self._now(), order=mine.order, code="auth"))
                return
            code = getattr(error, "code", "refused")
            if await self._look(exchange, spec, mine) and not mine.ended:  # "not found" may mean that it filled
                self._tell(CancelRefused(at=self._now(), order=mine.order, code=code))
            return
        await self._look(exchange, spec, mine)

    async def _look(self, exchange: Any, spec: Spec, mine: Mine) -> bool:  # noqa: ANN401
        """Ask what became of an order that was asked back; what cannot be asked is not known."""
        try:
            return await self._orders.look(exchange, spec, mine)
        except VenueError as e:
            self._tell(Lost(at=self._now(), order=mine.order, why=f"it was asked back; {e}"[:200]))
            return False

    # ---- account

    async def _looking(self, exchange: Any) -> None:  # noqa: ANN401
        """Look at what works, again and again; that the account can be read is that the link is up."""
        balance = exchange.fetch_balance
        await self._client.ask(balance)
        self._say(up=True)
        while True:
            await asyncio.sleep(LOOK_S)
            for mine in [one for one in self._ours.open() if one.accepted]:
                spec = self._directory.learn(exchange, mine.instrument.symbol)
                if spec is not None:
                    with suppress(WireError):  # of one order that cannot be read; the others can
                        await self._orders.look(exchange, spec, mine)

    # ---- within

    def _reject(self, order: OrderId, code: str, text: str) -> None:
        self._tell(Rejected(at=self._now(), order=order, code=code[:40], text=text[:200]))

    def _say(self, *, up: bool, why: str = "") -> None:
        if self._up is not up:
            self._up = up
            venue = self._client.venue
            self._tell(LinkChanged(at=self._now(), venue=venue, up=up, channel="account", why=why[:200]))

    def _tell(self, event: Event) -> None:
        if self._to is None:
            msg = "an order was sent to a gateway that does not run"
            raise InvariantBroken(msg)
        self._to(event)


def _unsendable(spec: Spec | None, order: Approved) -> str:
    """Return why an order cannot be sent as it is; empty where it can."""
    place = order.place
    if spec is None:
        return f"{place.instrument.symbol[:60]} is not listed there"
    if place.price is None or place.qty is None:
        return "an order by way of CCXT needs a price and a quantity"
    if not markets.on_grid(spec.instrument, place.price):
        return "its price lies between the exchange's steps, and the library would move it"
    if place.qty % spec.instrument.step or place.qty < spec.instrument.least:
        return f"{place.qty} is no size of it: the library would cut it"
    unpriced = markets.in_dollars(spec.instrument)
    if unpriced:
        return unpriced
    if place.tif is Tif.GTD:
        return "an order until a time cannot be promised by way of CCXT"
    return ""
