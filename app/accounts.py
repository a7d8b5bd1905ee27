"""A read-only test of the keys of a venue or a weather service: what it says to them, and nothing that could trade."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

from engine.core.errors import VenueError
from engine.core.events import LinkChanged, Pictured
from engine.sources import services
from engine.venues import registry
from engine.venues.port import Depth

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.core.ids import VenueId
    from engine.sources.services import Setup
    from engine.venues.port import Gateway, Now

PATIENCE_S: Final = 15.0

Line = tuple[str, bool]
"""A sentence, and whether it is good news."""


async def try_keys(venue: VenueId, where: object, keys: object, now: Now) -> list[Line]:
    """Try every endpoint of a venue, then read its account with these keys; never raises for what a venue does."""
    rng = random.Random()
    probed = await registry.probe(venue, where, now, rng)
    lines: list[Line] = [(f"{one.endpoint} ({one.host}): {one.detail}", one.ok) for one in probed]
    if keys is None:
        lines.append(("no keys are given: prices only", False))
        return lines
    gateway = registry.builder(venue)(where, keys, now, rng).gateway
    if gateway is None:
        lines.append(("this venue takes no orders", False))
        return lines
    if gateway.capabilities.depth is Depth.NONE:
        return lines + await _opened(gateway)
    return lines + await _read(gateway)


async def try_service(name: VenueId, setup: Setup, now: Now) -> list[Line]:
    """Ask a weather service something small with its key; never raises for what it does."""
    if not setup.key:
        return [("no key is given: it is not asked", False)]
    probed = await services.probe(setup, now, random.Random())
    return [(f"{one.host}: {one.detail}", one.ok) for one in probed if one.name == name]


async def _opened(gateway: Gateway) -> list[Line]:
    """Run a gateway that quotes and tells no account until its socket is open, and say who it would sign as."""
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    why = ""

    def emit(event: Event) -> bool:
        nonlocal why
        if isinstance(event, LinkChanged):
            why = event.why
            if event.up and not opened.done():
                opened.set_result("")
        return True

    task = asyncio.ensure_future(gateway.run(emit))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await opened
    except TimeoutError:
        return [(f"its socket for quotes did not open within {PATIENCE_S:g} s{f': {why}' if why else ''}", False)]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    who = getattr(gateway, "address", "")
    return [(f"its socket for quotes opens; they would be signed as {who or 'nobody'}", True)]


async def _read(gateway: Gateway) -> list[Line]:
    """Run a gateway until it has pictured its account once."""
    seen: asyncio.Queue[Event] = asyncio.Queue()

    def emit(event: Event) -> bool:
        seen.put_nowait(event)
        return True

    task = asyncio.ensure_future(gateway.run(emit))
    why = ""
    await asyncio.sleep(0)  # it listens from its first turn on
    try:
        async with asyncio.timeout(PATIENCE_S):
            await gateway.picture(())
            while True:
                event = await seen.get()
                if isinstance(event, Pictured):
                    return _said(event)
                if isinstance(event, LinkChanged) and not event.up:
                    why = event.why
    except VenueError as e:
        return [(f"the account cannot be read: {e}", False)]
    except TimeoutError:
        return [(f"the account did not answer within {PATIENCE_S:g} s{f': {why}' if why else ''}", False)]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _said(picture: Pictured) -> list[Line]:
    """Return what a picture shows, as sentences."""
    if not picture.ok:
        return [(f"the account cannot be read: {picture.why}", False)]
    cash = "not told" if picture.cash is None else f"{picture.cash:.2f}"
    lines = [(f"free cash read now: {cash}", picture.cash is not None)]
    if picture.positions is not None:
        lines.append((f"positions: {len(picture.positions)}", True))
    working = sum(one.status == "working" for one in picture.orders)
    lines.append((f"working orders: {working}", True))
    return lines
