"""Derive's calls by HTTP: every one is a POST, reads are repeated while that may help, writes are sent once.

What the venue's answer says decides, whatever its HTTP status: a body with an error is a definite no, unless its code
says that the venue itself does not know.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from engine.core.errors import OutcomeUnknown, Throttled, Unreachable, VenueError, VenueRefused, WireError
from engine.core.ids import DERIVE
from engine.venues.derive import wire, wire_orders
from engine.venues.recalled import always
from engine.venues.rest import FIRST_WAIT_S, LONGEST_WAIT_S, TRIES, compact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from engine.venues.derive.wire import RpcError
    from engine.venues.rest import Answer, Rest

T = TypeVar("T")
PAGES_MOST: Final = 100
_UNSETTLED: Final = frozenset({408, 425})
"""Statuses below 500 that say nothing of what was done."""


class Refused(VenueError):
    """A definite no; `error` is the venue's own."""

    def __init__(self, error: RpcError) -> None:
        super().__init__(DERIVE, wire_orders.refusal(error).text)
        self.error = error


class Calls:
    """The venue's methods over one host."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest

    async def ask(self, method: str, params: Mapping[str, object], decoder: msgspec.json.Decoder[T]) -> T:
        """Return what a method answers that changes nothing, such as ``public/get_instrument``.

        Raises
        ------
        Refused
            If the venue says no.
        VenueError
            If it cannot be asked, or its answer not be read.
        """
        for left in range(TRIES - 1, -1, -1):
            try:
                return wire.body(decoder, await self._once(method, params))
            except (Unreachable, Throttled) as e:
                wait = min(FIRST_WAIT_S * 2.0 ** (TRIES - 1 - left), LONGEST_WAIT_S)
                if left == 0 or (isinstance(e, Throttled) and self.rest.budget.held("read") > LONGEST_WAIT_S):
                    raise
                await asyncio.sleep(wait)
        raise AssertionError

    async def pages(
        self, method: str, params: Mapping[str, object], decoder: msgspec.json.Decoder[T], page_size: int
    ) -> AsyncIterator[T]:
        """Yield every page of a listing, which has a `pagination`.

        Raises
        ------
        WireError
            If it has no end: a part of it is not to be taken for the whole.
        VenueError
            As `ask`.
        """
        for number in range(1, PAGES_MOST + 1):
            page = await self.ask(method, {**params, "page": number, "page_size": page_size}, decoder)
            yield page
            if number >= page.pagination.num_pages:  # type: ignore[attr-defined]  # every listing has it
                return
        raise WireError(DERIVE, f"more than {PAGES_MOST} pages of {method}")

    async def do(self, path: str, body: bytes, bucket: str = "write", *, wanted: Callable[[], bool] = always) -> bytes:
        """Send what does something, once; return its result. `wanted` as `Rest.write` has it.

        Raises
        ------
        Refused
            If the venue says no: nothing was done.
        OutcomeUnknown
            If it may have been done.
        Unreachable, Throttled, AuthFailed
            If nothing was done.
        """
        return _result(await self.rest.write("POST", path, body, bucket=bucket, wanted=wanted))

    async def _once(self, method: str, params: Mapping[str, object]) -> bytes:
        try:
            return _result(await self.rest.write("POST", f"/{method}", compact(dict(params)), bucket="read"))
        except OutcomeUnknown as e:  # of a question, that is no more than no answer
            raise Unreachable(DERIVE, str(e)) from e


def _result(answer: Answer) -> bytes:
    """Return the result of an answer, or raise what its error means."""
    try:
        found = wire.read(answer.body)
    except WireError as e:
        if 400 <= answer.status < 500 and answer.status not in _UNSETTLED:
            raise VenueRefused(DERIVE, str(answer.status), f"HTTP {answer.status}") from e
        raise OutcomeUnknown(DERIVE, "an answer that cannot be read") from e
    if not isinstance(found, wire.Answered):
        raise OutcomeUnknown(DERIVE, "a notification where an answer was due")
    if found.error is None:
        return found.result
    if wire_orders.unknown(found.error):
        raise OutcomeUnknown(DERIVE, f"the venue does not know what came of it (code {found.error.code})")
    if found.error.code in wire_orders.BUSY:
        raise Throttled(DERIVE, "asked too often")
    raise Refused(found.error)
