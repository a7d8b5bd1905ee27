"""Made-up markets in the venues' own words: what each says to a client that subscribes, and one change after another.

The frames have the shape and the length of recorded ones: a Kalshi delta of one level; a Polymarket change told for
both tokens, with the best prices and the book's name; a Binance trade of a combined stream. Books wander about a
middle of half a dollar with twelve cents between bid and ask, and now and then somebody offers far below it: that is
what the strategy of these benchmarks buys.
"""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from engine.book.ladder import Ladder
from engine.core.fee_rule import FeeRule
from engine.core.ids import BINANCE, KALSHI, POLYMARKET, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import DAY, TICKS_PER_UNIT, Lots, Nanos, Side, Ticks
from engine.venues.polymarket import numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import VenueId

CENT: Final = 100
"""Ticks."""
BEST: Final = {Side.BUY: 4_400, Side.SELL: 5_600}
CHEAP: Final = Ticks(4_600)
"""What somebody offers at now and then."""
SIZE: Final = 50_000
"""Hundredths of a share in that offer."""
LEVELS: Final = 30
GONE: Final = 0.15
"""Share of changes that remove a level."""
MS: Final = 1_000_000
SIDS: Final = {"orderbook_delta": 2, "trade": 3, "fill": 4, "user_orders": 5}
"""What Kalshi numbers its subscriptions by here; any other is 1."""
KALSHI_FEE: Final = FeeRule(kind="kalshi", rate=Decimal("0.07"))
CALM: Final = 86_000.0
"""Dollars that a bitcoin wanders about; one trade far above it is a signal."""
JUMP: Final = 90_000.0


class Changed(NamedTuple):
    """One level after a change, in ticks of YES and hundredths of a share."""

    side: Side
    price: Ticks
    lots: int
    by: int


class Quotes(Protocol):
    """One market of one venue, as that venue tells of it."""

    instruments: tuple[Instrument, ...]
    family: Family

    def answers(self, text: str) -> list[str]:
        """Return what the venue says to a message of the client's; to an empty one, what it says unasked at first."""

    def move(self) -> str:
        """Return the frame of an ordinary change."""

    def offer(self) -> str:
        """Return the frame by which something is to be bought cheaply."""

    def withdraw(self) -> str:
        """Return the frame that takes the offer back."""


class Wander:
    """Levels about a middle, the same every time; the best of either side stays where it is."""

    def __init__(self, seed: int = 7) -> None:
        self.ladder = Ladder()
        self._rng = random.Random(seed)
        for n in range(LEVELS):
            for side in Side:
                self.ladder.put(side, _away(side, n), Lots(25_000 + 100 * n))

    def next(self) -> Changed:
        """Return the next change."""
        rng = self._rng
        side = Side.BUY if rng.random() < 0.5 else Side.SELL
        away = min(LEVELS - 1, int(rng.expovariate(0.25)))
        gone = away > 0 and rng.random() < GONE
        return self.put(side, _away(side, away), 0 if gone else 100 * rng.randrange(1, 900))

    def put(self, side: Side, price: Ticks, lots: int) -> Changed:
        """Set a level."""
        by = lots - self.ladder.lots(side, price)
        self.ladder.put(side, price, Lots(lots))
        return Changed(side, price, lots, by)


