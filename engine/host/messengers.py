"""Alerts to a phone or a desk: Telegram, ntfy and a webhook, over HTTP.

Each channel keeps a few messages, sends one at a time, tries thrice, and gives up with a sentence; none of it ever
raises, and nothing waits for it. A message may come twice when its answer was lost: it is news, not an order. Tokens
and addresses are secrets: no representation, no sentence and no log has them.

Source: Telegram Bot API, sendMessage; ntfy documentation, publish as JSON.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from engine.core.errors import InputError
from engine.maths.backoff import delay_s
from engine.net import tls
from engine.sources.http import retry_after

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from engine.core.units import Nanos

TELEGRAM_HOST: Final = "https://api.telegram.org"
NTFY_HOST: Final = "https://ntfy.sh"
ROOM: Final = 20
"""Messages that wait; the oldest that is not urgent gives way, and is counted."""
TRIES: Final = 3
TIMEOUT_S: Final = 10.0
"""For a whole request, its answer's last byte included."""
LARGEST: Final = 64 * 1024
"""Bytes of an answer that are read."""
LONGEST: Final = 1_000
"""Characters of a message."""
MOST_WAIT_S: Final = 60.0
LONGEST_URL: Final = 2_000


class Note(NamedTuple):
    """One message."""

    title: str
    text: str
    at: str
    """ISO 8601, UTC."""
    kind: str = ""
    urgent: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class Telegram:
    """A bot and whom it writes to."""

    token: str = field(repr=False)
    chat: str
    base: str = TELEGRAM_HOST

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may read."""
        return (self.token,)


@dataclass(frozen=True, slots=True)
class Ntfy:
    """A topic on an ntfy server: who knows its name can read it."""

    topic: str = field(repr=False)
    token: str = field(default="", repr=False)
    base: str = NTFY_HOST

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may read."""
        return (self.topic, self.token)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that takes JSON: who knows it can write to it."""

    url: str = field(repr=False)
    token: str = field(default="", repr=False)

    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may read."""
        return (self.url, self.token, urlsplit(self.url).path)


Keys = Telegram | Ntfy | Webhook


class Request(NamedTuple):
    """What is sent."""

    url: str
    body: dict[str, Any]
    token: str = ""


