"""A state with a venue, a family of two brackets and their books, for the views of listed instruments."""

from __future__ import annotations

from decimal import Decimal

from engine.core.commands import Place, Tif
from engine.core.events import BookSnapshot, Trade
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, FamilyId, InstrumentId, OrderId
from engine.core.instrument import Family, Instrument, Strike
from engine.core.order import Status
from engine.core.snapshot import VenueRow
from engine.core.units import HOUR, Leg, Lots, Nanos, Qty, Side, Ticks
from engine.exchange.rules import ExchangeRules
from engine.kernel import feeding, rostering
from engine.kernel.desks import Desk, Link
from engine.kernel.state import State
from engine.orders.register import Order

AT = Nanos(1_783_000_000_000_000_000)
FAMILY = FamilyId("kalshi:KXHIGHCHI-26JUL03")
LOW = InstrumentId(KALSHI, "KXHIGHCHI-26JUL03-T84")
HIGH = InstrumentId(KALSHI, "KXHIGHCHI-26JUL03-T83")
FEE = FeeRule(kind="kalshi", rate=Decimal("0.07"))


def instrument(one: InstrumentId, label: str) -> Instrument:
    return Instrument(
        strike=Strike(high=83) if one == LOW else Strike(low=84),
        id=one,
        title=f"High {label}",
        label=label,
        family=FAMILY,
        fee=FEE,
        closes=Nanos(AT + HOUR),
        source="NWS",
    )


def whole(one: InstrumentId, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> BookSnapshot:
    sides = [tuple((Ticks(p), Lots(n)) for p, n in side) for side in (bids, asks)]
    return BookSnapshot(at=AT, instrument=one, bids=sides[0], asks=sides[1])


def state() -> State:
    found = State(ExchangeRules())
    found.now = AT
    found.session.mode, found.session.account_name = "paper", "paper"
    facts = VenueRow(id=KALSHI, title="Kalshi", can=("AMEND",))
    found.desks[KALSHI] = Desk(KALSHI, facts, links={"market": Link(up=True, since=AT, why="")}, heard_at=AT)
    found.families[FAMILY] = Family(
        id=FAMILY, title="High Chicago", group="Weather", members=(LOW, HIGH), exclusive=True, exhaustive=True
    )
    for one, label in ((LOW, "≤ 83"), (HIGH, "≥ 84")):
        rostering.take_in(found, instrument(one, label))
    feeding.snapshot(found, whole(LOW, [(4_000, 5_000), (3_900, 10_000)], [(4_200, 2_500)]))
    feeding.snapshot(found, whole(HIGH, [(5_700, 1_000)], [(6_050, 700)]))
    return found


def order(
    found: State,
    number: int,
    status: Status,
    *,
    price: int = 4_000,
    leg: Leg = Leg.YES,
    side: Side = Side.BUY,
    qty: int = 10,
    filled: int = 0,
) -> Order:
    place = Place(instrument=LOW, side=side, leg=leg, price=Ticks(price), qty=Qty(Decimal(qty)), tif=Tif.GTC)
    one = Order(OrderId(f"o-{number}"), place, AT, status, Qty(Decimal(filled)), quantity=Qty(Decimal(qty)))
    found.register.add(one)
    return one


def print_trade(found: State, price: int, lots: int, taker: Side | None) -> None:
    found.listings[LOW].tape.append(
        Trade(at=AT, instrument=LOW, price=Ticks(price), lots=Lots(lots), taker=taker, trade_id=f"t{price}")
    )
