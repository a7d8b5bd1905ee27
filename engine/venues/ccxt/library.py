"""CCXT itself, met as late as can be: it takes a second and a hundred megabytes to import.

One client an exchange, made inside the loop that uses it, closed when the last who uses it leaves. What the library
raises has two meanings: a kind of `ExchangeError` is a definite no; an `OperationFailed` says nothing of what was done,
be it a time-out or, as some exchanges' refusals for haste come, a `DDoSProtection`; nor does an `ExchangeError` of no
kind. A question may be asked again, an order never is.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import AuthFailed, OutcomeUnknown, Unavailable, Unreachable, VenueRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from engine.core.errors import VenueError
    from engine.core.ids import VenueId
    from engine.venues.ccxt.endpoints import Endpoints
    from engine.venues.ccxt.keys import CcxtKeys

MISSING: Final = (
    "exchanges of venues.ccxt.exchanges need the extra ccxt, which is not installed: pip install atmx[ccxt]"
)
TIMEOUT_MS: Final = 10_000
TRIES: Final = 3


def installed() -> bool:
    """Whether the library is there, without importing it."""
    return find_spec("ccxt") is not None


class Client:
    """One exchange's client, shared by feed, gateway and directory."""

    def __init__(self, venue: VenueId, where: Endpoints, keys: CcxtKeys | None) -> None:
        self.venue = venue
        self.where = where
        self.signs = keys is not None
        self._keys = keys
        self._made: Any = None
        self._users = 0
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Any]:
        """Return the client with its markets loaded; it is closed once nobody uses it.

        Raises
        ------
        VenueError
            If the exchange cannot be asked for its markets, or the library does not know it.
        Unavailable
            If the extra is not installed.
        """
        self._users += 1
        try:
            yield await self._open()
        finally:
            self._users -= 1
            if not self._users and self._made is not None:
                made, self._made = self._made, None
                await made.close()

    async def ask(self, call: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever the library gives
        """Return the answer to a question, asked again while that may help.

        Raises
        ------
        VenueError
            As `meaning`, but a question that got no answer is `Unreachable`.
        """
        for left in range(TRIES - 1, -1, -1):
            try:
                return await call()
            except Exception as e:
                error = meaning(self.venue, e)
                if not isinstance(error, OutcomeUnknown):
                    raise error from e
                if left == 0:
                    raise Unreachable(self.venue, str(error)) from e
                await asyncio.sleep(0.25 * 2 ** (TRIES - 1 - left))
        raise AssertionError

    async def _open(self) -> Any:  # noqa: ANN401 - a class of the library
        async with self._lock:
            if self._made is None:
                made = await self._make()
                try:
                    made.open()
                    # some exchanges take orders by GET, which the library's transport sends again when a kept
                    # connection breaks: that was seen to place an order twice
                    made.session._retry_connection = False
                    await self.ask(made.load_markets)
                except BaseException:
                    await made.close()
                    raise
                self._made = made
            return self._made

    async def _make(self) -> Any:  # noqa: ANN401 - a class of the library
        if not installed():
            raise Unavailable(MISSING)
        library = await asyncio.to_thread(import_module, "ccxt.pro")  # a second of it would freeze the screen
        name = self.where.exchange
        if name not in library.exchanges:
            raise VenueRefused(self.venue, "exchange", f"CCXT knows no exchange {name[:40]!r}, or it has no streams")
        given: dict[str, Any] = {"enableRateLimit": True, "timeout": TIMEOUT_MS, "options": dict(self.where.options)}
        if self._keys is not None:
            given |= {"apiKey": self._keys.key, "secret": self._keys.secret, "password": self._keys.password}
        made = getattr(library, name)(given)
        if self.where.sandbox:
            try:
                made.set_sandbox_mode(True)
            except Exception as e:
                await made.close()
                raise VenueRefused(self.venue, "sandbox", f"{name} has no test network in CCXT") from e
        if self.where.urls:
            known = made.urls["api"]
            made.urls["api"] = {**known, **self.where.urls} if isinstance(known, dict) else dict(self.where.urls)
        return made


def meaning(venue: VenueId, error: Exception) -> VenueError:
    """Return what an exception of the library says, in our words; one that is none of its own is raised as it is."""
    names = {kind.__name__ for kind in type(error).__mro__}
    kind = type(error).__name__
    if "BaseError" not in names:
        raise error
    if "AuthenticationError" in names:
        return AuthFailed(venue, "the exchange does not take our key or its rights")
    if "OperationFailed" in names or kind == "ExchangeError":
        # the bare class is what it makes of every code it has no name for, an internal error of the exchange too
        return OutcomeUnknown(venue, f"no answer that says what was done ({_words(kind)})")
    return VenueRefused(venue, kind, f"the exchange says no: {_words(kind)}")


def _words(name: str) -> str:
    """Return a class's name as words."""
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
