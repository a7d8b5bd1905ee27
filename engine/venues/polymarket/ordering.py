"""Orders of ours as Polymarket signs them: amounts, salt and time, and so the id they will be filed under. Pure.

Salt and time follow from the client id and the moment of approval, which are on disk before anything is sent: so an
order whose answer was lost can be found by the id it must have, also after a restart. The time is taken down to whole
spans of ten seconds, for between approval and sending the order waits for the disk; it is the salt that is unique.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place, Tif
from engine.core.units import SECOND, TICK, Leg, Nanos, Side, Ticks
from engine.venues.polymarket import amounts
from engine.venues.polymarket.facts import tokens_of
from engine.venues.polymarket.sign import POLY_1271, Domain, Order, Wallet, domain_of, order_digest
from engine.venues.polymarket.wire_orders import Signed

if TYPE_CHECKING:
    from engine.core.effects import Approved, Likely
    from engine.core.instrument import Instrument, Known
    from engine.venues.polymarket.amounts import Amounts
    from engine.venues.polymarket.endpoints import Endpoints
    from engine.venues.polymarket.keys import PolymarketKeys

SALT_BITS: Final = 53
"""The salt travels as a JSON number."""
MS: Final = 1_000_000
ROOM: Final = 256
SPAN: Final = 10 * SECOND
"""What a signed time is a whole multiple of; longer than an order ever waits to be sent."""
SPAN_MS: Final = SPAN // MS
EARLY_S: Final = 60
"""The venue ends a GTD order so much before the time it bears."""
SHORTEST_S: Final = 180
"""Least distance of the time a GTD order bears."""
ORDER_TYPES: Final = {Tif.GTC: "GTC", Tif.GTD: "GTD", Tif.IOC: "FAK", Tif.FOK: "FOK"}
FOK: Final = Tif.FOK
BUY, GTD = Side.BUY, Tif.GTD
AT_ONCE: Final = frozenset({Tif.IOC, FOK})
IMMEDIATE: Final = frozenset({"FAK", "FOK"})
VERSIONS: Final = frozenset({"2", "3"})
_first: Final = struct.Struct(">Q").unpack_from


@dataclass(slots=True)
class Book:
    """Who signs, for whom, and for which contracts."""

    wallet: Wallet
    signature_type: int
    holder: str
    """Whose money it is: the wallet's own address, a proxy's, a Safe's or a deposit wallet's."""
    endpoints: Endpoints
    version: str = "2"
    """Of orders; the venue may raise it, and then says so to the first order of the old one."""
    known: dict[tuple[str, Leg], tuple[Instrument, str, int, Domain]] = field(default_factory=dict)
    """By market and leg, as last asked for: token and domain of this very listing, in this version."""

    @property
    def signer(self) -> str:
        """The address an order names as its signer."""
        return self.holder if self.signature_type == POLY_1271 else self.wallet.address

    def terms(self, instrument: Instrument, leg: Leg) -> tuple[int, Domain]:
        """Return the token that a leg is, and the domain of orders in it."""
        known = self.known.get((instrument.id.symbol, leg))
        if known is not None and known[0] is instrument and known[1] == self.version:
            return known[2], known[3]
        token = int(tokens_of(instrument).of(leg))
        if self.version == "3":
            found = Domain(self.endpoints.chain_id, self.endpoints.exchange_v3, "3")
        else:
            found = domain_of(token, instrument.fact("neg_risk") == "1", self.endpoints)
        if len(self.known) >= ROOM:
            self.known.clear()
        self.known[instrument.id.symbol, leg] = (instrument, self.version, token, found)
        return token, found


def book_of(keys: PolymarketKeys, endpoints: Endpoints) -> Book:
    """Return who signs with these keys."""
    wallet = Wallet(keys.private_key)
    holder = keys.wallet if keys.signature_type else wallet.address
    return Book(wallet, keys.signature_type, holder, endpoints)


def sign(approved: Approved | Likely, instrument: Instrument, book: Book) -> Signed:
    """Return an order ready to be sent.

    Raises
    ------
    ValueError
        In one sentence, if the venue has no such order: then nothing must be sent.
    """
    place = approved.place
    order_type = ORDER_TYPES[place.tif]
    if place.post_only and order_type in IMMEDIATE:
        raise ValueError("an order that must trade at once cannot rest only")
    expiration = _expiration(place, approved.at) if place.tif is GTD else 0
    made, (token, domain) = _amounts(place, instrument), book.terms(instrument, place.leg)
    order = _order(made, place.side, token, book, approved.client, approved.at)
    digest = order_digest(order, domain)
    signature = book.wallet.sign_order(order, domain, digest)
    return Signed("0x" + digest.hex(), order, signature, order_type, place.post_only, expiration)


def candidates(known: Known, instrument: Instrument, book: Book) -> list[str]:
    """Return the ids under which the venue may have filed an order.

    How long it lives decides its amounts, and it may have been sent in the span after the one it was approved in.
    """
    if known.price is None or known.qty is None:
        return []
    place = Place(
        instrument=known.instrument, side=known.side, leg=known.leg, price=known.price, qty=known.qty, tif=Tif.GTC
    )
    found: dict[str, None] = {}
    for compute in (amounts.limit, amounts.immediate):
        try:
            tick = _tick(instrument)
            made = compute(place.side, known.price * TICK, known.qty, tick)
        except ValueError:
            continue
        token, domain = book.terms(instrument, place.leg)
        for moment in (known.sent_at, Nanos(known.sent_at + SPAN)):
            order = _order(made, place.side, token, book, known.client, moment)
            found["0x" + order_digest(order, domain).hex()] = None
    return list(found)


def salt_of(client: str) -> int:
    """Return the salt of an order: from its client id, which no other order of ours has."""
    (first,) = _first(hashlib.sha256(f"salt:{client}".encode()).digest())
    return int(first) >> (64 - SALT_BITS)


def shares_of(signed: Signed) -> Decimal:
    """Return how many shares an order is for; of one for a sum, at least how many."""
    order = signed.order
    return Decimal(order.maker_amount if order.side else order.taker_amount).scaleb(-6)


def _order(made: Amounts, side: Side, token: int, book: Book, client: str, at: Nanos) -> Order:
    return Order(
        salt_of(client),
        book.holder,
        book.signer,
        token,
        made.maker,
        made.taker,
        0 if side is BUY else 1,
        book.signature_type,
        at // SPAN * SPAN_MS,
    )


def _amounts(place: Place, instrument: Instrument) -> Amounts:
    ticks, step = _price(place, instrument), instrument.grid[0].step
    if place.qty is None:
        if place.budget is None or place.side is not Side.BUY or place.tif not in AT_ONCE:
            raise ValueError("an order here names shares, or a sum to be spent at once")
        return amounts.market(place.side, ticks * TICK, place.budget, step * TICK, decimals=amounts.TAKING)
    if place.tif not in AT_ONCE:
        return _limit(place.side, ticks, place.qty, step)
    made = _immediate(place.side, ticks, place.qty, step)
    if place.tif is not FOK:
        return made
    sized = Decimal(made.taker if place.side is Side.BUY else made.maker).scaleb(-6)
    if sized != place.qty:
        msg = f"at this price the venue fills {sized.normalize():f} shares whole, not {place.qty.normalize():f}"
        raise ValueError(msg)
    return made


@lru_cache(maxsize=4_096)
def _limit(side: Side, ticks: Ticks, qty: Decimal, step: Ticks) -> Amounts:
    return amounts.limit(side, ticks * TICK, qty, step * TICK)


@lru_cache(maxsize=4_096)
def _immediate(side: Side, ticks: Ticks, qty: Decimal, step: Ticks) -> Amounts:
    """Return the same as `amounts` again and again: who trades asks for the same sizes at the same prices."""
    return amounts.immediate(side, ticks * TICK, qty, step * TICK)


def _price(place: Place, instrument: Instrument) -> Ticks:
    """Return the worst price; any will do where none is named."""
    if place.price is not None:
        return place.price
    band = instrument.grid[-1] if place.side is Side.BUY else instrument.grid[0]
    return band.stop if place.side is Side.BUY else band.start


def _tick(instrument: Instrument) -> Decimal:
    return instrument.grid[0].step * TICK


def _expiration(place: Place, at: Nanos) -> int:
    if place.until is None:
        raise ValueError("an order with a last moment does not name it")
    ends = -(-place.until // SECOND) + EARLY_S
    if ends - at // SECOND < SHORTEST_S:
        msg = f"the venue takes orders that live {SHORTEST_S - EARLY_S} s or longer"
        raise ValueError(msg)
    return ends
