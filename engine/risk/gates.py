"""The gates: `check` is the only maker of `Approved`.

Each gate answers for one thing, by one function of a `Probe` and its limit. A gate that lacks its reference
refuses. Orders that can only make a position smaller pass the gates that limit size, loss and pace of opening,
so that a halt never locks a position in.

Source of the list: promises P14 (market-access controls); what a manual order on the embedded exchange can
meet. Gates of feeds and of live sending come with the venues.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.commands import Place
from engine.core.effects import Approved, Refused
from engine.core.ids import MarketId, embedded
from engine.core.units import MICRO, MINUTE, SECOND, TICKS_PER_UNIT, Money, Nanos, Qty, Side
from engine.risk import measures as m
from engine.risk.measures import PASSES, Known, Measure
from engine.risk.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import OrderId
    from engine.risk.limits import Limits


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate."""

    code: str
    scope: str
    meaning: str
    source: str
    """What it reads."""
    measure: Callable[[Probe, Known], Measure]
    breach: Callable[[Probe, Limits], Probe]
    """Turns a probe that passes into one this gate must refuse; the self-test's other half."""
    spares_reducing: bool = False
    warns: bool = False
    """For manual orders it only warns."""


def _above(name: str, code: str) -> Callable[[Probe, Limits], Probe]:
    def breach(p: Probe, limits: Limits) -> Probe:
        broken = replace(p)
        setattr(broken, name, limits[code] + MICRO)
        return broken

    return breach


_BOOK: Final = "positions and orders"
GATES: Final[tuple[Gate, ...]] = (
    Gate(
        "STORAGE", "program", "the ledger takes writes", "store", m.storage, lambda p, _: replace(p, storage_ok=False)
    ),
    Gate("CHAIN", "program", "the settlement log verifies", "chain", m.chain, lambda p, _: replace(p, chain_ok=False)),
    Gate("MODE", "program", "paper or demo", "session", m.mode, lambda p, _: replace(p, mode="replay")),
    Gate(
        "KILL",
        "account",
        "nobody pressed the kill switch, no limit halted trading",
        "session",
        m.halted,
        lambda p, _: replace(p, halted="you"),
        spares_reducing=True,
    ),
    Gate(
        "REDUCE_ONLY",
        "account",
        "new positions are allowed",
        "session",
        m.reduce_only,
        lambda p, _: replace(p, reduce_only=True),
        spares_reducing=True,
    ),
    Gate(
        "MARKET_STATE",
        "market",
        "the market is open",
        "exchange",
        m.market_state,
        lambda p, _: replace(p, status="closed"),
    ),
    Gate(
        "CLOSE_GUARD",
        "market",
        "seconds left before the close",
        "contract",
        m.close_guard,
        lambda p, limits: replace(p, closes=Nanos(p.at + int(limits["CLOSE_GUARD"]) * SECOND - 1)),
        spares_reducing=True,
    ),
    Gate(
        "ORDER_FORM",
        "per order",
        "price and size are possible",
        "ticket",
        m.well_formed,
        lambda p, _: replace(p, place=_with_price(p.place, TICKS_PER_UNIT)),
    ),
    Gate(
        "EXCHANGE",
        "market",
        "the market itself would trade it",
        "exchange",
        m.declined,
        lambda p, _: replace(p, declined="PRICE_BAND", declined_text="out of the band"),
    ),
    Gate("ORDER_QTY", "per order", "shares", "ticket", m.order_qty, _above("qty", "ORDER_QTY"), spares_reducing=True),
    Gate(
        "ORDER_VALUE", "per order", "value", "quote", m.order_value, _above("cost", "ORDER_VALUE"), spares_reducing=True
    ),
    Gate(
        "DUPLICATE", "per order", "like orders just sent", "orders", m.duplicate, lambda p, _: replace(p, duplicates=1)
    ),
    Gate(
        "RATE",
        "per 2 s",
        "orders in two seconds",
        "engine clock",
        m.rate,
        lambda p, limits: replace(p, last_2s=int(limits["RATE"])),
        spares_reducing=True,
    ),
    Gate(
        "RATE_MINUTE",
        "per minute",
        "orders in a minute",
        "engine clock",
        m.rate_minute,
        lambda p, limits: replace(p, last_minute=int(limits["RATE_MINUTE"])),
        spares_reducing=True,
    ),
    Gate(
        "OPEN_ORDERS",
        "account",
        "orders in flight",
        "orders",
        m.open_orders,
        lambda p, limits: replace(p, open_orders=int(limits["OPEN_ORDERS"])),
        spares_reducing=True,
    ),
    Gate(
        "UNKNOWN_ORDER", "market", "orders without an answer", "orders", m.unknown, lambda p, _: replace(p, unknown=1)
    ),
    Gate("WASH", "market", "own orders on the other side", "orders", m.wash, lambda p, _: replace(p, crossing=1)),
    Gate(
        "SOURCE_AGE",
        "stations",
        "minutes since the settlement station reported; warns manual orders",
        "station reports",
        m.source_age,
        lambda p, limits: replace(p, source_age_s=float(limits["SOURCE_AGE"] + 1) * 60),
        spares_reducing=True,
        warns=True,
    ),
    Gate(
        "CASH",
        "account",
        "cost and fee against free cash",
        "ledger",
        m.cash,
        lambda p, _: replace(p, place=_buying(p.place), cash=Money(Decimal(0)), cost=Money(Decimal(1))),
    ),
    Gate(
        "MARKET_POSITION",
        "market",
        "shares held in one market",
        _BOOK,
        m.market_position,
        _above("market_after", "MARKET_POSITION"),
        spares_reducing=True,
    ),
    Gate(
        "CELL_EXPOSURE",
        "H3 cell",
        "net shares in one cell",
        _BOOK,
        m.cell,
        _above("cell_after", "CELL_EXPOSURE"),
        spares_reducing=True,
    ),
    Gate(
        "GROUP_EXPOSURE",
        "H3 parent",
        "net shares around one cell",
        _BOOK,
        m.group,
        _above("group_after", "GROUP_EXPOSURE"),
        spares_reducing=True,
    ),
    Gate(
        "EVENT_EXPOSURE",
        "event",
        "worst loss over the outcomes of one event",
        "payoff vector",
        m.event,
        _above("event_loss_after", "EVENT_EXPOSURE"),
        spares_reducing=True,
    ),
    Gate(
        "AT_RISK",
        "portfolio",
        "worst loss over all joint outcomes",
        _BOOK,
        m.at_risk,
        _above("at_risk_after", "AT_RISK"),
        spares_reducing=True,
    ),
    Gate(
        "DAILY_LOSS",
        "portfolio",
        "the day's result",
        "fills and marks",
        m.daily,
        lambda p, limits: replace(p, day=Money(limits["DAILY_LOSS"])),
        spares_reducing=True,
    ),
    Gate(
        "WEEKLY_LOSS",
        "portfolio",
        "the week's result",
        "fills and marks",
        m.weekly,
        lambda p, limits: replace(p, week=Money(limits["WEEKLY_LOSS"])),
        spares_reducing=True,
    ),
)
CODES: Final = tuple(g.code for g in GATES)
_REFUSING: Final = tuple((g.code, g.measure) for g in GATES if not g.warns)
_REDUCING: Final = tuple((g.code, g.measure) for g in GATES if not g.warns and not g.spares_reducing)
_REFUSING_CODES: Final = tuple(code for code, _ in _REFUSING)
_REDUCING_CODES: Final = tuple(code for code, _ in _REDUCING)


