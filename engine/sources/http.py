"""How weather services are asked: politely, within a budget, and never twice for what has not changed.

A service's `Manner` is what it expects of its clients. A body that came is kept with its validators: while the
service calls it fresh nothing is sent, afterwards it is asked for with If-None-Match and If-Modified-Since, and
"not modified" costs it next to nothing. `known_at` of an answer is when we first had these bytes, which is what we
could have known; asking again does not make it later.

Only questions are asked, so all of them may be repeated. Keys travel in addresses at some services: no message
holds more of an address than its path.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import httpx

from engine.core.errors import NoAnswer
from engine.core.units import SECOND, Nanos
from engine.net import packing, tls
from engine.net.budget import Bucket, Budget

if TYPE_CHECKING:
    import random

Now = Callable[[], Nanos]
Param = tuple[str, str]
T = TypeVar("T")

LARGEST: Final = 32 << 20
"""Bytes of the largest answer that is taken, unpacked."""
KEPT: Final = 48 << 20
"""Bytes of answers that are kept for the next question, together."""
FRESH_MOST_S: Final = 3_600.0
"""A service that calls its answer fresh for longer is asked again after this."""
RETRY_AFTER_MOST_S: Final = 86_400.0
READ: Final = "read"
_JSON: Final = "application/json"
_AGE = re.compile(r"(?:^|[ ,])max-age=(\d{1,9})(?:$|[ ,])")


@dataclass(frozen=True, slots=True)
class Manner:
    """What a service expects of its clients."""

    every_s: float = 1.0
    """Least time between two requests, on average."""
    burst: int = 1
    """Requests that may follow each other at once after a pause."""
    at_once: int = 1
    """Requests under way at the same time."""
    tries: int = 3
    first_wait_s: float = 2.0
    """Before the second try; it doubles with each."""
    longest_wait_s: float = 120.0
    timeout_s: float = 30.0
    """For a whole request, its answer's last byte included."""
    largest: int = LARGEST
    accept: str = _JSON
    retried: frozenset[int] = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered, before it is judged."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, and what we knew when."""

    body: bytes
    known_at: Nanos
    """When these bytes first came."""
    asked_at: Nanos
    """When the service last vouched for them."""
    changed: bool
    """Whether they differ from those of the question before."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What was read from an answer, with the answer's stamps."""

    value: T
    known_at: Nanos
    asked_at: Nanos
    changed: bool

    @classmethod
    def of(cls, answer: Answer, value: T) -> Told[T]:
        """Return a value with the stamps of the answer it was read from."""
        return cls(value, answer.known_at, answer.asked_at, answer.changed)


Judge = Callable[[str, Reply], NoAnswer | None]
"""What a service's refusal means in its own words; None leaves it to the status alone."""


@dataclass(slots=True)
class _Kept:
    answer: Answer
    etag: str
    modified: str
    fresh_until: Nanos


