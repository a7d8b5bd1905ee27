"""The user channel: what our orders do, told once. It has no snapshot and repeats nothing that was missed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from engine.core.errors import AuthFailed
from engine.core.events import Pictured
from engine.core.ids import POLYMARKET
from engine.core.units import Nanos
from engine.venues.dialling import Dial
from engine.venues.each import each
from engine.venues.link import Send, Talk
from engine.venues.polymarket import wire_orders, wire_user
from engine.venues.telling import STRANGERS, STRANGERS_EVERY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.events import Event
    from engine.venues.polymarket.clob import Signer
    from engine.venues.polymarket.tracked import Orders


class UserTalk(Talk):
    """Our side of the user channel, for all markets."""

    def __init__(self, url: str, signer: Signer, orders: Orders) -> None:
        self._url = url
        self._signer = signer
        self._orders = orders
        self._strange_at = Nanos(0)

    @override
    def dial(self) -> Dial:
        return Dial(self._url)

    @override
    async def opened(self, send: Send) -> None:
        keys = self._signer.credentials
        if keys is None:
            raise AuthFailed(POLYMARKET, "no API keys yet")
        auth = {"apiKey": keys.api_key, "secret": keys.secret, "passphrase": keys.passphrase}
        await send(wire_orders.body({"type": "user", "auth": auth, "markets": []}).decode())

    @override
    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        return each(partial(self._row, part, at) for part in wire_user.parts(raw))

    def _row(self, part: bytes, at: Nanos) -> Iterable[Event]:
        row = wire_user.row(part)
        if row is None:
            return ()
        if not (isinstance(row, wire_user.TradeRow) and self._orders.strange(row)):
            return self._orders.take(row, at)
        if at - self._strange_at < STRANGERS_EVERY:
            return ()
        self._strange_at = at
        return (Pictured(at=at, venue=POLYMARKET, asked_at=at, ok=False, why=STRANGERS),)

    @override
    def closed(self, why: str) -> Iterable[Event]:
        return ()

    @override
    def overflowed(self) -> Iterable[Event]:
        return ()

    @override
    def beat(self) -> str:
        return "PING"