def _with_price(place: Place, ticks: int) -> Place:
    return Place(instrument=place.instrument, side=place.side, price=ticks, qty=place.qty)  # type: ignore[arg-type]


def _buying(place: Place) -> Place:
    return Place(instrument=place.instrument, side=Side.BUY, qty=place.qty)


def check(order: OrderId, probe: Probe, limits: Limits) -> Approved | Refused:
    """Return the order approved, or the first gate that refuses it."""
    known = limits.values()
    for code, measured in _REDUCING if probe.reducing else _REFUSING:
        found = measured(probe, known)
        if found.refuses:
            return Refused(place=probe.place, gate=code, text=found.text, limit=found.limit, would_be=found.used)
    return Approved(order=order, place=probe.place, gates=_REDUCING_CODES if probe.reducing else _REFUSING_CODES)


def measure(probe: Probe, limits: Limits) -> tuple[tuple[Gate, Measure], ...]:
    """Return how every gate stands towards an order, spared ones as passing."""
    return tuple(
        (gate, PASSES if probe.reducing and gate.spares_reducing else gate.measure(probe, limits)) for gate in GATES
    )


def self_test(gate: Gate, limits: Limits) -> str:
    """Return what is wrong with a gate; empty when it passes a sound order and refuses a broken one."""
    sound = _sound(limits)
    if gate.measure(sound, limits).refuses:
        return f"{gate.code} refuses a sound order"
    if not gate.measure(gate.breach(sound, limits), limits).refuses:
        return f"{gate.code} lets a broken order pass"
    return ""


def _sound(limits: Limits) -> Probe:
    """Return an order that every gate lets pass, whatever the limits."""
    nothing = Decimal(0)
    place = Place(instrument=embedded(MarketId("SELF-TEST"), 0), side=Side.SELL, qty=Qty(Decimal(1)))
    return Probe(
        place=place,
        at=Nanos(0),
        pressed_at=Nanos(0),
        closes=Nanos(int(limits["CLOSE_GUARD"]) * SECOND + MINUTE),
        qty=Qty(nothing),
        cost=Money(nothing),
        fee=Money(nothing),
        cash=Money(nothing),
        source_age_s=0.0,
        market_after=nothing,
        cell_after=nothing,
        group_after=nothing,
        event_loss_after=Money(nothing),
        at_risk_after=Money(nothing),
        day=Money(Decimal(1)),
        week=Money(Decimal(1)),
    )
