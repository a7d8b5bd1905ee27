"""Requests for quotes under measurement: a request's bytes until the text of a signed quote, in process.

The venue's own decoding, the kernel with pricing, limits and stress, and the signature; the disk says at once that a
quote is kept, since it is measured on its own. The venue waits two seconds for quotes; the desk aims at 300 ms.
"""

from __future__ import annotations

import gc
import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from app.bench import figures
from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.effects import Keep, SignQuote
from engine.core.events import Asked, BookSnapshot, Kept, LinkChanged, Listed, Marked, Opened, Pictured, QuoteRequested
from engine.core.fee_rule import FeeRule
from engine.core.ids import DERIBIT, RYSK, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.snapshot import Snapshot, VenueRow
from engine.core.units import DAY, SECOND, Lots, Money, Nanos, Qty, Ticks
from engine.kernel.step import Kernel
from engine.strategies import rfq_desk
from engine.venues.polymarket.sign import Wallet
from engine.venues.rysk import sign, wire
from engine.venues.rysk.endpoints import DEMO
from engine.venues.rysk.wire import Asset

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from engine.core.events import Event

ASSET: Final = Asset("0xb67bfa7b488df4f2efa874f4e59242e9130ae61f", "WETH", "ETH", Decimal("0.1"), Decimal(100), True)
BAR_MS: Final = 300.0
MOONSHOT_MS: Final = 10.0
ROUNDS: Final = 400
STRIKES: Final = tuple(range(2_600, 3_500, 100))
SPOT: Final = Decimal(3_000)
FEE: Final = FeeRule(kind="of_underlying", rate=Decimal("0.0003"), cap=Decimal("0.125"))
ROWS: Final = (
    VenueRow(id=DERIBIT, title="Deribit", can=("SHORT",), orders_per_second=50.0),
    VenueRow(id=RYSK, title="Rysk", trades=False, can=("QUOTE_REQUESTS",)),
)