class KalshiQuotes:
    """Four brackets of a city's high, of which the first one moves."""

    def __init__(self, now: Callable[[], Nanos]) -> None:
        self._now = now
        self._wander = Wander()
        self._seq = 0
        tickers = [f"KXHIGHCHI-26NOV21-B{41 + 2 * n}.5" for n in range(4)]
        self.family, self.instruments = _family(
            KALSHI, "KXHIGHCHI-26NOV21", tickers, now, lot=Decimal("0.01"), fee=KALSHI_FEE
        )

    def answers(self, text: str) -> list[str]:
        """Take a subscription, and send the whole books of what it names; acknowledge anything else."""
        asked: dict[str, Any] = json.loads(text) if text else {}
        if asked.get("cmd") != "subscribe":
            return [_text({"type": "ok", "id": asked["id"], "msg": []})] if "id" in asked else []
        found = []
        for channel in asked["params"]["channels"]:
            said = {"channel": channel, "sid": SIDS.get(channel, 1)}
            found.append(_text({"type": "subscribed", "id": asked["id"], "msg": said}))
            if channel == "orderbook_delta":
                found += [self._snapshot(ticker) for ticker in asked["params"]["market_tickers"]]
        return found

    def move(self) -> str:
        """Return what one level gained or lost."""
        return self._told(self._wander.next())

    def offer(self) -> str:
        """Return a bid for NO, which makes YES cheap."""
        return self._told(self._wander.put(Side.SELL, CHEAP, SIZE))

    def withdraw(self) -> str:
        """Return that it is gone."""
        return self._told(self._wander.put(Side.SELL, CHEAP, 0))

    def _told(self, one: Changed) -> str:
        self._seq += 1
        bid = one.side is Side.BUY
        price = one.price if bid else TICKS_PER_UNIT - one.price
        ms = self._now() // MS
        return (
            f'{{"type":"orderbook_delta","sid":2,"seq":{self._seq},"msg":{{"market_ticker":'
            f'"{self.instruments[0].id.symbol}","market_id":"9b0f6b43-5b68-4f9f-9f02-9a2d1b8ac1a1","price_dollars":'
            f'"{price / TICKS_PER_UNIT:.4f}","delta_fp":"{one.by / 100:.2f}","side":"{"yes" if bid else "no"}",'
            f'"ts":"2026-11-21T12:00:00.123456Z","ts_ms":{ms}}}}}'
        )

    def _snapshot(self, ticker: str) -> str:
        self._seq += 1
        ladder = self._wander.ladder
        yes = [(p, lots) for p, lots in ladder.walk(Side.BUY)]
        no = [(TICKS_PER_UNIT - p, lots) for p, lots in ladder.walk(Side.SELL)]
        sides = (
            [[f"{p / TICKS_PER_UNIT:.4f}", f"{lots / 100:.2f}"] for p, lots in reversed(side)] for side in (yes, no)
        )
        msg = dict(zip(("yes_dollars_fp", "no_dollars_fp"), sides, strict=True)) | {"market_ticker": ticker}
        return _text({"type": "orderbook_snapshot", "sid": 2, "seq": self._seq, "msg": msg})


