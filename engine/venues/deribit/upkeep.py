"""What a Deribit gateway does beside what it is asked: trades that stayed away, allowances, requests that are open."""

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
    from engine.venues.deribit.ours import Mine, Ours
    from engine.venues.deribit.private import Private
    from engine.venues.deribit.wire_account import Rate
    from engine.venues.port import Now

LOOKS_MOST: Final = 5
"""How often trades that the venue spoke of are asked for before their order is called lost."""
MOST: Final = 1e6
"""No account may do so much in a second."""


async def catch_up(mine: Mine, ours: Ours, account: Account, now: Now) -> list[Event]:
    """Ask for the trades of an order that stayed behind; return what is news of them."""
    mine.looks += 1
    try:
        facts = await account.fills(mine)
    except VenueError:
        facts = []
    at = now()
    told = [event for fact in facts if ours.find(fact.client, fact.order_id) is mine for event in ours.fill(fact, at)]
    if mine.behind_since is not None:
        mine.behind_since = at
    return told


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