class Client:
    """One service.

    Parameters
    ----------
    name : str
        Of the service, for messages.
    base_url : str
        Scheme, host and the path that all others begin with.
    now : callable
        UTC nanoseconds: what answers are stamped with.
    contact : str
        Where the service's operator can reach who runs this program; some refuse clients that name nobody.
    judge : Judge, optional
        Asked first about every answer that is not 2xx or 304.
    sleep : callable
        How to wait.
    steady : callable
        Seconds of the clock that `sleep` waits by.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        now: Now,
        *,
        rng: random.Random,
        manner: Manner | None = None,
        contact: str = "",
        judge: Judge | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        steady: Callable[[], float] | None = None,
    ) -> None:
        self.name = name
        self.manner = manner or Manner()
        self.requests = 0
        """Sent, or tried to be."""
        self.not_modified = 0
        self.reached = False
        """Whether it ever answered anything."""
        buckets = {READ: Bucket(rate=1 / self.manner.every_s, burst=self.manner.burst)}
        self.budget = Budget(buckets) if steady is None else Budget(buckets, steady=steady, sleep=sleep)
        self._base = httpx.URL(base_url)
        self._now = now
        self._rng = rng
        self._agent = user_agent(contact)
        self._judge = judge
        self._sleep = sleep
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0
        self._turn = asyncio.Semaphore(self.manner.at_once)
        self._client: httpx.AsyncClient | None = None

    async def get(self, path: str, params: Sequence[Param] = (), *, accept: str = "") -> Answer:
        """Ask, again while that may help; return the body of a 2xx, or the one kept while it still holds.

        A service that was never reached is asked once: without a network no patience helps.

        Raises
        ------
        NoAnswer
            If none came, if the service refuses, or if it must be left alone for longer than is worth waiting.
        """
        url = self._url(path, params)
        key = f"{accept}|{url}"
        kept = self._kept.get(key)
        # on a clock that was set back since, nobody knows how old it is
        if kept is not None and kept.answer.asked_at <= self._now() < kept.fresh_until:
            return replace(kept.answer, changed=False)
        return await self._ask(key, url, {"accept": accept or self.manner.accept})

    async def part(self, path: str, first: int, last: int | None) -> Answer:
        """Return some bytes of a file, from `first` to `last` inclusive, or to its end; they are not kept.

        Raises
        ------
        NoAnswer
            As `get`; also if the service sends whole files only. How many bytes came is for the caller to judge.
        """
        wanted = f"bytes={first}-{'' if last is None else last}"
        url = self._url(path, ())
        return await self._ask("", url, {"accept": "*/*", "accept-encoding": "identity", "range": wanted})

    async def _ask(self, key: str, url: httpx.URL, headers: Mapping[str, str]) -> Answer:
        for left in range(self.manner.tries - 1, -1, -1):
            try:
                return await self._once(key, url, headers)
            except NoAnswer as e:
                wait = self._wait(self.manner.tries - 1 - left) if e.again_s is None else e.again_s
                if not e.lasting and (e.again_s is not None or wait > self.manner.longest_wait_s):
                    self.budget.hold(READ, wait)  # it is the service that wants rest: no other question is sent either
                if e.lasting or e.unreached or left == 0 or wait > self.manner.longest_wait_s:
                    raise
            await self._sleep(wait)
        raise AssertionError

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _once(self, key: str, url: httpx.URL, headers: Mapping[str, str]) -> Answer:
        if (held := self.budget.held(READ)) > self.manner.longest_wait_s:
            raise NoAnswer(self.name, f"{self.name} is to be left alone for {held:.0f} s more", again_s=held)
        async with self._turn:
            await self.budget.take(READ)
            kept = self._kept.get(key)
            reply = await self._send(url, headers, kept)
        if reply.status == 304 and kept is not None:
            self.not_modified += 1
            return self._again(key, kept, reply)
        if not 200 <= reply.status < 300:
            raise self._refusal(url, reply)
        if "range" in headers and reply.status != 206:
            raise NoAnswer(self.name, f"{self.name} sends whole files only", status=reply.status, lasting=True)
        return self._take(key, kept, reply)

    async def _send(self, url: httpx.URL, more: Mapping[str, str], kept: _Kept | None) -> Reply:
        headers = {**more, "user-agent": self._agent}
        if kept is not None and kept.etag:
            headers["if-none-match"] = kept.etag
        if kept is not None and kept.modified:
            headers["if-modified-since"] = kept.modified
        self.requests += 1
        try:
            async with asyncio.timeout(self.manner.timeout_s):
                return await self._exchange(url, headers)
        except TimeoutError as e:
            why = f"no answer within {self.manner.timeout_s:g} s"
            raise NoAnswer(self.name, f"{self.name}: {why}") from e
        except (httpx.InvalidURL, ValueError) as e:
            raise NoAnswer(self.name, f"{self.name}: what cannot be put into a request", lasting=True) from e
        except ssl.SSLCertVerificationError as e:
            raise NoAnswer(self.name, f"{self.name}: its certificate is not trusted") from e
        except (httpx.HTTPError, OSError) as e:
            never = isinstance(e, httpx.ConnectError | httpx.ConnectTimeout) and not self.reached
            raise NoAnswer(self.name, f"{self.name}: {_kind(e)}", unreached=never) from e

    async def _exchange(self, url: httpx.URL, headers: dict[str, str]) -> Reply:
        client = self._http()
        response = await client.send(client.build_request("GET", url, headers=headers), stream=True)
        self.reached = True
        try:
            body = bytearray()
            if not packing.bearable(response.headers.get_list("content-encoding", split_commas=True)):
                raise NoAnswer(self.name, f"{self.name}: an answer that is packed more than once", lasting=True)
            if "range" in headers and response.status_code == 200:
                return Reply(200, {}, b"")  # a whole file, which may be long: refused unread
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.manner.largest:
                    raise NoAnswer(self.name, f"{self.name}: more than {self.manner.largest} bytes", lasting=True)
        finally:
            await response.aclose()
            client.cookies.clear()  # nobody follows us from one request to the next
        return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body))

    def _refusal(self, url: httpx.URL, reply: Reply) -> NoAnswer:
        """Return what an answer that is no 2xx means."""
        own = self._judge(self.name, reply) if self._judge is not None else None
        if own is not None:
            return own
        text = f"{self.name}: HTTP {reply.status} to {url.path[:80]}"
        return NoAnswer(
            self.name,
            text,
            status=reply.status,
            again_s=retry_after(reply.headers, self._now()),
            lasting=reply.status not in self.manner.retried,
        )

    def _take(self, key: str, kept: _Kept | None, reply: Reply) -> Answer:
        """Return a new body as an answer, and keep it for the next time."""
        now = self._now()
        same = kept is not None and kept.answer.body == reply.body
        known_at = kept.answer.known_at if kept is not None and same else now
        answer = Answer(reply.body, known_at, now, changed=not same, headers=reply.headers)
        self._keep(key, answer, reply)
        return answer

    def _again(self, key: str, kept: _Kept, reply: Reply) -> Answer:
        """Return what was kept, vouched for once more."""
        answer = replace(kept.answer, asked_at=self._now(), changed=False)
        self._keep(key, answer, reply, kept)
        return answer

    def _keep(self, key: str, answer: Answer, reply: Reply, before: _Kept | None = None) -> None:
        old = self._kept.pop(key, None)
        self._size -= 0 if old is None else len(old.answer.body)
        etag = reply.headers.get("etag", "") or (before.etag if before else "")
        modified = reply.headers.get("last-modified", "") or (before.modified if before else "")
        fresh = _fresh_s(reply.headers)
        if not key or not (etag or modified or fresh) or len(answer.body) > KEPT // 4:
            return
        self._kept[key] = _Kept(answer, etag[:200], modified[:64], Nanos(answer.asked_at + round(fresh * SECOND)))
        self._size += len(answer.body)
        while self._size > KEPT:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone.answer.body)

    def _wait(self, failures: int) -> float:
        return min(self.manner.first_wait_s * 2.0**failures, self.manner.longest_wait_s) * self._rng.uniform(0.75, 1.0)

    def _url(self, path: str, params: Sequence[Param]) -> httpx.URL:
        whole = f"{self._base.path.rstrip('/')}/{path.lstrip('/')}"
        url = self._base.copy_with(path=whole, query=None)
        return url.copy_with(params=httpx.QueryParams(tuple(params))) if params else url

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=tls.context(),
                follow_redirects=False,
                timeout=httpx.Timeout(None, connect=self.manner.timeout_s / 3),
                limits=httpx.Limits(max_connections=self.manner.at_once + 1, keepalive_expiry=30.0),
            )
        return self._client


def user_agent(contact: str) -> str:
    """Return the name this program gives itself: what it is, and whom to write to."""
    said = re.sub(r"[^\x21-\x27\x2a-\x5b\x5d-\x7e]", "", contact)[:120]
    return f"atmx (weather desk on one trader's machine; {said or 'no contact given'})"


def retry_after(headers: Mapping[str, str], now: Nanos) -> float | None:
    """Return the seconds that a Retry-After header asks for, stated or as a date; None without one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return min(float(text), RETRY_AFTER_MOST_S)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(until - now / SECOND, 0.0), RETRY_AFTER_MOST_S)


def _fresh_s(headers: Mapping[str, str]) -> float:
    """Return for how long an answer may be used without asking."""
    control = headers.get("cache-control", "").lower()[:200]
    if "no-store" in control or "no-cache" in control:
        return 0.0
    found = _AGE.search(control)
    if found is None:
        return 0.0
    age = headers.get("age", "0").strip()
    used = float(age) if age.isascii() and age.isdecimal() and len(age) <= 9 else 0.0
    return min(max(float(found[1]) - used, 0.0), FRESH_MOST_S)


def _kind(error: Exception) -> str:
    """Return what went wrong with a connection, in our words."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "an answer that breaks off or cannot be read"
    return "the connection was cut"