class PolymarketQuotes:
    """One window of a coin's price, up or down."""

    YES: Final = "52114319501245915516055106046884209969926127482827954674443846427813813222426"
    NO: Final = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
    CONDITION: Final = "0x5f65177b394277fd294cd75650044e32ba009a95022d88a0c1d565897d72f8f1"

    def __init__(self, now: Callable[[], Nanos]) -> None:
        self._now = now
        self._wander = Wander()
        self._name = 0
        facts = (("yes_token", self.YES), ("no_token", self.NO), ("condition", self.CONDITION), ("tick", "0.01"))
        self.family, self.instruments = _family(
            POLYMARKET,
            "btc-updown-5m",
            [self.CONDITION],
            now,
            lot=Decimal("0.000001"),
            nets=False,
            facts=facts,
            least=Decimal(1),
        )

    def answers(self, text: str) -> list[str]:
        """Send both tokens' books to who subscribes, and answer a ping."""
        if text == "PING":
            return ["PONG"]
        return [_text([self._book(no=False), self._book(no=True)])] if '"assets_ids"' in text else []

    def move(self) -> str:
        """Return what a level holds now, told for both tokens."""
        return self._told(self._wander.next())

    def offer(self) -> str:
        """Return a cheap offer of YES."""
        return self._told(self._wander.put(Side.SELL, CHEAP, SIZE))

    def withdraw(self) -> str:
        """Return that it is gone."""
        return self._told(self._wander.put(Side.SELL, CHEAP, 0))

    def _told(self, one: Changed) -> str:
        bid, ask = self._wander.ladder.best_bid or 0, self._wander.ladder.best_ask or 0
        yes = self._change(self.YES, one.side, one.price, one.lots, (bid, ask))
        other = Side.SELL if one.side is Side.BUY else Side.BUY
        best = (TICKS_PER_UNIT - ask, TICKS_PER_UNIT - bid)
        no = self._change(self.NO, other, TICKS_PER_UNIT - one.price, one.lots, best)
        return (
            f'{{"market":"{self.CONDITION}","price_changes":[{yes},{no}],"timestamp":"{self._now() // MS}",'
            f'"event_type":"price_change"}}'
        )

    def _change(self, token: str, side: Side, price: int, lots: int, best: tuple[int, int]) -> str:
        self._name += 1
        bid, ask = best
        return (
            f'{{"asset_id":"{token}","price":"{numbers.price(price)}","size":"{lots / 100:g}",'
            f'"side":"{"BUY" if side is Side.BUY else "SELL"}","hash":"{self._name:040x}",'
            f'"best_bid":"{numbers.price(bid)}","best_ask":"{numbers.price(ask)}"}}'
        )

    def _book(self, *, no: bool) -> dict[str, object]:
        self._name += 1
        sides = []
        for side in Side if not no else reversed(Side):  # the bids of NO are the asks of YES
            levels = [(TICKS_PER_UNIT - p if no else p, lots) for p, lots in self._wander.ladder.walk(side)]
            sides.append([{"price": numbers.price(p), "size": f"{n / 100:g}"} for p, n in reversed(levels)])
        return {
            "event_type": "book", "market": self.CONDITION, "asset_id": self.NO if no else self.YES,
            "timestamp": str(self._now() // MS), "hash": f"{self._name:040x}", "bids": sides[0], "asks": sides[1],
        }  # fmt: skip


class BinanceQuotes:
    """Trades in bitcoin; one far above the others is what a strategy acts on, elsewhere."""

    SYMBOL: Final = "BTCUSDT"

    def __init__(self, now: Callable[[], Nanos]) -> None:
        self._now = now
        self._rng = random.Random(7)
        self._id = 5_400_000_000
        self._price = CALM
        self.family, self.instruments = _family(
            BINANCE,
            self.SYMBOL,
            [self.SYMBOL],
            now,
            payoff=Payoff.LINEAR,
            unit=Decimal("0.01"),
            lot=Decimal("0.00000001"),
            grid=(Band(Ticks(1), Ticks(10_000_000_000), Ticks(1)),),
        )

    def answers(self, text: str) -> list[str]:
        """Acknowledge what asks for it; the address says what is wanted."""
        asked: dict[str, Any] = json.loads(text) if text else {}
        return [_text({"result": None, "id": asked["id"]})] if "id" in asked else []

    def move(self) -> str:
        """Return a trade near the one before."""
        self._price += (CALM - self._price) * 0.01 + self._rng.uniform(-5.0, 5.0)
        return self._told(self._price)

    def offer(self) -> str:
        """Return a trade at a price that has jumped."""
        return self._told(JUMP)

    def withdraw(self) -> str:
        """Return one where it was before."""
        return self._told(self._price)

    def _told(self, price: float) -> str:
        self._id += 1
        ms = self._now() // MS
        size = self._rng.randrange(1_000, 50_000_000) / 1e8
        maker = "true" if self._rng.random() < 0.5 else "false"
        return (
            f'{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{ms},"s":"{self.SYMBOL}","t":{self._id},'
            f'"p":"{price:.2f}000000","q":"{size:.8f}","T":{ms},"m":{maker},"M":true}}}}'
        )


ALL: Final[dict[VenueId, Callable[[Callable[[], Nanos]], Quotes]]] = {
    KALSHI: KalshiQuotes,
    POLYMARKET: PolymarketQuotes,
    BINANCE: BinanceQuotes,
}


def _family(
    venue: VenueId,
    event: str,
    symbols: list[str],
    now: Callable[[], Nanos],
    **terms: Any,  # noqa: ANN401 - fields of `Instrument`
) -> tuple[Family, tuple[Instrument, ...]]:
    name = FamilyId(f"{venue}:{event}")
    closes = Nanos(now() + DAY)
    some = tuple(
        Instrument(id=InstrumentId(venue, symbol), title=symbol, family=name, closes=closes, **terms)
        for symbol in symbols
    )
    return Family(id=name, title=event, members=tuple(one.id for one in some), exclusive=True, exhaustive=True), some


def _away(side: Side, steps: int) -> Ticks:
    return Ticks(BEST[side] - CENT * steps if side is Side.BUY else BEST[side] + CENT * steps)


def _text(content: object) -> str:
    return json.dumps(content, separators=(",", ":"))
