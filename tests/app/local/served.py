"""A session of a demo day behind the local server, over a real socket, and a client that has its tokens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from app import boot
from app.local.guard import Scope
from app.local.server import Local
from engine.store.profile import Profile

OPTIONS = boot.Options(demo=True, speed=1.0, keyring=False)
ALL = (Scope.OPERATE, Scope.ORDER)


class Served:
    """A session, its server, and a client that may do everything it has a token for."""

    def __init__(self, session: boot.Session, local: Local, client: httpx.AsyncClient) -> None:
        self.session, self.local, self.client = session, local, client

    def head(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def listed(self) -> bool:
        return any(m.status == "open" for m in self.session.kernel.state.exchange.markets.values())

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, headers=self.head(self.local.tokens.read), **more)

    async def order(self, **fields: Any) -> httpx.Response:
        found = await self.first()
        body = {"key": "first-order", "venue": found["venue"], "symbol": found["symbol"], "side": "buy", "qty": "5"}
        return await self.client.post("/v1/orders", headers=self.head(self.local.tokens.order), json=body | fields)

    async def first(self) -> dict[str, Any]:
        """Return an outcome of our own exchange that can be traded."""
        rows = (await self.get("/v1/markets")).json()
        return next(row for row in rows if row["status"] == "open" and row["ask"] is not None)


def serve(
    folder: Path,
    act: Callable[[Served], Awaitable[None]],
    scopes: tuple[Scope, ...] = ALL,
    options: boot.Options = OPTIONS,
    **more: Any,
) -> None:
    """Open a session, serve it, and do something with it, on a loop of its own."""
    asyncio.run(asyncio.wait_for(serving(folder, act, scopes, options, **more), 60.0))


async def serving(
    folder: Path,
    act: Callable[[Served], Awaitable[None]],
    scopes: tuple[Scope, ...] = ALL,
    options: boot.Options = OPTIONS,
    **more: Any,
) -> None:
    """Do so on the loop that runs."""
    loop = asyncio.get_running_loop()
    broken: list[Any] = []
    marked: list[Callable[[Any], None]] = []

    def changed(topic: Any) -> None:
        for mark in marked:
            mark(topic)

    session = boot.open_session(Profile(folder), options, loop, changed=changed, broken=broken.append)
    local = Local(session, scopes, **more)
    marked.append(local.mark)
    session.play(loop)
    await local.start()
    try:
        async with httpx.AsyncClient(base_url=local.address, timeout=10.0) as client:
            served = Served(session, local, client)
            while options.demo and not served.listed():  # noqa: ASYNC110 - when the day lists one
                await asyncio.sleep(0.01)
            await act(served)
    finally:
        await local.stop()
        assert await session.leave()


def metrics(response: httpx.Response) -> dict[str, float]:
    assert response.status_code == 200
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}
