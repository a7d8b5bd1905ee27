"""What a Polymarket gateway does beside what it is asked: API keys, the venue's clock, and the heartbeat."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.core.events import LinkChanged
from engine.core.ids import POLYMARKET
from engine.venues.polymarket import wire_orders
from engine.venues.polymarket.clob import set_clock, sign_in

if TYPE_CHECKING:
    import random

    from engine.venues.polymarket.clob import Clob, Signer
    from engine.venues.polymarket.endpoints import Endpoints
    from engine.venues.port import Emit, Now

BEAT_S: Final = 5.0
KEYS_AGAIN_S: Final = 5.0
CLOCK_S: Final = 60.0
"""Between two looks at the venue's clock: ours may be set while a session runs."""


class Upkeep:
    """Keeps our account signed in, and the venue told that we are here."""

    def __init__(
        self, endpoints: Endpoints, clob: Clob, signer: Signer, now: Now, rng: random.Random, beat_s: float
    ) -> None:
        self._endpoints = endpoints
        self._clob = clob
        self._signer = signer
        self._now = now
        self._rng = rng
        self.beat_s = beat_s
        self.clock_s = CLOCK_S
        self.placed = asyncio.Event()
        """An order was placed: from now on the venue hears from us."""
        self._signing_in = asyncio.Lock()
        self._due = ""
        """Of the next heartbeat."""

    async def credentials(self) -> None:
        """See that there are API keys. Raises VenueError where none can be had."""
        async with self._signing_in:
            if self._signer.credentials is None:
                self._signer.credentials = await sign_in(self._signer, self._endpoints, self._now, self._rng)

    async def keys(self, emit: Emit) -> None:
        """Have API keys and the venue's clock, however long it takes; what fails is told once."""
        said = ""
        while True:
            try:
                await set_clock(self._clob, self._signer, self._now)
                await self.credentials()
            except VenueError as e:
                why = f"no API keys: {str(e)[:150]}"
                if why != said:
                    said = why
                    emit(LinkChanged(at=self._now(), venue=POLYMARKET, up=False, channel="account", why=why))
                await asyncio.sleep(KEYS_AGAIN_S)
            else:
                return

    async def beating(self) -> None:
        """Tell the venue that we are here, from the first order on: who stops in between loses what rests."""
        await self.placed.wait()
        while True:
            if not await self._beat():
                await self._beat()  # it was refused, and named the id that it expects
            await asyncio.sleep(self.beat_s)

    async def keeping_time(self) -> None:
        """Keep what we sign by the venue's clock, which refuses whatever is half a minute off: cancels, too."""
        while True:
            await asyncio.sleep(self.clock_s)
            with suppress(VenueError):  # asked again in a while
                await set_clock(self._clob, self._signer, self._now)

    async def _beat(self) -> bool:
        """Send one heartbeat with the id that is due; whether it was taken, or not answered at all."""
        try:
            body = wire_orders.body({"heartbeat_id": self._due})
            answer = await self._clob.write("POST", "/v1/heartbeats", body, bucket="cancel")
            self._due = wire_orders.heartbeat_id(answer.body)
        except VenueError:
            return True  # it may have been taken: the next answer names what is due
        return answer.status < 400
