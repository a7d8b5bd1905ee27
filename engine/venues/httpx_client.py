"""The general HTTP library's road to a venue: for reads, whose answers may be packed, and for all by way of a proxy.

What goes wrong is raised as it is on the direct road (`engine.venues.direct`), so that nobody else knows the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.request import getproxies, proxy_bypass

import httpx

from engine.net import packing, tls
from engine.venues.direct import Broken, Reply, Sending, TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.venues.port import Now
    from engine.venues.timing import Timing

_ALIVE_S: Final = 55.0
"""For how long an idle connection is kept; venues close theirs after a minute or more."""


class HttpxClient:
    """Connections to one host, made as they are needed.

    Parameters
    ----------
    timing : Timing
        Told of every answer as soon as its head is there.
    timeout_s : float
        For a whole request; whoever asks puts it around `exchange`. A connection and its greeting get a third each.
    largest : int, bytes
        Of an answer, unpacked.
    """

    def __init__(self, now: Now, timing: Timing, *, timeout_s: float, largest: int) -> None:
        self._now = now
        self._timing = timing
        self._largest = largest
        self._library = httpx.AsyncClient(
            verify=tls.context(),
            follow_redirects=False,
            # one time-out is around the whole request; but the library lets go of a socket only by its own, which
            # it uses once for the connection and once for the greeting: both must be over before ours
            timeout=httpx.Timeout(None, connect=timeout_s / 3),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=8, keepalive_expiry=_ALIVE_S),
        )

    async def exchange(
        self, method: str, root: httpx.URL, target: str, headers: Mapping[str, str], body: bytes, sending: Sending
    ) -> Reply:
        """Send one request and return its whole answer; ``sending`` is told when it begins to leave.

        The target is the path from the host's root with its query, quoted.

        Raises
        ------
        Broken, OSError
            If no whole answer came, or none that can be read.
        TooLarge
            If the answer is larger than it may be.
        ValueError
            If this cannot be put into a request.
        """
        try:
            request = self._request(method, root.join(target), headers, body, sending)
            return await self._exchange(request)
        except httpx.InvalidURL as e:
            raise ValueError(str(e)) from e
        except httpx.HTTPError as e:
            raise Broken(_why(e)) from e

    async def close(self) -> None:
        """Close every connection."""
        await self._library.aclose()

    def _request(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes, sending: Sending
    ) -> httpx.Request:
        async def hear(name: str, info: Mapping[str, Any]) -> None:
            if name.endswith("send_request_headers.started"):
                sending.begun = True

        ours = {"accept": "application/json", "user-agent": "atmx"}
        if body:
            ours["content-type"] = "application/json"
        return self._library.build_request(
            method, url, headers={**ours, **headers}, content=body or None, extensions={"trace": hear}
        )

    async def _exchange(self, request: httpx.Request) -> Reply:
        began = self._now()
        response = await self._library.send(request, stream=True)
        try:
            self._timing.measure(response.headers.get("date", ""), began, self._now())
            if not packing.bearable(response.headers.get_list("content-encoding", split_commas=True)):
                raise TooLarge
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._largest:
                    raise TooLarge
        finally:
            await response.aclose()
            self._library.cookies.clear()  # nobody follows us from one request to the next
        return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(body))


def proxied(url: httpx.URL) -> bool:
    """Return whether the system wants this host to be asked by way of a proxy."""
    proxies = getproxies()
    return bool({url.scheme, "all"} & set(proxies)) and not proxy_bypass(url.host)


def _why(error: httpx.HTTPError) -> str:
    """Return what went wrong with a connection, in our words."""
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
        return "an answer that breaks off or cannot be read"
    return "the connection was cut"
