"""A venue's REST side: requests within the budget, answers bounded, and every failure told by what it means.

Reads are repeated while that may help. Writes are sent once, whatever happens: `Unreachable` says that nothing was
sent, `OutcomeUnknown` that it may have arrived. Which of the two is not guessed from the kind of error but seen:
whoever writes the request says when it begins to.

Writes go over `engine.venues.direct`, in a tenth of the time that the general library takes to let the first byte
go; by way of a proxy, where the system has one for this host, they take the library's road too
(`engine.venues.httpx_client`), as reads always do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import httpx

from engine.core.errors import AuthFailed, OutcomeUnknown, Throttled, Unreachable, VenueError, VenueRefused, WireError
from engine.core.units import Nanos
from engine.venues.direct import Broken, Direct, Line, Reply, Sending, TooLarge
from engine.venues.httpx_client import HttpxClient, proxied
from engine.venues.recalled import always
from engine.venues.timing import Timing

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from engine.core.ids import VenueId
    from engine.net.budget import Budget
    from engine.venues.port import Now

    Sign = Callable[[str, str, bytes, Nanos], Mapping[str, str]]
    """Method, path from the host's root without its query, body, time: the headers that prove who asks."""

TRIES: Final = 4
FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 4.0
LARGEST: Final = 16 << 20
"""Bytes of the largest answer that is taken, unpacked."""
PATIENCE_S: Final = 10.0
"""A hold longer than this is not waited for: the caller is told, and nothing is sent."""
RETRY_AFTER_MOST_S: Final = 3 * 86_400.0
"""The longest ban a venue is known to pronounce."""
WARM_S: Final = 5.0
"""Between looks for whether a connection stands ready."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status the caller has to read."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that was written already, or failed to be; `Rest.write` has its answer."""

    sent: Sending
    line: Line | None
    failed: Exception | None
    at: Nanos


