"""A market on paper and orders for it, for the tests of simulated trading."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.commands import Place, Tif
from engine.core.effects import Approved, Submit
from engine.core.events import BookDelta, BookSnapshot, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, InstrumentId, OrderId
from engine.core.instrument import Instrument, Known
from engine.core.units import SECOND, Leg, Nanos, Side
from engine.orders.market import Market
from engine.orders.queue import Standing
from engine.orders.simulate import Latency, Simulator

IT = InstrumentId(KALSHI, "KXHIGHCHI-26NOV21-B41.5")
START = Nanos(1_800_000_000 * SECOND)
CLOSES = Nanos(START + 3_600 * SECOND)
AT_ONCE = Latency(out=0, back=0, jitter=0)
BUY, SELL, YES, NO = Side.BUY, Side.SELL, Leg.YES, Leg.NO
MS = 1_000_000
numbers = iter(range(10**9))


def terms(**changes: Any) -> Instrument:
    fee = FeeRule(kind="kalshi", rate=Decimal("0.07"))
    return Instrument(**({"id": IT, "title": "41° to 42°", "fee": fee, "closes": CLOSES} | changes))


def book(bids: list[tuple[int, int]], asks: list[tuple[int, int]], at: int = START) -> BookSnapshot:
    """Levels in cents and whole shares."""
    return BookSnapshot(
        at=Nanos(at),
        instrument=IT,
        bids=tuple((cents * 100, shares * 100) for cents, shares in bids),
        asks=tuple((cents * 100, shares * 100) for cents, shares in asks),
    )


def desk(latency: Latency = AT_ONCE, draw: Any = lambda: 0.0, **more: Any) -> Simulator:
    """A simulator that knows the market and has its book: 42 bid for 100, 45 asked for 50, 46 for 80."""
    one = Simulator(KALSHI, draw, latency, **more)
    one.know(terms(), START)
    one.step(book([(42, 100), (41, 60)], [(45, 50), (46, 80)]), START)
    return one


def order(
    name: str, side: Side, cents: int | None, shares: str | int | None, tif: Tif = Tif.GTC, **more: Any
) -> Submit:
    place = Place(
        instrument=more.pop("instrument", IT),
        side=side,
        price=None if cents is None else cents * 100,
        qty=None if shares is None else Decimal(shares),
        tif=tif,
        **more,
    )
    return Submit(order=Approved(order=OrderId(name), place=place, gates=(), client=f"c-{name}"))


def standing(side: Side, price: int, lots: int) -> Standing:
    number = next(numbers)
    return Standing(
        order=OrderId(f"o{number}"), client="", side=side, leg=Leg.YES, yes=side, price=price, total=lots, left=lots,
        tif=Tif.GTC, number=number,
    )  # fmt: skip


def market(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> Market:
    one = Market(terms())
    one.snapshot(bids, asks, 0)
    return one


def rested(one: Market, side: Side, price: int, lots: int) -> Standing:
    ours = standing(side, price, lots)
    one.rest(ours)
    return ours


def delta(side: Side, cents: int, shares: int, at: int = START) -> BookDelta:
    return BookDelta(at=at, instrument=IT, side=side, price=cents * 100, lots=shares * 100)


def trade(cents: int, shares: int, taker: Side, at: int = START) -> Trade:
    return Trade(at=at, instrument=IT, price=cents * 100, lots=shares * 100, taker=taker)


def known(name: str, cents: int = 42, shares: int = 10, filled: int = 0, leg: Leg = YES, side: Side = BUY) -> Known:
    return Known(
        client=f"c-{name}",
        order=name,
        instrument=IT,
        side=side,
        leg=leg,
        price=cents * 100,
        qty=Decimal(shares),
        filled=Decimal(filled),
        sent_at=START,
    )


def say(sim: Simulator, *requests: object, at: int = START) -> list[object]:
    return [answer for request in requests for answer in sim.step(request, at)] + sim.due(at)


def kinds(answers: list[object]) -> list[str]:
    return [type(answer).__name__ for answer in answers]