def address(text: str) -> str:
    """Return an address that messages may go to: https, or this machine.

    Raises
    ------
    InputError
        In one sentence without the address, if it is not.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InputError("the address cannot be read") from None
    if len(text) > LONGEST_URL or not host or parts.username or parts.password or port == 0:
        raise InputError("an address such as https://host/path, without a name and password in it")
    if parts.scheme != "https" and not (parts.scheme == "http" and _here(host)):
        raise InputError("the address has to begin with https://")
    return text.strip()


def request(keys: Keys, note: Note) -> Request:
    """Return what is sent for a message; all of it is plain text to who receives it."""
    title, text = note.title[:LONGEST], note.text[:LONGEST]
    if isinstance(keys, Telegram):
        body: dict[str, Any] = {
            "chat_id": keys.chat,
            "text": f"{title}\n{text}\n{note.at}",
            "disable_notification": not note.urgent,
            "link_preview_options": {"is_disabled": True},
        }
        return Request(f"{keys.base}/bot{keys.token}/sendMessage", body)
    if isinstance(keys, Ntfy):
        priority = 5 if note.urgent else 3
        body = {"topic": keys.topic, "title": title, "message": f"{text}\n{note.at}", "priority": priority}
        return Request(keys.base, body, keys.token)
    body = {
        "source": "atmx",
        "at": note.at,
        "rule": title,
        "kind": note.kind,
        "text": text,
        "urgent": note.urgent,
        "times": note.times,
    }
    return Request(keys.url, body, keys.token)


class Messenger:
    """One channel.

    Parameters
    ----------
    title : str
        Of the channel, for sentences.
    changed : callable
        Called when its figures have changed.
    now : callable
        Returns the time, for `Retry-After`.
    rest : callable
        Waits some seconds between tries.
    """

    def __init__(
        self,
        title: str,
        *,
        changed: Callable[[], None],
        now: Callable[[], Nanos],
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.title = title
        self.keys: Keys | None = None
        self.sent = 0
        self.failed = 0
        self.dropped = 0
        self.why = ""
        """Why the last message did not get through; empty when it did."""
        self.last_at: Nanos | None = None
        """When one last got through."""
        self._changed = changed
        self._now = now
        self._rest = rest
        self._waiting: deque[Note] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Messages not sent yet, the one on its way included."""
        return len(self._waiting)

    def put(self, note: Note) -> None:
        """Have a message sent; never waits, never fails."""
        if self.keys is None:
            return
        if len(self._waiting) >= ROOM:
            self._drop()
        self._waiting.append(note)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._drain())
        self._changed()

    async def test(self, note: Note) -> tuple[bool, str]:
        """Send one message at once, beside those that wait; return whether it got through, in a sentence too."""
        keys = self.keys
        if keys is None:
            return False, f"{self.title} has no key"
        why = await self._deliver(keys, note)
        self._count(why)
        return not why, why or f"{self.title} took the message"

    async def stop(self) -> None:
        """Give up what waits."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _drop(self) -> None:
        plain = next((note for note in self._waiting if not note.urgent), self._waiting[0])
        self._waiting.remove(plain)
        self.dropped += 1

    async def _drain(self) -> None:
        while self._waiting and self.keys is not None:
            note = self._waiting[0]
            why = await self._deliver(self.keys, note)
            if self._waiting and self._waiting[0] is note:
                self._waiting.popleft()
            self._count(why)

    def _count(self, why: str) -> None:
        self.why = why
        if why:
            self.failed += 1
        else:
            self.sent += 1
            self.last_at = self._now()
        self._changed()

    async def _deliver(self, keys: Keys, note: Note) -> str:
        """Return why a message did not get through; empty when it did."""
        why, made = "", request(keys, note)
        async with httpx.AsyncClient(
            verify=tls.context(), timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
        ) as client:
            for attempt in range(TRIES):
                why, wait = await self._once(client, made)
                if not why or wait is None or attempt + 1 == TRIES:
                    break
                await self._rest(max(wait, delay_s(attempt)))
        for secret in keys.secrets():
            if len(secret) > 3:
                why = why.replace(secret, "…")
        return why

    async def _once(self, client: httpx.AsyncClient, made: Request) -> tuple[str, float | None]:
        """Return why it failed, and how long to wait before another try; None where none can help."""
        headers = {"Accept-Encoding": "identity"}  # what is read is bounded before anything could unpack it
        if made.token:
            headers["Authorization"] = f"Bearer {made.token}"
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                client.stream("POST", made.url, json=made.body, headers=headers) as answer,
            ):
                body = b""
                async for part in answer.aiter_raw():
                    body += part[: LARGEST - len(body)]  # the rest goes by, for as long as the request may take
                return self._judged(answer, body)
        except TimeoutError:
            return f"{self.title} did not answer within {TIMEOUT_S:g} s", 0.0
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as e:
            return f"{self.title} cannot be reached ({type(e).__name__})", 0.0

    def _judged(self, answer: httpx.Response, body: bytes) -> tuple[str, float | None]:
        if answer.is_success:
            return "", None
        words = f"{self.title} refused ({answer.status_code}{_said(body)})"
        if answer.status_code != 429 and answer.status_code < 500:
            return words, None
        wait = retry_after({name.lower(): value for name, value in answer.headers.items()}, self._now())
        return words, min(MOST_WAIT_S, wait or _asked(body))


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _fields(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _asked(body: bytes) -> float:
    """Return for how many seconds Telegram wants to be left alone; 0 where it does not say."""
    inner = _fields(body).get("parameters")
    wait = inner.get("retry_after") if isinstance(inner, dict) else None
    return float(wait) if isinstance(wait, int) and not isinstance(wait, bool) and 0 < wait < 86_400 else 0.0


def _said(body: bytes) -> str:
    """Return what a refusal says of itself, in a few plain words."""
    found = _fields(body)
    text = found.get("description") or found.get("error")
    if not isinstance(text, str):
        return ""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())[:120]
    return f": {clean}" if clean else ""
