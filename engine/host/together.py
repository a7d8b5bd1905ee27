"""Cancels of one moment at one venue, which leave in as few requests as it takes: a kill switch is one, not fifty."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.instrument import Known
    from engine.venues.port import CancelsMany


class Together:
    """Orders that are asked back in one go; each order's lane awaits `done`.

    Parameters
    ----------
    keep : callable
        Takes the task that asks, to end it with the session.
    """

    def __init__(self, gateway: CancelsMany, keep: Callable[[asyncio.Task[None]], None]) -> None:
        self._gateway = gateway
        self._keep = keep
        self._orders: list[Known] = []
        self._asking: asyncio.Task[None] | None = None

    @property
    def left(self) -> bool:
        """Whether they were asked back already, and no other can join them."""
        return self._asking is not None

    def join(self, order: Known) -> None:
        """Have one more asked back; all that join do so within one turn of the loop."""
        self._orders.append(order)

    async def done(self) -> None:
        """Ask them back, once for all who await it. Raises what the gateway raises, which is a bug of ours."""
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask())
            self._keep(self._asking)
        await asyncio.wait([self._asking])
        self._asking.result()

    async def _ask(self) -> None:
        if len(self._orders) == 1:
            await self._gateway.cancel(self._orders[0])
        else:
            await self._gateway.cancel_many(self._orders)
