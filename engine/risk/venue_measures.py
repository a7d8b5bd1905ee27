"""What the gates of orders on venues measure; those of every order are in `measures`.

Orders of the embedded exchange pass them all: it has no link, no lots and no clock of its own.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Final

from engine.core.commands import Tif
from engine.core.units import Leg, Ticks, plain
from engine.portfolio.netting import lifts
from engine.risk.measures import PASSES, Known, Measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.instrument import Band
    from engine.risk.probe import Probe

CENT: Final = Decimal("0.01")
AT_ONCE: Final = frozenset({Tif.IOC, Tif.FOK})


def _no(text: str) -> Measure:
    return Measure(refuses=True, text=text)


def armed(p: Probe, _: Known) -> Measure:
    """Whether orders may reach a venue for real."""
    return PASSES if p.armed else _no("live trading is not armed")


def link(p: Probe, _: Known) -> Measure:
    """Whether both channels of the venue are up."""
    return PASSES if not p.link_down else _no(f"the venue's link is down: {p.link_down}")


def reconciled(p: Probe, _: Known) -> Measure:
    """Whether our account was held against the venue's since the last gap."""
    return PASSES if not p.unreconciled else _no(f"the account is not reconciled with the venue: {p.unreconciled}")


def clock(p: Probe, limits: Known) -> Measure:
    """Milliseconds between this machine's clock and the venue's."""
    return aged(p.skew_ms, limits["CLOCK"], "the clock's difference from the venue's", "ms")


def book_stale(p: Probe, _: Known) -> Measure:
    """Whether the book is the venue's."""
    if p.stale is None:
        return _no("the book is not known")
    return PASSES if not p.stale else _no(f"the book is stale: {p.stale}")


def book_age(p: Probe, limits: Known) -> Measure:
    """Seconds since the venue's market link brought anything."""
    return aged(p.heard_s, limits["BOOK_AGE"], "the silence of the venue's market link", "s")


def aged(value: float | None, limit: Decimal, what: str, unit: str) -> Measure:
    """Measure how old or how far off something is, whatever its sign; what is not known refuses."""
    if value is None or not isfinite(value):
        return Measure(refuses=True, limit=limit, text=f"{what} is not known")
    used = Decimal(round(abs(value), 3)).quantize(Decimal("0.001"))
    if used <= limit:
        return Measure(False, used, limit)
    return Measure(
        refuses=True, used=used, limit=limit, text=f"{what} is {used:.1f} {unit}; the limit is {limit} {unit}"
    )


def price_grid(p: Probe, _: Known) -> Measure:
    """Whether the price lies where the venue takes orders."""
    price = p.place.price
    if price is None:
        return _no("an order on a venue needs a price, and there is none to take it from")
    if p.grid is None or (p.top is None and p.reach is None):
        return _no("the venue's price steps are not known")
    if on_grid(of_yes(price, p.place.leg, p.top or 0), p.grid):
        return PASSES
    if p.reach is not None:
        return _no(f"{plain((price * p.reach.unit).normalize())} is not a price that the venue takes")
    return _no(f"{price / 100:g} cents is not a price that the venue takes")


def of_yes(price: int, leg: Leg, top: int) -> Ticks:
    """Return the price of YES that goes with a price of a leg."""
    return Ticks(price if leg is Leg.YES else top - price)


def on_grid(price: int, grid: Iterable[Band]) -> bool:
    """Whether an order may lie at a price of YES."""
    return any(b.start <= price <= b.stop and (price - b.start) % b.step == 0 for b in grid)


def price_collar(p: Probe, limits: Known) -> Measure:
    """Cents between the price and the middle of the book.

    An order that may only rest, on its own side of the middle, cannot trade at a worse price than the market's: a
    maker's ladder may reach further out than a taker's hand.
    """
    limit = limits["PRICE_COLLAR"]
    price = p.place.price
    if price is None or p.mid is None or p.top is None or not isfinite(p.mid):
        return Measure(refuses=True, limit=limit, text="the book has no middle to hold the price against")
    above = of_yes(price, p.place.leg, p.top) - p.mid
    if p.place.post_only:
        above = max(0.0, above if lifts(p.place.side, p.place.leg) else -above)
    used = (Decimal(abs(above)) / 100).quantize(CENT)
    if used <= limit:
        return Measure(False, used, limit)
    return Measure(
        refuses=True, used=used, limit=limit, text=f"the price is {used} cents from the middle; the limit is {limit}"
    )


def lot(p: Probe, _: Known) -> Measure:
    """Whether the size is one that the venue takes."""
    if p.qty is None or p.least is None or p.step is None or not p.step > 0:
        return _no("the size, or the venue's steps of it, is not known")
    if not p.qty.is_finite() or p.qty < p.least:
        return _no(f"the venue takes {p.least.normalize():f} at least, this was {p.qty}")
    if p.qty % p.step:
        return _no(f"the venue takes multiples of {p.step.normalize():f}, this was {p.qty.normalize():f}")
    return PASSES


def can(p: Probe, _: Known) -> Measure:
    """Whether the venue knows this kind of order."""
    place = p.place
    if p.can is None:
        return _no("what the venue can do is not known")
    if place.post_only and "POST_ONLY" not in p.can:
        return _no("the venue takes no post-only orders")
    if place.post_only and place.tif in AT_ONCE:
        return _no("an order cannot rest only and trade at once or not at all")
    if place.tif is not Tif.GTD:
        return PASSES
    if "GTD" not in p.can:
        return _no("the venue takes no orders with an end of their own")
    return PASSES if place.until is not None and place.until > p.at else _no("the order's end is not ahead")


def disputed(p: Probe, _: Known) -> Measure:
    """Whether the results of this event can be right."""
    return PASSES if not p.disputed else _no(f"the settlement of this event is disputed: {p.disputed}")


def venue_rate(p: Probe, _: Known) -> Measure:
    """Orders to this venue in the last second."""
    if not p.venue_rate:
        return PASSES
    used, room = Decimal(p.venue_orders), Decimal(str(p.venue_rate))
    if used + 1 <= room:
        return Measure(False, used, room)
    return Measure(
        refuses=True, used=used, limit=room, text=f"{used} orders in the last second; the venue takes {room}"
    )
