"""Rysk's recorded frames: what takers ask for, and what became of our quotes. There are no books and no numbers.

A recording comes without the venue's list of assets: an option is named by what the request calls its asset.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.commands import recorded
from app.commands.decoders import Found, RestBody, named
from engine.core.events import QuoteRequested
from engine.core.units import SECOND, Nanos
from engine.core.when import iso
from engine.venues.rysk import wire
from engine.venues.rysk.endpoints import Endpoints

if TYPE_CHECKING:
    from typing import Any

FRAMES: Final = frozenset({"method", "result", "error"})
"""One of them stands in every frame."""
ASKING: Final = frozenset({b'"request"', b'"quote"', b'"inventory"', b'"balances"', b'"positions"'})
"""Methods of what a client sends, where a recorder kept that, too."""
BODIES: Final = {"typeDataDomain": "a request to sign", "strike": "a request", "message": "an error"}


class RyskDecoder:
    """Requests as events; acknowledgements, better quotes of others and trades as notes."""

    unit = wire.UNIT
    lot = wire.UNIT

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        """Of assets, by address: a trade tells the address alone."""

    def take(self, raw: bytes, at: Nanos) -> Found:
        """Return what the next frame means."""
        own = recorded.fields(raw)
        if own and not FRAMES & set(own):
            raise RestBody("a REST body (assets), no frame of the stream" if _chains(own) else named(own, BODIES))
        if (method := bytes(own.get("method", b""))) in ASKING:
            return Found(notes=[{"type": "sent", "method": method.decode()[1:-1]}])
        said = wire.read(raw)
        if isinstance(said, wire.Rfq):
            self._names[said.terms.asset] = said.name
            where = Endpoints(chain_id=said.chain, usd=(said.usd,))
            return Found(events=[QuoteRequested(at=at, request=wire.request(said, None, where, at))])
        return Found(notes=[{"type": type(said).__name__.lower(), **self._told(said)}])

    def _told(self, said: wire.Message) -> dict[str, Any]:
        if isinstance(said, wire.Taken):
            terms = said.terms
            return {
                "instrument": wire.symbol(terms, self._names.get(terms.asset, terms.asset)), "quote": said.nonce,
                "price": _text(said.price), "qty": _text(said.quantity), "taker": said.taker,
                "taker_buys": said.taker_buys, "maker": said.maker, "expires": iso(Nanos(terms.expiry * SECOND)),
            }  # fmt: skip
        if isinstance(said, wire.Other):
            return {"what": said.what}
        return {name: _text(value) if isinstance(value, Decimal) else value for name, value in said._asdict().items()}


def _chains(own: object) -> bool:
    """Whether a body is the list of assets by chain."""
    return isinstance(own, dict) and all(name.isdecimal() for name in own)


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"
