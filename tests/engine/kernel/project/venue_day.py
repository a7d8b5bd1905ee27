"""A venue's family on Midway's day, in front of a desk."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.events import BookSnapshot, Listed
from engine.core.fee_rule import FeeRule
from engine.core.ids import KALSHI, FamilyId, InstrumentId
from engine.core.instrument import Family, Instrument, Strike
from engine.core.snapshot import VenueRow
from engine.core.units import DAY, MINUTE, Lots, Nanos, Ticks
from engine.kernel.desks import Desk as VenueDesk
from engine.kernel.desks import Link
from tests.engine.kernel.desk import DAY_OPENS

if TYPE_CHECKING:
    from tests.engine.kernel.desk import Desk

FAMILY = FamilyId("kalshi:KXHIGHCHI-26JUL03")
SPANS = ((None, 79), (80, 81), (82, 83), (84, None))
FEE = FeeRule(kind="kalshi", rate=Decimal("0.07"))
CLOSES = Nanos(DAY_OPENS + DAY - MINUTE)
RULES = "If the maximum temperature recorded at CLIMDW is <b>{}</b>, then the market resolves to Yes."


def members(family: FamilyId = FAMILY, **terms: Any) -> tuple[Instrument, ...]:
    """Four brackets that leave nothing out."""
    return tuple(
        Instrument(
            id=InstrumentId(KALSHI, f"{family.partition(':')[2]}-{n}"),
            title=f"High {n}",
            label=f"{low or 'under'} to {high or 'over'}",
            family=family,
            fee=FEE,
            closes=CLOSES,
            strike=Strike(low=low, high=high, unit="°F"),
            source="The Weather Company",
            **({"rules": RULES.format(n)} | terms),
        )
        for n, (low, high) in enumerate(SPANS)
    )


def listed(desk: Desk, family: FamilyId = FAMILY, instruments: tuple[Instrument, ...] = (), **terms: Any) -> None:
    """List the family in front of a desk, each book at 24 to 26 cents."""
    some = instruments or members(family)
    given: dict[str, Any] = {
        "title": "Highest temperature in Chicago on Jul 3, 2026?", "group": "Weather · high", "exclusive": True,
        "exhaustive": True, "station": "KMDW", "unit": "°F", "source": "The Weather Company", "closes": CLOSES,
    } | terms  # fmt: skip
    if KALSHI not in desk.state.desks:
        facts = VenueRow(id=KALSHI, title="Kalshi")
        links = {"market": Link(up=True, since=desk.at, why="")}
        desk.state.desks[KALSHI] = VenueDesk(KALSHI, facts, links=links, heard_at=desk.at)
    known = Family(id=family, members=tuple(one.id for one in some), **given)
    desk.do(Listed(at=desk.at, family=known, instruments=some))
    for one in some:
        level = ((Ticks(2_400), Lots(1_000)),), ((Ticks(2_600), Lots(1_000)),)
        desk.do(BookSnapshot(at=desk.at, instrument=one.id, bids=level[0], asks=level[1]))
