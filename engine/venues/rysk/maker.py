"""Rysk's maker socket: signed quotes go out, and what became of them comes back.

A quote stays takeable until its time is out, whatever becomes of the connection; it cannot be taken back. One that
has no answer may stand, and is told as lost.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from engine.core.events import Pictured, QuoteStood, QuoteTaken, Rejected
from engine.core.ids import RYSK, InstrumentId
from engine.core.quotes import QuoteFill
from engine.core.units import MICRO, NO_MONEY, Money, Nanos, Qty, Side
from engine.venues.dialling import Dial
from engine.venues.link import Link
from engine.venues.polymarket.sign import Wallet
from engine.venues.port import Can, Capabilities, Depth, Gateway
from engine.venues.rysk import sign, wire

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.instrument import Known
    from engine.core.quotes import Quote
    from engine.core.units import Ticks
    from engine.venues.link import Send
    from engine.venues.port import Emit, Now
    from engine.venues.rysk.endpoints import Endpoints
    from engine.venues.rysk.feed import Assets
    from engine.venues.rysk.keys import RyskKeys

ANSWER_S: Final = 5.0
"""A quote without an answer by then may stand or not."""
SILENCE_S: Final = 86_400.0
"""Nobody may say anything for a day; pings show a dead peer."""
ROOM: Final = 2_000
"""Quotes that are remembered by the request they are for."""
NO_WITHDRAWAL: Final = "Rysk takes no quote back: it may be taken until its time is out"


class RyskMaker(Gateway):
    """Quotes of ours on Rysk; it takes no orders."""

    def __init__(self, where: Endpoints, keys: RyskKeys, known: Assets, now: Now, rng: random.Random) -> None:
        """Begin without quotes; `known` says what the assets are called."""
        self._where = where
        self._wallet = Wallet(keys.private_key)
        self._known = known
        self._now = now
        self._domain = sign.domain(where)
        self._emit: Emit | None = None
        self._quotes: dict[str, Quote] = {}
        """The last of each request."""
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._unknown = 0
        self.link = Link(RYSK, "account", self, now, rng, silence_s=SILENCE_S)

    @property
    def address(self) -> str:
        """Of the maker."""
        return self._wallet.address

    @property
    def unknown(self) -> int:
        """Frames that nobody knows; a confirmation might be among them."""
        return self._unknown

    @property
    @override
    def capabilities(self) -> Capabilities:
        """It answers requests, and that is all."""
        return Capabilities(Depth.NONE, Can.QUOTE_REQUESTS, 10.0, "USD")

    @override
    async def run(self, emit: Emit) -> None:
        """Keep the socket until cancelled."""
        self._emit = emit
        try:
            await self.link.run(emit)
        finally:
            self._emit = None
            for timer in self._waiting.values():
                timer.cancel()
            self._waiting.clear()

    async def quote(self, quote: Quote) -> None:
        """Sign a quote and send it, once."""
        if self._now() >= quote.until:
            self._stood(quote, "rejected", "its time was over before it was signed")
            return
        if not self.link.stats.up:
            self._stood(quote, "rejected", "the maker's link is down")
            return
        try:
            message = wire.message(quote, self.address)
            signature = sign.signed(self._wallet, self._where.quote_type, message, self._domain)
        except (ValueError, KeyError) as e:
            self._stood(quote, "rejected", f"it cannot be signed ({type(e).__name__}: {e})"[:200])
            return
        rfq = quote.request.id
        self._remember(quote)
        loop = asyncio.get_running_loop()
        self._waiting[rfq] = loop.call_later(ANSWER_S, self._unanswered, quote)
        if not await self.link.send(wire.quote(message, signature, rfq)):
            self._answered(rfq)
            self._stood(quote, "lost", "the link broke while it was being sent")

    async def requote(self, quote: Quote) -> None:
        """Send it as a further quote: the former one stands beside it."""
        await self.quote(quote)

    async def unquote(self, quote: Quote) -> None:
        """Say that it stands all the same."""
        self._stood(quote, "open", NO_WITHDRAWAL)

    async def quotes(self, requests: Sequence[str]) -> None:
        """Say of each quote what is known: the venue has no question for it."""
        for rfq in requests:
            quote = self._quotes.get(rfq)
            if quote is not None and self._now() < quote.until:
                self._stood(quote, "lost", "the venue cannot be asked how it stands")

    @override
    async def submit(self, order: Approved) -> None:
        """Refuse it: there are no order books here."""
        self._tell(Rejected(at=self._now(), order=order.order, code="unsent", text="Rysk takes quotes, not orders"))

    @override
    async def cancel(self, order: Known) -> None:
        """Nothing was ever sent."""

    @override
    async def amend(self, order: Known, price: Ticks, qty: Qty) -> None:
        """Nothing was ever sent."""

    @override
    async def picture(self, orders: Sequence[Known]) -> None:
        """Say that the account is not told of here: trades come as they are confirmed."""
        self._tell(Pictured(at=self._now(), venue=RYSK, asked_at=self._now()))

    # the socket's side

    def dial(self) -> Dial:
        """Return where quotes go."""
        return Dial(f"{self._where.socket.rstrip('/')}/maker")

    async def opened(self, send: Send) -> None:
        """Say nothing: who we are is in every signature."""

    def frame(self, raw: str | bytes, at: Nanos) -> Iterable[Event]:
        """Return what a frame means for our quotes."""
        match wire.read(raw):
            case wire.Best(id=rfq):
                return self._ranked(rfq, at, best=True)
            case wire.Beaten(id=rfq, best=best):
                return self._ranked(rfq, at, best=False, price=best)
            case wire.Failure(id=rfq, code=code, text=text):
                return self._refused(rfq, f"{code}: {text}" if text else f"error {code}", at)
            case wire.Taken() as taken:
                return self._taken(taken, at)
            case wire.Other(known=False):
                self._unknown += 1
            case _:
                pass
        return ()

    def closed(self, why: str) -> Iterable[Event]:
        """Return that quotes without an answer may stand or not."""
        at, found = self._now(), []
        for rfq in list(self._waiting):
            self._answered(rfq)
            found.append(self._word(self._quotes[rfq], "lost", "the link broke before its answer came", at))
        return found

    def overflowed(self) -> Iterable[Event]:
        """Return nothing: there is always room for what became of our quotes."""
        return ()

    def beat(self) -> str | None:
        """Say nothing: pings are enough."""
        return None

    def _remember(self, quote: Quote) -> None:
        self._answered(quote.request.id)
        self._quotes.pop(quote.request.id, None)
        self._quotes[quote.request.id] = quote
        while len(self._quotes) > ROOM:
            oldest = next(iter(self._quotes))
            self._answered(oldest)
            del self._quotes[oldest]

    def _answered(self, rfq: str) -> None:
        timer = self._waiting.pop(rfq, None)
        if timer is not None:
            timer.cancel()

    def _unanswered(self, quote: Quote) -> None:
        self._waiting.pop(quote.request.id, None)
        self._stood(quote, "lost", f"no answer within {ANSWER_S:g} s")

    def _ranked(self, rfq: str, at: Nanos, *, best: bool, price: Decimal | None = None) -> list[Event]:
        quote = self._quotes.get(rfq)
        self._answered(rfq)
        if quote is None:
            return []
        text = "the best so far" if best else "somebody gave a better one"
        asked = quote.request
        return [
            QuoteStood(
                at=at, venue=RYSK, request=asked.id, client=quote.client, status="open", text=text, best=best,
                best_price=quote.legs[0].price if best else price,
            )
        ]  # fmt: skip

    def _refused(self, rfq: str, text: str, at: Nanos) -> list[Event]:
        quote = self._quotes.get(rfq)
        self._answered(rfq)
        return [] if quote is None else [self._word(quote, "rejected", text, at)]

    def _taken(self, taken: wire.Taken, at: Nanos) -> list[Event]:
        if taken.maker not in {"", self.address.lower()}:
            return []  # another maker's: his numbers may be the same as ours
        quote = next((one for one in self._quotes.values() if one.client == taken.nonce), None)
        asset = self._known.get(taken.terms.asset)
        if quote is not None:
            name = quote.legs[0].instrument
        else:
            name = InstrumentId(RYSK, wire.symbol(taken.terms, "?" if asset is None else asset.symbol))
        cost = Money((taken.price * taken.quantity).quantize(MICRO))
        fill = QuoteFill(
            trade_id=taken.nonce, instrument=name, side=Side.SELL if taken.taker_buys else Side.BUY,
            price=taken.price, qty=Qty(taken.quantity), cost=cost, fee=NO_MONEY, fee_currency="USD", at=at,
        )  # fmt: skip
        rfq = taken.nonce if quote is None else quote.request.id
        return [QuoteTaken(at=at, venue=RYSK, request=rfq, client=taken.nonce, trade=taken.nonce, legs=(fill,))]

    def _stood(self, quote: Quote, status: str, text: str) -> None:
        self._tell(self._word(quote, status, text, self._now()))

    def _word(self, quote: Quote, status: str, text: str, at: Nanos) -> Event:
        return QuoteStood(
            at=at, venue=RYSK, request=quote.request.id, client=quote.client, status=status, text=text
        )  # fmt: skip

    def _tell(self, event: Event) -> None:
        if self._emit is not None:
            self._emit(event)
