"""The maker's side of Deribit's block requests: what is asked comes in, quotes go out, once.

::

    block_rfq.maker ─► QuoteRequested, QuoteRequestOver
    quote ─► add_block_rfq_quote ─► QuoteStood      block_rfq.maker.quotes ─► QuoteStood
    trades of a block, leg by leg ─► all legs there ─► QuoteTaken

A quote carries its own end (``expires_at``), so that it does not outlive this program for long.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeVar

from engine.core.errors import OutcomeUnknown, VenueError, WireError
from engine.core.events import QuoteRequested, QuoteRequestOver, QuoteStood, QuoteTaken
from engine.core.ids import DERIBIT
from engine.core.units import NOTHING, Qty
from engine.venues.deribit import codes, wire, wire_orders, wire_rfq
from engine.venues.deribit.numbers import exact
from engine.venues.deribit.wire_orders import Unsendable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from engine.core.events import Event
    from engine.core.instrument import Instrument
    from engine.core.quotes import Quote
    from engine.core.units import Nanos
    from engine.venues.deribit.account import Account
    from engine.venues.deribit.wire_orders import Fact, TradeRow
    from engine.venues.deribit.wire_rfq import QuoteRow
    from engine.venues.port import Now

    Call = Callable[[str, Mapping[str, object], str], Awaitable[wire.Reply | wire.Refusal]]

CHANNELS: Final = ("block_rfq.maker.any", "block_rfq.maker.quotes.any")
REMEMBERED: Final = 2_000
K = TypeVar("K")
V = TypeVar("V")


class Maker:
    """Answers requests for one account."""

    def __init__(
        self, call: Call, account: Account, known: Mapping[str, Instrument], skew_ms: Callable[[], float | None],
        now: Now,
    ) -> None:  # fmt: skip
        self._call = call
        self._account = account
        self._known = known
        self._skew_ms = skew_ms
        self._now = now
        self._quotes: OrderedDict[str, Quote] = OrderedDict()
        """By our id."""
        self._clients: OrderedDict[int, str] = OrderedDict()
        """Our id by the venue's."""
        self._over: OrderedDict[str, None] = OrderedDict()
        self._legs: OrderedDict[tuple[int, str], dict[str, Fact]] = OrderedDict()
        self._taken: OrderedDict[tuple[int, str], None] = OrderedDict()

    # ---- what comes

    def news(self, told: wire.News, at: Nanos) -> list[Event]:
        """Return what a channel of requests or of quotes tells; nothing for any other.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        if told.channel.startswith("block_rfq.maker.quotes."):
            rows: list[QuoteRow] = wire.body(wire_rfq.QUOTES, told.data)
            return [event for row in rows for event in wire.understood(self._stands, told.data, row)]
        if told.channel.startswith("block_rfq.maker."):
            return wire.understood(self._asked, told.data, wire.body(wire_rfq.REQUEST, told.data), at)
        return []

    def traded(self, row: TradeRow, at: Nanos) -> list[Event]:
        """Take in one leg of a block that we quoted; return the whole once every leg is there.

        Raises
        ------
        WireError
            If it cannot be read.
        """
        client = self._clients.get(row.block_rfq_quote_id or 0) or row.label or ""
        quote = self._quotes.get(client)
        key = (row.block_rfq_quote_id or 0, row.block_trade_id or "")
        if quote is None or key in self._taken:
            return []
        fact = wire.understood(wire_orders.fact, row.trade_id, row, self._known)
        legs = self._legs.setdefault(key, {})
        legs[fact.trade_id] = fact
        if {one.instrument for one in legs.values()} < {leg.instrument for leg in quote.legs}:
            return []
        del self._legs[key]
        _keep(self._taken, key, None)
        order = [leg.instrument for leg in quote.legs]
        facts = sorted(legs.values(), key=lambda one: order.index(one.instrument) if one.instrument in order else 99)
        fills = wire_rfq.taken(facts, "USD")
        whole = key[1] or f"{key[0]}:{facts[0].trade_id}"
        return [QuoteTaken(at=at, venue=DERIBIT, request=quote.request.id, client=client, trade=whole[:64], legs=fills)]

    # ---- what goes

    async def quote(self, quote: Quote) -> list[Event]:
        """Send a quote; return what is then known of it."""
        return await self._send(quote, "private/add_block_rfq_quote")

    async def requote(self, quote: Quote) -> list[Event]:
        """Put a quote in the place of the one of the same client id, which stands where that is refused."""
        return await self._send(quote, "private/edit_block_rfq_quote", gone="lost")

    async def unquote(self, quote: Quote) -> list[Event]:
        """Take a quote back."""
        _keep(self._quotes, quote.client, quote)
        params = {"label": quote.client, "block_rfq_id": _number(quote.request.id)}
        return await self._write(quote, "private/cancel_block_rfq_quote", params, "cancel", gone="lost")

    async def quotes(self, requests: Sequence[str]) -> list[Event]:
        """Return how our quotes on some requests stand, and what of them traded; one that is not shown is lost."""
        found: list[Event] = []
        for name in requests:
            mine = [one for one in self._quotes.values() if one.request.id == name]
            try:
                rows = await self._account.quotes(_number(name))
                for row in rows:
                    found += wire.understood(self._stands, str(row.block_rfq_quote_id), row)
                    if exact(row.filled_amount or NOTHING) > 0:
                        found += await self._missed(row)
            except VenueError as e:
                found += [self._stood(one, "lost", str(e)) for one in mine]
                continue
            shown = {row.label for row in rows}
            found += [self._stood(one, "lost", "the venue does not show it") for one in mine if one.client not in shown]
        return found

    async def requests(self) -> list[Event]:
        """Return the requests that are open: a channel tells only of changes.

        Raises
        ------
        VenueError
            If the venue cannot be asked.
        """
        rows = await self._account.requests()
        return [event for row in rows for event in wire.understood(self._asked, "", row, self._now())]

    # ---- within

    async def _send(self, quote: Quote, method: str, gone: str = "rejected") -> list[Event]:
        if quote.until <= self._now():
            return [self._stood(quote, gone, "its time had passed; nothing was sent")]
        try:
            params = wire_rfq.body(quote, self._known, wire_rfq.expires(quote, self._skew_ms()))
        except Unsendable as e:
            return [self._stood(quote, gone, str(e))]
        _keep(self._quotes, quote.client, quote)
        return await self._write(quote, method, params, "write", gone=gone)

    async def _write(
        self, quote: Quote, method: str, params: Mapping[str, object], bucket: str, *, gone: str
    ) -> list[Event]:
        """Send once; return what is known then. `gone` is how a quote stands of which the venue says no."""
        try:
            reply = await self._call(method, params, bucket)
            if isinstance(reply, wire.Refusal):
                return [self._stood(quote, gone, codes.sentence(reply))]
            row = wire.body(wire_rfq.QUOTE, reply.result)
            row.label = quote.client
            return wire.understood(self._stands, reply.result, row)
        except (OutcomeUnknown, WireError) as e:
            return [self._stood(quote, "lost", str(e))]
        except VenueError as e:  # nothing was done: a quote that stood before stands as it did
            return [self._stood(quote, gone, str(e))]

    async def _missed(self, row: QuoteRow) -> list[Event]:
        """Ask for the legs of a quote that traded, as far as they were not told."""
        client = self._clients.get(row.block_rfq_quote_id, "")
        quote = self._quotes.get(client)
        if quote is None or any(key[0] == row.block_rfq_quote_id for key in self._taken):
            return []
        found: list[Event] = []
        for leg in quote.legs:
            for trade in await self._account.trades_of(leg.instrument.symbol):
                if trade.block_rfq_quote_id == row.block_rfq_quote_id:
                    found += self.traded(trade, self._now())
        return found

    def _asked(self, row: wire_rfq.RequestRow, at: Nanos) -> list[Event]:
        name = str(row.block_rfq_id)
        if row.role != "maker":
            return []
        if row.state in {"open", "created"}:
            return [QuoteRequested(at=at, request=wire_rfq.request(row))]
        if name in self._over:
            return []
        _keep(self._over, name, None)
        status = wire_rfq.OVER.get(row.state, "closed")
        return [QuoteRequestOver(at=at, venue=DERIBIT, request=name, status=status)]

    def _stands(self, row: QuoteRow) -> list[Event]:
        client = self._clients.get(row.block_rfq_quote_id) or row.label or ""
        quote = self._quotes.get(client)
        if quote is None:
            return []
        _keep(self._clients, row.block_rfq_quote_id, client)
        status, why = wire_rfq.standing(row)
        filled = exact(row.filled_amount or NOTHING)
        return [self._stood(quote, status, why, str(row.block_rfq_quote_id), Qty(filled))]

    def _stood(self, quote: Quote, status: str, text: str = "", name: str = "", filled: Qty = NOTHING) -> Event:
        known = next((str(number) for number, mine in reversed(self._clients.items()) if mine == quote.client), "")
        return QuoteStood(
            at=self._now(),
            venue=DERIBIT,
            request=quote.request.id,
            client=quote.client,
            status=status,
            venue_quote=name or known,
            filled=filled,
            text=text[:200],
        )


def _number(name: str) -> int:
    return int(name) if name.isdecimal() and len(name) < 18 else 0


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    """Remember something, the oldest going for it."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > REMEMBERED:
        kept.popitem(last=False)
