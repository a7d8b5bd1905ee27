"""What a Derive gateway does beside what it is asked: what the socket is to say, and what the wallet may do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.venues.derive import wire_account

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.venues.derive.asking import Calls
    from engine.venues.derive.private import Private
    from engine.venues.link import Link

CATCH_UP_S: Final = 0.25
LET_IN_S: Final = 10.0
"""A connection on which the channels are not on by then is given up."""


async def saying(private: Private, link: Link, on: Callable[[], Awaitable[None]]) -> None:
    """Say on the socket what follows from the venue's answers; give a connection up that does not let us in.

    `on` is awaited each time the account's channels have come on.
    """
    loop = asyncio.get_running_loop()
    waiting: float | None = None
    following = False
    while True:
        if text := await _next(private):
            await link.send(text)
        if private.on and not following:
            await on()
        following = private.on
        if private.on or not link.stats.up:
            waiting = None
        elif waiting is None:
            waiting = loop.time()
        elif loop.time() - waiting > LET_IN_S:
            waiting = None
            link.drop(private.refused or "the account's channels did not come on")


async def _next(private: Private) -> str:
    try:
        async with asyncio.timeout(CATCH_UP_S):
            return await private.outgoing.get()
    except TimeoutError:
        return ""


async def allowed(calls: Calls, owner: str) -> wire_account.AccountReply | None:
    """Return what a wallet may do; None where that is not told, and the lowest level stays assumed."""
    try:
        return await calls.ask("private/get_account", {"wallet": owner}, wire_account.ACCOUNT)
    except VenueError:
        return None
