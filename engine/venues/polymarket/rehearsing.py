"""An order for a market that does not exist, signed with a key that holds nothing: never sent, but soon forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import POLYMARKET, InstrumentId
from engine.core.instrument import Instrument
from engine.venues.polymarket import ordering, sign, wire_orders

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.venues.polymarket.endpoints import Endpoints

NOTHING: Final = 1
"""The scalar of a key that everybody knows."""
SECRET: Final = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
OWNER: Final = "0" * 36
MARKET: Final = Instrument(
    id=InstrumentId(POLYMARKET, "REHEARSAL"),
    title="Rehearsal",
    nets=False,
    facts=(("yes_token", "1"), ("no_token", "2")),
)


class Rehearsing:
    """Who signs for practice."""

    def __init__(self, endpoints: Endpoints) -> None:
        wallet = sign.Wallet(NOTHING)
        self._book = ordering.Book(wallet, 0, wallet.address, endpoints)

    def body(self, order: Approved) -> bytes:
        """Return a request's body as for an order that leaves, of another market and by nobody."""
        signed = ordering.sign(order, MARKET, self._book)
        body = wire_orders.posted(signed, OWNER)
        sign.hmac_signature(SECRET, 0, "POST", "/order", body)
        return body
