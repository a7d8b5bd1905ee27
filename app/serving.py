"""The local server put together: the settings ask for it, the status bar says that it is there."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from engine.core.effects import Level
from engine.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.bridge import Bridge
    from app.local.server import Local
    from app.settings import Settings
    from app.window import Window
    from engine.core.ids import Topic

PATIENCE_S: Final = 2.0
"""What clients are given to close when the session ends."""


class Serving:
    """The local server of a session, where the settings ask for one."""

    def __init__(self, found: Settings) -> None:
        self._found = found
        self.local: Local | None = None

    def mark(self, topic: Topic) -> None:
        """Say that a view is out of date."""
        if self.local is not None:
            self.local.mark(topic)

    async def start(self, session: Session, window: Window, bridge: Bridge, lag: Callable[[], float | None]) -> None:
        """Serve, if that is asked for; what keeps it from it is told, and the session goes on."""
        if not self._found.flag("api.on"):
            return
        from app.local.guard import Scope
        from app.local.server import Local

        wanted = {Scope.ORDER: "api.orders", Scope.OPERATE: "api.markets"}
        scopes = [scope for scope, key in wanted.items() if self._found.flag(key)]
        local = Local(session, scopes, live_orders=bridge.accounts.programs_may_order, lag=lag)
        try:
            await local.start(self._found.whole("api.port"))
        except Unavailable as e:
            window.tell(f"{e}.", Level.WARN)
            return
        self.local = local
        orders = Scope.ORDER in scopes
        may = "may order" if orders else "may read"
        window.status.set_server(
            f"API :{local.port}", f"Programs of this machine {may} at {local.address}", orders=orders
        )

    async def stop(self) -> None:
        """Serve no more."""
        if self.local is not None:
            local, self.local = self.local, None
            with suppress(TimeoutError):  # its tokens are gone; a client that does not say good-bye keeps nobody here
                async with asyncio.timeout(PATIENCE_S):
                    await local.stop()