class Path:
    """A chain of options with books, a desk that quotes, and a key that is thrown away."""

    def __init__(self) -> None:
        """Open a session on paper; the clock is its own."""
        self.at = Nanos(1_791_000_000 * SECOND)
        self.expires = Nanos((self.at + 10 * DAY) // DAY * DAY + 8 * 3_600 * SECOND)
        self.wallet = Wallet(0xA11CE)
        self.domain = sign.domain(DEMO)
        self.known = {ASSET.address: ASSET}
        self.kernel = Kernel()
        self.number = 0
        self.signed: list[SignQuote] = []
        self.listed: set[str] = set()
        snapshot = Snapshot(profile="bench", mode="paper", account_name="paper", venues=ROWS, salt="0" * 12)
        self.take(Opened(at=self.at, snapshot=snapshot))
        for row in ROWS:
            for channel in ("market", "account"):
                self.take(LinkChanged(at=self.at, venue=row.id, up=True, channel=channel))
            self.take(Pictured(at=self.at, venue=row.id, asked_at=self.at, cash=Money(Decimal(100_000))))
        some = tuple(self._option(strike, put) for strike in STRIKES for put in (False, True))
        family = Family(id=FamilyId(f"{DERIBIT}:ETH"), title="ETH", members=tuple(one.id for one in some))
        self.take(Listed(at=self.at, family=family, instruments=some))
        self.some = some
        self.market()
        self.ask(SetStrategy(strategy=rfq_desk.NAME, to=StrategyState.PAPER))
        for name in ("max_size", "max_delta", "max_premium"):
            self.ask(SetParameter(strategy=rfq_desk.NAME, name=name, value="1000000"))

    def _option(self, strike: int, put: bool) -> Instrument:
        return Instrument(
            id=InstrumentId(DERIBIT, f"ETH-{strike}-{'P' if put else 'C'}"), title=f"ETH {strike}",
            payoff=Payoff.PUT if put else Payoff.CALL, unit=Decimal("0.01"), lot=Decimal("0.1"),
            least=Qty(Decimal("0.1")), step=Decimal("0.1"), grid=(Band(Ticks(1), Ticks(10**9), Ticks(1)),), fee=FEE,
            expires=self.expires, closes=self.expires, underlying="ETH", exercise=Decimal(strike),
            family=FamilyId(f"{DERIBIT}:ETH"),
        )  # fmt: skip

    def market(self) -> None:
        """Mark every option and give it a book."""
        for one in self.some:
            inside = max(float(SPOT) - float(one.exercise or 0), 0.0)
            if one.payoff is Payoff.PUT:
                inside = max(float(one.exercise or 0) - float(SPOT), 0.0)
            mid = int(100 * (inside + 60.0))
            self.take(
                Marked(
                    at=self.at, instrument=one.id, price=Decimal(mid) / 100, index=SPOT, forward=SPOT, mark_iv=0.6
                )
            )  # fmt: skip
            bids = tuple((Ticks(mid - 100 - 50 * n), Lots(20)) for n in range(10))
            asks = tuple((Ticks(mid + 100 + 50 * n), Lots(20)) for n in range(10))
            self.take(BookSnapshot(at=self.at, instrument=one.id, bids=bids, asks=asks))

    def ask(self, command: SetStrategy | SetParameter) -> None:
        """Put a command."""
        self.take(Asked(at=self.at, command=command, pressed_at=self.at))

    def take(self, event: Event) -> None:
        """Step an event; the disk answers at once."""
        for effect in self.kernel.step(event):
            if type(effect) is SignQuote:
                self.signed.append(effect)
            elif type(effect) is Keep and effect.then:
                self.take(Kept(at=self.at, what=effect.then))

    def request(self) -> bytes:
        """Return the next request as the venue's stream brings it, after the market has moved on."""
        self.number += 1
        self.at = Nanos(self.at + 120 * SECOND)  # earlier quotes no longer count
        self.market()
        self.signed.clear()
        strike = STRIKES[self.number % len(STRIKES)]
        body = {
            "asset": ASSET.address, "assetName": "ETH", "chainId": DEMO.chain_id, "expiry": self.expires // SECOND,
            "isPut": bool(self.number % 2), "quantity": str(10**18), "strike": str(strike * 10**8),
            "taker": "0x" + "00" * 20, "usd": DEMO.usd[0].lower(),
            "collateralAsset": DEMO.usd[0].lower() if self.number % 2 else ASSET.address,
        }  # fmt: skip
        return json.dumps({"jsonrpc": "2.0", "id": f"bench-{self.number}", "result": body}).encode()

    def answer(self, raw: bytes) -> str:
        """Return the text of the signed quote on a request; empty where nothing was quoted."""
        found = wire.read(raw)
        assert isinstance(found, wire.Rfq)
        asset = self.known[found.terms.asset]
        family, instrument = wire.listing(found.terms, asset)
        if instrument.id.symbol not in self.listed:
            self.listed.add(instrument.id.symbol)
            self.take(Listed(at=self.at, family=family, instruments=(instrument,)))
        self.take(_requested(found, asset, self.at))
        if not self.signed:
            return ""
        quote = self.signed[0].quote
        message = wire.message(quote, self.wallet.address)
        return wire.quote(message, sign.signed(self.wallet, DEMO.quote_type, message, self.domain), quote.request.id)


def _requested(found: wire.Rfq, asset: Asset, at: Nanos) -> Event:
    return QuoteRequested(at=at, request=wire.request(found, asset, DEMO, at))


def rfq_to_quote() -> Figure:
    """A request's bytes until the text of its signed quote, in process and without the disk."""
    path, samples, unanswered = Path(), [], 0
    gc.disable()
    try:
        for number in range(ROUNDS + 20):
            raw = path.request()
            began = time.perf_counter_ns()
            text = path.answer(raw)
            spent = (time.perf_counter_ns() - began) * 1e-6
            unanswered += not text
            if number >= 20 and text:
                samples.append(spent)
    finally:
        gc.enable()
    return figures.of(samples, "ms", bar=BAR_MS, moonshot=MOONSHOT_MS, unanswered=unanswered)


ALL: Final = {"rfq_to_quote": rfq_to_quote}
