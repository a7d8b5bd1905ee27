"""What a Deribit gateway does beside what it is asked: allowances, requests that are open."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.venues.deribit.maker import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.core.events import Event
    from engine.venues.deribit.account import Account
    from engine.venues.deribit.maker import Maker
    from engine.venues.deribit.private import Private
    from engine.venues.deribit.wire_account import Rate

MOST: Final = 1e6
"""No account may do so much in a second."""


async def limits(account: Account) -> Rate | None:
    """Return how often an account may place orders; None where that is not told, and the smallest one's stay."""
    try:
        found = await account.limits()
    except VenueError:
        return None
    return found if found is not None and 0 < found.rate < MOST and 0 < found.burst < MOST else None


async def requests(private: Private, maker: Maker, tell: Callable[[Iterable[Event]], None]) -> None:
    """Ask for the block requests that are open each time the account has come up, until cancelled."""
    while True:
        await private.risen.wait()
        private.risen.clear()
        if set(CHANNELS) <= private.given:
            with contextlib.suppress(VenueError):  # those that change are told
                tell(await maker.requests())
