"""Questions to Deribit over HTTP: a method and its parameters, the result or the error that the body names.

An error of the protocol comes with a status of its own, mostly 400: the body says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.venues.deribit import codes, wire
from engine.venues.deribit.endpoints import CALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import msgspec

    from engine.venues.port import Now
    from engine.venues.rest import Rest

US_PER_MS = 1_000.0


async def ask(
    rest: Rest, now: Now, method: str, params: Mapping[str, object] | None = None, *, cost: float = CALL
) -> msgspec.Raw:
    """Return the result of a method, and learn the venue's clock from its answer.

    Raises
    ------
    VenueError
        `Unreachable`, `Throttled`, `AuthFailed`, `VenueRefused`, `OutcomeUnknown` or `WireError`, by what came.
    """
    sent = now()
    raw = await rest.ask(f"/{method}", params, cost=cost)
    found = wire.answer(raw.body)
    if isinstance(found, wire.Refusal):
        raise codes.error(found)
    if found.sent_us is not None:
        rest.timing.learn_time(found.sent_us / US_PER_MS, sent, now())
    return found.result
