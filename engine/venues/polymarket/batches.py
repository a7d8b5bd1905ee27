"""Orders of one moment leave for the venue in one request, and each gets its own verdict."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.core.errors import OutcomeUnknown, VenueError
from engine.core.ids import POLYMARKET
from engine.venues.polymarket import wire_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from engine.venues.polymarket.clob import Clob, Signer
    from engine.venues.polymarket.wire_orders import Signed, Verdict
    from engine.venues.rest import Begun

    _Waiting = asyncio.Future[Verdict]
    _Queued = tuple[Signed, _Waiting, Callable[[], bool]]


class Batches:
    """Sends signed orders; `aside` lets work go on that nobody waits for."""

    def __init__(self, clob: Clob, signer: Signer, aside: Callable[[Coroutine[None, None, None]], None]) -> None:
        self._clob = clob
        self._signer = signer
        self._aside = aside
        self._queue: list[_Queued] = []

    def add(self, signed: Signed, wanted: Callable[[], bool]) -> asyncio.Future[Verdict]:
        """Have an order sent together with all others of this moment; return where the venue's verdict comes.

        The verdict is a VenueError where there is none: `OutcomeUnknown` says that the order may have arrived. Where
        they have to wait for their turn they leave unless none of them is `wanted` any more.
        """
        loop = asyncio.get_running_loop()
        answer: _Waiting = loop.create_future()
        self._queue.append((signed, answer, wanted))
        if len(self._queue) == 1:
            loop.call_soon(self.flush)  # where nobody says that all have come
        return answer

    def flush(self) -> None:
        """Send what has come, now."""
        queue, self._queue = self._queue, []
        keys = self._signer.credentials
        owner = keys.api_key if keys is not None else ""
        for n in range(0, len(queue), wire_orders.BATCH):
            try:
                self._leave(queue[n : n + wire_orders.BATCH], owner)
            except BaseException:
                _fail(
                    [answer for _, answer, _ in queue[n:]], OutcomeUnknown(POLYMARKET, "it could not be put into words")
                )
                raise

    def _leave(self, batch: list[_Queued], owner: str) -> None:
        several = [wire_orders.posted(signed, owner) for signed, _, _ in batch]
        path, body = "/order", several[0]
        if len(batch) > 1:
            path, body = "/orders", b"[" + b",".join(several) + b"]"
        begun = self._clob.begin("POST", path, body)
        waiting, wishes = [answer for _, answer, _ in batch], [wanted for _, _, wanted in batch]
        self._aside(self._send(waiting, path, body, begun, lambda: any(wanted() for wanted in wishes)))

    async def _send(
        self, batch: list[_Waiting], path: str, body: bytes, begun: Begun | None, wanted: Callable[[], bool]
    ) -> None:
        try:
            answer = await self._clob.write("POST", path, body, begun=begun, wanted=wanted)
            verdicts = (
                [wire_orders.verdict(answer.status, answer.body)]
                if len(batch) == 1
                else wire_orders.verdicts(answer.status, answer.body, len(batch))
            )
        except BaseException as e:
            # a lane waits for each, and what is asked about the order waits for the lane: it must end, however this did
            cut = isinstance(e, asyncio.CancelledError)
            _fail(batch, OutcomeUnknown(POLYMARKET, "we stopped before the answer came") if cut else e)
            if isinstance(e, VenueError):
                return
            raise
        for waiting, verdict in zip(batch, verdicts, strict=True):
            if not waiting.done():
                waiting.set_result(verdict)


def _fail(batch: list[_Waiting], why: BaseException) -> None:
    for waiting in batch:
        if not waiting.done():
            waiting.set_exception(why)
