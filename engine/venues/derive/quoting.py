"""The maker's side of Derive's requests for quotes: what is asked comes in, signed quotes go out, once.

::

    {wallet}.rfqs ─► QuoteRequested, QuoteRequestOver
    quote ─► send_quote ─► QuoteStood      {subaccount}.quotes ─► QuoteStood
    {subaccount}.trades, leg by leg ─► all legs there ─► QuoteTaken

A quote stays good at the venue until its signature ends, also when this program is gone: signatures are short, and
`tidy` takes back what has outlived its time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeVar

from engine.core.errors import AuthFailed, OutcomeUnknown, Throttled, Unreachable, VenueError, VenueRefused, WireError
from engine.core.events import QuoteRequested, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.ids import DERIVE
from engine.core.units import NOTHING, SECOND
from engine.venues.derive import wire, wire_account, wire_orders, wire_rfq
from engine.venues.derive.asking import Refused
from engine.venues.derive.wire_orders import Unsendable
from engine.venues.rest import compact

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.core.events import Event
    from engine.core.quotes import Quote
    from engine.core.units import Nanos, Qty
    from engine.venues.derive.asking import Calls
    from engine.venues.derive.facts import Facts
    from engine.venues.derive.sign import Nonces, Signer
    from engine.venues.derive.wire_account import Fact
    from engine.venues.derive.wire_rfq import QuoteRow, RfqRow
    from engine.venues.port import Now

K = TypeVar("K")
V = TypeVar("V")
PAGE: Final = 200
REMEMBERED: Final = 2_000
GRACE: Final = SECOND
"""How long some legs of a package may stay behind the others before they are asked for."""
SURELY_NOT: Final = {
    Unreachable: "Derive cannot be reached; nothing was sent",
    Throttled: "asked too often; the venue did nothing",
    AuthFailed: "the venue does not take our key, its rights or our clock",
}


class Quoting:
    """Answers requests for one subaccount."""

    def __init__(
        self, calls: Calls, signer: Signer, facts: Facts, nonces: Nonces, now: Now, *, mmp: bool = False
    ) -> None:
        self._calls = calls
        self._signer = signer
        self._facts = facts
        self._nonces = nonces
        self._now = now
        self._mmp = mmp
        self._quotes: OrderedDict[str, Quote] = OrderedDict()
        """By our id."""
        self._venue: dict[str, str] = {}
        """Our id by the venue's of a quote."""
        self._open: set[str] = set()
        self._over: OrderedDict[str, None] = OrderedDict()
        self._legs: dict[tuple[str, str], dict[str, Fact]] = {}
        self._behind: dict[tuple[str, str], Nanos] = {}
        self._taken: OrderedDict[tuple[str, str], None] = OrderedDict()

    # ---- what comes

    def asked(self, row: RfqRow, at: Nanos) -> list[Event]:
        """Return what a request that came or changed means. ValueError where it cannot be read."""
        if row.status != "open":
            if row.rfq_id in self._over:
                return []
            _keep(self._over, row.rfq_id, None)
            status = row.status if row.status in wire_rfq.STATUS else "closed"
            return [QuoteRequestOver(at=at, venue=DERIVE, request=row.rfq_id, status=status)]
        return [QuoteRequested(at=at, request=wire_rfq.request(row))]

    def stands(self, row: QuoteRow, at: Nanos) -> list[Event]:
        """Return how a quote of ours stands, as the venue told it."""
        client = self._venue.get(row.quote_id) or row.label
        quote = self._quotes.get(client)
        if quote is None:
            return []
        self._name(client, row.quote_id)
        if self._venue.get(row.quote_id) != client or self._current(client) != row.quote_id:
            return []  # it was replaced, and this is what it was before
        status, why = wire_rfq.standing(row)
        if status == "open":
            self._open.add(client)
        elif status != "lost":
            self._open.discard(client)
        return [self._stood(quote, status, why, row.quote_id, wire_rfq.filled(row, quote))]

    def filled(self, fact: Fact, at: Nanos) -> list[Event]:
        """Take in one leg of a quote that traded; return the whole once every leg is there."""
        client = self._venue.get(fact.quote) or fact.client
        quote = self._quotes.get(client)
        key = (fact.quote, fact.operation)
        if quote is None or key in self._taken:
            return []
        legs = self._legs.setdefault(key, {})
        legs[fact.trade_id] = fact
        if {one.instrument for one in legs.values()} != {leg.instrument for leg in quote.legs}:
            self._behind.setdefault(key, at)
            return []
        del self._legs[key]
        self._behind.pop(key, None)
        _keep(self._taken, key, None)
        ordered = sorted(legs.values(), key=lambda one: [leg.instrument for leg in quote.legs].index(one.instrument))
        whole = ":".join(part for part in key if part)
        return [
            QuoteTaken(
                at=at, venue=DERIVE, request=quote.request.id, client=client, trade=whole, legs=wire_rfq.taken(ordered)
            )
        ]

    # ---- what goes

    async def quote(self, quote: Quote) -> Sequence[Event]:
        """Send a quote; return what is then known of it."""
        try:
            body = await self._signed(quote)
        except (Unsendable, VenueError) as e:
            return [self._stood(quote, "rejected", str(e))]
        _keep(self._quotes, quote.client, quote)
        return await self._write(quote, wire_rfq.SEND, compact(body), self._sent)

    async def requote(self, quote: Quote) -> Sequence[Event]:
        """Put a quote in the place of the one of the same client id, which stands where that is refused."""
        before = quote.venue_quote or self._current(quote.client)
        if not before:
            return await self.quote(quote)
        try:
            body = await self._signed(quote)
        except (Unsendable, VenueError):
            return await self.look([self._quotes.get(quote.client, quote)])
        _keep(self._quotes, quote.client, quote)
        sent = compact({**body, "quote_id_to_cancel": before})
        return await self._write(quote, wire_rfq.REPLACE, sent, self._replaced, gone="lost")

    async def unquote(self, quote: Quote) -> Sequence[Event]:
        """Take a quote back."""
        name = quote.venue_quote or self._current(quote.client)
        if not name:
            return await self.look([quote])
        _keep(self._quotes, quote.client, quote)
        self._name(quote.client, name)
        body = compact({"quote_id": name, "subaccount_id": self._signer.subaccount, "rfq_id": quote.request.id})
        return await self._write(quote, wire_rfq.CANCEL, body, self._sent, "cancel", gone="lost")

    async def requests(self) -> list[Event]:
        """Return the requests that are open; after a new connection, since the channel tells only of changes.

        Raises
        ------
        VenueError
            If the venue cannot be asked.
        """
        params = {"subaccount_id": self._signer.subaccount, "status": "open"}
        events: list[Event] = []
        async for page in self._calls.pages("private/poll_rfqs", params, wire_rfq.RFQS, PAGE):
            for row in page.rfqs:
                events += wire.understood(self.asked, row.rfq_id, row, self._now())
        return events

    async def quotes(self, requests: Sequence[str]) -> list[Event]:
        """Return how our quotes on some requests stand, and what of them traded."""
        return [
            event
            for name in requests
            for event in await self.look([one for one in self._quotes.values() if one.request.id == name])
        ]

    async def look(self, quotes: Sequence[Quote]) -> list[Event]:
        """Return how these quotes stand; one that the venue does not show stays lost."""
        events: list[Event] = []
        for name in dict.fromkeys(one.request.id for one in quotes):
            params = {"subaccount_id": self._signer.subaccount, "rfq_id": name}
            mine = [one for one in quotes if one.request.id == name]
            try:
                rows = [
                    row
                    async for page in self._calls.pages("private/get_quotes", params, wire_rfq.QUOTES, PAGE)
                    for row in page.quotes
                ]
            except VenueError as e:
                events += [self._stood(one, "lost", str(e)) for one in mine]
                continue
            for one in mine:
                try:
                    events += await self._found(one, [row for row in rows if row.label == one.client])
                except VenueError as e:  # a number that cannot be read must not end what runs beside
                    events.append(self._stood(one, "lost", str(e)))
        return events

    async def tidy(self) -> list[Event]:
        """Take back what has outlived its time, and ask for legs that stayed behind; return what came of it."""
        at, events = self._now(), []  # type: tuple[Nanos, list[Event]]
        for client in sorted(self._open):
            quote = self._quotes.get(client)
            if quote is not None and quote.until <= at:
                self._open.discard(client)
                events += await self.unquote(quote)
        for key, since in list(self._behind.items()):
            if at - since >= GRACE:
                self._behind[key] = at
                events += await self._legs_of(key[0])
        return events

    # ---- within

    async def _signed(self, quote: Quote) -> dict[str, object]:
        specs, indexes = {}, {}
        for leg in quote.legs:
            symbol = leg.instrument.symbol
            specs[symbol] = await self._facts.spec(symbol)
            indexes[symbol] = await self._facts.index(symbol)
        return wire_rfq.body(
            quote, specs, indexes, self._signer, self._nonces.next(), self._now(), mmp=self._mmp
        )  # fmt: skip

    async def _write(
        self,
        quote: Quote,
        path: str,
        body: bytes,
        told: Callable[[Quote, bytes], list[Event]],
        bucket: str = "write",
        gone: str = "rejected",
    ) -> list[Event]:
        """Send once; return what is known then. `gone` is how a quote stands of which the venue says no."""
        try:
            return told(quote, await self._calls.do(path, body, bucket))
        except (OutcomeUnknown, WireError) as e:
            return [self._stood(quote, "lost", str(e))]
        except Refused as e:
            if gone == "lost":
                return await self.look([quote])
            return [self._stood(quote, gone, wire_orders.refusal(e.error).text)]
        except (Unreachable, Throttled, AuthFailed) as e:
            return [self._stood(quote, gone, SURELY_NOT[type(e)])]
        except VenueRefused as e:
            return [self._stood(quote, gone, str(e))]

    def _sent(self, quote: Quote, raw: bytes) -> list[Event]:
        row = wire.body(wire_rfq.QUOTE, raw)
        self._name(quote.client, row.quote_id, newest=True)
        return wire.understood(self.stands, raw, row, self._now())

    def _replaced(self, quote: Quote, raw: bytes) -> list[Event]:
        reply = wire.body(wire_rfq.REPLACED, raw)
        if reply.quote is None:
            self._open.discard(quote.client)
            why = "the quote before it was taken back, and this one was not taken"
            return [self._stood(quote, "cancelled", why)]
        self._name(quote.client, reply.quote.quote_id, newest=True)
        return wire.understood(self.stands, raw, reply.quote, self._now())

    async def _found(self, quote: Quote, rows: list[QuoteRow]) -> list[Event]:
        if not rows:
            return [self._stood(quote, "lost", "the venue does not show it")]
        last = max(rows, key=lambda row: int(row.nonce))
        _keep(self._quotes, quote.client, quote)
        for row in rows:
            self._name(quote.client, row.quote_id)
        self._name(quote.client, last.quote_id, newest=True)
        events = wire.understood(self.stands, last.quote_id, last, self._now())
        for row in rows:
            if row.status == "filled" or (row.fill_pct or "0").strip("0."):
                events += await self._legs_of(row.quote_id)
        return events

    async def _legs_of(self, quote_id: str) -> list[Event]:
        """Ask for the trades of a quote."""
        params = {"subaccount_id": self._signer.subaccount, "quote_id": quote_id}
        events: list[Event] = []
        try:
            async for page in self._calls.pages("private/get_trade_history", params, wire_account.TRADES, PAGE):
                facts = wire.understood(lambda rows: [wire_account.fact(row) for row in rows], b"", page.trades)
                for fact in facts:
                    events += self.filled(fact, self._now())
        except VenueError:
            return events  # asked again a while from now
        return events

    def _stood(self, quote: Quote, status: str, text: str = "", name: str = "", filled: Qty | None = None) -> Event:
        return QuoteStood(
            at=self._now(),
            venue=DERIVE,
            request=quote.request.id,
            client=quote.client,
            status=status,
            venue_quote=name or self._current(quote.client),
            filled=NOTHING if filled is None else filled,
            text=text[:200],
        )

    def _name(self, client: str, venue_quote: str, *, newest: bool = False) -> None:
        if newest or venue_quote not in self._venue:
            self._venue.pop(venue_quote, None)  # the newest of a client id is its last
            self._venue[venue_quote] = client
        while len(self._venue) > REMEMBERED:
            del self._venue[next(iter(self._venue))]

    def _current(self, client: str) -> str:
        return next((name for name, mine in reversed(self._venue.items()) if mine == client), "")


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    """Remember something, the oldest going for it."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