class Rest:
    """One host of a venue.

    Parameters
    ----------
    base_url : str
        Scheme, host and, where the venue has one, the path that all others begin with.
    budget : Budget
        With a bucket named ``read`` and those that `write` is asked to use.
    sign : Sign, optional
        Asked before every request; without it nothing is signed.
    signs_query : bool
        Whether what is signed of a question is its path with its query.
    timeout_s : float
        For a whole request, its answer's last byte included.
    """

    def __init__(
        self,
        venue: VenueId,
        base_url: str,
        now: Now,
        *,
        budget: Budget,
        rng: random.Random,
        sign: Sign | None = None,
        signs_query: bool = False,
        timeout_s: float = 5.0,
        largest: int = LARGEST,
    ) -> None:
        self.venue = venue
        self.budget = budget
        self.requests = 0
        """Sent, or tried to be."""
        self.timing = Timing()
        """What the answers say of the way to the venue and of its clock."""
        url = httpx.URL(base_url)
        self.host = url.host
        self._root = url.copy_with(path="/", query=None)
        self._prefix = url.path.rstrip("/")
        self._now = now
        self._rng = rng
        self._sign = sign
        self._signs_query = signs_query
        self._timeout_s = timeout_s
        self._largest = largest
        self._throttled = 0
        self._client: HttpxClient | None = None
        self._direct: Direct | None = None
        self._by_proxy = proxied(url)

    async def read(self, path: str, params: Mapping[str, object] | None = None, *, cost: float = 1.0) -> bytes:
        """GET, again while that may help; return the body of a 2xx.

        Raises
        ------
        Unreachable
            If no whole answer came, or only 5xx.
        Throttled, AuthFailed
            On 429 and 418, on 401 and 403.
        VenueRefused
            On any other status; its code is the status.
        WireError
            If the answer is larger than it may be.
        """
        answer = await self.ask(path, params, cost=cost)
        if not 200 <= answer.status < 300:
            raise VenueRefused(self.venue, str(answer.status), f"HTTP {answer.status} to GET {path[:80]}")
        return answer.body

    async def ask(
        self, path: str, params: Mapping[str, object] | None = None, *, cost: float = 1.0, tries: int = TRIES
    ) -> Answer:
        """Do as `read`, but return the statuses that it calls `VenueRefused`: their bodies say more."""
        for left in range(tries - 1, -1, -1):
            try:
                return await self._read_once(path, params, cost)
            except (Unreachable, Throttled) as e:
                wait = self._wait(tries - 1 - left)
                if left == 0 or (isinstance(e, Throttled) and self.budget.held("read") + wait > PATIENCE_S):
                    raise
                await asyncio.sleep(wait)
        raise AssertionError

    def begin(
        self, method: str, path: str, body: bytes = b"", *, cost: float = 1.0, bucket: str = "write"
    ) -> Begun | None:
        """Send a request of `write` now, without a turn of the loop, where it has to wait for nothing.

        None, with nothing done, where it has: for the budget, a connection, a proxy. What goes wrong, `write` raises.
        """
        if self._by_proxy or self._direct is None or not self._direct.stands:
            return None
        if not self.budget.take_now(bucket, cost):
            return None
        self.requests += 1
        sent, line, failed, at = Sending(), None, None, self._now()
        try:
            whole = self._whole(path)
            headers = self._sign(method, whole, body, at) if self._sign is not None else {}
            line = self._direct.begin(method, whole, headers, body, sent)
        except (OSError, ValueError, Broken, VenueError) as e:
            failed = e
        return Begun(sent, line, failed, at)

    def rehearse(self, method: str, path: str, body: bytes, *, cost: float = 1.0, bucket: str = "write") -> None:
        """Put a request of `write` together and let it go: nothing is signed, spent, counted or sent."""
        self.budget.wait(bucket, cost)
        self._lines().rehearse(method, self._whole(path), body)

    async def write(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        cost: float = 1.0,
        bucket: str = "write",
        begun: Begun | None = None,
        wanted: Callable[[], bool] = always,
    ) -> Answer:
        """Send a request that does something, once; return the answer for the caller to read.

        Parameters
        ----------
        begun : Begun, optional
            What `begin` made of the same request, which is then not sent again.
        wanted : () -> bool
            Asked when its turn has come: whether it is still to be sent.

        Raises
        ------
        Unreachable
            If surely nothing was sent.
        OutcomeUnknown
            On a time-out, a cut or an unreadable answer once sending had begun, and on any 5xx.
        Throttled
            On 429 and 418, or before anything was sent while the venue bars us for long.
        AuthFailed
            On 401 and 403.
        """
        if begun is None:
            await self._spend(bucket, cost)
            if not wanted():
                raise Unreachable(self.venue, "it was asked back before its turn came; nothing was sent")
        answer = await self._send(method, path, None, body, begun)
        if answer.status >= 500:
            raise OutcomeUnknown(self.venue, f"HTTP {answer.status}")
        self._judge(answer, bucket)
        return answer

    async def warm(self) -> None:
        """See that a connection stands ready for the next write; that there is no way to the venue, others will say."""
        if not self._by_proxy:
            with contextlib.suppress(OSError, ValueError):  # the latter of a host that is no name
                async with asyncio.timeout(self._timeout_s):
                    await self._lines().warm()

    async def stay_warm(self) -> None:
        """Have a connection stand ready at all times, so that no order waits for one; until cancelled."""
        while True:
            await self.warm()
            await asyncio.sleep(WARM_S)

    async def close(self) -> None:
        """Close every connection."""
        if self._direct is not None:
            direct, self._direct = self._direct, None
            await direct.close()
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _read_once(self, path: str, params: Mapping[str, object] | None, cost: float) -> Answer:
        await self._spend("read", cost)
        try:
            answer = await self._send("GET", path, params, b"")
        except OutcomeUnknown as e:  # of a question, that is no more than no answer
            raise Unreachable(self.venue, str(e)) from e
        if answer.status >= 500:
            raise Unreachable(self.venue, f"HTTP {answer.status}")
        self._judge(answer, "read")
        return answer

    async def _spend(self, bucket: str, cost: float) -> None:
        if (held := self.budget.held(bucket)) > PATIENCE_S:
            raise Throttled(self.venue, f"barred for {held:.0f} s more; nothing was sent", held)
        await self.budget.take(bucket, cost)

    async def _send(
        self, method: str, path: str, params: Mapping[str, object] | None, body: bytes, begun: Begun | None = None
    ) -> Answer:
        """Send one request and read its whole answer.

        Raises
        ------
        Unreachable, OutcomeUnknown
            By whether sending had begun.
        WireError
            If an answer to a question is too large.
        """
        sent = Sending() if begun is None else begun.sent
        self.requests += begun is None
        try:
            async with asyncio.timeout(self._timeout_s):
                if begun is not None:
                    return await self._ended(begun)
                if method != "GET" and not self._by_proxy:
                    return await self._written(method, path, body, sent)
                return await self._asked(method, path, params, body, sent)
        except TimeoutError as e:
            raise self._failed(sent, f"no answer within {self._timeout_s:g} s") from e
        except ValueError as e:
            raise Unreachable(self.venue, "what cannot be put into a request") from e
        except (OSError, Broken) as e:
            raise self._failed(sent, _kind(e)) from e
        except TooLarge as e:
            if method == "GET":
                raise WireError(self.venue, f"an answer of more than {self._largest} bytes") from e
            raise OutcomeUnknown(self.venue, f"an answer of more than {self._largest} bytes") from e

    async def _written(self, method: str, path: str, body: bytes, sent: Sending) -> Answer:
        """Send a request on a connection that stands ready."""
        whole = self._whole(path)
        headers = self._sign(method, whole, body, self._now()) if self._sign is not None else {}
        began = self._now()
        return self._answered(await self._lines().request(method, whole, headers, body, sent), began)

    async def _ended(self, begun: Begun) -> Answer:
        """Return the answer to a request that was written already. Raises what went wrong with the writing."""
        if begun.failed is not None:
            raise begun.failed
        assert begun.line is not None
        return self._answered(await self._lines().answer(begun.line), begun.at)

    async def _asked(
        self, method: str, path: str, params: Mapping[str, object] | None, body: bytes, sent: Sending
    ) -> Answer:
        """Send a request on the general library's road."""
        whole = self._whole(path)
        target = f"{whole}?{urlencode(_pairs(params), safe=',')}" if params else whole
        signed = target if self._signs_query else whole
        headers = self._sign(method, signed, body, self._now()) if self._sign is not None else {}
        reply = await self._http().exchange(method, self._root, target, headers, body, sent)
        return Answer(reply.status, reply.body, reply.headers)

    def _answered(self, reply: Reply, began: Nanos) -> Answer:
        self.timing.measure(reply.headers.get("date", ""), began, self._now())
        if reply.headers.get("content-encoding", "identity") != "identity":
            msg = "an answer that cannot be read"
            raise Broken(msg)
        return Answer(reply.status, reply.body, reply.headers)

    def _whole(self, path: str) -> str:
        return f"{self._prefix}/{_quoted(path)}"

    def _failed(self, sent: Sending, why: str) -> VenueError:
        kind = OutcomeUnknown if sent.begun else Unreachable
        return kind(self.venue, why)

    def _judge(self, answer: Answer, bucket: str) -> None:
        """Raise what a status means to everybody; return where the venue's own reading decides."""
        if answer.status in {429, 418}:
            self._hold(answer, bucket)
            raise Throttled(self.venue, f"HTTP {answer.status}: asked too often", _retry_after(answer))
        self._throttled = 0
        if answer.status in {401, 403}:
            raise AuthFailed(self.venue, f"HTTP {answer.status}: keys, clock or place are not accepted")

    def _hold(self, answer: Answer, bucket: str) -> None:
        """Stop asking for as long as the venue says, or, when it is silent, ever longer."""
        seconds = _retry_after(answer)
        if seconds is None:
            seconds = self._wait(self._throttled + 1)
        self._throttled = min(self._throttled + 1, 16)
        if answer.status == 418:  # a ban is for the address, not for a kind of request
            self.budget.hold_all(seconds)
        else:
            self.budget.hold(bucket, seconds)

    def _wait(self, failures: int) -> float:
        return self._rng.uniform(0.5, 1.0) * min(FIRST_WAIT_S * 2.0**failures, LONGEST_WAIT_S)

    def _lines(self) -> Direct:
        if self._direct is None:
            self._direct = Direct(str(self._root), self._largest)
        return self._direct

    def _http(self) -> HttpxClient:
        if self._client is None:
            self._client = HttpxClient(self._now, self.timing, timeout_s=self._timeout_s, largest=self._largest)
        return self._client


@lru_cache(maxsize=64)
def _quoted(path: str) -> str:
    """Return a path as it is sent; kept, since orders all have the same."""
    return quote(path.lstrip("/"), safe="/~:@!$&,;=+*()")


def compact(document: object) -> bytes:
    """Return a request body: JSON without spaces, as it is signed and sent."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def _pairs(params: Mapping[str, object]) -> list[tuple[str, str]]:
    shown = ((name, str(value).lower() if isinstance(value, bool) else value) for name, value in params.items())
    return [(name, str(value)) for name, value in shown if value is not None]


def _kind(error: OSError | Broken) -> str:
    """Return what went wrong with a connection, in our words."""
    if isinstance(error, Broken):
        return str(error)
    if isinstance(error, ConnectionRefusedError | socket.gaierror):
        return "cannot be reached"
    return "the connection was cut"


def _retry_after(answer: Answer) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return min(float(text), RETRY_AFTER_MOST_S)
